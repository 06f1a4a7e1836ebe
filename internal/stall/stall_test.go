package stall_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/stall"
)

// pipe runs a test with both ends of a connection in a bubble of fake time.
func pipe(t *testing.T, test func(t *testing.T, ours, theirs net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		test(t, ours, theirs)
		ours.Close()
		theirs.Close()
		time.Sleep(time.Hour) // in fake time: what uses them ends
	})
}

// take reads so many bytes, one piece of them a pause.
func take(r io.Reader, piece int, pause time.Duration) {
	for buffer := make([]byte, piece); ; time.Sleep(pause) {
		if _, err := io.ReadFull(r, buffer); err != nil {
			return
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		piece int           // that the other end takes at once
		pause time.Duration // then
		cut   bool
	}{
		{"at once", 1 << 20, 0, false},
		{"just fast enough", stall.Piece, 55 * time.Second, false},
		{"in small parts", stall.Piece / 16, 3 * time.Second, false},
		{"too slow", stall.Piece, 61 * time.Second, true},
		{"too slow, though it moves", stall.Piece / 16, 4 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pipe(t, func(t *testing.T, ours, theirs net.Conn) {
				go take(theirs, tt.piece, tt.pause)
				d := stall.New(ours.SetWriteDeadline, time.Minute)
				all := make([]byte, 1<<20)
				n, err := d.Write(ours, all)
				if tt.cut {
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
					require.Less(t, n, 4*stall.Piece)
					return
				}
				require.NoError(t, err)
				require.Equal(t, len(all), n)
			})
		})
	}
}

// Several short writes are one piece, until something new begins.
func TestShortWrites(t *testing.T) {
	t.Parallel()
	pipe(t, func(t *testing.T, ours, theirs net.Conn) {
		go take(theirs, 1, 0)
		d := stall.New(ours.SetWriteDeadline, time.Minute)
		write := func() error {
			_, err := d.Write(ours, []byte("x"))
			return err
		}
		require.NoError(t, write())
		time.Sleep(40 * time.Second)
		require.NoError(t, write())
		time.Sleep(40 * time.Second)
		require.ErrorIs(t, write(), os.ErrDeadlineExceeded)
		d.Begin()
		require.NoError(t, write())
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		piece int // that the other end sends at once
		cut   bool
	}{
		{"pieces", stall.Piece, false},
		{"half pieces", stall.Piece / 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pipe(t, func(t *testing.T, ours, theirs net.Conn) {
				go func() {
					defer theirs.Close()
					for range 5 {
						theirs.Write(make([]byte, tt.piece))
						time.Sleep(50 * time.Second)
					}
				}()
				d := stall.New(ours.SetReadDeadline, time.Minute)
				var err error
				for buffer := make([]byte, 4096); err == nil; {
					_, err = d.Read(ours, buffer)
				}
				if tt.cut {
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				} else {
					require.Equal(t, io.EOF, err)
				}
			})
		})
	}
}

// Wait is for what comes next; a piece after it has its own time.
func TestWait(t *testing.T) {
	t.Parallel()
	pipe(t, func(t *testing.T, ours, theirs net.Conn) {
		go func() {
			time.Sleep(4 * time.Minute)
			theirs.Write([]byte("x"))
		}()
		d := stall.New(ours.SetReadDeadline, time.Minute)
		d.Renew()
		d.Wait(5 * time.Minute)
		_, err := d.Read(ours, make([]byte, 1))
		require.NoError(t, err)
		begin := time.Now()
		d.Renew()
		_, err = d.Read(ours, make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

// A deadline that was moved just now is not moved again.
func TestRenew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var moved []time.Duration
		d := stall.New(func(by time.Time) error {
			moved = append(moved, by.Sub(begin))
			return errors.New("no deadlines")
		}, 16*time.Second)
		for range 100 {
			d.Renew()
			time.Sleep(100 * time.Millisecond)
		}
		require.Equal(t, 16*time.Second, moved[0])
		require.Len(t, moved, 10)
		require.Equal(t, 25*time.Second, moved[9])
	})
}

// kernel copies as the kernel does: a part of what it should, until the deadline.
type kernel struct {
	strings.Builder
	most int64
	err  error
}

func (k *kernel) ReadFrom(r io.Reader) (int64, error) {
	whole := r.(*io.LimitedReader).N
	n, err := io.CopyN(&k.Builder, r, min(k.most, whole))
	if err == io.EOF {
		return n, nil
	}
	if n < whole {
		return n, k.err
	}
	return n, err
}

func TestCopy(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 100)
	late := os.ErrDeadlineExceeded
	for _, tt := range []struct {
		name  string
		most  int64 // that the kernel copies under one deadline
		err   error
		limit int64 // of the source; 0: none
		want  int
	}{
		{name: "all", most: 1 << 20, want: 1000},
		{name: "a source with a limit", most: 1 << 20, limit: 555, want: 555},
		{name: "a limit behind the end", most: 1 << 20, limit: 5555, want: 1000},
		{name: "slow", most: 7, err: late, want: 1000},
		{name: "slow, with a limit", most: 7, err: late, limit: 555, want: 555},
		{name: "stalled", most: 0, err: late, want: 0},
		{name: "broken", most: 7, err: io.ErrClosedPipe, want: 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var src io.Reader = strings.NewReader(text)
			if tt.limit > 0 {
				src = io.LimitReader(src, tt.limit)
			}
			d := stall.New(func(time.Time) error { return nil }, time.Minute)
			dst := &kernel{most: tt.most, err: tt.err}
			n, err := d.Copy(dst, src, 100)
			require.EqualValues(t, tt.want, n)
			require.Equal(t, text[:tt.want], dst.String())
			if tt.want < 100 {
				require.ErrorIs(t, err, tt.err)
			} else {
				require.NoError(t, err)
			}
		})
	}
}
