// Package tftpsite shows account storages over TFTP (CommuniGate Pro Guide,
// File Storage and TFTP).
//
//	server := &tftpsite.Server{Directory: users, Storage: "phones@example.com"}
//	conn, err := net.ListenPacket("udp", ":69")
//	if err != nil {
//		return err
//	}
//	go server.Serve(conn)
//	// ... later
//	server.Shutdown(ctx)
//
// # Names
//
// A plain name is a file of the Default Storage, [Server.Storage]. The storage
// of another account is named by a leading "~account/" or "/account/", with or
// without "@domain"; without one it is in the Main Domain.
//
// # Rights
//
// TFTP knows no login. Requests are made in the name of the account "tftpuser"
// of the Main Domain if it exists, else in nobody's; see
// [filestore.Caller.Limited]. [filestore.View] decides what either may do.
// Writing has to be switched on by [Server.AllowWrite] as well.
//
// # Protocol
//
// Served are RFC 1350 (modes octet and netascii, block numbers that begin
// again at 0 after 65535), the option extension (RFC 2347), blksize from 512
// bytes on (RFC 2348) and, for reading in mode octet, tsize of a file that is
// not empty (RFC 2349). Other options are left unacknowledged, as RFC 2347
// has it; the size announced for an upload is checked nevertheless.
//
// The blocks of a transfer are carried by github.com/pin/tftp, which takes
// requests on the loopback interface only. This package stands in between: it
// counts and checks requests, answers from the address that was asked, and
// chooses the codes and texts of all errors. Others with access to the host
// cannot put anything into what a client reads; who reads the system's list of
// sockets and is quick enough may disturb an upload, or see it.
package tftpsite
