package main

import (
	"bufio"
	"crypto/tls"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCommandLine: administrators give commands by HTTP as their scripts do, and over
// TLS.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chain, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	chainPEM, keyPEM := pair(t, 1)
	replace(t, chain, chainPEM)
	replace(t, key, keyPEM)
	r := start(t, "-clis", "127.0.0.1:0", "-cert", chain, "-key", key, "-route", "<LoginPage@www.john.example> = john@client1.com")
	site := "http://" + r.addr["http"]
	ask := func(want string, args ...string) {
		t.Helper()
		out, err := client(t, "curl", append([]string{"-sS", "-w", "%{http_code}"}, args...)...)
		require.NoError(t, err, out)
		require.Equal(t, want, out)
	}
	ask("client1.com\r\n200", "-u", r.auth("postmaster"), site+"/cli/?command=MainDomainName")
	ask("200", "-u", r.auth("postmaster"), site+"/cli/", "--data-urlencode", "command=WriteStorageFile john FILE new DATA [QUJD]")
	require.FileExists(t, r.storage("john@client1.com", "new"))
	ask("405", "-o", filepath.Join(dir, "refusal"), "-u", r.auth("postmaster"), site+"/cli/?command=DeleteStorageFile+john+FILE+new")
	ask("401", "-o", filepath.Join(dir, "refusal"), site+"/cli/?command=MainDomainName")
	ask("501 access denied\r\n403", "-u", r.auth("john"), site+"/cli/?command=MainDomainName")
	ask("404", "-o", filepath.Join(dir, "refusal"), "-u", r.auth("postmaster"), site+"/cli/x")
	ask("404", "-o", filepath.Join(dir, "refusal"), "-H", "Host: www.john.example", "-u", r.auth("postmaster"), site+"/cli/?command=MainDomainName")

	conn, err := tls.Dial("tcp", r.addr["clis"], &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer conn.Close()
	greeting, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Regexp(t, `^200 cgpkit PWD server ready <.*@client1\.com>\r\n$`, greeting)

	off := start(t, "-http-cli", "off")
	require.Empty(t, off.addr["clis"])
	ask("404", "-o", filepath.Join(dir, "refusal"), "-u", off.auth("postmaster"), "http://"+off.addr["http"]+"/cli/?command=MainDomainName")
}
