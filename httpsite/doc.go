// Package httpsite shows account file storages over HTTP: as personal web
// sites, as WebDAV shares, and through the management page index.wssp.
//
//	views := filestore.NewViews(base, base.Stores(), nil) // base from package directory, or your own
//	site := &httpsite.Handler{Views: views}
//	server := &httpsite.Server{Handler: site}
//	l, err := net.Listen("tcp", "127.0.0.1:8100")
//	err = server.Serve(l) // until server.Shutdown
//
// [Handler] works in any http.Server. [Server] has the bounds, times and graceful end
// that one on the Internet needs.
//
// The site of john@client1.com is http://client1.com:8100/~john/, and on every
// host of the server /~john@client1.com/. A domain may have another prefix
// beside "~", and a host name may stand for one account alone; both are told
// by the directory. A URL that names a folder shows its default page, and is
// never answered by a listing, but for a shared folder by its link: package pages has a
// page of that for visitors.
//
// The package decides on methods, headers and paths. Who may do what is
// decided by [filestore.View]. It writes nothing on the wire but constant
// texts, and no header but those listed in the source.
//
// # Pages
//
// Package pages has what browsers see: the management page index.wssp, and others below
// its name. Browsers that ask for one and have no login get a form to sign in, and then a
// session; programs are asked by a 401, as everywhere. The form takes a password, so it is
// there where Basic authentication is, and it is not on hosts where pages of users run
// without a sandbox.
//
// index.wssp shows 1,000 entries at a time, folders first: by name, size or time
// (?sort=size, ?sort=modified, ?order=down), those with something in their names
// (?find=), and behind or before a name (?after=, ?before=). Its forms are those of the
// vendor's page: action is delete, rename or folder, and mark, newName, folder and file
// say of what; ours add move and copy, to a folder (to), and zip, edit and check. A form
// may mark 10,000 entries. A form with several files is stored file by file, and where
// one is refused the page tells how many came before it; the name of a file is one
// segment, and a path is refused.
//
// # WebDAV
//
// The address of a site is that of a WebDAV share as well: package dav answers what
// changes, and what is about properties and locks. It needs a login, whoever asks, unless
// [Handler].AnonymousDAV lets strangers list. Share paths can be mounted, to read.
//
// # Free and busy time
//
// freebusy.wssp at the top of a storage is a page for whoever may read freebusy.vfb: a week,
// and when several people are free. A host may draw another one, by
// [Handler].FreeBusyPage; package weekpage, in freebusy, has one that may be kept by caches.
//
// # Pages of users in browsers of visitors
//
// All sites live in one origin, next to the management pages. So what users store is
// sent with a sandbox policy (Content Security Policy Level 3, §6.3.2) that puts it
// into an origin of its own, unless its type is known to be harmless. Such a page reads
// no answer of the site, whatever the visitor may read, and neither cookies nor what
// browsers store. Every answer forbids content sniffing, and a POST from a foreign page
// is refused.
//
// Scripts, forms, links, new windows, downloads and dialogs work. What does not,
// because a page in a sandbox is a stranger to the files beside it:
//
//   - module scripts (script type="module" and import), while others run;
//   - fetch and XMLHttpRequest of files of the site, web workers;
//   - web fonts of the site (@font-face), pictures for a canvas that is read;
//   - frames: what is in one neither reads another nor opens pages in it, as a menu
//     does with target="main", or in the whole window with target="_top";
//   - cookies, localStorage, IndexedDB, service workers.
//
// Who needs these gets a host of their own: a LoginPage host shows one account,
// is an origin apart, and has no sandbox. [filestore.Site].TrustPages switches it
// off for a whole domain, whose users can then do all that their visitors can: read
// their private files and manage them.
//
// # Content types
//
// The type follows from the extension: [Handler].Types first, then a table of the
// package, then the system's tables. A file named .ts is a video or a text, as its
// content says. Text that cannot name its own charset is sent with charset=utf-8 if its
// content is UTF-8: of a file over 128 KiB the first and the last 64 are looked at.
// Otherwise it has none, so that browsers take the encoding that they are set to. HTML
// and XML never get a charset, for old pages say theirs inside.
//
// # Conditions and ranges
//
// If-Match, If-None-Match, If-Unmodified-Since and, for reading, If-Modified-Since
// and If-Range are heeded (RFC 9110 §13). A store checks them once more as it
// commits. Those of MOVE and COPY are about what is moved or copied; about the
// target there is Overwrite. GET sends up to 100 ranges, and the whole file if
// more are asked for.
//
// # Compressed files
//
// Nothing is compressed on the way. But a public file of a type that is worth it, text
// above all, may have compressed ones beside it: page.html.br, page.html.zst,
// page.html.gz. One is sent in place of page.html, with an entity tag of its own, if
// the client takes it (Accept-Encoding, RFC 9110 §12.5.3) and it is no older than the
// file. Private files and shares, ranges, and requests with credentials are always
// answered by the file itself: so what an owner copies is what is stored.
// [Handler].NoPrecompressed switches it off.
//
// # Framing
//
// net/http lets a Transfer-Encoding win over a Content-Length and tells nobody. So
// the connection ends after every chunked body, and after every request of
// HTTP/1.0, whose bodies are refused without a Content-Length (411). What a
// handler cannot see is a Transfer-Encoding of HTTP/1.0 beside a Content-Length:
// [Server] refuses that, and any other server has to.
//
// # Beside other routes
//
// A program that has other routes mounts the handler in its http.ServeMux, and has
// [Handler].Next answer what leads to no account; the field says what that is.
//
//	mux.Handle("/api/", api)
//	mux.Handle("/", &httpsite.Handler{Views: views, Next: webmail})
//
// # Behind a proxy, and below a path
//
// [Handler].Prefix is for a handler that clients find below a path, in the same program
// or behind a proxy, and [Handler].ClientAddr tells clients behind a proxy apart;
// [TrustedProxies] reads X-Forwarded-For and Forwarded for it. A proxy has to pass on
// the Host header as it came, port included: it decides which domain is meant, and
// whether a form comes from the page itself. X-Forwarded-Host and X-Forwarded-Proto are
// not read. Nor are the scheme and the port of Destination, and a host in it that is
// not known here stands for that of the request. So a proxy may end TLS and leave that
// header as it is.
//
//	mux.Handle("/files/", http.StripPrefix("/files", &httpsite.Handler{Views: views, Prefix: "/files"}))
//
// # Logins
//
// Clients log in by Basic (RFC 7617) and, for accounts whose password the directory
// knows in clear, by Digest (RFC 7616): MD5 and SHA-256, with qop auth. A directory that
// can check digests is a [filestore.Prover]. A nonce is good for 30 minutes, and no request is
// taken twice; one that comes with an old or used nonce is asked for another
// (stale=true). After a wrong digest only Basic is offered: clients take Digest where
// both are, and those whose password is kept as a hash could not log in otherwise.
// Where most are, switch Digest off.
//
// With Basic anybody on the way can read the password: put TLS in front, and set
// [Handler].RequireTLS if clients from elsewhere reach the handler without.
//
// Sources: CommuniGate Pro Guide, File Storage; RFC 9110, RFC 4918.
package httpsite
