package pages

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every language has every text, with the same arguments, and a text that takes a number
// has as many forms as the language needs.
func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	forms := map[string]int{"en": 2, "de": 2, "ru": 3}
	verb := regexp.MustCompile(`%(\[\d\])?[sd%]`)
	for _, l := range languages() {
		for key, text := range l.texts {
			model, ok := english.texts[key]
			require.True(t, ok, "%s: %s is not in English", l.tag, key)
			if strings.Contains(model, "|") {
				require.Len(t, strings.Split(text, "|"), forms[l.tag], "%s: %s", l.tag, key)
			}
			for form := range strings.SplitSeq(text, "|") {
				want, _, _ := strings.Cut(model, "|")
				got, wanted := verb.FindAllString(form, -1), verb.FindAllString(want, -1)
				slices.Sort(got)
				slices.Sort(wanted)
				require.Equal(t, wanted, got, "%s: %s", l.tag, key)
			}
		}
		require.Len(t, l.texts, len(english.texts), l.tag)
	}
}

// Every text that a template or a function asks for is there, and every one is asked for.
func TestTextsAreUsed(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{"error.403": true, "error.404": true, "error.403.text": true, "error.404.text": true}
	key := regexp.MustCompile(`"([a-z][A-Za-z]*\.[A-Za-z0-9.]+)"`)
	read := func(fsys fs.FS, pattern string) {
		names, err := fs.Glob(fsys, pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || slices.Contains([]string{"doc.go", "english.go", "german.go", "russian.go"}, name) {
				continue
			}
			text, err := fs.ReadFile(fsys, name)
			require.NoError(t, err)
			for _, found := range key.FindAllStringSubmatch(string(text), -1) {
				asked[found[1]] = true
			}
			for _, found := range regexp.MustCompile(`\.[TN] "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
				require.Contains(t, english.texts, found[1], name)
			}
		}
	}
	read(os.DirFS("."), "*.go")
	read(templateFiles, "templates/*.html")
	scripts, err := fs.Glob(assetFiles, "assets/*.js")
	require.NoError(t, err)
	for _, name := range scripts {
		text, err := fs.ReadFile(assetFiles, name)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`page\.say\("(\w+)"`).FindAllStringSubmatch(string(text), -1) {
			asked["script."+found[1]] = true
			require.Contains(t, english.texts, "script."+found[1], name)
		}
	}
	for key := range english.texts {
		require.True(t, asked[key], "nothing asks for %s", key)
	}
}

func TestChooseLanguage(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "*": "en", "fr": "en", "de": "de", "de-AT,en;q=0.9": "de", "RU-ru": "ru", "fr, ru;q=0.2, en;q=0.1": "ru",
		"en;q=0.5, de;q=0.8": "de", "de;q=0, en": "en", "de;q=x": "en", ";;;,,": "en",
	} {
		r := &http.Request{Header: http.Header{"Accept-Language": {accept}}}
		require.Equal(t, want, chooseLanguage(r).tag, accept)
	}
	r := &http.Request{Header: http.Header{"Accept-Language": {"de"}, "Cookie": {"cgpkit-language=ru"}}}
	require.Equal(t, "ru", chooseLanguage(r).tag, "what was chosen here goes first")
	r.Header.Set("Cookie", "cgpkit-language=xx")
	require.Equal(t, "de", chooseLanguage(r).tag)
}

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	require.Equal(t, "-1,234,567", english.number(-1234567))
	require.Equal(t, "1.000", german.number(1000))
	require.Equal(t, "999", russian.number(999))
	for n, want := range map[int64]string{0: "0\u00A0B", 999: "999\u00A0B", 1000: "1.0\u00A0KB", 1536: "1.5\u00A0KB", 10 << 20: "10\u00A0MB", 1 << 62: "4194304\u00A0TB"} {
		require.Equal(t, want, english.size(n))
	}
	require.Equal(t, "1,5\u00A0КБ", russian.size(1536))
	at := time.Date(2026, 3, 2, 7, 5, 0, 0, time.UTC)
	require.Equal(t, "2 Mar 2026, 07:05", english.when(at))
	require.Equal(t, "2. März 2026, 07:05", german.when(at))
	require.Equal(t, "2 марта 2026, 07:05", russian.when(at))
	for n, want := range map[int64]string{0: "0 байт", 1: "1 байт", 2: "2 байта", 5: "5 байт", 11: "11 байт", 12: "12 байт", 21: "21 байт", 22: "22 байта", 112: "112 байт", 1001: "1\u00A0001 байт"} {
		require.Equal(t, want, russian.count("app.bytes", n))
	}
	require.Equal(t, "1 byte", english.count("app.bytes", 1))
}

// Whatever a browser says it likes, it gets a language.
func FuzzChooseLanguage(f *testing.F) {
	for _, seed := range []string{"de-AT,en;q=0.9", ";q=", "q=q=,;", "*;q=1e400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		require.NotNil(t, chooseLanguage(&http.Request{Header: http.Header{"Accept-Language": {accept}}}))
	})
}
