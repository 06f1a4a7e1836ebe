package meta_test

import (
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
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
		{"one line goes with each, however often", "<meta>\n <a/>\n\n <a/>\n</meta>", changes(set(`<a>1</a>`), set(`<a>2</a>`)), "<meta>\n <a>2</a>\n\n</meta>"},
		{"one line goes with each key, however often", "<meta>\n\n <accessPwd><key>k</key></accessPwd>\n</meta>", changes(meta.RevokeKey("k"), meta.Remove(local("accessPwd"))), "<meta>\n\n</meta>"},
		{"removed with its line", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a"))), "<meta>\n <b/>\n</meta>"},
		{"removed on one line", `<meta>x <a/> y</meta>`, changes(meta.Remove(local("a"))), `<meta>x  y</meta>`},
		{"removed, not there", `<meta> <a/></meta>`, changes(meta.Remove(local("b"))), `<meta> <a/></meta>`},
		{"removed and set again", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a")), set(`<a/>`)), "<meta>\n <b/>\n <a/>\n</meta>"},
		{"set and removed", "<meta/>", changes(set(`<a/>`), meta.Remove(local("a"))), "<meta/>"},
		{"all removed", "<meta>\n <a/>\n <b/>\n</meta>", changes(meta.Remove(local("a")), meta.Remove(local("b"))), "<meta>\n</meta>"},
		{"nested ones stay", `<meta><p><a/></p></meta>`, changes(meta.Remove(local("a"))), `<meta><p><a/></p></meta>`},
		{"tags in comments and CDATA stay", `<meta><!-- <a/> --><![CDATA[<a/>]]></meta>`, changes(meta.Remove(local("a"))), `<meta><!-- <a/> --><![CDATA[<a/>]]></meta>`},

		{"text around must not end a CDATA section", `<meta>]<a/>]<a/><b/><a/>></meta>`, changes(set(`<a/>`), meta.Remove(local("a")), meta.Remove(local("b"))), `<meta>]]<!---->></meta>`},
		{"text around of two characters", `<meta>]]<a/>><a/> ]<a/>]></meta>`, changes(meta.Remove(local("a"))), `<meta>]]<!---->> ]<!---->]></meta>`},

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
		{"key revoked, text around it", `<meta><accessPwd>]]<key>a</key>><key>b</key></accessPwd></meta>`, changes(meta.RevokeKey("a")), `<meta><accessPwd>]]<!---->><key>b</key></accessPwd></meta>`},
		{"key revoked, not there", `<meta><accessPwd><key>a</key></accessPwd></meta>`, changes(meta.RevokeKey("b"), meta.RevokeKey("")), `<meta><accessPwd><key>a</key></accessPwd></meta>`},
		{"key revoked, element without keys stays", `<meta><accessPwd><key>a</key></accessPwd><accessPwd/></meta>`, changes(meta.RevokeKey("a")), `<meta><accessPwd/></meta>`},
		{"key revoked, foreign element stays", `<meta><x:accessPwd xmlns:x="v"><x:key>a</x:key></x:accessPwd></meta>`, changes(meta.RevokeKey("a")), `<meta><x:accessPwd xmlns:x="v"><x:key>a</x:key></x:accessPwd></meta>`},
		{"key added and revoked", `<meta><a/></meta>`, changes(meta.AddKey(meta.Share{Key: "k"}), meta.RevokeKey("k")), `<meta><a/></meta>`},
		{"all keys removed", `<meta><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`, changes(meta.Remove(local("accessPwd"))), `<meta></meta>`},
		{"element with keys set", `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`, changes(set(`<accessPwd><key>b</key><key>c</key></accessPwd>`), meta.RevokeKey("c")), `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><accessPwd><key>b</key></accessPwd></meta>`},
		{"element with a prefixed key set", `<meta xmlns="u"><accessPwd><key>b</key></accessPwd><c/></meta>`, changes(set(`<accessPwd><x:key xmlns:x="u">b</x:key></accessPwd>`)), `<meta xmlns="u"><accessPwd><x:key xmlns:x="u">b</x:key></accessPwd><c/></meta>`},
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

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	key := func(key string) meta.Change { return meta.AddKey(meta.Share{Key: key}) }
	recipient := func(address, name string) meta.Change {
		return meta.AddKey(meta.Share{Key: "k", Recipients: []meta.Recipient{{Address: address, Name: name}}})
	}
	subject := func(subject string) meta.Change {
		return meta.SetACL(meta.ACL{{Subject: "anyone"}, {Subject: subject, Rights: meta.Read}})
	}
	set := func(src string) meta.Change { return meta.Set(parseAttribute(t, src)) }
	for _, tt := range []struct {
		name    string
		change  meta.Change
		wantErr string
	}{
		{"zero change", meta.Change{}, "change that is none"},
		{"zero attribute", meta.Set(meta.Attribute{}), "no attribute"},
		{"empty key", key(""), "share key is empty"},
		{"key of blanks", key(" "), "share key is empty"},
		{"key with blanks around it", key("a "), "share key is empty, or has blanks"},
		{"key with a slash", key("a/b"), "not one segment"},
		{"key with a backslash", key(`a\b`), "not one segment"},
		{"key that is a dot", key("."), "not one segment"},
		{"key that is two dots", key(".."), "not one segment"},
		{"key with a line feed", key("a\nb"), "control character"},
		{"key with a DEL", key("a\x7F"), "control character"},
		{"key with a C1 control", key("a\u0085b"), "control character"},
		{"key with a noncharacter", key("a\uFFFE"), "control character"},
		{"key that is not UTF-8", key("\xFF"), "not valid UTF-8"},
		{"key too long", key(strings.Repeat("k", meta.MaxKey+1)), "longer than 255"},
		{"no address", recipient(" ", "A"), "address of a recipient is empty"},
		{"address with a line feed", recipient("a\n", ""), "address of a recipient has a control"},
		{"name with a line feed", recipient("a", "\n"), "name of a recipient has a control"},
		{"element without a key", set(`<accessPwd><EMail>a</EMail></accessPwd>`), "no share key"},
		{"element with a key in a foreign namespace", set(`<accessPwd><key xmlns="v">k</key></accessPwd>`), "no share key"},
		{"element with a key in no namespace", set(`<accessPwd><key xmlns="">k</key></accessPwd>`), "no share key"},
		{"element with a bad key", set(`<accessPwd><key>k</key><key>a/b</key></accessPwd>`), "not one segment"},
		{"element with a bad key by another prefix", set(`<accessPwd><key>k</key><x:key xmlns:x="u">a/b</x:key></accessPwd>`), "not one segment"},
		{"no subject", subject(""), "entry 2: subject is none of"},
		{"only a group sign", subject("#"), "subject is none of"},
		{"only a domain", subject("@a"), "subject is none of"},
		{"account without its domain", subject("john@"), "subject is none of"},
		{"two at signs", subject("john@a@b"), "subject is none of"},
		{"plus sign", subject("+john"), "subject is none of"},
		{"minus sign", subject("-john"), "subject is none of"},
		{"blank in a subject", subject("john smith"), "subject is none of"},
		{"control character in a subject", subject("john\t"), "subject has a control"},
		{"unknown right", meta.SetACL(meta.ACL{{Subject: "john", Rights: 1 << 5}}), "unknown right in Rights(0x20)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, `<meta xmlns="u"><a/></meta>`)
			got, err := doc.Apply(set(`<b/>`), tt.change)
			require.ErrorContains(t, err, tt.wantErr)
			require.ErrorContains(t, err, "meta: ")
			require.NotErrorIs(t, err, meta.ErrLimit)
			require.Nil(t, got)
			require.Equal(t, `<meta xmlns="u"><a/></meta>`, string(doc.Bytes()))
		})
	}
}

func TestApplySubjects(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"anyone", "anyone@", "anyone@a.dom", "john", "john@a.dom", "#staff", "#staff@a.dom", "müller", "john.smith-jones+tag", "o'brien&co"} {
		acl := meta.ACL{{Subject: subject, Rights: meta.List | meta.Administer}}
		doc, err := new(meta.Document).Apply(meta.SetACL(acl))
		require.NoError(t, err, subject)
		got, ok := doc.ACL()
		require.True(t, ok)
		require.Equal(t, acl, got)
	}
}

func TestApplyAboveTheLimits(t *testing.T) {
	t.Parallel()
	set := func(src string) meta.Change { return meta.Set(parseAttribute(t, src)) }
	deep := strings.Repeat("<b>", meta.MaxDepth-1) + strings.Repeat("</b>", meta.MaxDepth-1)
	for _, tt := range []struct {
		name, src string
		changes   []meta.Change
	}{
		{"size", "<meta><a>" + strings.Repeat("x", meta.MaxBytes-len("<meta><a></a></meta>")) + "</a></meta>", []meta.Change{set(`<b/>`)}},
		{"depth", "<meta/>", []meta.Change{set("<a>" + deep + "</a>")}},
		{"elements", "<meta>" + strings.Repeat("<a/>", meta.MaxElements-1) + "</meta>", []meta.Change{set(`<b/>`)}},
		{"attributes of elements", "<meta>" + strings.Repeat("<a/>", meta.MaxElements-2) + "</meta>", []meta.Change{set(`<b c=""/>`)}},
		{"changes", "<meta/>", make([]meta.Change, meta.MaxElements+1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(t, tt.src).Apply(tt.changes...)
			require.ErrorIs(t, err, meta.ErrLimit)
			require.Nil(t, got)
		})
	}
	doc, err := parse(t, "<meta/>").Apply(set(deep))
	require.NoError(t, err, "as deep as it can be")
	require.Len(t, doc.Attributes(), 1)
}

func TestApplyShrinksWhatIsFull(t *testing.T) {
	t.Parallel()
	doc := parse(t, "<meta><accessPwd><key>k</key></accessPwd>"+strings.Repeat("<a/>", meta.MaxElements-3)+"</meta>")
	doc, err := doc.Apply(meta.RevokeKey("k"))
	require.NoError(t, err)
	require.False(t, doc.HasKey("k"))
}

// A new attribute takes the indentation of the one before it, but nobody may
// have this fill the document.
func TestApplyLeavesLongIndentation(t *testing.T) {
	t.Parallel()
	doc := parse(t, "<meta>\n"+strings.Repeat(" ", 1000)+"<a/></meta>")
	doc, err := doc.Apply(meta.Set(parseAttribute(t, "<b/>")))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(doc.Bytes()), "<a/><b/></meta>"))
}

func TestZeroDocument(t *testing.T) {
	t.Parallel()
	var doc meta.Document
	require.Empty(t, doc.Attributes())
	require.Empty(t, doc.Shares())
	require.Empty(t, doc.Namespace())
	require.False(t, doc.HasKey(""))
	got, err := doc.Apply(meta.AddKey(meta.Share{Key: "k"}))
	require.NoError(t, err)
	require.True(t, got.HasKey("k"))
	_, err = doc.Apply(meta.Change{})
	require.Error(t, err)
}

func TestChangesStayOutOfLogs(t *testing.T) {
	t.Parallel()
	const secret = "aab22kk"
	share := meta.Share{Key: secret, Recipients: make([]meta.Recipient, 2)}
	attribute := parseAttribute(t, `<x:accessPwd xmlns:x="u"><x:key>aab22kk</x:key></x:accessPwd>`)
	var log strings.Builder
	for _, value := range []any{
		share, []meta.Share{share}, attribute, []meta.Attribute{attribute}, parse(t, shared).Shares(),
		meta.AddKey(share), meta.RevokeKey(secret), meta.Set(attribute), []meta.Change{meta.AddKey(share)},
	} {
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("JSON", "value", value)
		fmt.Fprintf(&log, "%v %+v %s", value, value, value)
	}
	_, err := parse(t, `<meta/>`).Apply(meta.AddKey(meta.Share{Key: secret + "/"}))
	fmt.Fprintln(&log, err)
	require.NotContains(t, log.String(), secret)
	for _, text := range []string{"share key sent to 2 recipients", "{u}accessPwd", "add a share key", "revoke a share key", "set attribute {u}accessPwd"} {
		require.Contains(t, log.String(), text)
	}
}
