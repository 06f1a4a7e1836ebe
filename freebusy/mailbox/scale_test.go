package mailbox_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// writeMbox writes a .mbox with n messages.
func writeMbox(t testing.TB, dir string, n int) (size int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "Calendar.mbox"))
	require.NoError(t, err)
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "From <>(x)\r\n%s\r\n", mail(fmt.Sprint(i)))
	}
	require.NoError(t, w.Flush())
	info, err := f.Stat()
	require.NoError(t, err)
	return info.Size()
}

// heap returns the bytes that are in use.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestManyEvents is not parallel: it measures the heap of the process.
func TestManyEvents(t *testing.T) {
	const count = 20_000
	dir := t.TempDir()
	writeMbox(t, dir, count)
	m, err := mailbox.Open(dir, "Calendar")
	require.NoError(t, err)
	n, first := 0, uint64(0)
	for item, err := range m.Items(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(n), uid(t, item))
		if n++; n == 100 {
			first = heap()
		}
		if n%5000 == 0 {
			require.Less(t, heap(), first+1<<20)
		}
	}
	require.Equal(t, count, n)
}

// TestHugeAttachment is not parallel: it measures what the process allocates. The
// attachment is a hole in the file, one line of NUL bytes.
func TestHugeAttachment(t *testing.T) {
	const hole = 64 << 20
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "Calendar.mbox"))
	require.NoError(t, err)
	defer f.Close()
	head := "From <>(x)\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
	_, err = f.WriteString(head)
	require.NoError(t, err)
	_, err = f.Seek(hole, io.SeekCurrent)
	require.NoError(t, err)
	_, err = f.WriteString("\n--x\nContent-Type: text/calendar\n\n" + lf(event("a")) + "--x--\n\nFrom <>(x)\nSubject: x\n\n")
	require.NoError(t, err)
	_, err = f.Seek(hole, io.SeekCurrent)
	require.NoError(t, err)
	_, err = f.WriteString("\n\nFrom <>(x)\n" + mail("b"))
	require.NoError(t, err)

	m, err := mailbox.Open(dir, "Calendar")
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	uids, errs := drain(t, m.Items(t.Context()))
	runtime.ReadMemStats(&after)
	require.Empty(t, errs)
	require.Equal(t, []string{"a", "b"}, uids)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func BenchmarkItems(b *testing.B) {
	const count = 10_000
	dir := b.TempDir()
	size := writeMbox(b, dir, count)
	for i := range count {
		write(b, dir, fmt.Sprintf("Dir.mdir/%d", i), mail(fmt.Sprint(i)))
	}
	for _, bench := range []struct{ form, name string }{{"mbox", "Calendar"}, {"mdir", "Dir"}} {
		b.Run(bench.form, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				m, err := mailbox.Open(dir, bench.name)
				require.NoError(b, err)
				n := 0
				for _, err := range m.Items(b.Context()) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				require.Equal(b, count, n)
			}
		})
	}
	b.Run("net-mail and a scanner", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			n, err := scanMbox(filepath.Join(dir, "Calendar.mbox"))
			require.NoError(b, err)
			require.Equal(b, count, n)
		}
	})
}

func BenchmarkStateOf(b *testing.B) {
	dir := b.TempDir()
	writeMbox(b, dir, 1)
	for i := range 1000 {
		write(b, dir, fmt.Sprintf("Dir.mdir/%d", i), mail(fmt.Sprint(i)))
	}
	for _, bench := range []struct{ form, name string }{{"mbox", "Calendar"}, {"mdir of 1000", "Dir"}, {"none", "None"}} {
		b.Run(bench.form, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := mailbox.StateOf(dir, bench.name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// scanMbox counts the events of a .mbox as a program would that uses the standard
// library alone: no form but this, no limit, no transfer encoding.
func scanMbox(path string) (events int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var text strings.Builder
	flush := func() error {
		if text.Len() == 0 {
			return nil
		}
		message, err := netmail.ReadMessage(strings.NewReader(text.String()))
		if err != nil {
			return err
		}
		body, err := io.ReadAll(message.Body)
		mediaType, _, _ := mime.ParseMediaType(message.Header.Get("Content-Type"))
		if mediaType == "text/calendar" && bytes.HasPrefix(body, []byte("BEGIN:VCALENDAR")) {
			events++
		}
		text.Reset()
		return err
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte("From ")) {
			if err := flush(); err != nil {
				return 0, err
			}
			continue
		}
		text.Write(lines.Bytes())
		text.WriteByte('\n')
	}
	return events, errors.Join(lines.Err(), flush())
}
