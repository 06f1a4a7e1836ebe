package memstore

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// node is a file, a directory or a sidecar. The content of a file or sidecar never
// changes: new content is a new node.
type node struct {
	entries  map[string]*node // not nil in directories
	sidecars map[string]*node // of the entries, and of what is not there, by their names
	content  []byte
	modTime  time.Time
	version  uint64
}

func newDir() *node {
	return &node{entries: map[string]*node{}, sidecars: map[string]*node{}, modTime: time.Now()}
}

// newFile returns a file that keeps content. Callers hold s.mu.
func (s *Store) newFile(content []byte) *node {
	s.last++
	return &node{content: content, modTime: time.Now(), version: s.last}
}

func (n *node) dir() bool { return n.entries != nil }

func (n *node) size() int64 { return int64(len(n.content)) }

// oldSize is the size of what makes way for something.
func (n *node) oldSize() int64 {
	if n == nil {
		return ledger.None
	}
	return n.size()
}

// tag is the entity tag; "" for nothing and for a directory.
func (n *node) tag() string {
	if n == nil || n.dir() {
		return ""
	}
	return fmt.Sprintf(`"%x"`, n.version)
}

// about describes a sidecar; nil is none.
func (n *node) about(withContent bool) *filestore.Sidecar {
	if n == nil {
		return nil
	}
	s := &filestore.Sidecar{Size: n.size(), ModTime: n.modTime, ETag: n.tag()}
	if withContent {
		s.Content = n.content
	}
	return s
}

// info describes an entry; nil is what a sidecar waits for.
func (n *node) info(name string, side *filestore.Sidecar) filestore.FileInfo {
	return n.entry(name, side).Info()
}

func (n *node) entry(name string, side *filestore.Sidecar) filestore.Entry {
	switch {
	case n == nil:
		return filestore.Entry{Path: name, Mode: fs.ModeIrregular, Sidecar: side}
	case n.dir():
		return filestore.Entry{Path: name, Mode: fs.ModeDir | 0o750, ModTime: n.modTime, Sidecar: side}
	}
	return filestore.Entry{Path: name, Mode: 0o640, Size: n.size(), ModTime: n.modTime, ETag: n.tag(), Sidecar: side}
}

// names returns the names of entries and orphans behind a name, in byte order.
func (n *node) names(after string) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(n.entries)), maps.Keys(n.sidecars))
	names = slices.DeleteFunc(names, func(name string) bool { return name <= after })
	slices.Sort(names)
	return slices.Compact(names)
}

// all returns the entries and sidecars of a directory.
func (n *node) all() []*node {
	return slices.AppendSeq(slices.Collect(maps.Values(n.entries)), maps.Values(n.sidecars))
}

// below counts what is below a directory; a file has nothing below it.
func (n *node) below() filestore.Usage {
	var u filestore.Usage
	for _, e := range n.all() {
		u = ledger.Add(u, e.usage())
	}
	return u
}

// usage counts n and all below it; nil counts as nothing.
func (n *node) usage() filestore.Usage {
	if n == nil {
		return filestore.Usage{}
	}
	return ledger.Add(filestore.Usage{Files: 1, Bytes: n.size()}, n.below())
}

// largest returns the size of the largest file or sidecar in a tree.
func (n *node) largest() int64 {
	if n == nil {
		return 0
	}
	size := n.size()
	for _, e := range n.all() {
		size = max(size, e.largest())
	}
	return size
}

// fits reports whether n, standing under name, has only valid names below.
func (n *node) fits(name string) bool {
	for last, e := range n.entries {
		entry := filestore.Join(name, last)
		if filestore.CheckName(entry) != nil || !e.fits(entry) {
			return false
		}
	}
	for last := range n.sidecars {
		if _, ok := filestore.SidecarName(filestore.Join(name, last)); !ok {
			return false
		}
	}
	return true
}

// lookup finds a node. There is nothing below a file. Callers hold s.mu.
func (s *Store) lookup(name string) (*node, error) {
	n := s.root
	if name == filestore.Root {
		return n, nil
	}
	for segment := range strings.SplitSeq(name, "/") {
		if n = n.entries[segment]; n == nil {
			return nil, fs.ErrNotExist
		}
	}
	return n, nil
}

func (s *Store) lookupDir(name string) (*node, error) {
	n, err := s.lookup(name)
	if err == nil && !n.dir() {
		return nil, filestore.ErrNotDirectory
	}
	return n, err
}

// place finds the directory that holds or will hold name. Callers hold s.mu.
func (s *Store) place(name string) (parent *node, last string, err error) {
	dir, last := filestore.Split(name)
	parent, err = s.lookupDir(dir)
	return parent, last, err
}

// sidecar returns the sidecar of name, or nil. Callers hold s.mu.
func (s *Store) sidecar(name string) *node {
	parent, last, err := s.place(name)
	if err != nil {
		return nil
	}
	return parent.sidecars[last]
}

// put stores n, with this sidecar or none, under a name. Callers hold s.mu, and have
// counted it.
func (s *Store) put(name string, n, side *node) {
	parent, last, err := s.place(name)
	if err != nil {
		return
	}
	parent.entries[last] = n
	if side != nil {
		parent.sidecars[last] = side
	} else {
		delete(parent.sidecars, last)
	}
}

// drop takes name and its sidecar, if they exist, out of the tree, and returns what
// is less then. Callers hold s.mu.
func (s *Store) drop(name string) filestore.Usage {
	parent, last, err := s.place(name)
	if err != nil {
		return filestore.Usage{}
	}
	less := ledger.Add(parent.entries[last].usage(), parent.sidecars[last].usage())
	delete(parent.entries, last)
	delete(parent.sidecars, last)
	return less
}

// clone returns a copy for the name to of the tree under name, or only of its top.
// Callers hold s.mu.
func (s *Store) clone(n *node, name, to string, o filestore.CopyOptions) *node {
	if !n.dir() {
		return s.newFile(n.content)
	}
	c := newDir()
	if o.Shallow {
		return c
	}
	for _, last := range n.names("") {
		path, target, e := filestore.Join(name, last), filestore.Join(to, last), n.entries[last]
		directory := e != nil && e.dir()
		if o.Skip != nil && o.Skip(path, directory) {
			continue
		}
		if e != nil {
			c.entries[last] = s.clone(e, path, target, o)
		}
		if side := s.cloneSidecar(n.sidecars[last], directory, target, o.Sidecar); side != nil {
			c.sidecars[last] = side
		}
	}
	return c
}

// cloneSidecar returns the sidecar of a copy with the name to of what has the sidecar
// n, or none; nil for one that is left out. Callers hold s.mu.
func (s *Store) cloneSidecar(n *node, directory bool, to string, becomes filestore.SidecarFunc) *node {
	var content []byte
	if n != nil && n.size() <= filestore.MaxSidecarBytes {
		content = append([]byte{}, n.content...) // never nil
	}
	_, room := filestore.SidecarName(to)
	if becomes == nil || content == nil && !(directory && room) {
		return nil
	}
	if content = becomes(directory, content); content == nil {
		return nil
	}
	return s.newFile(bytes.Clone(content))
}
