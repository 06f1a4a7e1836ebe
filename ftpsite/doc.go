// Package ftpsite opens File Storage to FTP clients (RFC 959, 2228, 2389,
// 2428, 3659, 4217, 7151; CommuniGate Pro Guide, File Storage).
//
//	server := &ftpsite.Server{
//		Views: filestore.NewViews(directory, stores, nil), // accounts, passwords and storages
//		Anonymous: true,      // strangers may read public files
//		TLSConfig: tlsConfig, // AUTH TLS
//	}
//	listener, err := net.Listen("tcp", ":21")
//	...
//	err = server.Serve(listener)
//
// A client logs in as "name", "name@domain" or "name%domain", and its root and
// current directory are then the top of that account's File Storage. Paths
// whose first segment, after joining and folding, is "~name" or "~name@domain"
// lead to the storages of others. Everything that is allowed there is decided
// by [filestore.View].
//
// # Commands
//
// USER PASS HOST REIN QUIT AUTH PBSZ PROT FEAT OPTS CLNT NOOP SYST HELP STAT TYPE
// MODE STRU ALLO REST PASV EPSV PORT EPRT PWD CWD CDUP MKD RMD LIST NLST MLSD MLST
// SIZE MDTM MFMT DELE RNFR RNTO HASH RETR STOR STOU APPE ABOR, SITE with CHMOD,
// HELP and UTIME, and the old names XPWD XCWD XCUP XMKD XRMD.
//
// PORT and EPRT are refused unless [Server].ActiveMode is set: without it the server
// never opens a connection. The transfer type is binary until the client asks for TYPE
// A, although RFC 959 §3.1.1.1 starts with ASCII: no file is to change on the way
// unless somebody asks for that. RNTO puts a file in the place of an existing file, in
// one step, since many clients upload aside and rename; a directory is never replaced.
// ALLO holds room for an upload, which may become shorter or longer all the same. SITE
// CHMOD changes nothing.
//
// LIST, NLST and STAT take the flags of ls, and a pattern ("*", "?", "[a-z]") as
// the last segment of a path. Listings show UTC, and fixed permission bits.
//
// # Step by step
//
// Many clients send one CWD for each segment of a path. So whoever may follow a
// share path, or an access control list below private, may enter every directory
// on the way. So may they in a storage whose WebSite service is off, where lists count
// all the same. Such a directory accepts any name, is empty, and confirms nothing:
// a wrong key is told like a missing file, by the first command that needs the
// content.
//
// # Uploads
//
// A file appears, or changes, when all of it has arrived, and otherwise not at all. FTP
// in clear cannot tell a short file from a whole one. So an upload is given up
//
//   - when the data connection breaks, stalls or is closed by ABOR;
//   - when the control connection, without a QUIT, has ended with the data;
//   - with TLS, when the data ends without close_notify.
//
// The server cannot see the death of a client whose machine ends both connections in
// good order, the data some milliseconds before.
//
// # Limits
//
// A control line has at most 4,094 bytes. While a transfer runs, 256 different
// lines and 32 KiB are kept for later; a client that sends more is cut off. A
// session holds a few KB before the login, and an upload that comes fast 1 MiB. A
// directory is held in memory while it is listed.
//
// # Speed
//
// Beside vsftpd, proftpd and pure-ftpd, each server on one core and the client on the
// other, in rounds by turns, against the best of the three: RETR of 256 MiB in clear takes
// the CPU time of sendfile(2) alone, which is that of vsftpd, and has 0.85 to 1.1 of its
// speed by the best round and 0.9 to 0.96 by the median. STOR to a memory file system has
// 0.9 to 0.95 of the speed of pure-ftpd by the best round and 0.97 by the median, at 1.03
// times its CPU time, and 1.2 of that of vsftpd: pieces of 1 MiB cost less than smaller
// ones, or than splice(2). 300 small RETR in one session have 0.8 of the speed of
// pure-ftpd on an idle machine, and that of vsftpd. They take as many system calls, about
// 30 each; but Go's scheduler, which is woken for each command, looks every 20 µs whether
// something hangs, on the same core. 100 times login, RETR and QUIT took a seventh of the
// time of vsftpd. The command in internal/bench repeats the comparison.
package ftpsite
