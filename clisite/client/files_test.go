package client_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

// kinds are the errors that callers branch on.
var kinds = []error{
	fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, fs.ErrInvalid, filestore.ErrIsDirectory, filestore.ErrNotDirectory,
	filestore.ErrNotEmpty, filestore.ErrConflict, filestore.ErrChanged, filestore.ErrLimit, errors.ErrUnsupported, io.ErrUnexpectedEOF,
}

// put stores a file through an FS, in pieces of different length.
func put(ctx context.Context, files filestore.FS, name string, content []byte, o filestore.CreateOptions) (filestore.FileInfo, error) {
	u, err := files.Create(ctx, name, o)
	if err != nil {
		return nil, err
	}
	defer u.Abort()
	for len(content) > 0 {
		n := min(len(content), 1+len(content)/3)
		if _, err := u.Write(content[:n]); err != nil {
			return nil, err
		}
		content = content[n:]
	}
	return u.Commit()
}

func get(ctx context.Context, files filestore.FS, name string) ([]byte, error) {
	f, err := files.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// tree returns all that an FS shows: names with a slash behind those of directories, and contents.
// Sidecars that say nothing are left out: a copy far away has none.
func tree(t testing.TB, files filestore.FS) map[string]string {
	t.Helper()
	all := map[string]string{}
	var walk func(dir string)
	walk = func(dir string) {
		for i, err := range files.List(t.Context(), dir, "") {
			require.NoError(t, err)
			if i.IsDir() {
				all[i.Path()+"/"] = ""
				walk(i.Path())
				continue
			}
			content, err := get(t.Context(), files, i.Path())
			require.NoError(t, err)
			require.Len(t, content, int(i.Size()))
			doc, err := meta.Parse(content)
			if err == nil && len(doc.Attributes()) == 0 && filestore.IsSidecar(i.Path()) {
				continue
			}
			all[i.Path()] = string(content)
		}
	}
	walk(filestore.Root)
	return all
}

// both are the same storage twice: one on this machine, one far away.
type both struct {
	near *filestore.View
	far  *client.Storage
}

func open2(t testing.TB, slice int) (b both, d *fixture.Directory) {
	t.Helper()
	d = accounts()
	b.near = fixture.Views(accounts()).View(filestore.Caller{Account: john}, john)
	c := open(t, serve(t, &clisite.Server{Views: fixture.Views(d)}), john)
	c.SliceBytes = slice
	b.far = c.Storage("")
	return b, d
}

// Whatever is done to a storage far away has the same end as on this machine, but for
// what the protocol cannot hold.
func TestFarIsLikeNear(t *testing.T) {
	t.Parallel()
	rounds, steps := 4, 2000
	if testing.Short() {
		rounds, steps = 3, 200
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b, _ := open2(t, 100)
			r := rand.New(rand.NewPCG(uint64(seed), 16))
			names := []string{".", "a", "b", "d", "d/a", "d/e", "d/e/x", "d.meta", "a.meta", "b.meta", "d/a.meta", "private", "private/p", "~x", "ü b", "d/INDEX.WSSP"}
			name := func() string { return names[r.IntN(len(names))] }
			for step := range steps {
				what, same := operation(t.Context(), r, name)
				nearErr, farErr := same(b.near), same(b.far)
				// Which of several reasons is told first depends on what is asked first.
				require.Equal(t, nearErr == nil, farErr == nil, "step %d: %s: near %v, far %v", step, what, nearErr, farErr)
				require.True(t, farErr == nil || slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(farErr, kind) }), "%s: %v", what, farErr)
				if step%15 == 0 {
					require.Equal(t, tree(t, b.near), tree(t, b.far), "step %d: %s", step, what)
				}
			}
			require.Equal(t, tree(t, b.near), tree(t, b.far))
		})
	}
}

// operation is one of those that an FS has.
func operation(ctx context.Context, r *rand.Rand, name func() string) (what string, do func(filestore.FS) error) {
	a, from, to := name(), name(), name()
	content := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, []int{0, 7, 100, 101, 350}[r.IntN(5)])
	switch r.IntN(10) {
	case 0:
		return "mkdir " + a, func(f filestore.FS) error { return f.Mkdir(ctx, a) }
	case 1:
		o := filestore.RemoveOptions{Recursive: r.IntN(2) == 0}
		return fmt.Sprint("remove ", a, o), func(f filestore.FS) error { return f.Remove(ctx, a, o) }
	case 2:
		o := filestore.RenameOptions{Replace: r.IntN(2) == 0, ReplaceFile: r.IntN(4) == 0}
		return fmt.Sprint("rename ", from, " ", to, o), func(f filestore.FS) error { return f.Rename(ctx, from, to, o) }
	case 3:
		o := filestore.CopyOptions{Replace: r.IntN(2) == 0, Shallow: r.IntN(4) == 0}
		return fmt.Sprint("copy ", from, " ", to, o.Replace, o.Shallow), func(f filestore.FS) error { return f.Copy(ctx, from, to, o) }
	case 4:
		return "stat " + a, func(f filestore.FS) error { return second(f.Stat(ctx, a)) }
	case 5:
		change := meta.Remove(xml.Name{Local: "title"})
		if r.IntN(3) > 0 {
			change, _ = meta.ParseChange(fmt.Sprintf("<title>%d</title>", r.IntN(5)))
		}
		return "set " + a, func(f filestore.FS) error { return f.SetAttributes(ctx, a, change) }
	default:
		o := filestore.CreateOptions{}
		switch r.IntN(6) {
		case 0:
			o.If.Absent = true
		case 1:
			o.Offset = filestore.End
		case 2:
			o.Offset, o.KeepTail = int64(r.IntN(120)), r.IntN(2) == 0
		case 3:
			o.KeepTail = true
		case 4:
			o.Size = int64(len(content))
		}
		return fmt.Sprintf("put %s %d %+v", a, len(content), o), func(f filestore.FS) error { return second(put(ctx, f, a, content, o)) }
	}
}

func TestStat(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 0)
	d.Write(t, john, "dir/file", "12345")
	ctx := t.Context()
	i, err := b.far.Stat(ctx, "dir/file")
	require.NoError(t, err)
	require.Equal(t, []any{"file", "dir/file", int64(5), false}, []any{i.Name(), i.Path(), i.Size(), i.IsDir()})
	require.False(t, i.ModTime().IsZero())
	require.Regexp(t, `^W/".+"$`, i.ETag(), "a weak tag")
	i, err = b.far.Stat(ctx, "dir")
	require.NoError(t, err)
	require.True(t, i.IsDir())
	require.Empty(t, i.ETag())
	i, err = b.far.Stat(ctx, ".")
	require.NoError(t, err)
	require.Equal(t, ".", i.Name())
	require.True(t, i.IsDir())
	_, err = b.far.Stat(ctx, "dir/file/x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	var p *fs.PathError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "dir/file/x", p.Path)

	mary := &client.Storage{Client: b.far.Client, Account: "mary@client1.com"}
	_, err = mary.Stat(ctx, "private")
	require.ErrorIs(t, err, fs.ErrPermission)
	_, err = mary.Stat(ctx, "nothing")
	require.ErrorIs(t, err, fs.ErrNotExist)
	i, err = mary.Stat(ctx, ".")
	require.NoError(t, err)
	require.True(t, i.IsDir())
}

func TestListIsInOrder(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 0)
	want := []string{"B", "a", "a b", "a.meta", "dir", "z", "ü"}
	for _, name := range []string{"ü", "z", "a", "B", "a b"} {
		d.Write(t, john, name, name)
	}
	d.Write(t, john, "dir/x", "")
	d.Write(t, john, "a.meta", "<meta/>")
	var names []string
	for i, err := range b.far.List(t.Context(), ".", "") {
		require.NoError(t, err)
		names = append(names, i.Name())
		require.Equal(t, i.Name() == "dir", i.IsDir())
		if i.Name() == "a" {
			require.False(t, i.Sys().(client.Entry).MetaModified.IsZero())
		}
		// A listing holds no connection.
		_, err = b.far.Stat(t.Context(), i.Path())
		require.NoError(t, err)
	}
	require.Equal(t, want, names)
	for _, err := range b.far.List(t.Context(), "z", "") {
		require.ErrorIs(t, err, filestore.ErrNotDirectory)
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 10)
	content := []byte("0123456789abcdefghijklmnopq")
	d.Write(t, john, "f", string(content))
	ctx := t.Context()
	f, err := b.far.Open(ctx, "f")
	require.NoError(t, err)
	defer f.Close()
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, content, got)
	for _, row := range []struct{ offset, length int64 }{{0, 5}, {5, 10}, {9, 2}, {0, 27}, {20, 100}, {27, 1}, {50, 1}} {
		want, wantErr := make([]byte, row.length), error(nil)
		n, wantErr := bytes.NewReader(content).ReadAt(want, row.offset)
		part := make([]byte, row.length)
		m, err := f.ReadAt(part, row.offset)
		require.Equal(t, wantErr, err)
		require.Equal(t, want[:n], part[:m])
		_, err = f.Seek(row.offset, io.SeekStart)
		require.NoError(t, err)
		rest, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Equal(t, string(content[min(row.offset, 27):]), string(rest))
	}
	end, err := f.Seek(-3, io.SeekEnd)
	require.NoError(t, err)
	require.Equal(t, int64(24), end)
	var copied bytes.Buffer
	_, err = io.Copy(&copied, f)
	require.NoError(t, err)
	require.Equal(t, "opq", copied.String())
	_, err = f.Seek(-1, io.SeekStart)
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = f.ReadAt(nil, -1)
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.NoError(t, f.Close())
	_, err = f.Read(make([]byte, 1))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorIs(t, f.Close(), fs.ErrClosed)

	at, err := b.far.OpenAt(ctx, "f", 25)
	require.NoError(t, err)
	defer at.Close()
	got, err = io.ReadAll(at)
	require.NoError(t, err)
	require.Equal(t, "pq", string(got))
	_, err = b.far.Open(ctx, ".")
	require.ErrorIs(t, err, filestore.ErrIsDirectory)
}

// A file that changes while it is read is never a mixture.
func TestReadingWhatChanges(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 10)
	d.Write(t, john, "f", strings.Repeat("a", 100))
	f, err := b.far.Open(t.Context(), "f")
	require.NoError(t, err)
	defer f.Close()
	d.Write(t, john, "f", strings.Repeat("b", 101))
	_, err = io.ReadAll(f)
	require.ErrorIs(t, err, filestore.ErrChanged)
}

// A long upload shows nothing of itself before Commit, and its sidecar stays.
func TestLongUpload(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 10)
	ctx := t.Context()
	d.Write(t, john, "f", "old")
	d.Write(t, john, "f.meta", "<meta><title>kept</title></meta>")
	long := strings.Repeat("new ", 25)
	names := func() (names []string) {
		for i, err := range b.far.List(ctx, ".", "") {
			require.NoError(t, err)
			names = append(names, i.Name())
		}
		return names
	}

	u, err := b.far.Create(ctx, "f", filestore.CreateOptions{Size: 100})
	require.NoError(t, err)
	_, err = io.WriteString(u, long)
	require.NoError(t, err)
	content, _ := d.Read(t, john, "f")
	require.Equal(t, "old", content)
	require.Len(t, names(), 3)
	require.True(t, slices.ContainsFunc(names(), func(n string) bool { return strings.HasPrefix(n, client.AsidePrefix) }))
	i, err := u.Commit()
	require.NoError(t, err)
	require.Equal(t, int64(100), i.Size())
	require.NoError(t, u.Abort())
	_, err = u.Commit()
	require.ErrorIs(t, err, fs.ErrClosed)
	content, _ = d.Read(t, john, "f")
	require.Equal(t, long, content)
	content, _ = d.Read(t, john, "f.meta")
	require.Equal(t, "<meta><title>kept</title></meta>", content)
	require.Equal(t, []string{"f", "f.meta"}, names())

	// A sidecar that waits for its file stays, too.
	d.Write(t, john, "g.meta", "<meta/>")
	_, err = put(ctx, b.far, "g", []byte(long), filestore.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"f", "f.meta", "g", "g.meta"}, names())

	// What is given up leaves nothing.
	for _, end := range []func(u filestore.Upload) error{
		func(u filestore.Upload) error { return u.Abort() },
		func(u filestore.Upload) error { // of a declared size
			_, err := u.Commit()
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			return nil
		},
	} {
		u, err = b.far.Create(ctx, "h", filestore.CreateOptions{Size: 1000})
		require.NoError(t, err)
		_, err = io.WriteString(u, long)
		require.NoError(t, err)
		require.Len(t, names(), 5)
		require.NoError(t, end(u))
		require.Len(t, names(), 4)
	}
	canceled, cancel := context.WithCancel(ctx)
	u, err = b.far.Create(canceled, "h", filestore.CreateOptions{})
	require.NoError(t, err)
	_, err = io.WriteString(u, long)
	require.NoError(t, err)
	cancel()
	_, err = u.Commit()
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, names(), 4, "Abort works after the end of the context")

	_, err = put(ctx, b.far, "f", []byte(long), filestore.CreateOptions{If: filestore.Precondition{Absent: true}})
	require.ErrorIs(t, err, fs.ErrExist)
	require.Len(t, names(), 4)
	for _, o := range []filestore.CreateOptions{{If: filestore.Precondition{Exists: true}}, {If: filestore.Precondition{ETag: `"x"`}}} {
		_, err = b.far.Create(ctx, "f", o)
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
}

// A limit that is met ends an upload, and the old file is there.
func TestLongUploadOverLimit(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 100)
	d.Write(t, john, "f", "old")
	d.Update(john, func(a *fixture.Account) { a.Limits.Bytes = 500 })
	_, err := put(t.Context(), b.far, "f", make([]byte, 1000), filestore.CreateOptions{})
	require.ErrorIs(t, err, filestore.ErrLimit)
	require.Equal(t, map[string]string{"f": "old"}, tree(t, b.far))
}

// An upload goes on where it was left.
func TestResume(t *testing.T) {
	t.Parallel()
	b, _ := open2(t, 10)
	ctx := t.Context()
	content := "0123456789abcdefghijklmnopqrstuvwxyz"
	o := filestore.CreateOptions{Size: 36}
	u, there, err := b.far.Resume(ctx, "f", "key", o)
	require.NoError(t, err)
	require.Zero(t, there)
	_, err = io.WriteString(u, content[:25])
	require.NoError(t, err)
	require.NoError(t, u.Abort())

	u, there, err = b.far.Resume(ctx, "f", "another key", o)
	require.NoError(t, err)
	require.Zero(t, there)
	require.NoError(t, u.Abort())
	u, there, err = b.far.Resume(ctx, "f", "key", o)
	require.NoError(t, err)
	require.Equal(t, int64(20), there, "whole slices")
	_, err = io.WriteString(u, content[20:])
	require.NoError(t, err)
	_, err = u.Commit()
	require.NoError(t, err)
	require.Equal(t, map[string]string{"f": content}, tree(t, b.far))

	u, there, err = b.far.Resume(ctx, "short", "key", filestore.CreateOptions{Size: 3})
	require.NoError(t, err)
	require.Zero(t, there)
	_, err = io.WriteString(u, "abc")
	require.NoError(t, err)
	_, err = u.Commit()
	require.NoError(t, err)
	_, _, err = b.far.Resume(ctx, "f", "key", filestore.CreateOptions{})
	require.ErrorIs(t, err, fs.ErrInvalid)
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 0)
	ctx := t.Context()
	d.Write(t, john, "dir/f", "x")
	d.Write(t, john, "dir/f.meta", `<meta xmlns="urn:m"><title>a&amp;b</title><accessPwd><key>one</key></accessPwd><o:x xmlns:o="urn:o" a="1"/></meta>`)
	change := func(text string) meta.Change {
		c, err := meta.ParseChange(text)
		require.NoError(t, err)
		return c
	}
	require.NoError(t, b.far.SetAttributes(ctx, "dir/f",
		change("<title>two\nlines</title>"), change("<note>n</note>"), meta.AddKey(meta.Share{Key: "two"}), meta.RevokeKey("one"),
		meta.Remove(xml.Name{Space: "urn:o", Local: "x"}), meta.SetACL(meta.ACL{{Subject: "mary", Rights: meta.Read}})))
	stored, _ := d.Read(t, john, "dir/f.meta")
	doc, err := meta.Parse([]byte(stored))
	require.NoError(t, err)
	require.Equal(t, []string{"two"}, doc.Keys())
	acl, ok := doc.ACL()
	require.True(t, ok)
	require.Equal(t, meta.ACL{{Subject: "mary", Rights: meta.Read}}, acl)
	require.NotContains(t, stored, "urn:o")
	all, err := b.far.Attributes(ctx, "dir/f")
	require.NoError(t, err)
	near, err := fixture.Views(d).View(filestore.Caller{Account: john}, john).Attributes(ctx, "dir/f")
	require.NoError(t, err)
	require.Len(t, all, 4)
	for i := range near {
		require.Equal(t, near[i].Name(), all[i].Name())
	}
	require.NoError(t, b.far.SetAttributes(ctx, "dir/f", meta.RemoveACL(), meta.RevokeKey("two")))
	stored, _ = d.Read(t, john, "dir/f.meta")
	require.NotContains(t, stored, "ACL")
	require.NotContains(t, stored, "accessPwd")
	require.ErrorIs(t, b.far.SetAttributes(ctx, "dir/f", meta.AddKey(meta.Share{Key: "a/b"})), fs.ErrInvalid)
	all, err = b.far.Attributes(ctx, ".")
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	b, d := open2(t, 0)
	d.Write(t, john, "a", "12345")
	d.Write(t, john, "dir/b", "678")
	for dir, want := range map[string]filestore.Usage{".": {Files: 3, Bytes: 8}, "dir": {Files: 1, Bytes: 3}} {
		u, err := b.far.Usage(t.Context(), dir)
		require.NoError(t, err)
		require.Equal(t, want, u)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: func(int, string) string { return "201 {MaxWebFiles=1000;MaxWebSize=10M;MaxFileSize=unlimited;}\r\n" }})
	l, err := s.client(t).Storage("mary").Limits(t.Context())
	require.NoError(t, err)
	require.Equal(t, filestore.Limits{Files: 1000, Bytes: 10 << 20, FileSize: filestore.Unlimited}, l)
	require.Equal(t, "GETACCOUNTEFFECTIVESETTINGS mary", s.said()[3])
}
