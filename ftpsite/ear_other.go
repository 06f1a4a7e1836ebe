//go:build !linux

package ftpsite

import "net"

// ear is the control connection as the session reads it.
type ear struct {
	net.Conn
}

func newEar(conn net.Conn) *ear { return &ear{conn} }

// ended knows nothing here: an ABOR and the end of the connection count when
// the session has read them, which may be just too late for the last upload.
func (*ear) ended() bool { return false }
