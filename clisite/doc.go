// Package clisite serves account storages to programs: the storage commands of
// the command line interface over the PWD protocol (CommuniGate Pro Guide, CLI
// and PWD).
//
//	server := &clisite.Server{Views: filestore.NewViews(users, nil)}
//	listener, err := net.Listen("tcp", "127.0.0.1:106")
//	if err != nil {
//		return err
//	}
//	go server.Serve(listener)
//	// ... later
//	server.Shutdown(ctx)
//
// # Dialogue
//
//	S: 200 cgpkit PWD server ready
//	C: USER john
//	S: 300 please send the PASS
//	C: PASS secret
//	S: 200 login OK
//	C: INLINE
//	S: 200 OK
//	C: GETSTORAGEFILEINFO *
//	S: 201 (#1024,#2)
//	C: QUIT
//	S: 200 connection closed
//
// # Commands
//
// USER, PASS, INLINE, NOOP and QUIT; LISTSTORAGEFILES, READSTORAGEFILE,
// WRITESTORAGEFILE, RENAMESTORAGEFILE, DELETESTORAGEFILE, GETSTORAGEFILEINFO,
// READSTORAGEFILEATTR and UPDATESTORAGEFILEATTR; and the older names of these: ListWebFiles, GetWebFile,
// PutWebFile, RenameWebFile, DeleteWebFile and GetWebFilesInfo, which know no
// AUTH. Everything else is an unknown command. Arguments are single-line text
// of package cgpdata.
//
// An account is *, name, name@domain or name%domain, where the domain of the one who
// has logged in is left out. A file name that starts with ~name/ or ~name@domain/
// is in the storage of that account instead. AUTH x runs a command with the
// rights of account x; this is for administrators of the server, and for those
// that a [Delegator] names.
//
// # Limits
//
// The protocol sends passwords in clear text: listen on the loopback interface
// or hand Serve a listener of crypto/tls. One answer carries at most 16 MiB of a
// file. What a command may see or change is decided by [filestore.View].
package clisite
