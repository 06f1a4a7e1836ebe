package hostfile

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Resolve follows the links down to a root, which may be missing. A root that it
// has returned leads elsewhere when a link has come into its place; whoever then
// opened it would open another one, which may be open already.
func Resolve(root string) (string, error) {
	real, err := filepath.EvalSymlinks(root)
	if errors.Is(err, fs.ErrNotExist) {
		real, err = filepath.EvalSymlinks(filepath.Dir(root))
		real = filepath.Join(real, filepath.Base(root))
	}
	return real, err
}
