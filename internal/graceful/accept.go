package graceful

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Serve is one call for a listener: it hands every connection to admit, in a
// goroutine of its own, until the calls come to their end, and then returns
// closed. If l fails it stops accepting for this call alone, and returns that
// error. Before it returns it waits for all admitted connections; it closes l.
func (c *Calls) Serve(l net.Listener, closed error, admit func(*Call, net.Conn)) error {
	defer l.Close()
	call, ok := c.Begin()
	if !ok {
		return closed
	}
	defer call.Finish()
	defer After(call.Accepting, func() { l.Close() })()

	var admitted sync.WaitGroup
	defer admitted.Wait()
	defer call.stop()
	for {
		conn, err := accept(call.Accepting, l)
		if call.Accepting.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return closed
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		admitted.Go(func() { admit(call, conn) })
	}
}

// accept waits for a connection. A lack of file descriptors passes, so it is
// waited for, until ctx ends; any other error is returned.
func accept(ctx context.Context, l net.Listener) (net.Conn, error) {
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
