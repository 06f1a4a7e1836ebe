// Package goftpdriver shows File Storage through the FTP server of
// goftp.io/server/v2 (once github.com/goftp/server), for programs that run it
// already:
//
//	driver := &goftpdriver.Driver{Views: filestore.NewViews(directory, stores, nil)}
//	s, err := server.NewServer(&server.Options{
//		Driver: driver, // and login
//		Perm:   server.NewSimplePerm("ftp", "ftp"),
//		...
//	})
//
// Logins, paths and rights are those of package ftpsite: "name", "name@domain" and
// "name%domain" log in, "~name/..." leads to another's storage, and everything is
// decided by [filestore.View]. A file appears when all of it has arrived, and a
// rename puts a file in the place of a file.
//
// # What that server lacks
//
// A program that is free to choose takes package ftpsite. This server, as of
// v2.0.3,
//
//   - opens a connection to any address that a PORT or EPRT names, so that it can
//     be used against other hosts (RFC 2577 §3);
//   - lets the first comer have a data connection, whoever that is;
//   - leaves a listener behind for every PASV, and has no limit of sessions and no
//     timeouts, and reads a line of any length, so that a few clients can take all
//     sockets and all memory;
//   - knows no ABOR, and does not hear the end of the control connection during a
//     transfer: the upload of a client that dies in good order is stored as far as
//     it came, and so is one in TLS without close_notify;
//   - answers every failed upload by 450, after it has begun, every failed download
//     by 551, and does not tell a client that there is no room;
//   - begins in clear even where TLS is demanded (ForceTLS has no effect);
//   - logs what clients send, passwords apart.
//
// The errors of this package have constant texts, since the server sends them to
// its clients.
package goftpdriver
