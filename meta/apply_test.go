package meta_test

import (
	"encoding/xml"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, src string) *meta.Document {
	t.Helper()
	doc, err := meta.Parse([]byte(src))
	require.NoError(t, err)
	return doc
}

func parseAttribute(t *testing.T, src string) meta.Attribute {
	t.Helper()
	a, err := meta.ParseAttribute(src)
	require.NoError(t, err)
	return a
}

func parseChange(t *testing.T, src string) meta.Change {
	t.Helper()
	c, err := meta.ParseChange(src)
	require.NoError(t, err)
	return c
}

func local(name string) xml.Name { return xml.Name{Local: name} }

func TestApply(t *testing.T) {
	t.Parallel()
	set := func(src string) meta.Change { return meta.Set(parseAttribute(t, src)) }
	changes := func(c ...meta.Change) []meta.Change { return c }
	for _, tt := range []struct {
		name, src string
		changes   []meta.Change
		want      string
	}{
		{"nothing", "\uFEFF<?xml version='1.0' ?>\r\n<meta  a = '1'\t/>\n", nil, "\uFEFF<?xml version='1.0' ?>\r\n<meta  a = '1'\t/>\n"},

		// Where a new attribute stands.
		{"into an empty element", `<meta/>`, changes(set(`<a/>`)), `<meta><a/></meta>`},
		{"into an empty element with more in its tag", `<m:meta xmlns:m="u" b='/>' /> `, changes(set(`<a/>`)), `<m:meta xmlns:m="u" b='/>' ><a xmlns="u"/></m:meta> `},
		{"on one line", `<meta><a/></meta>`, changes(set(`<b/>`)), `<meta><a/><b/></meta>`},
		{"on a line", "<meta>\n\t<a/>\n</meta>\n", changes(set(`<b/>`)), "<meta>\n\t<a/>\n\t<b/>\n</meta>\n"},
		{"on a line with CR LF", "<meta>\r\n <a/>\r\n</meta>", changes(set(`<b/>`)), "<meta>\r\n <a/>\r\n <b/>\r\n</meta>"},
		{"on the first line", "<meta>\n</meta>", changes(set(`<a/>`), set(`<b/>`)), "<meta>\n  <a/>\n  <b/>\n</meta>"},
		{"behind a comment and text", "<meta>\n <a/>\n <!-- x --> y\n</meta>", changes(set(`<b/>`)), "<meta>\n <a/>\n <!-- x --> y\n <b/>\n</meta>"},
		{"blank lines are not taken over", "<meta>\n\n\n <a/></meta>", changes(set(`<b/>`)), "<meta>\n\n\n <a/>\n <b/></meta>"},

		// Replacing and removing.
		{"replaced in place", "<meta>\n <a x='1'>1</a> <!-- c -->\n <b/></meta>", changes(set(`<a>2</a>`)), "<meta>\n <a>2</a> <!-- c -->\n <b/></meta>"},
		{"the first of several", "<meta>\n <a>1</a>\n <b/>\n <a>2</a>\n <!-- c -->\n <a>3</a></meta>", changes(set(`<a/>`)), "<meta>\n <a/>\n <b/>\n <!-- c --></meta>"},
		{"set twice", `<meta/>`, changes(set(`<a>1</a>`), set(`<b/>`), set(`<a>2</a>`)), `<meta><a>2</a><b/></meta>`},
		{"removed with its line", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a"))), "<meta>\n <b/>\n</meta>"},
		{"removed on one line", `<meta>x <a/> y</meta>`, changes(meta.Remove(local("a"))), `<meta>x  y</meta>`},
		{"removed, not there", `<meta> <a/></meta>`, changes(meta.Remove(local("b"))), `<meta> <a/></meta>`},
		{"removed and set again", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a")), set(`<a/>`)), "<meta>\n <b/>\n <a/>\n</meta>"},
		{"set and removed", "<meta/>", changes(set(`<a/>`), meta.Remove(local("a"))), "<meta/>"},
		{"all removed", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a")), meta.Remove(local("b"))), "<meta>\n</meta>"},
		{"nested ones stay", `<meta><p><a/></p></meta>`, changes(meta.Remove(local("a"))), `<meta><p><a/></p></meta>`},
		{"tags in comments and CDATA stay", `<meta><!-- <a/> --><![CDATA[<a/>]]></meta>`, changes(meta.Remove(local("a"))), `<meta><!-- <a/> --><![CDATA[<a/>]]></meta>`},

		// Namespaces.
		{"takes on the default namespace", `<meta xmlns="u"><a/></meta>`, changes(set(`<a>1</a>`)), `<meta xmlns="u"><a>1</a></meta>`},
		{"takes on a prefixed namespace", `<m:meta xmlns:m="u&amp;"><m:a/></m:meta>`, changes(set(`<a>1<b/></a>`)), `<m:meta xmlns:m="u&amp;"><a xmlns="u&amp;">1<b/></a></m:meta>`},
		{"takes on a prefixed namespace beside a default one", `<m:meta xmlns:m="u" xmlns="v"/>`, changes(set(`<a/>`)), `<m:meta xmlns:m="u" xmlns="v"><a xmlns="u"/></m:meta>`},
		{"means no namespace", `<meta xmlns="u"><a/></meta>`, changes(set(`<a xmlns="">1</a>`)), `<meta xmlns="u"><a/><a xmlns="">1</a></meta>`},
		{"same name in another namespace", `<meta xmlns="u"><a/></meta>`, changes(set(`<x:a xmlns:x="v" xmlns="w"/>`)), `<meta xmlns="u"><a/><x:a xmlns:x="v" xmlns="w"/></meta>`},
		{"same name by another prefix", `<meta xmlns="u" xmlns:y="v"><y:a/></meta>`, changes(set(`<x:a xmlns:x="v" xmlns="w"/>`)), `<meta xmlns="u" xmlns:y="v"><x:a xmlns:x="v" xmlns="w"/></meta>`},
		{"unprefixed inside of a prefixed one", `<meta xmlns="u"/>`, changes(set(`<x:a xmlns:x="v"><b/></x:a>`)), `<meta xmlns="u"><x:a xmlns="" xmlns:x="v"><b/></x:a></meta>`},
		{"removed by namespace", `<meta xmlns="u"><a/><a xmlns=""/><x:a xmlns:x="v"/></meta>`, changes(meta.Remove(xml.Name{Space: "v", Local: "a"})), `<meta xmlns="u"><a/><a xmlns=""/></meta>`},
		{"removed without one", `<meta xmlns="u"><a/><a xmlns=""/><x:a xmlns:x="v"/></meta>`, changes(meta.Remove(local("a"))), `<meta xmlns="u"><x:a xmlns:x="v"/></meta>`},

		// Share keys.
		{"key added", `<meta/>`, changes(meta.AddKey(meta.Share{Key: "a&b"})), `<meta><accessPwd><key>a&amp;b</key></accessPwd></meta>`},
		{
			"key added with recipients", `<meta/>`,
			changes(meta.AddKey(meta.Share{Key: "k", Recipients: []meta.Recipient{{Address: "user1@domain1.dom", Name: `A "B" <C>`}, {Address: " user2@domain2.dom "}}})),
			`<meta><accessPwd><key>k</key><EMail realName="A &#34;B&#34; &lt;C&gt;">user1@domain1.dom</EMail><EMail>user2@domain2.dom</EMail></accessPwd></meta>`,
		},
		{"key added beside others", "<meta>\n <accessPwd><key>a</key></accessPwd>\n <b/>\n</meta>", changes(meta.AddKey(meta.Share{Key: "b"})), "<meta>\n <accessPwd><key>a</key></accessPwd>\n <b/>\n <accessPwd><key>b</key></accessPwd>\n</meta>"},
		{
			"key added again, in its place", `<meta><accessPwd><key> k </key><x/></accessPwd><b/><accessPwd><key>k</key></accessPwd></meta>`,
			changes(meta.AddKey(meta.Share{Key: "k", Recipients: []meta.Recipient{{Address: "a"}}})),
			`<meta><accessPwd><key>k</key><EMail>a</EMail></accessPwd><b/></meta>`,
		},
		{
			"key added again, out of an element with two", `<meta><accessPwd><key>j</key><key>k</key></accessPwd></meta>`,
			changes(meta.AddKey(meta.Share{Key: "k"})),
			`<meta><accessPwd><key>j</key></accessPwd><accessPwd><key>k</key></accessPwd></meta>`,
		},
		{"key added under a prefix", `<m:meta xmlns:m="u"/>`, changes(meta.AddKey(meta.Share{Key: "k"})), `<m:meta xmlns:m="u"><accessPwd xmlns="u"><key>k</key></accessPwd></m:meta>`},
		{"key revoked", "<meta>\n <accessPwd><key>a</key></accessPwd>\n <accessPwd><key>b</key></accessPwd>\n</meta>", changes(meta.RevokeKey("a")), "<meta>\n <accessPwd><key>b</key></accessPwd>\n</meta>"},
		{"key revoked everywhere", `<meta><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key><key> a </key></accessPwd><accessPwd><key>a</key><key>a</key></accessPwd></meta>`, changes(meta.RevokeKey(" a")), `<meta><accessPwd><key>b</key></accessPwd></meta>`},
		{
			"keys revoked in one element", "<meta><accessPwd>\n  <key>a</key>\n  <key>b</key> <key>c</key>\n  <EMail>x</EMail>\n</accessPwd></meta>",
			changes(meta.RevokeKey("b"), meta.RevokeKey("a")),
			"<meta><accessPwd> <key>c</key>\n  <EMail>x</EMail>\n</accessPwd></meta>",
		},
		{"key revoked, not there", `<meta><accessPwd><key>a</key></accessPwd></meta>`, changes(meta.RevokeKey("b"), meta.RevokeKey("")), `<meta><accessPwd><key>a</key></accessPwd></meta>`},
		{"key revoked, element without keys stays", `<meta><accessPwd><key>a</key></accessPwd><accessPwd/></meta>`, changes(meta.RevokeKey("a")), `<meta><accessPwd/></meta>`},
		{"key revoked, foreign element stays", `<meta><x:accessPwd xmlns:x="v"><x:key>a</x:key></x:accessPwd></meta>`, changes(meta.RevokeKey("a")), `<meta><x:accessPwd xmlns:x="v"><x:key>a</x:key></x:accessPwd></meta>`},
		{"key added and revoked", `<meta><a/></meta>`, changes(meta.AddKey(meta.Share{Key: "k"}), meta.RevokeKey("k")), `<meta><a/></meta>`},
		{"all keys removed", `<meta><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`, changes(meta.Remove(local("accessPwd"))), `<meta></meta>`},
		{"element with keys set", `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`, changes(set(`<accessPwd><key>b</key><key>c</key></accessPwd>`), meta.RevokeKey("c")), `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`},
		{"element with keys set under a prefix", `<m:meta xmlns:m="u"/>`, changes(set(`<accessPwd><key>b</key><key>c</key></accessPwd>`), meta.RevokeKey("c")), `<m:meta xmlns:m="u"><accessPwd xmlns="u"><key>b</key></accessPwd></m:meta>`},

		// ACL.
		{"ACL set", `<meta/>`, changes(meta.SetACL(meta.ACL{{Subject: "#staff", Rights: meta.Write | meta.List}, {Subject: "anyone@", Rights: meta.Read}, {Subject: "john"}})), `<meta><ACL><subKey key="#staff">lw</subKey><subKey key="anyone@">r</subKey><subKey key="john"></subKey></ACL></meta>`},
		{"ACL set in place of two", `<meta><ACL/><a/><ACL><subKey key="a">r</subKey></ACL></meta>`, changes(meta.SetACL(meta.ACL{{Subject: "b", Rights: meta.Read}})), `<meta><ACL><subKey key="b">r</subKey></ACL><a/></meta>`},
		{"ACL set to an empty one", `<meta><ACL><subKey key="a">r</subKey></ACL></meta>`, changes(meta.SetACL(nil)), `<meta><ACL></ACL></meta>`},
		{"ACL removed", `<meta><ACL/><a/></meta>`, changes(meta.RemoveACL()), `<meta><a/></meta>`},
		{"ACL of another namespace stays", `<meta xmlns="u"><x:ACL xmlns:x="v"/></meta>`, changes(meta.SetACL(nil), meta.RemoveACL()), `<meta xmlns="u"><x:ACL xmlns:x="v"/></meta>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, tt.src)
			got, err := doc.Apply(tt.changes...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got.Bytes()))
			require.Equal(t, tt.src, string(doc.Bytes()), "the document itself stays")
			if tt.src == tt.want {
				require.Same(t, doc, got)
			}
		})
	}
}
