package dirstore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// shown is a listing in words: an entry a line, with its size and sidecar.
func shown(t *testing.T, s *Store, dir string, o filestore.ListOptions) (lines []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), dir, o) {
		require.NoError(t, err)
		require.Equal(t, filestore.Join(dir, info.Name()), info.Path())
		line := fmt.Sprintf("%s %.1s %d", info.Name(), info.Mode().Type().String(), info.Size())
		if sidecar := info.Sidecar(); sidecar != nil {
			require.NotEmpty(t, sidecar.ETag)
			line += fmt.Sprintf(" +%d %s", sidecar.Size, sidecar.Content)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestList: entries come in byte order with what belongs to them, from any name on,
// also where other programs have made what no store makes.
func TestList(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	files{
		"d/a": "1", "d/a.meta": "aa", "d/a-b": "22", "d/a.b": "333", "d/a.metb": "1",
		"d/dir/in": "1", "d/dir.meta": "m",
		"d/orphan.meta": "o", "d/orphan-x": "1", "d/Z.meta": "z",
		"d/x.meta/inside": "1", "d/x-": "1", "d/x": "1", "d/x.metb": "1",
		"d/y.meta/inside": "1", "d/y.meta.meta": "nobody's", "d/y.META.meta": "nobody's", "d/y.META": "1",
		"d/link.meta": "l", "d/.meta": "no sidecar", "d/empty.meta": "", "d/é": "1",
	}.write(t, root)
	require.NoError(t, os.Symlink("a", filepath.Join(root, "d", "link")))
	require.NoError(t, os.Symlink("a", filepath.Join(root, "d", "a-b.meta")))
	all := []string{
		".meta - 10", "Z ? 0 +1", "a - 1 +2", "a-b - 2", "a.b - 3", "a.metb - 1", "dir d 0 +1", "empty ? 0 +0", "link ? 0 +1",
		"orphan ? 0 +1", "orphan-x - 1", "x - 1", "x- - 1", "x.meta d 0", "x.metb - 1", "y.META - 1 +8", "y.meta d 0 +8", "é - 1",
	}
	contents := strings.NewReplacer("Z ? 0 +1", "Z ? 0 +1 z", "a - 1 +2", "a - 1 +2 aa", "dir d 0 +1", "dir d 0 +1 m", "empty ? 0 +0", "empty ? 0 +0",
		"link ? 0 +1", "link ? 0 +1 l", "orphan ? 0 +1", "orphan ? 0 +1 o",
		"y.META - 1 +8", "y.META - 1 +8 nobody's", "y.meta d 0 +8", "y.meta d 0 +8 nobody's")
	for _, open := range []opener{bestOpener(), openRoot} {
		s, err := openWith(root, nil, open)
		require.NoError(t, err)
		afters := []string{"", "\x00", "a.", "a.meta", "x.m", "x.meta", "x.meta.", "y", "dir.meta", "zzz", "\xff", strings.Repeat("y", 255)}
		for _, line := range all {
			name, _, _ := strings.Cut(line, " ")
			afters = append(afters, name, name+"\x00", name+"-", name+".")
		}
		for _, after := range afters {
			for _, busy := range []bool{false, true} {
				var want []string
				for _, line := range all {
					if name, _, _ := strings.Cut(line, " "); name > after {
						want = append(want, line)
					}
				}
				if busy {
					s.changes.Add(1) // as while a change runs
				}
				plain, full := shown(t, s, "d", filestore.ListOptions{After: after}), shown(t, s, "d", filestore.ListOptions{After: after, Sidecars: true})
				if busy {
					s.changes.Add(1)
				}
				for i, line := range plain {
					plain[i] = strings.TrimSuffix(line, " ")
				}
				require.Equal(t, want, plain, "after %q", after)
				for i, line := range full {
					full[i], want[i] = strings.TrimSuffix(line, " "), contents.Replace(want[i])
				}
				require.Equal(t, want, full, "after %q", after)
			}
		}
		for name, want := range map[string]error{"d/a": filestore.ErrNotDirectory, "d/a.meta": fs.ErrNotExist, "d/none": fs.ErrNotExist, "d/link": fs.ErrNotExist} {
			for _, err := range s.List(t.Context(), name, filestore.ListOptions{}) {
				require.ErrorIs(t, err, want, name)
			}
		}
		require.Equal(t, []string{"inside - 1"}, shown(t, s, "d/x.meta", filestore.ListOptions{}))
		for name, want := range map[string]error{"d/a.meta": fs.ErrNotExist, "d/a.meta/b": fs.ErrNotExist, "d/y.meta.meta": fs.ErrNotExist, "d/x.meta/inside": nil, "d/x.meta": nil} {
			_, err := s.Stat(t.Context(), name)
			require.ErrorIs(t, err, want, name)
		}
		_, err = s.Open(t.Context(), "d/a.meta")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = s.Open(t.Context(), "d/x.meta")
		require.ErrorIs(t, err, filestore.ErrIsDirectory)
		require.NoError(t, s.Close())
	}
}

// looks counts what a listing looks at.
type looks struct {
	tree
	entries, contents *int
}

func (t looks) entry(dir *os.File, name, last string) (stat, error) {
	*t.entries++
	return t.tree.entry(dir, name, last)
}

func (t looks) readEntry(dir *os.File, name, last string, want func(stat) bool) ([]byte, stat, error) {
	*t.contents++
	return t.tree.readEntry(dir, name, last, want)
}

// TestListLooksAtNoMore than it shows: a page of a large directory costs what is on
// the page, and the reading of names.
func TestListLooksAtNoMore(t *testing.T) {
	t.Parallel()
	f := files{}
	for i := range 1000 {
		f[fmt.Sprintf("f%03d", i)] = "1"
		if i%2 == 0 {
			f[fmt.Sprintf("f%03d.meta", i)] = "m"
		}
	}
	root := newAccount(t, f)
	entries, contents := 0, 0
	s, err := openWith(root, nil, func(base string) (tree, error) {
		t, err := bestOpener()(base)
		return looks{t, &entries, &contents}, err
	})
	require.NoError(t, err)
	page := func(o filestore.ListOptions, length int) {
		entries, contents = 0, 0
		for info, err := range s.List(t.Context(), filestore.Root, o) {
			require.NoError(t, err)
			require.Greater(t, info.Name(), o.After)
			if length--; length == 0 {
				break
			}
		}
	}
	page(filestore.ListOptions{}, 0)
	require.Equal(t, []int{1500, 0}, []int{entries, contents})
	page(filestore.ListOptions{After: "f899"}, 0)
	require.Equal(t, []int{150, 0}, []int{entries, contents})
	page(filestore.ListOptions{After: "f499", Sidecars: true}, 10)
	require.Equal(t, []int{10, 5}, []int{entries, contents})
	require.NoError(t, s.Close())
}

// TestNameList: names come in order, each once, and take up little memory.
func TestNameList(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var l nameList
		want := map[string]listedName{}
		for range r.IntN(300) {
			name := strings.Repeat("ab", r.IntN(4)*4) + fmt.Sprint(r.IntN(50)) + strings.Repeat("\xc3\xa9", r.IntN(6)*r.IntN(20))
			n := want[name]
			n.path, n.last = "d/"+name, name
			if r.IntN(3) == 0 && len(name)+len(sidecarSuffix) <= 255 {
				l.addEntry(name+sidecarSuffix, "")
				n.sidecar = true
			} else {
				l.addEntry(name, "")
				n.entry = true
			}
			want[name] = n
		}
		l.sort()
		var sorted []listedName
		for _, n := range want {
			sorted = append(sorted, n)
		}
		slices.SortFunc(sorted, func(a, b listedName) int { return cmp.Compare(a.last, b.last) })
		require.Equal(t, sorted, slices.Collect(l.in("d")))
	}

	var l nameList
	const count, length = 1_000_000, 20
	for i := range count {
		l.addEntry(fmt.Sprintf("%020d", i*7919%count), "")
	}
	l.sort()
	memory := 4 * cap(l.places)
	for _, block := range l.blocks {
		memory += cap(block)
	}
	require.LessOrEqual(t, memory, count*(length+10))
	next := 0
	for n := range l.in(filestore.Root) {
		if want := fmt.Sprintf("%020d", next); n.path != want {
			t.Fatal(n.path, want)
		}
		next++
	}
	require.Equal(t, count, next)
}

// TestListBesideChanges: an entry is listed with its own sidecar, and none is
// missing, while names change theirs.
func TestListBesideChanges(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	f := files{}
	for i := range 8 {
		f[fmt.Sprint(i)], f[fmt.Sprint(i, ".meta")] = strings.Repeat("x", i), fmt.Sprint(i)
	}
	f["stays"], f["stays.meta"] = "123456789", "9"
	f.write(t, root)
	for _, open := range []opener{bestOpener(), openRoot} {
		s, err := openWith(root, &Options{Sync: SyncLater}, open)
		require.NoError(t, err)
		done := make(chan error)
		go func() {
			r := rand.New(rand.NewPCG(1, 2))
			var err error
			for range 150 {
				from, to := fmt.Sprint(r.IntN(8)), fmt.Sprint(r.IntN(8))
				if from == to {
					continue
				}
				if err = swapNames(s, from, to); err != nil {
					break
				}
			}
			done <- err
		}()
		for running := true; running; {
			select {
			case err := <-done:
				require.NoError(t, err)
				running = false
			default:
			}
			stays := false
			for info, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{Sidecars: true}) {
				require.NoError(t, err)
				stays = stays || info.Name() == "stays"
				require.NotNil(t, info.Sidecar(), info.Name())
				require.True(t, info.Mode().IsRegular(), info.Name())
				require.Equal(t, fmt.Sprint(info.Size()), string(info.Sidecar().Content), info.Name())
				now, err := s.Stat(t.Context(), info.Name())
				if err == nil {
					require.NotNil(t, now.Sidecar())
				}
			}
			require.True(t, stays)
		}
		require.NoError(t, s.Close())
	}
}

// swapNames gives two pairs each other's names.
func swapNames(s *Store, a, b string) error {
	for _, m := range [][2]string{{a, "other"}, {b, a}, {"other", b}} {
		if err := s.Rename(context.Background(), m[0], m[1], filestore.RenameOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// TestListedSidecars: one that is too large comes without its content, and one
// that cannot be read is an error about its entry.
func TestListedSidecars(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	files{"a": "1", "a.meta": strings.Repeat("m", filestore.MaxSidecarBytes+1), "b": "1", "b.meta": "m", "c": "1"}.write(t, root)
	broken := false
	s, err := openWith(root, nil, func(base string) (tree, error) {
		t, err := bestOpener()(base)
		return unreadable{t, &broken}, err
	})
	require.NoError(t, err)
	for info, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{Sidecars: true}) {
		require.NoError(t, err)
		if info.Name() == "a" {
			require.Nil(t, info.Sidecar().Content)
			require.EqualValues(t, filestore.MaxSidecarBytes+1, info.Sidecar().Size)
		}
	}
	sidecar, err := s.Sidecar(t.Context(), "a", "")
	require.NoError(t, err)
	require.Nil(t, sidecar.Content)
	require.EqualValues(t, filestore.MaxSidecarBytes+1, sidecar.Size)
	broken = true
	var names []string
	for info, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{Sidecars: true}) {
		if err != nil {
			var about *fs.PathError
			require.ErrorAs(t, err, &about)
			names = append(names, "!"+about.Path)
			continue
		}
		names = append(names, info.Name())
	}
	require.Equal(t, []string{"a", "!b", "c"}, names)
	require.NoError(t, s.Close())
}

// unreadable is a tree whose b.meta cannot be read while broken.
type unreadable struct {
	tree
	broken *bool
}

func (t unreadable) readEntry(dir *os.File, name, last string, want func(stat) bool) ([]byte, stat, error) {
	if *t.broken && last == "b.meta" {
		return nil, stat{}, io.ErrUnexpectedEOF
	}
	return t.tree.readEntry(dir, name, last, want)
}
