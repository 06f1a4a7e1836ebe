package goftpdriver

import (
	"io/fs"
	"time"
)

// emptyDirectory stands for the storage that a stranger does not have, and for the
// directories on the way to something, of which nothing can be told.
type emptyDirectory struct{}

func (emptyDirectory) Name() string       { return "/" }
func (emptyDirectory) Size() int64        { return 0 }
func (emptyDirectory) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (emptyDirectory) ModTime() time.Time { return time.Unix(0, 0).UTC() }
func (emptyDirectory) IsDir() bool        { return true }
func (emptyDirectory) Sys() any           { return nil }
