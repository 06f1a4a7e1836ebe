package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// clock is one that tests move.
type clock struct{ now time.Time }

func (c *clock) pass() { c.now = c.now.Add(time.Second) }

// pair makes a certificate chain and its key, as PEM.
func pair(t *testing.T, serial int64) (chain, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// replace puts a file into the place of another, as programs do that renew
// certificates: it is another file, whatever its time is.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", content, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// Certificates are read again when they have changed; while they cannot be, the
// old ones stay.
func TestCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), &clock{time.Now()}
	chain, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	put := func(serial int64) {
		c, k := pair(t, serial)
		replace(t, chain, c)
		replace(t, key, k)
	}
	put(1)
	c, err := readCertificates(chain, key)
	require.NoError(t, err)
	c.now = func() time.Time { return now.now }
	var log bytes.Buffer
	c.logTo(slog.New(slog.NewTextHandler(&log, nil)))
	serial := func() int64 {
		got, err := c.get(&tls.ClientHelloInfo{})
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		require.NoError(t, err)
		return leaf.SerialNumber.Int64()
	}
	require.EqualValues(t, 1, serial())
	now.pass()
	require.EqualValues(t, 1, serial())
	require.Empty(t, log.String())
	put(2)
	require.EqualValues(t, 1, serial(), "looked at once a second")
	now.pass()
	require.EqualValues(t, 2, serial())

	c3, k3 := pair(t, 3)
	for _, broken := range []func(){
		func() { replace(t, chain, c3) }, // and not yet the key
		func() { replace(t, chain, []byte("nonsense")) },
		func() { replace(t, chain, nil) },
		func() { require.NoError(t, os.Remove(chain)) },
	} {
		broken()
		before := strings.Count(log.String(), "the old one stays")
		for range 3 {
			now.pass()
			require.EqualValues(t, 2, serial())
		}
		require.Equal(t, before+1, strings.Count(log.String(), "the old one stays"), "told of once")
	}
	replace(t, chain, c3)
	replace(t, key, k3)
	now.pass()
	require.EqualValues(t, 3, serial())
	require.NotContains(t, log.String(), string(k3))
	// A file may be written over in place, and keep its size and time.
	old, err := os.Stat(chain)
	require.NoError(t, err)
	for range 20 { // until a signature has the same length
		c4, k4 := pair(t, 5)
		if len(c4) != len(c3) || len(k4) != len(k3) {
			continue
		}
		require.NoError(t, os.WriteFile(key, k4, 0o600))
		require.NoError(t, os.Chtimes(key, old.ModTime(), old.ModTime()))
		require.NoError(t, os.WriteFile(chain, c4, 0o600))
		require.NoError(t, os.Chtimes(chain, old.ModTime(), old.ModTime()))
		now.pass()
		require.EqualValues(t, 5, serial())
		break
	}
	now.now = now.now.Add(-time.Hour) // the clock is set back
	put(4)
	require.EqualValues(t, 4, serial())
}

// HTTPU.settings is read again when it has changed; what cannot be used changes
// nothing.
func TestSettingsAreReadAgain(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), &clock{time.Now()}
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		now.pass()
	}
	write("Settings/Main.settings", "{DomainName=client1.com;}")
	write("Accounts/john.macnt/account.settings", "{Password=secret1;}")
	write("Accounts/john.macnt/account.web/a.foo", "text")
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	base, err := directory.Open(dir, &directory.Options{Now: func() time.Time { return now.now }, Logger: logger})
	require.NoError(t, err)
	defer base.Close()
	made, views := 0, filestore.NewViews(base, base.Stores(), nil)
	s, err := watchSite(base, logger, func(settings directory.HTTPSettings) *httpsite.Handler {
		made++
		return &httpsite.Handler{Views: views, MaxBody: settings.MaxBody, NoBasicAuth: settings.NoBasicAuth, NoDigestAuth: settings.NoDigestAuth, Types: settings.Types, Prefix: "/files"}
	})
	require.NoError(t, err)
	do := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://client1.com"+path, strings.NewReader(body))
		r.SetBasicAuth("john", "secret1")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	put := func(path, body string) int { return do(http.MethodPut, path, body).Code }
	require.Equal(t, http.StatusCreated, put("/~john/new", strings.Repeat("x", 2000)))
	require.Equal(t, "/files/~john/", do(http.MethodGet, "/~john", "").Header().Get("Location"))

	write("Settings/HTTPU.settings", `{HTTPRequestSizeLimit=1K;FileExtensions={foo="text/x-foo";bar="no type";};}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, put("/~john/new", strings.Repeat("x", 2000)))
	require.Contains(t, do(http.MethodGet, "/~john/a.foo", "").Header().Get("Content-Type"), "text/x-foo")
	require.Equal(t, "/files/~john/", do(http.MethodGet, "/~john", "").Header().Get("Location"), "what the flags say stays")
	require.Equal(t, 2, made)

	for _, bad := range []string{"{", "", "(a)", "{HTTPRequestSizeLimit=much;}", "{AdvertiseBasicAUTH=perhaps;}", "{AdvertiseDigestAUTH=(YES);}"} {
		write("Settings/HTTPU.settings", bad)
		before := strings.Count(log.String(), "level=WARN")
		for range 3 {
			require.Equal(t, http.StatusRequestEntityTooLarge, put("/~john/new", strings.Repeat("x", 2000)), bad)
			now.pass()
		}
		require.Equal(t, before+1, strings.Count(log.String(), "level=WARN"), "%q is told of once: %s", bad, log.String())
	}

	write("Settings/HTTPU.settings", "{AdvertiseBasicAUTH=NO;}")
	require.Equal(t, http.StatusUnauthorized, put("/~john/new", "x"))
	require.NotContains(t, log.String(), "nobody can log in by HTTP")
	now.pass()
	write("Settings/HTTPU.settings", "{AdvertiseBasicAUTH=NO;AdvertiseDigestAUTH=NO;}")
	require.Equal(t, http.StatusForbidden, put("/~john/new", "x"))
	require.Contains(t, log.String(), "nobody can log in by HTTP")
	require.NoError(t, os.Remove(filepath.Join(dir, "Settings", "HTTPU.settings")))
	now.pass()
	require.Equal(t, http.StatusNoContent, put("/~john/new", strings.Repeat("x", 2000)))
}
