package storetest

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// change is one operation of a table.
type change func(ctx context.Context, s filestore.Store) error

func mkdir(name string) change { return mkdirWith(name, filestore.MkdirOptions{}) }

func mkdirPaired(name, sidecar string) change {
	return mkdirWith(name, filestore.MkdirOptions{Sidecar: []byte(sidecar)})
}

func mkdirWith(name string, o filestore.MkdirOptions) change {
	return func(ctx context.Context, s filestore.Store) error { return s.Mkdir(ctx, name, o, boundless) }
}

// set stores a sidecar, and unset removes one.
func set(name, content string) change {
	return setWith(name, []byte(content), filestore.SidecarOptions{})
}

func unset(name string) change { return setWith(name, nil, filestore.SidecarOptions{}) }

func setWith(name string, content []byte, o filestore.SidecarOptions) change {
	return func(ctx context.Context, s filestore.Store) error {
		_, err := s.SetSidecar(ctx, name, content, o, boundless)
		return err
	}
}

func remove(name string) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Remove(ctx, name, filestore.RemoveOptions{})
	}
}

func removeAll(name string) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
	}
}

func removeIf(name string, recursive bool, p filestore.Precondition) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Remove(ctx, name, filestore.RemoveOptions{Recursive: recursive, If: p})
	}
}

func renameIf(from, to string, o filestore.RenameOptions) change {
	return func(ctx context.Context, s filestore.Store) error { return s.Rename(ctx, from, to, o) }
}

// seen is a precondition that demands what is there now.
func seen(ctx context.Context, s filestore.Store, name string) filestore.Precondition {
	info, err := s.Stat(ctx, name)
	if err != nil {
		return filestore.Precondition{ETag: err.Error()}
	}
	return filestore.Precondition{ETag: info.ETag(), Exists: true}
}

func rename(from, to string) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Rename(ctx, from, to, filestore.RenameOptions{})
	}
}

func replace(from, to string) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Rename(ctx, from, to, filestore.RenameOptions{Replace: true})
	}
}

func replaceFile(from, to string) change {
	return func(ctx context.Context, s filestore.Store) error {
		return s.Rename(ctx, from, to, filestore.RenameOptions{ReplaceFile: true})
	}
}

func copyTo(from, to string) change { return copyWith(from, to, filestore.CopyOptions{}) }

func copyOver(from, to string) change {
	return copyWith(from, to, filestore.CopyOptions{Replace: true})
}

func copyShallow(from, to string) change {
	return copyWith(from, to, filestore.CopyOptions{Shallow: true})
}

// copyWith copies with the sidecars, unless o says something else of them.
func copyWith(from, to string, o filestore.CopyOptions) change {
	return func(ctx context.Context, s filestore.Store) error {
		if o.Sidecar == nil {
			o.Sidecar = keep
		}
		return s.Copy(ctx, from, to, o, boundless)
	}
}

// put stores a file, or a sidecar by its name.
func put(name, content string) change {
	if of, ok := filestore.SidecarOf(name); ok {
		return set(of, content)
	}
	return putWith(name, content, filestore.CreateOptions{})
}

func putWith(name, content string, o filestore.CreateOptions) change {
	return func(ctx context.Context, s filestore.Store) error { return write(ctx, s, name, content, o, boundless) }
}

// long is a name without room for the suffix of a sidecar.
var long = strings.Repeat("n", 251)

// testChanges runs one operation on a tree. A refused one must leave the tree
// as it was, so rows with an error name no outcome.
func testChanges(t *testing.T, open func(t *testing.T) filestore.Store) {
	tests := []struct {
		name   string
		before string
		change change
		after  string
		err    error
	}{
		{name: "mkdir", before: "a/", change: mkdir("a/b"), after: "a/ a/b/"},
		{name: "mkdir without parent", change: mkdir("a/b"), err: fs.ErrNotExist},
		{name: "mkdir below a file", before: "a=1", change: mkdir("a/b"), err: filestore.ErrNotDirectory},
		{name: "mkdir deep below a file", before: "a=1", change: mkdir("a/b/c"), err: fs.ErrNotExist},
		{name: "mkdir twice", before: "a/ a/b=1", change: mkdir("a"), err: fs.ErrExist},
		{name: "mkdir over a file", before: "a=1", change: mkdir("a"), err: fs.ErrExist},
		{name: "mkdir takes over a sidecar", before: "a.meta=m", change: mkdir("a"), after: "a/ a.meta=m"},
		{name: "mkdir with the name of a sidecar", before: "a=1", change: mkdir("a.meta"), err: fs.ErrInvalid},
		{name: "mkdir with a sidecar", before: "a/", change: mkdirPaired("a/b", "m"), after: "a/ a/b/ a/b.meta=m"},
		{name: "mkdir with an empty sidecar", change: mkdirPaired("a", ""), after: "a/ a.meta="},
		{name: "mkdir keeps the sidecar that is there", before: "a.meta=old", change: mkdirPaired("a", "new"), after: "a/ a.meta=old"},
		{name: "mkdir with a sidecar, twice", before: "a/", change: mkdirPaired("a", "m"), err: fs.ErrExist},
		{name: "mkdir with a sidecar, without parent", change: mkdirPaired("a/b", "m"), err: fs.ErrNotExist},
		{name: "mkdir with a sidecar for a sidecar", change: mkdirPaired("a.meta", "m"), err: fs.ErrInvalid},
		{name: "mkdir with a sidecar, no room for its name", change: mkdirPaired(long, "m"), err: filestore.ErrConflict},
		{name: "mkdir named like the suffix alone", change: mkdir(".meta"), after: ".meta/"},

		{name: "put below a file", before: "a=1", change: put("a/b", ""), err: filestore.ErrNotDirectory},
		{name: "put keeps the sidecar", before: "a=1 a.meta=m", change: put("a", "2"), after: "a=2 a.meta=m"},
		{name: "put takes over a sidecar", before: "a.meta=m", change: put("a", "2"), after: "a=2 a.meta=m"},
		{name: "put of a sidecar first", change: put("a.meta", "m"), after: "a.meta=m"},
		{name: "put over a sidecar", before: "a=1 a.meta=m", change: put("a.meta", "n"), after: "a=1 a.meta=n"},

		{name: "remove a file", before: "a=1 b=2", change: remove("a"), after: "b=2"},
		{name: "remove a file with its sidecar", before: "a=1 a.meta=m b=2 b.meta=n", change: remove("a"), after: "b=2 b.meta=n"},
		{name: "remove a sidecar by its name", before: "a=1 a.meta=m", change: remove("a.meta"), err: fs.ErrNotExist},
		{name: "remove what is not there", before: "b=1", change: remove("a"), err: fs.ErrNotExist},
		{name: "remove a file of which only the sidecar is there", before: "a.meta=m", change: remove("a"), err: fs.ErrNotExist},
		{name: "remove below a file", before: "a=1", change: remove("a/b"), err: fs.ErrNotExist},
		{name: "remove an empty directory", before: "a/ b/", change: remove("a"), after: "b/"},
		{name: "remove an empty directory with its sidecar", before: "a/ a.meta=m", change: remove("a"), after: ""},
		{name: "remove a full directory", before: "a/ a/b=1", change: remove("a"), err: filestore.ErrNotEmpty},
		{name: "remove a directory that has a sidecar inside", before: "a/ a/b.meta=1", change: remove("a"), err: filestore.ErrNotEmpty},
		{name: "remove recursively", before: "a/ a.meta=m a/b/ a/b/c=1 a/b.meta=m a/d=2 ab=3", change: removeAll("a"), after: "ab=3"},
		{name: "remove recursively a file", before: "a=1 b=2", change: removeAll("a"), after: "b=2"},

		{name: "rename a file", before: "a=1", change: rename("a", "b"), after: "b=1"},
		{name: "rename into a directory", before: "a=1 d/ d/e/", change: rename("a", "d/e/a"), after: "d/ d/e/ d/e/a=1"},
		{name: "rename a directory", before: "a/ a/b/ a/b/c=1 a/b/c.meta=m", change: rename("a", "z"), after: "z/ z/b/ z/b/c=1 z/b/c.meta=m"},
		{name: "rename to a longer name that begins alike", before: "a/ a/x=1", change: rename("a", "ab"), after: "ab/ ab/x=1"},
		{name: "rename takes the sidecar along", before: "a=1 a.meta=m d/", change: rename("a", "d/b"), after: "d/ d/b=1 d/b.meta=m"},
		{name: "rename a directory with its sidecar", before: "a/ a.meta=m", change: rename("a", "b"), after: "b/ b.meta=m"},
		{name: "rename removes a sidecar without a file", before: "a=1 b.meta=m", change: rename("a", "b"), after: "b=1"},
		{name: "rename replaces a sidecar without a file", before: "a=1 a.meta=m b.meta=n", change: rename("a", "b"), after: "b=1 b.meta=m"},
		{name: "rename to a taken name", before: "a=1 b=2 b.meta=m", change: rename("a", "b"), err: fs.ErrExist},
		{name: "rename to the name of an empty directory", before: "a/ b/", change: rename("a", "b"), err: fs.ErrExist},
		{name: "rename onto itself", before: "a=1 a.meta=m", change: replace("a", "a"), err: fs.ErrInvalid},
		{name: "rename into its own tree", before: "a/ a/b/", change: replace("a", "a/b/c"), err: fs.ErrInvalid},
		{name: "rename onto its own parent", before: "a/ a/b/ a/c=1", change: replace("a/b", "a"), err: fs.ErrInvalid},
		{name: "rename what is not there", before: "b=1", change: replace("a", "b"), err: fs.ErrNotExist},
		{name: "rename below a file", before: "a=1", change: rename("a/b", "c"), err: fs.ErrNotExist},
		{name: "rename without a parent", before: "a=1", change: rename("a", "d/a"), err: fs.ErrNotExist},
		{name: "rename into a file", before: "a=1 d=2", change: replace("a", "d/a"), err: filestore.ErrNotDirectory},
		{name: "rename the root", before: "a/", change: replace(".", "a/b"), err: fs.ErrInvalid},
		{name: "rename onto the root", before: "a/", change: replace("a", "."), err: fs.ErrInvalid},

		{name: "replace a file", before: "a=1 b=2", change: replace("a", "b"), after: "b=1"},
		{name: "replace nothing", before: "a=1", change: replace("a", "b"), after: "b=1"},
		{name: "replace a file that has a sidecar", before: "a=1 b=2 b.meta=m", change: replace("a", "b"), after: "b=1"},
		{name: "replace by a file that has a sidecar", before: "a=1 a.meta=m b=2", change: replace("a", "b"), after: "b=1 b.meta=m"},
		{name: "replace with sidecars on both", before: "a=1 a.meta=m b=2 b.meta=n", change: replace("a", "b"), after: "b=1 b.meta=m"},
		{name: "replace a file by a directory", before: "a/ a/x=1 b=2 b.meta=m", change: replace("a", "b"), after: "b/ b/x=1"},
		{name: "replace a directory by a file", before: "a=1 b/ b/x=2 b.meta=m", change: replace("a", "b"), after: "b=1"},
		{name: "replace a directory by a directory", before: "a/ a/x=1 b/ b/y=2 b/z/", change: replace("a", "b"), after: "b/ b/x=1"},
		{name: "replace only files, a file", before: "a=1 a.meta=m b=2 b.meta=n", change: replaceFile("a", "b"), after: "b=1 b.meta=m"},
		{name: "replace only files, nothing there", before: "a=1", change: replaceFile("a", "b"), after: "b=1"},
		{name: "replace only files, a directory to a new name", before: "a/ a/x=1", change: replaceFile("a", "b"), after: "b/ b/x=1"},
		{name: "replace only files, a file over a directory", before: "a=1 b/", change: replaceFile("a", "b"), err: fs.ErrExist},
		{name: "replace only files, a directory over a file", before: "a/ b=1", change: replaceFile("a", "b"), err: fs.ErrExist},
		{name: "replace only files, a directory over a directory", before: "a/ b/", change: replaceFile("a", "b"), err: fs.ErrExist},
		{name: "replace only files, missing", before: "b=1", change: replaceFile("a", "b"), err: fs.ErrNotExist},
		{name: "replace an empty directory", before: "a/ a/x=1 b/", change: replace("a", "b"), after: "b/ b/x=1"},

		{name: "rename a sidecar", before: "a=1 a.meta=m", change: rename("a.meta", "b.meta"), err: fs.ErrInvalid},
		{name: "rename a sidecar to its file", before: "a.meta=m", change: rename("a.meta", "a"), err: fs.ErrInvalid},
		{name: "rename a sidecar to a plain name", before: "a.meta=m b.meta=n", change: rename("a.meta", "b"), err: fs.ErrInvalid},
		{name: "rename a file to a sidecar", before: "a=1", change: rename("a", "b.meta"), err: fs.ErrInvalid},
		{name: "replace the own sidecar", before: "a=1 a.meta=m", change: replace("a", "a.meta"), err: fs.ErrInvalid},
		{name: "rename a directory to a sidecar", before: "a/", change: rename("a", "b.meta"), err: fs.ErrInvalid},
		{name: "rename what a sidecar waits for", before: "a.meta=m", change: rename("a", "b"), err: fs.ErrNotExist},
		{name: "rename a directory with waiting sidecars", before: "a/ a/x.meta=m", change: rename("a", "b"), after: "b/ b/x.meta=m"},
		{name: "rename to a name too long for a sidecar", before: "a=1", change: rename("a", long), after: long + "=1"},
		{name: "rename with a sidecar to a name too long for it", before: "a=1 a.meta=m", change: rename("a", long), err: filestore.ErrConflict},
		{name: "rename from a name too long for a sidecar", before: long + "=1", change: rename(long, "a"), after: "a=1"},

		{name: "copy a file", before: "a=1", change: copyTo("a", "b"), after: "a=1 b=1"},
		{name: "copy an empty file", before: "a=", change: copyTo("a", "b"), after: "a= b="},
		{name: "copy a file with its sidecar", before: "a=1 a.meta=m", change: copyTo("a", "b"), after: "a=1 a.meta=m b=1 b.meta=m"},
		{name: "copy a file with an empty sidecar", before: "a=1 a.meta=", change: copyTo("a", "b"), after: "a=1 a.meta= b=1 b.meta="},
		{name: "copy a tree", before: "a/ a.meta=l a/b/ a/b.meta=m a/b/c=1 a/b/c.meta=n a/d=2", change: copyTo("a", "z"),
			after: "a/ a.meta=l a/b/ a/b.meta=m a/b/c=1 a/b/c.meta=n a/d=2 z/ z.meta=l z/b/ z/b.meta=m z/b/c=1 z/b/c.meta=n z/d=2"},
		{name: "copy shallow", before: "a/ a.meta=l a/b/ a/c=1", change: copyShallow("a", "z"), after: "a/ a.meta=l a/b/ a/c=1 z/ z.meta=l"},
		{name: "copy shallow a file", before: "a=1", change: copyShallow("a", "b"), after: "a=1 b=1"},
		{name: "copy removes a sidecar without a file", before: "a=1 b.meta=m", change: copyTo("a", "b"), after: "a=1 b=1"},
		{name: "copy to a taken name", before: "a=1 b=2", change: copyTo("a", "b"), err: fs.ErrExist},
		{name: "copy over a file", before: "a=1 b=2 b.meta=m", change: copyOver("a", "b"), after: "a=1 b=1"},
		{name: "copy with sidecars on both", before: "a=1 a.meta=m b=2 b.meta=n", change: copyOver("a", "b"), after: "a=1 a.meta=m b=1 b.meta=m"},
		{name: "copy a file over a directory", before: "a=1 b/ b/x=2", change: copyOver("a", "b"), after: "a=1 b=1"},
		{name: "copy a directory over a directory", before: "a/ a/x=1 b/ b/y=2", change: copyOver("a", "b"), after: "a/ a/x=1 b/ b/x=1"},
		{name: "copy onto itself", before: "a=1", change: copyOver("a", "a"), err: fs.ErrInvalid},
		{name: "copy into its own tree", before: "a/ a/b/", change: copyOver("a", "a/b/c"), err: fs.ErrInvalid},
		{name: "copy onto its own parent", before: "a/ a/b/ a/c=1", change: copyOver("a/b", "a"), err: fs.ErrInvalid},
		{name: "copy what is not there", before: "b=1", change: copyOver("a", "b"), err: fs.ErrNotExist},
		{name: "copy without a parent", before: "a=1", change: copyTo("a", "d/a"), err: fs.ErrNotExist},
		{name: "copy into a file", before: "a=1 d=2", change: copyOver("a", "d/a"), err: filestore.ErrNotDirectory},
		{name: "copy the root", before: "a/", change: copyOver(".", "a/b"), err: fs.ErrInvalid},
		{name: "copy onto the root", before: "a/", change: copyOver("a", "."), err: fs.ErrInvalid},
		{name: "copy a sidecar", before: "a=1 a.meta=m", change: copyTo("a.meta", "b.meta"), err: fs.ErrInvalid},
		{name: "copy a sidecar over its file", before: "a=1 a.meta=m", change: copyOver("a.meta", "a"), err: fs.ErrInvalid},
		{name: "copy a directory to a sidecar", before: "a/", change: copyTo("a", "b.meta"), err: fs.ErrInvalid},
		{name: "copy with a sidecar to a sidecar", before: "a=1 a.meta=m", change: copyTo("a", "b.meta"), err: fs.ErrInvalid},
		{name: "copy what a sidecar waits for", before: "a.meta=m", change: copyTo("a", "b"), err: fs.ErrNotExist},
		{name: "copy with a sidecar to a name too long for it", before: "a=1 a.meta=m", change: copyTo("a", long), err: filestore.ErrConflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, tt.before)
			counted(t, s) // and has the store count before the change
			err := tt.change(t.Context(), s)
			if tt.err != nil {
				refused(t, tt.err, err)
				holds(t, s, tt.before)
				return
			}
			require.NoError(t, err)
			holds(t, s, tt.after)
		})
	}
}

// testErrorPaths: an error names the path that it is about.
func testErrorPaths(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "a=1 a.meta=m b=2 d/")
	tests := []struct {
		name     string
		from, to string
		path     string
	}{
		{"missing source", "x", "y", "x"},
		{"missing parent of the source", "x/x", "y", "x/x"},
		{"missing parent of the target", "a", "x/y", "x/y"},
		{"parent of the target a file", "a", "b/y", "b/y"},
		{"taken target", "a", "b", "b"},
		{"target is a sidecar", "a", "x.meta", "x.meta"},
		{"invalid source", "..", "y", ".."},
		{"invalid target", "a", "x//y", "x//y"},
		{"root as source", ".", "y", "."},
		{"root as target", "a", ".", "."},
		{"target below the source", "d", "d/e", "d/e"},
	}
	for _, tt := range tests {
		for op, c := range map[string]change{"rename": rename(tt.from, tt.to), "copy": copyTo(tt.from, tt.to)} {
			var pathErr *fs.PathError
			require.ErrorAs(t, c(t.Context(), s), &pathErr)
			require.Equal(t, tt.path, pathErr.Path, "%s, %s", op, tt.name)
		}
	}
	err := s.Copy(t.Context(), "a", "y", filestore.CopyOptions{}, maxFiles(4))
	var pathErr *fs.PathError
	require.ErrorAs(t, err, &pathErr)
	require.Equal(t, "y", pathErr.Path)
}

// testZeroValues: what comes with an error is nothing, and so equal to nil.
func testZeroValues(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "a=1 a.meta=m d/")
	none := func(got any, err error) {
		t.Helper()
		require.Error(t, err)
		require.True(t, got == nil || got == filestore.Usage{}, "%v", got)
	}
	for _, name := range []string{"x", "a/x", "x//y"} {
		info, err := s.Stat(t.Context(), name)
		none(info, err)
		f, err := s.Open(t.Context(), name)
		none(f, err)
		u, err := s.Create(t.Context(), filestore.Join(name, "x"), filestore.CreateOptions{}, boundless)
		none(u, err)
		usage, err := s.Usage(t.Context(), name)
		none(usage, err)
		side, err := s.Sidecar(t.Context(), name, "")
		require.Error(t, err)
		require.Zero(t, side)
		side, err = s.SetSidecar(t.Context(), name, nil, filestore.SidecarOptions{}, boundless)
		require.Error(t, err)
		require.Zero(t, side)
		for info, err := range s.List(t.Context(), name, all) {
			none(info, err)
		}
	}
	side, err := s.SetSidecar(t.Context(), "a", []byte("nn"), filestore.SidecarOptions{}, filestore.Limits{})
	require.Error(t, err)
	require.Zero(t, side)
	f, err := s.Open(t.Context(), "d")
	none(f, err)
	u, err := s.Create(t.Context(), "a", filestore.CreateOptions{Size: 2}, boundless)
	require.NoError(t, err)
	info, err := u.Commit()
	none(info, err)
	info, err = u.Commit()
	none(info, err)
}

func testCopySidecars(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a/ a.meta=acl a/b=1 a/b.meta=acl a/c.meta=acl a/d/ a/d/e.meta=free f=2 f.meta=acl"
	upper := func(_ bool, sidecar []byte) []byte {
		if sidecar == nil {
			return nil
		}
		return bytes.ToUpper(sidecar)
	}
	none := func(bool, []byte) []byte { return nil }
	inherit := func(directory bool, sidecar []byte) []byte {
		if directory {
			return append(sidecar, "+dir"...)
		}
		return sidecar
	}
	some := func(_ bool, sidecar []byte) []byte {
		if string(sidecar) == "acl" {
			return nil
		}
		return sidecar
	}
	empty := func(bool, []byte) []byte { return []byte{} }
	tests := []struct {
		name    string
		from    string
		sidecar filestore.SidecarFunc
		added   string
	}{
		{"changed", "a", upper, "z/ z.meta=ACL z/b=1 z/b.meta=ACL z/c.meta=ACL z/d/ z/d/e.meta=FREE"},
		{"left out", "a", none, "z/ z/b=1 z/d/"},
		{"left out by content", "a", some, "z/ z/b=1 z/d/ z/d/e.meta=free"},
		{"no function", "a", nil, "z/ z/b=1 z/d/"},
		{"directories get one", "a", inherit, "z/ z.meta=acl+dir z/b=1 z/b.meta=acl z/c.meta=acl z/d/ z/d.meta=+dir z/d/e.meta=free"},
		{"a directory gets one", "a/d", inherit, "z/ z.meta=+dir z/e.meta=free"},
		{"empty", "f", empty, "z=2 z.meta="},
		{"of a file", "f", upper, "z=2 z.meta=ACL"},
		{"of a file, left out", "f", none, "z=2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, before)
			require.NoError(t, s.Copy(t.Context(), tt.from, "z", filestore.CopyOptions{Sidecar: tt.sidecar}, boundless))
			holds(t, s, before+" "+tt.added)
		})
	}

	t.Run("entries left out", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, before+" a/no/ a/no/x=1 a/no.meta=acl a/d/no=2 no/ no/no=3 no/x=4 no.meta=acl")
		held := contents(t, s)
		o := filestore.CopyOptions{Sidecar: upper, Skip: func(name string, directory bool) bool {
			require.Equal(t, name == "a/d" || name == "a/no", directory, name)
			_, last := filestore.Split(name)
			return last == "no" || name == "a/c"
		}}
		require.NoError(t, s.Copy(t.Context(), "a", "z", o, maxFiles(int64(len(held))+6)), "what is left out needs no room")
		require.NoError(t, s.Copy(t.Context(), "no", "y", o, boundless), "the source itself is not asked about")
		holds(t, s, before+" a/no/ a/no/x=1 a/no.meta=acl a/d/no=2 no/ no/no=3 no/x=4 no.meta=acl"+
			" z/ z.meta=ACL z/b=1 z/b.meta=ACL z/d/ z/d/e.meta=FREE y/ y.meta=ACL y/x=4")
	})
}

// testDeepNames: what is moved keeps valid names, or stays where it is.
func testDeepNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	deep := strings.Repeat("d/", 98)
	for i := 2; i <= len(deep); i += 2 {
		fill(t, s, deep[:i])
	}
	fill(t, s, "a/ a/b/ a/b/c=1")
	before := contents(t, s)
	refused(t, fs.ErrInvalid, s.Rename(t.Context(), "a", deep+"a", filestore.RenameOptions{}))
	refused(t, fs.ErrInvalid, copyTo("a", deep+"a")(t.Context(), s))
	require.Equal(t, before, contents(t, s))
	require.NoError(t, s.Rename(t.Context(), "a/b", deep+"b", filestore.RenameOptions{}))
	require.Equal(t, "1", read(t, s, deep+"b/c"))
	require.NoError(t, copyTo("a", deep+"a")(t.Context(), s))
	u, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 102, Bytes: 1}, u)
}
