package mirror_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/filestore/mirror"
)

var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

var moment = time.Date(2005, 10, 22, 15, 24, 45, 123456789, time.UTC)

func put(t testing.TB, s filestore.Store, name, content string) {
	t.Helper()
	u, err := s.Create(t.Context(), name, filestore.CreateOptions{ModTime: moment}, boundless)
	require.NoError(t, err)
	_, err = io.WriteString(u, content)
	require.NoError(t, err)
	_, err = u.Commit()
	require.NoError(t, err)
}

func side(t testing.TB, s filestore.Store, name, content string) {
	t.Helper()
	_, err := s.SetSidecar(t.Context(), name, []byte(content), filestore.SidecarOptions{ModTime: moment}, boundless)
	require.NoError(t, err)
}

func mkdir(t testing.TB, s filestore.Store, name string) {
	t.Helper()
	require.NoError(t, s.Mkdir(t.Context(), name, filestore.MkdirOptions{}, boundless))
}

// fill makes a tree with one of everything.
func fill(t testing.TB, s filestore.Store) {
	t.Helper()
	mkdir(t, s, "d")
	mkdir(t, s, "d/e")
	mkdir(t, s, "empty")
	put(t, s, "a", "1")
	put(t, s, "a.b", "")
	put(t, s, "d/e/f", strings.Repeat("x", 100_000))
	put(t, s, "d/é", "name")
	side(t, s, "a", "m")
	side(t, s, "d", "list")
	side(t, s, "d/e/f", "")
	side(t, s, "waits", "orphan")
	require.NoError(t, s.(filestore.Notebook).SetNote(t.Context(), "note", []byte("text")))
}

// contents tells all that a storage holds.
func contents(t testing.TB, s mirror.Source) (all []string) {
	t.Helper()
	var walk func(dir string)
	walk = func(dir string) {
		for e, err := range s.List(t.Context(), dir, filestore.ListOptions{}) {
			require.NoError(t, err)
			line := fmt.Sprintf("%s %v", e.Path(), e.Mode().Type())
			if e.Mode().IsRegular() {
				f, err := s.Open(t.Context(), e.Path())
				require.NoError(t, err)
				content, err := io.ReadAll(f)
				require.NoError(t, err)
				f.Close()
				line += fmt.Sprintf(" %v %q", e.ModTime().UTC().Truncate(time.Microsecond), content)
			}
			if e.Sidecar() != nil {
				content, err := s.Sidecar(t.Context(), e.Path(), "")
				require.NoError(t, err)
				line += fmt.Sprintf(" meta %v %q", content.ModTime.UTC().Truncate(time.Microsecond), content.Content)
			}
			all = append(all, line)
			if e.IsDir() {
				walk(e.Path())
			}
		}
	}
	walk(filestore.Root)
	return all
}

// files are the names and contents of all files.
func files(t testing.TB, s mirror.Source) (all []string) {
	for _, line := range contents(t, s) {
		if strings.Contains(line, " ---------- ") {
			all = append(all, strings.Split(line, " meta ")[0])
		}
	}
	return all
}

func run(t testing.TB, from mirror.Source, to filestore.Store, o mirror.Options) mirror.Result {
	t.Helper()
	o.Notes = []string{"note"}
	o.Failed = func(name string, err error) { t.Errorf("%s: %v", name, err) }
	result, err := mirror.Run(t.Context(), from, to, &o)
	require.NoError(t, err)
	return result
}

// runFailing is run for what cannot be moved as a whole. It returns the names that failed.
func runFailing(t testing.TB, from mirror.Source, to filestore.Store, o mirror.Options) (result mirror.Result, failed []string) {
	t.Helper()
	o.Failed = func(name string, err error) { failed = append(failed, name) }
	result, err := mirror.Run(t.Context(), from, to, &o)
	require.NoError(t, err)
	return result, failed
}

// TestRun: the target holds what the source holds; again, nothing is left to do; and what has
// changed since then goes over in a second run.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk, err := dirstore.Open(filepath.Join(dir, "account.web"), nil)
	require.NoError(t, err)
	defer disk.Close()
	fill(t, disk)
	root, err := os.OpenRoot(filepath.Join(dir, "account.web"))
	require.NoError(t, err)
	defer root.Close()
	for name, from := range map[string]mirror.Source{"store": disk, "directory": mirror.NewDir(root)} {
		to := memstore.New()
		result := run(t, from, to, mirror.Options{})
		require.Equal(t, contents(t, disk), contents(t, to), name)
		used, err := to.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, used, filestore.Usage{Files: result.Files, Bytes: result.Bytes})
		require.Equal(t, mirror.Result{Files: 11, Bytes: used.Bytes, Copied: 4, Verified: 4, Sidecars: 4, Made: 3}, result)
		if name == "store" {
			text, err := to.Note(t.Context(), "note")
			require.NoError(t, err)
			require.Equal(t, "text", string(text))
		}
		result = run(t, from, to, mirror.Options{})
		require.Equal(t, mirror.Result{Files: 11, Bytes: used.Bytes, Same: 4}, result)
		result = run(t, from, to, mirror.Options{Verify: true})
		require.Equal(t, mirror.Result{Files: 11, Bytes: used.Bytes, Same: 4, Verified: 4}, result)
	}

	there := memstore.New()
	run(t, disk, there, mirror.Options{})
	mkdir(t, there, "new")
	put(t, there, "new/file", "stays unless it is removed")
	side(t, there, "other", "so does that")
	put(t, disk, "d/é", "other")
	require.NoError(t, disk.Remove(t.Context(), "empty", filestore.RemoveOptions{}))
	put(t, disk, "empty", "a file now")
	require.NoError(t, disk.Remove(t.Context(), "a", filestore.RemoveOptions{}))
	mkdir(t, disk, "a")
	_, err = disk.SetSidecar(t.Context(), "d", nil, filestore.SidecarOptions{}, boundless)
	require.NoError(t, err)
	result, failed := runFailing(t, disk, there, mirror.Options{})
	require.EqualValues(t, 1, result.Copied)
	require.Zero(t, result.Removed)
	require.Equal(t, []string{"a", "empty"}, failed, "what is of another kind")
	_, err = there.Stat(t.Context(), "new/file")
	require.NoError(t, err)
	result = run(t, disk, there, mirror.Options{Delete: true})
	require.EqualValues(t, 4, result.Removed)
	require.Equal(t, contents(t, disk), contents(t, there))

	back, err := dirstore.Open(filepath.Join(dir, "back.web"), nil)
	require.NoError(t, err)
	defer back.Close()
	run(t, there, back, mirror.Options{})
	require.Equal(t, contents(t, disk), contents(t, back))
}

// TestOtherKind: of what the source has as another kind, nothing goes without Delete, and with it
// both are the same.
func TestOtherKind(t *testing.T) {
	t.Parallel()
	file := func(s filestore.Store) { put(t, s, "x", "file") }
	tree := func(s filestore.Store) { mkdir(t, s, "x"); put(t, s, "x/below", "old") }
	orphan := func(s filestore.Store) { side(t, s, "x", "waits") }
	for name, row := range map[string]struct {
		from, to func(filestore.Store)
		fails    []string
	}{
		"file over a directory":   {file, tree, []string{"x"}},
		"directory over a file":   {tree, file, []string{"x"}},
		"orphan over a directory": {orphan, tree, nil},
		"orphan over a file":      {orphan, file, nil},
		"file over an orphan":     {file, orphan, nil},
		"directory over one":      {tree, orphan, nil},
	} {
		from, to := memstore.New(), memstore.New()
		row.from(from)
		row.to(to)
		before := files(t, to)
		result, failed := runFailing(t, from, to, mirror.Options{})
		require.Equal(t, row.fails, failed, name)
		require.Zero(t, result.Removed, name)
		require.Subset(t, files(t, to), before, name)
		run(t, from, to, mirror.Options{Delete: true})
		require.Equal(t, contents(t, from), contents(t, to), name)
	}
}

// TestDir: what no store would show is not there.
func TestDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	for _, name := range []string{"a", "a.meta", "b.meta", "back\\slash"} {
		if filestore.CheckName(name) == nil || os.PathSeparator == '/' {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
		}
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d.meta"), 0o700))
	for _, link := range []string{"link", "a.lnk.meta"} {
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Skip("no links here")
		}
	}
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	d := mirror.NewDir(root)
	var names []string
	for e, err := range d.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
		require.NoError(t, err)
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"a", "b", "d.meta"}, names)
	names = nil
	for e, err := range d.List(t.Context(), filestore.Root, filestore.ListOptions{After: "a"}) {
		require.NoError(t, err)
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"b", "d.meta"}, names)
	for name, want := range map[string]error{"missing": fs.ErrNotExist, "link": fs.ErrNotExist, "d.meta": filestore.ErrIsDirectory} {
		_, err := d.Open(t.Context(), name)
		require.ErrorIs(t, err, want, name)
		require.NotContains(t, err.Error(), dir)
	}
	_, err = d.Sidecar(t.Context(), "a.lnk", "")
	require.ErrorIs(t, err, fs.ErrNotExist)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.Open(ended, "a")
	require.ErrorIs(t, err, context.Canceled)
	for _, err := range d.List(ended, filestore.Root, filestore.ListOptions{}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

// unlisted is a store whose listings have an error in the place of one entry.
type unlisted struct {
	filestore.Store
	name string
	err  error
}

func (u unlisted) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		for e, err := range u.Store.List(ctx, dir, o) {
			if err == nil && e.Path() == u.name {
				e, err = nil, u.err
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// TestListingErrors: what the source could not list is not taken for what it does not have.
func TestListingErrors(t *testing.T) {
	t.Parallel()
	about := func(path string) error { return &fs.PathError{Op: "list", Path: path, Err: fs.ErrPermission} }
	for name, row := range map[string]struct {
		at     string
		err    error
		failed []string
		gone   []string
	}{
		"of an entry":               {"b", about("b"), []string{"b"}, []string{"aa", "bb", "d/aa", "d/bb"}},
		"of a directory":            {"d", about("d"), []string{"d"}, []string{"aa", "bb"}},
		"of an entry below":         {"d/b", about("d/b"), []string{"d/b"}, []string{"aa", "bb", "d/aa", "d/bb"}},
		"of a whole directory":      {"d/b", about("d"), []string{"d"}, []string{"aa", "bb"}},
		"of an entry of another":    {"d/b", about("b"), []string{"d"}, []string{"aa", "bb"}},
		"without a name":            {"d/b", io.ErrUnexpectedEOF, []string{"d"}, []string{"aa", "bb"}},
		"of something further down": {"d/b", about("d/b/x"), []string{"d"}, []string{"aa", "bb"}},
	} {
		from, to := memstore.New(), memstore.New()
		for _, dir := range []string{"", "d/"} {
			if dir != "" {
				mkdir(t, from, "d")
				mkdir(t, to, "d")
			}
			put(t, to, dir+"aa", "surplus")
			put(t, from, dir+"b", "new")
			put(t, to, dir+"b", "old")
			put(t, to, dir+"bb", "surplus")
		}
		_, failed := runFailing(t, unlisted{from, row.at, row.err}, to, mirror.Options{Delete: true})
		require.Equal(t, row.failed, failed, name)
		var gone []string
		for _, path := range []string{"aa", "b", "bb", "d", "d/aa", "d/b", "d/bb"} {
			if _, err := to.Stat(t.Context(), path); err != nil {
				require.ErrorIs(t, err, fs.ErrNotExist, name)
				gone = append(gone, path)
			}
		}
		require.Equal(t, row.gone, gone, name)
	}
}

// broken is a store that keeps something else than it was given.
type broken struct{ filestore.Store }

func (b broken) Open(ctx context.Context, name string) (filestore.File, error) {
	if name == "a" {
		return filestore.Entry{Path: name}.Open([]byte("2")), nil
	}
	return b.Store.Open(ctx, name)
}

// TestFailures: what cannot be moved is told, and the rest goes on.
func TestFailures(t *testing.T) {
	t.Parallel()
	from, to := memstore.New(), memstore.New()
	fill(t, from)
	_, err := to.Lock(t.Context(), "d/e", filestore.Lock{Deep: true}, 0)
	require.NoError(t, err)
	var failed []string
	o := &mirror.Options{Failed: func(name string, err error) { failed = append(failed, name) }}
	result, err := mirror.Run(t.Context(), from, broken{to}, o)
	require.NoError(t, err)
	slices.Sort(failed)
	require.Equal(t, []string{"a", "d/e"}, failed)
	require.EqualValues(t, 2, result.Failed)
	require.EqualValues(t, 1, result.Differ)
	_, err = to.Stat(t.Context(), "d/é")
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = mirror.Run(ctx, from, to, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// unsure is a store in which a file cannot be read after it was stored: done is called with it.
type unsure struct {
	filestore.Store
	done func() error
}

func (u unsure) Open(ctx context.Context, name string) (filestore.File, error) {
	if err := u.done(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return u.Store.Open(ctx, name)
}

// TestUnverified: a file that was copied and not verified is no other run's "the same", and has
// its content and its sidecar.
func TestUnverified(t *testing.T) {
	t.Parallel()
	disk, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), nil)
	require.NoError(t, err)
	defer disk.Close()
	for kind, to := range map[string]filestore.Store{"memory": memstore.New(), "directory": disk} {
		from := memstore.New()
		put(t, from, "a", "1")
		put(t, to, "a", "old content")
		side(t, to, "a", "of the target")
		check := func(name string) {
			t.Helper()
			info, err := to.Stat(t.Context(), "a")
			require.NoError(t, err, name)
			require.EqualValues(t, 1, info.Size(), name)
			require.NotNil(t, info.Sidecar(), name)
			require.NotEqual(t, moment.Truncate(time.Microsecond), info.ModTime().UTC().Truncate(time.Microsecond), name)
		}

		_, failed := runFailing(t, from, broken{to}, mirror.Options{})
		require.Equal(t, []string{"a"}, failed, kind)
		check(kind + ": differs")
		_, failed = runFailing(t, from, unsure{to, func() error { return io.ErrUnexpectedEOF }}, mirror.Options{})
		require.Equal(t, []string{"a"}, failed, kind)
		check(kind + ": cannot be read")
		ctx, cancel := context.WithCancel(t.Context())
		_, err := mirror.Run(ctx, from, unsure{to, func() error { cancel(); return ctx.Err() }}, nil)
		require.ErrorIs(t, err, context.Canceled)
		check(kind + ": the run was cut")
		_, failed = runFailing(t, from, unsure{to, func() error {
			require.NoError(t, to.Remove(t.Context(), "a", filestore.RemoveOptions{}))
			return fs.ErrNotExist
		}}, mirror.Options{})
		require.Equal(t, []string{"a"}, failed, kind)
		_, err = to.Stat(t.Context(), "a")
		require.ErrorIs(t, err, fs.ErrNotExist, "somebody else has removed it")

		require.EqualValues(t, 1, run(t, from, to, mirror.Options{}).Copied, kind)
		require.EqualValues(t, 1, run(t, from, to, mirror.Options{}).Same, kind)
	}
}

func ExampleRun() {
	ctx := context.Background()
	old, new := memstore.New(), memstore.New()
	upload, err := old.Create(ctx, "hello.txt", filestore.CreateOptions{}, boundless)
	if err == nil {
		defer upload.Abort()
		io.WriteString(upload, "Hello")
		_, err = upload.Commit()
	}
	var result mirror.Result
	if err == nil {
		result, err = mirror.Run(ctx, old, new, nil)
	}
	fmt.Println(result.Copied, "copied,", result.Failed, "failed,", err)
	// Output: 1 copied, 0 failed, <nil>
}
