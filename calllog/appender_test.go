package calllog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
)

// readLog reads the log at path, whose month is in its name.
func readLog(t testing.TB, path string) (records []calllog.Record, errs []error) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	year, month, ok := calllog.ParseFileName(filepath.Base(path))
	require.True(t, ok)
	return collect(calllog.Read(f, &calllog.Options{Year: year, Month: month, Location: time.UTC}))
}

func TestAppend(t *testing.T) {
	t.Parallel()
	first, second := samples[0], samples[1]
	for _, tt := range []struct{ name, before, after string }{
		{"new file", "", ""},
		{"behind a record", second.line + "\n", second.line + "\n"},
		{"last line without its end", second.line, second.line + "\n"},
		{"torn line", "2\t05-M", "2\t05-M\n"},
		{"CRLF", second.line + "\r\n", second.line + "\r\n"},
		{"empty line", "\n", "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := calllog.Appender{Dir: t.TempDir(), Location: time.UTC}
			path := filepath.Join(a.Dir, "calls-2009-Mar")
			if tt.before != "" {
				require.NoError(t, os.WriteFile(path, []byte(tt.before), 0o600))
			}
			n, err := a.Append(t.Context(), first.record, second.record)
			require.NoError(t, err)
			require.Equal(t, 2, n)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, tt.after+first.line+"\n"+second.line+"\n", string(text))
		})
	}
}

// The month is that of the server's zone, whatever zone a record has.
func TestAppendChangesTheFileWithTheMonth(t *testing.T) {
	t.Parallel()
	a := calllog.Appender{Dir: t.TempDir(), Location: time.FixedZone("", 3600)}
	var records []calllog.Record
	for _, end := range []string{"2008-12-31T22:59:59Z", "2008-12-31T23:00:00Z", "2008-12-31T22:59:59Z", "2009-02-01T00:00:00+02:00"} {
		r := samples[0].record
		var err error
		r.End, err = time.Parse(time.RFC3339, end)
		require.NoError(t, err)
		records = append(records, r)
	}
	n, err := a.Append(t.Context(), records...)
	require.NoError(t, err)
	require.Equal(t, 4, n)
	for name, want := range map[string][]string{
		"calls-2008-Dec": {"2\t31-Dec 23:59:59", "2\t31-Dec 23:59:59"},
		"calls-2009-Jan": {"2\t01-Jan 00:00:00", "2\t31-Jan 23:00:00"},
	} {
		text, err := os.ReadFile(filepath.Join(a.Dir, name))
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		require.Len(t, lines, len(want), name)
		for i := range want {
			require.True(t, strings.HasPrefix(lines[i], want[i]), lines[i])
		}
	}
}

func TestAppendFindsARenamedFile(t *testing.T) {
	t.Parallel()
	a := calllog.Appender{Dir: t.TempDir(), Location: time.UTC}
	path := filepath.Join(a.Dir, "calls-2009-Mar")
	for _, old := range []string{"calls-2009-Mar.1", "calls-2009-Mar.2", ""} {
		_, err := a.Append(t.Context(), samples[0].record)
		require.NoError(t, err)
		if old != "" {
			require.NoError(t, os.Rename(path, filepath.Join(a.Dir, old)))
		}
	}
	files, err := os.ReadDir(a.Dir)
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(a.Dir, f.Name()))
		require.NoError(t, err)
		require.Equal(t, samples[0].line+"\n", string(text))
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	good, raw := samples[0].record, calllog.Record{Raw: "3\tx"}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		prepare func(path string) error
		records []calllog.Record
		want    string
	}{
		{"invalid record", t.Context(), nil, []calllog.Record{good, raw}, "record 1: calllog: a raw record"},
		{"directory is missing", t.Context(), func(path string) error { return os.Remove(filepath.Dir(path)) }, []calllog.Record{good}, "calls-2009-Mar"},
		{"directory in its place", t.Context(), func(path string) error { return os.Mkdir(path, 0o700) }, []calllog.Record{good}, "calls-2009-Mar"},
		{"context ended", canceled, nil, []calllog.Record{good}, "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := calllog.Appender{Dir: filepath.Join(t.TempDir(), "logs"), Location: time.UTC}
			require.NoError(t, os.Mkdir(a.Dir, 0o700))
			path := filepath.Join(a.Dir, "calls-2009-Mar")
			if tt.prepare != nil {
				require.NoError(t, tt.prepare(path))
			}
			n, err := a.Append(tt.ctx, tt.records...)
			require.ErrorContains(t, err, tt.want)
			require.Zero(t, n)
			if info, err := os.Stat(path); err == nil {
				require.True(t, info.IsDir(), "nothing was written")
			}
		})
	}
}

func TestAppendNothing(t *testing.T) {
	t.Parallel()
	n, err := (&calllog.Appender{Dir: "missing"}).Append(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

// FuzzAppend appends a record to a file of any content, and reads it back.
func FuzzAppend(f *testing.F) {
	f.Add("", "John \"J\" Smith", "j@c", "id", "", "", int64(5), int64(3), true, true)
	f.Add("2\t05-M", "a\tb", " <x> ", "\r", "486\n", "\\", int64(1<<40), int64(0), false, false)
	f.Add("\n\r", "", "", "", "", "voice\tmail", int64(-1), int64(-1), true, false)
	f.Add("x\r", "", "", "", "", "", int64(1<<33), int64(1<<33), true, false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, before, name, address, id, code, program string, call, alert int64, outgoing, answered bool) {
		a := calllog.Appender{Dir: dir, Location: time.UTC}
		path := filepath.Join(dir, "calls-2009-Mar")
		require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
		r := calllog.Record{
			End: at(1, 0, 0, 0).Add(time.Duration(uint32(call)%2_000_000) * time.Second), Outgoing: outgoing,
			Peer: calllog.Peer{Name: name, Address: address}, CallID: id, Answered: answered,
			CallTime: time.Duration(call), AlertTime: time.Duration(alert), ErrorCode: code, Program: program,
		}
		invalid := r.Validate()
		_, err := a.Append(t.Context(), r)
		after, readErr := os.ReadFile(path)
		require.NoError(t, readErr)
		if invalid != nil {
			require.Error(t, err)
			require.Equal(t, before, string(after))
			return
		}
		require.NoError(t, err)
		old, line := string(after[:len(before)]), string(after[len(before):])
		require.Equal(t, before, old)
		if before != "" && !strings.HasSuffix(before, "\n") {
			require.Equal(t, "\n", line[:1])
		}
		plain := strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace
		r.Peer = calllog.Peer{Name: plain(name), Address: plain(address)}
		r.CallID, r.ErrorCode, r.Program = plain(id), plain(code), plain(program)
		r.CallTime, r.AlertTime = r.CallTime.Truncate(time.Second), r.AlertTime.Truncate(time.Second)
		records, _ := readLog(t, path)
		oldRecords, _ := collect(calllog.Read(strings.NewReader(old), &calllog.Options{Year: 2009, Month: time.March, Location: time.UTC}))
		require.Equal(t, append(oldRecords, r), records)
	})
}
