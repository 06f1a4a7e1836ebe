package cgpkit_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// wayIn is one protocol, with a client for one caller.
type wayIn struct {
	name string
	// codes gives the answer for an outcome of the view, and whether the
	// caller is a stranger.
	codes func(outcome string, stranger bool) string
	// try reads, replaces or deletes a name in john's storage, and returns
	// the answer; "" if the protocol has no such thing.
	try func(t *testing.T, user, operation, name string) string
	// can tells whether a name can be sent at all.
	can func(name string) bool
}

const (
	ok       = "ok"
	refused  = "refused"
	notThere = "not there"
	invalid  = "invalid"
	isFolder = "folder"
)

// outcomeOf asks the view what every way in has to answer.
func outcomeOf(ctx context.Context, v *filestore.View, operation, name string) string {
	clean, _, err := filestore.CleanName(name)
	if err == nil {
		err = map[string]func() error{
			"read": func() error {
				f, err := v.Open(ctx, clean)
				if err == nil {
					err = f.Close()
				}
				return err
			},
			"write": func() error {
				u, err := v.Create(ctx, clean, filestore.CreateOptions{})
				if err == nil {
					err = u.Abort()
				}
				return err
			},
			"delete": func() error { return v.Manage(ctx, clean) },
		}[operation]()
	}
	switch {
	case err == nil:
		return ok
	case errors.Is(err, fs.ErrPermission):
		return refused
	case errors.Is(err, fs.ErrNotExist):
		return notThere
	case errors.Is(err, fs.ErrInvalid):
		return invalid
	case errors.Is(err, filestore.ErrIsDirectory):
		return isFolder
	}
	return err.Error()
}

func overHTTP(t *testing.T, d filestore.Directory) wayIn {
	server := httptest.NewServer(&httpsite.Handler{Directory: d})
	t.Cleanup(server.Close)
	methods := map[string]string{"read": "GET", "write": "PUT", "delete": "DELETE"}
	return wayIn{
		name: "HTTP",
		codes: func(outcome string, stranger bool) string {
			if outcome == refused && stranger {
				return "401"
			}
			return map[string]string{ok: "200", refused: "403", notThere: "404", invalid: "400", isFolder: "301"}[outcome]
		},
		try: func(t *testing.T, user, operation, name string) string {
			var path strings.Builder
			for segment := range strings.SplitSeq(name, "/") {
				path.WriteString("/" + url.PathEscape(segment))
			}
			r, err := http.NewRequestWithContext(t.Context(), methods[operation], server.URL+"/~john"+path.String(), nil)
			require.NoError(t, err)
			if user != "" {
				account, _, _ := strings.Cut(user, "@")
				r.SetBasicAuth(user, account+"-pw")
			}
			response, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			response.Body.Close()
			return fmt.Sprint(response.StatusCode)
		},
		can: func(string) bool { return true },
	}
}

func overFTP(t *testing.T, d filestore.Directory) wayIn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &ftpsite.Server{Directory: d, Anonymous: true, MaxSessionsPerAddr: 1000}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	clients := map[string]*textproto.Conn{}
	return wayIn{
		name: "FTP",
		codes: func(outcome string, _ bool) string {
			return map[string]string{ok: "226", refused: "550", notThere: "550", invalid: "553", isFolder: "550"}[outcome]
		},
		try: func(t *testing.T, user, operation, name string) string {
			c := clients[user]
			say := func(format string, args ...any) (int, string) {
				_, err := c.Cmd(format, args...)
				require.NoError(t, err)
				code, text, err := c.ReadResponse(0)
				var protocol *textproto.Error
				require.True(t, err == nil || errors.As(err, &protocol), "%v", err)
				return code, text
			}
			if c == nil {
				c, err = textproto.Dial("tcp", l.Addr().String())
				require.NoError(t, err)
				t.Cleanup(func() { c.Close() })
				clients[user] = c
				_, _, err = c.ReadResponse(220)
				require.NoError(t, err)
				login, _, _ := strings.Cut(user, "@")
				if user == "" {
					login, user = "anonymous", "anonymous"
				}
				say("USER %s", user)
				code, text := say("PASS %s-pw", login)
				require.Equal(t, 230, code, text)
			}
			if operation == "delete" {
				code, _ := say("DELE ~john@client1.com/%s", name)
				return fmt.Sprint(code)
			}
			_, text := say("EPSV")
			_, port, _ := strings.Cut(text, "|||")
			port, _, _ = strings.Cut(port, "|")
			verb := map[string]string{"read": "RETR", "write": "STOR"}[operation]
			conn, err := net.Dial("tcp", "127.0.0.1:"+port)
			require.NoError(t, err)
			defer conn.Close()
			code, _ := say("%s ~john@client1.com/%s", verb, name)
			if code == 150 {
				_, _ = bufio.NewReader(conn).ReadByte()
				conn.Close()
				code, _, _ = c.ReadResponse(0)
			}
			return fmt.Sprint(code)
		},
		// Dots are folded with the current directory, and a line ends at LF.
		can: func(name string) bool {
			return !strings.ContainsAny(name, "\x00\n") && !strings.Contains("/"+name+"/", "/../")
		},
	}
}

func overTFTP(t *testing.T, d filestore.Directory) wayIn {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &tftpsite.Server{Directory: d, Timeout: time.Minute}
	go server.Serve(pc)
	t.Cleanup(func() { server.Close() })
	return wayIn{
		name: "TFTP",
		codes: func(outcome string, _ bool) string {
			return map[string]string{ok: "data", refused: "2", notThere: "1", invalid: "2", isFolder: "1"}[outcome]
		},
		try: func(t *testing.T, user, operation, name string) string {
			if user != "" || operation != "read" {
				return ""
			}
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			require.NoError(t, err)
			defer c.Close()
			_, err = c.WriteTo([]byte("\x00\x01~john/"+name+"\x00octet\x00"), pc.LocalAddr())
			require.NoError(t, err)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
			buf := make([]byte, 600)
			n, from, err := c.ReadFrom(buf)
			require.NoError(t, err)
			if buf[1] == 5 {
				return fmt.Sprint(binary.BigEndian.Uint16(buf[2:n]))
			}
			_, err = c.WriteTo([]byte{0, 4, 0, 1}, from)
			require.NoError(t, err)
			return "data"
		},
		can: func(name string) bool { return !strings.Contains(name, "\x00") },
	}
}

func overCLI(t *testing.T, d filestore.Directory) wayIn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &clisite.Server{Directory: d}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	clients := map[string]*textproto.Conn{}
	return wayIn{
		name: "CLI",
		codes: func(outcome string, _ bool) string {
			if outcome == ok {
				return "201"
			}
			return "501"
		},
		try: func(t *testing.T, user, operation, name string) string {
			if user == "" {
				return ""
			}
			c := clients[user]
			say := func(line string) string {
				require.NoError(t, c.PrintfLine("%s", line))
				answer, err := c.ReadLine()
				require.NoError(t, err)
				return answer[:3]
			}
			if c == nil {
				c, err = textproto.Dial("tcp", l.Addr().String())
				require.NoError(t, err)
				t.Cleanup(func() { c.Close() })
				clients[user] = c
				_, err = c.ReadLine()
				require.NoError(t, err)
				login, _, _ := strings.Cut(user, "@")
				say("USER " + user)
				require.Equal(t, "200", say("PASS "+login+"-pw"))
				say("INLINE")
			}
			quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\x01", `\001`).Replace(name) + `"`
			return say(map[string]string{
				"read":   `READSTORAGEFILE "john@client1.com" FILE ` + quoted,
				"write":  `WRITESTORAGEFILE "john@client1.com" FILE ` + quoted + ` DATA []`,
				"delete": `DELETESTORAGEFILE "john@client1.com" FILE ` + quoted,
			}[operation])
		},
		can: func(name string) bool { return !strings.Contains(name, "\x00") && name != "a\xff" },
	}
}

// Every way in gives the answer of the view, in its own words, to every caller
// about every name: none of them has an opinion of its own about rights.
func TestWaysInAgreeWithTheView(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for name, content := range map[string]string{
		"public.txt": "public", "public.txt.meta": "<meta/>", "dir/x.txt": "x", "with blank.txt": "x", "private2/x": "x",
		"private/secret.txt": "secret", "private/secret.txt.meta": "<meta/>", "private/new dir/x": "x",
		"private.meta": "<meta><accessPwd><key>right</key></accessPwd></meta>", "PRIVATE/x": "x", "~tmp": "x", "old.META": "x",
	} {
		d.Write(t, "john@client1.com", name, content)
	}
	names := []string{
		"public.txt", "public.txt.meta", "dir", "dir/x.txt", "with blank.txt", "private2/x", "missing", "missing/x", "public.txt/x",
		"private", "private/secret.txt", "private/secret.txt.meta", "private/missing", "PRIVATE/x", "Private/secret.txt", "old.META",
		"index.wssp", "dir/INDEX.wssp", "freebusy.wssp", "$DomainSkins/x", "$serverskins", "dir/~x",
		"protected/pwd/right/secret.txt", "protected/pwd/wrong/secret.txt", "protected/pwd/right/missing", "protected/pwd/right/secret.txt.meta",
		`back\slash`, "a\x01", "a\nb", "a\x00b", "a\xff", "a/../private/secret.txt", strings.Repeat("x", 256), strings.Repeat("x/", 101) + "x",
	}
	for _, w := range []wayIn{overHTTP(t, d), overFTP(t, d), overTFTP(t, d), overCLI(t, d)} {
		t.Run(w.name, func(t *testing.T) {
			for _, user := range []string{"", "mary@client1.com", "ann@client2.com", "boss@client2.com", "john@client1.com", "admin@client1.com"} {
				view := filestore.NewView(d, filestore.Caller{Account: user}, "john@client1.com")
				privileged := user == "john@client1.com" || user == "admin@client1.com"
				for _, name := range names {
					page := privileged && strings.HasSuffix(strings.ToLower(name), "index.wssp")
					if !w.can(name) || w.name == "HTTP" && page {
						continue // the management page is HTTP's own
					}
					for _, operation := range []string{"read", "write", "delete"} {
						if privileged && operation != "read" {
							continue // they change things, which other tests look at
						}
						outcome := outcomeOf(t.Context(), view, operation, name)
						got := w.try(t, user, operation, name)
						if got != "" {
							require.Equal(t, w.codes(outcome, user == ""), got, "%q: %s %q is %s to the view", user, operation, name, outcome)
						}
					}
				}
			}
			for name, want := range map[string]string{"public.txt": "public", "private/secret.txt": "secret", "public.txt.meta": "<meta/>"} {
				content, _ := d.Read(t, "john@client1.com", name)
				require.Equal(t, want, content, "nobody has changed anything")
			}
		})
	}
}
