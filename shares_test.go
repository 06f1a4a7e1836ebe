package cgpkit_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
)

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// By every way in a key opens what it is for, is in no log, right or wrong, and
// is looked at no more after too many wrong ones.
func TestSharesByEveryWayIn(t *testing.T) {
	t.Parallel()
	for _, open := range []func(*testing.T, *directory.Base, *slog.Logger) wayIn{
		func(t *testing.T, d *directory.Base, log *slog.Logger) wayIn { return overHTTP(t, d, log) },
		func(t *testing.T, d *directory.Base, log *slog.Logger) wayIn { return overFTP(t, d, log) },
		func(t *testing.T, d *directory.Base, log *slog.Logger) wayIn { return overTFTP(t, d, "", log) },
		func(t *testing.T, d *directory.Base, log *slog.Logger) wayIn { return overCLI(t, d, log) },
	} {
		var log lockedBuffer
		d := base(t, false)
		w := open(t, d, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		t.Run(w.name, func(t *testing.T) {
			user := ""
			if w.name == "CLI" {
				user = "mary@client1.com"
			}
			read := func(name string) string { return w.try(t, user, "read", john, name) }
			is := func(outcome, got string) {
				require.Contains(t, strings.Fields(w.codes("read", outcome, user == "")), got)
			}
			is(ok, read("protected/box/pwd/right/secret"))
			is(notThere, read("protected/box/pwd/right/missing"))
			is(invalid, read("protected/box/pwd/right/back\\slash"))
			for i := range 20 {
				is(notThere, read("protected/box/pwd/Wr0ng"+strings.Repeat("g", i)+"/secret"))
			}
			is(notThere, read("protected/box/pwd/right/secret"))
			if w.try(t, user, "write", john, "protected/box/pwd/right/secret") == "" {
				t.Fatal("no answer")
			}
			require.NotEmpty(t, log.String())
			require.NotContains(t, log.String(), "Wr0ng")
			require.NotContains(t, log.String(), "pwd/right")
		})
	}
}

// Whoever sends datagrams with the address of somebody else shuts them out of
// nothing but TFTP.
func TestForgedAddressesShutNobodyOut(t *testing.T) {
	t.Parallel()
	d := base(t, false)
	forged := overTFTP(t, d, "", nil)
	for i := range 30 {
		require.Equal(t, "1", forged.try(t, "", "read", john, "protected/box/pwd/wrong"+strings.Repeat("g", i)+"/secret"))
	}
	require.Equal(t, "1", forged.try(t, "", "read", john, "protected/box/pwd/right/secret"))
	require.Equal(t, "200", overHTTP(t, d, nil).try(t, "", "read", john, "protected/box/pwd/right/secret"))
	require.Equal(t, "226", overFTP(t, d, nil).try(t, "", "read", john, "protected/box/pwd/right/secret"))
}
