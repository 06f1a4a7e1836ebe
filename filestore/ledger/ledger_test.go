package ledger_test

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

func limits(files, bytes int64) filestore.Limits {
	return filestore.Limits{Files: files, Bytes: bytes, FileSize: filestore.Unlimited}
}

func usage(files, bytes int64) filestore.Usage { return filestore.Usage{Files: files, Bytes: bytes} }

func met(t *testing.T, kind filestore.LimitKind, limit int64, err error) {
	t.Helper()
	var l *filestore.LimitError
	require.ErrorAs(t, err, &l)
	require.Equal(t, filestore.LimitError{Kind: kind, Limit: limit}, *l)
}

func TestHoldAndSettle(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var a, b filestore.Usage
	require.NoError(t, l.Hold(&a, usage(1, 6), limits(2, 10)))
	require.Equal(t, usage(0, 0), l.Stored(), "what is held is not stored")
	met(t, filestore.LimitBytes, 10, l.Hold(&b, usage(1, 5), limits(2, 10)))
	require.Zero(t, b)
	require.NoError(t, l.Hold(&b, usage(1, 4), limits(2, 10)))
	met(t, filestore.LimitFiles, 2, l.Hold(new(filestore.Usage), usage(1, 0), limits(2, 10)))
	require.NoError(t, l.Hold(&a, usage(1, 2), limits(0, 0)), "to hold less is no growth")
	require.Equal(t, usage(1, 2), a)
	l.Settle(&a, usage(1, 2))
	require.Zero(t, a)
	require.Equal(t, usage(1, 2), l.Stored())
	l.Settle(&b, filestore.Usage{})
	l.Settle(&b, filestore.Usage{}) // holds nothing any more
	require.NoError(t, l.Hold(&b, usage(1, 8), limits(2, 10)))
	require.NoError(t, l.Hold(&b, usage(-1, -5), limits(0, 0)))
	require.Zero(t, b, "less needs no room")
	require.False(t, l.Overdrawn())
	l.Settle(&b, usage(-2, 0))
	require.True(t, l.Overdrawn())
	require.Equal(t, usage(0, 2), l.Stored())
	l.Set(usage(3, 3))
	require.False(t, l.Overdrawn())
	require.EqualValues(t, 1, l.Sets())
	require.Equal(t, usage(3, 3), l.Stored())
	require.NoError(t, l.Hold(&b, usage(0, 0), limits(0, 0)))
	require.NoError(t, l.Hold(&b, usage(1, 1), limits(4, 4)))
	require.True(t, l.Fits(b, usage(1, 4), limits(1, 4)))
	require.False(t, l.Fits(b, usage(2, 4), limits(1, 4)))
	require.False(t, l.Fits(filestore.Usage{}, usage(1, 4), limits(1, 4)), "another holds room")
}

func TestCheckFile(t *testing.T) {
	t.Parallel()
	three := filestore.Limits{FileSize: 3}
	require.NoError(t, ledger.CheckFile(ledger.None, 3, three))
	met(t, filestore.LimitFileSize, 3, ledger.CheckFile(ledger.None, 4, three))
	require.NoError(t, ledger.CheckFile(5, 5, three))
	require.NoError(t, ledger.CheckFile(5, 4, three))
	met(t, filestore.LimitFileSize, 3, ledger.CheckFile(5, 6, three))
	require.NoError(t, ledger.CheckFile(ledger.None, 0, filestore.Limits{}))
	require.NoError(t, ledger.CheckSidecar(5, 4, three))
	met(t, filestore.LimitFileSize, 3, ledger.CheckSidecar(ledger.None, 4, three))
	big := int64(filestore.MaxSidecarBytes + 1)
	met(t, filestore.LimitFileSize, filestore.MaxSidecarBytes, ledger.CheckSidecar(big+1, big, filestore.Limits{FileSize: filestore.Unlimited}))
}

// Where an upload begins, what it holds and what it comes to.
func TestDraft(t *testing.T) {
	t.Parallel()
	const none = ledger.None
	type options = filestore.CreateOptions
	for _, tt := range []struct {
		name  string
		o     options
		old   int64
		write int
		start int64
		held  filestore.Usage // after all is written
		made  filestore.Usage
		err   error // of NewDraft
	}{
		{name: "new", old: none, write: 3, held: usage(1, 3), made: usage(1, 3)},
		{name: "replaced", old: 4, write: 3, held: usage(0, -1), made: usage(0, -1)},
		{name: "appended", o: options{Offset: filestore.End}, old: 4, write: 3, start: 4, held: usage(0, 3), made: usage(0, 3)},
		{name: "appended to nothing", o: options{Offset: filestore.End}, old: none, write: 3, held: usage(1, 3), made: usage(1, 3)},
		{name: "offset", o: options{Offset: 2}, old: 4, write: 3, start: 2, held: usage(0, 1), made: usage(0, 1)},
		{name: "tail", o: options{Offset: 1, KeepTail: true}, old: 4, write: 1, start: 1, held: usage(0, 0), made: usage(0, 0)},
		{name: "tail overwritten", o: options{Offset: 3, KeepTail: true}, old: 4, write: 3, start: 3, held: usage(0, 2), made: usage(0, 2)},
		{name: "declared", o: options{Size: 3, Reserve: 99}, old: none, write: 3, held: usage(1, 3), made: usage(1, 3)},
		{name: "reserved", o: options{Reserve: 9}, old: none, write: 3, held: usage(1, 9), made: usage(1, 3)},
		{name: "reserved behind an offset", o: options{Reserve: math.MaxInt64, Offset: 2}, old: 4, write: 3, start: 2, held: usage(0, math.MaxInt64-4), made: usage(0, 1)},
		{name: "offset beyond the end", o: options{Offset: 5}, old: 4, err: fs.ErrInvalid},
		{name: "offset in nothing", o: options{Offset: 1}, old: none, err: fs.ErrNotExist},
		{name: "tail of nothing", o: options{KeepTail: true}, old: none, err: fs.ErrNotExist},
		{name: "negative offset", o: options{Offset: -2}, old: 4, err: fs.ErrInvalid},
		{name: "negative size", o: options{Size: -1}, old: 4, err: fs.ErrInvalid},
		{name: "negative reserve", o: options{Reserve: -1}, old: 4, err: fs.ErrInvalid},
		{name: "size that no number holds", o: options{Size: math.MaxInt64, Offset: 1}, old: 4, err: fs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := ledger.NewDraft(tt.o, limits(0, 0), tt.old)
			require.ErrorIs(t, err, tt.err)
			if tt.err != nil {
				return
			}
			require.Equal(t, tt.start, d.Start())
			require.Equal(t, tt.o.Offset != 0 || tt.o.KeepTail, d.Keeps())
			require.Equal(t, tt.o.Size > 0, d.Declared())
			require.NoError(t, d.Write(tt.write))
			held, err := d.Delta(tt.old)
			require.NoError(t, err)
			require.Equal(t, tt.held, held)
			require.NoError(t, d.Complete())
			made, err := d.Made(tt.old)
			require.NoError(t, err)
			require.Equal(t, tt.made, made)
			require.Equal(t, max(0, tt.old)*(1-made.Files)+made.Bytes, d.Size())
		})
	}

	d, err := ledger.NewDraft(filestore.CreateOptions{Size: 3}, filestore.Limits{FileSize: 2}, none)
	require.NoError(t, err)
	_, err = d.Delta(none)
	met(t, filestore.LimitFileSize, 2, err)
	require.NoError(t, d.Write(2))
	require.ErrorIs(t, d.Complete(), io.ErrUnexpectedEOF)
	require.ErrorIs(t, d.Write(2), fs.ErrInvalid)
}

// However many fight for room, exactly as many as fit get it.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var fit atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 100 {
				var held filestore.Usage
				if l.Hold(&held, usage(1, 10), limits(1000, 1005)) != nil {
					continue
				}
				fit.Add(1)
				l.Settle(&held, usage(1, 10))
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 100, fit.Load())
	require.Equal(t, usage(100, 1000), l.Stored())
}

func Example() {
	var l ledger.Ledger
	limits := filestore.Limits{Files: 10, Bytes: 100, FileSize: 100}
	var upload, another filestore.Usage
	fmt.Println(l.Hold(&upload, filestore.Usage{Files: 1, Bytes: 70}, limits))
	fmt.Println(l.Hold(&another, filestore.Usage{Files: 1, Bytes: 40}, limits))
	l.Settle(&upload, filestore.Usage{Files: 1, Bytes: 70})
	fmt.Println(l.Stored())
	// Output:
	// <nil>
	// over the limit: MaxWebSize is 100
	// {1 70}
}
