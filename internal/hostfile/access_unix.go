//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package hostfile

import "syscall"

// Changeable returns nil if this process may list a directory and change what is
// in it, else why not, without the path.
func Changeable(dir string) error {
	const read, write, search = 4, 2, 1
	return syscall.Access(dir, read|write|search)
}
