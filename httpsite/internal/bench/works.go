//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// work is a kind of request, sent again and again on a number of connections.
type work struct {
	name    string
	conns   int
	dir     string // its files
	files   int
	size    int
	method  string
	header  string
	body    []byte
	code    int
	perConn bool // each connection has a name of its own
	tags    bool // the header has a %s for the validator of the file
}

const propfind = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><displayname/><getlastmodified/><getcontentlength/><resourcetype/><getcontenttype/><getetag/></prop></propfind>`

func works() []work {
	get := func(name, dir string, files, size, conns int) work {
		return work{name: name, conns: conns, dir: dir, files: files, size: size, method: "GET", code: http.StatusOK}
	}
	one := get("GET 1 KiB, 32 connections", "one", 1, 1<<10, 32)
	byTag, byDate := one, one
	byTag.name, byTag.header, byTag.code, byTag.tags = "304 by entity tag", "If-None-Match: %s\r\n", http.StatusNotModified, true
	byDate.name, byDate.header, byDate.code, byDate.tags = "304 by date", "If-Modified-Since: %s\r\n", http.StatusNotModified, true
	part := get("range of 64 KiB of 16 MiB", "large", 1, 16<<20, 8)
	part.header, part.code = "Range: bytes=1000000-1065535\r\n", http.StatusPartialContent
	put := func(name, dir string, size int) work {
		return work{name: name, conns: 8, dir: dir, method: "PUT", body: bytes.Repeat([]byte("x"), size), perConn: true}
	}
	list := func(name, dir string, files int) work {
		return work{name: name, conns: 1, dir: dir, files: files, method: "PROPFIND", header: "Depth: 1\r\nContent-Type: application/xml\r\n", body: []byte(propfind), code: http.StatusMultiStatus}
	}
	return []work{
		one,
		get("GET of 1,000 files of 2 KB in turn", "thousand", 1000, 2000, 32),
		get("GET 64 KiB", "middle", 1, 64<<10, 8),
		part,
		get("GET 16 MiB", "large", 1, 16<<20, 2),
		byTag,
		byDate,
		put("PUT 4 KiB", "put4k", 4<<10),
		put("PUT 1 MiB", "put1m", 1<<20),
		list("PROPFIND of 1,000 entries", "list1k", 1000),
		list("PROPFIND of 100,000 entries", "list100k", 100_000),
	}
}

func fileName(i int) string { return fmt.Sprintf("f%06d.bin", i) }

// prepare makes the files.
func (w work) prepare(root string) error {
	dir := filepath.Join(root, w.dir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	content := bytes.Repeat([]byte("x"), w.size)
	for i := range w.files {
		if err := os.WriteFile(filepath.Join(dir, fileName(i)), content, 0o644); err != nil {
			return err
		}
	}
	for path := dir; len(path) >= len(root); path = filepath.Dir(path) { // whatever the umask is
		if err := os.Chmod(path, 0o777); err != nil {
			return err
		}
	}
	return nil
}

// requests returns what each connection sends, in turn.
func (w work) requests(p *peer) ([][][]byte, error) {
	header := "Host: bench.example\r\n" + w.header
	if p.login != "" && w.method != "GET" {
		header += "Authorization: " + p.login + "\r\n"
	}
	if w.body != nil {
		header += fmt.Sprintf("Content-Length: %d\r\n", len(w.body))
	}
	if w.tags {
		value, err := w.validator(p)
		if err != nil {
			return nil, err
		}
		header = fmt.Sprintf(header, value)
	}
	all := make([][][]byte, w.conns)
	for i := range all {
		names := []string{""}
		switch {
		case w.perConn:
			names = []string{fmt.Sprintf("p%d.bin", i)}
		case w.method == "GET":
			names = names[:0]
			for n := range w.files {
				names = append(names, fileName((n+i*w.files/w.conns)%w.files))
			}
		}
		for _, name := range names {
			head := fmt.Sprintf("%s %s/%s/%s HTTP/1.1\r\n%s\r\n", w.method, p.prefix, w.dir, name, header)
			all[i] = append(all[i], append([]byte(head), w.body...))
		}
	}
	return all, nil
}

// validator asks for what a client would send to hear that nothing has changed.
func (w work) validator(p *peer) (string, error) {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s/%s/%s HTTP/1.1\r\nHost: bench.example\r\n\r\n", p.prefix, w.dir, fileName(0))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	field := "Last-Modified"
	if strings.HasPrefix(w.header, "If-None-Match") {
		field = "ETag"
	}
	return response.Header.Get(field), nil
}
