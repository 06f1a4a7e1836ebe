package storetest

import (
	"context"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// tagged does a change with a precondition that demands what is there now.
func tagged(of string, do func(filestore.Precondition) change) change {
	return func(ctx context.Context, s filestore.Store) error { return do(seen(ctx, s, of))(ctx, s) }
}

// testPreconditions asks each change to hold to one.
func testPreconditions(t *testing.T, open func(t *testing.T) filestore.Store) {
	replacing := func(from, to filestore.Precondition) filestore.RenameOptions {
		return filestore.RenameOptions{Replace: true, From: from, To: to}
	}
	copying := func(from, to filestore.Precondition) filestore.CopyOptions {
		return filestore.CopyOptions{Replace: true, From: from, To: to}
	}
	none := filestore.Precondition{}
	tests := []struct {
		name   string
		before string
		change change
		after  string
		err    error
	}{
		{name: "put, absent", change: putWith("a", "2", filestore.CreateOptions{If: absent}), after: "a=2"},
		{name: "put, absent but for a sidecar", before: "a.meta=m", change: putWith("a", "2", filestore.CreateOptions{If: absent}), after: "a=2 a.meta=m"},
		{name: "put, exists but for a sidecar", before: "a.meta=m", change: putWith("a", "2", filestore.CreateOptions{If: exists}), err: filestore.ErrChanged},
		{name: "put, its tag", before: "a=1", change: tagged("a", func(p filestore.Precondition) change {
			return putWith("a", "2", filestore.CreateOptions{If: p})
		}), after: "a=2"},
		{name: "put, a tag and absent", before: "a=1", change: putWith("a", "2", filestore.CreateOptions{If: filestore.Precondition{ETag: `"other"`, Absent: true}}), err: fs.ErrExist},

		{name: "mkdir, absent", change: mkdirWith("a", filestore.MkdirOptions{If: absent}), after: "a/"},
		{name: "mkdir, exists", change: mkdirWith("a", filestore.MkdirOptions{If: exists}), err: filestore.ErrChanged},
		{name: "mkdir, tag", change: mkdirWith("a", filestore.MkdirOptions{If: other}), err: filestore.ErrChanged},
		{name: "mkdir, exists and does", before: "a/", change: mkdirWith("a", filestore.MkdirOptions{If: exists}), err: fs.ErrExist},

		{name: "remove, its tag", before: "a=1 a.meta=m b=2", change: tagged("a", func(p filestore.Precondition) change {
			return removeIf("a", false, p)
		}), after: "b=2"},
		{name: "remove, exists", before: "a=1", change: removeIf("a", false, exists), after: ""},
		{name: "remove, other tag", before: "a=1 a.meta=m", change: removeIf("a", false, other), err: filestore.ErrChanged},
		{name: "remove a directory, other tag", before: "a/ a/b=1", change: removeIf("a", true, other), err: filestore.ErrChanged},
		{name: "remove a full directory, other tag", before: "a/ a/b=1", change: removeIf("a", false, other), err: filestore.ErrChanged},
		{name: "remove what is not there, tag", change: removeIf("a", false, other), err: fs.ErrNotExist},
		{name: "remove, absent", before: "a=1", change: removeIf("a", false, absent), err: fs.ErrExist},

		{name: "rename, its tag", before: "a=1 a.meta=m b=2", change: tagged("a", func(p filestore.Precondition) change {
			return renameIf("a", "b", replacing(p, none))
		}), after: "b=1 b.meta=m"},
		{name: "rename, other tag", before: "a=1 a.meta=m b=2", change: renameIf("a", "b", replacing(other, none)), err: filestore.ErrChanged},
		{name: "rename a directory, other tag", before: "a/ a/b=1", change: renameIf("a", "c", replacing(other, none)), err: filestore.ErrChanged},
		{name: "rename what is not there, tag", before: "b=2", change: renameIf("a", "b", replacing(other, none)), err: fs.ErrNotExist},
		{name: "rename onto its tag", before: "a=1 b=2", change: tagged("b", func(p filestore.Precondition) change {
			return renameIf("a", "b", replacing(none, p))
		}), after: "b=1"},
		{name: "rename onto another tag", before: "a=1 b=2", change: renameIf("a", "b", replacing(none, other)), err: filestore.ErrChanged},
		{name: "rename onto a directory, tag", before: "a=1 b/", change: renameIf("a", "b", replacing(none, other)), err: filestore.ErrChanged},
		{name: "rename onto nothing, tag", before: "a=1", change: renameIf("a", "b", replacing(none, other)), err: filestore.ErrChanged},
		{name: "rename onto nothing, exists", before: "a=1 b.meta=m", change: renameIf("a", "b", replacing(none, exists)), err: filestore.ErrChanged},
		{name: "rename onto something, absent", before: "a=1 b=2", change: renameIf("a", "b", replacing(none, absent)), err: fs.ErrExist},
		{name: "rename onto nothing, absent", before: "a=1", change: renameIf("a", "b", replacing(none, absent)), after: "b=1"},
		{name: "rename, both", before: "a=1 b=2", change: renameIf("a", "b", replacing(exists, exists)), after: "b=1"},

		{name: "copy, its tag", before: "a=1 b=2", change: tagged("a", func(p filestore.Precondition) change {
			return copyWith("a", "b", copying(p, none))
		}), after: "a=1 b=1"},
		{name: "copy, other tag", before: "a=1 b=2", change: copyWith("a", "b", copying(other, none)), err: filestore.ErrChanged},
		{name: "copy a directory, other tag", before: "a/ a/b=1", change: copyWith("a", "c", copying(other, none)), err: filestore.ErrChanged},
		{name: "copy what is not there, tag", before: "b=2", change: copyWith("a", "b", copying(other, none)), err: fs.ErrNotExist},
		{name: "copy onto its tag", before: "a=1 b=2", change: tagged("b", func(p filestore.Precondition) change {
			return copyWith("a", "b", copying(none, p))
		}), after: "a=1 b=1"},
		{name: "copy onto another tag", before: "a=1 b=2", change: copyWith("a", "b", copying(none, other)), err: filestore.ErrChanged},
		{name: "copy onto nothing, exists", before: "a=1", change: copyWith("a", "b", copying(none, exists)), err: filestore.ErrChanged},
		{name: "copy onto something, absent", before: "a=1 b=2", change: copyWith("a", "b", copying(none, absent)), err: fs.ErrExist},
		{name: "copy onto nothing, absent", before: "a=1", change: copyWith("a", "b", copying(none, absent)), after: "a=1 b=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, tt.before)
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

// testOrder: of two reasons to refuse a change, which one is told.
func testOrder(t *testing.T, open func(t *testing.T) filestore.Store) {
	nothing := filestore.Limits{}
	limited := func(do func(context.Context, filestore.Store, filestore.Limits) error) change {
		return func(ctx context.Context, s filestore.Store) error { return do(ctx, s, nothing) }
	}
	create := func(name string, o filestore.CreateOptions) change {
		return limited(func(ctx context.Context, s filestore.Store, l filestore.Limits) error {
			return write(ctx, s, name, "1", o, l)
		})
	}
	copies := func(from, to string, o filestore.CopyOptions) change {
		return limited(func(ctx context.Context, s filestore.Store, l filestore.Limits) error {
			o.Sidecar = keep
			return s.Copy(ctx, from, to, o, l)
		})
	}
	sets := func(name string, o filestore.SidecarOptions) change {
		return limited(func(ctx context.Context, s filestore.Store, l filestore.Limits) error {
			_, err := s.SetSidecar(ctx, name, []byte("m"), o, l)
			return err
		})
	}
	makes := func(name string, o filestore.MkdirOptions) change {
		return limited(func(ctx context.Context, s filestore.Store, l filestore.Limits) error {
			return s.Mkdir(ctx, name, o, l)
		})
	}
	const before = "f=0123 g=1 g.meta=m d/ d/x=1"
	tests := []struct {
		name   string
		change change
		err    error
	}{
		{"create: options, parent", create("x/f", filestore.CreateOptions{Offset: -2}), fs.ErrInvalid},
		{"create: sidecar name, parent", create("x/f.meta", filestore.CreateOptions{}), fs.ErrInvalid},
		{"create: parent, precondition", create("x/f", filestore.CreateOptions{If: exists}), fs.ErrNotExist},
		{"create: directory, precondition", create("d", filestore.CreateOptions{If: absent}), filestore.ErrIsDirectory},
		{"create: precondition, offset", create("f", filestore.CreateOptions{If: other, Offset: 9}), filestore.ErrChanged},
		{"create: precondition, no file for an offset", create("new", filestore.CreateOptions{If: exists, Offset: 9}), filestore.ErrChanged},
		{"create: offset, limit", create("f", filestore.CreateOptions{Offset: 9}), fs.ErrInvalid},
		{"create: no file for a tail, limit", create("new", filestore.CreateOptions{KeepTail: true}), fs.ErrNotExist},
		{"mkdir: taken, precondition", makes("f", filestore.MkdirOptions{If: other}), fs.ErrExist},
		{"mkdir: parent, precondition", makes("x/f", filestore.MkdirOptions{If: exists}), fs.ErrNotExist},
		{"mkdir: precondition, room", makes(long, filestore.MkdirOptions{If: exists, Sidecar: []byte("m")}), filestore.ErrChanged},
		{"mkdir: room, limit", makes(long, filestore.MkdirOptions{Sidecar: []byte("m")}), filestore.ErrConflict},
		{"remove: missing, precondition", removeIf("x", false, other), fs.ErrNotExist},
		{"remove: precondition, not empty", removeIf("d", false, other), filestore.ErrChanged},
		{"rename: source name, source missing", rename("x.meta", "y"), fs.ErrInvalid},
		{"rename: target name, source missing", rename("x", "y.meta"), fs.ErrInvalid},
		{"rename: source missing, parent", rename("x", "y/z"), fs.ErrNotExist},
		{"rename: source precondition, parent", renameIf("f", "y/z", filestore.RenameOptions{From: other}), filestore.ErrChanged},
		{"rename: source precondition, taken", renameIf("f", "g", filestore.RenameOptions{From: other}), filestore.ErrChanged},
		{"rename: parent, target precondition", renameIf("f", "y/z", filestore.RenameOptions{To: exists}), fs.ErrNotExist},
		{"rename: taken, target precondition", renameIf("f", "g", filestore.RenameOptions{To: other}), fs.ErrExist},
		{"rename: target precondition, room", renameIf("g", long, filestore.RenameOptions{To: exists}), filestore.ErrChanged},
		{"copy: source precondition, taken", copies("f", "g", filestore.CopyOptions{From: other}), filestore.ErrChanged},
		{"copy: taken, limit", copies("f", "g", filestore.CopyOptions{}), fs.ErrExist},
		{"copy: target precondition, room", copies("g", long, filestore.CopyOptions{To: exists}), filestore.ErrChanged},
		{"copy: room, limit", copies("g", long, filestore.CopyOptions{}), filestore.ErrConflict},
		{"sidecar: parent, room", sets("x/"+long, filestore.SidecarOptions{}), fs.ErrNotExist},
		{"sidecar: missing, precondition", sets("x", filestore.SidecarOptions{Paired: true, If: exists}), fs.ErrNotExist},
		{"sidecar: missing, tag of the entry", sets("x", filestore.SidecarOptions{Paired: true, EntryETag: "other"}), fs.ErrNotExist},
		{"sidecar: nothing there has no tag", sets("x", filestore.SidecarOptions{EntryETag: "other"}), filestore.ErrChanged},
		{"sidecar: a directory has no tag", sets("d", filestore.SidecarOptions{EntryETag: "other"}), filestore.ErrChanged},
		{"sidecar: tag of the entry, taken", sets("g", filestore.SidecarOptions{EntryETag: "other", If: absent}), filestore.ErrChanged},
		{"sidecar: precondition, room", sets(long, filestore.SidecarOptions{If: exists}), filestore.ErrChanged},
		{"sidecar: room, limit", sets(long, filestore.SidecarOptions{}), filestore.ErrConflict},
		{"sidecar: precondition, limit", sets("f", filestore.SidecarOptions{If: other}), filestore.ErrChanged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, before)
			refused(t, tt.err, tt.change(t.Context(), s))
			holds(t, s, before)
		})
	}
	t.Run("sidecar: tag of the entry", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, before)
		info, err := s.Stat(t.Context(), "g")
		require.NoError(t, err)
		o := filestore.SidecarOptions{Paired: true, EntryETag: info.ETag()}
		require.NoError(t, sets("g", o)(t.Context(), s))
		require.NoError(t, create("g", filestore.CreateOptions{})(t.Context(), s))
		refused(t, filestore.ErrChanged, sets("g", o)(t.Context(), s))
	})
}
