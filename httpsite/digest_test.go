package httpsite_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// proving is a directory that keeps the passwords of all but mary in clear.
type proving struct {
	fixture.Server
	logins *atomic.Int64 // that were tried
}

func (d proving) LoginProof(ctx context.Context, c filestore.Credentials, proves func(string) bool) (filestore.Caller, error) {
	d.logins.Add(1)
	a, err := d.Account(ctx, c.Login)
	name, _, _ := strings.Cut(a.Address, "@")
	if err != nil || name == "mary" || !proves(name+"-pw") {
		return filestore.Caller{}, filestore.ErrLogin
	}
	return filestore.Caller{Account: a.Address}, nil
}

// newDigestServer has files, and a clock that stands.
func newDigestServer(t *testing.T, change ...func(*httpsite.Handler)) (s *server, logins *atomic.Int64, now *atomic.Pointer[time.Time]) {
	logins, now = new(atomic.Int64), new(atomic.Pointer[time.Time])
	now.Store(&clock)
	s = newServer(t, append([]func(*httpsite.Handler){func(h *httpsite.Handler) {
		h.Views = fixture.Views(proving{h.Views.Directory().(fixture.Server), logins})
		h.Now = func() time.Time { return *now.Load() }
	}}, change...)...)
	return s, logins, now
}

// answerTo answers the MD5 challenge of a refusal, for a request.
func answerTo(t *testing.T, refused answer, method, uri, user, password string, count int) string {
	t.Helper()
	require.Equal(t, 401, refused.code)
	for _, challenge := range refused.header.Values("WWW-Authenticate") {
		if !strings.Contains(challenge, "algorithm=MD5") {
			continue
		}
		_, nonce, _ := strings.Cut(challenge, `nonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		_, realm, _ := strings.Cut(challenge, `realm="`)
		realm, _, _ = strings.Cut(realm, `"`)
		sum := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
		nc := fmt.Sprintf("%08x", count)
		response := sum(sum(user+":"+realm+":"+password) + ":" + nonce + ":" + nc + ":c:auth:" + sum(method+":"+uri))
		return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", cnonce="c", nc=%s, qop=auth, algorithm=MD5, response="%s"`, user, realm, nonce, uri, nc, response)
	}
	require.Fail(t, "no challenge", "%v", refused.header)
	return ""
}

const secretPath = "/~john/private/secret.txt"

func (s *server) as(t *testing.T, authorization, method, path string) answer {
	return s.do(t, call{method: method, path: path, header: map[string]string{"Authorization": authorization}})
}

func TestDigest(t *testing.T) {
	t.Parallel()
	s, logins, now := newDigestServer(t)
	refused := s.do(t, call{method: "GET", path: secretPath})
	challenges := refused.header.Values("WWW-Authenticate")
	require.Len(t, challenges, 3)
	require.Regexp(t, `^Digest realm="client1.com", charset="UTF-8", qop="auth", algorithm=MD5, nonce="[A-Za-z0-9_-]{43}"$`, challenges[0])
	require.Equal(t, strings.Replace(challenges[0], "MD5", "SHA-256", 1), challenges[1])
	require.Equal(t, `Basic realm="client1.com", charset="UTF-8"`, challenges[2])

	right := func(count int) string { return answerTo(t, refused, "GET", secretPath, "john", "john-pw", count) }
	isStale := func(got answer) bool {
		require.Equal(t, 401, got.code)
		return strings.HasSuffix(got.header.Get("WWW-Authenticate"), `", stale=true`)
	}
	first := right(1)
	require.Equal(t, "secret", s.as(t, first, "GET", secretPath).body)
	tried := logins.Load()
	require.True(t, isStale(s.as(t, first, "GET", secretPath)), "a replay")
	require.Equal(t, "secret", s.as(t, right(3), "GET", secretPath).body)
	require.Equal(t, "secret", s.as(t, right(2), "GET", secretPath).body, "requests overtake each other")
	require.True(t, isStale(s.as(t, right(3), "GET", secretPath)))
	require.Equal(t, tried+2, logins.Load(), "replays are no logins")

	wrong := s.as(t, answerTo(t, refused, "GET", secretPath, "john", "guess", 4), "GET", secretPath)
	require.Equal(t, 401, wrong.code)
	require.Equal(t, []string{`Basic realm="client1.com", charset="UTF-8"`}, wrong.header.Values("WWW-Authenticate"))
	hashed := s.as(t, answerTo(t, refused, "GET", secretPath, "mary", "mary-pw", 4), "GET", secretPath)
	nobody := s.as(t, answerTo(t, refused, "GET", secretPath, "nobody", "x", 4), "GET", secretPath)
	wrong.header.Del("Date")
	for _, other := range []answer{hashed, nobody} {
		other.header.Del("Date")
		require.Equal(t, wrong, other, "what is wrong is not told")
	}
	require.Equal(t, "secret", s.as(t, right(4), "GET", secretPath).body, "a wrong one uses up no count")
	require.Equal(t, 403, s.as(t, answerTo(t, refused, "GET", secretPath, "ann@client2.com", "ann-pw", 5), "GET", secretPath).code)

	tried = logins.Load()
	for name, changed := range map[string]string{
		"another path":  answerTo(t, refused, "GET", "/~john/private/other", "john", "john-pw", 6),
		"another query": answerTo(t, refused, "GET", secretPath+"?x", "john", "john-pw", 6),
		"another realm": strings.Replace(right(6), `realm="client1.com"`, `realm="client2.com"`, 1),
		"no digest":     "Digest x",
	} {
		got := s.as(t, changed, "GET", secretPath)
		require.False(t, isStale(got), name)
		require.Len(t, got.header.Values("WWW-Authenticate"), 3, name)
	}
	require.True(t, isStale(s.as(t, strings.Replace(right(6), `nonce="`, `nonce="x`, 1), "GET", secretPath)))
	require.Equal(t, tried, logins.Load())
	require.Equal(t, 401, s.as(t, right(6), "PROPFIND", secretPath).code, "another method")

	for _, uri := range []string{"http://client1.com" + secretPath, "HTTPS://proxy.example:8443" + secretPath} {
		require.Equal(t, "secret", s.as(t, answerTo(t, refused, "GET", uri, "john", "john-pw", 10+len(uri)), "GET", secretPath).body, uri)
	}
	put := s.do(t, call{method: "PUT", path: "/~john/new.txt", body: "new", header: map[string]string{"Authorization": answerTo(t, refused, "PUT", "/~john/new.txt", "john", "john-pw", 100)}})
	require.Equal(t, 201, put.code)
	require.Equal(t, 200, s.as(t, "Digest x", "GET", "/~john/page.html").code, "what is public needs no login")
	require.Equal(t, 404, s.as(t, "Digest x", "GET", "/~john/missing").code, "no credentials")

	later := clock.Add(time.Hour)
	now.Store(&later)
	stale := s.as(t, right(101), "GET", secretPath)
	require.True(t, isStale(stale), "too old")
	require.Equal(t, "secret", s.as(t, answerTo(t, stale, "GET", secretPath, "john", "john-pw", 1), "GET", secretPath).body)
}

// Of the same digest sent many times at once one is taken.
func TestDigestIsTakenOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := newDigestServer(t)
	field := answerTo(t, s.do(t, call{method: "GET", path: secretPath}), "GET", secretPath, "john", "john-pw", 1)
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if s.as(t, field, "GET", secretPath).code == 200 {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(1), taken.Load())
}

func TestDigestBelowPrefix(t *testing.T) {
	t.Parallel()
	s, _, _ := newDigestServer(t, func(h *httpsite.Handler) { h.Prefix = "/files" })
	refused := s.do(t, call{method: "GET", path: secretPath})
	require.Equal(t, 200, s.as(t, answerTo(t, refused, "GET", "/files"+secretPath, "john", "john-pw", 1), "GET", secretPath).code, "a proxy takes the prefix away")
	require.Equal(t, 401, s.as(t, answerTo(t, refused, "GET", "/other"+secretPath, "john", "john-pw", 2), "GET", secretPath).code)
}

// What may be offered, by settings, by the directory, and by the way a request came.
func TestOffers(t *testing.T) {
	t.Parallel()
	const far, near = "192.0.2.1:1234", "127.0.0.1:1234"
	for _, tt := range []struct {
		name              string
		change            func(*httpsite.Handler)
		remote            string
		secure            bool
		offered           string // the schemes
		code              int
		basicIn, digestIn bool // whether they open
	}{
		{name: "both", change: func(*httpsite.Handler) {}, remote: far, offered: "Digest Digest Basic", code: 401, basicIn: true, digestIn: true},
		{name: "no Basic", change: func(h *httpsite.Handler) { h.NoBasicAuth = true }, remote: near, offered: "Digest Digest", code: 401, digestIn: true},
		{name: "no Digest", change: func(h *httpsite.Handler) { h.NoDigestAuth = true }, remote: far, offered: "Basic", code: 401, basicIn: true},
		{name: "neither", change: func(h *httpsite.Handler) { h.NoBasicAuth, h.NoDigestAuth = true, true }, remote: near, code: 403},
		{name: "a directory without proofs", change: func(h *httpsite.Handler) { h.Views = fixture.Views(withoutProofs{h.Views.Directory().(proving)}) }, remote: far, offered: "Basic", code: 401, basicIn: true},
		{name: "TLS needed", change: func(h *httpsite.Handler) { h.RequireTLS = true }, remote: far, offered: "Digest Digest", code: 401, digestIn: true},
		{name: "TLS needed, nothing else", change: func(h *httpsite.Handler) { h.RequireTLS, h.NoDigestAuth = true, true }, remote: far, code: 403},
		{name: "TLS needed and there", change: func(h *httpsite.Handler) { h.RequireTLS = true }, remote: far, secure: true, offered: "Digest Digest Basic", code: 401, basicIn: true, digestIn: true},
		{name: "TLS needed, this machine", change: func(h *httpsite.Handler) { h.RequireTLS = true }, remote: near, offered: "Digest Digest Basic", code: 401, basicIn: true, digestIn: true},
		{name: "TLS needed, this machine by IPv6", change: func(h *httpsite.Handler) { h.RequireTLS = true }, remote: "[::1]:1", offered: "Digest Digest Basic", code: 401, basicIn: true, digestIn: true},
		{name: "TLS needed, proxy on this machine", change: func(h *httpsite.Handler) {
			h.RequireTLS = true
			h.ClientAddr = func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") }
		}, remote: near, offered: "Digest Digest Basic", code: 401, basicIn: true, digestIn: true},
		{name: "TLS needed, client that says it is near", change: func(h *httpsite.Handler) {
			h.RequireTLS = true
			h.ClientAddr = func(*http.Request) netip.Addr { return netip.MustParseAddr("127.0.0.1") }
		}, remote: far, offered: "Digest Digest", code: 401, digestIn: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := newDigestServer(t, tt.change)
			get := func(authorization string) answer {
				url := "http://client1.com" + secretPath
				if tt.secure {
					url = "https" + strings.TrimPrefix(url, "http")
				}
				r := httptest.NewRequest("GET", url, nil)
				r.RemoteAddr, r.RequestURI = tt.remote, secretPath
				if authorization != "" {
					r.Header.Set("Authorization", authorization)
				}
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				return answer{w.Code, w.Body.String(), w.Header()}
			}
			refused := get("")
			require.Equal(t, tt.code, refused.code)
			var schemes []string
			for _, challenge := range refused.header.Values("WWW-Authenticate") {
				scheme, _, _ := strings.Cut(challenge, " ")
				schemes = append(schemes, scheme)
			}
			require.Equal(t, tt.offered, strings.Join(schemes, " "))
			require.Equal(t, tt.basicIn, get("Basic am9objpqb2huLXB3").code == 200)
			if tt.digestIn {
				require.Equal(t, "secret", get(answerTo(t, refused, "GET", secretPath, "john", "john-pw", 1)).body)
				wrong := get(answerTo(t, refused, "GET", secretPath, "john", "guess", 2))
				require.Equal(t, 401, wrong.code)
				require.Equal(t, tt.basicIn, len(wrong.header.Values("WWW-Authenticate")) == 1, "only Basic, if it is offered")
			} else if both, _, _ := newDigestServer(t); true {
				field := answerTo(t, both.do(t, call{method: "GET", path: secretPath}), "GET", secretPath, "john", "john-pw", 1)
				require.Equal(t, tt.code, get(field).code, "what is not offered is not looked at")
			}
		})
	}
}

// withoutProofs is a directory that is no filestore.Prover.
type withoutProofs struct{ fixture.Server }

// Clients of others log in by Digest, and by what is left if that does not do.
func TestDigestClients(t *testing.T) {
	t.Parallel()
	s, _, _ := newDigestServer(t, func(h *httpsite.Handler) { h.Now, h.NoBasicAuth = nil, true })
	both, _, _ := newDigestServer(t, func(h *httpsite.Handler) { h.Now = nil })
	s.Write(t, john, "private/Ünï cöde.txt", "secret")
	plain, secure := serveBoth(t, s.handler)
	curl := func(args ...string) string {
		return program(t, "", "curl", append([]string{"-sS", "-k", "-w", " %{http_code}"}, args...)...)
	}
	for _, url := range []string{"http://" + plain, "https://" + secure} {
		require.Equal(t, "secret 200", curl("--digest", "-u", "john:john-pw", url+secretPath), url)
		require.Equal(t, "secretsecret 200", strings.ReplaceAll(curl("--digest", "-u", "john:john-pw", url+secretPath, url+secretPath), "secret 200secret", "secretsecret"), "twice with one nonce")
		require.Equal(t, "secret 200", curl("--digest", "-u", "john:john-pw", url+"/~john/private/%C3%9Cn%C3%AF%20c%C3%B6de.txt?a=b,c"))
		require.Contains(t, curl("--digest", "-u", "john:guess", url+secretPath), " 401")
		require.Contains(t, curl("--digest", "-u", "mary:mary-pw", url+secretPath), " 401")
		require.Contains(t, curl("--basic", "-u", "john:john-pw", url+secretPath), " 401")
	}
	// Basic is taken where a digest cannot open the account.
	require.Equal(t, "secret 200", curl("--anyauth", "-u", "john:john-pw", both.URL+secretPath))
	require.Contains(t, curl("-D", "-", "--anyauth", "-u", "mary:mary-pw", both.URL+secretPath), " 403", "mary is known")

	require.Contains(t, program(t, "", "lftp", "-c", "open -u john,john-pw "+s.URL+"/; cat "+secretPath), "secret")
	require.Equal(t, "secret", program(t, "", "wget", "-q", "-O", "-", "--user=john", "--password=john-pw", s.URL+secretPath))
}

const pythonClients = `
import sys, urllib.request
import requests
from requests.auth import HTTPDigestAuth
base, both, path = sys.argv[1:]
s = requests.Session()
s.auth = HTTPDigestAuth("john", "john-pw")
for _ in range(3):
    print(s.get(base + path).text)
print(s.put(base + "/~john/new.txt", data="x").status_code, s.get(base + path, auth=HTTPDigestAuth("john", "guess")).status_code)
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, [base, both], "john", "john-pw")
opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
for _ in range(2):
    print(opener.open(base + path).read().decode())
opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
print(opener.open(both + path).read().decode())
`

// Clients in Python see one challenge where there are several.
func TestDigestFromPython(t *testing.T) {
	t.Parallel()
	python := "python3"
	if exec.Command(python, "-c", "import requests").Run() != nil {
		python = "/usr/bin/python3" // Debian's has it, whatever is first in PATH
	}
	if exec.Command(python, "-c", "import requests").Run() != nil {
		fixture.Lacking(t, "requests of Python is not installed; .ci/run installs it")
	}
	digest, _, _ := newDigestServer(t, func(h *httpsite.Handler) { h.Now, h.NoBasicAuth = nil, true })
	both, _, _ := newDigestServer(t, func(h *httpsite.Handler) { h.Now = nil })
	for _, s := range []*server{digest, both} {
		require.Equal(t, "secret\nsecret\nsecret\n201 401\nsecret\nsecret\nsecret\n", program(t, "", python, "-c", pythonClients, s.URL, both.URL, secretPath))
	}
}
