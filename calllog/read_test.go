package calllog_test

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/stretchr/testify/require"
)

// collect separates records from errors.
func collect(seq iter.Seq2[calllog.Record, error]) (records []calllog.Record, errs []error) {
	for record, err := range seq {
		if err != nil {
			errs = append(errs, err)
		} else {
			records = append(records, record)
		}
	}
	return records, errs
}

// sampleFile is a log with all samples in it, in the given line ends.
func sampleFile(eol string) string {
	var text strings.Builder
	for _, s := range samples {
		text.WriteString(s.line + eol)
	}
	return text.String()
}

func TestRead(t *testing.T) {
	t.Parallel()
	var want []calllog.Record
	for _, s := range samples {
		want = append(want, s.record)
	}
	for _, tt := range []struct{ name, src string }{
		{"LF", sampleFile("\n")},
		{"CRLF", sampleFile("\r\n")},
		{"last line without its end", strings.TrimSuffix(sampleFile("\n"), "\n")},
		{"byte order mark", "\uFEFF" + sampleFile("\n")},
		{"byte order mark of a joined log", strings.ReplaceAll(sampleFile("\r\n"), "\n2\t", "\n\uFEFF2\t")},
		{"byte order marks", "\uFEFF\uFEFF" + sampleFile("\n")},
		{"byte order mark alone", "\uFEFF\n" + sampleFile("\n") + "\uFEFF"},
		{"empty lines", "\n\r\n" + sampleFile("\n\n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			records, errs := collect(calllog.Read(iotest.OneByteReader(strings.NewReader(tt.src)), march2009))
			require.Empty(t, errs)
			require.Equal(t, want, records)
		})
	}
}

func TestReadGoesOnAfterABadLine(t *testing.T) {
	t.Parallel()
	good := samples[0].line
	o := *march2009
	o.MaxLine = 200
	src := strings.Join([]string{"bad", good, "", strings.Repeat("2", 5000), good, "2\t", strings.Repeat("x", 400)}, "\n")
	records, errs := collect(calllog.Read(strings.NewReader(src), &o))
	require.Len(t, records, 2)
	require.Len(t, errs, 4)
	for i, line := range []int{1, 4, 6, 7} {
		var bad *calllog.SyntaxError
		require.ErrorAs(t, errs[i], &bad)
		require.Equal(t, line, bad.Line)
	}
	require.EqualError(t, errs[1], "calllog: line 4: line is too long")
	require.EqualError(t, errs[2], "calllog: line 6: record of 2 fields")
}

func TestReadLineLimit(t *testing.T) {
	t.Parallel()
	raw := "3\t" + strings.Repeat("x", 98) // 100 bytes
	o := *march2009
	for name, source := range map[string]func(string) io.Reader{
		"any reader":            func(s string) io.Reader { return strings.NewReader(s) },
		"buffer larger than it": func(s string) io.Reader { return bufio.NewReaderSize(strings.NewReader(s), 1<<16) },
	} {
		for _, end := range []string{"", "\n", "\r\n"} {
			o.MaxLine = 100
			records, errs := collect(calllog.Read(source(raw+"\n"+raw+end), &o))
			require.Len(t, records, 2, name)
			require.Empty(t, errs, name)
			o.MaxLine = 99
			records, errs = collect(calllog.Read(source(raw+end), &o))
			require.Empty(t, records, name)
			require.Len(t, errs, 1, name)
		}
	}
	o.MaxLine = 5
	records, errs := collect(calllog.Read(strings.NewReader("3\txyz\n3\txyz!\n"), &o))
	require.Len(t, records, 1)
	require.Len(t, errs, 1)
}

func TestReadEndsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk is gone")
	src := io.MultiReader(strings.NewReader(samples[0].line+"\n2\tcut"), iotest.ErrReader(broken))
	records, errs := collect(calllog.Read(src, march2009))
	require.Len(t, records, 1)
	require.Equal(t, []error{broken}, errs)
}

func TestReadStops(t *testing.T) {
	t.Parallel()
	for _, src := range []string{sampleFile("\n"), "bad\nbad\n", strings.Repeat("x", 1<<17)} {
		n := 0
		for range calllog.Read(strings.NewReader(src), march2009) {
			n++
			break
		}
		require.Equal(t, 1, n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sampleFile("\n"), false)
	f.Add(sampleFile("\r\n"), true)
	f.Add("2\t29-Feb 00:00:00\tO\t\"\\\tx\t\n\n3\n2\t", true)
	f.Fuzz(func(t *testing.T, src string, lenient bool) {
		o := *march2009
		o.Lenient, o.MaxLine = lenient, 512
		yields := 0
		for record, err := range calllog.Read(strings.NewReader(src), &o) {
			yields++
			if err != nil {
				var bad *calllog.SyntaxError
				require.ErrorAs(t, err, &bad)
				require.Positive(t, bad.Line)
				continue
			}
			line := string(calllog.AppendRecord(nil, record))
			require.Equal(t, 1, strings.Count(line, "\n"))
			again, err := calllog.ParseRecord(strings.TrimSuffix(line, "\n"), march2009)
			require.NoError(t, err, "%q", line)
			// A lone CR inside a value is data when read, and is never written.
			if !strings.Contains(src, "\r") {
				require.Equal(t, record, again)
			}
		}
		require.LessOrEqual(t, yields, strings.Count(src, "\n")+1)
	})
}
