// Package graceful brings the calls of a server's method Serve to their end: first
// nothing new begins, then what runs may finish, and at last it is cut.
package graceful

import (
	"context"
	"sync"
)

// Calls are the calls of a server's method Serve. The zero value is ready.
// Its methods are safe for concurrent use.
type Calls struct {
	mu      sync.Mutex // guards what follows
	closed  bool
	running map[*Call]struct{}
	serving sync.WaitGroup // Add only while not closed
}

// Call is one call of Serve.
type Call struct {
	// Context ends when everything has to end.
	Context context.Context
	// Accepting ends before, when nothing new is to begin.
	Accepting context.Context

	calls  *Calls
	stop   context.CancelFunc // of Accepting
	cancel context.CancelFunc
}

// Begin counts a call, unless the server is closed. It is followed by Finish.
func (c *Calls) Begin() (call *Call, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	call = &Call{calls: c}
	call.Context, call.cancel = context.WithCancel(context.Background())
	call.Accepting, call.stop = context.WithCancel(call.Context)
	if c.running == nil {
		c.running = map[*Call]struct{}{}
	}
	c.running[call] = struct{}{}
	c.serving.Add(1)
	return call, true
}

// Finish ends both contexts and the call. Nothing that belongs to it may run
// any more.
func (call *Call) Finish() {
	call.cancel()
	c := call.calls
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, call)
	c.serving.Done()
}

// end closes the server, and cancels everything if now is set.
func (c *Calls) end(now bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for call := range c.running {
		call.stop()
		if now {
			call.cancel()
		}
	}
}

// Shutdown has the calls stop accepting, waits for their end, and cancels
// everything when ctx ends; then it returns the error of ctx, but not before
// all calls have finished.
func (c *Calls) Shutdown(ctx context.Context) error {
	c.end(false)
	done := make(chan struct{})
	go func() {
		c.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		c.end(true)
		<-done
		return ctx.Err()
	}
}

// Close is Shutdown that cancels at once. It returns nil.
func (c *Calls) Close() error {
	c.end(true)
	c.serving.Wait()
	return nil
}

// After calls f once ctx has ended, like context.AfterFunc. The function that it
// returns keeps f from being called, or waits until it has returned; it may be
// called repeatedly.
func After(ctx context.Context, f func()) (stop func()) {
	done := make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(done)
		f()
	})
	return sync.OnceFunc(func() {
		if !undo() {
			<-done
		}
	})
}
