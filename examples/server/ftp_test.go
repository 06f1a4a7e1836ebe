package main

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestImplicitTLS: curl and lftp come in by -ftps, whose address stands last in the
// ready line.
func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chain, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	chainPEM, keyPEM := pair(t, 1)
	replace(t, chain, chainPEM)
	replace(t, key, keyPEM)
	r := start(t, "-ftps", "127.0.0.1:0", "-cert", chain, "-key", key)
	require.NotEmpty(t, r.addr["ftps"])
	file := filepath.Join(dir, "a.txt")
	require.NoError(t, os.WriteFile(file, []byte("in TLS"), 0o600))
	site := "ftps://" + r.addr["ftps"] + "/"
	out, err := client(t, "curl", "-sS", "--insecure", "-u", r.auth("john"), "-T", file, site)
	require.NoError(t, err, out)
	require.FileExists(t, r.storage("john@client1.com", "a.txt"))
	out, err = client(t, "curl", "-sS", "--insecure", "-u", r.auth("john"), site+"a.txt")
	require.NoError(t, err, out)
	require.Equal(t, "in TLS", out)
	out, err = client(t, "lftp", "--norc", "-c", "set net:max-retries 1; set net:timeout 20; set ssl:verify-certificate no; open "+
		r.login("john@client1.com")+" "+site+"; cat a.txt")
	require.NoError(t, err, out)
	require.Equal(t, "in TLS", out)

	require.Empty(t, start(t).addr["ftps"])
}

// TestActiveFTP: -ftp-active lets the server connect.
func TestActiveFTP(t *testing.T) {
	t.Parallel()
	r := start(t, "-ftp-active")
	url := "ftp://" + r.addr["ftp"] + "/default.html"
	for _, more := range [][]string{{"--eprt"}, {"--disable-eprt"}} {
		out, err := client(t, "curl", append([]string{"-sS", "--ftp-port", "-", "-u", r.auth("john"), url}, more...)...)
		require.NoError(t, err, out)
		require.Contains(t, out, "<h1>John</h1>")
	}
	out, err := client(t, "curl", "-sS", "--ftp-port", "-", "-u", start(t).auth("john"), url)
	require.Error(t, err, out)
}

// TestFTPSessions: -ftp-sessions-per-address bounds the sessions of one address.
func TestFTPSessions(t *testing.T) {
	t.Parallel()
	r := start(t, "-ftp-sessions-per-address", "2")
	john := r.password["john@client1.com"]
	for range 2 {
		require.Contains(t, r.ftp(t, "USER john", "PASS "+john), "230")
	}
	require.Contains(t, r.ftp(t), "421")
}

// TestPublicFTPAddress: -ftp-public-ip is what PASV tells, by the domain of the
// login.
func TestPublicFTPAddress(t *testing.T) {
	t.Parallel()
	r := start(t, "-ftp-public-ip", "192.0.2.1", "-ftp-public-ip", "CLIENT2.com=192.0.2.2")
	for address, want := range map[string]string{"john@client1.com": "(192,0,2,1,", "ann@client2.com": "(192,0,2,2,"} {
		require.Contains(t, r.ftp(t, "USER "+address, "PASS "+r.password[address], "PASV"), want)
	}
	r = start(t, "-ftp-public-ip", "client2.com=192.0.2.2")
	require.Contains(t, r.ftp(t, "USER john", "PASS "+r.password["john@client1.com"], "PASV"), "(127,0,0,1,")
}

// ftp sends commands in a session that stays open, and returns the last reply.
func (r *running) ftp(t *testing.T, commands ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", r.addr["ftp"])
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	lines := bufio.NewReader(conn)
	reply, err := lines.ReadString('\n')
	require.NoError(t, err)
	for _, command := range commands {
		_, err := conn.Write([]byte(command + "\r\n"))
		require.NoError(t, err)
		reply, err = lines.ReadString('\n')
		require.NoError(t, err)
	}
	return strings.TrimSpace(reply)
}

func TestPublicAddrs(t *testing.T) {
	t.Parallel()
	p := publicAddrs{}
	require.NoError(t, p.add("client2.com=192.0.2.2"))
	require.False(t, p.of(netip.Addr{}, "client1.com").IsValid(), "no address stands for that of the connection")
	require.NoError(t, p.add("192.0.2.1"))
	for domain, want := range map[string]string{"client1.com": "192.0.2.1", "": "192.0.2.1", "client2.com": "192.0.2.2"} {
		require.Equal(t, want, p.of(netip.Addr{}, domain).String(), domain)
	}
}

// TestTFTPWindow: -tftp-window is the most that a client gets (RFC 7440).
func TestTFTPWindow(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{"16": nil, "5": {"-tftp-window", "5"}, "64": {"-tftp-window", "64"}} {
		server, err := net.ResolveUDPAddr("udp", start(t, args...).addr["tftp"])
		require.NoError(t, err)
		pc, err := net.ListenPacket("udp", "127.0.0.1:0") // answers come from another port
		require.NoError(t, err)
		defer pc.Close()
		require.NoError(t, pc.SetDeadline(time.Now().Add(time.Minute)))
		_, err = pc.WriteTo([]byte("\x00\x01/john/notes.txt\x00octet\x00windowsize\x0064\x00"), server)
		require.NoError(t, err)
		answer := make([]byte, 600)
		n, _, err := pc.ReadFrom(answer)
		require.NoError(t, err)
		require.Equal(t, "\x00\x06windowsize\x00"+want+"\x00", string(answer[:n]))
	}
}
