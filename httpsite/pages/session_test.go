package pages_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	verify "github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/httpsite/pages"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const john = "john@client1.com"

// site is a server of pages with a clock that tests move.
type site struct {
	*httptest.Server
	*fixture.Directory
	handler *httpsite.Handler
	passed  atomic.Int64 // a time.Duration
}

func newSite(t *testing.T, change ...func(*httpsite.Handler)) *site {
	t.Helper()
	return startSite(t, httptest.NewServer, change...)
}

func startSite(t *testing.T, start func(http.Handler) *httptest.Server, change ...func(*httpsite.Handler)) *site {
	t.Helper()
	s := &site{Directory: fixture.New(func() filestore.Store { return memstore.New() })}
	for name, content := range map[string]string{
		"default.html": "<h1>home</h1>", "notes.txt": "public notes", "private/diary.txt": "dear diary", "private/box/x": "x",
	} {
		s.Write(t, john, name, content)
	}
	s.Write(t, "mary@client1.com", "private/secret.txt", "of mary")
	began := time.Now()
	s.handler = &httpsite.Handler{Views: fixture.Views(s.Directory), Pages: &pages.Pages{
		Now: func() time.Time { return began.Add(time.Duration(s.passed.Load())) },
	}}
	for _, c := range change {
		c(s.handler)
	}
	s.Server = start(s.handler)
	t.Cleanup(s.Close)
	return s
}

// pass lets time pass.
func (s *site) pass(d time.Duration) { s.passed.Add(int64(d)) }

// browser is a client with cookies that says what browsers say.
type browser struct {
	*http.Client
	site *site
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := *s.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{&client, s}
}

type answer struct {
	code   int
	header http.Header
	body   string
}

func (b *browser) do(t *testing.T, method, path string, form url.Values, header map[string]string) answer {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.site.URL+path, body)
	require.NoError(t, err)
	for name, value := range map[string]string{"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"} {
		r.Header.Set(name, value)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.site.URL)
	}
	for name, value := range header {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
		if name == "Host" {
			r.Host = value
		}
	}
	response, err := b.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(text)}
}

func (b *browser) get(t *testing.T, path string) answer { return b.do(t, "GET", path, nil, nil) }

func (b *browser) signIn(t *testing.T, name string) {
	t.Helper()
	got := b.do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {name}, "password": {name + "-pw"}}, nil)
	require.Equal(t, 303, got.code, got.body)
}

// token returns that of the forms on a page.
func token(page string) string {
	found := regexp.MustCompile(`name="token" value="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return found[1]
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	got := b.get(t, "/~john/private/index.wssp?after=a")
	require.Equal(t, 403, got.code)
	require.Empty(t, got.header.Get("WWW-Authenticate"), "no dialog of the browser")
	require.Contains(t, got.body, `action="index.wssp/signin"`)
	require.Contains(t, got.body, `name="to" value="?after=a"`)
	require.Equal(t, got.code, b.get(t, "/~nobody/private/index.wssp").code, "whether or not there is such an account")

	got = b.do(t, "POST", "/~john/private/index.wssp/signin", url.Values{"login": {"john"}, "password": {"wrong"}, "to": {"?after=a"}}, nil)
	require.Equal(t, 403, got.code)
	require.Contains(t, got.body, "open no account here")
	require.Contains(t, got.body, `value="john"`)
	require.NotContains(t, got.body, "wrong\"")
	require.Contains(t, got.body, `name="to" value="?after=a"`)

	got = b.do(t, "POST", "/~john/private/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}, "to": {"?after=a"}}, nil)
	require.Equal(t, 303, got.code)
	require.Equal(t, "../index.wssp?after=a", got.header.Get("Location"))
	require.Regexp(t, `^cgpkit-session=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`, got.header.Get("Set-Cookie"))

	got = b.get(t, "/~john/private/index.wssp")
	require.Equal(t, 200, got.code)
	require.Contains(t, got.body, "diary.txt")
	require.Equal(t, "private, no-store", got.header.Get("Cache-Control"))
	require.Equal(t, "dear diary", b.get(t, "/~john/private/diary.txt").body)
	require.Equal(t, 403, b.get(t, "/~mary/index.wssp").code)
	require.Contains(t, b.get(t, "/~mary/index.wssp").body, `href="/~john@client1.com/index.wssp"`)
}

// The language can be chosen where somebody has to sign in, or may not go.
func TestLanguageOfRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	got := b.get(t, "/~john/box/index.wssp?find=x&language=de")
	require.Equal(t, 303, got.code)
	require.Equal(t, "index.wssp?find=x", got.header.Get("Location"))
	require.Contains(t, b.get(t, "/~john/box/index.wssp").body, "Anmelden")
	b.signIn(t, "mary")
	require.Contains(t, b.get(t, "/~john/index.wssp").body, "Kein Zugang")
	require.Equal(t, 303, b.get(t, "/~john/index.wssp?language=ru").code)
	refused := b.get(t, "/~john/index.wssp").body
	require.Contains(t, refused, "Нет доступа")
	require.NotContains(t, refused, `class="pages"`, "no way to John's other pages")
}

// After signing in one comes to a page of this storage, whatever the form says.
func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for to, want := range map[string]string{
		"": "../index.wssp", "?after=x&sort=size": "../index.wssp?after=x&sort=size", "signin": "signin",
		"//evil.example": "../index.wssp", "https://evil.example/": "../index.wssp", "../../~mary/": "../index.wssp", `\\evil`: "../index.wssp",
		"?%zz": "../index.wssp", "javascript:alert(1)": "../index.wssp", "?x=\r\nSet-Cookie:a=b": "../index.wssp?x=%0D%0ASet-Cookie%3Aa%3Db",
	} {
		got := s.browser(t).do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}, "to": {to}}, nil)
		require.Equal(t, 303, got.code)
		require.Equal(t, want, got.header.Get("Location"), to)
	}
}

// Programs get what they always got.
func TestProgramsAreAskedAsBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	plain := map[string]string{"Sec-Fetch-Mode": "", "Sec-Fetch-Site": ""}
	for name, header := range map[string]map[string]string{
		"curl":             {"Accept": "*/*", "Sec-Fetch-Mode": "", "Sec-Fetch-Site": ""},
		"HTML of old":      plain,
		"script":           {"Sec-Fetch-Mode": "cors"},
		"with credentials": {"Authorization": "Basic am9objp3cm9uZw=="},
	} {
		got := b.do(t, "GET", "/~john/index.wssp", nil, header)
		require.Equal(t, 401, got.code, name)
		require.Contains(t, got.header.Get("WWW-Authenticate"), "Basic", name)
		require.Equal(t, "Unauthorized\n", got.body, name)
	}
	for _, method := range []string{"PUT", "DELETE", "PROPFIND", "MKCOL"} {
		require.Equal(t, 401, b.do(t, method, "/~john/index.wssp", nil, nil).code, method)
	}
	require.Equal(t, 401, b.get(t, "/~john/private/diary.txt").code, "a file is no page")
}

// A session is for pages and for reading, and not for what WebDAV does, nor for what
// other sites or pages in a sandbox make a browser do.
func TestSessionCountsForPagesAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	b.signIn(t, "john")
	for _, method := range []string{"PUT", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "POST"} {
		require.Equal(t, 401, b.do(t, method, "/~john/notes.txt", nil, nil).code, method)
	}
	for _, from := range []string{"cross-site", "same-site", "x"} {
		header := map[string]string{"Sec-Fetch-Site": from}
		require.Equal(t, 403, b.do(t, "GET", "/~john/index.wssp", nil, header).code, from)
		require.Equal(t, 401, b.do(t, "GET", "/~john/private/diary.txt", nil, header).code, from)
		got := b.do(t, "POST", "/~john/index.wssp", url.Values{"action": {"folder"}, "folder": {"new"}, "token": {token(b.get(t, "/~john/index.wssp").body)}}, header)
		require.Equal(t, 403, got.code, from)
	}
	require.Equal(t, 200, b.do(t, "GET", "/~john/index.wssp", nil, map[string]string{"Sec-Fetch-Site": "none"}).code, "typed")
	require.Equal(t, 401, b.get(t, "/~mary/private/secret.txt").code)
	content, _ := s.Read(t, john, "notes.txt")
	require.Equal(t, "public notes", content)
	_, made := s.Read(t, john, "new")
	require.False(t, made)
	admin := s.browser(t)
	admin.signIn(t, "admin")
	require.Equal(t, "of mary", admin.get(t, "/~mary/private/secret.txt").body)
	require.Equal(t, 200, admin.get(t, "/~mary/index.wssp").code)
}

// A form needs the token of its session, or that of the account where a browser logs in
// with each request.
func TestToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, other := s.browser(t), s.browser(t)
	b.signIn(t, "john")
	other.signIn(t, "john")
	page := b.get(t, "/~john/index.wssp").body
	require.Equal(t, token(page), token(b.get(t, "/~john/index.wssp").body))
	folder := func(name, token string, header map[string]string) answer {
		return b.do(t, "POST", "/~john/index.wssp", url.Values{"action": {"folder"}, "folder": {name}, "token": {token}}, header)
	}
	for _, wrong := range []string{"", "x", token(other.get(t, "/~john/index.wssp").body)} {
		got := folder("new", wrong, nil)
		require.Equal(t, 403, got.code, wrong)
		require.Contains(t, got.body, "too old")
	}
	require.Equal(t, 303, folder("new", token(page), nil).code)

	basic := map[string]string{"Authorization": "Basic am9objpqb2huLXB3"}
	require.Equal(t, 403, folder("two", token(page), basic).code, "of another login")
	require.Equal(t, 303, folder("two", token(b.do(t, "GET", "/~john/index.wssp", nil, basic).body), basic).code)
	program := map[string]string{"Authorization": "Basic am9objpqb2huLXB3", "Sec-Fetch-Site": "", "Sec-Fetch-Mode": "", "Origin": ""}
	require.Equal(t, 303, folder("three", "", program).code, "a script of the vendor's")
	noHeader := map[string]string{"Sec-Fetch-Site": "", "Sec-Fetch-Mode": "", "Origin": ""}
	require.Equal(t, 403, folder("four", "", noHeader).code, "a session needs it whatever the browser says")

	upload := func(body string) answer {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/~john/index.wssp", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		response, err := b.Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		return answer{code: response.StatusCode}
	}
	const part = "--B\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
	first, file := fmt.Sprintf(part, "token", token(page)), fmt.Sprintf(part, `file"; filename="up.txt`, "content")
	require.Equal(t, 403, upload(file+"--B--\r\n").code)
	require.Equal(t, 403, upload(file+first+"--B--\r\n").code, "it stands before the files")
	require.Equal(t, 403, upload(fmt.Sprintf(part, "action", "folder")+fmt.Sprintf(part, "folder", "five")+"--B--\r\n").code)
	_, stored := s.Read(t, john, "up.txt")
	require.False(t, stored)
	require.Equal(t, 303, upload(first+file+"--B--\r\n").code)
	content, _ := s.Read(t, john, "up.txt")
	require.Equal(t, "content", content)
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ended := func(b *browser) bool { return b.get(t, "/~john/index.wssp").code == 403 }

	idle := s.browser(t)
	idle.signIn(t, "john")
	s.pass(59 * time.Minute)
	require.False(t, ended(idle))
	s.pass(59 * time.Minute)
	require.False(t, ended(idle), "it was used")
	s.pass(time.Hour)
	require.True(t, ended(idle))
	s.pass(-time.Hour)
	require.True(t, ended(idle), "for good")

	old := s.browser(t)
	old.signIn(t, "john")
	for range 23 {
		s.pass(30 * time.Minute)
		require.False(t, ended(old))
	}
	s.pass(30 * time.Minute)
	require.True(t, ended(old))

	got := old.do(t, "POST", "/~john/index.wssp", url.Values{"action": {"folder"}}, map[string]string{"Accept": "application/json", "Sec-Fetch-Mode": "cors"})
	require.Equal(t, 403, got.code)
	require.JSONEq(t, `{"message": "You were signed out. Sign in to go on."}`, got.body, "a script tells it")

	here, there := s.browser(t), s.browser(t)
	here.signIn(t, "john")
	there.signIn(t, "john")
	form := url.Values{"action": {"signout"}, "token": {"wrong"}}
	require.Equal(t, 303, here.do(t, "POST", "/~john/index.wssp/signin", form, nil).code)
	require.False(t, ended(here), "without its token")
	form.Set("token", token(here.get(t, "/~john/index.wssp").body))
	got = here.do(t, "POST", "/~john/index.wssp/signin", form, nil)
	require.Equal(t, 303, got.code)
	require.Contains(t, got.header.Get("Set-Cookie"), "cgpkit-session=; Path=/; Max-Age=0")
	require.True(t, ended(here))
	require.False(t, ended(there))

	third, alias := s.browser(t), s.browser(t)
	third.signIn(t, "john")
	got = alias.do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"Johnny@Client1.com"}, "password": {"john-pw"}}, nil)
	require.Equal(t, 303, got.code)
	require.False(t, ended(alias))
	form = url.Values{"action": {"everywhere"}, "token": {token(third.get(t, "/~john/index.wssp").body)}}
	require.Equal(t, 303, third.do(t, "POST", "/~john/index.wssp/signin", form, nil).code)
	require.True(t, ended(third))
	require.True(t, ended(there))
	require.True(t, ended(alias), "whatever name was given")
}

// passwords lets a test change the password of john.
type passwords struct {
	*fixture.Directory
	changed atomic.Bool
	checked atomic.Int64
}

func TestSessionEndsWithThePassword(t *testing.T) {
	t.Parallel()
	d := &passwords{Directory: fixture.New(func() filestore.Store { return memstore.New() })}
	s := newSite(t, func(h *httpsite.Handler) { h.Views = filestore.NewViews(d, d.Stores(), nil) })
	b := s.browser(t)
	b.signIn(t, "john")
	require.Equal(t, 200, b.get(t, "/~john/index.wssp").code)
	d.changed.Store(true)
	require.Equal(t, 403, b.get(t, "/~john/index.wssp").code)
	checked := d.checked.Load()
	require.Equal(t, 403, b.get(t, "/~john/index.wssp").code)
	require.Equal(t, checked, d.checked.Load(), "the old password is tried once: it would count as a guess")
	d.changed.Store(false)
	require.Equal(t, 403, b.get(t, "/~john/index.wssp").code)
}

// guarded is a directory in which the logins of john are checked as those of a server are.
type guarded struct {
	*fixture.Directory
	verifier *verify.Verifier
	broken   *atomic.Bool // what checks passwords is
}

func (g guarded) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	stored := verify.Account{Address: john, Password: "john-pw", Clear: true}
	if g.broken.Load() {
		stored.Password = "\x01sealed"
	}
	return g.verifier.Login(ctx, c, stored)
}

// What others guess from the same network shuts the owner out for a while, as it does
// with a password. Their session is there again afterwards, and can be ended meanwhile.
func TestSessionOutlastsWhatIsNotChecked(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for _, ends := range []bool{false, true} {
		var passed atomic.Int64
		now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
		d := guarded{fixture.New(func() filestore.Store { return memstore.New() }), verify.New(&verify.Options{
			Verify: func(context.Context, string, string, string) (bool, error) { return false, errors.New("no answer") }, Now: now,
		}), new(atomic.Bool)}
		s := newSite(t, func(h *httpsite.Handler) {
			h.Views, h.Pages.Now = filestore.NewViews(d, d.Stores(), nil), now
		})
		b := s.browser(t)
		b.signIn(t, "john")
		got := b.get(t, "/~john/index.wssp")
		require.Equal(t, 200, got.code)
		signOut := url.Values{"action": {"signout"}, "token": {token(got.body)}}

		d.broken.Store(true)
		require.Equal(t, 403, b.get(t, "/~john/index.wssp").code)
		d.broken.Store(false)
		require.Equal(t, 200, b.get(t, "/~john/index.wssp").code, "nobody knows that the password was wrong")

		wrong := map[string]string{"Authorization": "Basic am9objp3cm9uZw==", "Sec-Fetch-Site": "", "Sec-Fetch-Mode": ""}
		for range 20 {
			require.Equal(t, 401, s.browser(t).do(t, "GET", "/~john/index.wssp", nil, wrong).code)
		}
		got = b.get(t, "/~john/index.wssp")
		require.Equal(t, 403, got.code, "no way around the limit")
		require.Contains(t, got.body, `action="index.wssp/signin"`)
		require.NotContains(t, got.body, john)
		require.NotContains(t, b.get(t, "/~john/private/diary.txt").body, "dear diary")
		want := 200
		if ends {
			got = b.do(t, "POST", "/~john/index.wssp/signin", signOut, nil)
			require.Contains(t, got.header.Get("Set-Cookie"), "cgpkit-session=; Path=/; Max-Age=0")
			want = 403
		}
		passed.Store(int64(11 * time.Minute))
		require.Equal(t, want, b.get(t, "/~john/index.wssp").code)
	}
}

// Within TLS the cookie is one that another host, or a site without TLS, cannot set.
func TestSessionWithinTLS(t *testing.T) {
	t.Parallel()
	s := startSite(t, httptest.NewTLSServer)
	b := s.browser(t)
	got := b.do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}}, nil)
	require.Regexp(t, `^__Host-cgpkit-session=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Strict$`, got.header.Get("Set-Cookie"))
	require.Equal(t, 200, b.get(t, "/~john/index.wssp").code)
	value := strings.TrimPrefix(strings.Split(got.header.Get("Set-Cookie"), ";")[0], "__Host-cgpkit-session=")
	require.Equal(t, 403, s.browser(t).do(t, "GET", "/~john/index.wssp", nil, map[string]string{"Cookie": "cgpkit-session=" + value}).code)

	behindProxy := newSite(t)
	got = behindProxy.browser(t).do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}},
		map[string]string{"Origin": "https://client1.com"})
	require.Regexp(t, `^__Host-cgpkit-session=.*Secure`, got.header.Get("Set-Cookie"), "the browser says where the form comes from")
	got = behindProxy.browser(t).do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}},
		map[string]string{"Origin": "null", "Host": "client1.com"})
	require.Regexp(t, `^__Host-cgpkit-session=.*Secure`, got.header.Get("Set-Cookie"), "the browser says Sec-Fetch-Site")
	plain := behindProxy.browser(t).do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}}, nil)
	planted, _, _ := strings.Cut(plain.header.Get("Set-Cookie"), ";")
	require.Regexp(t, `^cgpkit-session=`, planted)
	for _, test := range []struct {
		host, from, origin string
		want               int
	}{
		{host: "client1.com", from: "same-origin", want: 403},
		{host: "client1.com:8443", from: "none", want: 403},
		{host: "localhost.client1.com", from: "none", want: 403},
		{host: "192.0.2.1", from: "none", want: 403},
		{host: "[2001:db8::1]:443", from: "none", want: 403},
		{host: "client1.com", origin: "https://client1.com", want: 403},
		{host: "client1.com", want: 200},
		{host: "localhost", from: "none", want: 200},
		{host: "LOCALHOST.:8080", from: "none", want: 200},
		{host: "client1.localhost:80", from: "none", want: 200},
		{host: "127.8.8.8:8080", from: "none", want: 200},
		{host: "127.0.0.1", from: "same-origin", want: 200},
		{host: "[::1]:8080", from: "none", want: 200},
		{host: "[::1]", from: "none", want: 200},
	} {
		header := map[string]string{"Cookie": planted, "Host": test.host, "Sec-Fetch-Site": test.from, "Origin": test.origin}
		require.Equal(t, test.want, behindProxy.browser(t).do(t, "GET", "/~john@client1.com/index.wssp", nil, header).code, "%+v", test)
	}
}

// Where passwords may not be sent, or pages of users run without a sandbox, there is no form.
func TestNoSignIn(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{
		"off": newSite(t, func(h *httpsite.Handler) { h.NoBasicAuth, h.NoDigestAuth = true, true }),
		"remote without TLS": startSite(t, func(h http.Handler) *httptest.Server {
			return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.RemoteAddr = "192.0.2.1:1"
				h.ServeHTTP(w, r)
			}))
		}, func(h *httpsite.Handler) { h.RequireTLS = true }),
	} {
		b := s.browser(t)
		require.NotContains(t, b.get(t, "/~john/index.wssp").body, "password", name)
		got := b.do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {"john"}, "password": {"john-pw"}}, nil)
		require.Equal(t, 403, got.code, name)
		require.Empty(t, got.header.Get("Set-Cookie"), name)
	}
	s := newSite(t)
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/index.wssp", nil)
	require.NoError(t, err)
	r.Host = fixture.LoginPage
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, 401, response.StatusCode)
}

func TestMemorySessionsAreBounded(t *testing.T) {
	t.Parallel()
	var m pages.MemorySessions
	key := func(n int) (k pages.SessionKey) {
		k[0], k[1], k[2] = byte(n), byte(n>>8), 1
		return k
	}
	at := time.Now()
	for i := range 101 {
		require.NoError(t, m.AddSession(t.Context(), key(i), pages.Session{Account: john, Used: at.Add(time.Duration(i))}))
	}
	_, err := m.Session(t.Context(), key(0))
	require.Error(t, err, "the oldest of the account has gone")
	_, err = m.Session(t.Context(), key(1))
	require.NoError(t, err)
	for i := range 9_900 {
		require.NoError(t, m.AddSession(t.Context(), key(1000+i), pages.Session{Account: fmt.Sprint(i), Used: at.Add(time.Hour)}))
	}
	_, err = m.Session(t.Context(), key(1))
	require.NoError(t, err)
	require.NoError(t, m.EndSession(t.Context(), key(2)))
	require.NoError(t, m.UseSession(t.Context(), key(2), at))
	_, err = m.Session(t.Context(), key(2))
	require.Error(t, err, "what has ended does not come back")
	require.NoError(t, m.AddSession(t.Context(), key(30_000), pages.Session{Account: "other", Used: at.Add(time.Hour)}))
	require.NoError(t, m.AddSession(t.Context(), key(20_000), pages.Session{Account: "new", Used: at.Add(time.Hour)}))
	_, err = m.Session(t.Context(), key(1))
	require.Error(t, err, "the oldest of all has gone")
}

// What pages load is there for everybody, to be kept, and nothing else is.
func TestAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	page := b.get(t, "/~john/index.wssp").body
	path := regexp.MustCompile(`index\.wssp/assets/style\.[0-9a-f]{16}\.css`).FindString(page)
	require.NotEmpty(t, path)
	for _, at := range []string{"/~john/", "/~nobody/private/x/", "/~off/"} {
		got := b.get(t, at+path)
		require.Equal(t, 200, got.code, at)
		require.Equal(t, "text/css; charset=utf-8", got.header.Get("Content-Type"))
		require.Contains(t, got.header.Get("Cache-Control"), "immutable")
		require.Contains(t, got.body, "--accent")
	}
	require.Equal(t, 200, b.do(t, "HEAD", "/~john/"+path, nil, nil).code)
	require.Equal(t, 405, b.do(t, "POST", "/~john/"+path, url.Values{}, nil).code)
	for _, none := range []string{"style.css", "style.0000000000000000.css", "", "../signin", "%2e%2e/signin"} {
		require.Contains(t, []int{400, 404}, b.get(t, "/~john/index.wssp/assets/"+none).code, none)
	}
}

func (p *passwords) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	p.checked.Add(1)
	if p.changed.Load() {
		return filestore.Caller{}, filestore.ErrLogin
	}
	return p.Directory.Login(ctx, c)
}
