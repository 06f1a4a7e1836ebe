//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package calllog

const openFlags = 0
