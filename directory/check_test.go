//go:build linux

package directory_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
)

var update = flag.Bool("update", false, "write testdata/check.txt anew")

// faultyBase is a base with something of everything that Check finds, among
// much that is as it should be.
func faultyBase(t testing.TB) *fixture {
	t.Helper()
	b := newBase(t, files{
		"Settings/HTTPU.settings":        "{\n HTTPRequestSizeLimit = 10M\n}",
		"Settings/WebUserPrefs.settings": "{PublishFreeBusy=often;}",
		"Settings/FTP.settings":          "{LogLevel=3;}",
		"Settings/Empty.settings":        "",
		"Settings/README":                "no settings",

		"Accounts/Settings/Aliases.data":          `{jj=john; gone=nobody; mary=john; bad=#5; "a\001b"="../john";}`,
		"Accounts/Settings/Access.settings":       "{john=(Master); eve=(Master); lone=Master;}",
		"Accounts/Settings/Domain.settings":       "{AccountDefaults={MaxWebSize=1K;}; WebSitePrefix=(x);}",
		"Accounts/john.macnt/account.settings":    "{MaxWebFiles=many; MaxWebFiles=few; Password=secret1;}",
		"Accounts/john.macnt/account.web.state/x": "of a running server",
		"Accounts/mary.macnt/account.settings":    "{\n Password = begin;secretrest;\n}",
		"Accounts/mary.macnt/account.prefs":       "(x)",
		"Accounts/fred.mbox":                      "", "Accounts/fred.settings": "{}", "Accounts/fred.web/a": "x", "Accounts/fred.web.state/": "",
		"Accounts/lost.web/a.txt": "x", "Accounts/lost.info": "{}",
		"Accounts/file.macnt": "", "Accounts/dir.mbox/": "", "Accounts/a%b.macnt/": "", "Accounts/line\nfeed.macnt/": "",
		"Accounts/Twice.macnt/account.settings": "{", "Accounts/twice.macnt/": "", "Accounts/x.sub/twice.mbox": "",
		"Accounts/x.sub/y.sub/z.sub/deep.mbox": "", "Accounts/x.sub/m.mnt/deep.mbox": "", "Accounts/disk.mnt/zoe.macnt/account.web/fine.txt": "x",
		"Accounts/webfile.macnt/account.web": "a file",

		"Domains/client1.com/full.macnt/account.settings": "{MaxWebFiles=2;MaxWebSize=10;}",
		"Domains/client1.com/full.macnt/account.web/d/x":  "12345678901", "Domains/client1.com/full.macnt/account.web/y": "",
		"Domains/client1.com/just.macnt/account.settings": "{MaxWebFiles=2;MaxWebSize=10;}",
		"Domains/client1.com/just.macnt/account.web/d/x":  "1234567890",
		"Domains/Client1.com/":                            "", "Domains/CLIENT2.com/x.macnt/account.settings": "[]",
		"Domains/main.example/": "", "Domains/no domain/": "", "Domains/README": "no domain",
	}, directory.Options{
		Routes:        []directory.Route{{Host: "john.example", Account: "jj@main.example"}, {Host: "gone.example", Account: "nobody@main.example"}, {Host: "client1.com", Account: "john@main.example"}},
		DomainAliases: map[string]string{"www.client1.com": "client1.com", "lost.example": "nowhere.example", "client2.com": "client1.com"},
		DomainIPs:     map[netip.Addr]string{netip.MustParseAddr("127.0.0.3"): "client1.com", netip.MustParseAddr("127.0.0.4"): "nowhere.example"},
		TrustPages:    []string{"client2.com", "nowhere.example", "www.client1.com"},
	})
	web := "Accounts/john.macnt/account.web/"
	storage := files{}
	for name, content := range map[string]string{
		"default.html": "x", "default.html.meta": "<meta/>", "dir/x": "", "dir.meta": "<meta/>", "private/secret": "", "private.meta": "<meta><accessPwd><key>k</key></accessPwd></meta>",
		"private/dir/private": "", "dir/$DomainSkins/x": "", "dir/~x": "", "protected/real": "", "freebusy.vfb": "", "$free": "", "old.metadata": "", "dir/.meta": "",
		"orphan.txt.meta": "<meta/>", "dir/orphan.meta": "<meta/>", "default.html.meta.meta": "<meta/>", "broken.txt": "", "broken.txt.meta": "<meta><accessPwd><key>thekey</accessPwd></meta>",
		"huge": "", "huge.meta": "<meta>" + strings.Repeat(" ", 1<<20) + "</meta>", "dir.META": "", "Other.Meta": "", "stands.meta/inside": "", "stands.meta/inside.meta": "<meta/>",
		"index.wssp": "", "dir/INDEX.WSSP": "", "freebusy.wssp": "", "$DomainSkins/a/b": "", "$serverpbxapp": "", "~tmp": "", "PRIVATE/x": "", "Private": "", "Freebusy.VFB/x": "",
		"protected/dir/pwd/key/x": "", "con\x01trol": "", "dir/line\nfeed/x": "", "back\\slash": "", "bytes\xff": "",
	} {
		storage[web+name] = content
	}
	storage.write(t, b.dir)
	for link, target := range map[string]string{
		web + "link": "default.html", web + "dir/out": "/", web + "linked.meta": "default.html.meta", web + "gone": "nothing", web + "link.meta": "default.html.meta",
		"Accounts/away.macnt": "../nowhere", "Accounts/dangling.macnt/account.web": "nowhere",
		"Accounts/dangling.macnt/account.settings": "nowhere", "Accounts/linked.macnt": "../linked",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(b.path(link)), 0o755))
		require.NoError(t, os.Symlink(target, b.path(link)))
	}
	files{"linked/web/ok": "x", "linked/web/sidecar.meta": "<meta/>"}.write(t, b.dir)
	require.NoError(t, os.Symlink("web", b.path("linked/account.web")))
	require.NoError(t, syscall.Mkfifo(b.path(web+"dir/pipe"), 0o600))
	require.NoError(t, syscall.Mkfifo(b.path("Settings/Pipe.settings"), 0o600))
	return b
}

func TestCheck(t *testing.T) {
	t.Parallel()
	b := faultyBase(t)
	before := everything(t, b.dir)
	var lines strings.Builder
	for f := range b.Check(t.Context(), check.Storage) {
		fmt.Fprintln(&lines, f)
	}
	require.Equal(t, before, everything(t, b.dir), "nothing on disk has changed")
	require.Empty(t, b.opened, "no Store was opened")
	for _, secret := range []string{"secret1", "secretrest", "thekey", b.dir} {
		require.NotContains(t, lines.String(), secret)
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/check.txt", []byte(lines.String()), 0o644))
	}
	want, err := os.ReadFile("testdata/check.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), lines.String())
}

// everything describes all that is below dir.
func everything(t testing.TB, dir string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		all = append(all, fmt.Sprint(path, info.Mode(), info.Size(), info.ModTime(), info.Sys().(*syscall.Stat_t).Ctim))
		return nil
	}))
	return all
}

// A base in which nothing is wrong, and one walk that is broken off or canceled.
func TestCheckEnds(t *testing.T) {
	t.Parallel()
	fine := newBase(t, files{
		"Accounts/john.macnt/account.settings": "{Password=secret1;}", "Accounts/john.macnt/account.web/private/x": "x",
		"Accounts/Settings/Aliases.data": "{jj=john;}", "Domains/client1.com/": "",
	}, directory.Options{DomainAliases: map[string]string{"www.client1.com": "client1.com"}})
	for f := range fine.Check(t.Context(), check.Storage) {
		require.Fail(t, f.String())
	}
	faulty := faultyBase(t)
	total := 0
	for range faulty.Check(t.Context(), check.Storage) {
		total++
	}
	for stop := 1; stop <= total; stop++ {
		found := 0
		for range faulty.Check(t.Context(), check.Storage) {
			if found++; found == stop {
				break
			}
		}
		require.Equal(t, stop, found)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	found := 0
	for range faulty.Check(ctx, check.Storage) {
		found++
		cancel()
	}
	require.Less(t, found, total)
}

// Without anybody who looks into storages the rest is told.
func TestCheckWithoutStorages(t *testing.T) {
	t.Parallel()
	faulty := faultyBase(t)
	var all, rest []directory.Finding
	for f := range faulty.Check(t.Context(), check.Storage) {
		if !strings.Contains(f.Path, ".web") || f.Text == "storage without an account" {
			all = append(all, f)
		}
	}
	for f := range faulty.Check(t.Context(), nil) {
		rest = append(rest, f)
	}
	require.NotEmpty(t, rest)
	require.Equal(t, all, rest)
}

func TestFindingString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		finding directory.Finding
		want    string
	}{
		{directory.Finding{Path: "a/b c.txt", Text: "plain"}, "a/b c.txt: plain"},
		{directory.Finding{Path: "a\nb: x", Text: "two\nlines"}, `a\nb: x: two\nlines`},
		{directory.Finding{Path: `a\nb"c"`, Text: `quoted "a\nb"`}, `a\\nb"c": quoted "a\nb"`},
		{directory.Finding{Path: "J\u00f6rg\u202e\xff", Text: "\x1b[31mred"}, `Jörg\u202e\xff: \x1b[31mred`},
		{directory.Finding{}, ": "},
	} {
		require.Equal(t, test.want, test.finding.String())
	}
}
