//go:build !unix || solaris || aix

package tbd

const (
	openFlags = 0
	keepsOpen = false // an open file cannot be replaced
)
