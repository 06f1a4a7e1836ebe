package main

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// HTTP/1.0 with a Transfer-Encoding stores nothing and ends the connection.
func TestFaultyFraming(t *testing.T) {
	t.Parallel()
	r := start(t)
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
			conn, err := net.Dial("tcp", r.addr["http"])
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
