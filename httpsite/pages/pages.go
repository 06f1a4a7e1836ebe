package pages

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// PageName is the name of the management page, in every letter case and in every folder.
// No file can have it, nor any below it: so the other pages, and all that they load, stand
// below it, and shadow nobody's file on any host.
const PageName = "index.wssp"

// Pages are the pages of a server. The zero value is ready. They are safe for concurrent
// use; fields must not change once they serve. Use field names.
type Pages struct {
	// Sessions keep those who have signed in by the form; nil: in memory.
	Sessions Sessions
	// IdleTime ends a session that was not used for so long; 0: one hour. Lifetime ends
	// each after so long; 0: twelve hours.
	IdleTime, Lifetime time.Duration
	// Location is the time zone of the server, in which call logs are; nil: time.Local.
	Location *time.Location
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	own   MemorySessions
	start sync.Once
	key   [sha256.Size]byte // of the tokens of those who have no session
}

// Request is a request for a page, as package httpsite has taken it apart. Use field names.
type Request struct {
	HTTP   *http.Request
	Writer http.ResponseWriter
	// View is the storage of Account as Caller may see it.
	View   *filestore.View
	Caller filestore.Caller
	// Account is the address of the account in the URL, as it was spelled there. It need
	// not exist.
	Account string
	// Folder is the storage path of the folder in the URL, and Page what stands behind
	// PageName and a slash; "" is the file manager.
	Folder, Page string
	// Views make the storages of other accounts for those who administer them, if their
	// directory is an [Administration]; nil: nobody does.
	Views *filestore.Views
	// Root is the URL path of the top of the storage, with a slash at its end.
	Root string
	// Accounts is the URL path in front of the address of an account, "/~" with what the
	// server stands below; "" on a host that shows one account alone.
	Accounts string
	// Trusted tells that pages of users run without a sandbox on this host. Their forms,
	// which have no token, may lead to pages; there are no sessions.
	Trusted bool
	// Secure tells that the request came within TLS.
	Secure bool
	// SignedIn is the session of the caller; nil: they have none, but log in with each
	// request, or not at all. A stranger has one whose password cannot be checked now.
	SignedIn *SignedIn
	// Body returns the body of the request within the bounds of the server.
	Body func() (io.ReadCloser, error)
	// Login checks a name, with or without its domain, and a password.
	Login func(name, password string) (filestore.Caller, error)
}

// Split takes the path of a page apart: a storage path, in which a segment is PageName. ok
// is false if there is no such page.
func Split(name string) (folder, page string, ok bool) {
	folder = filestore.Root
	for segment := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(segment, PageName) {
			rest := name[len(segment):]
			if folder != filestore.Root {
				rest = name[len(folder)+1+len(segment):]
			}
			page = strings.TrimPrefix(rest, "/")
			return folder, page, pageNamed(page) != nil || IsAsset(page)
		}
		folder = filestore.Join(folder, segment)
	}
	return "", "", false
}

// NeedsLogin reports whether a page, as Split returns it, shows strangers nothing.
func NeedsLogin(name string) bool {
	p := pageNamed(name)
	return p != nil && !p.open
}

// StatusError is a refusal with this status of HTTP.
type StatusError int

// Error returns the text of the status.
func (e StatusError) Error() string { return strings.ToLower(http.StatusText(int(e))) }

// Serve answers a request for a page, or returns why not.
func (p *Pages) Serve(r Request) error {
	v := p.visit(&r)
	if IsAsset(v.Page) {
		return v.serveAsset()
	}
	page := pageNamed(v.Page)
	if page == nil {
		return StatusError(http.StatusNotFound)
	}
	if !page.open {
		if err := v.View.Manage(v.HTTP.Context(), v.Folder); err != nil {
			return err
		}
	}
	switch v.HTTP.Method {
	case http.MethodGet, http.MethodHead:
		if v.switchLanguage() {
			return nil
		}
		return page.get(v)
	case http.MethodPost:
		if page.post == nil {
			return StatusError(http.StatusMethodNotAllowed)
		}
		if http.NewCrossOriginProtection().Check(v.HTTP) != nil {
			return StatusError(http.StatusForbidden)
		}
		return page.post(v)
	}
	return StatusError(http.StatusMethodNotAllowed)
}

// ServeError shows a refusal in the dress of the pages. The text depends on the status
// alone.
func (p *Pages) ServeError(r Request, code int) error {
	v := p.visit(&r)
	if v.switchLanguage() {
		return nil
	}
	v.apart = true
	title, text := "error.other", v.T("error.other.text", code)
	if code == http.StatusForbidden || code == http.StatusNotFound {
		title = fmt.Sprint("error.", code)
		text = v.T(title + ".text")
	}
	return v.show(code, "error.html", v.T(title), text)
}

// showError tells a mistake of the user on a page of its own.
func (v *visit) showError(err error) error {
	code, message := v.tell(err)
	if message == "" {
		return err
	}
	return v.show(code, "error.html", v.T("error.other"), message)
}

// page is one of the pages; the package comment tells how to add one.
type page struct {
	name string // behind index.wssp/ in its address; "": the file manager
	// title is the key of its text in the navigation, and icon the name of its symbol; ""
	// if it does not stand there.
	title, icon string
	// shown reports whether the navigation has it for this visitor; nil: for all.
	shown func(v *visit) bool
	// open tells that strangers may ask for it, and that it decides by itself what to
	// show. Others are for whoever manages the storage (filestore.View.Manage).
	open bool
	get  func(v *visit) error
	// post does what the forms of the page ask for, after the request was found to come
	// from no other site; it has to ask for the token by itself, by [visit.isToken],
	// since it knows how to read its form. nil: there are none.
	post func(v *visit) error
}

func pageNamed(name string) *page {
	for _, p := range list() {
		if p.name == name {
			return &p
		}
	}
	return nil
}

// visit is a request on its way to a page. Its exported methods are for templates.
type visit struct {
	*Request
	pages    *Pages
	language *language
	nonce    string // of this answer, for what it may load
	apart    bool   // there is no way from it to other pages of the storage
	shared   bool   // it is that of a folder which is shared by a key
	self     string // what leads to it, if it is no page below index.wssp
	message  string // to be shown above the content; "": none
	answered bool   // the action of a form was an answer by itself
}

func (p *Pages) visit(r *Request) *visit {
	return &visit{Request: r, pages: p, language: chooseLanguage(r.HTTP), nonce: rand.Text()}
}

// isSecure reports whether the browser sees TLS, whether or not a proxy ends it.
func (v *visit) isSecure() bool { return v.Secure || saysTLS(v.HTTP) }

// shown is what the layout shows.
type shown struct {
	*visit
	Title, Message string
	Data           any // of the page
}

// show answers with a page: a template, and the data for it.
func (v *visit) show(code int, name, title string, data any) error {
	header := v.Writer.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.language.tag)
	header.Set("Cache-Control", "private, no-store")
	header.Set("Referrer-Policy", "same-origin")
	if v.shared {
		header.Set("Referrer-Policy", "no-referrer") // the address is a secret
	}
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	// All of a server's files are of one origin with its pages. So 'self' would let in what
	// users store: scripts and styles need the nonce of this answer.
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+v.nonce+"'; style-src 'nonce-"+v.nonce+"'; "+
		"img-src 'self' blob:; media-src 'self'; frame-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "+
		"require-trusted-types-for 'script'; trusted-types 'none'")
	v.Writer.WriteHeader(code)
	if v.HTTP.Method == http.MethodHead {
		return nil
	}
	text := bufio.NewWriter(v.Writer)
	if err := templates[name].ExecuteTemplate(text, "layout", shown{v, title, v.message, data}); err != nil {
		return err
	}
	return text.Flush()
}

// redirect leads to a page, so that reloading it does nothing twice.
func (v *visit) redirect(to string) error {
	v.answered = true
	v.Writer.Header().Set("Location", to)
	v.Writer.WriteHeader(http.StatusSeeOther)
	return nil
}

// switchLanguage answers a request for another language: ?language=de.
func (v *visit) switchLanguage() bool {
	if v.HTTP.Method != http.MethodGet && v.HTTP.Method != http.MethodHead {
		return false
	}
	query := v.HTTP.URL.Query()
	l := languageOf(query.Get("language"))
	if l == nil {
		return false
	}
	const year = 365 * 24 * 60 * 60
	http.SetCookie(v.Writer, &http.Cookie{Name: languageCookie, Value: l.tag, Path: "/", MaxAge: year, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: v.isSecure()})
	query.Del("language")
	to := v.Page
	switch {
	case v.self != "":
		to = v.self
	case to == "":
		to = PageName
	}
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	_ = v.redirect(to)
	return true
}

// Token is what every form that changes something has in its field token. It belongs to
// the session, or to the account of those who have none.
func (v *visit) Token() string {
	if v.SignedIn != nil {
		token := v.SignedIn.secret.derive("token")
		return base64.RawURLEncoding.EncodeToString(token[:])
	}
	v.pages.start.Do(func() { rand.Read(v.pages.key[:]) })
	h := hmac.New(sha256.New, v.pages.key[:])
	h.Write([]byte(v.Caller.Account))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// isToken reports whether a token from a form is the right one. Programs that send a password with each
// request need none, as they never did: a browser says where a form comes from (Fetch
// Metadata Request Headers; RFC 6454 §7), and they do not.
func (v *visit) isToken(token string) bool {
	header := v.HTTP.Header
	if v.SignedIn == nil && (v.Trusted || header.Get("Sec-Fetch-Site") == "" && header.Get("Origin") == "") {
		return true
	}
	return hmac.Equal([]byte(token), []byte(v.Token()))
}

func (p *Pages) sessions() Sessions {
	if p.Sessions != nil {
		return p.Sessions
	}
	return &p.own
}

func (p *Pages) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
