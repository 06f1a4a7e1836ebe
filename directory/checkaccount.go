package directory

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
	"github.com/cgpkit/cgpkit/meta"
)

// entry looks at something in a directory where accounts stand: the domain's own
// or one of folders.
func (c *checker) entry(ctx context.Context, d *domain, defaults level, folders []string, path string) {
	dir, last := filepath.Split(path)
	if stored, ok := accountOf(last); ok {
		name := strings.ToLower(stored)
		found, here := c.locate(d, name, c.now), c.placeIn(dir, stored)
		switch {
		case here == nil:
			c.report(c.relative(path), "not what its name says: it is no account")
		case here.proof != path: // another file of the same account
		case !validAccount(name):
			c.report(c.relative(path), "no name of an account: it cannot be found")
		case found != nil && !samePlace(found.proof, path):
			c.report(c.relative(path), "hidden by %q, which has the same name", c.relative(found.proof))
		default:
			c.account(ctx, defaults, here)
		}
		return
	}
	name, web := strings.CutSuffix(last, ".web")
	switch ext := filepath.Ext(last); {
	case web && name != "" && isDirectory(path) && c.placeIn(dir, name) == nil:
		c.report(c.relative(path), "storage without an account")
	case (ext == ".sub" || ext == ".mnt") && isDirectory(path) && !slices.Contains(folders, path):
		c.report(c.relative(path), "accounts are not looked for in here")
	}
}

// account looks at an account and its storage.
func (c *checker) account(ctx context.Context, defaults level, p *place) {
	own, err := checkFile(c, readAccountSettings, p.settings.path)
	_, _ = checkFile(c, readPreferences, p.prefs.path)
	server, serverErr := c.defaults.get(c.now)
	levels := []level{{own.own, err}, defaults, {server.accounts, serverErr}}
	if reason := c.passwords.Unchecked(c.passwordOf(levels)); reason != "" {
		c.report(c.relative(p.settings.path), "nobody can log in: %s", reason)
		c.unchecked++
	}

	web := c.relative(p.web)
	if _, err := os.Lstat(p.web); errors.Is(err, fs.ErrNotExist) {
		if err := hostfile.Changeable(filepath.Dir(p.web)); p.create && err != nil {
			c.report(web, "cannot be made: %v", err)
		}
		return
	}
	root, err := openRoot(p.web)
	if err != nil {
		c.report(web, "storage cannot be opened: %v", hostfile.WithoutPath(err))
		return
	}
	defer root.Close()
	s := &storageCheck{checker: c, path: web}
	if err := changeable(p.web); err != nil {
		s.fixed = true
		c.report(web, "cannot be changed: %v", err)
	}
	recorded, when, _ := dirstore.Recorded(p.web)
	s.dir(ctx, root, filestore.Root, false)
	if c.done(ctx) {
		return
	}
	if again, written, _ := dirstore.Recorded(p.web); !when.IsZero() && written.Equal(when) && again == recorded && again != s.used {
		c.report(web, "holds %d files and directories and %d bytes, and %d and %d are written down", s.used.Files, s.used.Bytes, again.Files, again.Bytes)
	}
	if most := limit(ParseCount, maxWebFiles, levels); s.used.Files > most {
		c.report(web, "holds %d files and directories, %s allows %d", s.used.Files, maxWebFiles, most)
	}
	if most := limit(ParseSize, maxWebSize, levels); s.used.Bytes > most {
		c.report(web, "holds %d bytes, %s allows %d", s.used.Bytes, maxWebSize, most)
	}
}

// changeable returns nil if a Store could change a storage: what is at its top,
// and its state directory. What is missing has to be made beside it.
func changeable(web string) error {
	root, err := resolve(web)
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

// storageCheck is a walk through one storage. It counts what a Store counts.
type storageCheck struct {
	*checker
	path  string // of the storage, relative to the base directory
	used  filestore.Usage
	found []Finding // in the directory that is being read
	fixed bool      // nothing can be changed: that is reported once
}

// at returns the path of a name in the storage.
func (s *storageCheck) at(name string) string {
	if name == filestore.Root {
		return s.path
	}
	return s.path + "/" + name
}

func (s *storageCheck) note(name, text string) {
	s.found = append(s.found, Finding{s.at(name), text})
}

// dir looks at a directory, which is opened as root. Below a reserved name it only
// counts: all that stands there has the same fault.
func (s *storageCheck) dir(ctx context.Context, root *os.Root, dir string, reserved bool) {
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
	slices.SortFunc(s.found, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
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

func (s *storageCheck) subdir(ctx context.Context, parent *os.Root, dir string, reserved bool) {
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
func (s *storageCheck) sidecar(root *os.Root, name string) {
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
func (c *checker) storable(ctx context.Context, name string, directory bool) bool {
	var err error
	if directory {
		err = c.probe.Mkdir(ctx, name)
	} else {
		_, err = c.probe.Create(ctx, name, filestore.CreateOptions{Size: 1})
	}
	return !errors.Is(err, fs.ErrPermission)
}

// newProbe returns a view of a storage in which nothing has room, for its owner.
func newProbe() *filestore.View {
	const owner = "owner@check.invalid"
	return filestore.NewView(probe{filestore.Account{Address: owner, Store: memstore.New(), WebSite: true}}, filestore.Caller{Account: owner}, owner)
}

// probe is a mail server with one account.
type probe struct{ account filestore.Account }

func (p probe) Account(context.Context, string) (filestore.Account, error) { return p.account, nil }

func (p probe) Role(context.Context, filestore.Caller, string) (filestore.Role, error) {
	return filestore.Owner, nil
}
