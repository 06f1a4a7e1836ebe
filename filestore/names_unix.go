//go:build !windows

package filestore

func validOnHost(string) bool { return true }
