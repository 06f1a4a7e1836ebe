package filestore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"
)

// unnamed is the name of the skin without a name (CommuniGate Pro Guide, File
// Storage, "Virtual Files and Folders").
const unnamed = "$unnamed$"

// skins shows a store of skins: every directory at its top is a skin, and the
// files there are in the directory unnamed. A real entry of that name is not
// there.
type skins struct{ lockingStore }

// shown tells what a name stands for in the store; fs.ErrNotExist if it can
// stand for nothing.
func (s skins) shown(ctx context.Context, name string) (string, error) {
	first, rest, below := strings.Cut(name, "/")
	inside := first == unnamed
	switch {
	case name == Root, inside && !below:
		return Root, nil
	case inside && strings.Contains(rest, "/"):
		return "", fs.ErrNotExist
	case inside:
		name = rest
	case below:
		return name, nil
	}
	info, err := s.Store.Stat(ctx, name)
	if err == nil && info.IsDir() == inside {
		err = fs.ErrNotExist
	}
	return name, err
}

// made is shown for something new: a file in the skin without a name, or
// anything in another one. That is a directory, and the one without has none.
func (s skins) made(name string, directory bool) (string, error) {
	first, rest, below := strings.Cut(name, "/")
	switch {
	case first == unnamed && (!below || directory), first != unnamed && !below && !directory:
		return "", ErrReserved
	case first == unnamed && strings.Contains(rest, "/"):
		return "", fs.ErrNotExist
	case first == unnamed:
		return rest, nil
	}
	return name, nil
}

// fail makes an error about a name as it is shown.
func (s skins) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	err = withoutPath(err)
	var locked *LockedError
	if errors.As(err, &locked) {
		err = &LockedError{shownRoot(name, locked.Name)}
	}
	return pathError(op, name, err)
}

// shownRoot returns the root of a lock in the way of a change to name, as it is shown:
// to what is in the skin without a name, a lock at the top of the store is one there.
func shownRoot(name, root string) string {
	if strings.HasPrefix(name, unnamed+"/") && root != Root && !strings.Contains(root, "/") {
		return Join(unnamed, root)
	}
	return root
}

// skinUpload is an upload under the name by which it is shown.
type skinUpload struct {
	Upload
	s    skins
	name string
}

func (u skinUpload) Commit() (FileInfo, error) {
	info, err := u.Upload.Commit()
	if err != nil {
		return nil, u.s.fail("commit", u.name, err)
	}
	return renamedInfo{info, u.name}, nil
}

func (s skins) Stat(ctx context.Context, name string) (FileInfo, error) {
	real, err := s.shown(ctx, name)
	var info FileInfo
	if err == nil {
		info, err = s.Store.Stat(ctx, real)
	}
	if err != nil {
		return nil, s.fail("stat", name, err)
	}
	return renamedInfo{info, name}, nil
}

func (s skins) Open(ctx context.Context, name string) (File, error) {
	real, err := s.shown(ctx, name)
	var f File
	if err == nil {
		f, err = s.Store.Open(ctx, real)
	}
	if err != nil {
		return nil, s.fail("open", name, err)
	}
	return f, nil
}

func (s skins) List(ctx context.Context, dir string, o ListOptions) iter.Seq2[FileInfo, error] {
	return func(yield func(FileInfo, error) bool) {
		real, err := s.shown(ctx, dir)
		var first FileInfo // the skin without a name, until it has come
		if err == nil && dir == Root && o.After < unnamed {
			first, err = s.Stat(ctx, unnamed)
		}
		if err != nil {
			yield(nil, s.fail("list", dir, err))
			return
		}
		for info, err := range s.Store.List(ctx, real, o) {
			switch {
			case err != nil:
				name := dir
				if entry, ok := entryOf(err, real); ok {
					name = Join(dir, entry)
				}
				info, err = nil, s.fail("list", name, err)
			case real == Root && (info.Name() == unnamed || info.IsDir() != (dir == Root)):
				continue
			default:
				info = renamedInfo{info, Join(dir, info.Name())}
				if first != nil && first.Name() < info.Name() {
					if !yield(first, nil) {
						return
					}
					first = nil
				}
			}
			if !yield(info, err) {
				return
			}
		}
		if first != nil {
			yield(first, nil)
		}
	}
}

func (s skins) Create(ctx context.Context, name string, o CreateOptions, l Limits) (Upload, error) {
	real, err := s.made(name, false)
	var u Upload
	if err == nil {
		u, err = s.Store.Create(ctx, real, o, l)
	}
	if err != nil {
		return nil, s.fail("create", name, err)
	}
	shown := skinUpload{u, s, name}
	if from, ok := u.(io.ReaderFrom); ok {
		return fastUpload{shown, from.ReadFrom}, nil
	}
	return shown, nil
}

func (s skins) Mkdir(ctx context.Context, name string, o MkdirOptions, l Limits) error {
	real, err := s.made(name, true)
	if err == nil {
		err = s.Store.Mkdir(ctx, real, o, l)
	}
	return s.fail("mkdir", name, err)
}

func (s skins) Remove(ctx context.Context, name string, o RemoveOptions) error {
	real, err := s.moved(ctx, name)
	if err == nil {
		err = s.Store.Remove(ctx, real, o)
	}
	return s.fail("remove", name, err)
}

// moved is shown for something that is to go away.
func (s skins) moved(ctx context.Context, name string) (string, error) {
	if name == unnamed {
		return "", ErrReserved
	}
	return s.shown(ctx, name)
}

func (s skins) Rename(ctx context.Context, from, to string, o RenameOptions) error {
	return s.transfer(ctx, "rename", from, to, func(from, to string) error { return s.Store.Rename(ctx, from, to, o) })
}

func (s skins) Copy(ctx context.Context, from, to string, o CopyOptions, l Limits) error {
	return s.transfer(ctx, "copy", from, to, func(from, to string) error { return s.Store.Copy(ctx, from, to, o, l) })
}

func (s skins) transfer(ctx context.Context, op, from, to string, do func(from, to string) error) error {
	source, err := s.moved(ctx, from)
	if err != nil {
		return s.fail(op, from, err)
	}
	info, err := s.Store.Stat(ctx, source)
	if err != nil {
		return s.fail(op, from, err)
	}
	target, err := s.made(to, info.IsDir())
	if err != nil {
		return s.fail(op, to, err)
	}
	err = do(source, target)
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == target {
		return s.fail(op, to, err)
	}
	return s.fail(op, from, err)
}

func (s skins) Usage(ctx context.Context, dir string) (u Usage, err error) {
	if dir == unnamed {
		for info, err := range s.List(ctx, dir, ListOptions{}) {
			if err != nil {
				return Usage{}, s.fail("usage", dir, err)
			}
			if !isOrphan(info) {
				u.Files++
				u.Bytes += info.Size()
			}
			if side := info.Sidecar(); side != nil {
				u.Files++
				u.Bytes += side.Size
			}
		}
		return u, nil
	}
	real, err := s.shown(ctx, dir)
	if err == nil {
		u, err = s.Store.Usage(ctx, real)
	}
	if err == nil && dir == Root {
		u.Files++ // unnamed is shown, and not stored
	}
	return u, s.fail("usage", dir, err)
}

func (s skins) Sidecar(ctx context.Context, name, known string) (Sidecar, error) {
	real, err := s.described(ctx, name)
	var side Sidecar
	if err == nil {
		side, err = s.Store.Sidecar(ctx, real, known)
	}
	return side, s.fail("read sidecar", name, err)
}

func (s skins) SetSidecar(ctx context.Context, name string, content []byte, o SidecarOptions, l Limits) (Sidecar, error) {
	real, err := s.described(ctx, name)
	if errors.Is(err, fs.ErrNotExist) && !strings.Contains(name, "/") && content != nil {
		err = ErrReserved // beside the skins there are no files
	}
	var side Sidecar
	if err == nil {
		side, err = s.Store.SetSidecar(ctx, real, content, o, l)
	}
	return side, s.fail("set sidecar", name, err)
}

// described is shown for the sidecar of a name. In the skin without a name one may
// wait for its file.
func (s skins) described(ctx context.Context, name string) (string, error) {
	file, inside := strings.CutPrefix(name, unnamed+"/")
	if !inside || strings.Contains(file, "/") {
		return s.shown(ctx, name)
	}
	info, err := s.Store.Stat(ctx, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err == nil && info.IsDir():
		return "", fs.ErrNotExist
	}
	return file, err
}

func (s skins) Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (Lock, error) {
	return s.lock(ctx, "lock", name, func(real string) (Lock, error) { return s.lockingStore.Lock(ctx, real, l, timeout) })
}

func (s skins) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (Lock, error) {
	return s.lock(ctx, "refresh lock", name, func(real string) (Lock, error) {
		return s.lockingStore.RefreshLock(ctx, real, token, owner, timeout)
	})
}

func (s skins) Unlock(ctx context.Context, name, token, owner string) error {
	_, err := s.lock(ctx, "unlock", name, func(real string) (Lock, error) {
		return Lock{}, s.lockingStore.Unlock(ctx, real, token, owner)
	})
	return err
}

func (s skins) lock(ctx context.Context, op, name string, do func(real string) (Lock, error)) (Lock, error) {
	real, err := s.locked(name)
	var l Lock
	if err == nil {
		l, err = do(real)
	}
	if err != nil {
		return Lock{}, s.fail(op, name, err)
	}
	if l.Name == real {
		l.Name = name // of which nothing need be there
		return l, nil
	}
	return s.shownLock(ctx, l), nil
}

func (s skins) Locks(ctx context.Context, name string, below bool) ([]Lock, error) {
	real, err := s.locked(name)
	var locks []Lock
	if err == nil {
		locks, err = s.lockingStore.Locks(ctx, real, below)
	}
	for i := range locks {
		locks[i] = s.shownLock(ctx, locks[i])
	}
	return locks, s.fail("locks", name, err)
}

// locked is shown for a lock, of which nothing need be there.
func (s skins) locked(name string) (string, error) {
	file, inside := strings.CutPrefix(name, unnamed+"/")
	switch {
	case name == unnamed:
		return Root, nil
	case inside && strings.Contains(file, "/"):
		return "", fs.ErrNotExist
	case inside:
		return file, nil
	}
	return name, nil
}

// shownLock gives a lock the name by which it is shown: what is no directory at the
// top is in the skin without a name.
func (s skins) shownLock(ctx context.Context, l Lock) Lock {
	if l.Name == "" || l.Name == Root || strings.Contains(l.Name, "/") {
		return l
	}
	if info, err := s.Store.Stat(ctx, l.Name); err != nil || !info.IsDir() {
		l.Name = Join(unnamed, l.Name)
	}
	return l
}

// renamedInfo is an entry under another name.
type renamedInfo struct {
	FileInfo
	path string
}

func (i renamedInfo) Path() string { return i.path }

func (i renamedInfo) Name() string {
	_, last := Split(i.path)
	return last
}
