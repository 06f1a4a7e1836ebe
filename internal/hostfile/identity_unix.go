//go:build unix && !linux

package hostfile

import (
	"io/fs"
	"syscall"
)

// NonBlocking keeps an open from waiting for the other end of a FIFO.
const NonBlocking = syscall.O_NONBLOCK

// Identity returns the inode of a file. The time of its last change has
// another name on every system.
func Identity(info fs.FileInfo) (inode uint64, changed int64) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return uint64(st.Ino), 0
}
