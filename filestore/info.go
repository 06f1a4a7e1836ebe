package filestore

import (
	"bytes"
	"io/fs"
	"time"
)

// Entry is what a store knows of an entry. Use field names.
type Entry struct {
	Path string
	// Mode is fs.ModeDir with its permissions for a directory, fs.ModeIrregular for
	// an orphan, and permissions alone for a file.
	Mode    fs.FileMode
	Size    int64
	ModTime time.Time
	ETag    string
	Sidecar *Sidecar
}

// Info returns the entry as a [FileInfo]. It is for stores.
func (e Entry) Info() FileInfo { return entryInfo{e} }

// Open returns the entry as an open file whose content is in memory and never
// changes. It is for stores.
func (e Entry) Open(content []byte) File { return contentFile{bytes.NewReader(content), e.Info()} }

type entryInfo struct{ of Entry }

func (i entryInfo) Path() string       { return i.of.Path }
func (i entryInfo) Name() string       { _, last := Split(i.of.Path); return last }
func (i entryInfo) ETag() string       { return i.of.ETag }
func (i entryInfo) Size() int64        { return i.of.Size }
func (i entryInfo) Mode() fs.FileMode  { return i.of.Mode }
func (i entryInfo) ModTime() time.Time { return i.of.ModTime }
func (i entryInfo) IsDir() bool        { return i.of.Mode.IsDir() }
func (i entryInfo) Sys() any           { return nil }
func (i entryInfo) Sidecar() *Sidecar  { return i.of.Sidecar }

// contentFile is an open file whose content is in memory.
type contentFile struct {
	*bytes.Reader
	info FileInfo
}

func (f contentFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f contentFile) Close() error               { return nil }
