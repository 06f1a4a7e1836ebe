//go:build linux

// Command bench measures the reference server beside tftpd-hpa and atftpd: every
// server on one core, the client where the system puts it, the same files on a memory
// file system, in rounds by turns, the best of all rounds. It needs root, Linux,
// taskset, and the programs in PATH; those that are missing are left out.
package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/beside"
)

const (
	bigSize    = 16 << 20
	smallFiles = 200
)

// peer is one server under test.
type peer struct {
	name  string
	dir   string // of the files
	start func(dir, port string) (*exec.Cmd, error)
	// forgets: it forks for each transfer and has the system forget what has ended, so
	// that nobody can tell its CPU time.
	forgets bool

	files  string
	addr   *net.UDPAddr
	server *beside.Server
	best   map[string]result

	patience time.Duration // of the client
}

type result struct{ elapsed, cpu time.Duration }

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
	dir, err := os.MkdirTemp("/dev/shm", "tftp-bench-")
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
	type work struct {
		name string
		do   func(p *peer) error
	}
	var works []work
	for _, block := range []int{512, 1428} {
		works = append(works,
			work{fmt.Sprint("read 16 MiB, blksize ", block), func(p *peer) error { return p.read("big", block, 1, bigSize) }},
			work{fmt.Sprint("write 16 MiB, blksize ", block), func(p *peer) error { return p.write("upload", block) }})
	}
	works = append(works,
		work{"read 16 MiB, blksize 1428, windowsize 16", func(p *peer) error { return p.read("big", 1428, 16, bigSize) }},
		work{"200 small reads", func(p *peer) error {
			for i := range smallFiles {
				if err := p.read(fmt.Sprint("s", i), 0, 1, 1000); err != nil {
					return err
				}
			}
			return nil
		}})
	for range rounds {
		for _, w := range works {
			for _, p := range running {
				cpu := p.server.CPU()
				begin := time.Now()
				if err := w.do(p); err != nil {
					return fmt.Errorf("%s: %s: %w", p.name, w.name, err)
				}
				r := result{time.Since(begin), p.server.CPU() - cpu}
				if best, ok := p.best[w.name]; !ok || r.elapsed < best.elapsed {
					p.best[w.name] = r
				}
			}
		}
	}
	for _, w := range works {
		fmt.Println(w.name)
		for _, p := range running {
			r := p.best[w.name]
			cpu := "is not known"
			if !p.forgets {
				cpu = fmt.Sprintf("%7.1f ms", beside.Milliseconds(r.cpu))
			}
			fmt.Printf("  %-10s %8.1f ms, CPU of the server %s\n", p.name, beside.Milliseconds(r.elapsed), cpu)
		}
	}
	return nil
}

// peers returns the servers.
func peers(server string) []*peer {
	return []*peer{
		{name: "cgpkit", dir: "Accounts/john.macnt/account.web", start: func(dir, port string) (*exec.Cmd, error) {
			if server == "" {
				return nil, errors.New("no -server")
			}
			for name, text := range map[string]string{
				"Settings/Main.settings":                   "{\n DomainName = bench.example;\n}\n",
				"Accounts/Settings/Access.settings":        "{\n tftpuser = (UserAccounts);\n}\n",
				"Accounts/john.macnt/account.settings":     "{\n MaxWebSize = unlimited;\n}\n",
				"Accounts/tftpuser.macnt/account.settings": "{\n}\n",
			} {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return nil, err
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					return nil, err
				}
			}
			return exec.Command(server, "-base", dir, "-http", "off", "-ftp", "off", "-cli", "off", "-log-level", "warn",
				"-tftp", "127.0.0.1:"+port, "-tftp-storage", "john", "-tftp-write"), nil
		}},
		{name: "tftpd-hpa", dir: ".", forgets: true, start: func(dir, port string) (*exec.Cmd, error) {
			return command("in.tftpd", "-L", "-a", "127.0.0.1:"+port, "-c", "-u", "root", "-s", dir)
		}},
		{name: "atftpd", dir: ".", start: func(dir, port string) (*exec.Cmd, error) {
			return command("atftpd", "--daemon", "--no-fork", "--bind-address", "127.0.0.1", "--port", port, "--user", "root.root", "--verbose=0", dir)
		}},
	}
}

func command(name string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	return exec.Command(path, args...), nil
}

// begin makes the files of a server and starts it on the first core.
func (p *peer) begin(dir string) error {
	p.files = filepath.Join(dir, p.dir)
	if err := os.MkdirAll(p.files, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.files, "big"), make([]byte, bigSize), 0o644); err != nil {
		return err
	}
	for i := range smallFiles {
		if err := os.WriteFile(filepath.Join(p.files, fmt.Sprint("s", i)), make([]byte, 1000), 0o644); err != nil {
			return err
		}
	}
	probe, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	p.addr = probe.LocalAddr().(*net.UDPAddr)
	probe.Close()
	cmd, err := p.start(dir, strconv.Itoa(p.addr.Port))
	if err != nil {
		return err
	}
	if p.server, err = beside.Start(cmd); err != nil {
		return err
	}
	p.patience = 100 * time.Millisecond
	for range 50 {
		if err = p.read("s0", 0, 1, 1000); err == nil {
			p.patience = time.Minute
			return nil
		}
	}
	p.server.End()
	return err
}

const (
	opRead = iota + 1
	opWrite
	opData
	opAck
	opError
	opOptions
)

// client is a transfer on a network that loses nothing.
type client struct {
	conn *net.UDPConn
	peer *net.UDPAddr
	buf  [2048]byte
}

func (p *peer) request(op byte, name string, block, window int) (*client, []byte, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	c := &client{conn: conn}
	request := fmt.Sprintf("\x00%c%s\x00octet\x00", op, name)
	if block > 0 {
		request += fmt.Sprintf("blksize\x00%d\x00", block)
	}
	if window > 1 {
		request += fmt.Sprintf("windowsize\x00%d\x00", window)
	}
	conn.SetDeadline(time.Now().Add(p.patience))
	if _, err := conn.WriteToUDP([]byte(request), p.addr); err != nil {
		return nil, nil, err
	}
	packet, err := c.next()
	if err != nil {
		conn.Close()
	}
	return c, packet, err
}

func (c *client) next() ([]byte, error) {
	n, from, err := c.conn.ReadFromUDP(c.buf[:])
	if err != nil {
		return nil, err
	}
	c.peer = from
	if c.buf[1] == opError {
		return nil, errors.New(string(c.buf[4:n]))
	}
	return c.buf[:n], nil
}

func (c *client) ack(block uint16) {
	c.conn.WriteToUDP(binary.BigEndian.AppendUint16([]byte{0, opAck}, block), c.peer)
}

func (p *peer) read(name string, block, window, size int) error {
	c, packet, err := p.request(opRead, name, block, window)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	granted := 1
	if packet[1] == opOptions {
		if _, rest, ok := strings.Cut(string(packet), "windowsize\x00"); ok {
			value, _, _ := strings.Cut(rest, "\x00")
			granted, _ = strconv.Atoi(value)
		}
		c.ack(0)
		if packet, err = c.next(); err != nil {
			return err
		}
	}
	block = max(block, 512)
	got, inWindow := 0, 0
	for n := uint16(1); ; n++ {
		if packet[1] != opData || binary.BigEndian.Uint16(packet[2:]) != n {
			return fmt.Errorf("packet %d of kind %d is out of order", binary.BigEndian.Uint16(packet[2:]), packet[1])
		}
		got += len(packet) - 4
		last := len(packet)-4 < block
		if inWindow++; inWindow == granted || last {
			c.ack(n)
			inWindow = 0
		}
		if last {
			break
		}
		if packet, err = c.next(); err != nil {
			return err
		}
	}
	if got != size {
		return fmt.Errorf("%d bytes", got)
	}
	return nil
}

func (p *peer) write(name string, block int) error {
	os.Remove(filepath.Join(p.files, name))
	c, _, err := p.request(opWrite, name, block, 1)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	data := make([]byte, 4+block)
	for n, left := uint16(1), bigSize; left >= 0; n++ {
		size := min(left, block)
		binary.BigEndian.PutUint16(data, opData)
		binary.BigEndian.PutUint16(data[2:], n)
		if _, err := c.conn.WriteToUDP(data[:4+size], c.peer); err != nil {
			return err
		}
		if _, err := c.next(); err != nil {
			return err
		}
		if left -= size; size < block {
			break
		}
	}
	return nil
}
