package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// call runs a command within this process.
func call(stdin []byte, args ...string) (stdout []byte, stderr string, status int) {
	var out, errs bytes.Buffer
	t := &tool{stdin: bytes.NewReader(stdin), stdout: &out, stderr: &errs}
	status = t.run(args)
	return out.Bytes(), errs.String(), status
}

// sameAfterJSON makes sure that a text that has a value has it after json | from-json.
func sameAfterJSON(t *testing.T, text []byte, flags ...string) {
	t.Helper()
	o := &cgpdata.Options{}
	if len(flags) > 0 {
		o.Allow = cgpdata.Lenient
	}
	v, err := cgpdata.Parse(text, o)
	form, stderr, status := call(text, append([]string{"json"}, flags...)...)
	if err != nil {
		require.Equal(t, 1, status)
		require.Empty(t, form)
		require.NotEmpty(t, stderr)
		return
	}
	require.Equal(t, 0, status, stderr)
	back, stderr, status := call(form, append([]string{"from-json"}, flags...)...)
	require.Equal(t, 0, status, stderr)
	again, err := cgpdata.Parse(back, o)
	require.NoError(t, err)
	require.True(t, v.Equal(again))
	require.Equal(t, v.String(), again.String()) // the order of keys, too
}

func TestJSONIdentity(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../cgpdata/testdata/valid/*/*.cgp")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		sameAfterJSON(t, text)
		sameAfterJSON(t, text, "-lenient")
	}
}

// A long text that is read becomes JSON that is read, though that is longer; a text that is
// too long is refused.
func TestJSONOfLongText(t *testing.T) {
	t.Parallel()
	text := []byte(`"` + strings.Repeat(`\001`, 1<<20) + `"`)
	sameAfterJSON(t, text)
	text = []byte(`{a="` + strings.Repeat("x", 64<<20) + `";}`)
	_, stderr, status := call(text, "json")
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "text longer than MaxBytes")
	require.Less(t, len(stderr), 1000)
}

func FuzzJSONIdentity(f *testing.F) {
	for _, text := range []string{
		"{\n a = (1,#2,#NULL#);\n}\n", `{"#a"=#T22-10-2005;"b\252"=[HcqHfHI=];c=#I[10.0.44.55]:25;d=<a/>;e=#(f);}`,
		"{a=1;a=2;\"\"=(b,);c=;d=#12.5;e=#I[f];}", "a=\"\\000\xff\";",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sameAfterJSON(t, text)
		sameAfterJSON(t, text, "-lenient")
	})
}

// Whatever PATH and VALUE are, set prints a text in which get finds the value, or says
// why not and prints nothing.
func FuzzSet(f *testing.F) {
	for _, seed := range [][3]string{
		{"a", "2", "{a=1; // one\n}"}, {"b.c[0]", "(x,y)", "{b={c=(1,2);};}"}, {`"b c"`, `"d e"`, "{\n}\n"},
		{"", "{}", "x"}, {"a..b", "b c", "{a"}, {"[4]", "http://x", "()"}, {"a", "<b\n/>", "{\n a=<c>\n</c>;\n}"},
	} {
		f.Add(seed[0], seed[1], []byte(seed[2]))
	}
	f.Fuzz(func(t *testing.T, path, value string, text []byte) {
		out, stderr, status := call(text, "set", "--", path, value)
		require.False(t, strings.ContainsFunc(stderr, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7F }))
		if status != 0 {
			require.Empty(t, out)
			require.NotEmpty(t, stderr)
			return
		}
		require.Empty(t, stderr)
		got, stderr, status := call(out, "get", "--", path)
		require.Equal(t, 0, status, stderr)
		want, err := cgpdata.Parse([]byte(value), &cgpdata.Options{SingleLine: true})
		require.NoError(t, err)
		v, err := cgpdata.Parse(got, nil)
		require.NoError(t, err)
		require.True(t, want.Equal(v))

		tidy, stderr, status := call(out, "fmt")
		require.Equal(t, 0, status, stderr)
		again, stderr, status := call(tidy, "fmt")
		require.Equal(t, 0, status, stderr)
		require.Equal(t, string(tidy), string(again))
		_, stderr, status = call(tidy, "check")
		require.Equal(t, 0, status, stderr)
	})
}

// check warns of keys that look like others, and that is no error.
func TestCheckOddKeys(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"\u200ELimit": "begins with U+200E", "Limit\u202C": "ends with U+202C", "\u2066Limit": "begins with U+2066", "Limit\u2061": "ends with U+2061",
		"\u00A0Limit": "begins with U+00A0", "Limit\u00A0": "ends with U+00A0", "\u200BLimit": "begins with U+200B", "\uFEFFLimit": "begins with U+FEFF", "\u3000Limit": "begins with U+3000",
		"\u2003Limit": "begins with U+2003", "Limit\u200D": "ends with U+200D", "\u00ADLimit": "begins with U+00AD", "\u2060": "begins with U+2060", "\u3164Limit": "begins with U+3164", "\u0085Limit": "begins with U+0085",
		"Limit": "", "größe": "", "a\u00A0b": "", "Ключ": "", "é": "",
	} {
		for _, text := range []string{"{\n\n  " + key + "=1;\n}", "{\r\r  \"" + key + "\"=1;}"} {
			stdout, stderr, status := call([]byte(text), "check")
			require.Zero(t, status)
			require.Empty(t, stdout)
			if want == "" {
				require.Empty(t, stderr, "%q", key)
				continue
			}
			require.Contains(t, stderr, "stdin:3:3: warning: key "+want+", which nobody sees", "%q", key)
		}
	}
	_, stderr, status := call([]byte(`{" a"={"b\t"=(1,{" "=2;}`), "check")
	require.Equal(t, 1, status)
	require.Equal(t, 3, strings.Count(stderr, "warning: key"), stderr)
	_, stderr, _ = call([]byte("{"+strings.Repeat("\u00A0a=1;", 200)+"}"), "check")
	require.Equal(t, 100, strings.Count(stderr, "warning: key"))
}

// What a name hides of a table is told.
func TestTableNames(t *testing.T) {
	t.Parallel()
	stdout, stderr, status := call([]byte("mail\tcn\tcn\t\na\tb\tc\td\n"), "tbd")
	require.Equal(t, 1, status)
	require.Equal(t, `{"mail":"a","cn":"b"}`+"\n", string(stdout))
	require.Equal(t, "stdin:1: field name 3 is the same as 2\nstdin:1: field name 4 is empty\n", stderr)
	_, stderr, status = call([]byte("mail\tcn\tcn\na\tb\tc\n"), "tbd", "-lenient")
	require.Zero(t, status)
	require.Equal(t, "stdin:1: tolerated: field name 3 is the same as 2\n", stderr)
	_, stderr, status = call([]byte("\xFF\xFEm\x00\n\x00"), "tbd")
	require.Equal(t, 1, status)
	require.Equal(t, "stdin:1: table is in UTF-16 or of another encoding, not in UTF-8\n", stderr)
}

// A fullDisk takes no more than it has room for.
type fullDisk struct{ room int }

var errFull = errors.New("disk full")

func (w *fullDisk) Write(b []byte) (int, error) {
	n := min(w.room, len(b))
	if w.room -= n; n < len(b) {
		return n, errFull
	}
	return n, nil
}

// What cannot be written is an error.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ command, stdin string }{
		{"-h", ""}, {"json", "{a=1;}"}, {"from-json", "{}"}, {"fmt", "{a=1;}"}, {"get a", "{a=1;}"}, {"set a 2", "{a=1;}"}, {"tbd", "a\nb\n"},
	} {
		var stderr bytes.Buffer
		program := &tool{stdin: strings.NewReader(tt.stdin), stdout: &fullDisk{room: 1}, stderr: &stderr}
		require.Equal(t, 1, program.run(strings.Fields(tt.command)), tt.command)
		require.Equal(t, "stdout: disk full\n", stderr.String(), tt.command)
	}
}

// A tableOf is a text table of so many records, of which every thousandth is bad.
type tableOf struct {
	records, made int
	buf           bytes.Buffer
}

func (r *tableOf) Read(b []byte) (int, error) {
	for r.buf.Len() < len(b) && r.made < r.records {
		if r.made == 0 {
			r.buf.WriteString("mail\tcn\tLimit\n")
		}
		if r.made++; r.made%1000 == 0 {
			r.buf.WriteString("too\tmany\tfields\there\n")
			continue
		}
		r.buf.WriteString("user@client1.com\tSome User\t(1,2,{a=b;})\n")
	}
	return r.buf.Read(b)
}

// A long table is neither kept nor printed as a whole.
func TestTableStreams(t *testing.T) {
	const records = 200_000
	var before, after runtime.MemStats
	peak := uint64(0)
	lines := 0
	out := writerFunc(func(b []byte) {
		lines += bytes.Count(b, []byte{'\n'})
		if lines%20_000 < 100 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
		}
	})
	var bad writerLines
	runtime.GC()
	runtime.ReadMemStats(&before)
	program := &tool{stdin: &tableOf{records: records}, stdout: out, stderr: &bad}
	require.Equal(t, 1, program.run([]string{"tbd"}))
	require.Equal(t, records-records/1000, lines)
	require.Equal(t, records/1000, int(bad))
	require.Positive(t, peak)
	require.Less(t, peak, before.HeapAlloc+(2<<20)) // the table has 8 MB
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

// writerLines counts lines.
type writerLines int

func (n *writerLines) Write(b []byte) (int, error) {
	*n += writerLines(bytes.Count(b, []byte{'\n'}))
	return len(b), nil
}

// Reading fails as itself, not as an error of the text.
func TestReadError(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"json", "from-json", "fmt", "check", "tbd"} {
		var stdout, stderr bytes.Buffer
		program := &tool{stdin: io.MultiReader(strings.NewReader("a\nb\n"), brokenReader{}), stdout: &stdout, stderr: &stderr}
		require.Equal(t, 1, program.run([]string{command}), command)
		require.Equal(t, "stdin: broken\n", stderr.String(), command)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }
