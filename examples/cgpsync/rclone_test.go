package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// BenchmarkMirror mirrors 2,000 files to a server and back, by this program over the CLI
// and by rclone over WebDAV and over FTP, to the same server; then again, when there is
// nothing left to do. An operation is all of that. rclone 1.60 sends requests of WebDAV 10 ms
// apart.
func BenchmarkMirror(b *testing.B) {
	for _, shape := range []struct {
		name string
		size func(i int) int
	}{
		{"small", func(i int) int { return 1000 + i*7919%19_000 }},
		{"mixed", func(i int) int {
			switch {
			case i%500 == 7:
				return 5_000_000
			case i%50 == 7:
				return 512_000
			}
			return 1000 + i*7919%19_000
		}},
	} {
		b.Run(shape.name, func(b *testing.B) {
			source := b.TempDir()
			for i := range 2000 {
				write(b, filepath.Join(source, fmt.Sprintf("d%d/f%d", i%20, i)), strings.Repeat("0123456789", shape.size(i)/10))
			}
			for _, name := range []string{"cgpsync", "rclone-ftp", "rclone-webdav"} {
				b.Run(name, func(b *testing.B) { benchmarkMirror(b, name, source) })
			}
		})
	}
}

func benchmarkMirror(b *testing.B, name, source string) {
	base, err := directory.Open(newBase(b), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, base.Close()) })
	views := filestore.NewViews(base, base.Stores(), nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	var server interface {
		Serve(net.Listener) error
		Close() error
	}
	var far string
	var command []string
	if name == "cgpsync" {
		server, far = &clisite.Server{Views: views}, "cgp://john@"+l.Addr().String()+"/"
		program := filepath.Join(b.TempDir(), "cgpsync")
		out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
		require.NoError(b, err, string(out))
		b.Setenv("CGPSYNC_FROM_PASSWORD", "secret")
		b.Setenv("CGPSYNC_TO_PASSWORD", "secret")
		command = []string{program, "-q", "-state", b.TempDir()}
	} else {
		rclone := fixture.Program(b, "rclone")
		hidden, err := exec.Command(rclone, "obscure", "secret").Output()
		require.NoError(b, err)
		far = fmt.Sprintf(":ftp,host=127.0.0.1,port=%d,user=john,pass=%s:", l.Addr().(*net.TCPAddr).Port, strings.TrimSpace(string(hidden)))
		server = &ftpsite.Server{Views: views}
		if name == "rclone-webdav" {
			far = fmt.Sprintf(":webdav,url='http://%s/~john/',vendor=other,user=john,pass=%s:", l.Addr(), strings.TrimSpace(string(hidden)))
			server = &httpsite.Server{Handler: &httpsite.Handler{Views: views}}
		}
		command = []string{rclone, "--config", os.DevNull, "copy"}
	}
	go server.Serve(l)
	b.Cleanup(func() { server.Close() })
	var took [4]time.Duration
	n := 0
	for b.Loop() {
		target := b.TempDir()
		for i, way := range [][2]string{{source, far}, {far, target}, {source, far}, {far, target}} {
			start := time.Now()
			out, err := exec.Command(command[0], append(command[1:], way[0], way[1])...).CombinedOutput()
			took[i] += time.Since(start)
			require.NoError(b, err, string(out))
		}
		require.Equal(b, contents(b, source), contents(b, target))
		store, err := base.Stores().Store(b.Context(), "john@client1.com")
		require.NoError(b, err)
		for entry, err := range store.List(b.Context(), filestore.Root, filestore.ListOptions{}) {
			require.NoError(b, err)
			require.NoError(b, store.Remove(b.Context(), entry.Path(), filestore.RemoveOptions{Recursive: true}))
		}
		n++
	}
	for i, way := range []string{"in", "out", "in-again", "out-again"} {
		b.ReportMetric(took[i].Seconds()/float64(n), way+"-s")
	}
}
