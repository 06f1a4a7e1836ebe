//go:build !unix

package main

import "os"

// recountSignals: there are no such signals here.
func recountSignals() (signals <-chan os.Signal, stop func()) { return nil, func() {} }
