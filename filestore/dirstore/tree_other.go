//go:build !linux

package dirstore

func bestOpener() opener { return openRoot }
