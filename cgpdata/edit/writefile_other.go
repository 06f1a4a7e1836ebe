//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package edit

import (
	"io/fs"
	"os"
)

const openFlags = 0

func sameOwner(_, _ fs.FileInfo) bool { return true }

func keepOwner(*os.File, fs.FileInfo) error { return nil }

// renameIf renames temp to name if unchanged returns nil.
func renameIf(unchanged func() error, temp, name string) error {
	if err := unchanged(); err != nil {
		return err
	}
	return os.Rename(temp, name)
}
