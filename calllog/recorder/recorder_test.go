package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const (
	john  = "john@client1.com"
	march = "private/logs/calls-2009-Mar"
)

// accounts are those of the fixture, with the setting CallLogs.
type accounts struct {
	*fixture.Directory
	callLogs func(account string) (bool, error) // nil: YES
}

func (a accounts) CallLogs(_ context.Context, account string) (bool, error) {
	if a.callLogs == nil {
		return true, nil
	}
	return a.callLogs(account)
}

func inMemory() accounts {
	return accounts{Directory: fixture.New(func() filestore.Store { return memstore.New() })}
}

// call is a call in March 2009 that its Call-ID tells from others.
func call(id string) calllog.Record {
	return calllog.Record{
		End: time.Date(2009, time.March, 5, 14, 3, 22, 0, time.UTC), Peer: calllog.Peer{Name: "Mary", Address: "mary@client2.com"},
		CallID: id, Answered: true, CallTime: 125 * time.Second,
	}
}

// line is how a log has that call.
func line(id string) string {
	return "2\t05-Mar 14:03:22\tI\t\"Mary\" <mary@client2.com>\t" + id + "\t125\t0\t\n"
}

func TestRecord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		before  string
		account string
		change  func(*calllog.Record)
		file    string
		after   string
	}{
		{name: "first call", after: line("id")},
		{name: "next call", before: line("old"), after: line("old") + line("id")},
		{name: "last line without its end", before: "2\t05-M", after: "2\t05-M\n" + line("id")},
		{name: "empty log", before: "", after: line("id")},
		{name: "by an alias", account: "Johnny@Client1.com", after: line("id")},
		{name: "TAB in a value", change: func(r *calllog.Record) { r.CallID = "i\td\n" }, after: line("id")},
		{
			name: "another zone", change: func(r *calllog.Record) { r.End = r.End.In(time.FixedZone("", 36000)) },
			after: line("id"),
		},
		{
			name: "another month", change: func(r *calllog.Record) { r.End = r.End.AddDate(0, 9, 27) },
			file: "private/logs/calls-2010-Jan", after: strings.Replace(line("id"), "05-Mar", "01-Jan", 1),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := inMemory()
			if tt.before != "" {
				a.Write(t, john, march, tt.before)
			}
			r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
			c := call("id")
			if tt.change != nil {
				tt.change(&c)
			}
			if tt.account == "" {
				tt.account = john
			}
			require.NoError(t, r.Record(t.Context(), tt.account, c))
			if tt.file == "" {
				tt.file = march
			}
			text, ok := a.Read(t, john, tt.file)
			require.True(t, ok)
			require.Equal(t, tt.after, text)
			require.Zero(t, r.Logs(), "nothing is kept in memory")
		})
	}
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	noSettings := errors.New("settings cannot be read")
	for _, tt := range []struct {
		name    string
		account string
		change  func(*accounts)
		call    calllog.Record
		prepare string // a file that is written before
		want    error
	}{
		{name: "no such account", account: "nobody@client1.com", call: call("id"), want: fs.ErrNotExist},
		{name: "no storage", call: call("id"), want: fs.ErrNotExist, change: func(a *accounts) {
			a.Update(john, func(x *fixture.Account) { x.Store = nil })
		}},
		{name: "not logged", call: call("id"), change: func(a *accounts) {
			a.callLogs = func(string) (bool, error) { return false, nil }
		}},
		{name: "settings broken", call: call("id"), want: noSettings, change: func(a *accounts) {
			a.callLogs = func(string) (bool, error) { return true, noSettings }
		}},
		{name: "too many files", call: call("id"), want: filestore.ErrLimit, change: func(a *accounts) {
			a.Update(john, func(x *fixture.Account) { x.Limits.Files = 2 })
		}},
		{name: "log is a directory", call: call("id"), prepare: march + "/x", want: filestore.ErrIsDirectory},
		{name: "directory is a file", call: call("id"), prepare: "private/logs", want: filestore.ErrNotDirectory},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := inMemory()
			if tt.prepare != "" {
				a.Write(t, john, tt.prepare, "x")
			}
			if tt.account == "" {
				tt.account = john
			}
			r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
			usage := func() filestore.Usage {
				u, err := a.Files(t, john).Usage(t.Context(), filestore.Root)
				require.NoError(t, err)
				return u
			}
			before := usage()
			if tt.change != nil {
				tt.change(&a)
				r.Settings = a
			}
			err := r.Record(t.Context(), tt.account, tt.call)
			require.ErrorIs(t, err, tt.want)
			if tt.name != "no storage" {
				require.Equal(t, before.Bytes, usage().Bytes)
			}
			require.Zero(t, r.Logs())
		})
	}
	a := inMemory()
	r := &recorder.Recorder{Views: fixture.Views(a), Settings: a}
	require.ErrorContains(t, r.Record(t.Context(), john, calllog.Record{}), "without an end time")
}

// A record that does not fit leaves the log as it was, and others may still fit.
func TestRecordOverTheLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		set  func(*filestore.Limits, int64)
	}{
		{"MaxWebSize", func(l *filestore.Limits, n int64) { l.Bytes = n }},
		{"MaxFileSize", func(l *filestore.Limits, n int64) { l.FileSize = n }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := inMemory()
			a.Update(john, func(x *fixture.Account) { tt.set(&x.Limits, int64(len(line("1")+line("2")))) })
			r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
			require.NoError(t, r.Record(t.Context(), john, call("1")))
			err := r.Record(t.Context(), john, call("long"))
			require.ErrorIs(t, err, filestore.ErrLimit)
			require.ErrorContains(t, err, tt.name)
			require.NoError(t, r.Record(t.Context(), john, call("2")))
			text, _ := a.Read(t, john, march)
			require.Equal(t, line("1")+line("2"), text)
		})
	}
}

// The log is the owner's: they see it, and nobody else does.
func TestRecordIsPrivate(t *testing.T) {
	t.Parallel()
	a := inMemory()
	r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
	require.NoError(t, r.Record(t.Context(), john, call("id")))
	for account, want := range map[string]error{john: nil, "mary@client1.com": fs.ErrPermission, "": fs.ErrPermission} {
		_, err := fixture.Views(a).View(filestore.Caller{Account: account}, john).Stat(t.Context(), march)
		require.ErrorIs(t, err, want, account)
	}
}

// Several Recorders, which know nothing of each other, lose no record.
func TestRecordersLoseNothing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() filestore.Store{
		"memory": func() filestore.Store { return memstore.New() },
		"directory": func() filestore.Store {
			s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), &dirstore.Options{Sync: dirstore.SyncLater})
			require.NoError(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const recorders, callers, calls = 3, 4, 8
			a := accounts{Directory: fixture.New(open)}
			var done sync.WaitGroup
			errs := make(chan error, recorders*callers*calls)
			for i := range recorders {
				r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
				for j := range callers {
					done.Go(func() {
						for k := range calls {
							errs <- r.Record(t.Context(), john, call(fmt.Sprintf("%d-%d-%d", i, j, k)))
						}
					})
				}
			}
			done.Wait()
			close(errs)
			for err := range errs {
				require.NoError(t, err)
			}
			text, _ := a.Read(t, john, march)
			lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
			require.Len(t, lines, recorders*callers*calls)
			for i := range recorders {
				for j := range callers {
					for k := range calls {
						require.Equal(t, 1, strings.Count(text, line(fmt.Sprintf("%d-%d-%d", i, j, k))))
					}
				}
			}
		})
	}
}

// A link under the name of the log is not followed, and not waited for.
func TestRecordDoesNotFollowLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	web := filepath.Join(dir, "account.web")
	require.NoError(t, os.MkdirAll(filepath.Join(web, "private", "logs"), 0o700))
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(web, filepath.FromSlash(march))); err != nil {
		fixture.Lacking(t, "no symbolic links here")
	}
	s, err := dirstore.Open(web, nil)
	require.NoError(t, err)
	defer s.Close()
	a := inMemory()
	a.Update(john, func(x *fixture.Account) { x.Store = s })
	r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
	require.ErrorIs(t, r.Record(t.Context(), john, call("id")), fs.ErrExist)
	require.NoFileExists(t, filepath.Join(dir, "elsewhere"))
}

// interloper is a store in which somebody else writes a line without its end just
// before the next upload begins.
type interloper struct {
	filestore.Store
	text string
	once sync.Once
}

func (s *interloper) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	var err error
	s.once.Do(func() {
		var u filestore.Upload
		if u, err = s.Store.Create(ctx, name, filestore.CreateOptions{Offset: filestore.End}, l); err == nil {
			_, err = io.WriteString(u, s.text)
			_, commitErr := u.Commit()
			err = errors.Join(err, commitErr)
		}
	})
	if err != nil {
		return nil, err
	}
	return s.Store.Create(ctx, name, o, l)
}

// A record goes to the log as it is when it is written, not as it was when the
// Recorder looked at it.
func TestRecordNoticesAnotherWriter(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"new log": "", "old log": line("old")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := inMemory()
			a.Write(t, john, "private/logs/x", "")
			if before != "" {
				a.Write(t, john, march, before)
			}
			a.Update(john, func(x *fixture.Account) { x.Store = &interloper{Store: x.Store, text: "2\t05-M"} })
			r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
			require.NoError(t, r.Record(t.Context(), john, call("id")))
			text, _ := a.Read(t, john, march)
			require.Equal(t, before+"2\t05-M\n"+line("id"), text)
		})
	}
}

// Where somebody else is always faster, the context ends it, or else the number of
// attempts does.
func TestRecordGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := inMemory()
		a.Update(john, func(x *fixture.Account) { x.Store = changing{x.Store} })
		r := &recorder.Recorder{Views: fixture.Views(a), Settings: a, Location: time.UTC}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Record(ctx, john, call("id")), context.DeadlineExceeded)
		require.ErrorIs(t, r.Record(t.Context(), john, call("id")), filestore.ErrChanged)
	})
}

// changing is a store in which somebody else is always faster.
type changing struct{ filestore.Store }

func (changing) Create(context.Context, string, filestore.CreateOptions, filestore.Limits) (filestore.Upload, error) {
	return nil, filestore.ErrChanged
}
