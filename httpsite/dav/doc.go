// Package dav answers WebDAV requests (RFC 4918, classes 1, 2 and 3) for one storage, a
// [filestore.FS]. It knows no accounts: who may do what is decided by the storage that
// it is given, which for most programs is a [filestore.View]. Package httpsite serves
// by it the storages of all accounts.
//
//	files := func(r *http.Request) filestore.FS { return views.View(callerOf(r), "john@client1.com") }
//	http.Handle("/john/", &dav.Handler{Files: files, Prefix: "/john"})
//
// # Properties
//
// PROPFIND is one listing of the storage, and one look at its locks. It opens no file,
// sends entries as they come, and holds a few of them, however many there are. Depth:
// infinity is refused for directories (403, propfind-finite-depth), and so is a request
// without Depth, which means the same. An entry that cannot be read has a status of its own,
// and the rest is listed. Brief: t, Prefer: return=minimal and Prefer: depth-noroot (RFC
// 8144) are heeded, quota-available-bytes and quota-used-bytes (RFC 4331) told to whoever
// manages the storage.
//
// What clients store by PROPPATCH is kept in the sidecar of a file, together below one
// attribute ([meta.PropertiesSpace]), with namespaces and xml:lang, and goes where the
// file goes. All of a PROPPATCH is done, or nothing. The top of a storage has no
// sidecar and is nobody's to replace, so it takes neither properties nor locks (403). getlastmodified may be set, as
// Win32LastModifiedTime may: that time is told by PROPFIND as long as the content of
// the file stays the same. GET and other protocols tell the time of the store.
// creationdate and displayname may be set too. Without a creationdate,
// Win32CreationTime is shown as one.
//
// # Locks
//
// Locks are those of the store, so that they hold in every protocol. LOCK of a name
// where nothing is makes an empty file. An If header is evaluated against entity tags
// and locks. Tags about the request's own name are checked once more by the store as it
// commits. An If header may name up to 16 other resources, of the same storage.
//
// # COPY, MOVE, DELETE
//
// Each is one step of the store: all of it is done, or nothing, and what stands in the way
// below the request's own name is told in a multi-status. Of Destination only the path
// counts, unless [Handler].Resolve says otherwise: a proxy may end TLS in front.
//
// # Hostile requests
//
// Bodies are bounded: 64 KiB where something is asked, 1 MiB where properties are set. A
// PROPFIND may name 256 properties. They are read by package meta, with its bounds of depth, elements and namespaces, and without
// document types.
//
// Extended MKCOL (RFC 5689) is there; ordering, versioning, SEARCH, BIND (RFC 5842) and
// access control (RFC 3744) are not.
//
// Sources: RFC 4918, RFC 4331, RFC 5689, RFC 8144; what Windows and Office send.
package dav
