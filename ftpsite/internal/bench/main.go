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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/beside"
)

const (
	bigSize    = 256 << 20
	smallFiles = 300

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
	// How long it took, and the CPU time of the server, each time by the name of the work.
	elapsed, cpu map[string][]time.Duration
}

// work is done in that many sessions, one after the other.
type work struct {
	name     string
	sessions int
	do       func(p *peer, c *client) error
}

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "how often each work is done by each server")
	only := flag.String("only", "", "the works whose names contain this")
	server := flag.String("server", "", "the reference server, built (go build -o FILE ./examples/server)")
	flag.Parse()
	if err := run(*server, *only, *rounds); err != nil {
		log.Fatal(err)
	}
}

func run(server, only string, rounds int) error {
	dir, err := os.MkdirTemp(shm, "ftp-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, bigSize), 0o644); err != nil {
		return err
	}
	var running []*peer
	for _, p := range peers(server) {
		p.elapsed, p.cpu = map[string][]time.Duration{}, map[string][]time.Duration{}
		if err := p.begin(filepath.Join(dir, p.name), big); err != nil {
			log.Printf("%s is left out: %v", p.name, err)
			continue
		}
		defer p.server.End()
		running = append(running, p)
	}
	works := []work{
		{"RETR 256 MiB", 1, (*peer).retrieveBig},
		{"STOR 256 MiB", 1, (*peer).storeBig},
		{"300 small RETR in one session", 1, (*peer).retrieveSmall},
		{"100 x login, RETR, QUIT", 100, func(p *peer, c *client) error { return c.transfer("RETR s0", expect(1024)) }},
	}
	works = slices.DeleteFunc(works, func(w work) bool { return !strings.Contains(w.name, only) })
	for range rounds {
		for _, work := range works {
			for _, p := range running {
				if err := p.measure(work); err != nil {
					return fmt.Errorf("%s: %s: %w", p.name, work.name, err)
				}
			}
		}
	}
	for _, work := range works {
		fmt.Printf("%-31s best  median   CPU: best  median\n", work.name)
		for _, p := range running {
			slices.Sort(p.elapsed[work.name])
			slices.Sort(p.cpu[work.name])
			fmt.Printf("  %-24s", p.name)
			for _, d := range [][]time.Duration{p.elapsed[work.name], p.cpu[work.name]} {
				fmt.Printf(" %8.1f ms %8.1f ms", beside.Milliseconds(d[0]), beside.Milliseconds(d[len(d)/2]))
			}
			fmt.Println()
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
func (p *peer) begin(dir, big string) error {
	files := filepath.Join(dir, p.dir)
	p.files = files
	if err := os.MkdirAll(files, 0o755); err != nil {
		return err
	}
	if err := os.Link(big, filepath.Join(files, "big")); err != nil { // the same memory for all
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
	var err error
	p.server, p.addr, err = beside.StartAt(p.start, dir)
	return err
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

// expect reads in large pieces, so that it waits for the server and not the other way
// round.
func expect(size int64) func(net.Conn) error {
	return func(data net.Conn) error {
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{data}, block)
		if err == nil && n != size {
			err = fmt.Errorf("%d bytes", n)
		}
		return err
	}
}

// measure does a work. The time of the last QUIT does not count: the CPU time is taken
// while the process of the session is there.
func (p *peer) measure(w work) error {
	os.Remove(filepath.Join(p.files, "upload")) // pure-ftpd lets strangers replace nothing
	cpu := p.server.CPU()
	begin := time.Now()
	for left := w.sessions; left > 0; left-- {
		c, err := p.dial()
		if err != nil {
			return err
		}
		defer c.conn.Close()
		if err := w.do(p, c); err != nil {
			return err
		}
		if left == 1 {
			p.elapsed[w.name] = append(p.elapsed[w.name], time.Since(begin))
			p.cpu[w.name] = append(p.cpu[w.name], p.server.CPU()-cpu)
		}
		if _, err := c.do("QUIT"); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) retrieveBig(c *client) error { return c.transfer("RETR big", expect(bigSize)) }

var block = make([]byte, 1<<20)

func (p *peer) storeBig(c *client) error {
	return c.transfer("STOR upload", func(data net.Conn) error {
		for range bigSize / len(block) {
			if _, err := data.Write(block); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *peer) retrieveSmall(c *client) error {
	for i := range smallFiles {
		if err := c.transfer(fmt.Sprint("RETR s", i), expect(1024)); err != nil {
			return err
		}
	}
	return nil
}
