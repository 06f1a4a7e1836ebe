package pages_test

import (
	"context"
	"fmt"
	"html"
	"iter"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// newBaseSite is a server on a base directory with administrators of all kinds: admin of
// the server, dora of client2.com with the right to see files, and rita without it.
func newBaseSite(t *testing.T) (*site, *directory.Base) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"Settings/Main.settings":                       "{DomainName = client1.com;}",
		"Settings/DomainDefault.settings":              "{AccountDefaults = {MaxWebSize = 10K; MaxWebFiles = 50;};}",
		"Accounts/Settings/Access.settings":            "{admin = (Master);}",
		"Domains/client2.com/Settings/Access.settings": "{dora = (CanAccessWebSites); rita = (Domain);}",
	}
	accounts := []string{"admin@client1.com", "john@client1.com", "mary@client1.com", "ann@client2.com", "dora@client2.com", "rita@client2.com"}
	for i := range 120 {
		accounts = append(accounts, fmt.Sprintf("user%03d@client1.com", i))
	}
	for _, account := range accounts {
		name, domain, _ := strings.Cut(account, "@")
		home := "Accounts/"
		if domain != "client1.com" {
			home = "Domains/" + domain + "/"
		}
		files[home+name+".macnt/account.settings"] = "{Password = " + name + "-pw; PasswordEncryption = clear;}"
	}
	files["Accounts/john.macnt/account.web/private/box/x"] = strings.Repeat("x", 9800)
	files["Accounts/john.macnt/account.web/private/box.meta"] = "<meta><accessPwd><key>k</key><EMail>mary@client1.com</EMail></accessPwd></meta>"
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	base, err := directory.Open(dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close()) })
	s := &site{handler: &httpsite.Handler{Views: filestore.NewViews(base, base.Stores(), nil)}}
	s.Server = httptest.NewServer(s.handler)
	t.Cleanup(s.Close)
	return s, base
}

// signedInAt signs in an account of any domain.
func (s *site) signedInAt(t *testing.T, address string) *browser {
	t.Helper()
	b := s.browser(t)
	name, _, _ := strings.Cut(address, "@")
	got := b.do(t, "POST", "/~"+address+"/index.wssp/signin", url.Values{"login": {address}, "password": {name + "-pw"}}, nil)
	require.Equal(t, 303, got.code, got.body)
	return b
}

// listed are the accounts on a page.
func listed(page string) (all []string) {
	for _, found := range regexp.MustCompile(`<td class="name"><bdi>([^<]*)</bdi>`).FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s, _ := newBaseSite(t)
	admin := s.signedInAt(t, "admin@client1.com")
	const page = "/~admin/index.wssp/accounts"
	require.Contains(t, admin.get(t, "/~admin/index.wssp").body, `href="./index.wssp/accounts"`)
	first := admin.get(t, page)
	require.Equal(t, 200, first.code)
	inspect(t, first.body)
	require.Contains(t, first.body, "123 accounts")
	require.Len(t, listed(first.body), 50)
	require.Equal(t, "admin@client1.com", listed(first.body)[0])
	require.Contains(t, first.body, `value="96" aria-label="96% of the storage is used"`)
	require.Contains(t, first.body, "9.6\u00A0KB of 10\u00A0KB")
	require.Contains(t, first.body, `<a class="button" href="/~john@client1.com/index.wssp"`)
	require.Equal(t, 200, admin.get(t, "/~john@client1.com/index.wssp").code, "which the link leads to")
	all, next := listed(first.body), regexp.MustCompile(`rel="next" href="([^"]*)"`)
	previous := regexp.MustCompile(`rel="prev" href="([^"]*)"`)
	for current := first.body; ; {
		found := next.FindStringSubmatch(current)
		if found == nil {
			break
		}
		before := listed(current)
		current = admin.get(t, page+html.UnescapeString(found[1])).body
		all = append(all, listed(current)...)
		back := previous.FindStringSubmatch(current)
		require.NotNil(t, back)
		require.Equal(t, before, listed(admin.get(t, page+html.UnescapeString(back[1])).body))
	}
	require.Len(t, all, 123)

	for query, want := range map[string][]string{
		"?search=JOHN":                        {"john@client1.com"},
		"?domain=*&search=r&after=mary":       {"mary@client1.com", "rita@client2.com"},
		"?domain=client2.com":                 {"ann@client2.com", "dora@client2.com", "rita@client2.com"},
		"?domain=client2.com&search=a@client": {"dora@client2.com", "rita@client2.com"},
		"?search=%3Cscript%3E":                nil,
	} {
		got := admin.get(t, page+query)
		require.Equal(t, 200, got.code, query)
		inspect(t, got.body)
		require.Subset(t, listed(got.body), want, query)
		if query != "?domain=*&search=r&after=mary" {
			require.Len(t, listed(got.body), len(want), query)
		}
	}
	require.Contains(t, admin.get(t, page+"?domain=nowhere.example").body, "There is no such domain.")
	require.Equal(t, 404, admin.get(t, "/~john/private/index.wssp/accounts").code)
	sharing := admin.get(t, "/~admin/index.wssp/sharing?domain=*")
	require.Equal(t, 200, sharing.code)
	require.Contains(t, admin.get(t, "/~admin/index.wssp/sharing?domain=*&search=john").body, `href="/~john@client1.com/private/index.wssp/share?name=box"`)
}

// crowded is a directory whose domains have more accounts than a page looks through.
type crowded struct {
	*fixture.Directory
	asked atomic.Int64 // accounts
}

func (d *crowded) Administers(context.Context, filestore.Caller, string) (bool, error) {
	return true, nil
}

func (d *crowded) DomainName(_ context.Context, name string) (string, error) { return name, nil }

func (d *crowded) Domains(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_ = yield("client1.com", nil) && yield("client2.com", nil) && yield("client3.com", nil)
	}
}

func (d *crowded) Accounts(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for range 60_000 {
			if d.asked.Add(1); !yield("somebody", nil) {
				return
			}
		}
	}
}

// A search looks through so many accounts and no more, whether or not they match, and the
// page says that there may be others.
func TestAccountsAreLookedThroughInPart(t *testing.T) {
	t.Parallel()
	d := &crowded{}
	s := newSite(t, func(h *httpsite.Handler) {
		d.Directory = h.Views.Directory().(*fixture.Directory)
		h.Views = filestore.NewViews(d, d, nil)
	})
	admin := s.signedIn(t, "admin")
	for _, search := range []string{"nobody", "@client3.com"} {
		for page, said := range map[string]string{"accounts": "There are too many to look through all of them.", "sharing": "There is too much to look at all of it"} {
			d.asked.Store(0)
			got := admin.get(t, "/~admin/index.wssp/"+page+"?domain=*&search="+search)
			require.Equal(t, 200, got.code)
			require.Contains(t, got.body, said)
			require.LessOrEqual(t, d.asked.Load(), int64(100_001))
		}
	}
	got := admin.get(t, "/~admin/index.wssp/accounts?domain=client2.com&search=nobody")
	require.NotContains(t, got.body, "too many", "all of one domain")
}

// stuck is a directory in which some storages do not answer.
type stuck struct{ crowded }

func (d *stuck) Accounts(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_ = yield("john", nil) && yield("mary", nil) && yield("off", nil)
	}
}

func (d *stuck) Store(ctx context.Context, address string) (filestore.Store, error) {
	if address == "mary@client1.com" || address == "off@client1.com" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return d.Directory.Store(ctx, address)
}

// What an overview of shares has no time for is said to be missing, and not that it may
// not be seen.
func TestSharingWithoutTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "private/box.meta", "<meta><accessPwd><key>k</key></accessPwd></meta>")
	d := &stuck{crowded{Directory: s.Directory}}
	synctest.Test(t, func(t *testing.T) {
		handler := &httpsite.Handler{Views: filestore.NewViews(d, d, nil)}
		form := url.Values{"login": {"admin"}, "password": {"admin-pw"}}
		r := httptest.NewRequest("POST", "http://client1.com/~admin/index.wssp/signin", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		signedIn := httptest.NewRecorder()
		handler.ServeHTTP(signedIn, r)
		require.Equal(t, 303, signedIn.Code, signedIn.Body)
		r = httptest.NewRequest("GET", "http://client1.com/~admin/index.wssp/sharing", nil)
		for _, cookie := range signedIn.Result().Cookies() {
			r.AddCookie(cookie)
		}
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, r)
		require.Equal(t, 200, got.Code)
		require.Contains(t, got.Body.String(), "share?name=box")
		require.Contains(t, got.Body.String(), "There is too much to look at all of it")
		require.NotContains(t, got.Body.String(), "You may not look into this storage")
	})
}

// Administrators of a domain see that, and as much of its storages as they have a right to;
// others see nothing.
func TestAccountsOfADomain(t *testing.T) {
	t.Parallel()
	s, _ := newBaseSite(t)
	for who, seesFiles := range map[string]bool{"dora": true, "rita": false} {
		b := s.signedInAt(t, who+"@client2.com")
		page := "/~" + who + "@client2.com/index.wssp/accounts"
		got := b.get(t, page)
		require.Equal(t, 200, got.code)
		require.Equal(t, []string{"ann@client2.com", "dora@client2.com", "rita@client2.com"}, listed(got.body))
		require.NotContains(t, got.body, "client1.com")
		require.NotContains(t, got.body, "$Server")
		require.Equal(t, seesFiles, strings.Contains(got.body, `href="/~ann@client2.com/index.wssp"`))
		require.Equal(t, seesFiles, strings.Contains(got.body, "$DomainSkins"))
		for _, query := range []string{"?domain=client1.com", "?domain=nowhere.example"} {
			require.Equal(t, 403, b.get(t, page+query).code, "the same, whether or not there is such a domain")
		}
		require.Equal(t, []string{"ann@client2.com", "dora@client2.com", "rita@client2.com"}, listed(b.get(t, page+"?domain=*").body))
		require.Equal(t, 403, b.get(t, "/~"+who+"@client2.com/index.wssp/sharing?domain=client1.com").code)
	}
	for _, who := range []string{"john@client1.com", "ann@client2.com"} {
		b := s.signedInAt(t, who)
		require.NotContains(t, b.get(t, "/~"+who+"/index.wssp").body, "index.wssp/accounts")
		for _, page := range []string{"accounts", "sharing"} {
			require.Equal(t, 403, b.get(t, "/~"+who+"/index.wssp/"+page).code, who)
			require.Equal(t, 403, s.browser(t).get(t, "/~"+who+"/index.wssp/"+page).code, "a stranger")
		}
		form := url.Values{"mount": {"$DomainSkins"}, "folder": {"x"}, "domain": {"client1.com"}, "token": {token(b.get(t, "/~"+who+"/index.wssp").body)}}
		require.Equal(t, 403, b.do(t, "POST", "/~"+who+"/index.wssp/accounts", form, nil).code)
	}
}

// Administrators make folders in the mounts that are theirs.
func TestMakeInMounts(t *testing.T) {
	t.Parallel()
	s, base := newBaseSite(t)
	admin, dora := s.signedInAt(t, "admin@client1.com"), s.signedInAt(t, "dora@client2.com")
	const page, dorasPage = "/~admin/index.wssp/accounts", "/~dora@client2.com/index.wssp/accounts"
	got := admin.post(t, page, url.Values{"mount": {"$ServerSkins"}, "folder": {"gold"}, "domain": {"client1.com"}})
	require.Equal(t, 303, got.code, got.body)
	got = admin.get(t, page+"?domain=client1.com")
	require.Contains(t, got.body, `<a href="/~admin@client1.com/$ServerSkins/index.wssp">$ServerSkins</a>`)
	require.Contains(t, admin.get(t, "/~admin@client1.com/$ServerSkins/index.wssp").body, "gold")
	got = dora.post(t, dorasPage, url.Values{"mount": {"$DomainSkins"}, "folder": {"silver"}, "domain": {"client2.com"}})
	require.Equal(t, 303, got.code, got.body)
	require.Contains(t, admin.get(t, page+"?domain=client2.com").body, `<a href="/~ann@client2.com/$DomainSkins/index.wssp">`, "shown in the storage of an account there")
	require.Contains(t, admin.get(t, "/~ann@client2.com/$DomainSkins/index.wssp").body, "silver")
	for name, form := range map[string]url.Values{
		"of the server":  {"mount": {"$ServerSkins"}, "folder": {"x"}, "domain": {"client2.com"}},
		"another domain": {"mount": {"$DomainSkins"}, "folder": {"x"}, "domain": {"client1.com"}},
	} {
		require.Equal(t, 403, dora.post(t, dorasPage, form).code, name)
	}
	for name, code := range map[string]int{"a/b": 400, "..": 400, "": 400, "index.wssp": 403, "gold": 409} {
		got := admin.post(t, page, url.Values{"mount": {"$ServerSkins"}, "folder": {name}, "domain": {"client1.com"}})
		require.Equal(t, code, got.code, name)
		require.Contains(t, got.body, `role="alert"`)
	}
	require.Equal(t, 415, admin.post(t, page, url.Values{"mount": {"private"}, "folder": {"x"}, "domain": {"client1.com"}}).code)
	_, err := base.DomainName(t.Context(), "client2.com")
	require.NoError(t, err)
}
