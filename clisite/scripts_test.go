package clisite_test

import (
	"net"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestScripts has scripts speak as clients do that exist for the languages which
// administrators use.
func TestScripts(t *testing.T) {
	t.Parallel()
	config, _ := tlsConfigs(t)
	s := &clisite.Server{Views: fixture.Views(openTestBase(t)), TLSConfig: config}
	addr := serve(t, s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l) }()
	defer func() { require.ErrorIs(t, <-served, clisite.ErrServerClosed) }()
	defer s.Close()
	for _, row := range []struct {
		name, program, script, addr string
		args                        []string
	}{
		{"Perl", "perl", "client.pl", addr, []string{"admin", "admin-pw"}},
		{"Python", "/usr/bin/python3", "client.py", addr, []string{"admin", "admin-pw", "clear"}},
		{"Python with STLS", "/usr/bin/python3", "client.py", addr, []string{"admin", "admin-pw", "stls"}},
		{"Python in TLS", "/usr/bin/python3", "client.py", l.Addr().String(), []string{"admin", "admin-pw", "tls"}},
		{"PHP", "php", "client.php", addr, []string{"mary", "mary-pw"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			host, port, err := net.SplitHostPort(row.addr)
			require.NoError(t, err)
			command := exec.CommandContext(t.Context(), fixture.Program(t, row.program), append([]string{"testdata/scripts/" + row.script, host, port}, row.args...)...)
			out, err := command.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Equal(t, "done\n", string(out))
		})
	}
}
