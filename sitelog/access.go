package sitelog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Access writes a line for each request, command or transfer, in the combined
// format of web servers or as JSON. Share keys are *, and so is a query; what is
// not printable ASCII is written as \xHH (in JSON as JSON has it), values are cut
// after 256 bytes. It is safe for concurrent use.
//
// In the combined format FTP, TFTP and CLI stand in the place of the version of
// HTTP. Success over TFTP is 200, and its error N is 500 + N.
type Access struct {
	// W takes each line in one call of Write. It must be set.
	W io.Writer
	// JSON writes JSON objects, with the keys time, service, remote, account,
	// op, name, code, bytes and seconds, and for HTTP referer and agent.
	JSON bool
	// ClientAddr returns the client of a request; nil: its RemoteAddr.
	ClientAddr func(*http.Request) netip.Addr

	mu sync.Mutex // one line at a time
}

var _ filestore.Observer = (*Access)(nil)

// line is what is known of one request.
type line struct {
	Time    time.Time `json:"time"`
	Service string    `json:"service"`
	Remote  string    `json:"remote"`
	Account string    `json:"account,omitempty"`
	Op      string    `json:"op"`
	Name    string    `json:"name"`
	Code    int       `json:"code"`
	Bytes   int64     `json:"bytes"`
	Seconds float64   `json:"seconds"`
	Referer string    `json:"referer,omitempty"`
	Agent   string    `json:"agent,omitempty"`
}

// Observe implements filestore.Observer. Events that are no requests have no lines. Of a request that came through Handler it
// takes who has logged in, and that line tells the rest.
func (a *Access) Observe(ctx context.Context, e filestore.Event) {
	if e.Kind != filestore.EventRequest {
		return
	}
	if v, ok := ctx.Value(visitorKey{a}).(*visitor); ok {
		v.account = e.Account
		return
	}
	name := ""
	if e.Storage != "" {
		name = "/~" + e.Storage
		if e.Name != filestore.Root {
			name += "/" + e.Name
		}
	}
	a.write(line{
		Time: time.Now(), Service: e.Service, Remote: text(e.Remote), Account: e.Account, Op: e.Op,
		Name: name, Code: e.Code, Bytes: e.Bytes, Seconds: e.Duration.Seconds(),
	})
}

// Handler returns a handler that has next answer, and then writes the line.
// Service is its protocol: "HTTP/1.1", "HTTP/2.0". Who has logged in is known if a is
// the Observer of what answers, as httpsite.Handler has one.
func (a *Access) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		visit := &visitor{}
		counted := &counter{ResponseWriter: w}
		defer func() {
			l := line{
				Time: began, Service: r.Proto, Remote: text(a.client(r)), Account: visit.account, Op: r.Method,
				Name: withoutQuery(r.URL), Code: counted.code, Bytes: counted.bytes, Seconds: time.Since(began).Seconds(),
				Agent: r.UserAgent(),
			}
			if referer := r.Referer(); referer != "" {
				l.Referer = "*"
				if u, err := url.Parse(referer); err == nil {
					u.User = nil
					l.Referer = (&url.URL{Scheme: u.Scheme, Host: u.Host}).String() + withoutQuery(u)
				}
			}
			a.write(l)
		}()
		next.ServeHTTP(counted, r.WithContext(context.WithValue(r.Context(), visitorKey{a}, visit)))
		if counted.code == 0 {
			counted.code = http.StatusOK
		}
	})
}

// withoutQuery returns the path of a URL, and * for its query.
func withoutQuery(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		path += "?*"
	}
	return path
}

// visitorKey is the key of the visitor of a request.
type visitorKey struct{ of *Access }

type visitor struct{ account string }

func (a *Access) client(r *http.Request) netip.Addr {
	if a.ClientAddr != nil {
		return a.ClientAddr(r)
	}
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		addr, _ := netip.ParseAddr(r.RemoteAddr)
		return addr.Unmap()
	}
	return ap.Addr().Unmap()
}

func text(addr netip.Addr) string {
	if !addr.IsValid() {
		return "-"
	}
	return addr.String()
}

const maxField = 256

func (a *Access) write(l line) {
	l.Name, l.Referer, l.Agent = redact(l.Name), redact(l.Referer), redact(l.Agent)
	l.Op, l.Account = filestore.Clip(l.Op, maxField), filestore.Clip(l.Account, maxField)
	var out bytes.Buffer
	if a.JSON {
		encoder := json.NewEncoder(&out) // a line with its end
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(l); err != nil {
			return // no field can fail
		}
	} else {
		fmt.Fprintf(&out, "%s - %s [%s] \"%s %s %s\" %d %d \"%s\" \"%s\"\n", l.Remote, escape(l.Account), l.Time.Format("02/Jan/2006:15:04:05 -0700"),
			escape(l.Op), escape(l.Name), escape(l.Service), l.Code, l.Bytes, quoted(l.Referer), quoted(l.Agent))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.W.Write(out.Bytes())
}

// redact takes share keys out of a path, and cuts it. Where there may be one the
// path is written without escapes, also without those of escapes: clients err.
func redact(path string) string {
	plain := path
	for range 3 {
		if once, err := url.PathUnescape(plain); err == nil {
			plain = once
		}
	}
	if strings.Contains(strings.ToLower(plain), "pwd") {
		path = plain
	}
	return filestore.Clip(filestore.Redact(path), maxField)
}

// escape writes a field that has no quotes around it.
func escape(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ReplaceAll(quoted(s), " ", `\x20`)
}

// quoted writes a field between quotes.
func quoted(s string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// counter remembers the status and counts what is sent.
type counter struct {
	http.ResponseWriter
	code  int
	bytes int64
}

// Unwrap lets http.ResponseController reach the connection.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) WriteHeader(code int) {
	if c.code == 0 && code >= 200 {
		c.code = code
	}
	c.ResponseWriter.WriteHeader(code)
}

func (c *counter) Write(p []byte) (int, error) {
	c.begin()
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel send files by itself.
func (c *counter) ReadFrom(r io.Reader) (int64, error) {
	c.begin()
	n, err := io.Copy(c.ResponseWriter, r)
	c.bytes += n
	return n, err
}

func (c *counter) begin() {
	if c.code == 0 {
		c.code = http.StatusOK
	}
}
