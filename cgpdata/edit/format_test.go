package edit_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

// formatted are texts, read leniently, and what Format makes of them.
var formatted = []struct{ name, in, want string }{
	{"settings", "{b=1;  a = {x=\"y\" ; z=( 1 , 2 ) ; };}", "{\n b = 1;\n a = {x=y;z=(1,2);};\n}\n"},
	{"nothing", "", "{\n}\n"},
	{"empty dictionary", " { } ", "{\n}\n"},
	{"array", "( a, {b=c;} )", "(a,{b=c;})\n"},
	{"string", "\"a\" \"b\"\n\n", "ab\n"},
	{"byte order mark and CR LF", "\xEF\xBB\xBF{\r\n\ta=#0x10;\r\n}\r\n", "{\n a = #16;\n}\n"},
	{"XML on many lines", "{a=<b>\r\n</b>;}", "{\n a = <b>\r\n</b>;\n}\n"},

	{"comments around", "\n// one  \r\n/* two\r three */{a=b;} // four\n\n// five", "// one\n/* two\n three */\n{\n a = b;\n} // four\n// five\n"},
	{"comments between pairs", "{ // one\n// two\na=b; // three\n\n// four\n c=d; /* five */ /* six */ }", "{\n // one\n // two\n a = b; // three\n // four\n c = d; /* five */ /* six */\n}\n"},
	{"comment of the next pair", "{a=b; /* c */ c=d;}", "{\n a = b;\n /* c */\n c = d;\n}\n"},
	{"comments in a pair", "{/*1*/a/*2*/=/*3*/b/*4*/;/*5*/}", "{\n /*1*/\n /*2*/\n /*3*/\n /*4*/\n a = b; /*5*/\n}\n"},
	{"comments in a key and a string", "{\"a\" /*1*/ \"b\" = \"c\" //2\n \"d\";}", "{\n /*1*/\n //2\n ab = cd;\n}\n"},
	{"comments in a string alone", "/*1*/ \"a\" /*2*/ \"b\" /*3*/", "/*1*/\n/*2*/\nab /*3*/\n"},
	{"comments in datablocks", "[HQ==] /* ] */ [yg==]", "/* ] */\n[Hco=]\n"},
	{"comments in a dictionary", "{a={b=1; // one\nc=(2,3);}; d={e=f;};}", "{\n a = {\n  b = 1; // one\n  c = (2,3);\n };\n d = {e=f;};\n}\n"},
	{"comments in an array", "{a=(x, // one\n y /* two */, (z) // three\n);}", "{\n a = (\n  x, // one\n  /* two */\n  y,\n  (z) // three\n );\n}\n"},
	{"comments deep inside", "(a,(b,(c//d\n)))", "(\n a,\n (\n  b,\n  (\n   c //d\n  )\n )\n)\n"},
	{"comments instead of elements", "{a=( /* none */ ); b={ // none\n};}", "{\n a = (\n  /* none */\n );\n b = {\n  // none\n };\n}\n"},
	{"comments around an array", "{a= /*1*/ (b) /*2*/ ; // 3\n}", "{\n /*1*/\n /*2*/\n a = (b); // 3\n}\n"},
	{"a comment on many lines", "{a=b; /* c\n d */ // e\n}", "{\n a = b; /* c\n d */ // e\n}\n"},
	{"what looks like comments", "{a=\"//\";b=<c d='//'/>;c=#(/*);}", "{\n a = \"//\";\n b = <c d='//'/>;\n c = #(/*);\n}\n"},

	{"no braces", "// one\na=b;//two\nc=d;//three", "{\n // one\n a = b; //two\n c = d; //three\n}\n"},
	{"comments alone", "// one\n/* two */", "{\n // one\n /* two */\n}\n"},
	{"a repeated key", "{a=1;/*1*/b=2;/*2*/a=3;/*3*/}", "{\n /*1*/\n b = 2;\n /*2*/\n a = 3; /*3*/\n}\n"},
	{"a missing value", "{a=/*1*/;}", "{\n /*1*/\n a = #NULL#;\n}\n"},
	{"trailing commas", "{a=(b,/*1*/);}", "{\n a = (\n  b /*1*/\n );\n}\n"},
	{"what cannot be repaired", "{\"\"=#1.5;a=#I[b];}", "{\n \"\" = #1.5;\n a = #I[b];\n}\n"},
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range formatted {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := edit.ParseDocument([]byte(tt.in), lenient)
			require.NoError(t, err)
			require.NoError(t, d.Format())
			require.Equal(t, tt.want, string(d.Bytes()))
			require.NoError(t, d.Format())
			require.Equal(t, tt.want, string(d.Bytes()))
		})
	}
}

func TestFormatSingleLine(t *testing.T) {
	t.Parallel()
	d, err := edit.ParseDocument([]byte(" { a = ( b ) ; } "), &cgpdata.Options{SingleLine: true})
	require.NoError(t, err)
	require.NoError(t, d.Format())
	require.Equal(t, "{a=(b);}", string(d.Bytes()))
}

// A text that grows above a limit stays as it was.
func TestFormatLimit(t *testing.T) {
	t.Parallel()
	d, err := edit.ParseDocument([]byte("{a=b;}"), &cgpdata.Options{MaxBytes: 8})
	require.NoError(t, err)
	require.ErrorIs(t, d.Format(), cgpdata.ErrSize)
	require.Equal(t, "{a=b;}", string(d.Bytes()))
}

// commentsIn returns the comments of a text without XML, object and IP address, sorted
// and without white space.
func commentsIn(text []byte) []string {
	var comments []string
	for i := 0; i < len(text); i++ {
		rest, end := text[i:], -1
		switch {
		case rest[0] == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			continue
		case rest[0] == '[':
			i += bytes.IndexByte(rest, ']')
			continue
		case bytes.HasPrefix(rest, []byte("//")):
			if end = bytes.IndexAny(rest, "\r\n"); end < 0 {
				end = len(rest)
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			end = bytes.Index(rest[2:], []byte("*/")) + 4
		default:
			continue
		}
		comments = append(comments, strings.Join(strings.Fields(string(rest[:end])), ""))
		i += end - 1
	}
	slices.Sort(comments)
	return comments
}

// Format keeps value and comments, does what Append does if there are none, and does it
// once.
func FuzzFormat(f *testing.F) {
	addCorpus(f)
	for _, row := range formatted {
		f.Add([]byte(row.in))
	}
	for _, row := range edits {
		f.Add([]byte(row.in))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := edit.ParseDocument(src, lenient)
		if err != nil {
			return
		}
		v := d.Value()
		require.NoError(t, d.Format())
		text := d.Bytes()
		require.True(t, v.Equal(d.Value()))
		require.NoError(t, d.Format())
		require.Equal(t, string(text), string(d.Bytes()))
		if bytes.ContainsAny(src, "<") || bytes.Contains(src, []byte("#(")) || bytes.Contains(src, []byte("#I[")) {
			return
		}
		comments := commentsIn(src)
		require.Equal(t, comments, commentsIn(text))
		if _, err := cgpdata.Parse(src, nil); err == nil && len(comments) == 0 {
			want, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: cgpdata.Settings, AllYears: true})
			require.NoError(t, err)
			require.Equal(t, string(want), string(text))
		}
	})
}
