package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// faulty is a connection that is cut, comes in small pieces, or has bytes replaced by
// what no text has, now and then.
type faulty struct {
	net.Conn
	mu     sync.Mutex // guards random
	random *rand.Rand
	faults *atomic.Int64
	end    chan struct{}
}

// Close returns when the server has done all that it was told over the connection.
func (f *faulty) Close() error {
	err := f.Conn.Close()
	<-f.end
	return err
}

// ends tells when a server has closed connections: the n-th of each port of a client.
type ends struct {
	net.Listener
	mu               sync.Mutex // guards all
	dialled, adopted map[string]int
	closed           map[string]chan struct{}
}

func newEnds(l net.Listener) *ends {
	return &ends{Listener: l, dialled: map[string]int{}, adopted: map[string]int{}, closed: map[string]chan struct{}{}}
}

// next returns the end of the next connection of a client, as one side counts them.
func (e *ends) next(count map[string]int, client net.Addr) chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	count[client.String()]++
	key := fmt.Sprint(client, count[client.String()])
	if e.closed[key] == nil {
		e.closed[key] = make(chan struct{})
	}
	return e.closed[key]
}

func (e *ends) Accept() (net.Conn, error) {
	conn, err := e.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &served{Conn: conn, end: e.next(e.adopted, conn.RemoteAddr())}, nil
}

type served struct {
	net.Conn
	once sync.Once
	end  chan struct{}
}

func (s *served) Close() error {
	err := s.Conn.Close()
	s.once.Do(func() { close(s.end) })
	return err
}

// fault decides what becomes of p: how much of it passes, and whether it is damaged.
func (f *faulty) fault(p []byte) (n int, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.random.IntN(150) {
	case 0:
		f.faults.Add(1)
		return f.random.IntN(len(p) + 1), true
	case 1:
		if i := f.random.IntN(len(p)); p[i] != '\n' { // without its end a line is waited for
			f.faults.Add(1)
			p[i] = 0xff
		}
	case 2:
		return 1 + f.random.IntN(len(p)), false
	case 3:
		runtime.Gosched()
	}
	return len(p), false
}

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	kept, cut := f.fault(p[:n])
	if cut {
		f.Conn.Close()
		return kept, io.ErrUnexpectedEOF
	}
	return n, err
}

func (f *faulty) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		part := bytes.Clone(p[n:])
		passed, cut := f.fault(part)
		var m int
		m, err = f.Conn.Write(part[:passed])
		n += m
		if cut {
			f.Conn.Close()
			return n, io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// 10,000 mixed calls over 16 connections, of which some fail in every way that a wire
// has: what succeeds is right, and what fails has been done or not.
func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	d := accounts()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	tracked := newEnds(l)
	address := serveOn(t, &clisite.Server{Views: fixture.Views(d), MaxSessionsPerAddr: 64}, tracked)
	const workers = 16
	calls := 10_000 / workers
	if testing.Short() {
		calls /= 5
	}
	var faults, dials atomic.Int64
	c := open(t, address, john)
	c.MaxConnections, c.SliceBytes = workers, 500
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &faulty{Conn: conn, random: rand.New(rand.NewPCG(16, uint64(dials.Add(1)))), faults: &faults, end: tracked.next(tracked.dialled, conn.LocalAddr())}, nil
	}
	c.Login = client.LoginClear
	honest := open(t, address, john)
	var all sync.WaitGroup
	var failed atomic.Int64
	for i := range workers {
		w := &worker{far: c.Storage(""), near: honest.Storage(""), dir: fmt.Sprintf("w%d", i), files: map[string]string{}, random: rand.New(rand.NewPCG(uint64(i), 1))}
		require.NoError(t, w.near.Mkdir(t.Context(), w.dir))
		all.Go(func() {
			for range calls {
				err, fault := w.call(t.Context())
				if fault != nil {
					t.Errorf("%s: %v (after %v)", w.dir, fault, err)
					return
				}
				if err != nil {
					failed.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d calls, %d failed, %d faults, %d connections", workers*calls, failed.Load(), faults.Load(), dials.Load())
	require.Positive(t, failed.Load())
	require.Greater(t, faults.Load(), int64(calls/4))
}

// worker has a directory of its own, and knows what is in it.
type worker struct {
	far, near *client.Storage // over the faulty wire, over a good one
	dir       string
	files     map[string]string
	random    *rand.Rand
	n         int
}

// call does something. fault tells what must not be.
func (w *worker) call(ctx context.Context) (err, fault error) {
	w.n++
	last := fmt.Sprint("f", w.random.IntN(4))
	name, target := w.dir+"/"+last, w.dir+"/"+fmt.Sprint("f", w.random.IntN(4))
	old, there := w.files[name]
	content := strings.Repeat(fmt.Sprintf("%s %d,", w.dir, w.n), 1+w.random.IntN(150))
	switch w.random.IntN(8) {
	case 0, 1:
		_, err = put(ctx, w.far, name, []byte(content), filestore.CreateOptions{})
		return err, w.settle(ctx, err, name, old, there, content, true)
	case 2:
		_, err = put(ctx, w.far, name, []byte(content), filestore.CreateOptions{Offset: filestore.End})
		return err, w.settle(ctx, err, name, old, there, old+content, true)
	case 3:
		err = w.far.Remove(ctx, name, filestore.RemoveOptions{})
		if errors.Is(err, fs.ErrNotExist) && !there {
			return nil, nil
		}
		return err, w.settle(ctx, err, name, old, there, "", false)
	case 4:
		if target == name || !there {
			return nil, nil
		}
		replaced, was := w.files[target]
		err = w.far.Rename(ctx, name, target, filestore.RenameOptions{Replace: true})
		if fault = w.settle(ctx, err, name, old, there, "", false); fault != nil {
			return err, fault
		}
		if _, still := w.files[name]; still {
			return err, w.settle(ctx, err, target, replaced, was, replaced, was)
		}
		return err, w.settle(ctx, err, target, old, true, old, true)
	case 5:
		listed := map[string]int64{}
		for i, err := range w.far.List(ctx, w.dir, "") {
			if err != nil {
				return err, nil
			}
			if !strings.HasPrefix(i.Name(), client.AsidePrefix) {
				listed[i.Path()] = i.Size()
			}
		}
		for name, content := range w.files {
			if size, ok := listed[name]; !ok || size != int64(len(content)) {
				return nil, fmt.Errorf("%s is listed with %d bytes, and has %d", name, listed[name], len(content))
			}
		}
		if len(listed) != len(w.files) {
			return nil, fmt.Errorf("%d files are listed of %d", len(listed), len(w.files))
		}
		return nil, nil
	default:
		got, err := get(ctx, w.far, name)
		switch {
		case err == nil && (!there || string(got) != old):
			return nil, fmt.Errorf("%s has %q, want %q", name, got, old)
		case errors.Is(err, fs.ErrNotExist) && !there:
			return nil, nil
		case errors.Is(err, fs.ErrNotExist):
			return err, fmt.Errorf("%s is not found", name)
		}
		return err, nil
	}
}

// settle finds out which of two states a file is in after a call that may have failed.
// A long file may stand aside, if the error says so.
func (w *worker) settle(ctx context.Context, err error, name, old string, was bool, content string, is bool) error {
	got, getErr := get(ctx, w.near, name)
	there := getErr == nil
	if getErr != nil && !errors.Is(getErr, fs.ErrNotExist) {
		return getErr
	}
	if there {
		w.files[name] = string(got)
	} else {
		delete(w.files, name)
	}
	isNew := there == is && string(got) == content
	isOld := there == was && string(got) == old
	switch {
	case isNew || err != nil && isOld:
		return nil
	case err != nil && !there && strings.Contains(err.Error(), "is now "+w.dir+"/"+client.AsidePrefix):
		return nil
	}
	return fmt.Errorf("%s is %v with %q, was %v with %q, was to be %v with %q", name, there, got, was, old, is, content)
}

// pattern is a long content that is nowhere stored.
type pattern struct{ left, n int64 }

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.left))
	for i := range n {
		b[i] = byte(p.n) ^ byte(p.n>>11)
		p.n++
	}
	p.left -= int64(n)
	return n, nil
}
