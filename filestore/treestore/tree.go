package treestore

import (
	"context"
	"crypto/rand"
	"io/fs"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// Tree keeps nodes by their names. It must be safe for concurrent use, but only one
// Change runs at a time. Names are clean ([filestore.CheckName]), and Root is not among
// them: it is always there. What a Tree returns and what it is given is never changed
// by either side afterwards.
//
// Errors reach the callers of the store with the name that these gave, and without
// paths of the host.
type Tree interface {
	// Node returns the node with a name. The zero Node: there is none.
	Node(ctx context.Context, name string) (Node, error)
	// List returns nodes that are directly in dir, in byte order of their names, from
	// the first whose last segment is behind after: as many at once as the Tree
	// likes, but at least one if there is any.
	List(ctx context.Context, dir, after string) ([]Node, error)
	// Change takes away the nodes with some names, and then puts others under theirs,
	// in the place of what is there. It is one step: others see all of it or nothing,
	// and an error or a crash leaves all of it or nothing.
	Change(ctx context.Context, gone []string, put []Node) error
}

// Node is a file, a directory or an orphan, with its sidecar, as [filestore.Entry] has
// them. A Tree keeps all of it.
type Node struct {
	filestore.Entry
	// Content is that of a file.
	Content []byte
}

// Permissions that are told of all nodes.
const (
	filePerm = 0o640
	dirPerm  = 0o750
)

func newDir(name string) Node {
	return Node{Entry: filestore.Entry{Path: name, Mode: fs.ModeDir | dirPerm, ModTime: time.Now()}}
}

// newFile returns a file that keeps content.
func newFile(name string, content []byte, modTime time.Time) Node {
	e := filestore.Entry{Path: name, Mode: filePerm, Size: int64(len(content)), ModTime: orNow(modTime), ETag: newTag()}
	return Node{Entry: e, Content: content}
}

func newOrphan(name string) Node {
	return Node{Entry: filestore.Entry{Path: name, Mode: fs.ModeIrregular}}
}

// newSidecar returns a sidecar with a copy of content.
func newSidecar(content []byte, modTime time.Time) *filestore.Sidecar {
	content = append([]byte{}, content...) // never nil
	return &filestore.Sidecar{Content: content, Size: int64(len(content)), ModTime: orNow(modTime), ETag: newTag()}
}

func newTag() string { return `"` + rand.Text() + `"` }

func orNow(t time.Time) time.Time {
	if t.IsZero() {
		return time.Now()
	}
	return t
}

// there reports whether n is a file or a directory.
func (n Node) there() bool { return n.Path != "" && n.Mode&fs.ModeIrregular == 0 }

func (n Node) dir() bool { return n.Mode.IsDir() }

// info shows n, and the content of its sidecar if withContent.
func (n Node) info(withContent bool) filestore.FileInfo {
	if n.Sidecar != nil {
		about := n.about(withContent)
		n.Sidecar = &about
	}
	return n.Info()
}

// about tells of the sidecar of n, which has one.
func (n Node) about(withContent bool) filestore.Sidecar {
	about := *n.Sidecar
	if !withContent {
		about.Content = nil
	} else if about.Content == nil {
		about.Content = []byte{} // some databases do not know one from the other
	}
	return about
}

// tag is the entity tag of the sidecar; "": there is none.
func (n Node) tag() string {
	if n.Sidecar == nil {
		return ""
	}
	return n.Sidecar.ETag
}

// usage counts n and its sidecar, and nothing below it.
func (n Node) usage() (u filestore.Usage) {
	if n.there() {
		u = filestore.Usage{Files: 1, Bytes: n.Size}
	}
	if n.Sidecar != nil {
		u = ledger.Add(u, filestore.Usage{Files: 1, Bytes: n.Sidecar.Size})
	}
	return u
}

// copied returns the copy of n under another name. It may be nothing: neither there nor
// with a sidecar.
func (n Node) copied(to string, becomes filestore.SidecarFunc) Node {
	made := newOrphan(to)
	switch {
	case n.dir():
		made = newDir(to)
	case n.there():
		made = newFile(to, n.Content, time.Time{})
	}
	var sidecar []byte
	if n.Sidecar != nil {
		sidecar = append([]byte{}, n.Sidecar.Content...) // its own, and never nil
	}
	_, room := filestore.SidecarName(to)
	if becomes == nil || sidecar == nil && !(n.dir() && room) {
		return made
	}
	if sidecar = becomes(n.dir(), sidecar); sidecar != nil {
		made.Sidecar = newSidecar(sidecar, time.Time{})
	}
	return made
}
