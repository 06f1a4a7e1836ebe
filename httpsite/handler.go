package httpsite

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

// Handler answers HTTP requests for the storages of a directory. Only
// Views must be set. It is safe for concurrent use; its fields must not
// change once it serves.
type Handler struct {
	// Views make the storages that are shown; their directory knows who may log in.
	Views *filestore.Views
	// MaxBody bounds a request body, in bytes; 0: no bound beside the limits
	// of the account (HTTP setting HTTPRequestSizeLimit).
	MaxBody int64
	// Types are content types by file name extension, in lower case and without
	// the dot (HTTP setting FileExtensions). They go before those that the
	// package knows; what is not [ValidType] counts as absent.
	Types map[string]string
	// NoPrecompressed sends files only as they are. Otherwise page.html.br, .zst or .gz
	// beside page.html is sent in its place to whoever takes that coding; see the
	// package.
	NoPrecompressed bool
	// StallTimeout ends a transfer in which nothing moved for so long; 0:
	// one minute. A transfer that moves may take any time.
	StallTimeout time.Duration
	// Prefix is the path below which clients find the handler, as "/files": ""
	// and "/" are the top of the server. It is not escaped. Requests come
	// without it: [http.StripPrefix] takes it away, or a proxy does. Redirects
	// have it, and Destination must, as clients name what they see; elsewhere
	// is not here, and refused like another account.
	Prefix string
	// ClientAddr returns the address of the client, which is what wrong
	// passwords and share keys are counted for, and what logs name. nil: the
	// address that the connection comes from. [TrustedProxies] has one for a
	// server behind proxies. The zero Addr is a client whose address is not
	// known; all such are one.
	ClientAddr func(*http.Request) netip.Addr
	// NoBasicAuth and NoDigestAuth switch these kinds of authentication off (HTTP
	// settings AdvertiseBasicAUTH and AdvertiseDigestAUTH are NO): what is off is not
	// offered, and credentials that come unasked are not looked at. Digest is off as
	// well if the directory is no [filestore.Prover]. With neither everybody is a stranger; what
	// needs a login gives 403, since a 401 must offer one (RFC 9110 §15.5.2). The sign-in form
	// of pages takes a password as Basic does, and is off with it.
	NoBasicAuth, NoDigestAuth bool
	// RequireTLS switches Basic authentication off for requests that come neither
	// within TLS nor from this machine, as those of a proxy do that ends TLS here.
	// Anybody on the way could read the password.
	RequireTLS bool
	// NoLocks tells that the stores have no locks ([filestore.Locks]): WebDAV of class 2
	// is not announced.
	NoLocks bool
	// AnonymousDAV lets those without a login list by PROPFIND what they may read.
	AnonymousDAV bool
	// Pages are what browsers see, with the sessions of those who have signed in there;
	// nil: pages of its own, whose sessions end with the handler.
	Pages *pages.Pages
	// FreeBusyPage writes the page freebusy.wssp; nil: package pages does.
	FreeBusyPage FreeBusyPage
	// Next answers what is not the handler's own, so that a program can have other
	// routes beside the storages; nil: that is 404, as is an account that does not
	// exist.
	//
	// The handler's own is what leads to an account, whether that exists or not. On a
	// host that shows one account that is every path. Elsewhere it is "~" or the site
	// prefix of the domain with a name behind it, and on hosts with bare names every
	// first segment but those of other parts of a CommuniGate Pro server, such as
	// Session. OPTIONS * is its own as well. So "/", "/~" and "/favicon.ico" are for
	// Next on most hosts.
	//
	// Next gets the request as it came, without Prefix as the handler does, and
	// nothing is read, set or counted before. It must set deadlines of its own, and
	// contain its own panics.
	Next http.Handler
	// Observer hears of every request that is the handler's own, once it has its
	// answer, and of the login of each that brings credentials which are looked at;
	// nil: nobody does. Op is the method, Bytes are those of the bodies of
	// request and answer, and Err is what Logger hears.
	Observer filestore.Observer
	// Logger hears of logins, faults and refusals; nil: nobody does. Share
	// keys and passwords are never logged.
	Logger *slog.Logger
	// Now is the clock for nonces and for pages of its own; nil: time.Now.
	Now func() time.Time

	nonces     nonces
	startPages sync.Once
	ownPages   pages.Pages
}

const defaultStallTimeout = time.Minute

// allowed is the Allow header: one answer for every path, so that OPTIONS
// tells nothing about it.
const allowed = "OPTIONS, GET, HEAD, POST, " + dav.Methods

// request is one request on its way to an answer.
type request struct {
	*Handler
	w        *stallWriter
	r        *http.Request
	received *stallBody // nil: the request has none
	began    time.Time
	remote   netip.Addr      // of the client
	caller   string          // the account that has logged in
	signedIn *pages.SignedIn // by the form, and not by this request; nil: not so
	site     filestore.Site
	err      error // why the request was refused
	target
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{Handler: h, w: newStallWriter(w, r, h.stallTimeout()), r: r, began: time.Now()}
	if own := req.answer(); !own {
		h.Next.ServeHTTP(w, r)
	}
}

// Header fields that most answers have, made once.
var (
	noSniff    = []string{"nosniff"}
	inSandbox  = []string{sandbox}
	bytesOnly  = []string{"bytes"}
	byEncoding = []string{"Accept-Encoding"}
)

// answer answers what is not for Next.
func (req *request) answer() (own bool) {
	own = true
	defer func() {
		if own {
			req.w.deadline.Renew()
			req.observe()
		}
	}()
	defer req.contain()
	err := req.enter()
	if err == nil && req.Next != nil && !isOwn(req.r, req.site) {
		return false
	}
	req.w.deadline.Renew()
	if req.r.Body != nil && req.r.Body != http.NoBody {
		// The server looks at the type of its own request's body: with another one
		// there it would wait for the body before it sends a refusal.
		req.r = req.r.WithContext(req.r.Context())
		req.received = watchBody(req.w.ResponseWriter, req.r, req.stallTimeout())
	}
	req.w.Header()["X-Content-Type-Options"] = noSniff
	if hasDoubtfulFraming(req.r) {
		req.w.Header().Set("Connection", "close")
	}
	if err == nil {
		err = req.route()
	}
	if err == nil {
		err = req.serve()
	}
	if err != nil {
		req.refuse(err)
	}
	return true
}

// eventService is the name of this protocol for an Observer.
const eventService = "HTTP"

// observe tells the Observer.
func (req *request) observe() {
	if req.Observer == nil {
		return
	}
	e := filestore.Event{
		Service: eventService, Remote: req.remote, Account: req.caller, Op: req.r.Method, Storage: req.account, Name: filestore.Redact(req.name),
		Code: req.w.code, Bytes: req.w.sent, Duration: time.Since(req.began), Err: req.err,
	}
	if req.received != nil {
		e.Bytes += req.received.read
	}
	req.Observer.Observe(req.r.Context(), e)
}

// hasDoubtfulFraming reports whether somebody on the way may have seen another
// end of the request, so that what follows on the connection must not be taken for
// one (RFC 9112 §6.1). Package net/http drops the Content-Length that came with a
// Transfer-Encoding, and the Transfer-Encoding of HTTP/1.0, without a trace: so
// every request that may have had them counts.
func hasDoubtfulFraming(r *http.Request) bool {
	return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
}

// contain keeps a panic from taking more than its own request with it.
func (req *request) contain() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	req.err = errPanic
	req.logger().Error("panic", "remote", req.remote, "op", req.r.Method, "panic", p, "stack", string(debug.Stack()))
	if req.w.started {
		panic(http.ErrAbortHandler) // the client must see that the answer is cut
	}
	http.Error(req.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

// enter finds out which host the request is for.
func (req *request) enter() error {
	req.remote = req.clientAddr(req.r)
	host, err := filestore.CleanHost(req.r.Host)
	if err == nil {
		req.site, err = req.accounts().Site(req.r.Context(), host, localAddr(req.r))
	}
	return err
}

// route finds out whose storage and which name the request is about.
func (req *request) route() (err error) {
	if req.r.Method == http.MethodOptions {
		return nil // one answer, even to "*"
	}
	req.target, err = parsePath(rawPath(req.r.URL), req.site)
	req.location = req.escapedPrefix() + req.location
	req.root = req.escapedPrefix() + req.root
	if req.location != "" && req.r.URL.Path == "" {
		req.directory = false // the prefix without its slash
	}
	return err
}

// serve answers by method.
func (req *request) serve() error {
	if filestore.IsShare(req.name) {
		header := req.w.Header()
		header.Set("Cache-Control", "private")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Robots-Tag", "noindex")
	}
	switch req.r.Method {
	case http.MethodOptions:
		req.w.Header().Set("Allow", allowed)
		req.w.Header().Set("DAV", dav.Classes)
		if req.NoLocks {
			req.w.Header().Set("DAV", dav.ClassesWithoutLocks)
		}
		req.w.Header().Set("MS-Author-Via", "DAV") // or Windows asks for FrontPage
		req.w.WriteHeader(http.StatusOK)           // clients of WebDAV know no other
		return nil
	case http.MethodGet, http.MethodHead:
		return req.get()
	}
	if req.r.Method == http.MethodPost && req.isOpenPage() {
		return req.serveOpenPage()
	}
	// RFC 9110 §9.2.1: all else is unsafe, and a stranger may not even ask.
	caller, err := req.login()
	asStranger := err == errLoginNeeded && req.AnonymousDAV && req.r.Method == "PROPFIND"
	if err != nil && !asStranger {
		return err
	}
	view := req.view(caller)
	if asStranger {
		if err = req.dav(view); errors.Is(err, fs.ErrPermission) {
			err = errLoginNeeded
		}
		return err
	}
	switch req.r.Method {
	case http.MethodPut, http.MethodDelete, "MKCOL", "COPY", "MOVE", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK":
		return req.dav(view)
	}
	if err := req.mayManage(view); err != nil {
		return err
	}
	if req.r.Method == http.MethodPost && req.isPage() {
		return req.servePage(view, caller)
	}
	return errMethod
}

// mayManage refuses by shape, before anything else is looked at, whoever does
// not manage the storage, and everybody under a share path.
func (req *request) mayManage(view *filestore.View) error {
	if filestore.IsShare(req.name) {
		return fs.ErrPermission
	}
	return view.Manage(req.r.Context(), filestore.Root)
}

func (req *request) view(caller filestore.Caller) *filestore.View {
	caller.Remote = req.remote
	return req.Views.View(caller, req.account)
}

func (h *Handler) accounts() filestore.Directory { return h.Views.Directory() }

func (h *Handler) stallTimeout() time.Duration {
	if h.StallTimeout > 0 {
		return h.StallTimeout
	}
	return defaultStallTimeout
}

func (h *Handler) logger() *slog.Logger {
	if h.Logger != nil {
		return h.Logger
	}
	return slog.New(slog.DiscardHandler)
}

func (h *Handler) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

func localAddr(r *http.Request) netip.Addr {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func (h *Handler) clientAddr(r *http.Request) netip.Addr {
	if h.ClientAddr != nil {
		return h.ClientAddr(r)
	}
	return peerAddr(r)
}
