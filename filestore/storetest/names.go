package storetest

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

//go:embed testdata/hostile_names.txt
var hostileNames string

//go:embed testdata/odd_names.txt
var oddNames string

// HostileNames returns names that no store takes: they lead out of the tree, or
// to two entries by two spellings, or cannot be kept as they are. It is for the
// tests of whatever takes names from outside, too. The file
// testdata/hostile_names.txt has them as one quoted string a line.
func HostileNames() []string { return lines(hostileNames) }

// OddNames returns names that look dangerous and mean nothing to a store, which
// keeps them byte for byte. Some systems refuse some of them, as
// [filestore.CheckName] tells. The file is testdata/odd_names.txt.
func OddNames() []string { return lines(oddNames) }

// lines reads a file that is part of the program.
func lines(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		name, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			panic("storetest: not a quoted name: " + line)
		}
		names = append(names, name)
	}
	return names
}

// testHostileNames does everything to every name.
func testHostileNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=1 d/ d/b=2"
	s := open(t)
	fill(t, s, before)
	recursive := filestore.RemoveOptions{Recursive: true}
	ops := []struct {
		name string
		op   func(ctx context.Context, name string) error
	}{
		{"stat", func(ctx context.Context, name string) error { _, err := s.Stat(ctx, name); return err }},
		{"open", func(ctx context.Context, name string) error { _, err := s.Open(ctx, name); return err }},
		{"usage", func(ctx context.Context, name string) error { _, err := s.Usage(ctx, name); return err }},
		{"list", func(ctx context.Context, name string) error {
			for _, err := range s.List(ctx, name, all) {
				return err
			}
			return nil
		}},
		{"create", func(ctx context.Context, name string) error {
			_, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
			return err
		}},
		{"mkdir", func(ctx context.Context, name string) error { return mkdir(name)(ctx, s) }},
		{"sidecar", func(ctx context.Context, name string) error { _, err := s.Sidecar(ctx, name, ""); return err }},
		{"set sidecar", func(ctx context.Context, name string) error { return set(name, "m")(ctx, s) }},
		{"remove sidecar", func(ctx context.Context, name string) error { return unset(name)(ctx, s) }},
		{"remove", func(ctx context.Context, name string) error { return s.Remove(ctx, name, recursive) }},
		{"rename from", func(ctx context.Context, name string) error { return replace(name, "n")(ctx, s) }},
		{"rename to", func(ctx context.Context, name string) error { return replace("a", name)(ctx, s) }},
		{"copy from", func(ctx context.Context, name string) error { return copyOver(name, "n")(ctx, s) }},
		{"copy to", func(ctx context.Context, name string) error { return copyOver("a", name)(ctx, s) }},
	}
	for _, name := range HostileNames() {
		for _, op := range ops {
			err := op.op(t.Context(), name)
			require.ErrorIs(t, err, fs.ErrInvalid, "%s %q", op.name, name)
			var pathErr *fs.PathError
			require.ErrorAs(t, err, &pathErr)
		}
	}
	holds(t, s, before)
}

// testOddNames: a name that is taken is kept byte for byte.
func testOddNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	stored := map[string]bool{}
	for _, name := range OddNames() {
		if filestore.CheckName(name) != nil {
			continue
		}
		for dir := range strings.SplitSeq(parents(name), "\n") {
			if dir != "" {
				require.NoError(t, mkdirAgain(t, s, dir))
			}
		}
		require.NoError(t, put(name, name)(t.Context(), s), "%q", name)
		stored[name] = true
	}
	found := func(name string) {
		require.True(t, stored[name], "%q", name)
		require.Equal(t, name, read(t, s, name))
		delete(stored, name)
	}
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		if !info.IsDir() && !isOrphan(info) {
			found(info.Path())
		}
		if info.Sidecar() != nil {
			found(info.Path() + ".meta")
		}
	})
	require.Empty(t, stored)
	counted(t, s)
}

// mkdirAgain makes a directory that may be there.
func mkdirAgain(t *testing.T, s filestore.Store, dir string) error {
	t.Helper()
	if err := mkdir(dir)(t.Context(), s); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// parents lists the directories above name, the topmost first, one a line.
func parents(name string) string {
	dir, _ := filestore.Split(name)
	if dir == filestore.Root {
		return ""
	}
	return parents(dir) + "\n" + dir
}

// testOddNamesAlone does everything to each odd name, beside files that are not
// meant: their names begin alike, or differ in letter case or normal form alone.
func testOddNamesAlone(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=1 account=2 d/ d/b=3 x=4"
	for _, name := range OddNames() {
		if filestore.CheckName(name) != nil {
			continue
		}
		t.Run(strconv.QuoteToASCII(name[:min(len(name), 20)]), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, before)
			top := name
			for dir := range strings.SplitSeq(parents(name), "\n") {
				if dir != "" {
					top, _, _ = strings.Cut(name, "/")
					require.NoError(t, mkdir(dir)(t.Context(), s))
				}
			}
			if of, ok := filestore.SidecarOf(name); ok {
				playWithSidecar(t, s, of)
			} else {
				playWith(t, s, name)
			}
			if top != name {
				require.NoError(t, removeAll(top)(t.Context(), s))
			}
			holds(t, s, before)
		})
	}
}

// playWith makes, changes, moves and removes one entry.
func playWith(t *testing.T, s filestore.Store, name string) {
	t.Helper()
	gone := func(name string) {
		_, err := s.Stat(t.Context(), name)
		refused(t, fs.ErrNotExist, err)
		_, err = s.Open(t.Context(), name)
		refused(t, fs.ErrNotExist, err)
		refused(t, fs.ErrNotExist, removeAll(name)(t.Context(), s))
	}
	gone(name)
	require.NoError(t, write(t.Context(), s, name, "1", filestore.CreateOptions{If: absent}, boundless))
	info, err := s.Stat(t.Context(), name)
	require.NoError(t, err)
	require.Equal(t, name, info.Path())
	for _, other := range []string{strings.ToUpper(name), strings.ToLower(name), name + "2", name + ".", name + " ", name + "/x"} {
		if other != name && filestore.CheckName(other) == nil {
			gone(other)
		}
	}
	require.NoError(t, write(t.Context(), s, name, "2", filestore.CreateOptions{Offset: filestore.End}, boundless))
	require.NoError(t, rename(name, "moved")(t.Context(), s))
	gone(name)
	require.NoError(t, copyTo("moved", name)(t.Context(), s))
	require.NoError(t, copyOver(name, "moved")(t.Context(), s))
	require.Equal(t, "12", read(t, s, name))
	require.NoError(t, replace("moved", name)(t.Context(), s))
	side, ok := filestore.SidecarName(name)
	if ok {
		require.NoError(t, set(name, "m")(t.Context(), s))
		require.Equal(t, "m", read(t, s, side))
		gone(side) // it is no entry
	}
	counted(t, s)
	require.NoError(t, remove(name)(t.Context(), s))
	if ok {
		_, err := s.Sidecar(t.Context(), name, "")
		refused(t, fs.ErrNotExist, err)
		require.NoError(t, mkdir(name)(t.Context(), s))
		require.NoError(t, remove(name)(t.Context(), s))
	}
	gone(name)
}

// playWithSidecar makes, changes and removes a sidecar that waits.
func playWithSidecar(t *testing.T, s filestore.Store, name string) {
	t.Helper()
	gone := func(name string) {
		_, err := s.Sidecar(t.Context(), name, "")
		refused(t, fs.ErrNotExist, err)
		refused(t, fs.ErrNotExist, unset(name)(t.Context(), s))
	}
	gone(name)
	require.NoError(t, setWith(name, []byte("1"), filestore.SidecarOptions{If: absent})(t.Context(), s))
	for _, other := range []string{strings.ToUpper(name), name + "2", name + ".", name + " ", name + "/x", name + ".meta"} {
		if other != name && filestore.CheckName(other) == nil {
			gone(other)
		}
	}
	require.NoError(t, set(name, "2")(t.Context(), s))
	counted(t, s)
	side, err := s.Sidecar(t.Context(), name, "")
	require.NoError(t, err)
	require.Equal(t, "2", string(side.Content))
	require.NoError(t, unset(name)(t.Context(), s))
	gone(name)
}

// testSpellings: names that a person, or another system, takes for one are two.
func testSpellings(t *testing.T, open func(t *testing.T) filestore.Store) {
	for _, tt := range []struct{ name, a, b string }{
		{"letter case", "private", "Private"},
		{"letter case of a sidecar", "x.Meta", "x.META"},
		{"letters that fold alike", "index.wssp", "index.w\u017f\u017fp"},
		{"normal forms", "caf\u00e9", "cafe\u0301"},
		{"prefix", "private", "private2"},
		{"prefix of a directory", "private/x", "private2/x"},
		{"invisible", "a", "a\u200b"},
		{"looks like a slash", "a/b", "a\u2215b"},
		{"percent", "a b", "a%20b"},
		{"long", strings.Repeat("s", 255), strings.Repeat("s", 254)},
		{"final dot", "a", "a."},
		{"final blank", "a", "a "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if filestore.CheckName(tt.a) != nil || filestore.CheckName(tt.b) != nil {
				t.Skip("not on this system")
			}
			s := open(t)
			for _, name := range []string{tt.a, tt.b} {
				if dir, _ := filestore.Split(name); dir != filestore.Root {
					require.NoError(t, mkdir(dir)(t.Context(), s))
				}
				require.NoError(t, write(t.Context(), s, name, name, filestore.CreateOptions{If: absent}, boundless))
			}
			require.Equal(t, tt.a, read(t, s, tt.a))
			require.Equal(t, tt.b, read(t, s, tt.b))
			require.NoError(t, remove(tt.a)(t.Context(), s))
			_, err := s.Stat(t.Context(), tt.a)
			refused(t, fs.ErrNotExist, err)
			require.NoError(t, rename(tt.b, tt.a)(t.Context(), s))
			require.Equal(t, tt.b, read(t, s, tt.a))
			_, err = s.Stat(t.Context(), tt.b)
			refused(t, fs.ErrNotExist, err)
			counted(t, s)
		})
	}
}

// testLongNames: where the name of a file fits and that of its sidecar does not,
// there is no sidecar.
func testLongNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	dir := strings.Repeat("s", 254)
	for range 15 {
		require.NoError(t, mkdir(dir)(t.Context(), s))
		dir += "/" + strings.Repeat("s", 254)
	}
	require.NoError(t, mkdir(dir)(t.Context(), s))
	fits, long := dir+"/12345678901", dir+"/123456789012345"
	require.NoError(t, mkdir(dir+"/1234567")(t.Context(), s))
	fill(t, s, "a=1 a.meta=m")
	refused(t, filestore.ErrConflict, rename("a", long)(t.Context(), s))
	refused(t, filestore.ErrConflict, copyTo("a", long)(t.Context(), s))
	refused(t, filestore.ErrConflict, set(long, "m")(t.Context(), s))
	refused(t, fs.ErrNotExist, unset(long)(t.Context(), s))
	require.NoError(t, copyTo("a", fits)(t.Context(), s))
	require.Equal(t, "m", read(t, s, fits+".meta"))
	require.NoError(t, s.Copy(t.Context(), "a", long, filestore.CopyOptions{}, boundless))
	require.NoError(t, remove(long)(t.Context(), s))
	require.NoError(t, remove(fits)(t.Context(), s))
	counted(t, s)
}

// testContext: nothing is done for a caller who has gone.
func testContext(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=1 d/"
	s := open(t)
	fill(t, s, before)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Stat(ctx, "a")
	refused(t, context.Canceled, err)
	_, err = s.Open(ctx, "a")
	refused(t, context.Canceled, err)
	_, err = s.Usage(ctx, filestore.Root)
	refused(t, context.Canceled, err)
	for _, err := range s.List(ctx, filestore.Root, all) {
		refused(t, context.Canceled, err)
	}
	_, err = s.Create(ctx, "a", filestore.CreateOptions{}, boundless)
	refused(t, context.Canceled, err)
	_, err = s.Sidecar(ctx, "a", "")
	refused(t, context.Canceled, err)
	for _, c := range []change{mkdir("e"), remove("a"), rename("a", "b"), copyTo("a", "b"), set("a", "m"), unset("a")} {
		refused(t, context.Canceled, c(ctx, s))
	}
	holds(t, s, before)
}
