package client_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const john = "john@client1.com"

// accounts returns the test accounts, with limits that are no matter here.
func accounts() *fixture.Directory {
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, address := range []string{john, "mary@client1.com"} {
		d.Update(address, func(a *fixture.Account) {
			a.Limits = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
		})
	}
	return d
}

// serve starts a server on a loopback address, which ends with the test.
func serve(t testing.TB, s *clisite.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serveOn(t, s, l)
}

func serveOn(t testing.TB, s *clisite.Server, l net.Listener) string {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
	})
	return l.Addr().String()
}

// open returns a client of a server with the test accounts, logged in as user.
func open(t testing.TB, address, user string) *client.Client {
	t.Helper()
	c := &client.Client{Address: address, User: user, Password: strings.Split(user, "@")[0] + "-pw"}
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// script is a server that says what it is told to, and hears what it is told.
type script struct {
	t        testing.TB
	listener net.Listener
	greeting string
	tls      *tls.Config // of STLS, and of everything if implicit
	implicit bool
	// answer returns the answer to a command; "" ends the connection.
	answer func(n int, command string) string

	mu       sync.Mutex
	heard    []string // commands of all connections
	sessions int
	served   sync.WaitGroup
}

// play starts the server.
func play(t testing.TB, s *script) *script {
	t.Helper()
	var err error
	s.t = t
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if s.greeting == "" {
		s.greeting = "200 ready"
	}
	s.served.Add(1)
	go func() {
		defer s.served.Done()
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.served.Add(1)
			go s.session(conn)
		}
	}()
	t.Cleanup(func() {
		s.listener.Close()
		s.served.Wait()
	})
	return s
}

func (s *script) session(conn net.Conn) {
	defer s.served.Done()
	defer func() { conn.Close() }()
	s.mu.Lock()
	s.sessions++
	s.mu.Unlock()
	if s.implicit {
		conn = tls.Server(conn, s.tls)
	}
	in := bufio.NewReader(conn)
	fmt.Fprintf(conn, "%s\r\n", s.greeting)
	for n := 0; ; {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.TrimSuffix(text, "\r\n")
		s.mu.Lock()
		s.heard = append(s.heard, command)
		s.mu.Unlock()
		switch name, _, _ := strings.Cut(command, " "); {
		case name == "USER":
			fmt.Fprint(conn, "300 please send the PASS\r\n")
		case name == "PASS" || name == "APOP" || name == "INLINE":
			fmt.Fprint(conn, "200 OK\r\n")
		case name == "STLS" && s.tls != nil:
			fmt.Fprint(conn, "200 begin TLS\r\n")
			conn = tls.Server(conn, s.tls)
			in = bufio.NewReader(conn)
		case name == "QUIT":
			return
		default:
			text := s.answer(n, command)
			n++
			if text == "" {
				return
			}
			if _, err := conn.Write([]byte(text)); err != nil || !strings.HasSuffix(text, "\n") {
				return
			}
		}
	}
}

func (s *script) client(t testing.TB) *client.Client {
	c := open(t, s.listener.Addr().String(), john)
	c.StallTimeout = time.Minute
	return c
}

func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

// ok answers everything with an empty success.
func ok(int, string) string { return "200 OK\r\n" }

const challenge = "<753.1213987978@mail.example.com>"

// A password goes where nobody else can read it, and else as a digest.
func TestLogin(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	trust := &tls.Config{RootCAs: roots, ServerName: "example.com"}
	digest := fmt.Sprintf("APOP john@client1.com %x", md5.Sum([]byte(challenge+"john-pw")))
	clear := []string{"USER john@client1.com", "PASS john-pw", "INLINE", "NOOP"}
	for _, row := range []struct {
		name    string
		script  *script
		set     func(c *client.Client)
		want    []string
		wantErr error
	}{
		{name: "this machine", want: clear},
		{name: "this machine, with a challenge", script: &script{greeting: "200 ready " + challenge}, want: clear},
		{name: "TLS", script: &script{tls: web.TLS, implicit: true}, set: func(c *client.Client) { c.Security, c.TLSConfig = client.TLS, trust }, want: clear},
		{
			name: "STLS", script: &script{tls: web.TLS}, set: func(c *client.Client) { c.Security, c.TLSConfig = client.StartTLS, trust },
			want: append([]string{"STLS"}, clear...),
		},
		{
			name: "far away", script: &script{greeting: "200 ready " + challenge + " for you"}, set: func(c *client.Client) { c.Dial = farAway },
			want: []string{digest, "INLINE", "NOOP"},
		},
		{name: "far away, no challenge", set: func(c *client.Client) { c.Dial = farAway }, wantErr: client.ErrUnsafe},
		{name: "far away, in clear", set: func(c *client.Client) { c.Dial, c.Login = farAway, client.LoginClear }, want: clear},
		{name: "APOP", script: &script{greeting: "200 " + challenge}, set: func(c *client.Client) { c.Login = client.LoginAPOP }, want: []string{digest, "INLINE", "NOOP"}},
		{name: "APOP, no challenge", set: func(c *client.Client) { c.Login = client.LoginAPOP }, wantErr: client.ErrUnsafe},
		{name: "no STLS", script: &script{answer: func(int, string) string { return "500 unknown command\r\n" }},
			set: func(c *client.Client) { c.Security = client.StartTLS }, want: []string{"STLS"}, wantErr: errors.ErrUnsupported},
		{name: "a password of two lines", set: func(c *client.Client) { c.Password = "a\r\nQUIT" }, wantErr: errAny},
		{name: "a name of two words", set: func(c *client.Client) { c.User = "a b" }, wantErr: errAny},
		{name: "full", script: &script{greeting: "501 too many connections"}, wantErr: filestore.ErrExhausted},
		{name: "no server of this protocol", script: &script{greeting: "SSH-2.0-x"}, wantErr: client.ErrProtocol},
		{name: "another server of mail", script: &script{greeting: "220 ready"}, want: clear},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := row.script
			if s == nil {
				s = &script{}
			}
			if s.answer == nil {
				s.answer = ok
			}
			play(t, s)
			c := s.client(t)
			if row.set != nil {
				row.set(c)
			}
			err := c.Noop(t.Context())
			if row.wantErr != nil {
				require.Error(t, err)
				require.NotContains(t, err.Error(), "john-pw")
				if row.wantErr != errAny {
					require.ErrorIs(t, err, row.wantErr)
				}
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, row.want, nilIfEmpty(s.said()))
		})
	}
}

var errAny = errors.New("any error")

func nilIfEmpty(all []string) []string {
	if len(all) == 0 {
		return nil
	}
	return all
}

// farAway dials, and says that the other end is on another machine.
func farAway(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return distant{conn}, err
}

type distant struct{ net.Conn }

func (distant) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 106} }

// What comes in clear behind the answer to STLS is not heard under TLS.
func TestNothingInClearAfterSTLS(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: func(int, string) string { return "200 begin TLS\r\n200 you are the administrator\r\n" }})
	c := s.client(t)
	c.Security = client.StartTLS
	require.ErrorContains(t, c.Noop(t.Context()), "in clear after STLS")
	require.Equal(t, []string{"STLS"}, s.said())
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	c := open(t, serve(t, &clisite.Server{Views: fixture.Views(accounts())}), john)
	c.Password = "wrong"
	err := c.Noop(t.Context())
	require.ErrorIs(t, err, filestore.ErrLogin)
	var told *client.Error
	require.ErrorAs(t, err, &told)
	require.Equal(t, &client.Error{Op: "PASS", Code: 501, Text: "wrong name or password"}, told)
}

// Commands have their documented forms, and nothing else goes over the wire.
func TestCommands(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, row := range []struct {
		name string
		call func(c *client.Client, s *client.Storage) error
		want string
		data string // of the answer
	}{
		{"list the top", func(_ *client.Client, s *client.Storage) error { _, err := s.ListStorageFiles(ctx, ""); return err }, `LISTSTORAGEFILES *`, "{}"},
		{"list", func(_ *client.Client, s *client.Storage) error {
			_, err := s.ListStorageFiles(ctx, "a b/c")
			return err
		}, `LISTSTORAGEFILES * PATH "a b/c"`, "{}"},
		{"list for another", func(c *client.Client, _ *client.Storage) error {
			_, err := (&client.Storage{Client: c, Account: "mary@client1.com", As: "bob"}).ListStorageFiles(ctx, "d")
			return err
		}, `LISTSTORAGEFILES "mary@client1.com" PATH d AUTH bob`, "{}"},
		{"read", func(_ *client.Client, s *client.Storage) error {
			_, err := s.ReadStorageFile(ctx, `q"b`, 0, 0)
			return err
		}, `READSTORAGEFILE * FILE "q\"b"`, "([],#T01-01-2020,#0)"},
		{"read a slice", func(_ *client.Client, s *client.Storage) error {
			_, err := s.ReadStorageFile(ctx, "f", 3, 2)
			return err
		}, `READSTORAGEFILE * FILE f OFFSET 3 SIZE 2`, "([YWI=],#T01-01-2020_10:11:12,#9)"},
		{"write", func(_ *client.Client, s *client.Storage) error {
			return s.WriteStorageFile(ctx, "x.y", client.Position{}, []byte("Hello"))
		}, `WRITESTORAGEFILE * FILE "x.y" DATA [SGVsbG8=]`, ""},
		{"write at", func(_ *client.Client, s *client.Storage) error {
			return s.WriteStorageFile(ctx, "f", client.At(7), nil)
		}, `WRITESTORAGEFILE * FILE f OFFSET 7 DATA []`, ""},
		{"write over the beginning", func(_ *client.Client, s *client.Storage) error {
			return s.WriteStorageFile(ctx, "f", client.Begin, []byte{0})
		}, `WRITESTORAGEFILE * FILE f OFFSET BEG DATA [AA==]`, ""},
		{"append", func(_ *client.Client, s *client.Storage) error {
			return s.WriteStorageFile(ctx, "f", client.Append, []byte{255})
		}, `WRITESTORAGEFILE * FILE f OFFSET END DATA [/w==]`, ""},
		{"write a new file", func(c *client.Client, _ *client.Storage) error {
			return (&client.Storage{Client: c, As: "mary@client1.com"}).WriteStorageFile(ctx, "f", client.New, nil)
		}, `WRITESTORAGEFILE * FILE f OFFSET NEW AUTH "mary@client1.com" DATA []`, ""},
		{"mkdir", func(_ *client.Client, s *client.Storage) error { return s.MakeStorageDirectory(ctx, "d") }, `WRITESTORAGEFILE * FILE "d/" DATA []`, ""},
		{"rename", func(_ *client.Client, s *client.Storage) error { return s.RenameStorageFile(ctx, "a", "ü") }, `RENAMESTORAGEFILE * FILE a INTO "ü"`, ""},
		{"delete", func(_ *client.Client, s *client.Storage) error { return s.DeleteStorageFile(ctx, "a") }, `DELETESTORAGEFILE * FILE a`, ""},
		{"info", func(_ *client.Client, s *client.Storage) error { _, err := s.GetStorageFileInfo(ctx, ""); return err }, `GETSTORAGEFILEINFO *`, "(#1,#2)"},
		{"attributes", func(_ *client.Client, s *client.Storage) error { _, err := s.ReadStorageFileAttr(ctx, "f"); return err }, `READSTORAGEFILEATTR * FILE f`, "()"},
		{"some attributes", func(_ *client.Client, s *client.Storage) error {
			_, err := s.ReadStorageFileAttr(ctx, "f", "title", "x-y")
			return err
		}, `READSTORAGEFILEATTR * FILE f (title,"x-y")`, "(<title>a</title>)"},
		{"set attributes", func(_ *client.Client, s *client.Storage) error {
			return s.UpdateStorageFileAttr(ctx, "f", "<title>two\nlines</title>", "<a\nb='c'/>")
		}, `UPDATESTORAGEFILEATTR * FILE f (<title>two&#10;lines</title>,<a b='c'/>)`, ""},
		{"subscription", func(_ *client.Client, s *client.Storage) error { _, err := s.GetFileSubscription(ctx); return err }, `GETFILESUBSCRIPTION *`, "(a,b)"},
		{"subscribe", func(_ *client.Client, s *client.Storage) error {
			return s.SetFileSubscription(ctx, []string{"a", "~mary/b"})
		}, `SETFILESUBSCRIPTION * (a,"~mary/b")`, ""},
		{"domains", func(c *client.Client, _ *client.Storage) error { _, err := c.ListDomains(ctx); return err }, `LISTDOMAINS`, "(client1.com)"},
		{"main domain", func(c *client.Client, _ *client.Storage) error { _, err := c.MainDomainName(ctx); return err }, `MAINDOMAINNAME`, "client1.com"},
		{"accounts", func(c *client.Client, _ *client.Storage) error {
			_, err := c.ListAccounts(ctx, "client1.com")
			return err
		}, `LISTACCOUNTS "client1.com"`, "{john=macnt;}"},
		{"settings", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetAccountSettings(ctx, "john")
			return err
		}, `GETACCOUNTSETTINGS john`, "{}"},
		{"effective settings", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetAccountEffectiveSettings(ctx, "*")
			return err
		}, `GETACCOUNTEFFECTIVESETTINGS *`, "{}"},
		{"location", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetAccountLocation(ctx, "john")
			return err
		}, `GETACCOUNTLOCATION john`, `"Accounts/john.macnt"`},
		{"aliases", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetAccountAliases(ctx, "john")
			return err
		}, `GETACCOUNTALIASES john`, "()"},
		{"rights", func(c *client.Client, _ *client.Storage) error { _, err := c.GetAccountRights(ctx, "john"); return err }, `GETACCOUNTRIGHTS john`, "(Master)"},
		{"account info", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetAccountInfo(ctx, "john", "LastLogin")
			return err
		}, `GETACCOUNTINFO john KEY LastLogin`, "#NULL#"},
		{"domain settings", func(c *client.Client, _ *client.Storage) error { _, err := c.GetDomainSettings(ctx, ""); return err }, `GETDOMAINSETTINGS`, "{}"},
		{"effective domain settings", func(c *client.Client, _ *client.Storage) error {
			_, err := c.GetDomainEffectiveSettings(ctx, "d1")
			return err
		}, `GETDOMAINEFFECTIVESETTINGS d1`, "{}"},
		{"domain aliases", func(c *client.Client, _ *client.Storage) error { _, err := c.GetDomainAliases(ctx, "d1"); return err }, `GETDOMAINALIASES d1`, "(d2)"},
		{"verify", func(c *client.Client, _ *client.Storage) error { return c.VerifyAccountPassword(ctx, "john", `a"b`) }, `VERIFYACCOUNTPASSWORD john PASSWORD "a\"b"`, ""},
		{"another", func(c *client.Client, _ *client.Storage) error { _, err := c.Do(ctx, "GetSystemInfo what"); return err }, `GetSystemInfo what`, "x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, &script{answer: func(int, string) string {
				if row.data == "" {
					return "200 OK\r\n"
				}
				return "201 " + row.data + "\r\n"
			}})
			c := s.client(t)
			require.NoError(t, row.call(c, c.Storage("*")))
			require.Equal(t, []string{"USER john@client1.com", "PASS john-pw", "INLINE", row.want}, s.said())
		})
	}
}

// What a line cannot say is not sent.
func TestImpossibleCommands(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: ok})
	c := s.client(t)
	storage := c.Storage("")
	ctx := t.Context()
	for _, err := range []error{
		storage.DeleteStorageFile(ctx, "a\x00b"),
		storage.UpdateStorageFileAttr(ctx, "f", "<a>"),
		storage.UpdateStorageFileAttr(ctx, "f", "<a/><b/>"),
		storage.UpdateStorageFileAttr(ctx, "f", "text"),
		second(storage.ReadStorageFile(ctx, "f", -1, 0)),
		second(c.Do(ctx, "NOOP\r\nNOOP")),
		second(c.Do(ctx, "quit")),
		second(c.Do(ctx, " PASS x")),
		second(c.Do(ctx, "")),
		second(storage.Stat(ctx, "../x")),
		second(storage.Open(ctx, "a//b")),
		storage.Mkdir(ctx, "a\nb"),
	} {
		require.ErrorIs(t, err, fs.ErrInvalid)
	}
	require.Empty(t, s.said())
}

func second[T any](_ T, err error) error { return err }

// A connection that the server has closed meanwhile is replaced, and a command that may
// be given twice is.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		call   func(s *client.Storage) error
		repeat bool
	}{
		{"read", func(s *client.Storage) error { return second(s.GetStorageFileInfo(context.Background(), "")) }, true},
		{"replace", func(s *client.Storage) error {
			return s.WriteStorageFile(context.Background(), "f", client.Position{}, nil)
		}, true},
		{"append", func(s *client.Storage) error {
			return s.WriteStorageFile(context.Background(), "f", client.Append, nil)
		}, false},
		{"new", func(s *client.Storage) error { return s.WriteStorageFile(context.Background(), "f", client.New, nil) }, false},
		{"rename", func(s *client.Storage) error { return s.RenameStorageFile(context.Background(), "f", "g") }, false},
		{"delete", func(s *client.Storage) error { return s.DeleteStorageFile(context.Background(), "f") }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, &script{answer: func(n int, command string) string {
				switch {
				case n > 0: // the first command of a connection is answered, no other
					return ""
				case strings.HasPrefix(command, "GET"):
					return "201 (#1,#1)\r\n"
				}
				return "200 OK\r\n"
			}})
			c := s.client(t)
			require.NoError(t, c.Noop(t.Context()))
			err := row.call(c.Storage(""))
			require.Equal(t, row.repeat, err == nil, "%v", err)
			if !row.repeat {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			}
			require.NoError(t, c.Noop(t.Context()), "the next one has a new connection")
		})
	}
}

// A connection that was silent is asked whether it lives, and one that was silent for
// long is not used.
func TestSilentConnection(t *testing.T) {
	for _, row := range []struct {
		name  string
		pause time.Duration
		want  []string
		dials int
	}{
		{"at once", 0, []string{"NOOP", "RENAMESTORAGEFILE * FILE a INTO b"}, 1},
		{"soon", 2 * time.Second, []string{"NOOP", "NOOP", "RENAMESTORAGEFILE * FILE a INTO b"}, 1},
		{"late", 5 * time.Minute, []string{"NOOP", "RENAMESTORAGEFILE * FILE a INTO b"}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, greeting: "200 ready", answer: ok}
				c := &client.Client{User: "john", Password: "x", Login: client.LoginClear, Dial: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					s.served.Add(1)
					go s.session(theirs)
					return ours, nil
				}}
				require.NoError(t, c.Noop(t.Context()))
				time.Sleep(row.pause)
				require.NoError(t, c.Storage("").RenameStorageFile(t.Context(), "a", "b"))
				require.NoError(t, c.Close())
				s.served.Wait()
				var heard []string
				for _, command := range s.said() {
					if name, _, _ := strings.Cut(command, " "); name == "NOOP" || name == "RENAMESTORAGEFILE" {
						heard = append(heard, command)
					}
				}
				require.Equal(t, row.want, heard)
				require.Equal(t, row.dials, s.sessions)
			})
		})
	}
}

// There are no more connections than allowed, and each carries one command at a time.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: ok})
	c := s.client(t)
	c.MaxConnections = 3
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, s.sessions, 3)
	require.Len(t, s.said(), 400+3*s.sessions)
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Noop(t.Context()), net.ErrClosed)
	require.NoError(t, c.Close())
}

// The end of a context ends a command, and waiting for a connection; the connection of
// that command is not used again.
func TestCancel(t *testing.T) {
	t.Parallel()
	asked, let := make(chan struct{}, 10), make(chan struct{})
	s := play(t, &script{answer: func(_ int, command string) string {
		if strings.HasPrefix(command, "DELETE") {
			asked <- struct{}{}
			<-let
		}
		return "200 OK\r\n"
	}})
	c := s.client(t)
	c.MaxConnections = 1
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- c.Storage("").DeleteStorageFile(ctx, "f") }()
	<-asked
	short, cancelShort := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancelShort()
	require.ErrorIs(t, c.Noop(short), context.DeadlineExceeded, "no connection is free")
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.NoError(t, c.Noop(t.Context()))
	close(let)
	require.Equal(t, 2, s.sessions)
	require.ErrorIs(t, c.Noop(ctx), context.Canceled)
}

// A server that stalls is given up, wherever it does.
func TestStall(t *testing.T) {
	for _, row := range []struct{ name, begins string }{
		{"says nothing", ""}, {"in the code", "20"}, {"in the text", "200 O"}, {"in the data", "201 (#1,"}, {"in the end of the line", "201 (#1,#2)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var served sync.WaitGroup
				c := &client.Client{User: "john", Password: "x", Login: client.LoginClear, Dial: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					served.Go(func() {
						defer theirs.Close()
						in := bufio.NewReader(theirs)
						fmt.Fprint(theirs, "200 ready\r\n")
						for range 3 {
							in.ReadString('\n')
							fmt.Fprint(theirs, "200 OK\r\n")
						}
						in.ReadString('\n')
						fmt.Fprint(theirs, row.begins)
						in.ReadString('\n') // until the client gives up
					})
					return ours, nil
				}}
				start := time.Now()
				_, err := c.Storage("").GetStorageFileInfo(t.Context(), "")
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.Equal(t, 2*time.Minute, time.Since(start))
				require.NoError(t, c.Close())
				served.Wait()
			})
		})
	}
}
