package ldb

import (
	"context"
	"io/fs"
	"sync"
)

const (
	maxIdle  = 4 // connections that are kept for later
	maxCalls = 8 // calls at once, beside iterations; others wait
)

// A pool keeps connections that are not in use.
type pool struct {
	mu     sync.Mutex // guards what follows
	closed bool
	idle   []*conn
}

// take returns a connection that was kept, nil if there is none.
func (p *pool) take() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fs.ErrClosed
	}
	for len(p.idle) > 0 {
		last := len(p.idle) - 1
		c := p.idle[last]
		p.idle = p.idle[:last]
		if !c.ldap.IsClosing() {
			return c, nil
		}
		c.close()
	}
	return nil, nil
}

// give keeps a connection after its last request ended in err, or closes it.
func (p *pool) give(c *conn, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && len(p.idle) < maxIdle && c.isUsable(err) {
		p.idle = append(p.idle, c)
		return
	}
	c.close()
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}

// begin makes requests on a connection, which it returns for more of them. If one
// that was kept turns out to be broken, as after a restart of the server, they are
// made again on another.
func (t *Table) begin(ctx context.Context, requests func(*conn) error) (*conn, error) {
	for {
		c, err := t.pool.take()
		if err != nil {
			return nil, err
		}
		kept := c != nil
		if !kept {
			if c, err = t.connect(ctx); err != nil {
				return nil, err
			}
		}
		err = c.run(ctx, t.o.MaxReply, func() error { return requests(c) })
		if err == nil || isAnswer(err) || !kept || ctx.Err() != nil {
			return c, err
		}
		c.close()
	}
}

// do makes the requests of one call.
func (t *Table) do(ctx context.Context, action string, requests func(*conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	select {
	case t.calls <- struct{}{}:
	case <-ctx.Done():
		return explain(action, ctx.Err())
	}
	defer func() { <-t.calls }()
	c, err := t.begin(ctx, requests)
	if c != nil {
		t.pool.give(c, err)
	}
	if err != nil {
		return explain(action, err)
	}
	return nil
}
