package cgpdata_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// checked are texts as people break them, and all that Check tells of them.
var checked = []struct {
	name, in string
	want     []string // LINE:COLUMN text
}{
	{"nothing wrong", "{a=1; // one\n}", nil},

	{"missing ';'", "{\n A = 1\n B = 2;\n C = 3\n D = 4;\n}\n", []string{`3:2 want ';', not "B" at A`, `5:2 want ';', not "D" at C`}},
	{"missing ';' at the end", "{L={A=1};M=2}", []string{`1:8 want ';', not "}" at L.A`, `1:13 want ';', not "}" at M`}},
	{"comma for ';'", "{A=1, B=2, C=;}", []string{`1:5 want ';', not "," at A`, `1:10 want ';', not "," at B`, "1:14 missing value at C"}},
	{"two ';'", "{A=1;;B=2;C=#;}", []string{`1:6 want a key or '}', not ";"`, "1:13 unknown kind of value after # at C"}},
	{"missing '='", "{A 1; B {x=1;}; C #5; D = #;}", []string{
		`1:4 want '=', not "1" at A`, `1:9 want '=', not "{" at B`, `1:19 want '=', not "#" at C`, "1:27 unknown kind of value after # at D",
	}},
	{"':' for '='", "{\"A\": 1, \"B\": (2, 3)}", []string{`1:5 want '=', not ":" at A`, `1:13 want '=', not ":" at B`}},
	{"':=' for '='", "{A := 1; B := 2;}", []string{`1:4 want '=', not ":" at A`, `1:12 want '=', not ":" at B`}},
	{"key alone", "{\n A\n B = 2;\n C;\n D = #;\n}", []string{`3:2 want '=', not "B" at A`, `4:3 want '=', not ";" at C`, "5:6 unknown kind of value after # at D"}},
	{"value alone", "{#5; (a,b); c=#;}", []string{`1:2 want a key or '}', not "#"`, `1:6 want a key or '}', not "("`, "1:15 unknown kind of value after # at c"}},
	{"key with a blank", "{Big Key = 5; Very Big Key = #;}", []string{`1:6 want '=', not "K" at Big`, `1:20 want '=', not "B" at Very`}},

	{"value with a blank", "{\n A = Big Server;\n B = 1;\n C = Big (Server);\n D = /usr/bin;\n}", []string{
		`2:10 want ';', not "S" at A`, `4:10 want ';', not "(" at C`, `5:6 want a value, not "/" at D`,
	}},
	{"URL without quotes", "{\n A = http://host/x;\n B = 1;\n C = #;\n}", []string{`3:2 want ';', not "B" at A`, "4:6 unknown kind of value after # at C"}},
	{"missing last quote", "{\n A = \"Big Server;\n B = \"x\";\n C = #;\n}", []string{"2:18 control byte or line end in string at A", "4:6 unknown kind of value after # at C"}},
	{"missing last quote, CR LF", "{\r\n A = \"Big;\r\n B = \"\";\r\n C = #;\r\n}", []string{"2:11 control byte or line end in string at A", "4:6 unknown kind of value after # at C"}},
	{"missing last quote and no other", "{\n A = \"Big;\n B = 1;\n C = #;\n}", []string{"2:11 control byte or line end in string at A", "4:6 unknown kind of value after # at C"}},
	{"missing first quote", "{\n A = Big Server\";\n B = \"x\";\n C = #;\n}", []string{`2:10 want ';', not "S" at A`, "4:6 unknown kind of value after # at C"}},
	{"quote in a string", "{A=\"Bob \"the\" Smith\"; B=#;}", []string{`1:10 want ';', not "t" at A`, "1:25 unknown kind of value after # at B"}},
	{"string on two lines", "{A=\"one\ntwo\"; B=#;}", []string{"1:8 control byte or line end in string at A", "2:9 unknown kind of value after # at B"}},
	{"missing quote of a key", "{\n \"A = 1;\n B = \"x\";\n C = #;\n}", []string{"2:9 control byte or line end in string", "4:6 unknown kind of value after # at C"}},
	{"escapes", `{A="\9"; B=("\256", "\x"); C="\u'D800'";}`, []string{"1:5 unknown escape at A", "1:14 byte code above 255 at B[0]", "1:22 unknown escape at B[1]", "1:31 no Unicode code point at C"}},

	{"tokens", "{A=#T32-01-2000; B=#99999999999999999999; C=[a]; D=[HQ-=]; E=#I[x]; F=#I[::1]:0; G=<a></b>; H=#5x; I=#;}", []string{
		"1:4 no such date or time at A", "1:20 number beyond 64 bits at B", "1:45 datablock of wrong length or padding at C",
		`1:55 want base64 or ']', not "-" at D`, "1:62 invalid IP address at E", "1:80 port outside 1 to 65535 at F",
		"1:91 XML: element <a> closed by </b> at G", `1:97 want the end of the value, not "x" at H`, "1:102 unknown kind of value after # at I",
	}},
	{"tokens without an end", "{\n A = [HcqHfHI;\n B = <a>;\n C = #;\n}", []string{`2:14 want base64 or ']', not ";" at A`, "4:6 unknown kind of value after # at C", "5:2 unterminated XML element at B"}},
	{"object without an end", "{\n A = #(a;\n B = 2;\n C = #;\n}", []string{"4:6 unknown kind of value after # at C", "5:2 unterminated object at A"}},
	{"XML with '=' and ';'", "{A=<a b=\"c;d\">&lt;</x>; B=#;}", []string{"1:23 XML: element <a> closed by </x> at A", "1:27 unknown kind of value after # at B"}},

	{"array without commas", "{A=(a b c, d e); B=#;}", []string{`1:7 want ',' or ')', not "b" at A[0]`, `1:14 want ',' or ')', not "e" at A[1]`, "1:20 unknown kind of value after # at B"}},
	{"array without a value", "{A=(,b); B=(c,,d); C=(e,); D=#;}", []string{`1:5 want a value, not "," at A[0]`, `1:15 want a value, not "," at B[1]`, "1:24 trailing comma at C[1]", "1:30 unknown kind of value after # at D"}},
	{"missing ')'", "{\n A = (a, b;\n B = ((c, (d);\n C = #;\n}", []string{`2:11 want ',' or ')', not ";" at A[1]`, `3:14 want ',' or ')', not ";" at B[0][1]`, "4:6 unknown kind of value after # at C"}},
	{"missing ')' and ';'", "{\n A = (a, b\n B = 1;\n C = #;\n}", []string{`3:2 want ',' or ')', not "B" at A[1]`, "4:6 unknown kind of value after # at C"}},
	{"']' for ')'", "{A=(a]; B=(c,d]; C=#;}", []string{`1:6 want ',' or ')', not "]" at A[0]`, `1:15 want ',' or ')', not "]" at B[1]`, "1:20 unknown kind of value after # at C"}},
	{"'}' for ')'", "{A={B=(a,b}; C=1; D=#;}", []string{`1:11 want ',' or ')', not "}" at A.B[1]`, "1:21 unknown kind of value after # at D"}},
	{"')' for '}'", "({A=1;), {B=#;})", []string{`1:7 want a key or '}', not ")" at [0]`, `1:8 want the end of the text, not ","`, "1:13 unknown kind of value after # at B"}},
	{"')' too many", "{A=(a)); B=#;}", []string{`1:7 want ';', not ")" at A`, "1:12 unknown kind of value after # at B"}},
	{"missing '}'", "{\n L = {A=1; B=2;\n M = 3;\n N = #;\n}", []string{"4:6 unknown kind of value after # at L.N", "5:2 unterminated dictionary at L"}},
	{"'}' too many", "{\n L = {A=1;}};\n M = 3;\n N = #;\n}\n", []string{`2:12 want ';', not "}" at L`, "4:6 unknown kind of value after # at N"}},
	{"'}' too early", "{\n A = 1;\n}\n M = 3;\n N = #;\n}\n", []string{`4:2 want the end of the text, not "M"`, "5:6 unknown kind of value after # at N"}},
	{"'}' too early, deeper", "{L={M={A=1;}; };}; N=#;}", []string{`1:18 want the end of the text, not ";"`, "1:22 unknown kind of value after # at N"}},
	{"text ends", "{\n A = (1,\n", []string{`3:1 want a value: unexpected EOF at A[1]`}},
	{"comment without an end", "{A=#; /* B=1;}", []string{"1:4 unknown kind of value after # at A", "1:15 unterminated comment"}},

	{"missing braces", "A=1;\nB=#;\n", []string{"1:1 missing braces around dictionary", "2:3 unknown kind of value after # at B"}},
	{"missing first brace", "A=1;\nB=#;\n}\n", []string{"1:1 missing braces around dictionary", "2:3 unknown kind of value after # at B"}},
	{"empty text", " // none", []string{"1:9 empty text"}},
	{"what may pass", "{a=1;a=2;\"\"=3;b=;c=(d,);e=\"\\x\";f=#12.5;g=#T01-01-2000_00:00:60;}", []string{
		"1:6 duplicate key", `1:10 empty key`, "1:17 missing value at b", "1:22 trailing comma at c[1]", "1:28 unknown escape at e",
		"1:34 fraction in number at f", "1:42 leap second at g",
	}},
	{"repeated keys of a broken dictionary", "{a={b=1;b=2;c=#;d=3;d=4};}", []string{"1:9 duplicate key at a.d", "1:15 unknown kind of value after # at a.c", "1:21 duplicate key at a.d", `1:24 want ';', not "}" at a.d`}},
	{"another format", "[Settings]\nLogLevel = 3\nName = x\n", []string{`2:1 want the end of the text, not "L"`, `3:1 want ';', not "N" at LogLevel`}},
	{"bytes", "{a=\xFF;b=\"\xFE\";c=\"\x01\x02\";}", []string{"1:4 invalid UTF-8 at a", "1:9 invalid UTF-8 at b", "1:15 control byte or line end in string at c", "1:16 control byte or line end in string at c"}},
}

func checkLines(src []byte) []string {
	var lines []string
	for _, fault := range cgpdata.Check(src, nil) {
		line := fmt.Sprintf("%d:%d %v", fault.Line, fault.Column, fault.Err)
		if fault.Path != "" {
			line += " at " + fault.Path
		}
		lines = append(lines, line)
	}
	return lines
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range checked {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, checkLines([]byte(tt.in)))
		})
	}
}

func TestCheckLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		o        cgpdata.Options
		want     error
	}{
		{"size", "{a=#;}", cgpdata.Options{MaxBytes: 3}, cgpdata.ErrSize},
		{"depth", "{a=((b));}", cgpdata.Options{MaxDepth: 2}, cgpdata.ErrDepth},
		{"items", "{a=(b,c);}", cgpdata.Options{MaxItems: 3}, cgpdata.ErrItems},
		{"items without values", "{a=;b=;c=;}", cgpdata.Options{MaxItems: 3}, cgpdata.ErrItems},
		{"depth again and again", strings.Repeat("(", 20_000_000), cgpdata.Options{}, cgpdata.ErrDepth},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults := cgpdata.Check([]byte(tt.in), &tt.o)
			require.NotEmpty(t, faults)
			require.ErrorIs(t, faults[len(faults)-1], tt.want)
		})
	}
	require.Len(t, cgpdata.Check([]byte("("+strings.Repeat("#,", 1000)+"#)"), nil), 100)
	require.Len(t, cgpdata.Check([]byte("("+strings.Repeat(`"\000",`, 1000)+"#)"), nil), 100)
}

// However far from each other errors are, all are told.
func TestCheckLongText(t *testing.T) {
	t.Parallel()
	text := []byte("{\n")
	for i := range 50 * 500 {
		text = fmt.Appendf(text, " k%05d = %0500d;\n", i, i)
		if i%500 == 0 {
			text = fmt.Appendf(text, " l%05d = value bad;\n", i)
		}
	}
	require.Len(t, cgpdata.Check(append(text, '}'), nil), 50)
}

// Errors that are not told, because another one is in the same item, do not count.
func TestCheckManyInOneItem(t *testing.T) {
	t.Parallel()
	want := []string{"1:5 no such date or time at a", `1:213 unknown escape at b`, "1:219 no such date or time at c"}
	got := checkLines([]byte(`{a=#T99 "` + strings.Repeat(`\q`, 100) + `";b="\q";c=#T99;}`))
	require.Len(t, got, len(want))
	for i, line := range got {
		require.Equal(t, want[i][strings.IndexByte(want[i], ' '):], line[strings.IndexByte(line, ' '):])
	}
}

// The options say nothing of what may pass, and nobody is told.
func TestCheckIsStrict(t *testing.T) {
	t.Parallel()
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(*cgpdata.SyntaxError) { t.Error("told") }}
	require.Len(t, cgpdata.Check([]byte("{a=;}"), o), 1)
	o = &cgpdata.Options{SingleLine: true}
	require.Len(t, cgpdata.Check([]byte("{a=1;\t}"), o), 1)
}

// Whatever one byte is lost or added, the errors are few, and the one at the end of the
// file is found.
func TestCheckTypos(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"HTTPU.settings", "Main.settings", "Indented.settings"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		end := bytes.LastIndexByte(text, '}')
		text = slices.Insert(text, end, []byte(" Last = #;\n")...)
		check := func(text []byte, what string, i, limit int) {
			faults := cgpdata.Check(text, nil)
			require.LessOrEqual(t, len(faults), limit, "%s, %s at %d: %v", name, what, i, faults)
			last := int64(bytes.LastIndexByte(text, '#'))
			found := slices.ContainsFunc(faults, func(f *cgpdata.SyntaxError) bool { return f.Offset == last })
			require.True(t, found, "%s, %s at %d: %v", name, what, i, faults)
		}
		for i := range end - 1 {
			if text[i] <= ' ' {
				continue
			}
			check(slices.Delete(slices.Clone(text), i, i+1), "lost", i, 4)
			for _, c := range []byte("\"(){}[];,=#<x \\") {
				check(slices.Insert(slices.Clone(text), i, c), string(c), i, 5)
			}
		}
	}
}

func ExampleCheck() {
	faults := cgpdata.Check([]byte(`{
 DomainName = Example Domain;
 Ports = (25,587;
 Created = #T31-02-2005;
}`), nil)
	for _, fault := range faults {
		fmt.Println(fault)
	}
	// Output:
	// cgpdata: line 2, column 23: want ';', not "D" at DomainName
	// cgpdata: line 3, column 17: want ',' or ')', not ";" at Ports[1]
	// cgpdata: line 4, column 12: no such date or time at Created
}

// Check tells of an error if and only if Parse does, and of the same among others.
func FuzzCheck(f *testing.F) {
	addCorpus(f)
	for _, row := range checked {
		f.Add([]byte(row.in))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range []cgpdata.Options{{}, {SingleLine: true}, {MaxBytes: 100, MaxDepth: 3, MaxItems: 10}} {
			faults := cgpdata.Check(src, &o)
			require.LessOrEqual(t, len(faults), 100)
			require.True(t, slices.IsSortedFunc(faults, func(a, b *cgpdata.SyntaxError) int { return int(a.Offset - b.Offset) }))
			_, err := cgpdata.Parse(src, &o)
			if err == nil {
				require.Empty(t, faults)
				continue
			}
			first, _ := errors.AsType[*cgpdata.SyntaxError](err)
			require.True(t, slices.ContainsFunc(faults, func(f *cgpdata.SyntaxError) bool { return f.Error() == first.Error() }),
				"%v is not among %v", first, faults)
			for _, fault := range faults {
				require.LessOrEqual(t, fault.Offset, int64(len(src)))
			}
		}
	})
}
