package filestore

import (
	"context"
	"net/netip"
	"time"
)

// Observer hears of what servers have done for clients, for access logs and
// metrics. Its method is called after each transfer or command on a storage, by many
// goroutines, and must not wait long.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// Event is one transfer, or one command on a storage. Use field names.
type Event struct {
	// Service is the protocol: "FTP", "TFTP", "CLI".
	Service string
	// Remote is the address of the client.
	Remote netip.Addr
	// Account is the address of whoever has logged in; empty: nobody.
	Account string
	// Op is the command, in the words of the protocol.
	Op string
	// Storage is the address of the account whose storage is meant, as far as it
	// is known.
	Storage string
	// Name is the name in that storage, with * for share keys.
	Name string
	// Code is the last reply, as a number of the protocol. TFTP has none for
	// success: that is 200, and its error N is 500 + N.
	Code int
	// Bytes are those of files and listings that went either way.
	Bytes int64
	// Duration is the time that it took.
	Duration time.Duration
	// Err is why it was refused or failed; nil: it did not.
	Err error
}
