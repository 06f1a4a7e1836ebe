package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxSignIn bounds the sign-in form, in bytes. Our choice.
const maxSignIn = 64 << 10

// signInForm is what the sign-in page shows.
type signInForm struct {
	Action string // where the form leads
	To     string // the page to come to, below index.wssp
	Login  string
	// Again lets the browser ask once more by itself. A link of another site brings no
	// cookie, and so looks like one of somebody who has not signed in.
	Again bool
}

// ServeSignIn shows the sign-in form in place of a page, with the status of a refusal.
func (p *Pages) ServeSignIn(r Request) error {
	v := p.visit(&r)
	if v.switchLanguage() {
		return nil
	}
	if v.wantsJSON() {
		return v.sendJSON(http.StatusForbidden, said{v.T("signIn.ended")})
	}
	if v.HTTP.Method != http.MethodGet && v.HTTP.Method != http.MethodHead {
		v.message = v.T("signIn.ended")
	}
	to := ""
	if v.Page != "signin" {
		to = v.Page + queryOf(v.HTTP.URL)
	}
	return v.showSignIn(http.StatusForbidden, to, "")
}

func (v *visit) showSignIn(code int, to, login string) error {
	form := signInForm{Action: "signin", To: to, Login: login}
	if v.Page == "" {
		form.Action = PageName + "/signin"
	}
	from := v.HTTP.Header.Get("Sec-Fetch-Site")
	form.Again = v.HTTP.Method == http.MethodGet && (from == "cross-site" || from == "same-site")
	return v.show(code, "signin.html", v.T("signIn.title"), form)
}

func getSignIn(v *visit) error { return v.showSignIn(http.StatusOK, "", "") }

// postSignIn checks name and password, and leads to the page that was wanted. With an
// action it signs out.
func postSignIn(v *visit) error {
	form, err := v.readValues(maxSignIn)
	if err != nil {
		return err
	}
	if action := form.Get("action"); action != "" {
		return v.signOut(action, form.Get("token"))
	}
	login, password := strings.TrimSpace(form.Get("login")), form.Get("password")
	caller, err := v.Login(login, password)
	if errors.Is(err, filestore.ErrLogin) {
		v.message = v.T("signIn.wrong")
		return v.showSignIn(http.StatusForbidden, form.Get("to"), login)
	}
	if err == nil && v.SignedIn != nil {
		err = v.pages.EndSession(v.HTTP.Context(), v.SignedIn)
	}
	if err == nil {
		err = v.beginSession(caller.Account, password)
	}
	if err != nil {
		return err
	}
	return v.redirect(behindSignIn(form.Get("to")))
}

// signOut ends this session, or all of the account.
func (v *visit) signOut(action, token string) error {
	if v.SignedIn == nil || !v.isToken(token) {
		return v.redirect("signin")
	}
	var err error
	if action == "everywhere" {
		err = v.pages.sessions().EndSessions(v.HTTP.Context(), v.SignedIn.Account)
	} else {
		err = v.pages.EndSession(v.HTTP.Context(), v.SignedIn)
	}
	if err != nil {
		return err
	}
	setSessionCookie(v.Writer, "", v.isSecure(), -1)
	return v.redirect("signin")
}

// behindSignIn is the way from the sign-in page to a page of the same folder. Whatever
// else the form says leads to the file manager, and never to another site.
func behindSignIn(to string) string {
	name, query, _ := strings.Cut(to, "?")
	values, err := url.ParseQuery(query)
	if err != nil || pageNamed(name) == nil {
		name, values = "", nil
	}
	if name == "" {
		name = "../" + PageName
	}
	if len(values) > 0 {
		name += "?" + values.Encode()
	}
	return name
}

func queryOf(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}
