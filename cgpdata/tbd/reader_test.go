package tbd_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
	"github.com/stretchr/testify/require"
)

const sample = "mail\tcn\tLimit\n" +
	"user1@client1.com\tFirst User\t1000\n" +
	"user2@client1.com\tSecond User\t2000\n" +
	"user3@client1.com\tThird User\t1256\n"

// texts reads a table as the single-line text of its fields, and collects the
// errors beside them.
func texts(t *testing.T, src io.Reader, o *tbd.Options) (records [][]string, errs []error) {
	t.Helper()
	table, err := tbd.NewReader(src, o)
	require.NoError(t, err)
	for record, err := range table.Records() {
		if err != nil {
			require.Zero(t, record)
			errs = append(errs, err)
			continue
		}
		var fields []string
		for _, field := range record.All() {
			fields = append(fields, field.String())
		}
		records = append(records, fields)
	}
	return records, errs
}

func TestRead(t *testing.T) {
	t.Parallel()
	want := [][]string{
		{"user1@client1.com", `"First User"`, "1000"},
		{"user2@client1.com", `"Second User"`, "2000"},
		{"user3@client1.com", `"Third User"`, "1256"},
	}
	for _, tt := range []struct{ name, src string }{
		{"LF", sample},
		{"CRLF", strings.ReplaceAll(sample, "\n", "\r\n")},
		{"last line without its end", strings.TrimSuffix(sample, "\n")},
		{"empty lines", strings.ReplaceAll(sample, "\nuser", "\n\n\r\nuser")},
		{"byte order mark", "\uFEFF" + sample},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, err := tbd.NewReader(strings.NewReader(tt.src), nil)
			require.NoError(t, err)
			require.Equal(t, []string{"mail", "cn", "Limit"}, table.Fields())
			got, errs := texts(t, iotest.OneByteReader(strings.NewReader(tt.src)), nil)
			require.Empty(t, errs)
			require.Equal(t, want, got)
		})
	}
}

func TestField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		field string
		want  cgpdata.Value
	}{
		{"plain", "First User", cgpdata.String("First User")},
		{"empty", "", cgpdata.String("")},
		{"blanks around", " a ", cgpdata.String(" a ")},
		{"quotes inside", `a "b" \e`, cgpdata.String(`a "b" \e`)},
		{"not ASCII", "Müller", cgpdata.String("Müller")},
		{"no UTF-8", "M\xfcller", cgpdata.String("Müller")},
		{"quoted", `"a\t\"b\"\e"`, cgpdata.String("a\t\"b\"\n")},
		{"array", "(a, b)", cgpdata.Array(cgpdata.String("a"), cgpdata.String("b"))},
		{"dictionary", "{a=b;}", cgpdata.Dictionary(cgpdata.Pair{Key: "a", Value: cgpdata.String("b")})},
		{"data", "[AQI=]", cgpdata.Data([]byte{1, 2})},
		{"number", "#-5", cgpdata.Number(-5)},
		{"null", "#NULL#", cgpdata.Null()},
		{"mark and no value", "(415) 555-1212", cgpdata.String("(415) 555-1212")},
		{"number and more", "#1 fan", cgpdata.String("#1 fan")},
		{"quote without end", `"a`, cgpdata.String(`"a`)},
		{"comment", "(a /* b */)", cgpdata.String("(a /* b */)")},
		{"brackets without end", strings.Repeat("(", 10000), cgpdata.String(strings.Repeat("(", 10000))},
		{"XML", "<a/>", cgpdata.String("<a/>")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, err := tbd.NewReader(strings.NewReader("key\tfield\nk\t"+tt.field+"\n"), nil)
			require.NoError(t, err)
			records := 0
			for record, err := range table.Records() {
				records++
				require.NoError(t, err)
				got, ok := record.Get("field")
				require.True(t, ok)
				require.True(t, tt.want.Equal(got), "%v", got)
				require.True(t, tt.want.Equal(record.At(1)))
			}
			require.Equal(t, 1, records)
		})
	}
}

func TestShortRecords(t *testing.T) {
	t.Parallel()
	table, err := tbd.NewReader(strings.NewReader("a\tb\ta\nx\n"), nil)
	require.NoError(t, err)
	records := 0
	for record, err := range table.Records() {
		records++
		require.NoError(t, err)
		require.Equal(t, 3, record.Len())
		require.Equal(t, "x", record.At(0).Text())
		for _, i := range []int{-1, 1, 2, 3} {
			require.True(t, cgpdata.String("").Equal(record.At(i)), "field %d", i)
		}
		first, ok := record.Get("a")
		require.True(t, ok)
		require.Equal(t, "x", first.Text(), "the first of equal names")
		_, ok = record.Get("b")
		require.True(t, ok)
		_, ok = record.Get("A")
		require.False(t, ok)
		for name := range record.All() {
			require.Equal(t, "a", name)
			break
		}
	}
	require.Equal(t, 1, records)
}

func TestReadGoesOnAfterABadLine(t *testing.T) {
	t.Parallel()
	src := "a\tb\n1\t2\t3\nx\ty\n" + strings.Repeat("x", 10_000) + "\n\nz\nend\t\t\t"
	for _, tt := range []struct {
		name  string
		o     tbd.Options
		want  [][]string
		lines []int
	}{
		{"strict", tbd.Options{MaxLine: 100}, [][]string{{"x", "y"}, {"z", `""`}}, []int{2, 4, 7}},
		{"lenient", tbd.Options{MaxLine: 100, Lenient: true}, [][]string{{"1", "2"}, {"x", "y"}, {"z", `""`}, {"end", `""`}}, []int{4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, errs := texts(t, strings.NewReader(src), &tt.o)
			require.Equal(t, tt.want, got)
			require.Len(t, errs, len(tt.lines))
			for i, line := range tt.lines {
				var bad *tbd.SyntaxError
				require.ErrorAs(t, errs[i], &bad)
				require.Equal(t, line, bad.Line)
				require.ErrorContains(t, errs[i], "tbd: line ")
			}
		})
	}
}

func TestReadLineLimit(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 5000} { // within the buffer and beyond it
		line := strings.Repeat("x", size)
		got, errs := texts(t, strings.NewReader("a\n"+line+"\n"+line), &tbd.Options{MaxLine: size + 1})
		require.Empty(t, errs)
		require.Equal(t, [][]string{{line}, {line}}, got)
		got, errs = texts(t, strings.NewReader("a\n"+line+"\nb\n"), &tbd.Options{MaxLine: size})
		require.Equal(t, [][]string{{"b"}}, got)
		require.Len(t, errs, 1)
	}
}

func TestNewReaderRefuses(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk is gone")
	for _, tt := range []struct {
		name string
		src  io.Reader
		want string
		is   error
	}{
		{"nothing", strings.NewReader(""), "tbd: line 1: no field names: unexpected EOF", io.ErrUnexpectedEOF},
		{"empty line", strings.NewReader("\r\na\n"), "tbd: line 1: no field names", nil},
		{"byte order mark alone", strings.NewReader("\uFEFF\na\n"), "tbd: line 1: no field names", nil},
		{"too long", strings.NewReader(strings.Repeat("x", 101) + "\n"), "tbd: line 1: line is too long", nil},
		{"broken", io.MultiReader(strings.NewReader("a\tb"), iotest.ErrReader(broken)), "disk is gone", broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tbd.NewReader(tt.src, &tbd.Options{MaxLine: 100})
			require.EqualError(t, err, tt.want)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
}

func TestReadEndsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk is gone")
	got, errs := texts(t, io.MultiReader(strings.NewReader("a\nx\ncut"), iotest.ErrReader(broken)), nil)
	require.Equal(t, [][]string{{"x"}}, got)
	require.Equal(t, []error{broken}, errs)
}

func TestRecordsGoOnWhereTheyStopped(t *testing.T) {
	t.Parallel()
	table, err := tbd.NewReader(strings.NewReader("a\n1\n2\nx\ty\n3"), nil)
	require.NoError(t, err)
	var got []string
	for range 5 {
		for record, err := range table.Records() {
			got = append(got, record.At(0).Text())
			if err != nil {
				got[len(got)-1] = "error"
			}
			break
		}
	}
	require.Equal(t, []string{"1", "2", "error", "3"}, got)
}

func FuzzReader(f *testing.F) {
	f.Add(sample, false)
	f.Add(strings.ReplaceAll(sample, "\n", "\r"), false)
	f.Add("a\tb\r\n(x,y)\t{a=b;}\r\n\r\n\"q\\t\"\t#5\tmore", true)
	f.Add("\uFEFFa\n(<a x='\"'/>)\n#T01-01-0001\n#I[::1]:5\n#(x)\n\"\"\nM\xfc\n\x00", true)
	f.Fuzz(func(t *testing.T, src string, lenient bool) {
		table, err := tbd.NewReader(strings.NewReader(src), &tbd.Options{Lenient: lenient, MaxLine: 4096})
		if err != nil {
			return
		}
		yields := 0
		for record, err := range table.Records() {
			yields++
			var bad *tbd.SyntaxError
			if errors.As(err, &bad) {
				continue
			}
			require.NoError(t, err)
			var fields []cgpdata.Value
			for _, field := range record.All() {
				fields = append(fields, field)
			}
			line, err := tbd.AppendRecord(nil, fields)
			if err != nil { // what only raw text can hold
				require.True(t, strings.ContainsAny(src, "\x00\r"), "%v", err)
				continue
			}
			require.Equal(t, 1, strings.Count(string(line), "\n"))
			names := strings.Repeat("n\t", len(fields)-1) + "n\n"
			again, err := tbd.NewReader(strings.NewReader(names+string(line)), nil)
			require.NoError(t, err)
			records := 0
			for record, err := range again.Records() {
				records++
				require.NoError(t, err)
				for i, field := range fields {
					require.True(t, field.Equal(record.At(i)), "field %d of %q: %v, then %v", i, line, field, record.At(i))
				}
			}
			require.Equal(t, 1, records)
		}
		require.LessOrEqual(t, yields, strings.Count(src, "\n")+strings.Count(src, "\r"))
	})
}
