//go:build !linux

package tftpsite

// readable says that there is nothing to look for: whoever reads may wait.
func readable(uintptr) bool { return true }
