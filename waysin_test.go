package cgpkit_test

import (
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// wayIn is one protocol, with a client for one caller.
type wayIn struct {
	name string
	addr string // of FTP and CLI
	// codes gives the answer for an outcome of an operation on the view, and
	// whether the caller is a stranger.
	codes func(operation, outcome string, stranger bool) string
	// try does an operation to a name in the storage of an account, and
	// returns the answer; "" if the protocol has no such thing. See
	// operations for their names.
	try func(t *testing.T, user, operation, account, name string) string
	// can tells whether a name can be sent at all.
	can func(name string) bool
}

const (
	john = "john@client1.com"

	ok       = "ok"
	refused  = "refused"
	reserved = "reserved"
	notThere = "not there"
	invalid  = "invalid"
	isFolder = "folder"
)

// operations on a name, as the ways in do them: a directory is made in it, it
// is renamed and copied to its name with ".new" behind.
var operations = map[string]func(ctx context.Context, v *filestore.View, name string) error{
	"read": func(ctx context.Context, v *filestore.View, name string) error {
		f, err := v.Open(ctx, name)
		if err == nil {
			err = f.Close()
		}
		return err
	},
	"list": func(ctx context.Context, v *filestore.View, name string) (failed error) {
		for _, err := range v.List(ctx, name, "") {
			failed = errors.Join(failed, err)
		}
		return failed
	},
	"write": func(ctx context.Context, v *filestore.View, name string) error {
		u, err := v.Create(ctx, name, filestore.CreateOptions{})
		if err == nil {
			_, err = u.Commit()
		}
		return err
	},
	"mkdir": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Mkdir(ctx, filestore.Join(name, "new"))
	},
	"remove": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
	},
	"rename": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Rename(ctx, name, name+".new", filestore.RenameOptions{})
	},
	"copy": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Copy(ctx, name, name+".new", filestore.CopyOptions{})
	},
	"describe": func(ctx context.Context, v *filestore.View, name string) error {
		_, err := v.Attributes(ctx, name)
		return err
	},
	"set": func(ctx context.Context, v *filestore.View, name string) error {
		return v.SetAttributes(ctx, name, meta.Remove(xml.Name{Local: "none"}))
	},
	"share": func(ctx context.Context, v *filestore.View, name string) error {
		return v.SetAttributes(ctx, name, meta.AddKey(meta.Share{Key: "new"}))
	},
	"usage": func(ctx context.Context, v *filestore.View, name string) error {
		_, err := v.Usage(ctx, name)
		return err
	},
	// delete is remove as far as an adapter must get before anything is gone.
	"delete": func(ctx context.Context, v *filestore.View, name string) error {
		_, err := v.Target(ctx, name)
		return err
	},
}

// outcomeOf asks the view what every way in has to answer.
func outcomeOf(ctx context.Context, v *filestore.View, operation, name string) string {
	clean, _, err := filestore.CleanName(name)
	if err == nil {
		err = operations[operation](ctx, v, clean)
	}
	switch {
	case err == nil:
		return ok
	case errors.Is(err, filestore.ErrReserved):
		return reserved
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

// observedBy returns the views of a server, which tell the observer if there is one.
func observedBy(d fixture.Server, observer []filestore.Observer) (*filestore.Views, filestore.Observer) {
	if observer == nil {
		return fixture.Views(d), nil
	}
	return filestore.NewViews(d, d.Stores(), &filestore.ViewsOptions{Observer: observer[0]}), observer[0]
}

func overHTTP(t *testing.T, d fixture.Server, log *slog.Logger, observer ...filestore.Observer) wayIn {
	views, o := observedBy(d, observer)
	server := httptest.NewServer(&httpsite.Handler{Views: views, Observer: o, Logger: log})
	t.Cleanup(server.Close)
	methods := map[string]string{"read": "GET", "write": "PUT", "delete": "DELETE", "remove": "DELETE", "mkdir": "MKCOL", "rename": "MOVE", "copy": "COPY"}
	path := func(account, name string) string {
		path := "/~" + url.PathEscape(account)
		for segment := range strings.SplitSeq(name, "/") {
			path += "/" + url.PathEscape(segment)
		}
		return path
	}
	return wayIn{
		name: "HTTP",
		codes: func(operation, outcome string, stranger bool) string {
			switch {
			case outcome == refused && stranger:
				return "401"
			case outcome == ok:
				return map[string]string{"read": "200", "remove": "204", "mkdir": "201", "rename": "201", "copy": "201", "write": "201 204"}[operation]
			}
			return map[string]string{refused: "403", reserved: "403", notThere: "404", invalid: "400", isFolder: "301"}[outcome]
		},
		try: func(t *testing.T, user, operation, account, name string) string {
			if methods[operation] == "" {
				return ""
			}
			destination := path(account, name+".new")
			if operation == "mkdir" {
				name += "/new"
			}
			r, err := http.NewRequestWithContext(t.Context(), methods[operation], server.URL+path(account, name), nil)
			require.NoError(t, err)
			r.Header.Set("Destination", destination)
			if user != "" {
				r.SetBasicAuth(user, passwordOf(user))
			}
			response, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			response.Body.Close()
			return fmt.Sprint(response.StatusCode)
		},
		can: func(string) bool { return true },
	}
}

func overFTP(t *testing.T, d fixture.Server, log *slog.Logger, observer ...filestore.Observer) wayIn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	views, o := observedBy(d, observer)
	server := &ftpsite.Server{Views: views, Observer: o, Logger: log, Anonymous: true, MaxSessionsPerAddr: 1000}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	clients := map[string]*textproto.Conn{}
	return wayIn{
		name: "FTP",
		addr: l.Addr().String(),
		codes: func(operation, outcome string, _ bool) string {
			if outcome == ok {
				return map[string]string{"read": "226", "list": "226", "write": "226", "mkdir": "257", "remove": "250", "rename": "250"}[operation]
			}
			return map[string]string{refused: "550", reserved: "550", notThere: "550", invalid: "553", isFolder: "550"}[outcome]
		},
		try: func(t *testing.T, user, operation, account, name string) string {
			if !slices.Contains([]string{"read", "list", "write", "mkdir", "remove", "rename", "delete"}, operation) {
				return ""
			}
			c, who := clients[user], user
			say := func(format string, args ...any) (int, string) {
				_, err := c.Cmd(format, args...)
				require.NoError(t, err)
				code, text, err := c.ReadResponse(0)
				var protocol *textproto.Error
				require.True(t, err == nil || errors.As(err, &protocol), "%v", err)
				if code == 500 { // a line that is too long ends the session
					delete(clients, who)
				}
				return code, text
			}
			if c == nil {
				c, err = textproto.Dial("tcp", l.Addr().String())
				require.NoError(t, err)
				t.Cleanup(func() { c.Close() })
				clients[user] = c
				_, _, err = c.ReadResponse(220)
				require.NoError(t, err)
				if user == "" {
					user = "anonymous"
				}
				say("USER %s", user)
				code, text := say("PASS %s", passwordOf(user))
				require.Equal(t, 230, code, text)
			}
			name = "~" + account + "/" + name
			switch operation {
			case "delete", "remove":
				code, _ := say("DELE %s", name)
				return fmt.Sprint(code)
			case "mkdir":
				code, _ := say("MKD %s/new", name)
				return fmt.Sprint(code)
			case "rename":
				code, _ := say("RNFR %s", name)
				if code == 350 {
					code, _ = say("RNTO %s.new", name)
				}
				return fmt.Sprint(code)
			}
			_, text := say("EPSV")
			_, port, _ := strings.Cut(text, "|||")
			port, _, _ = strings.Cut(port, "|")
			verb := map[string]string{"read": "RETR", "write": "STOR", "list": "MLSD"}[operation]
			conn, err := net.Dial("tcp", "127.0.0.1:"+port)
			require.NoError(t, err)
			defer conn.Close()
			code, _ := say("%s %s", verb, name)
			if code == 150 {
				if operation != "write" {
					_, err = io.Copy(io.Discard, conn)
					require.NoError(t, err)
				}
				conn.Close()
				code, _, _ = c.ReadResponse(0)
			}
			return fmt.Sprint(code)
		},
		can: func(name string) bool { return !strings.ContainsAny(name, "\x00\r\n") }, // a line ends at LF
	}
}

// overTFTP is for one user: nobody, or tftpuser if that exists.
func overTFTP(t *testing.T, d fixture.Server, who string, log *slog.Logger, observer ...filestore.Observer) wayIn {
	views, o := observedBy(d, observer)
	return tftpWay(t, &tftpsite.Server{Views: views, Observer: o, Logger: log}, who, func(account, name string) string { return "~" + account + "/" + name })
}

// overTFTPStorage is overTFTP with the names of the Default Storage, which is
// john's.
func overTFTPStorage(t *testing.T, d fixture.Server, who string) wayIn {
	return tftpWay(t, &tftpsite.Server{Views: fixture.Views(d), Storage: john}, who, func(_, name string) string { return name })
}

func tftpWay(t *testing.T, server *tftpsite.Server, who string, spell func(account, name string) string) wayIn {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	server.Timeout, server.AllowWrite = time.Minute, true
	go server.Serve(pc)
	t.Cleanup(func() { server.Close() })
	return wayIn{
		name: "TFTP",
		codes: func(_, outcome string, _ bool) string {
			return map[string]string{ok: "done", refused: "2", reserved: "2", notThere: "1", invalid: "2", isFolder: "1"}[outcome]
		},
		try: func(t *testing.T, user, operation, account, name string) string {
			request := map[string]string{"read": "\x00\x01", "write": "\x00\x02"}[operation]
			if user != who || request == "" {
				return ""
			}
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			require.NoError(t, err)
			defer c.Close()
			send := func(packet []byte, to net.Addr) {
				_, err := c.WriteTo(packet, to)
				require.NoError(t, err)
			}
			buf := make([]byte, 600)
			receive := func() (packet []byte, from net.Addr) {
				require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
				n, from, err := c.ReadFrom(buf)
				require.NoError(t, err)
				return buf[:n], from
			}
			packet := []byte(request + spell(account, name) + "\x00octet\x00")
			send(packet, pc.LocalAddr())
			if len(packet) > 2048 { // no request is so long; one behind it is answered
				send([]byte("\x00\x01missing\x00unknown\x00"), pc.LocalAddr())
				answer, _ := receive()
				require.Equal(t, []byte{0, 5, 0, 4}, answer[:4])
				return "dropped"
			}
			answer, from := receive()
			if answer[1] == 5 {
				return fmt.Sprint(binary.BigEndian.Uint16(answer[2:]))
			}
			if operation == "read" {
				send([]byte{0, 4, 0, 1}, from) // the acknowledgement of the only block
				return "done"
			}
			send([]byte{0, 3, 0, 1}, from) // a block without data
			if answer, _ = receive(); answer[1] == 5 {
				return fmt.Sprint(binary.BigEndian.Uint16(answer[2:]))
			}
			require.Equal(t, []byte{0, 4, 0, 1}, answer)
			return "done"
		},
		can: func(name string) bool { return !strings.Contains(name, "\x00") },
	}
}

func overCLI(t *testing.T, d fixture.Server, log *slog.Logger, observer ...filestore.Observer) wayIn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	views, o := observedBy(d, observer)
	server := &clisite.Server{Views: views, Observer: o, Logger: log}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	clients := map[string]*textproto.Conn{}
	return wayIn{
		name: "CLI",
		addr: l.Addr().String(),
		codes: func(_, outcome string, _ bool) string {
			if outcome == ok {
				return "200 201"
			}
			return "501"
		},
		try: func(t *testing.T, user, operation, account, name string) string {
			if user == "" || operation == "copy" {
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
				say("USER " + user)
				require.Equal(t, "200", say("PASS "+passwordOf(user)))
				say("INLINE")
			}
			quote := func(name string) string {
				quoted, err := cgpdata.Append(nil, cgpdata.String(name), nil)
				require.NoError(t, err)
				return string(quoted)
			}
			account, file := quote(account), "FILE "+quote(name)
			return say(map[string]string{
				"read":     "READSTORAGEFILE " + account + " " + file,
				"list":     "LISTSTORAGEFILES " + account + " PATH " + quote(name),
				"write":    "WRITESTORAGEFILE " + account + " " + file + " DATA []",
				"mkdir":    "WRITESTORAGEFILE " + account + " FILE " + quote(name+"/new/") + " DATA []",
				"remove":   "DELETESTORAGEFILE " + account + " " + file,
				"delete":   "DELETESTORAGEFILE " + account + " " + file,
				"rename":   "RENAMESTORAGEFILE " + account + " " + file + " INTO " + quote(name+".new"),
				"describe": "READSTORAGEFILEATTR " + account + " " + file,
				"set":      "UPDATESTORAGEFILEATTR " + account + " " + file + ` (<none mode="delete"/>)`,
				"share":    "UPDATESTORAGEFILEATTR " + account + " " + file + ` (<accessPwd><key>new</key></accessPwd>)`,
				"usage":    "GETSTORAGEFILEINFO " + account + " PATH " + quote(name),
			}[operation])
		},
		can: func(name string) bool {
			_, err := cgpdata.Append(nil, cgpdata.String(name), nil)
			return err == nil
		},
	}
}

// passwordOf returns the password of an account of the fixture, however it is named.
func passwordOf(user string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(user, "%", "@"), "@")
	return strings.ToLower(name) + "-pw"
}

// Accounts have the same names in every protocol, in logins as well as in paths and
// commands.
func TestWaysInTakeTheSameAccountNames(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, account := range []string{"john@client1.com", "ann@client2.com"} {
		d.Write(t, account, "public.txt", "public")
		d.Write(t, account, "private/secret.txt", "secret")
	}
	names := [][]string{
		{"john", "john@client1.com", "john%client1.com", "JOHN%Client1.Com"},
		{"ann@client2.com", "ann%client2.com", "Ann%CLIENT2.com"},
	}
	for _, w := range []wayIn{overHTTP(t, d, nil), overFTP(t, d, nil), overCLI(t, d, nil), overTFTP(t, d, "", nil)} {
		t.Run(w.name, func(t *testing.T) {
			want := func(outcome, user, account, name string) {
				if got := w.try(t, user, "read", account, name); got != "" {
					require.Contains(t, strings.Fields(w.codes("read", outcome, user == "")), got, "%s of %q for %q", name, account, user)
				}
			}
			for _, same := range names {
				for _, user := range append(same, "") {
					for _, account := range same {
						want(ok, user, account, "public.txt")
						if user != "" {
							want(ok, user, account, "private/secret.txt")
						}
					}
				}
			}
			for _, account := range []string{"ann", "ann%client1.com", "%client2.com", "john%", "john%client1.com%client2.com"} {
				want(notThere, "", account, "public.txt")
			}
			require.NotEmpty(t, w.try(t, "", "read", "john", "public.txt")+w.try(t, "john", "read", "john", "public.txt"))
		})
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
	for _, w := range []wayIn{overHTTP(t, d, nil), overFTP(t, d, nil), overTFTP(t, d, "", nil), overCLI(t, d, nil)} {
		t.Run(w.name, func(t *testing.T) {
			for _, user := range []string{"", "mary@client1.com", "ann@client2.com", "boss@client2.com", "john@client1.com", "admin@client1.com"} {
				view := fixture.Views(d).View(filestore.Caller{Account: user}, john)
				privileged := user == john || user == "admin@client1.com"
				for _, name := range names {
					page := privileged && strings.HasSuffix(strings.ToLower(name), "index.wssp")
					folds := w.name == "FTP" && strings.Contains("/"+name+"/", "/../")
					if !w.can(name) || folds || w.name == "HTTP" && page {
						continue // the management page is HTTP's own
					}
					for _, operation := range []string{"read", "write", "delete"} {
						if privileged && operation != "read" {
							continue // they change things, which other tests look at
						}
						outcome := outcomeOf(t.Context(), view, operation, name)
						got := w.try(t, user, operation, john, name)
						if got != "" {
							require.Contains(t, strings.Fields(w.codes(operation, outcome, user == "")), got, "%q: %s %q is %s to the view", user, operation, name, outcome)
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

// A lock stands in the way of everybody's changes in every protocol, its owner's too who
// does not have the token there, and of nobody's reading.
func TestWaysInHeedLocks(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, john, "dir/locked.txt", "x")
	d.Write(t, john, "free.txt", "x")
	_, err := d.Files(t, john).(filestore.Locks).Lock(t.Context(), "dir/locked.txt", filestore.Lock{Owner: john}, 0)
	require.NoError(t, err)
	for _, tt := range []struct {
		way  wayIn
		user string
		code string
	}{
		{overHTTP(t, d, nil), john, "423"},
		{overFTP(t, d, nil), john, "450"},
		{overCLI(t, d, nil), john, "501"},
		{overTFTP(t, asTFTPUser{d}, "tftpuser@client1.com", nil), "tftpuser@client1.com", "0"},
	} {
		t.Run(tt.way.name, func(t *testing.T) {
			tries := 0
			for _, operation := range []string{"write", "rename", "copy", "remove"} {
				if tt.way.name == "HTTP" && operation == "copy" {
					continue // changes nothing of what is locked
				}
				if got := tt.way.try(t, tt.user, operation, john, "dir/locked.txt"); got != "" {
					tries++
					require.Equal(t, tt.code, got, operation)
				}
			}
			require.NotZero(t, tries)
			require.Contains(t, strings.Fields(tt.way.codes("read", ok, tt.user == "")), tt.way.try(t, tt.user, "read", john, "dir/locked.txt"))
			require.Contains(t, strings.Fields(tt.way.codes("write", ok, tt.user == "")), tt.way.try(t, tt.user, "write", john, "free.txt"))
			content, there := d.Read(t, john, "dir/locked.txt")
			require.True(t, there)
			require.Equal(t, "x", content)
		})
	}
}
