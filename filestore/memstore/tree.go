package memstore

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// node is a file or a directory. The content of a file never changes: new
// content is a new node.
type node struct {
	entries map[string]*node // not nil in directories
	content []byte
	modTime time.Time
	version uint64
}

func newDir() *node {
	return &node{entries: map[string]*node{}, modTime: time.Now()}
}

// newFile returns a file that keeps content. Callers hold s.mu.
func (s *Store) newFile(content []byte) *node {
	s.last++
	return &node{content: content, modTime: time.Now(), version: s.last}
}

func (n *node) dir() bool { return n.entries != nil }

func (n *node) size() int64 { return int64(len(n.content)) }

func (n *node) info(name string) filestore.FileInfo {
	if n.dir() {
		return info{path: name, dir: true, modTime: n.modTime}
	}
	return info{path: name, size: n.size(), modTime: n.modTime, etag: fmt.Sprintf(`"%x"`, n.version)}
}

// below counts what is below a directory; a file has nothing below it.
func (n *node) below() filestore.Usage {
	var u filestore.Usage
	for _, e := range n.entries {
		u = add(u, e.usage())
	}
	return u
}

// usage counts n and all below it; nil counts as nothing.
func (n *node) usage() filestore.Usage {
	if n == nil {
		return filestore.Usage{}
	}
	return add(filestore.Usage{Files: 1, Bytes: n.size()}, n.below())
}

// largest returns the size of the largest file in a tree.
func (n *node) largest() int64 {
	size := n.size()
	for _, e := range n.entries {
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
	side, ok := filestore.SidecarName(name)
	if !ok {
		return nil
	}
	n, err := s.lookup(side)
	if err != nil || n.dir() {
		return nil
	}
	return n
}

// clone copies the tree under name, or only its top. Callers hold s.mu.
func (s *Store) clone(n *node, name string, o filestore.CopyOptions, attributes filestore.SidecarFunc) *node {
	if !n.dir() {
		return s.newFile(n.content)
	}
	c := newDir()
	if o.Shallow {
		return c
	}
	for last, e := range n.entries {
		path := filestore.Join(name, last)
		if o.Skip != nil && o.Skip(path, e.dir()) {
			continue
		}
		if of, ok := filestore.SidecarOf(last); ok {
			if n.entries[of] != nil {
				continue // it comes with what it belongs to
			}
			if side := s.cloneSidecar(e, false, attributes); side != nil {
				c.entries[last] = side
			}
			continue
		}
		c.entries[last] = s.clone(e, path, o, attributes)
		if side, ok := filestore.SidecarName(last); ok {
			if content := s.cloneSidecar(n.entries[side], e.dir(), attributes); content != nil {
				c.entries[side] = content
			}
		}
	}
	return c
}

// cloneSidecar returns the sidecar of the copy of a file or a directory whose
// sidecar is n; nil for one that is left out. Callers hold s.mu.
func (s *Store) cloneSidecar(n *node, directory bool, attributes filestore.SidecarFunc) *node {
	var content []byte
	if n != nil && n.size() <= filestore.MaxSidecarBytes {
		content = append([]byte{}, n.content...) // never nil
	}
	if attributes == nil || content == nil && !directory {
		return nil
	}
	if content = attributes(directory, content); content == nil {
		return nil
	}
	return s.newFile(bytes.Clone(content))
}

func add(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files + b.Files, Bytes: a.Bytes + b.Bytes}
}

func sub(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files - b.Files, Bytes: a.Bytes - b.Bytes}
}

// growth is the part of a difference that limits are asked about.
func growth(delta filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: max(0, delta.Files), Bytes: max(0, delta.Bytes)}
}
