package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// longDirectory is a storage with one directory of so many entries. failures come in
// the place of entries.
type longDirectory struct {
	filestore.Store
	entries  int
	failures map[int]error
	made     *int // entries so far
}

type madeEntry struct {
	filestore.FileInfo
	path string
}

func (e madeEntry) Path() string { return e.path }
func (e madeEntry) Name() string { _, last := filestore.Split(e.path); return last }

func (s longDirectory) List(ctx context.Context, dir string, _ filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		template, err := s.Stat(ctx, "public.txt")
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range s.entries {
			*s.made = i + 1
			if err := s.failures[i]; err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !yield(madeEntry{template, filestore.Join(dir, fmt.Sprintf("f%08d", i))}, nil) {
				return
			}
		}
	}
}

// longListing returns a view of a directory of so many entries.
func longListing(t *testing.T, entries int, failures map[int]error) (v *filestore.View, made *int) {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "public.txt", "x")
	made = new(int)
	d.Update(owner, func(a *fixture.Account) { a.Store = longDirectory{a.Store, entries, failures, made} })
	return fixture.Views(d).View(filestore.Caller{}, owner), made
}

// However long a directory is, few of its entries are held.
func TestListingHoldsFewEntries(t *testing.T) {
	t.Parallel()
	const held, entries = 256, 100_000
	v, made := longListing(t, entries, nil)
	l, err := filestore.BeginListing(t.Context(), v, filestore.Root, nil)
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, held, *made)
	require.False(t, l.Empty())
	n, last := 0, ""
	for info, err := range l.All() {
		require.NoError(t, err)
		n++
		require.Less(t, last, info.Name())
		require.Equal(t, max(n, held), *made, "no entry is read before it is wanted")
		last = info.Name()
	}
	require.Equal(t, entries, n)
	l.Close()

	v, made = longListing(t, entries, nil)
	l, err = filestore.BeginListing(t.Context(), v, filestore.Root, func(info filestore.FileInfo) bool { return info.Name() == "f00000007" })
	require.NoError(t, err)
	require.Equal(t, entries, *made)
	for info, err := range l.All() {
		require.NoError(t, err)
		require.Equal(t, "f00000007", info.Name())
	}
	l.Close()
	l.Close()
}

// An entry that cannot be read is left out; a directory that cannot be read any
// further must not look like one that ends there.
func TestListingErrors(t *testing.T) {
	t.Parallel()
	entry, whole := &fs.PathError{Op: "list", Path: "f", Err: errors.New("entry")}, &fs.PathError{Op: "list", Path: ".", Err: errors.New("whole")}
	for _, tt := range []struct {
		name     string
		entries  int
		failures map[int]error
		begin    error
		listed   int
		all      error
		left     error
	}{
		{name: "empty", entries: 0},
		{name: "one entry", entries: 3, failures: map[int]error{1: entry}, listed: 2, left: entry},
		{name: "all entries", entries: 2, failures: map[int]error{0: entry, 1: entry}, begin: entry},
		{name: "the directory", entries: 3, failures: map[int]error{2: whole}, begin: whole},
		{name: "far behind, an entry", entries: 5000, failures: map[int]error{4900: entry}, listed: 4999, left: entry},
		{name: "far behind, the directory", entries: 5000, failures: map[int]error{4900: whole}, listed: 4900, all: whole},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, _ := longListing(t, tt.entries, tt.failures)
			l, err := filestore.BeginListing(t.Context(), v, filestore.Root, nil)
			require.Equal(t, tt.begin, err)
			if err != nil {
				return
			}
			defer l.Close()
			require.Equal(t, tt.listed == 0, l.Empty())
			listed := 0
			for info, err := range l.All() {
				require.Equal(t, info == nil, err != nil)
				if err != nil {
					require.Equal(t, tt.all, err)
					continue
				}
				listed++
			}
			require.Equal(t, tt.listed, listed)
			require.Equal(t, tt.left, l.Left())
		})
	}
}

// A directory that is listed by a share path or in a mount is told apart from its
// entries, too.
func TestListingErrorsUnderOtherNames(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"protected/pwd/key", "$DomainSkins/gold"} {
		d, skins := withMounts(t)
		store := func(s filestore.Store) filestore.Store { return failing{s} }
		d.stores["$DomainSkins"] = store(skins)
		d.Write(t, owner, "private.meta", "<meta><accessPwd><key>key</key></accessPwd></meta>")
		d.Update(owner, func(a *fixture.Account) { a.Store = store(a.Store) })
		var paths []string
		for _, err := range fixture.Views(d).View(callers["admin"], owner).List(t.Context(), dir, "") {
			var p *fs.PathError
			if errors.As(err, &p) {
				paths = append(paths, p.Path)
			}
		}
		slices.Sort(paths)
		require.Equal(t, []string{filestore.Redact(dir), filestore.Redact(filestore.Join(dir, "x"))}, paths)
	}
}

// failing is a store in which a listing meets an entry that cannot be read, and then
// cannot go on.
type failing struct{ filestore.Store }

func (failing) List(_ context.Context, dir string, _ filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		_ = yield(nil, &fs.PathError{Op: "list", Path: filestore.Join(dir, "x"), Err: errors.New("entry")}) &&
			yield(nil, &fs.PathError{Op: "list", Path: dir, Err: errors.New("whole")})
	}
}
