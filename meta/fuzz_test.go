package meta_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(shared))
	f.Add([]byte("\uFEFF<m:meta xmlns:m='u'><m:accessPwd><m:key>k</m:key></m:accessPwd><m:ACL/></m:meta>"))
	f.Add([]byte(`<meta><ACL><subKey key="anyone@">l<!-- r --><![CDATA[w]]></subKey></ACL><?p?></meta>`))
	f.Add([]byte("<meta\n><accessPwd\t/ ><ACL/></meta >"))
	f.Add([]byte("<meta>]]<ACL/>></meta>"))
	f.Add([]byte(`<meta><ACL><subKey key="#staff">lr</subKey><subKey key="Anyone@">w</subKey><subKey key="john@Client1.com">d</subKey><subKey key="ſmith">a</subKey></ACL><accessPwd><key>k</key><key>key</key></accessPwd></meta>`))
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := meta.Parse(src)
		rest, cutErr := meta.WithoutGrants(src)
		grants, grantsErr := meta.ParseGrants(src)
		require.Equal(t, err == nil, cutErr == nil)
		require.Equal(t, err, grantsErr)
		if err != nil {
			return
		}
		sameGrants(t, doc, grants)
		for _, key := range doc.Keys() {
			require.True(t, doc.HasKey(key))
		}
		again, err := meta.Parse(rest)
		require.NoError(t, err, "%q", rest)
		_, hasACL := again.ACL()
		require.False(t, hasACL)
		require.Empty(t, again.Keys())
		require.Equal(t, doc.Namespace(), again.Namespace())
		twice, err := meta.WithoutGrants(rest)
		require.NoError(t, err)
		require.Equal(t, rest, twice)
	})
}

// sameGrants checks that the grants say what the document does.
func sameGrants(t *testing.T, doc *meta.Document, grants *meta.Grants) {
	t.Helper()
	require.Equal(t, doc.Namespace(), grants.Namespace())
	for _, key := range append(doc.Keys(), "", "key", "k") {
		require.Equal(t, doc.HasKey(key), grants.HasKey(key), "%q", key)
	}
	acl, hasACL := doc.ACL()
	callers := []meta.Caller{{}, {Account: "john", Domain: "client1.com"}, {Account: "staff", Domain: "other.dom"}}
	for _, entry := range acl {
		account, domain, _ := strings.Cut(strings.ToUpper(entry.Subject), "@")
		callers = append(callers, meta.Caller{Account: account, Domain: "client1.com"}, meta.Caller{Account: account, Domain: domain})
	}
	for _, c := range callers {
		c.InGroup = func(group, domain string) bool { return len(group+domain)%2 == 0 }
		for _, owner := range []string{"client1.com", "CLIENT1.com", "other.dom"} {
			for _, c.Unproved = range []bool{false, true} {
				r, listed := grants.Rights(c, owner)
				require.Equal(t, hasACL, listed)
				require.Equal(t, acl.Rights(c, owner), r, "%v by %v of %s", c, acl, owner)
			}
		}
	}
}

// child is an element directly below the topmost one, as encoding/xml sees it
// without this package.
type child struct {
	name       xml.Name
	start, end int
}

// childrenOf returns the children of the topmost element and whether it has an
// end tag.
func childrenOf(t *testing.T, src string) (children []child, endTag bool) {
	t.Helper()
	skip := len(src) - len(strings.TrimPrefix(src, "\uFEFF"))
	decoder := xml.NewDecoder(strings.NewReader(src[skip:]))
	for depth := 0; ; {
		start := skip + int(decoder.InputOffset())
		token, err := decoder.Token()
		if err == io.EOF {
			return children, endTag
		}
		require.NoError(t, err)
		end := skip + int(decoder.InputOffset())
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 1 {
				children = append(children, child{name: token.Name, start: start})
			}
			depth++
		case xml.EndElement:
			depth--
			if depth == 1 {
				children[len(children)-1].end = end
			}
			endTag = start < end
		}
	}
}

// textsOf returns the texts of the children that are wanted.
func textsOf(t *testing.T, src string, wanted func(xml.Name) bool) []string {
	t.Helper()
	children, _ := childrenOf(t, src)
	var texts []string
	for _, c := range children {
		if wanted(c.name) {
			texts = append(texts, src[c.start:c.end])
		}
	}
	return texts
}

// meaningOf returns the tokens of an element in a document that has the given
// default namespace, with names resolved and without declarations.
func meaningOf(t *testing.T, element, namespace string) []xml.Token {
	t.Helper()
	var wrapped strings.Builder
	wrapped.WriteString(`<w xmlns="`)
	require.NoError(t, xml.EscapeText(&wrapped, []byte(namespace)))
	wrapped.WriteString(`">` + element + "</w>")
	decoder := xml.NewDecoder(strings.NewReader(wrapped.String()))
	var tokens []xml.Token
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return tokens[1 : len(tokens)-1]
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			start.Attr = slices.DeleteFunc(start.Attr, isDeclaration)
			token = start
		}
		tokens = append(tokens, xml.CopyToken(token))
	}
}

func isDeclaration(a xml.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name == local("xmlns")
}

// takesOnNamespace reports whether the topmost element of an attribute has
// neither a prefix nor a default namespace.
func takesOnNamespace(t *testing.T, attribute string) bool {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(attribute))
	for {
		token, err := decoder.Token()
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Space == "" && !slices.ContainsFunc(start.Attr, func(a xml.Attr) bool { return a.Name == local("xmlns") })
		}
	}
}

// requireSameGrants is what protects share keys and ACLs from those who may
// change plain attributes only.
func requireSameGrants(t *testing.T, want, got *meta.Document) {
	t.Helper()
	require.Equal(t, want.Keys(), got.Keys())
	require.Equal(t, want.Shares(), got.Shares())
	wantACL, wantPresent := want.ACL()
	gotACL, gotPresent := got.ACL()
	require.Equal(t, wantPresent, gotPresent)
	require.Equal(t, wantACL, gotACL)
}

// requireReadable checks that what was written can be read again.
func requireReadable(t *testing.T, doc *meta.Document) {
	t.Helper()
	again, err := meta.Parse(doc.Bytes())
	require.NoError(t, err)
	require.Equal(t, doc.Namespace(), again.Namespace())
	require.Equal(t, doc.Attributes(), again.Attributes())
	requireSameGrants(t, doc, again)
}

// documents are seeds for the first argument of the fuzz targets below.
var documents = []string{
	shared,
	`<meta/>`,
	`<meta a="/>" />`,
	"<meta>\n</meta>",
	"\uFEFF<?xml version='1.0'?><!-- a --><m:meta xmlns:m='u' xmlns='v'>\r\n\t<m:accessPwd><m:key>k</m:key><m:key>l</m:key></m:accessPwd>\r\n\t<a/>\r\n</m:meta\n>\n",
	`<meta xmlns="u" xmlns:x="v"><a/>text<x:a x:type="x:y"/><a xmlns=""/><ACL><subKey key="-a">+r</subKey></ACL><x:ACL/><!-- <a/> --><![CDATA[<a/>]]> </meta>`,
	`<meta>]]<a/>]<ACL/>><accessPwd>]]<key>k</key>><key>l</key></accessPwd></meta>`,
	`<meta><accessPwd><key>j</key>` + "\n" + `<key>k</key></accessPwd><accessPwd/><a> <b><?p?></b></a><ACL/><ACL><subKey key="a">r</subKey></ACL></meta>`,
}

// attributes are seeds for the second one; the first ones are attempts.
var attributes = []string{
	`<a></a></meta><meta><ACL><subKey key="anyone">lrwda</subKey></ACL>`,
	`<a/><!-- --><accessPwd><key>k</key></accessPwd><!-- -->`,
	`<a>]]></a>`,
	`<a b="'"c='"'>&lt;/a&gt;<![CDATA[</a><ACL/>]]><!-- </a> --></a>`,
	`<a><accessPwd xmlns="u"><key>k</key></accessPwd></a>`,
	`<x:a xmlns:x="v" xmlns="w"><b/><x:c x:d=""/></x:a>`,
	`<x:a xmlns:x="u"><b/></x:a>`,
	`<x:ACL xmlns:x="u"><x:subKey key="a">r</x:subKey></x:ACL>`,
	`<a xmlns=""/>`,
	`<title>x</title>`,
	`<title mode="delete"/>`,
	`<accessPwd mode="add"><key>k</key><EMail realName="a">b</EMail></accessPwd>`,
	`<accessPwd mode='delete'><key>k</key></accessPwd>`,
	`<accessPwd><key>k</key><x:key xmlns:x="u">l</x:key></accessPwd>`,
	`<ACL><subKey key="john">lr</subKey></ACL>`,
	`<ACL mode="delete"/>`,
}

func FuzzSet(f *testing.F) {
	for _, document := range documents {
		for _, attribute := range attributes {
			f.Add(document, attribute)
		}
	}
	f.Fuzz(func(t *testing.T, src, attribute string) {
		doc, err := meta.Parse([]byte(src))
		if err != nil {
			return
		}
		a, err := meta.ParseAttribute(attribute)
		if err != nil {
			return
		}
		name, inside := a.Name(), ""
		if takesOnNamespace(t, attribute) {
			require.Empty(t, name.Space)
			name.Space, inside = doc.Namespace(), doc.Namespace()
		}
		next, err := doc.Apply(meta.Set(a))
		if err != nil {
			require.True(t, errors.Is(err, meta.ErrLimit) || name.Local == "accessPwd", "%v", err)
			return
		}
		requireReadable(t, next)
		if !meta.Set(a).Protected() {
			requireSameGrants(t, doc, next)
		}
		twice, err := next.Apply(meta.Set(a))
		require.NoError(t, err)
		require.Same(t, next, twice)

		isOther := func(n xml.Name) bool { return n != name }
		require.Equal(t, textsOf(t, src, isOther), textsOf(t, string(next.Bytes()), isOther))
		if name == (xml.Name{Space: doc.Namespace(), Local: "accessPwd"}) {
			return // one of several may have been set
		}
		set := slices.DeleteFunc(next.Attributes(), func(a meta.Attribute) bool { return a.Name() != name })
		require.Len(t, set, 1)
		require.Equal(t, meaningOf(t, strings.Trim(attribute, " \t\r\n"), inside), meaningOf(t, set[0].XML(), ""))

		before, err := doc.Apply(meta.Remove(name))
		require.NoError(t, err)
		after, err := next.Apply(meta.Remove(name))
		require.NoError(t, err)
		if _, endTag := childrenOf(t, src); endTag {
			require.Equal(t, string(before.Bytes()), string(after.Bytes()), "all else stays")
		}
	})
}

// lineBefore is what goes with an element that is removed.
var lineBefore = regexp.MustCompile(`\r?\n[ \t\r]{0,63}$`)

func FuzzRemove(f *testing.F) {
	for _, document := range documents {
		f.Add(document, "", "a")
		f.Add(document, "v", "a")
		f.Add(document, "u", "accessPwd")
		f.Add(document, "", "ACL")
	}
	f.Fuzz(func(t *testing.T, src, namespace, name string) {
		doc, err := meta.Parse([]byte(src))
		if err != nil {
			return
		}
		removed := meta.Remove(xml.Name{Space: namespace, Local: name})
		next, err := doc.Apply(removed)
		require.NoError(t, err)
		requireReadable(t, next)
		if !removed.Protected() {
			requireSameGrants(t, doc, next)
		}
		var want strings.Builder
		at := 0
		children, _ := childrenOf(t, src)
		for _, c := range children {
			if c.name.Local == name && (c.name.Space == namespace || namespace == "" && c.name.Space == doc.Namespace()) {
				want.WriteString(lineBefore.ReplaceAllString(src[at:c.start], ""))
				at = c.end
			}
		}
		const apart = "<!---->" // between texts that must not come together
		require.Equal(t, strings.ReplaceAll(want.String()+src[at:], apart, ""), strings.ReplaceAll(string(next.Bytes()), apart, ""))
	})
}

func FuzzParseChange(f *testing.F) {
	for _, document := range documents {
		for i, attribute := range attributes {
			f.Add(document, attribute, attributes[(i+1)%len(attributes)])
		}
	}
	f.Fuzz(func(t *testing.T, src, first, second string) {
		doc, err := meta.Parse([]byte(src))
		if err != nil {
			return
		}
		a, err := meta.ParseChange(first)
		if err != nil {
			return
		}
		b, err := meta.ParseChange(second)
		if err != nil {
			return
		}
		both, bothErr := doc.Apply(a, b)
		if bothErr == nil {
			requireReadable(t, both)
			if !a.Protected() && !b.Protected() {
				requireSameGrants(t, doc, both)
			}
		}
		next, err := doc.Apply(a)
		if err == nil {
			next, err = next.Apply(b)
		}
		if err != nil {
			return // the first change alone may be above a limit
		}
		require.NoError(t, bothErr)
		require.Equal(t, next.Attributes(), both.Attributes(), "one after the other")
	})
}

func FuzzGrants(f *testing.F) {
	for _, document := range documents {
		f.Add(document, "k", "user1@domain1.dom", "User Name", "john@client1.com", byte(3))
		f.Add(document, "l&<", "a", "", "anyone@", byte(31))
	}
	f.Fuzz(func(t *testing.T, src, key, address, name, subject string, rights byte) {
		doc, err := meta.Parse([]byte(src))
		if err != nil {
			return
		}
		isPlain := func(n xml.Name) bool { return n.Space != doc.Namespace() || n.Local != "accessPwd" && n.Local != "ACL" }
		requirePlain := func(next *meta.Document) {
			t.Helper()
			requireReadable(t, next)
			require.Equal(t, textsOf(t, src, isPlain), textsOf(t, string(next.Bytes()), isPlain))
		}
		keysBut := func(doc *meta.Document, key string) []string {
			return slices.DeleteFunc(append([]string{}, doc.Keys()...), func(k string) bool { return k == key })
		}

		share := meta.Share{Key: key, Recipients: []meta.Recipient{{Address: strings.TrimSpace(address), Name: strings.TrimSpace(name)}}}
		if next, err := doc.Apply(meta.AddKey(share)); err == nil {
			requirePlain(next)
			require.True(t, next.HasKey(key))
			shares := next.Shares()
			at := slices.IndexFunc(shares, func(s meta.Share) bool { return s.Key == key })
			require.Equal(t, share, shares[at])
			require.Equal(t, keysBut(doc, key), keysBut(next, key))
			require.Len(t, next.Keys(), len(keysBut(next, key))+1)

			revoked, err := next.Apply(meta.RevokeKey(key))
			require.NoError(t, err)
			requirePlain(revoked)
			require.False(t, revoked.HasKey(key))
			if _, endTag := childrenOf(t, src); endTag && !doc.HasKey(key) {
				require.Equal(t, src, string(revoked.Bytes()), "add and revoke is nothing")
			}
		}
		revoked, err := doc.Apply(meta.RevokeKey(key))
		require.NoError(t, err)
		requirePlain(revoked)
		require.Equal(t, keysBut(doc, strings.TrimSpace(key)), keysBut(revoked, ""))

		acl := meta.ACL{{Subject: subject, Rights: meta.Rights(rights)}, {Subject: "anyone"}}
		if next, err := doc.Apply(meta.SetACL(acl)); err == nil {
			requirePlain(next)
			got, present := next.ACL()
			require.True(t, present)
			require.Equal(t, acl, got)
			require.Equal(t, doc.Shares(), next.Shares())
		}
	})
}

func FuzzInherit(f *testing.F) {
	for _, child := range documents {
		for _, parent := range documents {
			f.Add([]byte(child), []byte(parent))
		}
	}
	f.Fuzz(func(t *testing.T, child, parent []byte) {
		got, err := meta.Inherit(child, parent, "")
		if err != nil {
			return
		}
		from, err := meta.Parse(parent)
		require.NoError(t, err)
		before, err := meta.Parse(child)
		require.NoError(t, err)
		after, err := meta.Parse(got)
		require.NoError(t, err)
		wantACL, wantPresent := from.ACL()
		gotACL, gotPresent := after.ACL()
		require.Equal(t, wantPresent, gotPresent)
		require.Equal(t, wantACL, gotACL)
		require.Equal(t, before.Shares(), after.Shares())
		isOther := func(n xml.Name) bool { return n != xml.Name{Space: before.Namespace(), Local: "ACL"} }
		require.Equal(t, textsOf(t, string(child), isOther), textsOf(t, string(got), isOther))
		_, err = meta.Inherit(nil, parent, "")
		require.NoError(t, err)
	})
}

func FuzzAttributes(f *testing.F) {
	for _, document := range documents {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := meta.Parse(src)
		if err != nil {
			return
		}
		got := doc.Attributes()
		children, _ := childrenOf(t, string(src))
		require.Len(t, got, len(children))
		for i, a := range got {
			require.Equal(t, children[i].name, a.Name())
			again, err := meta.ParseAttribute(a.XML())
			if err != nil {
				require.ErrorContains(t, err, "processing instruction")
				continue
			}
			require.Equal(t, a, again)
			next, err := doc.Apply(meta.Set(a))
			if err != nil {
				require.Equal(t, "accessPwd", a.Name().Local)
				continue
			}
			requireReadable(t, next)
			if !a.Protected() {
				requireSameGrants(t, doc, next)
			}
		}
	})
}
