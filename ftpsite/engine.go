package ftpsite

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	ftp "github.com/fclairamb/ftpserverlib"
)

// engine runs ftpserverlib for one session. The library executes the commands
// that work on files and directories; the session stands between it and the
// client:
//
//   - it hands over one command at a time, and the next one when the reply is
//     complete, so that nothing in the library runs side by side;
//   - it owns login, TLS, timeouts and ABOR, which the library does not do, or
//     not safely;
//   - it rewrites replies, in which the library puts Go errors (see reply.go);
//   - it takes the place of the library's passive listener (see passive.go).
type engine struct {
	s *session
}

var (
	_ ftp.MainDriver                        = engine{}
	_ ftp.MainDriverExtensionPassiveWrapper = engine{}
)

// startEngine gives the library a listener on which one connection arrives.
func startEngine(s *session) error {
	server := ftp.NewFtpServer(engine{s})
	if err := server.Listen(); err != nil {
		return err
	}
	return server.Serve() // returns after the one connection
}

// GetSettings implements ftp.MainDriver.
func (e engine) GetSettings() (*ftp.Settings, error) {
	return &ftp.Settings{
		Listener:             &oneConn{conn: control(e)},
		DefaultTransferType:  ftp.TransferTypeBinary,
		DisableActiveMode:    true,
		DisableLISTArgs:      true,
		IdleTimeout:          -1,                  // ours
		PasvConnectionsCheck: ftp.IPMatchDisabled, // ours
		PublicIPResolver:     func(ftp.ClientContext) (string, error) { return e.s.toldAddr().String(), nil },
	}, nil
}

// ClientConnected implements ftp.MainDriver.
func (engine) ClientConnected(ftp.ClientContext) (string, error) { return "", nil }

// ClientDisconnected implements ftp.MainDriver.
func (engine) ClientDisconnected(ftp.ClientContext) {}

// AuthUser implements ftp.MainDriver. It is reached when our own login was
// successful.
func (e engine) AuthUser(c ftp.ClientContext, _, _ string) (ftp.ClientDriver, error) {
	c.SetPath("/")
	return driver(e), nil
}

// GetTLSConfig implements ftp.MainDriver. TLS is ours.
func (engine) GetTLSConfig() (*tls.Config, error) { return nil, errors.ErrUnsupported }

// oneConn is a listener on which one connection arrives.
type oneConn struct {
	conn net.Conn
}

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// control is the control connection as the library sees it: commands that the
// session lets through, and replies that it looks at.
type control struct {
	s *session
}

func (c control) Read(p []byte) (int, error) {
	s := c.s
	if len(s.input) == 0 {
		line, err := s.next()
		if err != nil {
			return 0, err
		}
		s.input = []byte(line + "\r\n")
	}
	n := copy(p, s.input)
	s.input = s.input[n:]
	return n, nil
}

func (c control) Write(p []byte) (int, error) {
	c.s.fromEngine(p)
	return len(p), nil
}

// Close is what the library does last.
func (c control) Close() error {
	close(c.s.ended)
	return nil
}

func (c control) LocalAddr() net.Addr              { return c.s.raw.LocalAddr() }
func (c control) RemoteAddr() net.Addr             { return c.s.raw.RemoteAddr() }
func (c control) SetDeadline(time.Time) error      { return nil }
func (c control) SetReadDeadline(time.Time) error  { return nil }
func (c control) SetWriteDeadline(time.Time) error { return nil }
