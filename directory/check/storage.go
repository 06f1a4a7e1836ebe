// Package check looks for faults in storages, for [directory.Base.Check].
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
	"github.com/cgpkit/cgpkit/meta"
)

// Storage goes through the storage of an account and yields what an administrator ought
// to know, in the same order whenever the same is found:
//
//   - storages that hold more than their limits;
//   - storages and directories in them that this process cannot change, and those
//     whose usage is written down wrong, which mends itself when they are used;
//   - names that nobody can reach or that are reserved, links and special files,
//     sidecars without their file and such as cannot be read.
//
// It opens files for reading only, and no Store. Links are followed down to the storage,
// never in it. It keeps in memory what is wrong in one directory, and the names of the
// directories in it. When ctx ends so does the walk.
//
// Source: our choice.
func Storage(ctx context.Context, at directory.Storage) iter.Seq[directory.Finding] {
	return func(yield func(directory.Finding) bool) {
		s := storage{Storage: at, yield: yield, probe: newProbe()}
		s.check(ctx)
	}
}

// storage is a walk through one storage. It counts what a Store counts.
type storage struct {
	directory.Storage
	yield   func(directory.Finding) bool
	stopped bool // yield wants no more
	probe   *filestore.View
	used    filestore.Usage
	found   []directory.Finding // in the directory that is being read
	fixed   bool                // nothing can be changed: that is reported once
}

func (s *storage) report(path, format string, args ...any) {
	if !s.stopped {
		s.stopped = !s.yield(directory.Finding{Path: path, Text: fmt.Sprintf(format, args...)})
	}
}

// done reports whether the walk is to end.
func (s *storage) done(ctx context.Context) bool { return s.stopped || ctx.Err() != nil }

func (s *storage) check(ctx context.Context) {
	if _, err := os.Lstat(s.Dir); errors.Is(err, fs.ErrNotExist) {
		if err := hostfile.Changeable(filepath.Dir(s.Dir)); s.Create && err != nil {
			s.report(s.Path, "cannot be made: %v", err)
		}
		return
	}
	root, err := openRoot(s.Dir)
	if err != nil {
		s.report(s.Path, "storage cannot be opened: %v", hostfile.WithoutPath(err))
		return
	}
	defer root.Close()
	if err := changeable(s.Dir); err != nil {
		s.fixed = true
		s.report(s.Path, "cannot be changed: %v", err)
	}
	recorded, when, _ := dirstore.Recorded(s.Dir)
	s.dir(ctx, root, filestore.Root, false)
	if s.done(ctx) {
		return
	}
	if again, written, _ := dirstore.Recorded(s.Dir); !when.IsZero() && written.Equal(when) && again == recorded && again != s.used {
		s.report(s.Path, "holds %d files and directories and %d bytes, and %d and %d are written down", s.used.Files, s.used.Bytes, again.Files, again.Bytes)
	}
	if most := s.Limits.Files; s.used.Files > most {
		s.report(s.Path, "holds %d files and directories, MaxWebFiles allows %d", s.used.Files, most)
	}
	if most := s.Limits.Bytes; s.used.Bytes > most {
		s.report(s.Path, "holds %d bytes, MaxWebSize allows %d", s.used.Bytes, most)
	}
}

// changeable returns nil if a Store could change a storage: what is at its top,
// and its state directory. What is missing has to be made beside it.
func changeable(web string) error {
	root, err := hostfile.Resolve(web)
	if err != nil {
		return hostfile.WithoutPath(err)
	}
	for _, dir := range []string{root, root + ".state"} {
		err := hostfile.Changeable(dir)
		if errors.Is(err, fs.ErrNotExist) {
			err = hostfile.Changeable(filepath.Dir(root))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openRoot opens a directory, or what links to one. Opening a pipe would wait for
// its other end.
func openRoot(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// at returns the path of a name in the storage.
func (s *storage) at(name string) string {
	if name == filestore.Root {
		return s.Path
	}
	return s.Path + "/" + name
}

func (s *storage) note(name, text string) {
	s.found = append(s.found, directory.Finding{Path: s.at(name), Text: text})
}

// dir looks at a directory, which is opened as root. Below a reserved name it only
// counts: all that stands there has the same fault.
func (s *storage) dir(ctx context.Context, root *os.Root, dir string, reserved bool) {
	s.found = nil
	var below []string // directories, to be looked at next
	quiet := map[string]bool{}
	err := eachEntry(root, func(e fs.DirEntry) bool {
		name := filestore.Join(dir, e.Name())
		if filestore.CheckName(name) != nil {
			s.note(name, "impossible name: nobody can reach it")
			return !s.done(ctx)
		}
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			s.note(name, "symbolic link: it is not followed")
			return !s.done(ctx)
		case e.IsDir():
			below = append(below, e.Name())
		case e.Type().IsRegular():
			if info, err := root.Lstat(e.Name()); err == nil {
				s.used.Bytes += info.Size()
			}
		default:
			s.note(name, "neither a file nor a directory")
			return !s.done(ctx)
		}
		s.used.Files++
		switch {
		case reserved:
		case !s.storable(ctx, name, e.IsDir()):
			s.note(name, "reserved name: it could not be stored")
			quiet[e.Name()] = true
		case filestore.IsSidecar(name):
			s.sidecar(root, name)
		}
		return !s.done(ctx)
	})
	if err != nil {
		s.note(dir, "cannot be read: "+hostfile.WithoutPath(err).Error())
	}
	if err := hostfile.Changeable(root.Name()); err != nil && dir != filestore.Root && !s.fixed {
		s.note(dir, "cannot be changed: "+err.Error())
	}
	slices.SortFunc(s.found, func(a, b directory.Finding) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range s.found {
		s.report(f.Path, "%s", f.Text)
	}
	slices.Sort(below)
	for _, last := range below {
		if s.done(ctx) {
			return
		}
		s.subdir(ctx, root, filestore.Join(dir, last), reserved || quiet[last])
	}
}

func (s *storage) subdir(ctx context.Context, parent *os.Root, dir string, reserved bool) {
	_, last := filestore.Split(dir)
	root, err := parent.OpenRoot(last)
	if errors.Is(err, fs.ErrNotExist) {
		return // gone meanwhile
	}
	if err != nil {
		s.report(s.at(dir), "cannot be read: %v", hostfile.WithoutPath(err))
		return
	}
	defer root.Close()
	s.dir(ctx, root, dir, reserved)
}

// eachEntry calls visit for what is in root, until it returns false.
func eachEntry(root *os.Root, visit func(fs.DirEntry) bool) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	const batch = 256
	for {
		entries, err := f.ReadDir(batch)
		for _, e := range entries {
			if !visit(e) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sidecar looks at a sidecar in root.
func (s *storage) sidecar(root *os.Root, name string) {
	_, last := filestore.Split(name)
	owner := strings.TrimSuffix(last, ".meta")
	if info, err := root.Lstat(owner); err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		s.note(name, "sidecar without its file")
		return
	}
	if info, err := root.Lstat(last); err != nil || !info.Mode().IsRegular() { // gone meanwhile, or a pipe by now
		return
	}
	f, err := root.Open(last)
	if err == nil {
		defer f.Close()
		var src []byte
		if src, err = io.ReadAll(io.LimitReader(f, filestore.MaxSidecarBytes+1)); err == nil {
			_, err = meta.Parse(src)
		}
	}
	if err != nil { // which may quote a share key
		s.note(name, "sidecar cannot be read: it grants nothing")
	}
}

// storable reports whether the owner of a storage could give this name to
// something new. The View decides about that, so it is asked, with a storage
// that has no room.
func (s *storage) storable(ctx context.Context, name string, directory bool) bool {
	var err error
	if directory {
		err = s.probe.Mkdir(ctx, name)
	} else {
		_, err = s.probe.Create(ctx, name, filestore.CreateOptions{Size: 1})
	}
	return !errors.Is(err, fs.ErrPermission)
}

// newProbe returns a view of a storage in which nothing has room, for its owner.
func newProbe() *filestore.View {
	const owner = "owner@check.invalid"
	server := probe{account: filestore.Account{Address: owner, WebSite: true}, files: memstore.New()}
	return filestore.NewViews(server, server, nil).View(filestore.Caller{Account: owner}, owner)
}

// probe is a mail server with one account, where nobody logs in.
type probe struct {
	filestore.Directory
	account filestore.Account
	files   filestore.Store
}

func (p probe) Store(context.Context, string) (filestore.Store, error) { return p.files, nil }

func (p probe) Account(context.Context, string) (filestore.Account, error) { return p.account, nil }

func (p probe) Role(context.Context, filestore.Caller, string) (filestore.Role, error) {
	return filestore.Owner, nil
}
