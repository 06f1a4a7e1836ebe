package ldb_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata/ldb"
	"github.com/stretchr/testify/require"
)

// tlv is an element of BER.
func tlv(tag byte, contents ...string) string {
	text := strings.Join(contents, "")
	if n := len(text); n > 127 {
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + text
	}
	return string([]byte{tag, byte(len(text))}) + text
}

// message is the reply to request id, with controls if there are any.
func message(id byte, contents ...string) string {
	return tlv(0x30, append([]string{tlv(2, string([]byte{id}))}, contents...)...)
}

// found is the reply with an entry, which is named by the second value of its key,
// and done the one that ends a search.
func found(id byte, mail string) string {
	attribute := tlv(0x30, tlv(4, "mail"), tlv(0x31, tlv(4, "\xff"), tlv(4, mail)))
	return message(id, tlv(0x64, tlv(4, "mail="+mail), tlv(0x30, attribute)))
}

func done(id, code byte, controls ...string) string {
	return message(id, append([]string{tlv(0x65, tlv(10, string([]byte{code})), tlv(4), tlv(4, "text"))}, controls...)...)
}

// withServer returns a table whose server is answer: it gets the identifier of
// each request, and says whether more of them are awaited after its reply.
func withServer(t testing.TB, o *ldb.Options, answer func(id byte) (reply string, more bool)) *ldb.Table {
	t.Helper()
	table, err := ldb.Open(ldb.Config{Server: "server.example", Fields: []string{"mail", "cn"}}, o)
	require.NoError(t, err)
	t.Cleanup(func() { table.Close() })
	table.DialWith(func(context.Context, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() { // ends with the connection
			defer there.Close()
			for in := bufio.NewReader(there); ; {
				id, err := readRequest(in)
				if err != nil {
					return
				}
				reply, more := answer(id)
				if _, err := io.WriteString(there, reply); err != nil || !more {
					return
				}
			}
		}()
		return here, nil
	})
	return table
}

// readRequest reads one request, with an identifier below 128.
func readRequest(in *bufio.Reader) (id byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, err
	}
	size := int(head[1])
	if size > 127 {
		long := make([]byte, size&0x7F)
		if _, err := io.ReadFull(in, long); err != nil {
			return 0, err
		}
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(in, body); err != nil {
		return 0, err
	}
	return body[2], nil
}

func TestServerThatAnswersBadly(t *testing.T) {
	t.Parallel()
	morePages := tlv(0xA0, tlv(0x30, tlv(4, "1.2.840.113556.1.4.319"), tlv(4, tlv(0x30, tlv(2, "\x00"), tlv(4, "cookie")))))
	for _, tt := range []struct {
		name    string
		answer  func(id byte) (string, bool)
		records int
		wantErr string
	}{
		{"well", func(id byte) (string, bool) { return found(id, "a@x") + done(id, 0), true }, 1, ""},
		{"with an error after records", func(id byte) (string, bool) { return found(id, "a@x") + done(id, 51), true }, 0, `answers 51, Busy, "text"`},
		{"not at all", func(byte) (string, bool) { return "", false }, 0, "iterate"},
		{"with nonsense", func(byte) (string, bool) { return "HTTP/1.1 400 Bad Request\r\n\r\n", false }, 0, "iterate"},
		{"half", func(id byte) (string, bool) { return found(id, "a@x")[:20], false }, 0, "iterate"},
		{"without attributes", func(id byte) (string, bool) { return message(id, tlv(0x64, tlv(4, "mail=x"))) + done(id, 0), true }, 0, "iterate"},
		{"with empty pages for ever", func(id byte) (string, bool) { return done(id, 0, morePages), true }, 0, "no end of empty pages"},
		{"with more bytes than allowed", func(id byte) (string, bool) { return strings.Repeat(found(id, "a@x"), 1000), true }, 0, "iterate"},
		{"with a size that is not there", func(id byte) (string, bool) {
			return "\x30\x84\x7f\xff\xff\xff\x04\x84\x7f\xff\xff\xf0" + strings.Repeat("x", 20_000), true
		}, 0, "iterate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := withServer(t, &ldb.Options{MaxReply: 10_000}, tt.answer)
			records := 0
			var last error
			for record, err := range table.All(t.Context()) {
				if last = err; err == nil {
					records++
					require.Equal(t, "{mail=a@x;cn=\"\";}", record.String())
				}
			}
			require.Equal(t, tt.records, records)
			if tt.wantErr == "" {
				require.NoError(t, last)
			} else {
				require.ErrorContains(t, last, tt.wantErr)
			}
		})
	}
}

func TestServerThatStalls(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	stall := func(byte) (string, bool) {
		<-release
		return "", false
	}
	_, err := withServer(t, &ldb.Options{Timeout: time.Millisecond}, stall).Get(t.Context(), "a@x")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	ctx, cancel := context.WithCancel(t.Context())
	table := withServer(t, nil, func(id byte) (string, bool) {
		cancel()
		return stall(id)
	})
	require.ErrorIs(t, table.Delete(ctx, "a@x"), context.Canceled)
	_, err = table.Get(ctx, "a@x")
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzReply(f *testing.F) {
	f.Add(found(1, "a@x") + done(1, 0))
	f.Add(done(1, 32))
	f.Add(found(1, "a@x") + found(1, "b@x") + done(1, 4))
	f.Add(done(1, 0, tlv(0xA0, tlv(0x30, tlv(4, "1.2.840.113556.1.4.319"), tlv(4, tlv(0x30, tlv(2, "\x00"), tlv(4, "cookie")))))))
	f.Add("\x30\x84\x7f\xff\xff\xff\x04\x84\x7f\xff\xff\xf0")
	f.Add(message(0, tlv(0x78, tlv(10, "\x34"), tlv(4), tlv(4))))
	f.Fuzz(func(t *testing.T, reply string) {
		table := withServer(t, &ldb.Options{MaxReply: 1 << 16, Timeout: time.Minute}, func(byte) (string, bool) { return reply, false })
		for record, err := range table.All(t.Context()) {
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			if err == nil {
				require.Equal(t, 2, record.Len())
			}
		}
	})
}
