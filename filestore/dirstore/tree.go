package dirstore

import (
	"io"
	"os"
	"syscall"
	"time"
)

// tree reaches the directory that holds an account's tree and its state
// directory. All names are relative to that directory, with slashes, and were
// checked before. No method follows a symbolic link, in any component.
type tree interface {
	// lstat tells what stands under a name. What does not exist, or stands
	// below a file or a link, is kindNone and no error.
	lstat(name string) (stat, error)
	// look tells what stands in the directory dir under the names last and sidecar,
	// where that is not "". What the directory itself is like it tells if withDir.
	look(dir, last, sidecar string, withDir bool) (found, error)
	// entry is lstat for an entry of an open directory with this name.
	entry(dir *os.File, name, last string) (stat, error)
	// read returns what a name holds if that is a regular file that want is true for;
	// without want nothing is read. What is neither file nor directory gives
	// fs.ErrNotExist.
	read(name string, want func(stat) bool) ([]byte, stat, error)
	// readEntry is read for an entry of an open directory with this name.
	readEntry(dir *os.File, name, last string, want func(stat) bool) ([]byte, stat, error)
	// open opens a regular file or a directory for reading. What is neither
	// gives fs.ErrNotExist.
	open(name string) (*os.File, stat, error)
	// content is open for the content of a file, which it shows from its beginning.
	content(name string) (content, stat, error)
	// create makes a file that did not exist, for writing.
	create(name string) (newFile, error)
	// fstat is lstat for an open file.
	fstat(f newFile) (stat, error)
	mkdir(name string, perm os.FileMode) error
	// rename gives fs.ErrExist for an existing target, or replaces it if it
	// is a file.
	rename(from, to string, replace bool) error
	// exchange gives each of two files the name of the other.
	exchange(a, b string) error
	// reopen opens a file for writing that has no other name and that nobody else has
	// open.
	reopen(name string) (newFile, stat, error)
	// remove removes a file or an empty directory.
	remove(name string) error
	chtimes(name string, modTime time.Time) error
	// birth tells one directory from another that takes its name. What does not
	// exist has the zero birth.
	birth(name string) (birth, error)
	// sync makes the entries of a directory survive the loss of power.
	sync(dir string) error
	close()
}

// content is a file open for reading: an [*os.File], or what costs less to open.
type content interface {
	io.ReadSeekCloser
	io.ReaderAt
	syscall.Conn
}

// newFile is a file that create has made, or reopen opened: an [*os.File].
type newFile interface {
	io.Writer
	io.ReaderFrom
	io.Seeker
	Stat() (os.FileInfo, error)
	Fd() uintptr
	Sync() error
	Close() error
}

// opener makes a tree for the directory base, and may leave it to the first
// use of that to find out whether it can be opened. It is openBeneath or openRoot.
type opener func(base string) (tree, error)

// birth is the inode of a directory and, where the system keeps it, the time when
// that was made, for inodes are used again.
type birth struct {
	inode uint64
	time  int64 // in nanoseconds
}

// found is what stands in a directory: under a name, and under that of its
// sidecar if that was asked for.
type found struct {
	dir     stat // no more than the kind unless it was asked for
	entry   stat
	sidecar stat
}

type kind uint8

const (
	kindNone kind = iota
	kindFile
	kindDir
	kindForeign // a link or a special file
)

// stat is what the host knows of an entry. Two that are equal belong to the
// same content.
type stat struct {
	kind    kind
	size    int64
	modTime time.Time
	inode   uint64
	changed int64 // the time of the last change of the inode, where known
	born    int64 // the time of a birth, where lstat came across it
}

// changeTime returns the time of the last change: of the inode where the system
// tells it, of the entries of a directory elsewhere, which nobody can set, or 0.
func (st stat) changeTime() int64 {
	if st.changed == 0 && st.kind == kindDir {
		return st.modTime.UnixNano()
	}
	return st.changed
}
