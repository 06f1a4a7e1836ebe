package client_test

import (
	"bytes"
	"flag"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

var large = flag.Int64("large", 64<<20, "size of the file of TestLargeFile, in `BYTES`")

// A file of any size goes in and out with the memory of some slices, those of the
// server included.
func TestLargeFile(t *testing.T) {
	size := *large
	if testing.Short() {
		size = min(size, 16<<20)
	}
	store, err := dirstore.Open(t.TempDir()+"/john.web", nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	d := accounts()
	d.Update(john, func(a *fixture.Account) { a.Store = store })
	far := open(t, serve(t, &clisite.Server{Views: fixture.Views(d)}), john).Storage("")
	ctx := t.Context()
	before := fixture.Heap()
	peak := &highest{}
	start := time.Now()
	u, err := far.Create(ctx, "large", filestore.CreateOptions{Size: size})
	require.NoError(t, err)
	defer u.Abort()
	_, err = io.CopyBuffer(struct{ io.Writer }{u}, io.TeeReader(&pattern{left: size}, peak), make([]byte, 256<<10))
	require.NoError(t, err)
	i, err := u.Commit()
	require.NoError(t, err)
	require.Equal(t, size, i.Size())
	in := time.Since(start)

	start = time.Now()
	f, err := far.Open(ctx, "large")
	require.NoError(t, err)
	defer f.Close()
	same := &comparing{want: &pattern{left: size}}
	n, err := io.Copy(io.MultiWriter(same, peak), f)
	require.NoError(t, err)
	require.Equal(t, size, n)
	require.False(t, same.different)
	t.Logf("%d MiB in %v, out in %v; %d MiB of heap at most", size>>20, in.Round(time.Millisecond), time.Since(start).Round(time.Millisecond), (peak.bytes-before)>>20)
	require.Less(t, peak.bytes-before, int64(128<<20))
}

// highest looks at the heap now and then.
type highest struct {
	bytes, seen int64
	next        int64
}

func (h *highest) Write(p []byte) (int, error) {
	if h.seen += int64(len(p)); h.seen >= h.next {
		h.next = h.seen + 4<<20
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		h.bytes = max(h.bytes, int64(m.HeapInuse+m.StackInuse))
	}
	return len(p), nil
}

// comparing takes what is to be equal to want.
type comparing struct {
	want      io.Reader
	different bool
}

func (c *comparing) Write(p []byte) (int, error) {
	want := make([]byte, len(p))
	_, err := io.ReadFull(c.want, want)
	c.different = c.different || err != nil || !bytes.Equal(p, want)
	return len(p), nil
}
