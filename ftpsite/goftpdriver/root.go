package goftpdriver

import (
	"io/fs"
	"time"
)

// emptyRoot is the top of a stranger's own storage, which they do not have.
type emptyRoot struct{}

func (emptyRoot) Name() string       { return "/" }
func (emptyRoot) Size() int64        { return 0 }
func (emptyRoot) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (emptyRoot) ModTime() time.Time { return time.Unix(0, 0).UTC() }
func (emptyRoot) IsDir() bool        { return true }
func (emptyRoot) Sys() any           { return nil }
