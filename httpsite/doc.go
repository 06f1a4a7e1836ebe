// Package httpsite shows account file storages over HTTP: as personal web
// sites, for PUT, DELETE, MOVE, COPY and MKCOL by their owners, and through
// the management page index.wssp.
//
//	site := &httpsite.Handler{Directory: base} // base from package directory, or your own
//	server := &http.Server{Addr: "127.0.0.1:8100", Handler: site, ReadHeaderTimeout: 10 * time.Second}
//	log.Fatal(server.ListenAndServe())
//
// The site of john@client1.com is http://client1.com:8100/~john/, and on every
// host of the server /~john@client1.com/. A domain may have another prefix
// beside "~", and a host name may stand for one account alone; both are told
// by the directory. A URL that names a folder shows its default page, and is
// never answered by a listing.
//
// The package decides on methods, headers and paths. Who may do what is
// decided by [filestore.View]. It writes nothing on the wire but constant
// texts, and no header but those listed in the source.
//
// # Free and busy time
//
// freebusy.wssp at the top of a storage is a page that the host draws, by
// [Handler].FreeBusyPage, for whoever may read freebusy.vfb. Package
// weekpage, in freebusy, has one that is ready to use.
//
// # Pages of users in browsers of visitors
//
// All sites live in one origin, next to the management pages. So pages that
// can run scripts are served with a sandbox policy that puts them into an
// origin of their own, every answer forbids content sniffing, and a POST from
// a foreign page is refused.
//
// # Behind a proxy, and below a path
//
// [Handler].Prefix is for a handler that clients find below a path, in the same
// program or behind a proxy, and [Handler].ClientAddr tells clients behind a
// proxy apart; [TrustedProxies] reads X-Forwarded-For and Forwarded for it. A
// proxy has to pass on the Host header as it came, port included: it decides
// which domain is meant, and whether a form comes from the page itself.
// X-Forwarded-Host and X-Forwarded-Proto are not read. Of Destination only the
// path is, so a proxy may end TLS and need not change that header.
//
//	mux.Handle("/files/", http.StripPrefix("/files", &httpsite.Handler{Directory: base, Prefix: "/files"}))
//
// # Limits
//
// Authentication is Basic (RFC 7617); put TLS in front. There is no WebDAV
// beyond the methods named above, and the DAV header is not sent.
//
// Sources: CommuniGate Pro Guide, File Storage; RFC 9110, RFC 4918.
package httpsite
