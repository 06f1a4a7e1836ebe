//go:build linux

// Command bench measures the reference server beside vsftpd, proftpd and pure-ftpd:
// every server on one core, the client on another, the same files on a memory file
// system, in rounds by turns, the best of all rounds. It needs root, Linux, taskset,
// and the programs in PATH; those that are missing are left out.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/beside"
)

const (
	bigSize    = 256 << 20
	smallFiles = 300
	logins     = 100

	shm = "/dev/shm" // and the home of the user ftp: useradd -r -d /dev/shm ftp
)

// peer is one server under test.
type peer struct {
	name            string
	user, pass, dir string
	start           func(dir, addr string) (*exec.Cmd, error)

	files  string
	addr   string
	server *beside.Server
	best   map[string]result
}

type result struct {
	elapsed, cpu time.Duration
}

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "how often each work is done by each server")
	server := flag.String("server", "", "the reference server, built (go build -o FILE ./examples/server)")
	flag.Parse()
	if err := run(*server, *rounds); err != nil {
		log.Fatal(err)
	}
}

func run(server string, rounds int) error {
	dir, err := os.MkdirTemp(shm, "ftp-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	var running []*peer
	for _, p := range peers(server) {
		p.best = map[string]result{}
		if err := p.begin(filepath.Join(dir, p.name)); err != nil {
			log.Printf("%s is left out: %v", p.name, err)
			continue
		}
		defer p.server.End()
		running = append(running, p)
	}
	works := []struct {
		name string
		do   func(p *peer) error
	}{
		{"RETR 256 MiB", (*peer).retrieveBig},
		{"STOR 256 MiB", (*peer).storeBig},
		{"300 small RETR in one session", (*peer).retrieveSmall},
		{"100 x login, RETR, QUIT", (*peer).loginOften},
	}
	for range rounds {
		for _, work := range works {
			for _, p := range running {
				cpu := p.server.CPU()
				begin := time.Now()
				if err := work.do(p); err != nil {
					return fmt.Errorf("%s: %s: %w", p.name, work.name, err)
				}
				r := result{time.Since(begin), p.server.CPU() - cpu}
				if best, ok := p.best[work.name]; !ok || r.elapsed < best.elapsed {
					p.best[work.name] = r
				}
			}
		}
	}
	for _, work := range works {
		fmt.Println(work.name)
		for _, p := range running {
			r := p.best[work.name]
			fmt.Printf("  %-10s %8.1f ms, CPU of the server %7.1f ms\n", p.name, beside.Milliseconds(r.elapsed), beside.Milliseconds(r.cpu))
		}
	}
	fmt.Println("memory for an idle session")
	for _, p := range running {
		kib, err := p.idleMemory()
		if err != nil {
			return err
		}
		fmt.Printf("  %-10s %8d KiB\n", p.name, kib)
	}
	return nil
}

// begin makes the files of a server and starts it on the first core.
func (p *peer) begin(dir string) error {
	files := filepath.Join(dir, p.dir)
	p.files = files
	if err := os.MkdirAll(files, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(files, "big"), make([]byte, bigSize), 0o644); err != nil {
		return err
	}
	for i := range smallFiles {
		if err := os.WriteFile(filepath.Join(files, fmt.Sprint("s", i)), make([]byte, 1024), 0o644); err != nil {
			return err
		}
	}
	if u, err := user.Lookup("ftp"); err == nil {
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		os.Chown(files, uid, gid)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.addr = l.Addr().String()
	l.Close()
	cmd, err := p.start(dir, p.addr)
	if err != nil {
		return err
	}
	if p.server, err = beside.Start(cmd); err != nil {
		return err
	}
	for range 100 {
		if c, err := net.Dial("tcp", p.addr); err == nil {
			c.Close()
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.server.End()
	return errors.New("does not answer")
}

// idleMemory is what one of 20 sessions that have logged in costs.
func (p *peer) idleMemory() (kib int64, err error) {
	const sessions = 20
	before := p.server.Memory()
	for range sessions {
		c, err := p.dial()
		if err != nil {
			return 0, err
		}
		defer c.conn.Close()
	}
	return (p.server.Memory() - before) / sessions, nil
}

// client speaks what FTP is needed here.
type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func (p *peer) dial() (*client, error) {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	c := &client{conn, bufio.NewReader(conn)}
	if _, err := c.reply(); err != nil {
		return nil, err
	}
	for _, command := range []string{"USER " + p.user, "PASS " + p.pass, "TYPE I", "CWD " + p.cwd()} {
		if _, err := c.do(command); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return c, nil
}

func (p *peer) cwd() string {
	switch p.name {
	case "cgpkit":
		return "/"
	case "pure-ftpd": // takes the home of the user ftp, which is shm
		return strings.TrimPrefix(p.files, shm)
	}
	return "/pub"
}

func (c *client) do(command string) (string, error) {
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return "", err
	}
	return c.reply()
}

var final = regexp.MustCompile(`^[1-5]\d\d `)

func (c *client) reply() (string, error) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		if final.MatchString(line) {
			if line[0] > '3' {
				err = errors.New(strings.TrimSpace(line))
			}
			return line, err
		}
	}
}

var passive = regexp.MustCompile(`\|\|\|(\d+)\|`)

func (c *client) transfer(command string, move func(data net.Conn) error) error {
	reply, err := c.do("EPSV")
	if err != nil {
		return err
	}
	data, err := net.Dial("tcp", "127.0.0.1:"+passive.FindStringSubmatch(reply)[1])
	if err != nil {
		return err
	}
	defer data.Close()
	if _, err := c.do(command); err != nil {
		return err
	}
	if err := move(data); err != nil {
		return err
	}
	data.Close()
	_, err = c.reply()
	return err
}

func expect(size int64) func(net.Conn) error {
	return func(data net.Conn) error {
		n, err := io.Copy(io.Discard, data)
		if err == nil && n != size {
			err = fmt.Errorf("%d bytes", n)
		}
		return err
	}
}

func (p *peer) session(do func(c *client) error) error {
	c, err := p.dial()
	if err != nil {
		return err
	}
	defer c.conn.Close()
	if err := do(c); err != nil {
		return err
	}
	_, err = c.do("QUIT")
	return err
}

func (p *peer) retrieveBig() error {
	return p.session(func(c *client) error { return c.transfer("RETR big", expect(bigSize)) })
}

var block = make([]byte, 1<<20)

func (p *peer) storeBig() error {
	os.Remove(filepath.Join(p.files, "upload")) // pure-ftpd lets strangers replace nothing
	return p.session(func(c *client) error {
		return c.transfer("STOR upload", func(data net.Conn) error {
			for range bigSize / len(block) {
				if _, err := data.Write(block); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (p *peer) retrieveSmall() error {
	return p.session(func(c *client) error {
		for i := range smallFiles {
			if err := c.transfer(fmt.Sprint("RETR s", i), expect(1024)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *peer) loginOften() error {
	for range logins {
		if err := p.session(func(c *client) error { return c.transfer("RETR s0", expect(1024)) }); err != nil {
			return err
		}
	}
	return nil
}
