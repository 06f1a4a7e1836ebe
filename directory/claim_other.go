//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package directory

import "os"

// lockDirectory locks nothing: there is no flock here.
func lockDirectory(*os.File) error { return nil }

func unlockDirectory(*os.File) {}
