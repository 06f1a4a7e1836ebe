package clisite

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

var wordRows = []struct {
	name string
	line string
	want []string
	bad  bool
}{
	{name: "nothing"},
	{name: "blanks", line: "   "},
	{name: "words", line: " a  b c ", want: []string{"a", "b", "c"}},
	{name: "quoted blanks", line: `FILE "a b" x`, want: []string{"FILE", `"a b"`, "x"}},
	{name: "quoted quote", line: `"a\" b" "\\" c`, want: []string{`"a\" b"`, `"\\"`, "c"}},
	{name: "brackets", line: `(a, b) {a=(b c);} [AA AA] x`, want: []string{"(a, b)", "{a=(b c);}", "[AA AA]", "x"}},
	{name: "bracket in quotes", line: `"(" x`, want: []string{`"("`, "x"}},
	{name: "quote in brackets", line: `(")" a) x`, want: []string{`(")" a)`, "x"}},
	{name: "XML in brackets", line: `(<a b="(">it's ) "</a>, <b/>) x`, want: []string{`(<a b="(">it's ) "</a>, <b/>)`, "x"}},
	{name: "XML without its end", line: `(<a>) x`, bad: true},
	{name: "closing bracket alone", line: `) x`, want: []string{")", "x"}},
	{name: "open quote", line: `"a b`, bad: true},
	{name: "open quote after a backslash", line: `"a\"`, bad: true},
	{name: "backslash at the end", line: `"a\`, bad: true},
	{name: "open bracket", line: `(a b`, bad: true},
	{name: "too many words", line: "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", bad: true},
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for _, row := range wordRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			words, err := splitWords([]byte(row.line))
			if row.bad {
				require.ErrorIs(t, err, errSyntax)
				return
			}
			require.NoError(t, err)
			var got []string
			for _, w := range words {
				got = append(got, string(w))
			}
			require.Equal(t, row.want, got)
		})
	}
}

// What no file can have as attributes is refused before it is read any further.
func TestSplitWordsBoundsElements(t *testing.T) {
	t.Parallel()
	const mebi = filestore.MaxSidecarBytes
	long := func(n int) string { return "<a>" + strings.Repeat("x", n-len("<a></a>")) + "</a>" }
	for name, row := range map[string]struct {
		line string
		want error
	}{
		"most bytes":              {"(" + long(mebi) + ") x", nil},
		"one byte more":           {"(" + long(mebi+1) + ") x", errElements},
		"most bytes together":     {"(" + long(mebi-4) + "," + "<b/>) x", nil},
		"one byte more together":  {"(" + long(mebi-3) + "," + "<b/>) x", errElements},
		"most elements":           {"(" + strings.Repeat("<a/>", meta.MaxElements) + ") x", nil},
		"one element more":        {"(" + strings.Repeat("<a/>", meta.MaxElements+1) + ") x", errElements},
		"many megabytes of them":  {"(" + strings.Repeat("<a/>", 5*mebi) + ") x", errElements},
		"an element without end":  {"(<a>" + strings.Repeat("x", 8*mebi), errElements},
		"a short one without end": {"(<a>x", errSyntax},
		"text in quotes":          {`("` + strings.Repeat("<a/>", meta.MaxElements+1) + `") x`, nil},
	} {
		_, err := splitWords([]byte(row.line))
		require.Equal(t, row.want == nil, err == nil, name)
		if row.want != nil {
			require.ErrorIs(t, err, row.want, name)
		}
	}
	require.Equal(t, "501 storage limit exceeded", replyTo(errElements))
}

func FuzzParseArguments(f *testing.F) {
	for _, row := range wordRows {
		f.Add([]byte(row.line))
	}
	for _, line := range []string{
		`* FILE "a" OFFSET 5 SIZE #7 AUTH x DATA [QUJD]`, `john PATH "~mary/x"`, `* FILE a NEW DATA "QUJD"`, `* FILE a (<b c="d">) e</b><f/>)`, `* (b, c) FILE a`,
		`"a@b.c" FILE a INTO b`, `* OFFSET END FILE a DATA []`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		words, err := splitWords(line)
		if err != nil {
			require.Equal(t, errSyntax, err)
			return
		}
		require.LessOrEqual(t, len(words), maxWords)
		without := func(b []byte) string { return strings.ReplaceAll(string(b), " ", "") }
		require.Equal(t, without(line), without(bytes.Join(words, nil)))
		const all = optPath | optFile | optInto | optOffset | optPlace | optSize | optAuth | optData | optList | optKey | optPassword | optDelete
		a, err := parseArguments(words, command{subject: subject(len(line) % int(nothing+1)), allowed: all})
		if err != nil {
			require.Equal(t, errSyntax, err)
			return
		}
		require.GreaterOrEqual(t, a.offset, int64(0))
		require.GreaterOrEqual(t, a.size, int64(0))
		require.Zero(t, a.given&^all)
	})
}
