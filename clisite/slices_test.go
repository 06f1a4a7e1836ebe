package clisite_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

var megabytes = flag.Int("megabytes", 24, "how large the file of TestSlices is")

// onDisk returns the test accounts with storages on disk, john's without limits.
func onDisk(t testing.TB) *fixture.Directory {
	t.Helper()
	dir, n := t.TempDir(), 0
	d := fixture.New(func() filestore.Store {
		n++
		s, err := dirstore.Open(filepath.Join(dir, fmt.Sprint(n)), &dirstore.Options{Sync: dirstore.SyncLater})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
	d.Update("john@client1.com", func(a *fixture.Account) {
		a.Limits = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	})
	return d
}

// TestSlices has a file go in and out in slices; it is on disk alone. It counts bytes in
// use, so it runs alone.
func TestSlices(t *testing.T) {
	size := int64(*megabytes) << 20
	slice := min(16<<20, size/6)
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(onDisk(t))}))
	c.login("john")
	c.ask("INLINE", "200 OK")
	before := fixture.Heap()
	// The client holds a slice, and its text twice; the server holds the text.
	bounded := func() {
		require.Less(t, fixture.Heap()-before, 6*slice+8<<20)
		require.NoError(t, c.conn.SetDeadline(time.Now().Add(5*time.Minute)))
	}

	content := io.LimitReader(rand.NewChaCha8([32]byte{1}), size)
	sum, piece := sha256.New(), make([]byte, slice)
	for at := int64(0); at < size; {
		n, err := io.ReadFull(content, piece)
		if err != io.ErrUnexpectedEOF {
			require.NoError(t, err)
		}
		sum.Write(piece[:n])
		c.ask(fmt.Sprintf(`WriteStorageFile * FILE large OFFSET %d DATA [%s]`, at, base64.StdEncoding.EncodeToString(piece[:n])), "200 OK")
		at += int64(n)
		bounded()
	}
	got := sha256.New()
	for at := int64(0); at < size; {
		c.send(fmt.Sprintf(`ReadStorageFile * FILE large OFFSET %d SIZE %d`, at, slice))
		answer, err := c.in.ReadBytes('\n')
		require.NoError(t, err)
		text, rest, ok := bytes.Cut(bytes.TrimPrefix(answer, []byte("201 ([")), []byte("]"))
		require.True(t, ok && bytes.HasSuffix(rest, fmt.Appendf(nil, ",#%d)\r\n", size)))
		n, err := base64.StdEncoding.Decode(text, text)
		require.NoError(t, err)
		require.EqualValues(t, min(slice, size-at), n)
		got.Write(text[:n])
		at += int64(n)
		bounded()
	}
	require.Equal(t, sum.Sum(nil), got.Sum(nil))
	t.Logf("%d MiB in slices of %d", *megabytes, slice)
}

// BenchmarkRead reads a file of 5 MB in one answer, as a client has it: decoded.
func BenchmarkRead(b *testing.B) {
	const size = 5_000_000
	d := onDisk(b)
	d.Write(b, "john@client1.com", "large", strings.Repeat("0123456789", size/10))
	c := dial(b, serve(b, &clisite.Server{Views: fixture.Views(d)}))
	c.login("john")
	c.ask("INLINE", "200 OK")
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		c.send("ReadStorageFile * FILE large")
		answer, err := c.in.ReadBytes('\n')
		require.NoError(b, err)
		text, _, _ := bytes.Cut(bytes.TrimPrefix(answer, []byte("201 ([")), []byte("]"))
		n, err := base64.StdEncoding.Decode(text, text)
		require.NoError(b, err)
		require.Equal(b, size, n)
	}
}
