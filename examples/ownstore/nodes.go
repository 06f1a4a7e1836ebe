package main

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// nodes are what a store keeps, by name. The sidecar of X is X.meta, which is the name
// of no entry.
type nodes map[string]node

// node is a directory, a file or a sidecar. Its content never changes.
type node struct {
	dir     bool
	content []byte
	modTime time.Time
	tag     string
}

func newFile(content []byte, modTime time.Time) node {
	if modTime.IsZero() {
		modTime = time.Now()
	}
	return node{content: content, modTime: modTime, tag: `"` + rand.Text() + `"`}
}

// about describes a sidecar.
func (n node) about(withContent bool) filestore.Sidecar {
	s := filestore.Sidecar{Size: int64(len(n.content)), ModTime: n.modTime, ETag: n.tag}
	if withContent {
		s.Content = n.content
	}
	return s
}

func (m nodes) has(name string) bool { _, ok := m[name]; return ok }

// entry returns the file or directory with a name.
func (m nodes) entry(name string) (node, error) {
	if !m.has(name) || filestore.IsSidecar(name) {
		return node{}, fs.ErrNotExist
	}
	return m[name], nil
}

// directory returns nil if a directory has the name.
func (m nodes) directory(name string) error {
	n, err := m.entry(name)
	if err == nil && !n.dir {
		err = filestore.ErrNotDirectory
	}
	return err
}

// parent returns nil if something may be made under a name.
func (m nodes) parent(name string) error {
	dir, _ := filestore.Split(name)
	return m.directory(dir)
}

// place checks that what is made may be put under a name. replace tells whether that
// may take the place of an old node; nil: of none.
func (m nodes) place(name string, made nodes, replace func(old node) bool, p filestore.Precondition) error {
	if name == filestore.Root || filestore.IsSidecar(name) {
		return fs.ErrInvalid
	}
	if err := m.parent(name); err != nil {
		return err
	}
	old, err := m.entry(name)
	if err == nil && (replace == nil || !replace(old)) {
		return fs.ErrExist
	}
	if err := p.Check(err == nil, old.tag); err != nil {
		return err
	}
	if _, room := filestore.SidecarName(name); made.has(name+".meta") && !room {
		return filestore.ErrConflict
	}
	for made := range made {
		if filestore.CheckName(made) != nil {
			return fs.ErrInvalid
		}
	}
	return nil
}

// tree returns what has a name, all below it, and its sidecar.
func (m nodes) tree(name string) nodes {
	t := m.below(name)
	for _, name := range []string{name, name + ".meta"} {
		if m.has(name) {
			t[name] = m[name]
		}
	}
	return t
}

// below returns all below a directory.
func (m nodes) below(dir string) nodes {
	b := maps.Clone(m)
	maps.DeleteFunc(b, func(name string, _ node) bool {
		return name == dir || name == filestore.Root || !filestore.Within(name, dir)
	})
	return b
}

func (m nodes) usage() (u filestore.Usage) {
	for _, n := range m {
		u = ledger.Add(u, filestore.Usage{Files: 1, Bytes: int64(len(n.content))})
	}
	return u
}

// fit checks the sizes of files and sidecars that take the place of old ones.
func (m nodes) fit(old nodes, l filestore.Limits) error {
	for name, n := range m {
		check, before := ledger.CheckFile, ledger.None
		if filestore.IsSidecar(name) {
			check = ledger.CheckSidecar
		}
		if o, ok := old[name]; ok {
			before = int64(len(o.content))
		}
		if err := check(before, int64(len(n.content)), l); err != nil {
			return err
		}
	}
	return nil
}

// names returns the names in a directory, of orphans too, in byte order.
func (m nodes) names(dir, after string) []string {
	found := map[string]bool{}
	for name := range m.below(dir) {
		if of, ok := filestore.SidecarOf(name); ok {
			name = of
		}
		if in, last := filestore.Split(name); in == dir && last > after {
			found[last] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// info describes an entry or an orphan.
func (m nodes) info(name string, sidecars bool) filestore.Entry {
	n, ok := m[name]
	e := filestore.Entry{Path: name, Mode: 0o640, Size: int64(len(n.content)), ModTime: n.modTime, ETag: n.tag}
	switch {
	case !ok:
		e.Mode = fs.ModeIrregular
	case n.dir:
		e.Mode = fs.ModeDir | 0o750
	}
	if side, _ := filestore.SidecarName(name); m.has(side) {
		about := m[side].about(sidecars)
		e.Sidecar = &about
	}
	return e
}

// copy adds to made a copy of what has the name from.
func (m nodes) copy(made nodes, from, to string, o filestore.CopyOptions) {
	n, err := m.entry(from)
	if n.dir {
		made[to] = node{dir: true, modTime: time.Now()}
	} else if err == nil {
		made[to] = newFile(n.content, time.Time{})
	}
	var sidecar []byte
	if side, _ := filestore.SidecarName(from); m.has(side) {
		sidecar = append([]byte{}, m[side].content...)
	}
	_, room := filestore.SidecarName(to)
	if o.Sidecar != nil && (sidecar != nil || n.dir && room) {
		if sidecar = o.Sidecar(n.dir, sidecar); sidecar != nil {
			made[to+".meta"] = newFile(bytes.Clone(sidecar), time.Time{})
		}
	}
	for _, last := range m.names(from, "") {
		name := filestore.Join(from, last)
		if !o.Shallow && (o.Skip == nil || !o.Skip(name, m[name].dir)) {
			m.copy(made, name, filestore.Join(to, last), o)
		}
	}
}
