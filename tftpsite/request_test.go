package tftpsite

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

var requestRows = []struct {
	name    string
	packet  string
	want    request
	refused error
	options string // what a client that reads five bytes is told; empty: nothing
}{
	{name: "plain", packet: "\x00\x01f\x00octet\x00", want: request{name: "f", size: -1}},
	{
		name: "modes and options in any case", packet: "\x00\x01f\x00NetASCII\x00BlkSize\x001024\x00TSIZE\x000\x00",
		want: request{name: "f", netascii: true, blockSize: 1024}, options: "blksize\x001024\x00",
	},
	{
		name: "size of a file", packet: "\x00\x01f\x00octet\x00tsize\x0077\x00",
		want: request{name: "f", size: 77}, options: "tsize\x005\x00",
	},
	{
		name: "size of an upload", packet: "\x00\x02f\x00octet\x00tsize\x0077\x00",
		want: request{write: true, name: "f", size: 77}, options: "tsize\x0077\x00",
	},
	{
		name: "unknown size of an upload", packet: "\x00\x02f\x00octet\x00tsize\x000\x00",
		want: request{write: true, name: "f"}, options: "tsize\x000\x00",
	},
	{
		name: "block above our limit", packet: "\x00\x01f\x00octet\x00blksize\x0065464\x00",
		want: request{name: "f", blockSize: 65464, size: -1}, options: "blksize\x001428\x00",
	},
	{
		name: "block beyond all bounds", packet: "\x00\x01f\x00octet\x00blksize\x009999999999\x00",
		want: request{name: "f", blockSize: 65464, size: -1}, options: "blksize\x001428\x00",
	},
	{
		name: "smallest block", packet: "\x00\x01f\x00octet\x00blksize\x008\x00",
		want: request{name: "f", blockSize: 8, size: -1}, options: "blksize\x008\x00",
	},
	{name: "block below the smallest", packet: "\x00\x01f\x00octet\x00blksize\x007\x00", want: request{name: "f", size: -1}},
	{
		name: "window", packet: "\x00\x01f\x00octet\x00windowsize\x004\x00",
		want: request{name: "f", window: 4, size: -1}, options: "windowsize\x004\x00",
	},
	{
		name: "window above our limit", packet: "\x00\x01f\x00octet\x00WINDOWSIZE\x0065535\x00",
		want: request{name: "f", window: 65535, size: -1}, options: "windowsize\x0016\x00",
	},
	{name: "no window", packet: "\x00\x01f\x00octet\x00windowsize\x000\x00windowsize\x0065536\x00", want: request{name: "f", size: -1}},
	{
		name: "timeout", packet: "\x00\x01f\x00octet\x00timeout\x00255\x00",
		want: request{name: "f", timeout: 255 * time.Second, size: -1}, options: "timeout\x00255\x00",
	},
	{name: "timeouts that are none", packet: "\x00\x01f\x00octet\x00timeout\x000\x00timeout\x00256\x00", want: request{name: "f", size: -1}},
	{
		name: "all options", packet: "\x00\x01f\x00octet\x00tsize\x000\x00blksize\x00600\x00timeout\x003\x00windowsize\x002\x00",
		want:    request{name: "f", blockSize: 600, window: 2, timeout: 3 * time.Second},
		options: "blksize\x00600\x00windowsize\x002\x00timeout\x003\x00tsize\x005\x00",
	},
	{
		name: "options without a proper value", packet: "\x00\x01f\x00octet\x00blksize\x00+600\x00tsize\x00-1\x00timeout\x00x\x00blksize\x00\x00windowsize\x002\x00",
		want: request{name: "f", window: 2, size: -1}, options: "windowsize\x002\x00",
	},
	{
		name: "option without its value", packet: "\x00\x01f\x00octet\x00blksize\x00600\x00tsize\x00",
		want: request{name: "f", blockSize: 600, size: -1}, options: "blksize\x00600\x00",
	},
	{
		name: "value without its end", packet: "\x00\x01f\x00octet\x00blksize\x00600\x00tsize\x000",
		want: request{name: "f", blockSize: 600, size: -1}, options: "blksize\x00600\x00",
	},
	{name: "bytes that make no option", packet: "\x00\x01f\x00octet\x00\x00\x00\x00\xff\xfe", want: request{name: "f", size: -1}},
	{name: "empty name", packet: "\x00\x01\x00octet\x00", want: request{size: -1}},
	{name: "mode mail", packet: "\x00\x01f\x00mail\x00", refused: errMode},
	{name: "empty mode", packet: "\x00\x01f\x00\x00", refused: errMode},
	{name: "no mode", packet: "\x00\x01file\x00", refused: errMode},
	{name: "name without its end", packet: "\x00\x02file", refused: errMode},
	{name: "mode without its end", packet: "\x00\x01f\x00octet", refused: errMode},
	{name: "nothing", packet: "", refused: errNoRequest},
	{name: "one byte", packet: "\x00", refused: errNoRequest},
	{name: "code alone", packet: "\x00\x01", refused: errNoRequest},
	{name: "data", packet: "\x00\x03\x00\x01f\x00octet\x00", refused: errNoRequest},
	{name: "acknowledgement", packet: "\x00\x04\x00\x01", refused: errNoRequest},
	{name: "error", packet: "\x00\x05\x00\x01text\x00", refused: errNoRequest},
	{name: "too long", packet: "\x00\x01" + strings.Repeat("f", maxRequest) + "\x00octet\x00", refused: errNoRequest},
}

func TestParseRequest(t *testing.T) {
	t.Parallel()
	for _, row := range requestRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseRequest([]byte(row.packet))
			if row.refused != nil {
				require.ErrorIs(t, err, row.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, got)
			x := transfer{request: got, server: &Server{}, content: content{size: 5}}
			x.settle()
			if row.options == "" {
				require.Nil(t, x.options())
			} else {
				require.Equal(t, "\x00\x06"+row.options, string(x.options()))
			}
		})
	}
}

// What a window holds is bounded, whatever the client asks for.
func TestWindowIsBounded(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ maxWindow, maxBlock, window, block, want int }{
		{0, 0, 64, 512, 16}, {64, 0, 64, 512, 64}, {1000, 0, 1000, 512, 64}, {-5, 0, 64, 512, 1},
		{64, 65464, 64, 65464, 4}, {64, 8192, 64, 8192, 32}, {1, 0, 2, 512, 1},
	} {
		x := transfer{request: request{window: row.window, blockSize: row.block}, server: &Server{MaxWindowSize: row.maxWindow, MaxBlockSize: row.maxBlock}}
		x.settle()
		require.Equal(t, row.want, x.window, row)
		require.LessOrEqual(t, x.window*x.block, maxHeld)
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, row := range requestRows {
		f.Add([]byte(row.packet))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := parseRequest(packet)
		if err != nil {
			return
		}
		x := transfer{request: r, server: &Server{MaxBlockSize: maxBlock, MaxWindowSize: 64}, content: content{size: 1 << 40}}
		x.settle()
		require.LessOrEqual(t, x.window*x.block, maxHeld)
		require.LessOrEqual(t, len(x.options()), plainBlock)
	})
}

var textRows = []struct {
	name, in, want string
	bad            bool
}{
	{name: "nothing"},
	{name: "plain", in: "abc", want: "abc"},
	{name: "lines", in: "a\r\nb\r\n", want: "a\nb\n"},
	{name: "carriage return", in: "a\r\x00b", want: "a\rb"},
	{name: "bare line feed", in: "a\nb", want: "a\nb"},
	{name: "zero byte", in: "a\x00b", want: "a\x00b"},
	{name: "carriage return before a letter", in: "a\rb", bad: true},
	{name: "two carriage returns", in: "a\r\r\n", bad: true},
	{name: "carriage return at the end", in: "a\r", bad: true},
}

func TestTextWriter(t *testing.T) {
	t.Parallel()
	for _, row := range textRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for size := 1; size <= len(row.in)+1; size++ { // every way to cut it
				var out bytes.Buffer
				w := newTextWriter(&out)
				err := writeInPieces(w, row.in, size)
				if err == nil {
					err = w.Close()
				}
				if row.bad {
					require.ErrorIs(t, err, errNetascii)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, row.want, out.String())
			}
		})
	}
}

func writeInPieces(w *textWriter, s string, size int) error {
	for s != "" {
		n := min(size, len(s))
		if _, err := w.Write([]byte(s[:n])); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}

func TestTextReader(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "abc": "abc", "a\nb\n": "a\r\nb\r\n", "a\rb": "a\r\x00b", "a\r\n": "a\r\x00\r\n", "\r": "\r\x00", "\x00": "\x00",
	} {
		for size := 1; size <= len(want)+1; size++ {
			var got strings.Builder
			_, err := io.CopyBuffer(&got, struct{ io.Reader }{&textReader{r: bufio.NewReader(strings.NewReader(in))}}, make([]byte, size))
			require.NoError(t, err)
			require.Equal(t, want, got.String())
		}
	}
	_, err := io.ReadAll(&textReader{r: bufio.NewReader(iotest.ErrReader(io.ErrClosedPipe))})
	require.ErrorIs(t, err, io.ErrClosedPipe)
}
