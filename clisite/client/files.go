package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

var _ filestore.FS = (*Storage)(nil)

// info describes an entry.
type info struct {
	path  string
	entry Entry
}

// Name implements [fs.FileInfo].
func (i info) Name() string {
	_, last := filestore.Split(i.path)
	return last
}

// Path implements [filestore.FileInfo].
func (i info) Path() string { return i.path }

// Size implements [fs.FileInfo].
func (i info) Size() int64 { return i.entry.Size }

// Mode implements [fs.FileInfo].
func (i info) Mode() fs.FileMode {
	if i.entry.Directory {
		return fs.ModeDir | 0o750
	}
	return 0o640
}

// ModTime implements [fs.FileInfo], in seconds; zero for directories.
func (i info) ModTime() time.Time { return i.entry.Modified }

// IsDir implements [fs.FileInfo].
func (i info) IsDir() bool { return i.entry.Directory }

// Sys returns what the server has said, an [Entry].
func (i info) Sys() any { return i.entry }

// ETag implements [filestore.FileInfo]. It is a weak one, of size and time.
func (i info) ETag() string {
	if i.entry.Directory {
		return ""
	}
	return fmt.Sprintf(`W/"%x-%x"`, i.entry.Size, i.entry.Modified.Unix())
}

// Sidecar implements [filestore.FileInfo]. Nothing is told: those that the caller may see
// are listed under their own names.
func (i info) Sidecar() *filestore.Sidecar { return nil }

// path is a clean name as commands have it.
func path(name string) string {
	if name == filestore.Root {
		return ""
	}
	return name
}

// check returns why nothing is asked of the server.
func check(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return filestore.CheckName(name)
}

// Stat implements [filestore.FS]. The protocol has no command for it: a file tells its
// size and time with its first byte, and for anything else the directory above is
// listed.
func (s *Storage) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	if err := check(ctx, name); err != nil {
		return nil, pathError("stat", name, err)
	}
	i, err := s.stat(ctx, name)
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return i, nil
}

func (s *Storage) stat(ctx context.Context, name string) (info, error) {
	var told *Error
	if name == filestore.Root {
		_, err := s.GetStorageFileInfo(ctx, "")
		if errors.As(err, &told) { // it is for owners and administrators
			_, err = s.ListStorageFiles(ctx, "")
		}
		return info{name, Entry{Directory: true}}, err
	}
	part, err := s.ReadStorageFile(ctx, name, 0, 1)
	_, last := filestore.Split(name)
	switch {
	case err == nil:
		return info{name, Entry{Name: last, Size: part.Size, Modified: part.Modified}}, nil
	case errors.Is(err, filestore.ErrIsDirectory):
		return info{name, Entry{Name: last, Directory: true}}, nil
	case errors.Is(err, fs.ErrNotExist), !errors.As(err, &told):
		return info{}, err
	}
	dir, _ := filestore.Split(name)
	entries, listErr := s.ListStorageFiles(ctx, path(dir))
	if listErr != nil {
		return info{}, err
	}
	for _, e := range entries {
		if e.Name == last {
			return info{name, e}, nil
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return info{}, err
	}
	return info{}, fs.ErrNotExist
}

// List implements [filestore.FS]. The whole answer is read before the first entry
// comes, so a listing that was cut yields no entry at all, and entries come in byte
// order of their names. A name that no storage can have yields an error in its place.
func (s *Storage) List(ctx context.Context, dir, after string) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		err := check(ctx, dir)
		var entries []Entry
		if err == nil {
			entries, err = s.ListStorageFiles(ctx, path(dir))
		}
		if err != nil {
			yield(nil, pathError("list", dir, err))
			return
		}
		slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
		for _, e := range entries {
			name := filestore.Join(dir, e.Name)
			if e.Name <= after {
				continue
			}
			if strings.Contains(e.Name, "/") || name == filestore.Root || filestore.CheckName(name) != nil {
				if !yield(nil, pathError("list", filestore.Clip(name, 4096), fs.ErrInvalid)) {
					return
				}
				continue
			}
			if !yield(info{name, e}, nil) {
				return
			}
		}
	}
}

// Mkdir implements [filestore.FS]. That the list of the directory above becomes its own
// is for the server to do.
func (s *Storage) Mkdir(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return pathError("mkdir", name, err)
	}
	if name == filestore.Root {
		return pathError("mkdir", name, fs.ErrExist)
	}
	return pathError("mkdir", name, s.MakeStorageDirectory(ctx, name))
}

// demands reports whether a precondition demands something, which no command can have.
func demands(p filestore.Precondition) bool { return p.ETag != "" || p.Exists || p.Absent }

// Remove implements [filestore.FS]. A tree is removed entry by entry, the deepest
// first, which others see; if that fails some of it is gone.
func (s *Storage) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	if err := check(ctx, name); err != nil {
		return pathError("remove", name, err)
	}
	if demands(o.If) {
		return pathError("remove", name, errors.ErrUnsupported)
	}
	err := s.DeleteStorageFile(ctx, path(name))
	var told *Error
	if err == nil || !o.Recursive || !errors.As(err, &told) {
		return pathError("remove", name, err)
	}
	i, statErr := s.stat(ctx, name)
	if statErr != nil || !i.IsDir() || name == filestore.Root {
		return pathError("remove", name, err)
	}
	if err := s.empty(ctx, name, 0); err != nil {
		return err
	}
	return pathError("remove", name, s.DeleteStorageFile(ctx, name))
}

// maxDepth bounds trees, as names have no more segments.
const maxDepth = 100

// empty removes all entries of a directory. Sidecars go with what they belong to, and
// so are removed behind everything else.
func (s *Storage) empty(ctx context.Context, dir string, depth int) error {
	if depth > maxDepth {
		return pathError("remove", dir, fs.ErrInvalid)
	}
	var sidecars []string
	for i, err := range s.List(ctx, dir, "") {
		if err != nil {
			return err
		}
		name := i.Path()
		if !i.IsDir() && filestore.IsSidecar(name) {
			sidecars = append(sidecars, name)
			continue
		}
		if i.IsDir() {
			if err := s.empty(ctx, name, depth+1); err != nil {
				return err
			}
		}
		if err := s.DeleteStorageFile(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return pathError("remove", name, err)
		}
	}
	for _, name := range sidecars {
		if err := s.DeleteStorageFile(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return pathError("remove", name, err)
		}
	}
	return nil
}

// Attributes implements [filestore.FS].
func (s *Storage) Attributes(ctx context.Context, name string) ([]meta.Attribute, error) {
	err := check(ctx, name)
	if err != nil || name == filestore.Root {
		return nil, pathError("attributes", name, err)
	}
	all, err := s.ReadStorageFileAttr(ctx, name)
	return all, pathError("attributes", name, err)
}

// SetAttributes implements [filestore.FS]. The attributes are read, changed here, and
// those that are then different are sent by one command. So what others change at the
// same time in other attributes stays, and of one attribute the last change counts.
func (s *Storage) SetAttributes(ctx context.Context, name string, changes ...meta.Change) error {
	err := check(ctx, name)
	switch {
	case err != nil:
	case name == filestore.Root:
		err = filestore.ErrReserved
	case filestore.IsSidecar(name):
		err = filestore.ErrConflict
	}
	var old []meta.Attribute
	if err == nil {
		old, err = s.ReadStorageFileAttr(ctx, name)
	}
	var sent []string
	if err == nil {
		sent, err = difference(old, changes)
	}
	if err == nil && len(sent) > 0 {
		err = s.UpdateStorageFileAttr(ctx, name, sent...)
	}
	return pathError("set attributes", name, err)
}

// Usage implements [filestore.FS].
func (s *Storage) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	if err := check(ctx, dir); err != nil {
		return filestore.Usage{}, pathError("usage", dir, err)
	}
	u, err := s.GetStorageFileInfo(ctx, path(dir))
	return u, pathError("usage", dir, err)
}

// Limits implements [filestore.FS], by the settings in effect for the account. Those
// that the server does not name have no limit.
func (s *Storage) Limits(ctx context.Context) (filestore.Limits, error) {
	if err := ctx.Err(); err != nil {
		return filestore.Limits{}, pathError("limits", filestore.Root, err)
	}
	settings, err := s.Client.GetAccountEffectiveSettings(ctx, s.Account)
	if err != nil {
		return filestore.Limits{}, pathError("limits", filestore.Root, err)
	}
	l := filestore.Limits{}
	for _, each := range []struct {
		key   string
		limit *int64
	}{{"MaxWebFiles", &l.Files}, {"MaxWebSize", &l.Bytes}, {"MaxFileSize", &l.FileSize}} {
		*each.limit = filestore.Unlimited
		v, ok := settings.Get(each.key)
		if !ok {
			continue
		}
		var n cgpdata.Size // that of a count, too: it has no suffix
		if err := n.UnmarshalText([]byte(textOf(v))); err != nil {
			return filestore.Limits{}, pathError("limits", filestore.Root, fmt.Errorf("%w: %s is no limit", ErrProtocol, each.key))
		}
		if n != cgpdata.Unlimited {
			*each.limit = int64(n)
		}
	}
	return l, nil
}

// textOf returns the text of a string or a number.
func textOf(v cgpdata.Value) string {
	if n, ok := v.Int(); ok {
		return fmt.Sprint(n)
	}
	return v.Text()
}
