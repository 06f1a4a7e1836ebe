package httpsite

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The examples of RFC 7616 §3.9.1.
func TestDigestOfTheStandard(t *testing.T) {
	t.Parallel()
	for algorithm, response := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		d, err := parseDigest(`Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ` +
			`response="` + response + `", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`)
		require.NoError(t, err)
		require.True(t, d.proves("GET", "Circle of Life"), algorithm)
		require.False(t, d.proves("GET", "Circle of life"))
		require.False(t, d.proves("HEAD", "Circle of Life"))
	}
}

const wholeDigest = `Digest username="john", realm="r", nonce="n", uri="/", cnonce="c", nc=00000001, qop=auth, algorithm=MD5, response="00112233445566778899aabbccddeeff"`

func TestParseDigest(t *testing.T) {
	t.Parallel()
	replaced := func(old, by string) string {
		require.Contains(t, wholeDigest, old)
		return strings.Replace(wholeDigest, old, by, 1)
	}
	for _, tt := range []struct{ name, field, username string }{
		{"whole", wholeDigest, "john"},
		{"any letter case", replaced("Digest username", "dIGEST UserName"), "john"},
		{"blanks", replaced(`username="john",`, " ,,\tusername \t= \"john\" ,\t,"), "john"},
		{"no blanks", strings.Replace(strings.ReplaceAll(wholeDigest, ", ", ","), "Digest ", "Digest ", 1), "john"},
		{"token for a quoted string", replaced(`"john"`, "john"), "john"},
		{"quoted string for a token", replaced("nc=00000001, qop=auth", `nc="00000001", qop="auth"`), "john"},
		{"quoted pairs", replaced("john", `jo\"h\\n\x`), `jo"h\nx`},
		{"comma and equals sign in quotes", replaced("john", `jo, qop=hn`), "jo, qop=hn"},
		{"UTF-8", replaced("john", "jörg"), "jörg"},
		{"extended name", replaced(`username="john"`, "username*=UTF-8''j%C3%B6rg"), "jörg"},
		{"no algorithm", replaced(", algorithm=MD5", ""), "john"},
		{"unknown parameter", wholeDigest + `, opaque="x", auth-param=y`, "john"},
		{"comma at the end", wholeDigest + " ,", "john"},
		{"userhash is off", wholeDigest + ", userhash=false", "john"},

		{"Basic", "Basic am9objpqb2huLXB3", ""},
		{"nothing", "", ""},
		{"scheme alone", "Digest", ""},
		{"scheme and a blank", "Digest ", ""},
		{"no blank", replaced("Digest ", "Digest\t"), ""},
		{"longer scheme", "Digests" + wholeDigest[6:], ""},
		{"without a username", replaced(`username="john", `, ""), ""},
		{"empty username", replaced("john", ""), ""},
		{"two usernames", wholeDigest + `, username="mary"`, ""},
		{"two kinds of usernames", wholeDigest + `, username*=UTF-8''mary`, ""},
		{"extended name in an unknown charset", replaced(`username="john"`, "username*=ebcdic''x"), ""},
		{"without a realm", replaced(`realm="r", `, ""), ""},
		{"without a nonce", replaced(`nonce="n", `, ""), ""},
		{"without a URI", replaced(`uri="/", `, ""), ""},
		{"without cnonce", replaced(`cnonce="c", `, ""), ""},
		{"without a count", replaced(`nc=00000001, `, ""), ""},
		{"count 0", replaced("nc=00000001", "nc=00000000"), ""},
		{"short count", replaced("nc=00000001", "nc=1"), ""},
		{"long count", replaced("nc=00000001", "nc=000000001"), ""},
		{"signed count", replaced("nc=00000001", "nc=+0000001"), ""},
		{"without qop", replaced("qop=auth, ", ""), ""},
		{"auth-int", replaced("qop=auth", "qop=auth-int"), ""},
		{"another algorithm", replaced("MD5", "SHA-512-256"), ""},
		{"session", replaced("MD5", "MD5-sess"), ""},
		{"response of another algorithm", replaced("MD5", "SHA-256"), ""},
		{"response is not hexadecimal", replaced("00112233", "0011223x"), ""},
		{"short response", replaced("00112233", "001122"), ""},
		{"userhash", wholeDigest + ", userhash=true", ""},
		{"open quotes", replaced(`"john"`, `"john`), ""},
		{"quoted pair at the end", wholeDigest + `, x="\`, ""},
		{"behind a quoted string", replaced(`"john"`, `"john"x`), ""},
		{"no value", wholeDigest + ", x", ""},
		{"empty value", wholeDigest + ", x=", ""},
		{"no name", wholeDigest + ", =x", ""},
		{"blank in a name", wholeDigest + ", x y=z", ""},
		{"no comma", replaced(", realm", " realm"), ""},
		{"very many parameters", wholeDigest + strings.Repeat(", x=y", 10000), ""},
		{"many parameters", wholeDigest + ", a=1, b=1, d=1, e=1, f=1, g=1, h=1, i=1, j=1, k=1, l=1, m=1", ""},
	} {
		d, err := parseDigest(tt.field)
		require.Equal(t, tt.username, d.username, tt.name)
		require.Equal(t, tt.username == "", err != nil, tt.name)
	}
}

// Whatever the field is, what comes out of it can be checked, and the same parameters
// written down again mean the same.
func FuzzParseDigest(f *testing.F) {
	for _, field := range []string{
		wholeDigest, `Digest username*=UTF-8''j%C3%B6rg, realm="r", nonce="n", uri="/", cnonce="c", nc=ffffffff, qop=auth, response="00112233445566778899aabbccddeeff"`,
		`Digest ,,a="\"",b=c`, "Digest a=\"", "Digest a=b c=d", "Basic x", "Digest =", "digest a = b ,",
	} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		d, err := parseDigest(field)
		if err != nil {
			require.Equal(t, digest{}, d)
			return
		}
		n, ok := d.count()
		require.True(t, ok && n > 0)
		require.Len(t, d.response, d.hash().Size())
		require.False(t, d.proves("GET", "secret"), "nobody guesses that")
		quote := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
		again, err := parseDigest("Digest username=" + quote(d.username) + ",realm=" + quote(d.realm) + ",nonce=" + quote(d.nonce) + ",uri=" + quote(d.uri) +
			",cnonce=" + quote(d.cnonce) + ",nc=" + d.nc + ",qop=" + d.qop + ",algorithm=" + d.algorithm + ",response=" + hex.EncodeToString(d.response))
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}

func TestNonces(t *testing.T) {
	t.Parallel()
	var ns, others nonces
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	text := ns.issue(now)
	require.NotEqual(t, text, ns.issue(now))
	n, ok := ns.read(text, now)
	require.True(t, ok)
	for name, bad := range map[string]string{"another's": others.issue(now), "empty": "", "cut": text[1:], "longer": text + "A", "of two halves": text[:20] + ns.issue(now)[20:], "of later": ns.issue(now.Add(time.Second))} {
		_, ok := ns.read(bad, now)
		require.False(t, ok, name)
	}
	_, ok = ns.read(text, now.Add(nonceLifetime-time.Millisecond))
	require.True(t, ok)
	_, ok = ns.read(text, now.Add(nonceLifetime))
	require.False(t, ok, "too old")

	for _, use := range []struct {
		count uint32
		ok    bool
	}{
		{1, true}, {1, false}, {3, true}, {2, true}, {2, false}, {3, false}, // they overtake each other
		{70, true}, {7, true}, {7, false}, {6, false}, {3, false}, // too far behind to know
		{1 << 31, true}, {70, false}, {1<<31 - 63, true}, {1<<31 - 64, false}, {1<<32 - 1, true}, {1<<32 - 1, false}, {1 << 31, false},
	} {
		require.Equal(t, !use.ok, ns.used(n, use.count, now), use.count)
		require.Equal(t, use.ok, ns.use(n, use.count, now), use.count)
	}
	for age := time.Duration(0); age < nonceLifetime; age += nonceLifetime / 7 {
		require.True(t, ns.used(n, 1<<32-1, now.Add(age)), "known until it is too old")
	}
}

// However many nonces are used, memory is bounded, and none can be used twice.
func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	var ns nonces
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	first, ok := ns.read(ns.issue(now), now)
	require.True(t, ok)
	require.True(t, ns.use(first, 1, now))
	refused := 0
	for i := range 5 * maxNonces {
		now = now.Add(nonceLifetime / (3 * maxNonces)) // some get old meanwhile
		n, ok := ns.read(ns.issue(now), now)
		require.True(t, ok, i)
		if !ns.use(n, 1, now) {
			refused++
			n, ok := ns.read(ns.issue(now), now)
			require.True(t, ok && ns.use(n, 1, now), "the next one, made at the same moment, is taken")
		}
		require.False(t, ns.use(n, 1, now))
		require.LessOrEqual(t, len(ns.young)+len(ns.old), 2*maxNonces)
		if _, ok := ns.read(first.String(), now); ok {
			require.False(t, ns.use(first, 1, now))
		}
	}
	require.Positive(t, refused)
}
