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
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// BenchmarkMirror mirrors 2,000 files to a server and back, by this program over the CLI
// and by rclone over FTP, to the same server, in turns. rclone leaves sidecars alone.
func BenchmarkMirror(b *testing.B) {
	rclone := fixture.Program(b, "rclone")
	const count = 2000
	source := b.TempDir()
	for i := range count {
		write(b, filepath.Join(source, fmt.Sprintf("d%d/f%d", i%20, i)), strings.Repeat("0123456789", 100+i%900))
	}
	base, err := directory.Open(newBase(b), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, base.Close()) })
	views := filestore.NewViews(base, base.Stores(), nil)
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		return l
	}
	forCLI, forFTP := listen(), listen()
	cli, ftp := &clisite.Server{Views: views}, &ftpsite.Server{Views: views}
	go cli.Serve(forCLI)
	go ftp.Serve(forFTP)
	b.Cleanup(func() { cli.Close(); ftp.Close() })
	b.Setenv("CGPSYNC_FROM_PASSWORD", "secret")
	b.Setenv("CGPSYNC_TO_PASSWORD", "secret")
	hidden, err := exec.Command(rclone, "obscure", "secret").Output()
	require.NoError(b, err)
	_, port, err := net.SplitHostPort(forFTP.Addr().String())
	require.NoError(b, err)
	remote := fmt.Sprintf(":ftp,host=127.0.0.1,port=%s,user=john,pass=%s:", port, strings.TrimSpace(string(hidden)))
	copyBy := func(from, to string) time.Duration {
		start := time.Now()
		command := exec.Command(rclone, "--config", os.DevNull, "copy", from, to)
		out, err := command.CombinedOutput()
		require.NoError(b, err, string(out))
		return time.Since(start)
	}
	ours := func(from, to string) time.Duration {
		start := time.Now()
		r := cgpsync(b, b.TempDir(), "-q", from, to)
		require.Equal(b, exitSame, r.status, r.err)
		return time.Since(start)
	}
	far := "cgp://john@" + forCLI.Addr().String() + "/"
	var by [4]time.Duration
	n := 0
	for b.Loop() {
		sub := fmt.Sprintf("r%d", n)
		by[0] += ours(source, far)
		by[1] += ours(far, b.TempDir())
		// The same files in a fresh place, so that both have the same to do.
		store, err := base.Stores().Store(b.Context(), "john@client1.com")
		require.NoError(b, err)
		for entry, err := range store.List(b.Context(), filestore.Root, filestore.ListOptions{}) {
			require.NoError(b, err)
			require.NoError(b, store.Remove(b.Context(), entry.Path(), filestore.RemoveOptions{Recursive: true}))
		}
		by[2] += copyBy(source, remote+sub)
		by[3] += copyBy(remote+sub, b.TempDir())
		require.NoError(b, store.Remove(b.Context(), sub, filestore.RemoveOptions{Recursive: true}))
		n++
	}
	for i, name := range []string{"cgpsync-in", "cgpsync-out", "rclone-in", "rclone-out"} {
		b.ReportMetric(by[i].Seconds()/float64(n), name+"-s/op")
	}
	b.ReportMetric(by[0].Seconds()/by[2].Seconds(), "in-ratio")
	b.ReportMetric(by[1].Seconds()/by[3].Seconds(), "out-ratio")
}
