package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// startTLS starts the server with HTTPS too, and returns what its clients need.
func startTLS(t *testing.T) (*running, *tls.Config) {
	t.Helper()
	chain, key := pair(t, 1)
	chainFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(chainFile, chain, 0o600))
	require.NoError(t, os.WriteFile(keyFile, key, 0o600))
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(chain))
	return start(t, "-https", "127.0.0.1:0", "-cert", chainFile, "-key", keyFile), &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// HTTP/1.0 with a Transfer-Encoding stores nothing and ends the connection.
func TestFaultyFraming(t *testing.T) {
	t.Parallel()
	r, config := startTLS(t)
	testFaultyFraming(t, r, func() (net.Conn, error) { return net.Dial("tcp", r.addr["http"]) })
	testFaultyFraming(t, r, func() (net.Conn, error) { return tls.Dial("tcp", r.addr["https"], config) })
}

func testFaultyFraming(t *testing.T, r *running, dial func() (net.Conn, error)) {
	t.Helper()
	credentials := "Host: client1.com\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(r.auth("john"))) + "\r\n"
	const chunked = "3\r\nnew\r\n0\r\n\r\n"
	for _, tt := range []struct {
		name, request string
		want          []string // codes of the answers
		stored        string   // "-": nothing
	}{
		{"HTTP/1.0", "PUT /~john/new HTTP/1.0\r\n" + credentials + "Content-Length: 3\r\n\r\nnew", []string{"201"}, "new"},
		{"encoded", "PUT /~john/new HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []string{"400"}, "-"},
		{"both", "PUT /~john/new HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\ntransfer-ENCODING:chunked\r\nContent-Length: 13\r\n\r\n" + chunked, []string{"400"}, "-"},
		{"both, bare line feeds", strings.ReplaceAll("PUT /~john/new HTTP/1.0\r\n"+credentials+"Content-Length: 13\r\nTransfer-Encoding: identity\r\n\r\n", "\r\n", "\n") + chunked, []string{"400"}, "-"},
		{"folder", "MKCOL /~john/new HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []string{"400"}, "-"},
		{"not the first", "GET /~john/notes.txt HTTP/1.1\r\n" + credentials + "\r\nPUT /~john/new HTTP/1.0\r\n" + credentials + "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []string{"200", "400"}, "-"},
		{"HTTP/1.1, both", "PUT /~john/new HTTP/1.1\r\n" + credentials + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []string{"201"}, "new"},
		{"another field", "PUT /~john/new HTTP/1.0\r\n" + credentials + "X-Transfer-Encoding: chunked\r\nTransfer-Encodings: x\r\nContent-Length: 3\r\n\r\nnew", []string{"201"}, "new"},
		{"encoding in the body", "PUT /~john/new HTTP/1.0\r\n" + credentials + "Content-Length: 31\r\n\r\n\nTransfer-Encoding: chunked\r\n\r\n", []string{"201"}, "\nTransfer-Encoding: chunked\r\n\r\n"},
	} {
		for _, pieces := range []string{"whole", "byte by byte"} {
			if pieces != "whole" && tt.name != "both" {
				continue // each takes a while to end
			}
			conn, err := dial()
			require.NoError(t, err)
			defer conn.Close()
			const next = "DELETE /~john/notes.txt HTTP/1.1\r\n"
			request := tt.request + next + credentials + "\r\n"
			if pieces == "whole" {
				_, err = io.WriteString(conn, request)
				require.NoError(t, err)
			} else {
				for i := range len(request) {
					if _, err = io.WriteString(conn, request[i:i+1]); err != nil {
						break // the answer has come already
					}
				}
			}
			answers := bufio.NewReader(conn)
			for _, want := range tt.want {
				response, err := http.ReadResponse(answers, nil)
				require.NoError(t, err, tt.name)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(t, err)
				require.Equal(t, want, response.Status[:3], "%s, %s", tt.name, pieces)
			}
			_, err = http.ReadResponse(answers, nil)
			require.Error(t, err, "the connection has ended")
			content, err := os.ReadFile(r.storage("john@client1.com", "new"))
			if tt.stored == "-" {
				require.ErrorIs(t, err, os.ErrNotExist, tt.name)
			} else {
				require.NoError(t, err, tt.name)
				require.Equal(t, tt.stored, string(content))
				require.NoError(t, os.Remove(r.storage("john@client1.com", "new")))
			}
			require.FileExists(t, r.storage("john@client1.com", "notes.txt"))
		}
	}
}

// HTTPS speaks both versions of HTTP, and tells whoever forgot the TLS.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	r, config := startTLS(t)
	for _, major := range []int{1, 2} {
		var protocols http.Protocols
		protocols.SetHTTP1(major == 1)
		protocols.SetHTTP2(major == 2)
		transport := &http.Transport{TLSClientConfig: config.Clone(), Protocols: &protocols}
		client := http.Client{Transport: transport}
		for _, method := range []string{"PUT", "GET", "DELETE"} {
			var body io.Reader
			if method == "PUT" {
				body = io.MultiReader(strings.NewReader("new")) // of unknown length
			}
			request, err := http.NewRequestWithContext(t.Context(), method, "https://"+r.addr["https"]+"/~john/new", body)
			require.NoError(t, err)
			request.SetBasicAuth("john", r.password["john@client1.com"])
			response, err := client.Do(request)
			require.NoError(t, err)
			content, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, major, response.ProtoMajor)
			require.Equal(t, map[string]int{"PUT": 201, "GET": 200, "DELETE": 204}[method], response.StatusCode)
			require.Equal(t, map[string]string{"GET": "new"}[method], string(content))
		}
		transport.CloseIdleConnections()
	}
	response, err := http.Get("http://" + r.addr["https"] + "/~john/")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "This is HTTPS, and the request came without TLS.\n", string(text))
}
