//go:build unix && !solaris && !aix

package tbd

import "syscall"

const (
	// openFlags refuse a symbolic link, and keep a FIFO from making us wait.
	openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	// keepsOpen tells that an open file can be replaced.
	keepsOpen = true
)
