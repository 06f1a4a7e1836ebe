package meta_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

// shared is a document as a user would write it.
const shared = `<?xml version="1.0" encoding="UTF-8"?>
<meta xmlns="http://client1.com/meta">
  <!-- sent on Monday -->
  <accessPwd>
    <key> aab22kk </key>
    <EMail realName="User Name">user1@domain1.dom</EMail>
    <EMail>user2@domain2.dom</EMail>
  </accessPwd>
  <title>Holiday &amp; sun</title>
  <ACL><subKey key="john">lr</subKey><subKey key="#staff">ldrw</subKey></ACL>
</meta>
`

func TestParseKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		src  string
		want []string
	}{
		{"whole sample", shared, []string{"aab22kk"}},
		{"no namespace", `<meta><accessPwd><key>k</key></accessPwd></meta>`, []string{"k"}},
		{"prefixed namespace", `<m:meta xmlns:m="u"><m:accessPwd><m:key>k</m:key></m:accessPwd></m:meta>`, []string{"k"}},
		{"same namespace by two prefixes", `<m:meta xmlns:m="u" xmlns:n="u"><n:accessPwd><m:key>k</m:key></n:accessPwd></m:meta>`, []string{"k"}},
		{"byte order mark", "\uFEFF<?xml version='1.0'?><meta><accessPwd><key>k</key></accessPwd></meta>", []string{"k"}},
		{"several elements", `<meta><accessPwd><key>a</key></accessPwd><x/><accessPwd><key>b</key></accessPwd></meta>`, []string{"a", "b"}},
		{"CDATA, comment and reference", `<meta><accessPwd><key><![CDATA[a<]]>b<!-- no -->&#99;</key></accessPwd></meta>`, []string{"a<bc"}},
		{"empty keys", `<meta><accessPwd><key/><key></key><key> </key></accessPwd></meta>`, nil},
		{"element inside the key", `<meta><accessPwd><key>a<b/>c</key></accessPwd></meta>`, nil},
		{"key not below accessPwd", `<meta><key>k</key></meta>`, nil},
		{"key too deep", `<meta><accessPwd><x><key>k</key></x></accessPwd></meta>`, nil},
		{"accessPwd too deep", `<meta><props><accessPwd><key>k</key></accessPwd></props></meta>`, nil},
		{"accessPwd in a foreign namespace", `<meta><x:accessPwd xmlns:x="u"><x:key>k</x:key></x:accessPwd></meta>`, nil},
		{"accessPwd in no namespace below one", `<meta xmlns="u"><accessPwd xmlns=""><key>k</key></accessPwd></meta>`, nil},
		{"key in a foreign namespace", `<meta><accessPwd><key xmlns="u">k</key></accessPwd></meta>`, nil},
		{"other letter case", `<meta><AccessPwd><key>k</key></AccessPwd></meta>`, nil},
		{"key as attribute", `<meta><accessPwd key="k"/></meta>`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := meta.Parse([]byte(tt.src))
			require.NoError(t, err)
			require.Equal(t, tt.want, doc.Keys())
			for _, key := range tt.want {
				require.True(t, doc.HasKey(key), "key %q", key)
				require.False(t, doc.HasKey(key+"x"), "longer than %q", key)
				require.False(t, doc.HasKey(strings.ToUpper(key)+" "), "other spelling of %q", key)
			}
			require.False(t, doc.HasKey(""))
			require.False(t, doc.HasKey("zz"))
		})
	}
}

func TestHasKeyFindsEachOfMany(t *testing.T) {
	t.Parallel()
	doc, err := meta.Parse([]byte(`<meta><accessPwd><key>one</key><key>two</key><key>two</key><key>three</key></accessPwd></meta>`))
	require.NoError(t, err)
	for _, key := range []string{"one", "two", "three"} {
		require.True(t, doc.HasKey(key), key)
	}
	require.False(t, doc.HasKey("on"))
	require.False(t, doc.HasKey("onetwo"))
}

func TestKeysAreACopy(t *testing.T) {
	t.Parallel()
	doc, err := meta.Parse([]byte(shared))
	require.NoError(t, err)
	doc.Keys()[0] = "changed"
	require.True(t, doc.HasKey("aab22kk"))
	acl, _ := doc.ACL()
	acl[0].Rights = meta.Administer
	again, _ := doc.ACL()
	require.Equal(t, meta.List|meta.Read, again[0].Rights)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for _, tt := range []struct {
		name    string
		src     string
		wantErr string
	}{
		{"nothing", "", "no element"},
		{"only a comment", "<!-- a -->", "no element"},
		{"other root", "<data/>", "topmost element is data, not meta"},
		{"root in another case", "<Meta/>", "not meta"},
		{"cut off", "<meta><a>", "element a is not closed"},
		{"cut in a tag", "<meta", "EOF"},
		{"wrong end tag", "<meta><a></b></meta>", "end tag does not match"},
		{"end tag by another prefix", `<meta xmlns:a="u" xmlns:b="u"><a:x></b:x></meta>`, "end tag does not match"},
		{"end tag alone", "</meta>", "end tag without start tag"},
		{"two roots", "<meta/>\n<meta/>", "line 2, column 8: second topmost element"},
		{"text before", "x<meta/>", "text outside"},
		{"text after", "<meta/>x", "text outside"},
		{"CDATA after", "<meta/><![CDATA[ ]]>", "text outside"},
		{"reference after", "<meta/>&#32;", "text outside"},
		{"document type", "<!DOCTYPE meta><meta/>", "document type declaration"},
		{"entity bomb", `<!DOCTYPE meta [<!ENTITY a "aaaa">]><meta>&a;</meta>`, "document type declaration"},
		{"document type inside", "<meta><!DOCTYPE a></meta>", "document type declaration"},
		{"unknown entity", "<meta>&a;</meta>", "invalid character entity"},
		{"late XML declaration", `<meta><?xml version="1.0"?></meta>`, "XML declaration inside"},
		{"other encoding", `<?xml version="1.0" encoding="ISO-8859-1"?><meta/>`, "ISO-8859-1"},
		{"invalid UTF-8", "<meta>\xff</meta>", "not valid UTF-8"},
		{"NUL", "<meta>\x00</meta>", "XML forbids"},
		{"control character in a comment", "<meta><!-- \x01 --></meta>", "XML forbids"},
		{"character reference to NUL", "<meta>&#0;</meta>", "illegal character code"},
		{"character reference to a control character", "<meta>&#27;</meta>", "illegal character code"},
		{"character reference to a surrogate", "<meta>&#xD800;</meta>", "line 1, column 15: reference to a character that XML forbids"},
		{"character reference to the last surrogate", "<meta>&#xdFfF;</meta>", "reference to a character"},
		{"character reference to a surrogate, with zeros", "<meta>a&#x0000000000000D800;b</meta>", "reference to a character"},
		{"character reference to a surrogate, in decimal", "<meta>&#99;&#57343;</meta>", "reference to a character"},
		{"character references to a pair of surrogates", "<meta>&#xD83D;&#xDE00;</meta>", "reference to a character"},
		{"character reference to a surrogate in an attribute", "<meta a='&#xD800;'/>", "reference to a character"},
		{"character reference to a surrogate in a namespace", "<meta xmlns='&#55296;'/>", "reference to a character"},
		{"character reference to a surrogate in a key", "<meta><accessPwd><key>&#xDC00;</key></accessPwd></meta>", "reference to a character"},
		{"character reference to no character", "<meta>&#xFFFE;</meta>", "illegal character code"},
		{"character reference to no character in an attribute", "<meta a='&#xFFFF;'/>", "illegal character code"},
		{"character reference behind Unicode", "<meta>&#x110000;</meta>", "invalid character entity"},
		{"character reference far behind Unicode", "<meta>&#x1000000000000D800;</meta>", "invalid character entity"},
		{"undeclared prefix", `<meta xmlns="x"><x:accessPwd/></meta>`, `prefix "x" is not declared`},
		{"prefix out of scope", `<meta><a xmlns:x="u"/><x:b/></meta>`, `prefix "x" is not declared`},
		{"undeclared attribute prefix", `<meta x:a="1"/>`, `prefix "x" is not declared`},
		{"empty prefix", `<meta xmlns:x=""/>`, `prefix "x" cannot`},
		{"xmlns declared", `<meta xmlns:xmlns="u"/>`, `prefix "xmlns" cannot`},
		{"xml declared otherwise", `<meta xmlns:xml="u"/>`, `prefix "xml" cannot`},
		{"attribute twice", `<meta a="1" a="2"/>`, "attribute a given twice"},
		{"attribute twice by namespace", `<meta xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>`, "attribute a given twice"},
		{"declaration twice", `<meta xmlns="u" xmlns="v"/>`, `prefix "" declared twice`},
		{"misplaced colon", `<meta><:a/></meta>`, "misplaced colon"},
		{"namespace of declarations", `<meta xmlns="http://www.w3.org/2000/xmlns/"/>`, "cannot stand"},
		{"no blank before an attribute", `<meta a="1"b="2"/>`, "no blank before an attribute"},
		{"no blank before a declaration", `<meta a='"'xmlns="u"/>`, "no blank before an attribute"},
		{"too big", "<meta>" + strings.Repeat(" ", meta.MaxBytes) + "</meta>", "limit is 1048576"},
		{"too deep", "<meta>" + nested(meta.MaxDepth) + "</meta>", "deeper than 32"},
		{"far too deep", "<meta>" + nested(100_000) + "</meta>", "deeper than 32"},
		{"too many comments", "<meta>" + strings.Repeat("<!---->", meta.MaxElements) + "</meta>", "more than 10000"},
		{"too many processing instructions", strings.Repeat("<?a?>", meta.MaxElements) + "<meta/>", "more than 10000"},
		{"too many elements", "<meta>" + strings.Repeat("<a/>", meta.MaxElements) + "</meta>", "more than 10000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := meta.Parse([]byte(tt.src))
			require.ErrorContains(t, err, tt.wantErr)
			require.ErrorContains(t, err, "meta: ")
			require.Nil(t, doc)
			_, err = meta.WithoutGrants([]byte(tt.src))
			require.Error(t, err)
		})
	}
}

func TestParseTellsLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src string }{
		{"size", strings.Repeat(" ", meta.MaxBytes+1)},
		{"depth", "<meta>" + strings.Repeat("<a>", meta.MaxDepth)},
		{"elements", "<meta>" + strings.Repeat("<a/>", meta.MaxElements)},
		{"namespace when it is written", `<meta xmlns="` + strings.Repeat("&lt;", meta.MaxNamespace/4+1) + `"/>`},
		{"namespace", `<meta xmlns="` + strings.Repeat("u", meta.MaxNamespace+1) + `"/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := meta.Parse([]byte(tt.src))
			require.ErrorIs(t, err, meta.ErrLimit)
		})
	}
	_, err := meta.Parse([]byte("<meta>"))
	require.NotErrorIs(t, err, meta.ErrLimit)
}

func TestParseAtTheLimits(t *testing.T) {
	t.Parallel()
	deep := meta.MaxDepth - 1
	for _, tt := range []struct{ name, src string }{
		{"size", "<meta>" + strings.Repeat(" ", meta.MaxBytes-len("<meta></meta>")) + "</meta>"},
		{"depth", "<meta>" + strings.Repeat("<a>", deep) + strings.Repeat("</a>", deep) + "</meta>"},
		{"elements", "<meta>" + strings.Repeat("<a/>", meta.MaxElements-1) + "</meta>"},
		{"namespace", `<meta xmlns="` + strings.Repeat("u", meta.MaxNamespace) + `"/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := meta.Parse([]byte(tt.src))
			require.NoError(t, err)
		})
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	doc, err := meta.Parse([]byte(shared))
	require.NoError(t, err)
	require.Equal(t, "http://client1.com/meta", doc.Namespace())
	doc, err = meta.Parse([]byte(`<meta/>`))
	require.NoError(t, err)
	require.Empty(t, doc.Namespace())
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ namespace, want string }{
		{"", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<meta>\n</meta>\n"},
		{"a\x7F\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<meta xmlns=\"a\x7F&#xA;\">\n</meta>\n"},
		{"http://client1.com/meta?a&b", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<meta xmlns=\"http://client1.com/meta?a&amp;b\">\n</meta>\n"},
	} {
		doc, err := meta.New(tt.namespace)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(doc.Bytes()))
		require.Equal(t, tt.namespace, doc.Namespace())
		require.Empty(t, doc.Attributes())
	}
	for _, namespace := range []string{"a\x00", "\uFFFE", "\xFF", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"} {
		doc, err := meta.New(namespace)
		require.ErrorContains(t, err, "meta: ", namespace)
		require.Nil(t, doc)
	}
	_, err := meta.New(strings.Repeat("u", meta.MaxNamespace+1))
	require.ErrorIs(t, err, meta.ErrLimit)
}

func TestShares(t *testing.T) {
	t.Parallel()
	doc := parse(t, shared)
	require.Equal(t, []meta.Share{{Key: "aab22kk", Recipients: []meta.Recipient{
		{Address: "user1@domain1.dom", Name: "User Name"},
		{Address: "user2@domain2.dom"},
	}}}, doc.Shares())
	doc = parse(t, `<meta xmlns:x="u"><accessPwd><EMail> a </EMail><EMail/><x:EMail>b</x:EMail><EMail x:realName="C">c<d/></EMail><key>1</key><key>2</key></accessPwd><accessPwd/></meta>`)
	require.Equal(t, []meta.Share{
		{Key: "1", Recipients: []meta.Recipient{{Address: "a"}}},
		{Key: "2", Recipients: []meta.Recipient{{Address: "a"}}},
	}, doc.Shares())
}

func TestKeysStayOutOfLogs(t *testing.T) {
	t.Parallel()
	doc, err := meta.Parse([]byte(shared))
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", "doc", doc)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "doc", doc)
	fmt.Fprintf(&log, "%v %+v %s", doc, doc, doc)
	require.NotContains(t, log.String(), "aab22kk")
	require.Contains(t, log.String(), "1 share keys and 2 ACL entries")
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	key := meta.NewKey()
	require.Regexp(t, `^[A-Z2-7]{26,}$`, key) // 5 bits each: 130
	require.NotEqual(t, key, meta.NewKey())
}
