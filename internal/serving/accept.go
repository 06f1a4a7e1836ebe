package serving

import (
	"context"
	"errors"
	"net"
	"time"
)

// Accept waits for a connection. A lack of file descriptors passes, so it is
// waited for, until ctx ends; any other error is returned.
func Accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		conn, err := l.Accept()
		var temporary interface{ Temporary() bool }
		if err == nil || !errors.As(err, &temporary) || !temporary.Temporary() {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}
