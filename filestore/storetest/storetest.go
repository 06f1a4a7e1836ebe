package storetest

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// Run tests the stores that open returns. It calls open once for each test
// and wants an empty store every time; open may use t to clean up. The tests
// are subtests of t and run in parallel.
func Run(t *testing.T, open func(t *testing.T) filestore.Store) {
	tests := []struct {
		name string
		test func(t *testing.T, open func(t *testing.T) filestore.Store)
	}{
		{"empty", testEmpty},
		{"changes", testChanges},
		{"error paths", testErrorPaths},
		{"errors with nothing", testZeroValues},
		{"copy/sidecars", testCopySidecars},
		{"copy/deep names", testDeepNames},
		{"upload/content", testUploadContent},
		{"upload/refused", testUploadRefused},
		{"upload/commit", testUploadCommit},
		{"upload/info", testUploadInfo},
		{"upload/cut", testUploadCut},
		{"limits/changes", testLimits},
		{"limits/uploads", testUploadLimits},
		{"limits/changed", testChangedLimits},
		{"limits/writers", testLimitWriters},
		{"limits/mix", testLimitMix},
		{"names/hostile", testHostileNames},
		{"names/odd", testOddNames},
		{"names/odd alone", testOddNamesAlone},
		{"names/spellings", testSpellings},
		{"names/long", testLongNames},
		{"context", testContext},
		{"sidecars", testSidecars},
		{"sidecars/changed", testSidecarChanges},
		{"sidecars/concurrent", testSidecarRace},
		{"preconditions", testPreconditions},
		{"order", testOrder},
		{"locks", testLocks},
		{"locks/changes", testLockedChanges},
		{"locks/concurrent", testLockRace},
		{"list", testList},
		{"list/resumed", testListResumed},
		{"info", testInfo},
		{"open", testOpen},
		{"fstest", testFS},
		{"usage/recount", testRecount},
		{"concurrent", testConcurrent},
		{"notes", testNotes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open)
		})
	}
}

// boundless are limits that allow everything.
var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// keep copies sidecars as they are.
func keep(_ bool, sidecar []byte) []byte { return sidecar }

// fill makes entries: "dir/" a directory, "file=content" a file, "X.meta=content" the
// sidecar of X.
func fill(t *testing.T, s filestore.Store, entries string) {
	t.Helper()
	for e := range strings.FieldsSeq(entries) {
		if dir, ok := strings.CutSuffix(e, "/"); ok {
			require.NoError(t, mkdir(dir)(t.Context(), s), e)
			continue
		}
		name, content, _ := strings.Cut(e, "=")
		require.NoError(t, put(name, content)(t.Context(), s), e)
	}
}

// write uploads content in one piece.
func write(ctx context.Context, s filestore.Store, name, content string, o filestore.CreateOptions, l filestore.Limits) error {
	u, err := s.Create(ctx, name, o, l)
	if err != nil {
		return err
	}
	defer u.Abort()
	if _, err := io.WriteString(u, content); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
}

// read returns the content of a file or a sidecar.
func read(t *testing.T, s filestore.Store, name string) string {
	t.Helper()
	if of, ok := filestore.SidecarOf(name); ok {
		side, err := s.Sidecar(t.Context(), of, "")
		require.NoError(t, err, name)
		require.NotNil(t, side.Content, name)
		require.EqualValues(t, len(side.Content), side.Size)
		return string(side.Content)
	}
	f, err := s.Open(t.Context(), name)
	require.NoError(t, err, name)
	defer f.Close()
	content, err := io.ReadAll(f)
	require.NoError(t, err, name)
	return string(content)
}

// walk calls visit for everything below dir. Listings have their order, and agree with
// what is told of each name.
func walk(t *testing.T, s filestore.Store, dir string, visit func(filestore.FileInfo)) {
	t.Helper()
	last := ""
	for info, err := range s.List(t.Context(), dir, filestore.ListOptions{Sidecars: true}) {
		require.NoError(t, err, dir)
		require.Equal(t, filestore.Join(dir, info.Name()), info.Path())
		require.Less(t, last, info.Name(), "in byte order, and nothing twice")
		last = info.Name()
		agrees(t, s, info)
		visit(info)
		if info.IsDir() {
			walk(t, s, info.Path(), visit)
		}
	}
}

// contents lists everything that is stored, in the form that fill takes.
func contents(t *testing.T, s filestore.Store) string {
	t.Helper()
	var entries []string
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		switch {
		case info.IsDir():
			entries = append(entries, info.Path()+"/")
		case !isOrphan(info):
			entries = append(entries, info.Path()+"="+read(t, s, info.Path()))
		}
		if side := info.Sidecar(); side != nil {
			entries = append(entries, info.Path()+".meta="+string(side.Content))
		}
	})
	return sorted(strings.Join(entries, " "))
}

// isOrphan reports whether an entry of a listing stands for a sidecar that waits.
func isOrphan(info filestore.FileInfo) bool { return info.Mode()&fs.ModeIrregular != 0 }

// agrees demands that a listing tells of an entry and its sidecar what Stat and Sidecar
// tell.
func agrees(t *testing.T, s filestore.Store, listed filestore.FileInfo) {
	t.Helper()
	name := listed.Path()
	side, sideErr := s.Sidecar(t.Context(), name, "")
	if listed.Sidecar() == nil {
		refused(t, fs.ErrNotExist, sideErr)
	} else {
		require.NoError(t, sideErr, name)
		require.NotNil(t, side.Content, name)
		require.Equal(t, side, *listed.Sidecar(), name)
	}
	info, err := s.Stat(t.Context(), name)
	if isOrphan(listed) {
		require.NotNil(t, listed.Sidecar(), name)
		require.Zero(t, listed.Size(), name)
		require.Empty(t, listed.ETag(), name)
		refused(t, fs.ErrNotExist, err)
		return
	}
	require.NoError(t, err, name)
	require.Equal(t, listed.ETag(), info.ETag(), name)
	require.Equal(t, listed.Sidecar() == nil, info.Sidecar() == nil, name)
	if told := info.Sidecar(); told != nil {
		require.Nil(t, told.Content, "only a listing brings content")
		side.Content = nil
		require.Equal(t, side, *told, name)
	}
}

// holds demands that exactly these entries are stored, and that the usage is
// what can be counted.
func holds(t *testing.T, s filestore.Store, entries string) {
	t.Helper()
	require.Equal(t, sorted(entries), contents(t, s))
	counted(t, s)
}

// counted demands that the usage, as it is kept and as it is asked for each
// directory, is what a walk counts.
func counted(t *testing.T, s filestore.Store) {
	t.Helper()
	want := map[string]filestore.Usage{filestore.Root: {}}
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		if info.IsDir() {
			want[info.Path()] = filestore.Usage{}
		}
	})
	dirs := slices.Collect(maps.Keys(want))
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		for _, dir := range dirs {
			if dir == info.Path() || !filestore.Within(info.Path(), dir) {
				continue
			}
			u := want[dir]
			if !isOrphan(info) {
				u.Files++
			}
			if !info.IsDir() {
				u.Bytes += info.Size()
			}
			if side := info.Sidecar(); side != nil {
				u.Files++
				u.Bytes += side.Size
			}
			want[dir] = u
		}
	})
	for dir, u := range want {
		got, err := s.Usage(t.Context(), dir)
		require.NoError(t, err, dir)
		require.Equal(t, u, got, dir)
	}
}

// refused demands that err is the wanted one, inside an *fs.PathError.
func refused(t *testing.T, want, err error) {
	t.Helper()
	require.ErrorIs(t, err, want)
	var pathErr *fs.PathError
	require.ErrorAs(t, err, &pathErr)
}

func sorted(entries string) string {
	return strings.Join(slices.Sorted(strings.FieldsSeq(entries)), " ")
}

func testEmpty(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	holds(t, s, "")
	info, err := s.Stat(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.True(t, info.IsDir())
	require.Equal(t, ".", info.Name())
	require.Equal(t, ".", info.Path())
	require.Empty(t, info.ETag())

	_, err = s.Open(t.Context(), filestore.Root)
	refused(t, filestore.ErrIsDirectory, err)
	_, err = s.Create(t.Context(), filestore.Root, filestore.CreateOptions{}, boundless)
	refused(t, fs.ErrInvalid, err)
	refused(t, fs.ErrInvalid, mkdir(filestore.Root)(t.Context(), s))
	refused(t, fs.ErrInvalid, s.Remove(t.Context(), filestore.Root, filestore.RemoveOptions{Recursive: true}))
	_, err = s.Stat(t.Context(), "a")
	refused(t, fs.ErrNotExist, err)
	_, err = s.Usage(t.Context(), "a")
	refused(t, fs.ErrNotExist, err)
	for _, name := range []string{filestore.Root, "a", "a/b", "a.meta"} {
		_, err = s.Sidecar(t.Context(), name, "")
		refused(t, fs.ErrNotExist, err)
		refused(t, fs.ErrNotExist, unset(name)(t.Context(), s))
	}
	refused(t, filestore.ErrConflict, set(filestore.Root, "m")(t.Context(), s))
	holds(t, s, "")
}
