package tftpsite

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var requestRows = []struct {
	name    string
	packet  string
	want    request
	refused error
	engine  string // what the library gets
	options string // what a client that reads five bytes is told; empty: nothing
}{
	{
		name: "plain", packet: "\x00\x01f\x00octet\x00",
		want: request{name: "f", size: -1}, engine: "\x00\x01file\x00octet\x00tsize\x000\x00",
	},
	{
		name: "modes and options in any case", packet: "\x00\x01f\x00NetASCII\x00BlkSize\x001024\x00TSIZE\x000\x00",
		want: request{name: "f", netascii: true, blockSize: 1024}, engine: "\x00\x01file\x00octet\x00blksize\x001024\x00tsize\x000\x00",
		options: "\x00\x06blksize\x001024\x00",
	},
	{
		name: "size of a file", packet: "\x00\x01f\x00octet\x00tsize\x0077\x00",
		want: request{name: "f", size: 77}, engine: "\x00\x01file\x00octet\x00tsize\x000\x00",
		options: "\x00\x06tsize\x005\x00",
	},
	{
		name: "size of an upload", packet: "\x00\x02f\x00octet\x00tsize\x0077\x00",
		want: request{write: true, name: "f", size: 77}, engine: "\x00\x02file\x00octet\x00",
	},
	{
		name: "block above our limit", packet: "\x00\x01f\x00octet\x00blksize\x0065464\x00",
		want: request{name: "f", blockSize: 65464, size: -1}, engine: "\x00\x01file\x00octet\x00blksize\x001428\x00tsize\x000\x00",
		options: "\x00\x06blksize\x001428\x00",
	},
	{
		name: "block beyond all bounds", packet: "\x00\x01f\x00octet\x00blksize\x009999999999\x00",
		want: request{name: "f", blockSize: 65464, size: -1}, engine: "\x00\x01file\x00octet\x00blksize\x001428\x00tsize\x000\x00",
		options: "\x00\x06blksize\x001428\x00",
	},
	{
		name: "small block is not acknowledged", packet: "\x00\x01f\x00octet\x00blksize\x008\x00",
		want: request{name: "f", blockSize: 8, size: -1}, engine: "\x00\x01file\x00octet\x00tsize\x000\x00",
	},
	{
		name: "options without a proper value", packet: "\x00\x01f\x00octet\x00blksize\x00+600\x00tsize\x00-1\x00timeout\x002\x00",
		want: request{name: "f", size: -1}, engine: "\x00\x01file\x00octet\x00tsize\x000\x00",
	},
	{name: "empty name", packet: "\x00\x01\x00octet\x00", want: request{size: -1}, engine: "\x00\x01file\x00octet\x00tsize\x000\x00"},
	{name: "mode mail", packet: "\x00\x01f\x00mail\x00", refused: errMode},
	{name: "nothing", packet: "", refused: errMalformed},
	{name: "one byte", packet: "\x00", refused: errMalformed},
	{name: "code alone", packet: "\x00\x01", refused: errMalformed},
	{name: "no mode", packet: "\x00\x01file\x00", refused: errMalformed},
	{name: "mode without its end", packet: "\x00\x01f\x00octet", refused: errMalformed},
	{name: "option without its value", packet: "\x00\x01f\x00octet\x00blksize\x00", refused: errMalformed},
	{name: "data", packet: "\x00\x03\x00\x01f\x00octet\x00", refused: errMalformed},
	{name: "acknowledgement", packet: "\x00\x04\x00\x01", refused: errMalformed},
	{name: "error", packet: "\x00\x05\x00\x01text\x00", refused: errMalformed},
	{name: "too long", packet: "\x00\x01" + strings.Repeat("f", maxRequest) + "\x00octet\x00", refused: errMalformed},
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
			require.Equal(t, row.engine, string(got.packet(1428)))
			if !got.write {
				require.Equal(t, row.options, string(got.options(1428, 5)))
			}
		})
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
		normal := r.packet(1428)
		require.LessOrEqual(t, len(normal), plainBlock)
		again, err := parseRequest(normal)
		require.NoError(t, err)
		require.Equal(t, r.write, again.write)
		require.Equal(t, normal, again.packet(1428))
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

// Others on this host can send to the socket that faces the engine. What a client
// reads comes from the engine alone, which is the only one to know the proof.
func TestProof(t *testing.T) {
	t.Parallel()
	x := exchange{proof: 4711}
	for packet, want := range map[string]bool{
		"\x00\x06tsize\x004711\x00":                   true,
		"\x00\x06blksize\x00600\x00tsize\x004711\x00": true,
		"\x00\x06tsize\x00471\x00":                    false,
		"\x00\x06tsize\x0047110\x00":                  false,
		"\x00\x06tsize\x000\x00":                      false,
		"\x00\x06blksize\x00600\x00":                  false,
		"\x00\x03\x00\x01EVIL":                        false,
		"\x00\x03\x00\x01tsize\x004711\x00":           false,
		"\x00\x05\x00\x01tsize\x004711\x00":           false,
		"":                                            false,
	} {
		require.Equal(t, want, x.proves([]byte(packet)), "%q", packet)
	}
}
