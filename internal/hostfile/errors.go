package hostfile

import (
	"errors"
	"io/fs"
)

// WithoutPath takes the path of the host out of an error.
func WithoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
