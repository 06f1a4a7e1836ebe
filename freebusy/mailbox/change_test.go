package mailbox_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// messages is the text of a .mbox with n events, large enough that no buffer holds
// all of it.
func messages(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "From <>(x)\nX-Fill: %s\n%s\n", strings.Repeat("x", 500), mail(fmt.Sprint(i)))
	}
	return b.String()
}

// awaitTick returns when the clock of the file system has moved on, which tells a
// change from the one before.
func awaitTick(t *testing.T, dir string) {
	t.Helper()
	stamp := func() time.Time {
		write(t, dir, "clock", "")
		info, err := os.Stat(filepath.Join(dir, "clock"))
		require.NoError(t, err)
		return info.ModTime()
	}
	for first, tries := stamp(), 0; !stamp().After(first); tries++ {
		require.Less(t, tries, 1_000_000)
	}
}

// A mailbox that is changed while it is read yields nothing that is half, and ends
// in ErrMailboxChanged; the next one that is opened is sound.
func TestChangeWhileReading(t *testing.T) {
	t.Parallel()
	const count = 500
	appendTo := func(t *testing.T, path, text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, errors.Join(err, f.Close()))
	}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, mbox, mdir string)
		after  int  // how many there are then; -1: the mailbox is gone; -2: more or less
		linux  bool // needs the time of the last change of an inode
	}{
		{"message appended", func(t *testing.T, mbox, mdir string) {
			appendTo(t, mbox, "From <>(x)\n"+mail("new")+"\n")
			write(t, mdir, "new", mail("new"))
		}, count + 1, false},
		{"half a message appended", func(t *testing.T, mbox, mdir string) {
			appendTo(t, mbox, "From <>(x)\n"+mail("new")[:100])
			write(t, mdir, "new", mail("new")[:100])
		}, count, false},
		{"rewritten in place", func(t *testing.T, mbox, mdir string) {
			write(t, filepath.Dir(mbox), filepath.Base(mbox), messages(3))
			for i := 3; i < count; i++ {
				require.NoError(t, os.Remove(filepath.Join(mdir, fmt.Sprint(i))))
			}
		}, 3, false},
		{"rewritten with the same size and time", func(t *testing.T, mbox, mdir string) {
			for _, path := range []string{mbox, filepath.Join(mdir, "0")} {
				info, err := os.Stat(path)
				require.NoError(t, err)
				content, err := os.ReadFile(path)
				require.NoError(t, err)
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = f.WriteString(strings.Replace(string(content), "Subject:", "Sabject:", 1))
				require.NoError(t, errors.Join(err, f.Close()))
				require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
			}
		}, count, true},
		{"replaced by rename", func(t *testing.T, mbox, mdir string) {
			write(t, filepath.Dir(mbox), "new", messages(count))
			require.NoError(t, os.Rename(filepath.Join(filepath.Dir(mbox), "new"), mbox))
			write(t, filepath.Dir(mdir), "new.tmp/1", mail("1"))
			require.NoError(t, os.Rename(mdir, mdir+".old"))
			require.NoError(t, os.Rename(filepath.Join(filepath.Dir(mdir), "new.tmp"), mdir))
		}, -2, false},
		{"flag set on a message", func(t *testing.T, mbox, mdir string) {
			content, err := os.ReadFile(mbox)
			require.NoError(t, err)
			write(t, filepath.Dir(mbox), filepath.Base(mbox), strings.Replace(string(content), "X-Fill: xx", "Status: D\n", 1))
			require.NoError(t, os.Rename(filepath.Join(mdir, "0"), filepath.Join(mdir, "0:2,T")))
		}, -2, false},
		{"removed", func(t *testing.T, mbox, mdir string) {
			require.NoError(t, os.Remove(mbox))
			require.NoError(t, os.RemoveAll(mdir))
		}, -1, false},
	} {
		for _, name := range []string{"Mbox", "Mdir"} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				if tt.linux && runtime.GOOS != "linux" {
					t.Skip("only a change of the inode tells")
				}
				dir := t.TempDir()
				mbox, mdir := filepath.Join(dir, "Mbox.mbox"), filepath.Join(dir, "Mdir.mdir")
				write(t, dir, "Mbox.mbox", messages(count))
				for i := range count {
					write(t, mdir, fmt.Sprint(i), mail(fmt.Sprint(i)))
				}
				m, err := mailbox.Open(dir, name)
				require.NoError(t, err)
				awaitTick(t, dir)
				items, last := 0, error(nil)
				for item, err := range m.Items(t.Context()) {
					require.NotErrorIs(t, last, mailbox.ErrMailboxChanged, "nothing comes behind the last error")
					if last = err; err != nil {
						continue
					}
					require.NotEqual(t, "new", uid(t, item))
					if items++; items == 3 {
						tt.change(t, mbox, mdir)
					}
				}
				require.ErrorIs(t, last, mailbox.ErrMailboxChanged)

				state, err := mailbox.StateOf(dir, name)
				require.NoError(t, err)
				require.NotEqual(t, m.State(), state)
				m, err = mailbox.Open(dir, name)
				if tt.after == -1 {
					require.ErrorIs(t, err, fs.ErrNotExist)
					require.Equal(t, mailbox.State{}, state)
					return
				}
				require.NoError(t, err)
				require.Equal(t, state, m.State())
				uids, errs := drain(t, m.Items(t.Context()))
				if tt.after >= 0 {
					require.Len(t, uids, tt.after)
				}
				for _, err := range errs {
					require.ErrorAs(t, err, new(*mailbox.MessageError))
				}
			})
		}
	}
}

// A writer appends while a reader reads, each some hundred times: whatever is read
// without ErrMailboxChanged are the first messages, whole and in order.
func TestReadWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Calendar.mbox", messages(50))
	done := make(chan error, 1)
	go func() {
		f, err := os.OpenFile(filepath.Join(dir, "Calendar.mbox"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			done <- err
			return
		}
		for i := 50; i < 300 && err == nil; i++ {
			text := "From <>(x)\n" + mail(fmt.Sprint(i)) + "\n"
			for piece := 0; piece < len(text) && err == nil; piece += 40 {
				_, err = f.WriteString(text[piece:min(piece+40, len(text))])
			}
		}
		done <- errors.Join(err, f.Close())
	}()
	finished := false
	for range 1_000_000 { // until the writer has ended
		m, err := mailbox.Open(dir, "Calendar")
		require.NoError(t, err)
		uids, errs := drain(t, m.Items(t.Context()))
		for i, got := range uids {
			require.Equal(t, fmt.Sprint(i), got)
		}
		for i, err := range errs { // the last message may be half of one, and then be changed
			if i == 0 && errors.As(err, new(*mailbox.MessageError)) {
				continue
			}
			require.ErrorIs(t, err, mailbox.ErrMailboxChanged)
			require.Equal(t, len(errs)-1, i)
		}
		if finished {
			require.Empty(t, errs)
			require.Len(t, uids, 300)
			return
		}
		select {
		case err := <-done:
			require.NoError(t, err)
			finished = true
		default:
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state := func(name string) mailbox.State {
		s, err := mailbox.StateOf(dir, name)
		require.NoError(t, err)
		return s
	}
	seen := map[mailbox.State]string{}
	step := func(what, name string) {
		t.Helper()
		s := state(name)
		require.Equal(t, s, state(name), what)
		require.NotContains(t, seen, s, what)
		seen[s] = what
	}
	past := time.Date(2009, time.March, 6, 9, 0, 0, 0, time.UTC)
	for _, name := range []string{"Mbox", "Mdir", "Work/Mbox"} {
		require.Equal(t, mailbox.State{}, state(name))
		require.False(t, state(name).Exists())
		require.True(t, state(name).Changed().IsZero())
	}
	before := time.Now().Add(-time.Minute)
	write(t, dir, "Mbox.mbox", "")
	step("made", "Mbox")
	require.True(t, state("Mbox").Exists())
	require.True(t, state("Mbox").Changed().After(before))
	write(t, dir, "Mbox.mbox", "From <>(\n"+mail("a"))
	step("written", "Mbox")
	require.NoError(t, os.Chtimes(filepath.Join(dir, "Mbox.mbox"), past, past))
	step("set back", "Mbox")
	require.NoError(t, os.Chtimes(filepath.Join(dir, "Mbox.mbox"), past, past.Add(1)))
	step("a nanosecond later", "Mbox")
	require.NoError(t, os.Remove(filepath.Join(dir, "Mbox.mbox")))
	require.Equal(t, mailbox.State{}, state("Mbox"))

	require.NoError(t, os.Mkdir(filepath.Join(dir, "Mdir.mdir"), 0o755))
	step("directory made", "Mdir")
	write(t, dir, "Mdir.mdir/1", mail("a"))
	step("first message", "Mdir")
	write(t, dir, "Mdir.mdir/2", mail("b"))
	step("second message", "Mdir")
	require.NoError(t, os.Rename(filepath.Join(dir, "Mdir.mdir/2"), filepath.Join(dir, "Mdir.mdir/3")))
	step("message renamed", "Mdir")
	require.NoError(t, os.Chtimes(filepath.Join(dir, "Mdir.mdir/3"), past, past))
	step("message set back", "Mdir")
	require.NoError(t, os.Remove(filepath.Join(dir, "Mdir.mdir/1")))
	step("message removed", "Mdir")
	require.True(t, state("Mdir").Changed().After(before))
}
