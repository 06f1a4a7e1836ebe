package httpsite

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

// What package pages needs to know of a request, and who sees its pages.

// isPage reports whether the name is that of a page, or of what pages load.
func (req *request) isPage() bool {
	_, _, ok := pages.Split(req.name)
	return ok && !req.directory && !filestore.IsShare(req.name)
}

// isOpenPage reports whether strangers may ask for the page.
func (req *request) isOpenPage() bool {
	_, page, _ := pages.Split(req.name)
	return req.isPage() && !pages.NeedsLogin(page)
}

// page makes a request for a page, by a caller.
func (req *request) page(view *filestore.View, caller filestore.Caller) pages.Request {
	folder, page, _ := pages.Split(req.name)
	accounts := req.escapedPrefix() + "/~"
	if req.site.Account != "" {
		accounts = ""
	}
	return pages.Request{
		HTTP: req.r, Writer: req.w, View: view, Views: req.Views, Root: req.root + "/", Caller: caller, Account: req.account, Folder: folder, Page: page,
		Accounts: accounts, Trusted: req.site.TrustPages, Secure: inTLS(req.r), SignedIn: req.signedIn, Body: req.body, Login: req.signIn,
	}
}

// servePage answers a request for a page.
func (req *request) servePage(view *filestore.View, caller filestore.Caller) error {
	return notFound(req.pages().Serve(req.page(view, caller)))
}

// serveShared shows a folder that a share path leads to.
func (req *request) serveShared(view *filestore.View) error {
	r := req.page(view, filestore.Caller{})
	r.Folder, r.Page = req.name, ""
	return notFound(req.pages().ServeShared(r))
}

// serveOpenPage does it for a page that strangers may ask for, too.
func (req *request) serveOpenPage() error {
	var caller filestore.Caller
	if _, page, _ := pages.Split(req.name); !pages.IsAsset(page) {
		var err error
		if caller, err = req.login(); err != nil && err != errLoginNeeded {
			return err
		}
	}
	return req.servePage(req.view(caller), caller)
}

func (h *Handler) pages() *pages.Pages {
	if h.Pages != nil {
		return h.Pages
	}
	h.startPages.Do(func() { h.ownPages.Now = h.Now })
	return &h.ownPages
}

// offersSignIn reports whether there is a sign-in form, which takes a password as Basic
// authentication does. Where pages of users run without a sandbox, they could act in
// every session of their visitors: there is none.
func (req *request) offersSignIn() bool { return req.offersBasic() && !req.site.TrustPages }

// mayHaveSession reports whether a session counts for a request: it is for the pages,
// and for reading what they show, and for nothing else.
func (req *request) mayHaveSession() bool {
	switch req.r.Method {
	case http.MethodGet, http.MethodHead:
		return req.offersSignIn()
	case http.MethodPost:
		return req.offersSignIn() && req.isPage()
	}
	return false
}

// loginBySession returns who has signed in by the form. A session whose password is not
// right any more ends. One whose password was not checked counts for signing out alone.
func (req *request) loginBySession() (filestore.Caller, error) {
	s, err := req.pages().SignedIn(req.r, inTLS(req.r))
	if errors.Is(err, fs.ErrNotExist) {
		return filestore.Caller{}, errLoginNeeded
	}
	if err != nil {
		return filestore.Caller{}, err
	}
	caller, err := req.loginPassword(s.Account, s.Password)
	switch {
	case err == nil:
		req.signedIn = s
	case errors.Is(err, filestore.ErrLoginUnchecked):
		req.signedIn, err = s, errLoginNeeded
	case errors.Is(err, filestore.ErrLogin):
		err = errLoginNeeded
		if failed := req.pages().EndSession(req.r.Context(), s); failed != nil {
			err = failed
		}
	}
	return caller, err
}

// signIn checks what stands in the sign-in form.
func (req *request) signIn(name, password string) (filestore.Caller, error) {
	if !req.offersSignIn() {
		return filestore.Caller{}, fs.ErrPermission
	}
	return req.loginPassword(name, password)
}

// refuseOnPage answers a refusal by the sign-in form, or by an error in the dress of the
// pages, if the request is one that a browser shows. Programs get what they always got.
func (req *request) refuseOnPage(code int) (done bool) {
	if req.w.started || !req.isPage() || !req.isNavigation() {
		return false
	}
	r := req.page(req.view(filestore.Caller{}), filestore.Caller{Account: req.caller})
	var err error
	switch {
	case code == http.StatusUnauthorized && req.offersSignIn():
		err = req.pages().ServeSignIn(r)
	case code == http.StatusUnauthorized:
		return false
	default:
		err = req.pages().ServeError(r, code)
	}
	if err != nil {
		req.logger().Error("page not shown", "remote", req.remote, "op", req.r.Method, "err", err)
	}
	return err == nil || req.w.started
}

// isNavigation reports whether the answer is what a browser shows next (Fetch Metadata
// Request Headers, §2.3), or goes to a page whose session has ended, or to a script of it:
// a browser asks by itself for the password of who has signed out.
func (req *request) isNavigation() bool {
	switch req.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return false
	}
	if req.r.Header.Get("Authorization") != "" {
		return false
	}
	accept := req.r.Header.Get("Accept")
	return req.r.Header.Get("Sec-Fetch-Mode") == "navigate" && strings.Contains(accept, "text/html") ||
		req.r.Header.Get("Sec-Fetch-Site") == "same-origin" && accept == "application/json" ||
		req.pages().HasSession(req.r)
}
