package meta_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func TestParseAttribute(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src string
		want      xml.Name
		protected bool
	}{
		{"empty element", `<title/>`, local("title"), false},
		{"content of all kinds", `<title a="1">x &amp; <b><!-- c --></b><![CDATA[</title>]]></title>`, local("title"), false},
		{"namespace", `<title xmlns="u"/>`, xml.Name{Space: "u", Local: "title"}, false},
		{"prefix", `<x:title xmlns:x="u&lt;"/>`, xml.Name{Space: "u<", Local: "title"}, false},
		{"no namespace, said so", `<title xmlns=""/>`, local("title"), false},
		{"prefix xml", `<xml:title/>`, xml.Name{Space: "http://www.w3.org/XML/1998/namespace", Local: "title"}, false},
		{"accessPwd", `<accessPwd/>`, local("accessPwd"), true},
		{"accessPwd in a namespace", `<x:accessPwd xmlns:x="u"/>`, xml.Name{Space: "u", Local: "accessPwd"}, true},
		{"ACL", `<ACL/>`, local("ACL"), true},
		{"ACL in a namespace", `<ACL xmlns="u"/>`, xml.Name{Space: "u", Local: "ACL"}, true},
		{"other letter case", `<acl/>`, local("acl"), false},
		{"ACL inside", `<title><ACL/></title>`, local("title"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, around := range []string{"", " \r\n\t"} {
				a, err := meta.ParseAttribute(around + tt.src + around)
				require.NoError(t, err)
				require.Equal(t, tt.want, a.Name())
				require.Equal(t, tt.src, a.XML())
				require.Equal(t, tt.protected, a.Protected())
				require.Equal(t, tt.protected, meta.Set(a).Protected())
				require.Equal(t, tt.protected, meta.Remove(a.Name()).Protected())
			}
		})
	}
}

func TestParseAttributeRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, wantErr string }{
		{"nothing", "", "no element"},
		{"text", "x", "text outside"},
		{"text behind", "<a/>x", "text outside"},
		{"two elements", "<a/><ACL/>", "second topmost"},
		{"closes more than it opens", "<a/></meta><meta>", "end tag without start tag"},
		{"closes the document", "</meta><meta><ACL/></meta>", "end tag without start tag"},
		{"not closed", "<a>", "not closed"},
		{"comment behind", "<a/><!-- -->", "comment outside"},
		{"comment that hides the rest", "<a/><!--", "EOF"},
		{"CDATA behind", "<a/><![CDATA[", "EOF"},
		{"XML declaration", `<?xml version="1.0"?><a/>`, "processing instruction"},
		{"processing instruction inside", "<a><?p?></a>", "processing instruction"},
		{"document type", "<!DOCTYPE a><a/>", "document type"},
		{"byte order mark", "\uFEFF<a/>", "text outside"},
		{"undeclared prefix", "<x:a/>", "not declared"},
		{"undeclared prefix inside", "<a><x:b/></a>", "not declared"},
		{"undeclared prefix of an attribute", `<a x:b="1"/>`, "not declared"},
		{"attribute twice", `<a b="1" b="2"/>`, "given twice"},
		{"no blank between attributes", `<a b="1"c='2'/>`, "no blank before"},
		{"control character", "<a>\x01</a>", "XML forbids"},
		{"namespace that is ours", "<a xmlns='\x00'/>", "XML forbids"},
		{"namespace that is ours, as a reference", "<a xmlns='&#0;'/>", "illegal character"},
		{"reference to a surrogate", "<a>&#xD800;</a>", "reference to a character that XML forbids"},
		{"reference to a surrogate in an attribute", "<a b='&#57343;'/>", "reference to a character that XML forbids"},
		{"invalid UTF-8", "<a>\xff</a>", "UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := meta.ParseAttribute(tt.src)
			require.ErrorContains(t, err, tt.wantErr)
			require.Zero(t, a)
			c, err := meta.ParseChange(tt.src)
			require.ErrorContains(t, err, tt.wantErr)
			require.Empty(t, c.String())
		})
	}
	for _, tt := range []struct{ name, src string }{
		{"size", "<a>" + strings.Repeat("x", meta.MaxBytes) + "</a>"},
		{"depth", strings.Repeat("<a>", meta.MaxDepth+1) + strings.Repeat("</a>", meta.MaxDepth+1)},
		{"elements", "<a>" + strings.Repeat("<a/>", meta.MaxElements) + "</a>"},
		{"namespace", `<a xmlns="` + strings.Repeat("u", meta.MaxNamespace+1) + `"/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := meta.ParseAttribute(tt.src)
			require.ErrorIs(t, err, meta.ErrLimit)
		})
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src string
		want      []string
	}{
		{"none", `<meta>x<!-- <a/> --></meta>`, nil},
		{"in their order", "<meta>\n<b/> <ACL/><!-- -->\n<b>2</b>x<a>\n</a></meta>", []string{`<b/>`, `<ACL/>`, `<b>2</b>`, "<a>\n</a>"}},
		{"default namespace", `<meta xmlns="u"><a x="1"><b/></a><a xmlns="v"/><a xmlns=""/></meta>`, []string{`<a xmlns="u" x="1"><b/></a>`, `<a xmlns="v"/>`, `<a xmlns=""/>`}},
		{"prefixed namespace", `<m:meta xmlns:m="u"><m:a/><a/></m:meta>`, []string{`<m:a xmlns:m="u"/>`, `<a xmlns=""/>`}},
		{"prefixed and default namespace", `<m:meta xmlns="d" xmlns:m="u"><m:a><b/></m:a><a/></m:meta>`, []string{`<m:a xmlns="d" xmlns:m="u"><b/></m:a>`, `<a xmlns="d"/>`}},
		{"prefix of an attribute", `<meta xmlns:x="u" xmlns:y="v"><a x:b="1"/></meta>`, []string{`<a xmlns:x="u" x:b="1"/>`}},
		{"prefix inside", `<meta xmlns:x="u" xmlns:ü="v"><a><ü:b x:c=""/></a></meta>`, []string{`<a xmlns:ü="v" xmlns:x="u"><ü:b x:c=""/></a>`}},
		{"prefix in a value and in text", `<meta xmlns:x="u" xmlns:xs="s&quot;"><a x:type=" xs:int">xs:a</a></meta>`, []string{`<a xmlns:x="u" xmlns:xs="s&#34;" x:type=" xs:int">xs:a</a>`}},
		{"prefix declared again", `<meta xmlns:x="u"><x:a xmlns:x="v"/></meta>`, []string{`<x:a xmlns:x="v"/>`}},
		{"prefix declared again inside", `<meta xmlns:x="u"><x:a><x:b xmlns:x="v"/></x:a></meta>`, []string{`<x:a xmlns:x="u"><x:b xmlns:x="v"/></x:a>`}},
		{"prefix not declared, in text", `<meta><a>http://x ::</a></meta>`, []string{`<a>http://x ::</a>`}},
		{"processing instruction", `<meta><a><?p?></a></meta>`, []string{`<a><?p?></a>`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, tt.src)
			var got []string
			changes := make([]meta.Change, 0, len(tt.want))
			for _, a := range doc.Attributes() {
				got = append(got, a.XML())
				changes = append(changes, meta.Set(a))
			}
			require.Equal(t, tt.want, got)
			again, err := doc.Apply(changes...)
			require.NoError(t, err, "what was read can be set")
			require.Subset(t, doc.Attributes(), again.Attributes())
		})
	}
}

// What is cut out of one document means the same in another.
// Declarations make attributes longer than they were, but not without end: what
// only looks like a prefix is declared as long as there is room, what is one
// always.
func TestAttributesAreBounded(t *testing.T) {
	t.Parallel()
	fill := func(declarations, child string) string {
		head, tail := "<meta"+declarations+">", "</meta>"
		n := min((meta.MaxBytes-len(head)-len(tail))/len(child), (meta.MaxElements-1-strings.Count(declarations, "="))/(1+strings.Count(child, "=")))
		return head + strings.Repeat(child, n) + tail
	}
	namespace := strings.Repeat("u", meta.MaxNamespace)
	var declarations, mentions, uses strings.Builder
	for i := range 200 {
		prefix := fmt.Sprint("p", i)
		declarations.WriteString(" xmlns:" + prefix + `="` + namespace[len(prefix):] + prefix + `"`)
		mentions.WriteString(prefix + ": ")
		uses.WriteString(" " + prefix + `:a=""`)
	}
	most := 2*meta.MaxBytes + meta.MaxElements*(meta.MaxNamespace+len(` xmlns:p000=""`))
	for name, src := range map[string]string{
		"mentioned in text":    fill(declarations.String(), "<a>"+mentions.String()+"</a>"),
		"names of attributes":  fill(declarations.String(), "<a"+uses.String()+"/>"),
		"names of elements":    fill(declarations.String(), "<p7:b/>"),
		"the default":          fill(` xmlns="`+namespace+`"`, "<a/>"),
		"one that is escaped":  fill(` xmlns='`+strings.Repeat("&quot;", meta.MaxNamespace/5)+`'`, "<a/>"),
		"many that are no use": fill("", "<a>"+mentions.String()+"</a>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := meta.Parse([]byte(src))
			require.NoError(t, err)
			attributes := doc.Attributes()
			require.NotEmpty(t, attributes)
			size := 0
			for i, a := range attributes {
				size += len(a.XML())
				if i%100 == 0 || i == len(attributes)-1 {
					again, err := meta.ParseAttribute(a.XML())
					require.NoError(t, err, "it stands alone")
					require.Equal(t, a.Name(), again.Name())
				}
			}
			require.LessOrEqual(t, size, most)
		})
	}
}

func TestAttributesMoveBetweenDocuments(t *testing.T) {
	t.Parallel()
	from := parse(t, `<m:meta xmlns:m="u" xmlns="d" xmlns:p="v"><m:ACL><m:subKey key="john">r</m:subKey></m:ACL><p:a><b/></p:a><a/></m:meta>`)
	for _, tt := range []struct{ name, src, want string }{
		{"no namespace", `<meta/>`, `<meta><m:ACL xmlns="d" xmlns:m="u"><m:subKey key="john">r</m:subKey></m:ACL><p:a xmlns="d" xmlns:p="v"><b/></p:a><a xmlns="d"/></meta>`},
		{"same namespace", `<meta xmlns="u"/>`, `<meta xmlns="u"><m:ACL xmlns="d" xmlns:m="u"><m:subKey key="john">r</m:subKey></m:ACL><p:a xmlns="d" xmlns:p="v"><b/></p:a><a xmlns="d"/></meta>`},
		{"prefix with another meaning", `<p:meta xmlns:p="w"/>`, `<p:meta xmlns:p="w"><m:ACL xmlns="d" xmlns:m="u"><m:subKey key="john">r</m:subKey></m:ACL><p:a xmlns="d" xmlns:p="v"><b/></p:a><a xmlns="d"/></p:meta>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var changes []meta.Change
			for _, a := range from.Attributes() {
				changes = append(changes, meta.Set(a))
			}
			to, err := parse(t, tt.src).Apply(changes...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(to.Bytes()))
			_, granted := to.ACL()
			require.Equal(t, to.Namespace() == "u", granted, "an ACL counts in its own namespace only")
		})
	}
}
