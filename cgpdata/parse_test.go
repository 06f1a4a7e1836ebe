package cgpdata_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// layouts are all of them.
var layouts = []cgpdata.Layout{cgpdata.SingleLine, cgpdata.Settings, cgpdata.Indented}

var lenient = &cgpdata.Options{Allow: cgpdata.Lenient}

func TestSyntaxErrorPosition(t *testing.T) {
	t.Parallel()
	in := "{\r\n Listener = {\r Ports = (a,\n {PortNumber=\"x\n\";});\n};}"
	_, err := cgpdata.Parse([]byte(in), nil)
	var got *cgpdata.SyntaxError
	require.ErrorAs(t, err, &got)
	require.Equal(t, int64(strings.Index(in, "\n\";")), got.Offset)
	require.Equal(t, 4, got.Line)
	require.Equal(t, 16, got.Column)
	require.Equal(t, "Listener.Ports[1].PortNumber", got.Path)
	require.EqualError(t, err, "cgpdata: line 4, column 16: control byte or line end in string at Listener.Ports[1].PortNumber")

	_, err = cgpdata.Parse([]byte(`{"my key"={"a\"b"=$;};}`), nil)
	require.ErrorAs(t, err, &got)
	require.Equal(t, `"my key"."a\"b"`, got.Path)

	_, err = cgpdata.Parse([]byte(`{a={b=1;};c={d=1;d=2;};}`), nil)
	require.EqualError(t, err, "cgpdata: line 1, column 18: duplicate key at c")

	_, err = cgpdata.Parse([]byte(`{`+strings.Repeat("k", 1_000_000)+`=$;}`), nil)
	require.Less(t, len(err.Error()), 300, "a long path is cut")
}

func TestTruncatedIsUnexpectedEOF(t *testing.T) {
	t.Parallel()
	whole := `{a="b\"c" "d";e=(#T22-10-2005_15:24:45,[HcqHfHI=],<a b="c">d</a>,#I[::1]:25,#(x));}`
	require.NoError(t, cgpdata.Valid([]byte(whole), nil))
	for i := range len(whole) {
		err := cgpdata.Valid([]byte(whole[:i]), nil)
		require.Error(t, err)
		cut := whole[:i]
		switch { // what ends early may be a wrong or a whole value of another kind
		case i == 0, strings.HasSuffix(cut, "#I"), strings.HasSuffix(cut, ":"), strings.Contains(cut[strings.LastIndexAny(cut, ",(")+1:], "#T"):
		default:
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s", cut)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("(", n) + strings.Repeat(")", n) }
	for _, row := range []struct {
		name string
		in   string
		o    cgpdata.Options
		want error
	}{
		{name: "128 levels", in: deep(128)},
		{name: "129 levels", in: deep(129), want: cgpdata.ErrDepth},
		{name: "20 million arrays", in: strings.Repeat("(", 20_000_000), want: cgpdata.ErrDepth},
		{name: "20 million braces", in: strings.Repeat("{", 20_000_000)},
		{name: "a million dictionaries", in: strings.Repeat("{a=", 1_000_000), want: cgpdata.ErrDepth},
		{name: "a million XML elements", in: strings.Repeat("<a>", 1_000_000), want: cgpdata.ErrDepth},
		{name: "a million opaque", in: "#" + strings.Repeat("(", 1_000_000), want: io.ErrUnexpectedEOF},
		{name: "deep by option", in: deep(10_000), o: cgpdata.Options{MaxDepth: 1 << 30}},
		{name: "depth has a ceiling", in: deep(10_001), o: cgpdata.Options{MaxDepth: 1 << 30}, want: cgpdata.ErrDepth},
		{name: "a million items and more", in: "(" + strings.Repeat("a,", 1<<20) + "a)", want: cgpdata.ErrItems},
		{name: "64 MiB", in: strings.Repeat(" ", 64<<20+1), want: cgpdata.ErrSize},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := cgpdata.Parse([]byte(row.in), &row.o)
			if row.name == "20 million braces" {
				require.ErrorContains(t, err, "want a key or '}'")
				return
			}
			require.ErrorIs(t, err, row.want)
			require.Equal(t, err, cgpdata.Valid([]byte(row.in), &row.o))
		})
	}
}

// Work must grow with the size of the text, and hardly faster: with the square of it,
// these would take hours.
func TestNothingIsQuadratic(t *testing.T) {
	t.Parallel()
	const n = 100_000
	var unordered, repeated strings.Builder
	for i := range n {
		fmt.Fprintf(&unordered, "k%d=v;", i*7919%n)
		fmt.Fprintf(&repeated, "k%d=v;", i%100)
	}
	for name, in := range map[string]string{
		"keys without order": "{" + unordered.String() + "}",
		"repeated keys":      "{" + repeated.String() + "}",
		"strings":            `(` + strings.Repeat(`"a" `, 5*n) + `)`,
		"datablocks":         `(` + strings.Repeat(`[AA] `, 5*n) + `)`,
		"escapes":            `"` + strings.Repeat(`\u'`, 5*n) + `"`,
		"comments":           strings.Repeat("/**/", 5*n) + "a",
		"XML":                `(` + strings.Repeat(`<a/>`, n) + `)`,
		"XML values":         `(` + strings.Repeat(`<a/>,`, n) + `)`,
		"faults":             `(` + strings.Repeat(`"\x",`, n) + `)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warned := 0
			o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(*cgpdata.SyntaxError) { warned++ }}
			v, err := cgpdata.Parse([]byte(in), o)
			require.NoError(t, err)
			require.LessOrEqual(t, warned, 100)
			require.True(t, v.Equal(v.Clone()))
		})
	}
}

func TestParseDoesNotKeepSource(t *testing.T) {
	t.Parallel()
	src := []byte(`{a="b c";d=[AQID];}`)
	v, err := cgpdata.Parse(src, nil)
	require.NoError(t, err)
	clear(src)
	require.Equal(t, `{a="b c";d=[AQID];}`, v.String())
}

func TestEachFaultIsToldOnce(t *testing.T) {
	t.Parallel()
	var told []string
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(w *cgpdata.SyntaxError) { told = append(told, w.Error()) }}
	_, err := cgpdata.Parse([]byte("{\"a\xFF\" \"\\x\"=b;b=\"\xFF\";c=1;d=1;c=;}"), o)
	require.NoError(t, err)
	require.Equal(t, []string{
		"cgpdata: line 1, column 4: invalid UTF-8",
		"cgpdata: line 1, column 8: unknown escape",
		`cgpdata: line 1, column 17: invalid UTF-8 at b`,
		"cgpdata: line 1, column 30: missing value at c",
		"cgpdata: line 1, column 28: duplicate key",
	}, told)
}

func TestWarnMayParse(t *testing.T) {
	t.Parallel()
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(*cgpdata.SyntaxError) {
		_, err := cgpdata.Parse([]byte("{x=(y);}"), nil)
		require.NoError(t, err)
	}}
	v, err := cgpdata.Parse([]byte(`{a="\x";b=("\y",c);}`), o)
	require.NoError(t, err)
	require.Equal(t, `{a="\\x";b=("\\y",c);}`, v.String())
}

func TestParseIsSafeAfterPanicInWarn(t *testing.T) {
	t.Parallel()
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(*cgpdata.SyntaxError) { panic("stop") }}
	require.PanicsWithValue(t, "stop", func() { _, _ = cgpdata.Parse([]byte(`{a={b="\x";};}`), o) })
	v, err := cgpdata.Parse([]byte(`{a={b=c;};}`), nil)
	require.NoError(t, err)
	require.Equal(t, `{a={b=c;};}`, v.String())
}

func TestRealFiles(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		file   string
		layout cgpdata.Layout
	}{
		{"HTTPU.settings", cgpdata.Settings},
		{"Main.settings", cgpdata.Settings},
		{"Indented.settings", cgpdata.Indented},
	} {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile("testdata/" + row.file)
			require.NoError(t, err)
			v, err := cgpdata.Parse(src, nil)
			require.NoError(t, err)
			text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: row.layout})
			require.NoError(t, err)
			require.Equal(t, string(src), string(text))
		})
	}
}

func TestErrorsAreSyntaxErrors(t *testing.T) {
	t.Parallel()
	_, err := cgpdata.Parse([]byte("("), nil)
	got, ok := errors.AsType[*cgpdata.SyntaxError](err)
	require.True(t, ok)
	require.Equal(t, cgpdata.SyntaxError{Offset: 1, Line: 1, Column: 2, Path: "[0]", Err: got.Err}, *got)
	require.NoError(t, cgpdata.Valid([]byte("()"), nil), "a nil *SyntaxError must not become an error")
}
