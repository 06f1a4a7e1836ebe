package clisite

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/stall"
)

// Handler answers commands over HTTP, for administrators of the server (CommuniGate Pro,
// HTTP User module): the field command of a form that is sent by POST, or of the query.
// It is made for the path /cli/, where existing scripts look for it; other paths are for the
// host program. Views must be set; the zero value of every other field is a safe
// default. Fields must not change once it serves. It is safe for concurrent use.
//
// The login is by Basic authentication. GET takes only commands that change nothing: a
// foreign page can make a browser send it, with the credentials that the browser has. POST
// from a foreign page is refused for the same reason.
//
// Data are the body of the answer, as INLINE has them. A command that is refused has the
// reply of the PWD protocol as the body, as in 501 access denied, and a status of HTTP: 400
// for what is not understood, 403, 404, 409, 503, 507. Line ends in a command are blanks:
// all of the field is one command. Which status and body belong to an answer no source
// tells; it is our choice.
type Handler struct {
	// Views are the storages.
	Views *filestore.Views
	// MaxBody bounds a request, in bytes; 0: 33,554,432 (32 MiB), room for 16 MiB of a
	// file in base64, with its signs + escaped, and more.
	MaxBody int64
	// MaxMemory bounds what requests and answers hold together, in bytes; 0:
	// 134,217,728 (128 MiB). A request takes about four times its length. Those of up to
	// 64 KiB are not counted.
	MaxMemory int64
	// StallTimeout is the time in which 64 KiB of a request or an answer have to pass;
	// 0: 1 minute.
	StallTimeout time.Duration
	// NoBasicAuth switches Basic authentication off, so that nobody can log in.
	NoBasicAuth bool
	// ClientAddr returns the address of the client, for which wrong passwords are
	// counted. nil: the address that the connection comes from.
	ClientAddr func(*http.Request) netip.Addr
	// Observer hears of every command, and of the login of each request that brings
	// one; nil: nobody does.
	Observer filestore.Observer
	// Logger takes the log; nil: none.
	Logger *slog.Logger

	memory memory
}

// allowed is the header Allow.
const allowed = "GET, HEAD, POST"

var (
	errMethod      = errors.New("method not allowed")
	errForeignPage = errors.New("request comes from another page")
	errForm        = errors.New("form is not understood")
)

// statusOf translates an error into a status of HTTP.
func statusOf(err error) int {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, errSyntax), errors.Is(err, errUnknown), errors.Is(err, errForm), errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	case errors.Is(err, filestore.ErrLogin):
		return http.StatusUnauthorized
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.Is(err, errAuth), errors.Is(err, errForeignPage), errors.Is(err, fs.ErrPermission), errors.Is(err, filestore.ErrHostDenied):
		return http.StatusForbidden
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNoAccount), errors.Is(err, errNoDomain):
		return http.StatusNotFound
	case errors.Is(err, filestore.ErrLimit), errors.Is(err, filestore.ErrDiskFull):
		return http.StatusInsufficientStorage
	case errors.Is(err, filestore.ErrExhausted), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	case replyTo(err) != replyInternal:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	patience := cmp.Or(max(h.StallTimeout, 0), time.Minute)
	x := &exchange{
		Handler: h, w: w, r: r, control: control,
		reading: stall.New(control.SetReadDeadline, patience), writing: stall.New(control.SetWriteDeadline, patience),
	}
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) { // somebody on the way may have seen another end of it (RFC 9112 §6.1)
		header.Set("Connection", "close")
	}
	mine := &share{of: &h.memory, limit: cmp.Or(max(h.MaxMemory, 0), 128<<20)}
	defer mine.release()
	err := x.answer(mine)
	if err == nil {
		return
	}
	code := statusOf(err)
	switch {
	case x.began:
		panic(http.ErrAbortHandler) // the client must see that the answer is cut
	case code == http.StatusUnauthorized && h.NoBasicAuth:
		code = http.StatusForbidden
	case code == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Basic realm="+strconv.Quote(x.domain)+`, charset="UTF-8"`)
	case code == http.StatusMethodNotAllowed:
		header.Set("Allow", allowed)
	}
	x.writing.Renew()
	w.WriteHeader(code)
	io.WriteString(w, x.reply(err, code)+"\r\n")
}

// exchange is one request on its way to an answer.
type exchange struct {
	*Handler
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	reading stall.Deadline
	writing stall.Deadline
	domain  string // of names that come without one
	remote  netip.Addr
	run     *run
	began   bool // the answer
}

// reply returns the text of a refusal.
func (x *exchange) reply(err error, code int) string {
	switch {
	case errors.Is(err, errMethod), errors.Is(err, errForeignPage), errors.Is(err, errForm), code == http.StatusUnauthorized,
		code == http.StatusRequestEntityTooLarge, code == http.StatusRequestTimeout:
		return strings.ToLower(http.StatusText(code))
	case x.run != nil:
		return x.run.reply(err)
	case replyTo(err) == replyInternal:
		x.log().Error("command failed", filestore.LogError(err))
	}
	return replyTo(err)
}

func (h *Handler) log() *slog.Logger {
	if h.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Logger
}

// answer does all that the request asks for.
func (x *exchange) answer(mine *share) (err error) {
	defer catch(&err)
	ctx := x.r.Context()
	x.reading.Renew()
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost}, x.r.Method) {
		return errMethod
	}
	if http.NewCrossOriginProtection().Check(x.r) != nil {
		return errForeignPage
	}
	caller, err := x.login(ctx)
	if err != nil {
		return err
	}
	role, err := x.Views.Directory().Role(ctx, caller, "")
	if err == nil && role != filestore.Administrator {
		err = errAuth
	}
	if err != nil {
		return err
	}
	text, err := x.command(mine)
	if err != nil {
		return err
	}
	_ = x.control.SetReadDeadline(time.Time{}) // the server listens for a client that goes away
	word, rest := cutKeyword(text)
	keyword := capitals(word)
	if keyword == "NOOP" {
		return nil
	}
	c, ok := commandNamed(keyword)
	switch {
	case !ok:
		return errUnknown
	case c.changes && x.r.Method != http.MethodPost:
		return errMethod
	}
	x.run = &run{views: x.Views, observer: x.Observer, log: x.log(), caller: caller, keyword: keyword, inline: true}
	defer x.run.end(ctx)
	a, err := x.run.do(ctx, c, rest, mine)
	if err != nil {
		return err
	}
	defer a.close()
	if a.empty() {
		return nil
	}
	return x.run.sent(x.send(a))
}

// login returns who sent the request.
func (x *exchange) login(ctx context.Context) (filestore.Caller, error) {
	host, err := filestore.CleanHost(x.r.Host)
	if err != nil {
		return filestore.Caller{}, errForm
	}
	local, _ := x.r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	site, err := x.Views.Directory().Site(ctx, host, addrOf(local))
	if err != nil {
		return filestore.Caller{}, err
	}
	x.domain = site.Domain
	x.remote = x.clientAddr()
	name, password, ok := x.r.BasicAuth()
	if !ok || x.NoBasicAuth {
		return filestore.Caller{}, filestore.ErrLogin
	}
	began := time.Now()
	caller, err := x.Views.Directory().Login(ctx, filestore.Credentials{
		Login: filestore.QualifyAccount(name, site.Domain), Password: password, Remote: x.remote,
	})
	if err == nil && caller.IsStranger() {
		err = filestore.ErrLogin
	}
	given := filestore.Credentials{Login: name, Service: eventService, Remote: x.remote}
	filestore.ObserveLogin(ctx, x.Observer, given, caller, began, err)
	if err != nil {
		return filestore.Caller{}, err
	}
	connlimit.FromContext(ctx).Trust(true)
	caller.Remote = x.remote
	return caller, nil
}

func (x *exchange) clientAddr() netip.Addr {
	if x.ClientAddr != nil {
		return x.ClientAddr(x.r)
	}
	ap, _ := netip.ParseAddrPort(x.r.RemoteAddr)
	return ap.Addr().Unmap()
}

// command returns the field command, its line ends as blanks: all of it is one command.
func (x *exchange) command(mine *share) ([]byte, error) {
	form := x.r.URL.Query()
	if x.r.Method == http.MethodPost {
		kind, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" {
			return nil, errForm
		}
		body, err := x.body(mine)
		if err != nil {
			return nil, err
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, errForm
		}
	}
	if len(form["command"]) != 1 {
		return nil, errForm
	}
	text := []byte(form.Get("command"))
	e := &extent{}
	for rest := text; len(rest) > 0; {
		n := len(rest)
		if i := slices.Index(rest, '\n'); i >= 0 {
			n = i + 1
		}
		e.feed(rest[:n])
		rest = rest[n:]
	}
	return text, nil
}

// body reads the body. What it may become in memory is taken from mine before.
func (x *exchange) body(mine *share) ([]byte, error) {
	limit := cmp.Or(max(x.MaxBody, 0), 32<<20)
	length := x.r.ContentLength
	if length > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	if length < 0 {
		length = limit
	}
	if err := mine.grow(4 * min(length, math.MaxInt64/4)); err != nil {
		return nil, err
	}
	r := http.MaxBytesReader(x.w, x.r.Body, limit)
	body := make([]byte, 0, min(length, stall.Piece)+1)
	for {
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body)+1)
		}
		n, err := x.reading.Read(r, body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// send writes the data of an answer.
func (x *exchange) send(a answer) error {
	x.began = true
	if err := a.encode(pieces{x}); err != nil {
		return err
	}
	_, err := io.WriteString(pieces{x}, "\r\n")
	return err
}

// pieces gives every piece of an answer its own time.
type pieces struct{ *exchange }

func (p pieces) Write(b []byte) (int, error) { return p.writing.Write(p.w, b) }
