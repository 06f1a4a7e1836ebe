package filestore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

// recorder keeps what an Observer hears.
type recorder struct {
	mu     sync.Mutex
	events []filestore.Event
}

func (r *recorder) Observe(_ context.Context, e filestore.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// take returns what it has heard, and forgets it.
func (r *recorder) take() []filestore.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

// observedView is the storage of John as he sees it, and what an Observer hears of it.
func observedView(t *testing.T, store filestore.Store) (*filestore.View, *recorder) {
	d := fixture.New(func() filestore.Store { return store })
	d.Write(t, "john@client1.com", "file", "content")
	d.Write(t, "john@client1.com", "dir/x", "x")
	heard := new(recorder)
	views := filestore.NewViews(d, d.Stores(), &filestore.ViewsOptions{Observer: heard})
	return views.View(filestore.Caller{Account: "john@client1.com", Remote: netip.MustParseAddr("192.0.2.1")}, "john@client1.com"), heard
}

// TestObserverOfViews: each operation is told of once, under the name of its method.
func TestObserverOfViews(t *testing.T) {
	t.Parallel()
	v, heard := observedView(t, memstore.New())
	ctx := t.Context()
	var token string
	steps := []struct {
		want filestore.Event
		do   func() error
	}{
		{filestore.Event{Op: "Stat", Name: "file"}, func() error { _, err := v.Stat(ctx, "file"); return err }},
		{filestore.Event{Op: "Stat", Name: "none", Err: fs.ErrNotExist}, func() error { _, err := v.Stat(ctx, "none"); return err }},
		{filestore.Event{Op: "Stat", Name: "protected/pwd/*/file", Err: fs.ErrNotExist}, func() error { _, err := v.Stat(ctx, "protected/pwd/secret/file"); return err }},
		{filestore.Event{Op: "ShareTop", Name: "protected/pwd/*/file", Err: fs.ErrNotExist}, func() error { _, err := v.ShareTop(ctx, "protected/pwd/secret/file"); return err }},
		{filestore.Event{Op: "Describe", Name: "file"}, func() error { _, err := v.Describe(ctx, "file"); return err }},
		{filestore.Event{Op: "Open", Name: "file", Bytes: 7}, func() error { return readAll(ctx, v, "file") }},
		{filestore.Event{Op: "Open", Name: "dir", Err: filestore.ErrIsDirectory}, func() error { return readAll(ctx, v, "dir") }},
		{filestore.Event{Op: "List", Name: "."}, func() error { return lastError(v.List(ctx, ".", "")) }},
		{filestore.Event{Op: "List", Name: "file", Err: filestore.ErrNotDirectory}, func() error { return lastError(v.List(ctx, "file", "")) }},
		{filestore.Event{Op: "ListAttributes", Name: "dir"}, func() error { return lastError(v.ListAttributes(ctx, "dir", "")) }},
		{filestore.Event{Op: "Create", Name: "new", Bytes: 3}, func() error { return write(ctx, v, "new", "new") }},
		{filestore.Event{Op: "Create", Name: "index.wssp", Err: filestore.ErrReserved}, func() error { return write(ctx, v, "index.wssp", "") }},
		{filestore.Event{Op: "Create", Name: "new.meta", Bytes: 7}, func() error { return write(ctx, v, "new.meta", "<meta/>") }},
		{filestore.Event{Op: "Mkdir", Name: "sub"}, func() error { return v.Mkdir(ctx, "sub") }},
		{filestore.Event{Op: "Rename", Name: "sub", To: "sub2"}, func() error { return v.Rename(ctx, "sub", "sub2", filestore.RenameOptions{}) }},
		{filestore.Event{Op: "Copy", Name: "file", To: "file2"}, func() error { return v.Copy(ctx, "file", "file2", filestore.CopyOptions{}) }},
		{filestore.Event{Op: "Target", Name: "sub2"}, func() error { _, err := v.Target(ctx, "sub2"); return err }},
		{filestore.Event{Op: "Remove", Name: "sub2"}, func() error { return v.Remove(ctx, "sub2", filestore.RemoveOptions{}) }},
		{filestore.Event{Op: "Remove", Name: ".", Err: filestore.ErrReserved}, func() error { return v.Remove(ctx, ".", filestore.RemoveOptions{}) }},
		{filestore.Event{Op: "SetAttributes", Name: "file"}, func() error { return v.SetAttributes(ctx, "file", meta.AddKey(meta.Share{Key: "key"})) }},
		{filestore.Event{Op: "SetAttributesIf", Name: "file", Err: filestore.ErrChanged}, func() error {
			return v.SetAttributesIf(ctx, "file", filestore.AttributesIf{Seen: new("tag")}, meta.AddKey(meta.Share{Key: "other"}))
		}},
		{filestore.Event{Op: "SetAttributesIf", Name: "file", Err: filestore.ErrChanged}, func() error {
			return v.SetAttributesIf(ctx, "file", filestore.AttributesIf{ETag: "tag"}, meta.AddKey(meta.Share{Key: "other"}))
		}},
		{filestore.Event{Op: "Attributes", Name: "file"}, func() error { _, err := v.Attributes(ctx, "file"); return err }},
		{filestore.Event{Op: "Usage", Name: "dir"}, func() error { _, err := v.Usage(ctx, "dir"); return err }},
		{filestore.Event{Op: "Limits", Name: "."}, func() error { _, err := v.Limits(ctx); return err }},
		{filestore.Event{Op: "Manage", Name: "dir"}, func() error { return v.Manage(ctx, "dir") }},
		{filestore.Event{Op: "Mounts", Name: "."}, func() error { v.Mounts(ctx); return nil }},
		{filestore.Event{Op: "Lock", Name: "file"}, func() error {
			l, err := v.Lock(ctx, "file", filestore.Lock{}, time.Hour)
			token = l.Token
			return err
		}},
		{filestore.Event{Op: "RefreshLock", Name: "file"}, func() error { _, err := v.RefreshLock(ctx, "file", token, time.Hour); return err }},
		{filestore.Event{Op: "Locks", Name: "file"}, func() error { _, err := v.Locks(ctx, "file", false); return err }},
		{filestore.Event{Op: "Remove", Name: "file", Err: filestore.ErrLocked}, func() error { return v.Remove(ctx, "file", filestore.RemoveOptions{}) }},
		{filestore.Event{Op: "Unlock", Name: "file"}, func() error { return v.Unlock(ctx, "file", token) }},
		{filestore.Event{Op: "SetNote", Name: "."}, func() error { return v.SetNote(ctx, "note", []byte("text")) }},
		{filestore.Event{Op: "Note", Name: "."}, func() error { _, err := v.Note(ctx, "note"); return err }},
	}
	tried := map[string]bool{"WithTokens": true, "DefaultPage": true, "SameAccount": true}
	for _, step := range steps {
		tried[step.want.Op] = true
		err := step.do()
		events := heard.take()
		require.Len(t, events, 1, "%+v", step.want)
		got := events[0]
		require.Equal(t, err, got.Err, "what the caller has got")
		require.ErrorIs(t, err, step.want.Err)
		require.NotZero(t, got.Duration)
		want := step.want
		want.Kind, want.Storage, want.Account, want.Remote = filestore.EventOperation, "john@client1.com", "john@client1.com", netip.MustParseAddr("192.0.2.1")
		want.Err, want.Duration = got.Err, got.Duration
		require.Equal(t, want, got)
	}
	for method := range reflect.TypeFor[*filestore.View]().Methods() {
		if method.Name != "Watch" {
			require.True(t, tried[method.Name], "%s is tried", method.Name)
		}
	}
}

// TestObserverOfFiles: what is read counts, in whichever way, also by the kernel.
func TestObserverOfFiles(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	onDisk, err := dirstore.Open(t.TempDir(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { onDisk.Close() })
	for name, store := range map[string]filestore.Store{"memory": memstore.New(), "disk": onDisk} {
		t.Run(name, func(t *testing.T) {
			v, heard := observedView(t, store)
			f, err := v.Open(ctx, "file")
			require.NoError(t, err)
			_, err = io.CopyN(io.Discard, f, 2)
			require.NoError(t, err)
			_, err = f.Seek(0, io.SeekEnd)
			require.NoError(t, err)
			_, err = f.Seek(1, io.SeekStart)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, f)
			require.NoError(t, err)
			_, err = f.ReadAt(make([]byte, 4), 0)
			require.NoError(t, err)
			require.Empty(t, heard.take(), "it is open")
			require.NoError(t, f.Close())
			f.Close()
			events := heard.take()
			require.Len(t, events, 1)
			require.EqualValues(t, 2+6+4, events[0].Bytes)
			require.NoError(t, events[0].Err)

			upload, err := v.Create(ctx, "upload", filestore.CreateOptions{})
			require.NoError(t, err)
			_, err = io.Copy(upload, strings.NewReader("12345"))
			require.NoError(t, err)
			require.Empty(t, heard.take(), "it is open")
			require.NoError(t, upload.Abort())
			require.NoError(t, upload.Abort())
			events = heard.take()
			require.Len(t, events, 1)
			require.EqualValues(t, 5, events[0].Bytes)
			require.Equal(t, filestore.ErrAborted, events[0].Err)

			upload, err = v.Create(ctx, "upload", filestore.CreateOptions{Size: 4})
			require.NoError(t, err)
			_, err = upload.Commit()
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.NoError(t, upload.Abort())
			events = heard.take()
			require.Len(t, events, 1)
			require.Equal(t, err, events[0].Err)
		})
	}
}

// A file of the disk is sent by the kernel whether or not somebody observes, and an upload
// is filled by it.
func TestObserverKeepsTheShortWays(t *testing.T) {
	t.Parallel()
	store, err := dirstore.Open(t.TempDir(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { store.Close() })
	v, heard := observedView(t, store)
	f, err := v.Open(t.Context(), "file")
	require.NoError(t, err)
	_, ok := f.(syscall.Conn)
	require.True(t, ok)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	got := make(chan string)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			defer conn.Close()
			content, _ := io.ReadAll(conn)
			got <- string(content)
		}
		close(got)
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	_, err = conn.(*net.TCPConn).ReadFrom(f)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Equal(t, "content", <-got)
	require.NoError(t, f.Close())
	require.EqualValues(t, 7, heard.take()[0].Bytes)

	upload, err := v.Create(t.Context(), "upload", filestore.CreateOptions{})
	require.NoError(t, err)
	defer upload.Abort()
	name := filepath.Join(t.TempDir(), "source")
	require.NoError(t, os.WriteFile(name, []byte("source"), 0o600))
	source, err := os.Open(name)
	require.NoError(t, err)
	defer source.Close()
	from, ok := upload.(io.ReaderFrom)
	require.True(t, ok)
	_, err = from.ReadFrom(source)
	require.NoError(t, err)
	_, err = upload.Commit()
	require.NoError(t, err)
	require.EqualValues(t, 6, heard.take()[0].Bytes)
}

// panickyStore panics for every name.
type panickyStore struct{ filestore.Store }

func (panickyStore) Stat(context.Context, string) (filestore.FileInfo, error) { panic("fault") }

// An operation that panics has failed, and the panic goes on.
func TestObserverOfPanics(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	observedView(t, store)
	heard := new(recorder)
	d := fixture.New(func() filestore.Store { return panickyStore{store} })
	v := filestore.NewViews(d, d.Stores(), &filestore.ViewsOptions{Observer: heard}).View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	require.PanicsWithValue(t, "fault", func() { _, _ = v.Stat(t.Context(), "file") })
	events := heard.take()
	require.Len(t, events, 1)
	require.Error(t, events[0].Err)

	require.PanicsWithValue(t, "in the loop", func() {
		for range v.List(t.Context(), ".", "") {
			panic("in the loop")
		}
	})
	require.Len(t, heard.take(), 1)
}

// Without an observer nothing is allocated for one.
func TestNoObserver(t *testing.T) {
	d := fixture.New(func() filestore.Store { return memstore.New() })
	v := fixture.Views(d).View(filestore.Caller{}, "john@client1.com")
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = v.Watch(t.Context()) }))
}

// TestObserveLogin: whoever observes hears the name as it may be logged, and no password.
func TestObserveLogin(t *testing.T) {
	t.Parallel()
	heard := new(recorder)
	given := filestore.Credentials{Login: "x/pwd/key/" + strings.Repeat("x", 10000), Password: "secret", Service: "FTP", Remote: netip.MustParseAddr("192.0.2.1")}
	filestore.ObserveLogin(t.Context(), heard, given, filestore.Caller{}, time.Now(), filestore.ErrLogin)
	filestore.ObserveLogin(t.Context(), nil, given, filestore.Caller{}, time.Now(), nil)
	e := heard.take()[0]
	require.Equal(t, filestore.EventLogin, e.Kind)
	require.Equal(t, "FTP", e.Service)
	require.Equal(t, given.Remote, e.Remote)
	require.Equal(t, filestore.ErrLogin, e.Err)
	require.Equal(t, filestore.Redact(given.Login), e.Name)
	require.Less(t, len(e.Name), 1000)
	require.NotContains(t, e.Name, "key")
}

func TestEventKindString(t *testing.T) {
	t.Parallel()
	for kind, want := range map[filestore.EventKind]string{
		filestore.EventRequest: "request", filestore.EventOperation: "operation", filestore.EventLogin: "login",
		filestore.EventSession: "session", 9: "EventKind(9)",
	} {
		require.Equal(t, want, kind.String())
	}
}

func readAll(ctx context.Context, v *filestore.View, name string) error {
	f, err := v.Open(ctx, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return errors.Join(err, f.Close())
}

func write(ctx context.Context, v *filestore.View, name, content string) error {
	u, err := v.Create(ctx, name, filestore.CreateOptions{})
	if err != nil {
		return err
	}
	defer u.Abort()
	if _, err := io.Copy(u, bytes.NewBufferString(content)); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
}

func lastError[T any](walk func(func(T, error) bool)) (last error) {
	for _, err := range walk {
		last = err
	}
	return last
}
