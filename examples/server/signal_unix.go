//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// recountSignals returns what asks a running server to count all storages.
func recountSignals() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1) // one that comes meanwhile is not lost, and more would be too many
	signal.Notify(c, syscall.SIGUSR1)
	return c, func() { signal.Stop(c) }
}
