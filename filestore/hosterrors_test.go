package filestore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

func TestHostError(t *testing.T) {
	t.Parallel()
	decisions := []error{fs.ErrPermission, fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, filestore.ErrLimit, filestore.ErrReserved}
	kinds := []error{filestore.ErrDiskFull, filestore.ErrHostDenied, filestore.ErrExhausted}
	for errno, kind := range map[syscall.Errno]error{
		syscall.ENOSPC: filestore.ErrDiskFull, syscall.EDQUOT: filestore.ErrDiskFull, syscall.EFBIG: filestore.ErrDiskFull,
		syscall.EROFS: filestore.ErrHostDenied, syscall.EACCES: filestore.ErrHostDenied, syscall.EPERM: filestore.ErrHostDenied,
		syscall.EMFILE: filestore.ErrExhausted, syscall.ENFILE: filestore.ErrExhausted, syscall.ENOMEM: filestore.ErrExhausted,
		syscall.ENOENT: nil, syscall.EEXIST: nil, syscall.EIO: nil, syscall.ESTALE: nil, syscall.ETXTBSY: nil, syscall.ENOTEMPTY: nil,
	} {
		for name, err := range map[string]error{
			"bare":    errno,
			"path":    &fs.PathError{Op: "open", Path: "/host/path", Err: errno},
			"link":    &os.LinkError{Op: "rename", Old: "/host/path", New: "/host/other", Err: errno},
			"wrapped": fmt.Errorf("open storage: %w", &fs.PathError{Op: "open", Path: "/host/path", Err: os.NewSyscallError("openat", errno)}),
		} {
			told := filestore.HostError(err)
			require.Equal(t, told, filestore.HostError(told))
			told = &fs.PathError{Op: "open", Path: "a/b", Err: told}
			require.NotContains(t, told.Error(), "host/")
			require.ErrorIs(t, told, errno, "%v, %s", errno, name)
			require.Equal(t, kind, filestore.HostKind(told), "%v, %s", errno, name)
			for _, other := range append(decisions, kinds...) {
				require.Equal(t, other == kind, errors.Is(told, other), "%v, %s, %v", errno, name, other)
			}
		}
	}
	require.NoError(t, filestore.HostError(nil))
	require.NoError(t, filestore.HostKind(nil))
	require.NoError(t, filestore.HostKind(fs.ErrPermission))
}
