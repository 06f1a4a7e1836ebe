// Package ftpsite opens File Storage to FTP clients (RFC 959, 2228, 2389,
// 2428, 3659, 4217; CommuniGate Pro Guide, File Storage).
//
//	server := &ftpsite.Server{
//		Directory: directory, // accounts, passwords and storages
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
// USER PASS AUTH PBSZ PROT QUIT SYST FEAT OPTS CLNT NOOP TYPE MODE STRU PWD CWD
// CDUP PASV EPSV LIST NLST MLSD MLST SIZE MDTM REST ALLO RETR STOR APPE DELE
// MKD RMD RNFR RNTO ABOR, and the old names XPWD XCWD XCUP XMKD XRMD.
// PORT and EPRT are refused, so the server never opens a connection.
// The transfer type is binary until the client asks for TYPE A, although RFC 959
// §3.1.1.1 starts with ASCII: no file is changed unless it was asked for.
//
// # Uploads
//
// A file appears, or changes, when all of it has arrived, and otherwise not at
// all. FTP in clear cannot tell a short file from a whole one, so an upload is
// given up when the control connection is at its end when the data ends, when
// ALLO named another size, when the data connection breaks, stalls or is
// closed by ABOR, and, with TLS, when the data ends without close_notify. The
// server cannot see the death of a client whose machine ends both connections
// in good order, the data some milliseconds before. On systems other than Linux
// it may miss an ABOR, or the end of the control connection, that comes in the
// same moment as the end of the data.
//
// # Limits
//
// A control line has at most 4,094 bytes. A directory is held in memory while
// it is listed. Listings show UTC, and fixed permission bits.
package ftpsite
