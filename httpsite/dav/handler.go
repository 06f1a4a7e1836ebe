package dav

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Handler answers the WebDAV requests for one storage. Only Files must be set. It is
// safe for concurrent use; its fields must not change once it serves.
type Handler struct {
	// Files returns the storage as the one who sent the request may see it, for this
	// request. One that is a [filestore.Locker] has locks, and one that is a
	// [filestore.Describer] is listed in one call.
	Files func(*http.Request) filestore.FS
	// Prefix is the path of the top of the storage, escaped and without a slash at
	// its end: "/~john". What clients get to know of names begins with it.
	Prefix string
	// Resolve tells what another URL of a request means, that of a Destination or in
	// an If header. One that leads elsewhere is filestore.ErrReserved. nil: what
	// follows Prefix in the path, whatever the host.
	Resolve func(context.Context, *url.URL) (Target, error)
	// ContentType tells the type of a file by its name. nil: none is told.
	ContentType func(name string) string
	// Logger hears of faults and refusals of ServeHTTP; nil: nobody does.
	Logger *slog.Logger
}

// Target is what a request is about.
type Target struct {
	Name      string // clean
	Directory bool   // the path has a slash at its end
	// Here, if not nil, makes sure that the name is in the same storage, when it is
	// known that the caller may ask. Only what Resolve returns has it.
	Here func() error
}

// here makes sure that t is in the storage of the request.
func (t Target) here() error {
	if t.Here == nil {
		return nil
	}
	return t.Here()
}

const (
	// Classes is the DAV header of a storage with locks (RFC 4918 §18), and
	// ClassesWithoutLocks that of another.
	Classes             = "1, 2, 3, extended-mkcol"
	ClassesWithoutLocks = "1, 3, extended-mkcol"
	// Methods are those of [Handler.Serve], for an Allow header.
	Methods = "PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK"
)

// request is one request on its way to an answer.
type request struct {
	*Handler
	Target
	w      http.ResponseWriter
	r      *http.Request
	files  filestore.FS // with the tokens of the request
	tokens []string
}

// Serve answers a request with one of the Methods. It returns what it has not
// answered: an error that is to be answered with [Status] and [Body]. One that comes
// in the middle of an answer must end the connection, so that the client sees that.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, t Target) error {
	req := &request{Handler: h, Target: t, w: w, r: r, files: h.Files(r)}
	return req.explain(req.serve())
}

func (req *request) serve() error {
	switch req.r.Method {
	case http.MethodPut:
		return req.put()
	case http.MethodDelete:
		return req.delete()
	case "MKCOL":
		return req.mkcol()
	case "COPY":
		return req.transfer(false)
	case "MOVE":
		return req.transfer(true)
	case "PROPFIND":
		return req.propfind()
	case "PROPPATCH":
		return req.proppatch()
	case "LOCK":
		return req.lock()
	case "UNLOCK":
		return req.unlock()
	}
	return &Error{Code: http.StatusMethodNotAllowed, Err: errors.New("method not allowed")}
}

// ServeHTTP implements http.Handler, for a program that shows one storage and no web
// site. It answers OPTIONS, GET and HEAD as well, and knows no limits of time: see
// package httpsite for a handler that does.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := &startedWriter{ResponseWriter: w}
	err := h.serveHTTP(started, r)
	if err == nil {
		return
	}
	code := Status(err)
	if h.Logger != nil {
		level := slog.LevelDebug
		if code == http.StatusInternalServerError {
			level = slog.LevelError
		}
		h.Logger.Log(r.Context(), level, "request refused", "op", r.Method, "code", code, filestore.LogError(err))
	}
	if started.started {
		panic(http.ErrAbortHandler)
	}
	body := Body(err)
	if body == nil {
		http.Error(w, http.StatusText(code), code)
		return
	}
	w.Header().Set("Content-Type", xmlType)
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

func (h *Handler) serveHTTP(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodOptions {
		w.Header().Set("DAV", h.classes(r))
		w.Header().Set("MS-Author-Via", "DAV")
		w.Header().Set("Allow", "OPTIONS, GET, HEAD, "+Methods)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	t, err := h.resolve(r.Context(), r.URL)
	if errors.Is(err, filestore.ErrReserved) {
		return fs.ErrNotExist
	}
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return h.get(w, r, t)
	}
	return h.Serve(w, r, t)
}

func (h *Handler) classes(r *http.Request) string {
	if _, ok := h.Files(r).(filestore.Locker); ok {
		return Classes
	}
	return ClassesWithoutLocks
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request, t Target) error {
	file, err := h.Files(r).Open(r.Context(), t.Name)
	if err == nil && t.Directory {
		_ = file.Close()
		err = fs.ErrNotExist
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if tagged, ok := info.(filestore.FileInfo); ok && tagged.ETag() != "" {
		w.Header().Set("ETag", tagged.ETag())
	}
	contentType := "application/octet-stream"
	if h.ContentType != nil {
		contentType = h.ContentType(t.Name)
	}
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", info.ModTime(), file)
	return nil
}

// startedWriter remembers whether the answer has begun.
type startedWriter struct {
	http.ResponseWriter
	started bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *startedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *startedWriter) WriteHeader(code int) {
	w.started = true
	w.ResponseWriter.WriteHeader(code)
}

func (w *startedWriter) Write(p []byte) (int, error) {
	w.started = true
	return w.ResponseWriter.Write(p)
}

func (h *Handler) resolve(ctx context.Context, u *url.URL) (Target, error) {
	if h.Resolve != nil {
		return h.Resolve(ctx, u)
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), h.Prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return Target{}, filestore.ErrReserved
	}
	return parseName(strings.TrimPrefix(rest, "/"))
}

// parseName decodes the segments of an escaped name, each once: an escaped slash is
// no separator.
func parseName(escaped string) (t Target, err error) {
	segments := strings.Split(escaped, "/")
	for i := range segments {
		if segments[i], err = url.PathUnescape(segments[i]); err != nil || strings.Contains(segments[i], "/") {
			return Target{}, fs.ErrInvalid
		}
	}
	name := strings.Join(segments, "/")
	if name == "/" {
		return Target{}, fs.ErrInvalid
	}
	t.Name, t.Directory, err = filestore.CleanName(name)
	return t, err
}

// target returns what a change of name would meet; nil if nothing is there. Whoever
// may not change it is refused first.
func (req *request) target(name string) (filestore.FileInfo, error) {
	type view interface {
		Target(ctx context.Context, name string) (filestore.FileInfo, error)
	}
	if v, ok := req.files.(view); ok {
		return v.Target(req.r.Context(), name)
	}
	info, err := req.files.Stat(req.r.Context(), name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, filestore.ErrNotDirectory) {
		return nil, nil
	}
	return info, err
}

// locker returns the locks of the storage.
func (req *request) locker() (filestore.Locker, error) {
	l, ok := req.files.(filestore.Locker)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return l, nil
}

// href returns the path of a name, escaped.
func (h *Handler) href(name string, directory bool) string {
	return string(h.appendHref(nil, name, directory))
}

func (h *Handler) appendHref(dst []byte, name string, directory bool) []byte {
	dst = append(dst, h.Prefix...)
	if name == filestore.Root {
		return append(dst, '/')
	}
	for segment := range strings.SplitSeq(name, "/") {
		dst = append(dst, '/')
		dst = appendEscapedSegment(dst, segment)
	}
	if directory {
		dst = append(dst, '/')
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

// appendEscapedSegment escapes a segment for a path (RFC 3986 §3.3) that stands in XML
// as it is.
func appendEscapedSegment(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == '$', c == '+', c == '@', c == ':', c == '=':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
