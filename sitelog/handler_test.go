package sitelog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/sitelog"
)

// handler returns a handler that writes text without times.
func handler(w io.Writer, o *sitelog.Options) *sitelog.Handler {
	return sitelog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			return slog.Attr{}
		}
		return a
	}}), o)
}

// output is what was written by several goroutines.
type output struct {
	mu   sync.Mutex
	text []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	return len(p), nil
}

// taken returns what was written since it was asked last.
func (o *output) taken() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := string(o.text)
	o.text = nil
	return text
}

type secretive struct{}

func (secretive) LogValue() slog.Value { return slog.StringValue(strings.Repeat("l", 1000)) }

func TestValuesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 30_000)
	for name, log := range map[string]func(*slog.Logger){
		"string":     func(l *slog.Logger) { l.Info("m", "a", long) },
		"error":      func(l *slog.Logger) { l.Info("m", "err", errors.New(long)) },
		"bytes":      func(l *slog.Logger) { l.Info("m", "a", []byte(long)) },
		"strings":    func(l *slog.Logger) { l.Info("m", "a", []string{long, long}) },
		"struct":     func(l *slog.Logger) { l.Info("m", "a", struct{ A string }{long}) },
		"with":       func(l *slog.Logger) { l.With("a", long).Info("m") },
		"group":      func(l *slog.Logger) { l.Info("m", slog.Group("g", slog.String("a", long))) },
		"with group": func(l *slog.Logger) { l.WithGroup("g").Info("m", "a", long) },
		"value":      func(l *slog.Logger) { l.Info("m", "a", secretive{}) },
		"message":    func(l *slog.Logger) { l.Info(long) },
		"not UTF-8":  func(l *slog.Logger) { l.Info("m", "a", strings.Repeat("\xff", 60_000)) },
		"one byte":   func(l *slog.Logger) { l.Info("m", "a", strings.Repeat("\x80", 60_000)) },
	} {
		var out bytes.Buffer
		h := handler(&out, &sitelog.Options{})
		log(slog.New(h))
		require.NoError(t, h.Close())
		require.Less(t, out.Len(), 1200, name)
		require.Contains(t, out.String(), "…", name)
		require.True(t, utf8.Valid(out.Bytes()), name)
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := handler(&out, &sitelog.Options{})
	l := slog.New(h)
	l.Info("nothing", "err", nil, "remote", netip.Addr{}, slog.Group("g", slog.Any("err", nil)))
	l.Info("port", "remote", "127.0.0.1:80")
	l.Info("port", "remote", netip.MustParseAddrPort("[::ffff:127.0.0.1]:80"))
	l.Info("other", "remote", "a name", "count", 3)
	require.NoError(t, h.Close())
	require.Equal(t, "level=INFO msg=nothing\nlevel=INFO msg=port remote=127.0.0.1\nlevel=INFO msg=port remote=127.0.0.1\nlevel=INFO msg=other remote=\"a name\" count=3\n", out.String())
}

func TestRefusalsAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		h := handler(&out, &sitelog.Options{})
		l := slog.New(h).With("service", "ftp")
		session := l.With("remote", "192.0.2.1")
		refuse := func() { session.Info("login refused", "reason", "wrong password") }
		want := func(lines string) {
			t.Helper()
			require.Equal(t, lines, out.taken())
		}
		const first = "level=INFO msg=\"login refused\" service=ftp remote=192.0.2.1 reason=\"wrong password\"\n"
		for range 1000 {
			refuse()
		}
		want(first)
		l.Info("login refused", "remote", "192.0.2.1:99", "reason", "x") // the same, told otherwise
		want("")
		l.Info("login refused", "remote", "192.0.2.2", "reason", "x")
		want("level=INFO msg=\"login refused\" service=ftp remote=192.0.2.2 reason=x\n")
		for range 2 { // nothing went wrong, or for nobody
			session.Info("login", "account", "a")
			l.Error("failed", "err", "x")
		}
		want(strings.Repeat("level=INFO msg=login service=ftp remote=192.0.2.1 account=a\nlevel=ERROR msg=failed service=ftp err=x\n", 2))
		time.Sleep(time.Minute)
		synctest.Wait()
		want("level=INFO msg=\"login refused\" service=ftp remote=192.0.2.1 count=1000\n")
		refuse() // it is new again
		want(first)
		time.Sleep(time.Hour)
		synctest.Wait()
		want("")
		refuse()
		refuse()
		require.NoError(t, h.Close())
		want(first + "level=INFO msg=\"login refused\" service=ftp remote=192.0.2.1 count=1\n")
		refuse()
		want(first)
	})
}

// An attacker with many addresses neither fills memory nor the log.
func TestManyPeers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := handler(&out, &sitelog.Options{MaxPeers: 10, Every: time.Hour})
	for i := range 5000 {
		slog.New(h).Warn("refused", "remote", fmt.Sprintf("10.0.%d.%d", i/250, i%250), "err", "x")
	}
	require.Equal(t, 10, strings.Count(out.String(), "\n"))
	for i := range 5000 {
		slog.New(h).Warn("refused", "remote", fmt.Sprintf("2001:db8::%x", i), "err", "x")
	}
	require.NoError(t, h.Close())
	require.Equal(t, 11, strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "level=WARN msg=refused count=9990\n")
}

func TestErrorLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := handler(&out, &sitelog.Options{})
	l := sitelog.ErrorLog(slog.New(h))
	for range 3 {
		l.Printf("http: TLS handshake error from %s: %v", "[::1]:4711", "EOF")
	}
	l.Printf("http: panic serving %v", strings.Repeat("x", 100_000))
	require.NoError(t, h.Close())
	text := out.String()
	require.Contains(t, text, "level=INFO msg=\"TLS handshake failed\" remote=::1 err=EOF\n")
	require.Contains(t, text, "remote=::/64 count=2\n")
	require.Equal(t, 3, strings.Count(text, "\n"))
	require.Less(t, len(text), 1000)
}
