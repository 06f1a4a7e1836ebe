//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package calllog

import "syscall"

// openFlags refuse a symbolic link, and keep a FIFO from making us wait.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
