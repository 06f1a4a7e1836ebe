package filestore

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/meta"
)

// List implements [FS]. It never shows a mount: see [View.Mounts]. It lists by one call of
// the store, whatever rights the entries have. Where an access control list decides,
// two more look at the directory itself.
func (v *View) List(ctx context.Context, dir, after string) iter.Seq2[FileInfo, error] {
	return observed(ctx, v, "List", dir, func(yield func(FileInfo, error) bool) {
		a, err := v.read(ctx, "list", dir, toList)
		if err != nil {
			yield(nil, err)
			return
		}
		for info, err := range v.list(ctx, a, after, false) {
			if err != nil {
				info, err = nil, a.hideListed(dir, err)
			} else {
				info = a.show(Join(dir, info.Name()), info)
			}
			if !yield(info, err) {
				return
			}
		}
	})
}

// list walks the entries of the directory a that the caller may see, with the content
// of their sidecars if that is asked for.
func (v *View) list(ctx context.Context, a access, after string, content bool) iter.Seq2[FileInfo, error] {
	if a.sidecars {
		return a.listAll(ctx, after, content)
	}
	byList := !a.share && !(a.WebSite && !traitsOf(a.name).private) && !v.caller.IsStranger()
	inside := sync.OnceValue(func() meta.Rights {
		if a.listed {
			return a.rights
		}
		return v.inside(ctx, a, a.name)
	})
	return func(yield func(FileInfo, error) bool) {
		for info, err := range a.Store.List(ctx, a.name, ListOptions{After: after, Sidecars: byList || content}) {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			shown, err := v.shows(ctx, a, info, inside)
			if err != nil {
				yield(nil, pathError("list", a.name, err))
				return
			}
			if shown && !yield(info, nil) {
				return
			}
		}
	}
}

// shows reports whether a listing shows an entry to a caller who sees no sidecars:
// whatever they can open. inside is what a list gives them in the directory. The error
// is ErrSidecars: a listing that ends early must not look like all there is.
func (v *View) shows(ctx context.Context, a access, entry FileInfo, inside func() meta.Rights) (bool, error) {
	t := traitsOf(entry.Path())
	switch {
	case t.virtual, isOrphan(entry):
		return false, nil
	case a.privileged:
		return !t.sidecar, nil
	case t.sidecar:
		return false, nil
	case a.share || a.WebSite && !t.private:
		return true, nil
	case v.caller.IsStranger():
		return false, nil
	}
	f, err := v.foundIn(ctx, a, entry, inside())
	if !errors.Is(err, ErrSidecars) {
		err = nil // what fails gives nothing
	}
	return f.meets(toRead), err
}

// listAll walks all entries of the directory a, and the sidecars by their own names.
// That of X stands at the place of X.meta: what comes between begins with X, so few
// wait for their place at any time.
func (a access) listAll(ctx context.Context, after string, content bool) iter.Seq2[FileInfo, error] {
	return func(yield func(FileInfo, error) bool) {
		waiting, err := a.sidecarsBehind(ctx, after)
		if err != nil {
			yield(nil, err)
			return
		}
		shows := func(info FileInfo) bool {
			e := a
			e.name = info.Path()
			return e.virtual() || yield(info, nil)
		}
		// pass shows what waits for its place before a name.
		pass := func(name string) bool {
			for len(waiting) > 0 && waiting[0].Name() < name {
				if !shows(waiting[0]) {
					return false
				}
				waiting = waiting[1:]
			}
			return true
		}
		for info, err := range a.Store.List(ctx, a.name, ListOptions{After: after, Sidecars: content}) {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !pass(info.Name()) || !isOrphan(info) && !shows(info) {
				return
			}
			if s := info.Sidecar(); s != nil {
				waiting = waitFor(waiting, s.entry(info.Path()+sidecarSuffix).Info())
			}
		}
		for _, info := range waiting {
			if !shows(info) {
				return
			}
		}
	}
}

func waitFor(waiting []FileInfo, s FileInfo) []FileInfo {
	i, _ := slices.BinarySearchFunc(waiting, s, func(a, b FileInfo) int { return strings.Compare(a.Path(), b.Path()) })
	return slices.Insert(waiting, i, s)
}

// sidecarsBehind returns the sidecars behind a name in a directory whose entries are
// not: those of its own beginnings.
func (a access) sidecarsBehind(ctx context.Context, after string) (behind []FileInfo, err error) {
	own, _, _ := strings.Cut(after, "/") // no entry has one
	for end := range len(own) {
		name := Join(a.name, after[:end+1])
		if after[:end+1]+sidecarSuffix <= after || CheckName(name) != nil {
			continue
		}
		s, err := a.Store.Sidecar(ctx, name, "")
		if err == nil {
			behind = waitFor(behind, s.entry(name+sidecarSuffix).Info())
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, pathError("list", a.name, withoutPath(err))
		}
	}
	return behind, nil
}

// isOrphan reports whether an entry of a listing stands for a sidecar that waits for
// it.
func isOrphan(entry FileInfo) bool { return entry.Mode()&fs.ModeIrregular != 0 }
