package directory_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/calendars"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// files are the files of a base directory by their paths; a path that ends in a
// slash is a directory.
type files map[string]string

func (f files) write(t testing.TB, dir string) {
	t.Helper()
	for name, text := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// add adds a file, unless its text is empty.
func (f files) add(name, text string) {
	if text != "" {
		f[name] = text
	}
}

const mainSettings = "{\n DomainName = main.example;\n}\n"

// fixture is an open base directory with a clock that stands still.
type fixture struct {
	*directory.Base
	dir string
	log *logBuffer

	mu     sync.Mutex // guards now, opened
	now    time.Time
	opened []string // roots, relative to dir
}

// newBase opens a base directory with Main.settings and these files.
func newBase(t testing.TB, f files, o directory.Options) *fixture {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	x := &fixture{dir: dir, log: &logBuffer{}, now: time.Now()}
	files{"Settings/Main.settings": mainSettings}.write(t, dir)
	f.write(t, dir)
	o.Now = func() time.Time {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.now
	}
	o.Calendars = calendars.Find
	if o.Crypt == nil {
		o.Crypt = crypt.Match
	}
	if o.OpenStore == nil {
		o.OpenStore = func(root string, create bool) (filestore.Store, error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			rel, err := filepath.Rel(dir, root)
			x.opened = append(x.opened, filepath.ToSlash(rel))
			return memstore.New(), err
		}
	}
	o.Logger = slog.New(slog.NewTextHandler(x.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	x.Base, err = directory.Open(dir, &o)
	require.NoError(t, err)
	return x
}

// pass moves the clock on, so that files are looked at again.
func (x *fixture) pass() { x.advance(time.Second) }

func (x *fixture) advance(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = x.now.Add(d)
}

// change writes files, and lets the change be seen.
func (x *fixture) change(t testing.TB, f files) {
	t.Helper()
	f.write(t, x.dir)
	x.pass()
}

// stored is an account, and what keeps its files.
type stored struct {
	filestore.Account
	Store filestore.Store // nil: it has no storage
}

// withFiles returns an account with its storage, which it opens.
func withFiles(ctx context.Context, b *directory.Base, address string) (a stored, err error) {
	if a.Account, err = b.Account(ctx, address); err != nil {
		return a, err
	}
	a.Store, err = b.Stores().Store(ctx, a.Address)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	return a, err
}

func (x *fixture) Account(ctx context.Context, address string) (stored, error) {
	return withFiles(ctx, x.Base, address)
}

// mount returns what is mounted in the storages of a domain.
func mount(t testing.TB, b *directory.Base, domain, name string) (filestore.Store, error) {
	return b.Stores().(filestore.Mounts).Mount(t.Context(), domain, name)
}

func (x *fixture) account(t testing.TB, address string) stored {
	t.Helper()
	a, err := x.Account(t.Context(), address)
	require.NoError(t, err)
	return a
}

func (x *fixture) path(name string) string { return filepath.Join(x.dir, filepath.FromSlash(name)) }

// logBuffer keeps what is logged. It is safe for concurrent use.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) count(text string) int { return strings.Count(b.String(), text) }

func TestOpenBroken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		files files
		opts  directory.Options
		want  string
	}{
		{name: "no settings", files: files{"Accounts/": ""}, want: "Settings/Main.settings: no such file or directory"},
		{name: "no domain name", files: files{"Settings/Main.settings": "{a=b;}"}, want: "Settings/Main.settings has no DomainName"},
		{name: "bad domain name", files: files{"Settings/Main.settings": "{DomainName=\"..\";}"}, want: `Settings/Main.settings: ".." is no name of a domain`},
		{name: "domain name is an array", files: files{"Settings/Main.settings": "{DomainName=(a);}"}, want: `Settings/Main.settings: (a) is no name of a domain`},
		{name: "syntax", files: files{"Settings/Main.settings": "{\n DomainName = abc\n}"}, want: "Settings/Main.settings:3:1: "},
		{name: "array", files: files{"Settings/Main.settings": "(a)"}, want: "Settings/Main.settings: holds a Array, not a Dictionary"},
		{name: "settings is a directory", files: files{"Settings/Main.settings/": ""}, want: "Settings/Main.settings: not a regular file"},
		{name: "syntax of the defaults", files: files{"Settings/Main.settings": mainSettings, "Settings/DomainDefault.settings": "{a=b;\nc}"}, want: "Settings/DomainDefault.settings:2:2: "},
		{name: "route", files: files{"Settings/Main.settings": mainSettings}, opts: directory.Options{Routes: []directory.Route{{Host: "a.example", Account: "john"}}}, want: `route: "john" is no address`},
		{name: "host with two routes", files: files{"Settings/Main.settings": mainSettings},
			opts: directory.Options{Routes: []directory.Route{{Host: "a.example", Account: "a@b"}, {Host: "A.example", Account: "c@b"}}}, want: "route: a.example is given twice"},
		{name: "alias", files: files{"Settings/Main.settings": mainSettings}, opts: directory.Options{DomainAliases: map[string]string{"..": "a.example"}}, want: `domain alias "..=a.example": ".." is no name of a domain`},
		{name: "trusted domain", files: files{"Settings/Main.settings": mainSettings}, opts: directory.Options{TrustPages: []string{"a/b"}}, want: `trusted pages: "a/b" is no name of a domain`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.files.write(t, dir)
			_, err := directory.Open(dir, &test.opts)
			require.ErrorContains(t, err, "open base directory "+dir+": "+test.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
	t.Run("no directory", func(t *testing.T) {
		t.Parallel()
		_, err := directory.Open(filepath.Join(t.TempDir(), "none"), nil)
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(path, nil, 0o644))
		_, err := directory.Open(path, nil)
		require.ErrorIs(t, err, filestore.ErrNotDirectory)
	})
}

// Main.settings and HTTPU.settings as a server left them.
func TestRealSettings(t *testing.T) {
	t.Parallel()
	main, err := os.ReadFile("testdata/Main.settings")
	require.NoError(t, err)
	module, err := os.ReadFile("testdata/HTTPU.settings")
	require.NoError(t, err)
	b := newBase(t, files{"Settings/Main.settings": string(main), "Settings/HTTPU.settings": string(module)}, directory.Options{})
	require.Equal(t, "cpanel.communigate.com", b.MainDomain())

	http, err := b.ServerSettings("HTTPU")
	require.NoError(t, err)
	limit, ok := http.Get("HTTPRequestSizeLimit")
	require.True(t, ok)
	size, err := directory.ParseSize(limit)
	require.NoError(t, err)
	require.EqualValues(t, 10<<20, size)
}

func TestServerSettings(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Settings/FTP.settings": "{\n LogLevel = 3;\n"}, directory.Options{})

	_, err := b.ServerSettings("FTP")
	require.ErrorContains(t, err, "Settings/FTP.settings:3:1: ")
	require.NotContains(t, err.Error(), b.dir)

	b.change(t, files{"Settings/FTP.settings": "{\n LogLevel = 4;\n}"})
	v, err := b.ServerSettings("FTP")
	require.NoError(t, err)
	require.Equal(t, "{LogLevel=4;}", v.String())

	v, err = b.ServerSettings("TFTP")
	require.NoError(t, err)
	require.Equal(t, cgpdata.KindDictionary, v.Kind())
	require.Zero(t, v.Len())

	for _, name := range []string{"", "..", "../Accounts/Settings/Access", "a/b", "a.b", strings.Repeat("a", 300)} {
		_, err := b.ServerSettings(name)
		require.ErrorIs(t, err, os.ErrInvalid, name)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Domains/client2.com/": "", "Domains/client1.com/": "", "Domains/file": "",
		"Domains/Upper.com/": "", "Domains/main.example/": "", "Domains/CLIENT1.com/": "", "Domains/a_b c/": "",
	}, directory.Options{})
	var names, errs []string
	for name, err := range b.Domains(t.Context()) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		names = append(names, name)
	}
	require.Equal(t, []string{"main.example", "client1.com", "upper.com", "client2.com"}, names)
	require.Equal(t, []string{`directory "a_b c" in Domains: no name of a domain`}, errs)
	for name := range b.Domains(t.Context()) {
		require.Equal(t, "main.example", name)
		break
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": "{Password=secret;}"}, directory.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Account(ctx, "john@main.example")
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.Login(ctx, filestore.Credentials{Login: "john@main.example", Password: "secret"})
	require.ErrorIs(t, err, context.Canceled)
}
