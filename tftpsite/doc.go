// Package tftpsite shows account storages over TFTP (CommuniGate Pro Guide,
// File Storage and TFTP).
//
//	server := &tftpsite.Server{Views: filestore.NewViews(users, stores, nil), Storage: "phones@example.com"}
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
// without "@domain" or "%domain"; without one it is in the Main Domain.
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
// again at 0 after 65535), the option extension (RFC 2347), blksize (RFC 2348),
// timeout and tsize (RFC 2349; the size of a file that is read in mode octet and
// is not empty), and windowsize (RFC 7440). Other options, and what cannot be
// read behind the mode, are passed over. The size announced for an upload holds
// room and promises nothing.
//
// Each transfer has a socket of its own and answers from the address that was
// asked. What was not answered is sent again after a time that doubles. Until the
// client is heard of at most two packets are sent for each request, since its
// address may be made up; such transfers give way to others when places are short.
// A client that repeats its request has heard nothing and is answered at once; one
// that sends another one from the same port has ended the transfer before.
//
// # Speed
//
// Beside the better of atftpd and tftpd-hpa, each server on one core and the client on
// the other (taskset -c 1 before the command), 16 MiB, best of seven rounds by turns:
// reads have 0.88 of its speed with blksize 512 and 0.94 with 1428, writes 0.85 and 0.92,
// at 0.9 to 1.3 times the CPU time of atftpd; 200 small reads have 1.07, and a read with
// windowsize 16 is 7 times as fast as one without. What is missing is the poller of Go:
// it asks the system three times before it sleeps, where the others ask once, and so a
// bare echo of the same packets in Go has 0.8 to 1.0 of the speed of one in C. To wait
// for a moment in poll(2) instead brings nothing to a transfer, and holds a thread. The
// command in internal/bench repeats the comparison.
package tftpsite
