//go:build !unix

package ftpsite

import "net"

// hearUrgent does nothing here: of an ABOR that is sent as urgent data, the end
// of the line may be lost.
func hearUrgent(net.Conn) {}
