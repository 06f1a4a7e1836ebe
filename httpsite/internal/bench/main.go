//go:build linux

// Command bench measures the reference server beside nginx, Apache, and what Go brings:
// http.FileServer, the handler of golang.org/x/net/webdav, and a handler that writes
// the same bytes from memory, which is the floor below any server on net/http. Every
// server runs on the first core, the client on the second, with the same files on a
// memory file system, in rounds by turns; the best round counts. It needs root, Linux,
// taskset, and the programs in PATH; those that are missing are left out.
//
//	go build -o /tmp/server ./examples/server
//	go build -o /tmp/bench ./httpsite/internal/bench && taskset -c 1 /tmp/bench -server /tmp/server
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/beside"
)

// peer is one server under test.
type peer struct {
	name   string
	prefix string // of the URLs
	login  string // an Authorization field
	files  string // the directory that it shows, below its own
	start  func(dir, addr string) (*exec.Cmd, error)
	skip   func(w work) bool // what it cannot do

	addr    string
	server  *beside.Server
	results map[string]result
}

// result is the best round of a work.
type result struct {
	each time.Duration // of a request, by the clock
	cpu  time.Duration // of a request, the server's
}

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 1, "how often each work is done by each server")
	seconds := flag.Float64("seconds", 1, "how long a round of a work takes")
	only := flag.String("only", "", "the works whose names contain this")
	servers := flag.String("servers", "", "the servers whose names contain one of these, with commas between them")
	server := flag.String("server", "", "the reference server, built (go build -o FILE ./examples/server)")
	serve := flag.String("serve", "", "be one of the servers in Go: KIND,ADDR,DIR")
	flag.Parse()
	var err error
	if *serve != "" {
		err = serveGo(*serve)
	} else {
		err = run(*server, *servers, *only, *rounds, time.Duration(*seconds*float64(time.Second)))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(server, servers, only string, rounds int, time time.Duration) error {
	works := slices.DeleteFunc(works(), func(w work) bool { return !strings.Contains(w.name, only) })
	dir, err := os.MkdirTemp("/dev/shm", "http-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	var running []*peer
	for _, p := range peers(server) {
		if !slices.ContainsFunc(strings.Split(servers, ","), func(part string) bool { return strings.Contains(p.name, part) }) {
			continue
		}
		if err := p.begin(filepath.Join(dir, p.name), works); err != nil {
			log.Printf("%s is left out: %v", p.name, err)
			continue
		}
		defer p.server.End()
		running = append(running, p)
	}
	for range rounds {
		for _, w := range works {
			for _, p := range running {
				if p.skip != nil && p.skip(w) {
					continue
				}
				if err := p.measure(w, time); err != nil {
					return fmt.Errorf("%s: %s: %w", p.name, w.name, err)
				}
			}
		}
	}
	for _, w := range works {
		fmt.Printf("%-34s requests/s   CPU each\n", w.name)
		for _, p := range running {
			if r, ok := p.results[w.name]; ok {
				fmt.Printf("  %-32s %10.0f %7.1f µs\n", p.name, 1e9/float64(r.each), float64(r.cpu)/1e3)
			}
		}
	}
	return nil
}

// begin makes the files of a server and starts it.
func (p *peer) begin(dir string, works []work) error {
	p.results = map[string]result{}
	files := filepath.Join(dir, p.files)
	for _, w := range works {
		if err := w.prepare(files); err != nil {
			return err
		}
	}
	var err error
	p.server, p.addr, err = beside.StartAt(p.start, dir)
	return err
}

// measure does a work for so long, after a tenth of that to get warm.
func (p *peer) measure(w work, time time.Duration) error {
	l, err := newLoad(p, w)
	if err != nil {
		return err
	}
	defer l.close()
	if _, _, err := l.run(time / 10); err != nil {
		return err
	}
	before := p.server.CPU()
	n, took, err := l.run(time)
	if err != nil {
		return err
	}
	r := result{took / n, (p.server.CPU() - before) / n}
	if best, ok := p.results[w.name]; ok {
		r = result{min(r.each, best.each), min(r.cpu, best.cpu)}
	}
	p.results[w.name] = r
	return nil
}
