package ldb

import (
	"context"
	"net"
)

// DialWith lets a table have its connections from a test.
func (t *Table) DialWith(dial func(ctx context.Context, host string) (net.Conn, error)) {
	t.dial = dial
}
