package mailbox

import (
	"context"
	"io"
	"iter"
)

// The limits, and what is behind the files, for tests.

const (
	MaxHeader  = maxHeader
	MaxParts   = maxParts
	MaxEntries = maxEntries
)

var DiskPath = diskPath

// MboxItems yields what Items yields for the bytes of a .mbox.
func MboxItems(ctx context.Context, r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		m := &Mailbox{name: "Calendar"}
		if err := m.splitMbox(ctx, r, yield); err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}

// MessageItems yields what Items yields for the bytes of a message.
func MessageItems(ctx context.Context, r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := &source{ctx: ctx, r: r}
		if err := newReader().at(MessageError{Mailbox: "Calendar", Number: 1}, s, s, yield); err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}
