//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// load sends requests on all connections at once, and on each the next one when the
// answer has come. It is one loop over epoll(7), so that it is quicker than the servers.
type load struct {
	epoll  int
	conns  map[int32]*conn
	code   int
	buffer []byte
}

type conn struct {
	file     int
	requests [][]byte
	next     int
	unsent   []byte
	head     []byte // of the answer, as far as it has come
	left     int64  // of its body
	inBody   bool
	chunks   *chunks // of its body
	busy     bool
}

func newLoad(p *peer, w work) (*load, error) {
	requests, err := w.requests(p)
	if err != nil {
		return nil, err
	}
	l := &load{conns: map[int32]*conn{}, code: w.code, buffer: make([]byte, 1<<20)}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	addr, err := net.ResolveTCPAddr("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	to := &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	for _, r := range requests {
		file, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Connect(file, to)
		}
		if err == nil {
			err = unix.SetNonblock(file, true)
		}
		if err == nil {
			err = unix.SetsockoptInt(file, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}
		if err == nil {
			err = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, file, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(file)})
		}
		if err != nil {
			return nil, err
		}
		l.conns[int32(file)] = &conn{file: file, requests: r}
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.conns {
		unix.Close(c.file)
	}
	unix.Close(l.epoll)
}

// run sends requests for so long, waits for the last answers, and returns how many came
// and how long they took.
func (l *load) run(how time.Duration) (n, took time.Duration, err error) {
	begin := time.Now()
	for _, c := range l.conns {
		if err := l.send(c); err != nil {
			return 0, 0, err
		}
	}
	events := make([]unix.EpollEvent, len(l.conns))
	for busy := len(l.conns); busy > 0; {
		ready, err := unix.EpollWait(l.epoll, events, 60_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || ready == 0 {
			return 0, 0, fmt.Errorf("no answer: %w", err)
		}
		more := time.Since(begin) < how
		for _, e := range events[:ready] {
			c := l.conns[e.Fd]
			if e.Events&unix.EPOLLOUT != 0 {
				if err := l.flush(c); err != nil {
					return 0, 0, err
				}
			}
			if e.Events&unix.EPOLLIN == 0 {
				continue
			}
			whole, err := c.receive(l.buffer, l.code)
			if err != nil {
				return 0, 0, err
			}
			if !whole {
				continue
			}
			n++
			if !more {
				busy--
				continue
			}
			if err := l.send(c); err != nil {
				return 0, 0, err
			}
		}
	}
	return n, time.Since(begin), nil
}

// send sends the next request.
func (l *load) send(c *conn) error {
	c.unsent = c.requests[c.next%len(c.requests)]
	c.next++
	return l.flush(c)
}

// flush sends what the connection takes, and waits for room if that is not all.
func (l *load) flush(c *conn) error {
	n, err := unix.Write(c.file, c.unsent)
	if err != nil && err != unix.EAGAIN {
		return err
	}
	c.unsent = c.unsent[max(n, 0):]
	if wait := len(c.unsent) > 0; wait != c.busy {
		c.busy = wait
		events := uint32(unix.EPOLLIN)
		if wait {
			events |= unix.EPOLLOUT
		}
		return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.file, &unix.EpollEvent{Events: events, Fd: int32(c.file)})
	}
	return nil
}

// receive reads what has come, and reports whether the answer is whole.
func (c *conn) receive(buffer []byte, code int) (whole bool, err error) {
	n, err := unix.Read(c.file, buffer)
	if err == unix.EAGAIN {
		return false, nil
	}
	if err != nil || n == 0 {
		return false, fmt.Errorf("the connection has ended: %w", err)
	}
	piece := buffer[:n]
	if !c.inBody {
		c.head = append(c.head, piece...)
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			return false, nil
		}
		head, rest := c.head[:end+2], c.head[end+4:]
		if err := c.begin(head, code); err != nil {
			return false, err
		}
		piece, c.inBody = rest, true
	}
	if c.chunks != nil {
		whole = c.chunks.take(piece)
	} else {
		c.left -= int64(len(piece))
		whole = c.left == 0
	}
	if whole {
		c.head, c.inBody = c.head[:0], false
	}
	return whole, nil
}

// begin reads the head of an answer. A code of 0 is any that is a success.
func (c *conn) begin(head []byte, code int) error {
	got, err := strconv.Atoi(string(head[9:12]))
	if err != nil || got != code && (code != 0 || got/100 != 2) {
		return fmt.Errorf("answer %.80q", head)
	}
	c.left, c.chunks = 0, nil
	if got == 304 || got == 204 {
		return nil
	}
	if _, field, ok := bytes.Cut(head, []byte("\r\nContent-Length: ")); ok {
		digits, _, _ := bytes.Cut(field, []byte("\r\n"))
		c.left, err = strconv.ParseInt(string(digits), 10, 64)
		return err
	}
	if !bytes.Contains(head, []byte("\r\nTransfer-Encoding: chunked\r\n")) {
		return fmt.Errorf("answer without a length: %q", head)
	}
	c.chunks = &chunks{}
	return nil
}

// chunks follow the chunked coding without looking at each byte of the content.
type chunks struct {
	line []byte
	left int
	last bool
}

// take reports whether the last chunk has come.
func (c *chunks) take(piece []byte) bool {
	for len(piece) > 0 {
		if c.left > 0 {
			n := min(c.left, len(piece))
			c.left, piece = c.left-n, piece[n:]
			continue
		}
		end := bytes.IndexByte(piece, '\n')
		if end < 0 {
			c.line = append(c.line, piece...)
			return false
		}
		line := string(bytes.TrimSpace(append(c.line, piece[:end]...)))
		c.line, piece = c.line[:0], piece[end+1:]
		if line == "" {
			if c.last {
				return true
			}
			continue // behind a chunk
		}
		n, _ := strconv.ParseInt(line, 16, 64)
		c.left, c.last = int(n), n == 0
	}
	return false
}
