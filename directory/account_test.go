package directory_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	fixtures "github.com/cgpkit/cgpkit/internal/fixture"
)

func TestAccountLayouts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		files  files
		domain string
		root   string // of the storage; empty: none
	}{
		{name: "directory", files: files{"Accounts/john.macnt/": ""}, root: "Accounts/john.macnt/account.web"},
		{name: "directory with storage", files: files{"Accounts/john.macnt/account.web/": ""}, root: "Accounts/john.macnt/account.web"},
		{name: "secondary domain", files: files{"Domains/client1.com/john.macnt/": ""}, domain: "client1.com", root: "Domains/client1.com/john.macnt/account.web"},
		{name: "mailbox file", files: files{"Accounts/john.mbox": ""}},
		{name: "settings file", files: files{"Accounts/john.settings": "{}"}},
		{name: "mailbox file with storage", files: files{"Accounts/john.mbox": "", "Accounts/john.web/": ""}, root: "Accounts/john.web"},
		{name: "storage is a file", files: files{"Accounts/john.mbox": "", "Accounts/john.web": ""}},
		{name: "directory before mailbox", files: files{"Accounts/john.mbox": "", "Accounts/john.macnt/": ""}, root: "Accounts/john.macnt/account.web"},
		{name: "hashed once", files: files{"Accounts/j.sub/john.macnt/": ""}, root: "Accounts/j.sub/john.macnt/account.web"},
		{name: "hashed twice", files: files{"Accounts/j.sub/o.sub/john.macnt/": ""}, root: "Accounts/j.sub/o.sub/john.macnt/account.web"},
		{name: "other sub", files: files{"Accounts/x.sub/john.macnt/": ""}, root: "Accounts/x.sub/john.macnt/account.web"},
		{name: "other sub of sub", files: files{"Accounts/x.sub/y.sub/john.macnt/": ""}, root: "Accounts/x.sub/y.sub/john.macnt/account.web"},
		{name: "mount point", files: files{"Accounts/disk2.mnt/john.macnt/": ""}, root: "Accounts/disk2.mnt/john.macnt/account.web"},
		{name: "mailbox in a mount point", files: files{"Accounts/disk2.mnt/john.mbox": "", "Accounts/disk2.mnt/john.web/": ""}, root: "Accounts/disk2.mnt/john.web"},
		{name: "flat before hashed", files: files{"Accounts/j.sub/o.sub/john.macnt/": "", "Accounts/john.macnt/": ""}, root: "Accounts/john.macnt/account.web"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBase(t, test.files, directory.Options{})
			domain := test.domain
			if domain == "" {
				domain = "main.example"
			}
			a, err := b.Account(t.Context(), "John@"+strings.ToUpper(domain))
			require.NoError(t, err)
			require.Equal(t, "john@"+domain, a.Address)
			if test.root == "" {
				require.Nil(t, a.Store)
				require.Empty(t, b.opened)
				return
			}
			require.NotNil(t, a.Store)
			require.Equal(t, []string{test.root}, b.opened)

			for name, err := range b.Accounts(t.Context(), domain) {
				require.NoError(t, err)
				require.Equal(t, "john", name)
			}
		})
	}
}

// Names on disk that are not in lower case, as another program may have made
// them, are found all the same; one in lower case comes first.
func TestLetterCaseOnDisk(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Domains/Client1.COM/John.macnt/":                   "",
		"Domains/Client1.COM/Settings/Aliases.data":         "{JJ=JOHN;}",
		"Domains/Client1.COM/Settings/Access.settings":      "{Ann=(CanAccessWebSites);}",
		"Domains/Client1.COM/ANN.macnt/account.settings":    "{Password=secret1;}",
		"Domains/Client1.COM/M.sub/MARY.settings":           "{MaxWebFiles=5;}",
		"Domains/Client1.COM/disk.mnt/Zo\u00cb.macnt/":      "",
		"Domains/Client1.COM/Twice.macnt/account.settings":  "{MaxWebFiles=6;}",
		"Domains/Client1.COM/x.sub/TWICE.mbox":              "",
		"Domains/Client1.COM/x.sub/Both.macnt/account.info": "{}",
		"Domains/Client1.COM/x.sub/both.settings":           "{MaxWebFiles=7;}",
		"Domains/two.example/x.macnt/":                      "",
		"Domains/TWO.example/y.macnt/":                      "",
	}, directory.Options{})
	for _, test := range []struct {
		name, address, want string
		files               int64
	}{
		{"account", "john@client1.com", "john@client1.com", 1000},
		{"in other letters", "JOHN@CLIENT1.com", "john@client1.com", 1000},
		{"alias", "jj@client1.com", "john@client1.com", 1000},
		{"settings file in a folder", "mary@client1.com", "mary@client1.com", 5},
		{"letters beyond ASCII", "zo\u00eb@client1.com", "zo\u00eb@client1.com", 1000},
		{"in two folders", "twice@client1.com", "twice@client1.com", 6},
		{"in both forms", "both@client1.com", "both@client1.com", 7},
		{"domain in both forms", "x@two.example", "x@two.example", 1000},
		{"domain in both forms, the other one", "y@two.example", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := b.Account(t.Context(), test.address)
			if test.want == "" {
				require.ErrorIs(t, err, fs.ErrNotExist)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, a.Address)
			require.Equal(t, test.files, a.Limits.Files)
		})
	}
	caller, err := b.Login(t.Context(), filestore.Credentials{Login: "ann@client1.com", Password: "secret1"})
	require.NoError(t, err)
	role, err := b.Role(t.Context(), caller, "john@client1.com")
	require.NoError(t, err)
	require.Equal(t, filestore.Administrator, role)

	require.NoError(t, os.Rename(b.path("Domains/two.example"), b.path("Domains/gone.example")))
	b.pass()
	_, err = b.Account(t.Context(), "y@two.example")
	require.NoError(t, err)
	_, err = b.Account(t.Context(), "x@two.example")
	require.ErrorIs(t, err, fs.ErrNotExist)
	b.change(t, files{"Domains/two.example/y.macnt/account.settings": "{MaxWebFiles=8;}"})
	a, err := b.Account(t.Context(), "y@two.example")
	require.NoError(t, err)
	require.EqualValues(t, 8, a.Limits.Files, "not the account of the other directory")
}

func TestNoAccount(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/":              "",
		"Accounts/john.mbox/":               "", // no file
		"Accounts/deep.sub/a.sub/b.sub/":    "",
		"Accounts/x.sub/y.sub/z.sub/":       "",
		"Accounts/x.sub/y.sub/z.sub/a.mbox": "",
		"Accounts/x.sub/m.mnt/b.mbox":       "",
		"Accounts/dir.mbox/":                "",
		"Accounts/file.macnt":               "",
		"Accounts/.hidden.macnt/":           "",
		"evil.macnt/account.web/secret":     "x",
		"Domains/evil.macnt/":               "",
		"Domains/other/":                    "",
		"secret.settings":                   "{}",
	}, directory.Options{DomainAliases: map[string]string{"gone.example": "nowhere.example"}})
	for _, address := range []string{
		"", "@", "john", "john@", "@main.example", "nobody@main.example", "john@other", "john@nowhere.example", "john@gone.example",
		"a@main.example", "b@main.example", "dir@main.example", "file@main.example", ".hidden@main.example",
		"evil@..", "evil@.", "evil@../Domains", "evil@Domains/..", `evil@..\Domains`, "secret@..", "evil@%2e%2e", "evil@/",
		"../evil@main.example", "../../evil@other", "..@main.example", "a/../john@main.example", "x.sub/y.sub/a@main.example",
		`..\evil@main.example`, "john%main.example", "john%main.example@main.example", "john@main.example@main.example",
		"john\x00@main.example", "jo\nhn@main.example", "john@main.example\x00", "john@main.example.", "john@.main.example", "john@main..example",
		"jo\xffhn@main.example", "john@main.ex\u00e4mple", "john@ma in.example", " john@main.example",
		strings.Repeat("x", 250) + "@main.example", strings.Repeat("x", 1<<20) + "@main.example", "john@" + strings.Repeat("x", 1<<20),
		"settings@main.example", "Settings/Access@main.example",
	} {
		_, err := b.Account(t.Context(), address)
		require.ErrorIs(t, err, fs.ErrNotExist, "%.60q", address)
		require.NotContains(t, err.Error(), b.dir)
	}
	require.Empty(t, b.opened)
	require.NotContains(t, b.log.String(), "WARN")
}

func TestAliases(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/": "", "Accounts/mary.macnt/": "", "Accounts/real.macnt/": "",
		"Accounts/Settings/Aliases.data": `{
			j.smith = john; Boss = Mary; real = john; second = boss; gone = nobody;
			mary = (m1, "M 2", real, (x)); #john
		`,
		"Domains/client1.com/": "",
	}, directory.Options{DomainAliases: map[string]string{"Alias.Example": "MAIN.example", "c1.example": "client1.com", "second.example": "alias.example", "client1.com": "main.example"}})
	find := func(address string) string {
		a, err := b.Account(t.Context(), address)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist)
			return "none"
		}
		return a.Address
	}
	require.Equal(t, "none", find("j.smith@main.example"), "a file with broken syntax has no aliases")
	require.Equal(t, 1, b.log.count("file=Accounts/Settings/Aliases.data"))

	b.change(t, files{"Accounts/Settings/Aliases.data": `{
		j.smith = john; Boss = Mary; real = john; second = boss; gone = nobody; bad = #5; "a/b" = john; up = "../john"; other = john@client1.com;
		mary = (m1, "M 2", real, (x)); john = (m1, jj);
	}`})
	for _, test := range []struct{ name, address, want string }{
		{"alias to account", "j.smith@main.example", "john@main.example"},
		{"letter case", "BOSS@main.example", "mary@main.example"},
		{"array", "m1@main.example", "mary@main.example"},
		{"blank in an alias", "m 2@main.example", "mary@main.example"},
		{"second array", "jj@main.example", "john@main.example"},
		{"account before alias", "real@main.example", "real@main.example"},
		{"alias of an alias", "second@main.example", "none"},
		{"alias of nobody", "gone@main.example", "none"},
		{"number", "bad@main.example", "none"},
		{"slash", "a/b@main.example", "none"},
		{"path as account", "up@main.example", "none"},
		{"other domain", "other@main.example", "none"},
		{"domain alias", "john@alias.example", "john@main.example"},
		{"both", "J.SMITH@ALIAS.EXAMPLE", "john@main.example"},
		{"alias of a domain alias", "john@second.example", "none"},
		{"domain before domain alias", "john@client1.com", "none"},
		{"only in its domain", "j.smith@c1.example", "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, find(test.address))
		})
	}
	require.Equal(t, 1, b.log.count(`alias="m1"`)+b.log.count("alias=m1"), "given twice")
	require.Equal(t, 1, b.log.count("alias=bad"))
	require.Equal(t, 1, b.log.count("alias=up"))
}

func TestLimits(t *testing.T) {
	t.Parallel()
	builtIn := filestore.Limits{Files: 1000, Bytes: 100 << 20, FileSize: filestore.Unlimited}
	for _, test := range []struct {
		name                    string
		account, domain, server string
		want                    filestore.Limits
		page                    string
		off                     bool
		warn                    string
	}{
		{name: "built in", want: builtIn},
		{name: "server", server: "{AccountDefaults={MaxWebSize=5K;MaxWebFiles=6;MaxFileSize=7;DefaultWebPage=index.html;};MaxWebFiles=1;}", want: filestore.Limits{Files: 6, Bytes: 5 << 10, FileSize: 7}, page: "index.html"},
		{name: "domain before server", domain: "{AccountDefaults={MaxWebSize=1G;};}", server: "{AccountDefaults={MaxWebSize=5K;MaxWebFiles=6;};}", want: filestore.Limits{Files: 6, Bytes: 1 << 30, FileSize: filestore.Unlimited}},
		{name: "account before domain", account: `{MaxWebSize=unlimited;MaxWebFiles="-1";MaxFileSize=0;}`, domain: "{AccountDefaults={MaxWebSize=1G;};}", want: filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited}},
		{name: "typed numbers", account: `{MaxWebSize=#10;MaxWebFiles=#-1;MaxFileSize=#0x10;}`, want: filestore.Limits{Files: filestore.Unlimited, Bytes: 10, FileSize: 16}},
		{name: "unreadable value", account: `{MaxWebSize=(1);MaxWebFiles=many;MaxFileSize=7;DefaultWebPage=();}`, domain: "{AccountDefaults={MaxWebSize=3M;};}",
			want: filestore.Limits{Files: 1000, Bytes: 3 << 20, FileSize: 7}, warn: "setting=MaxWebFiles"},
		{name: "empty page", account: `{DefaultWebPage="";}`, want: builtIn, page: "-"},
		{name: "broken account file", account: `{MaxWebSize=1M;`, want: builtIn, off: true, warn: "file=Accounts/john.macnt/account.settings"},
		{name: "no dictionary", account: `(a)`, want: builtIn, off: true, warn: "holds a Array, not a Dictionary"},
		{name: "broken domain file", domain: `{MaxWebSize=1M;`, server: "{AccountDefaults={MaxWebFiles=6;};}", want: filestore.Limits{Files: 6, Bytes: 100 << 20, FileSize: filestore.Unlimited}, off: true, warn: "file=Accounts/Settings/Domain.settings"},
		{name: "repaired text", account: `{MaxWebFiles=5;MaxWebFiles=6;}`, want: filestore.Limits{Files: 6, Bytes: 100 << 20, FileSize: filestore.Unlimited}, warn: "duplicate key"},
		{name: "empty file", account: " ", want: builtIn, off: true, warn: "empty text"},
		{name: "defaults of accounts in another form", domain: `{AccountDefaults=(x);DomainAccessModes=All;}`, want: builtIn, off: true, warn: "setting=AccountDefaults"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := files{"Accounts/john.macnt/": ""}
			f.add("Accounts/john.macnt/account.settings", test.account)
			f.add("Accounts/Settings/Domain.settings", test.domain)
			f.add("Settings/DomainDefault.settings", test.server)
			b := newBase(t, f, directory.Options{})
			a, err := b.Account(t.Context(), "john@main.example")
			require.NoError(t, err)
			require.Equal(t, test.want, a.Limits)
			require.Equal(t, !test.off, a.WebSite)
			switch test.page {
			case "":
				require.Equal(t, "default.html", a.DefaultPage)
			case "-":
				require.Empty(t, a.DefaultPage)
			default:
				require.Equal(t, test.page, a.DefaultPage)
			}
			if test.warn == "" {
				require.NotContains(t, b.log.String(), "WARN")
				return
			}
			b.pass()
			_, err = b.Account(t.Context(), "john@main.example")
			require.NoError(t, err)
			require.Equal(t, 1, b.log.count(test.warn), "once for each version of the file:\n%s", b.log)
		})
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                    string
		account, domain, server string
		want                    bool
	}{
		{name: "missing everywhere", want: true},
		{name: "on in both", account: "{AccessModes=(26,FTP,WebSite);}", domain: "{DomainAccessModes=(26,WebSite);}", want: true},
		{name: "off for the account", account: "{AccessModes=(26,FTP);}"},
		{name: "off for the domain", domain: "{DomainAccessModes=(26,FTP);}"},
		{name: "off for the server's domains", server: "{DomainAccessModes=(26,FTP);}"},
		{name: "domain before server", domain: "{DomainAccessModes=All;}", server: "{DomainAccessModes=(26,FTP);}", want: true},
		{name: "off by the domain's default", domain: "{AccountDefaults={AccessModes=(26);};}"},
		{name: "account before default", account: "{AccessModes=All;}", domain: "{AccountDefaults={AccessModes=(26);};}", want: true},
		{name: "unknown form is none", account: "{AccessModes={WebSite=YES;};}", domain: "{AccountDefaults={AccessModes=All;};}"},
		{name: "number is none", account: "{AccessModes=#26;}"},
		{name: "unknown form for the domain", domain: "{DomainAccessModes=#NULL#;}"},
		{name: "domain's setting in the account's file", account: "{DomainAccessModes=(26);}", want: true},
		{name: "broken domain file", domain: "{DomainAccessModes=All;"},
		{name: "older form", account: `{AccessModes="Mail POP WebSite";}`, want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := files{"Domains/client1.com/john.macnt/": ""}
			f.add("Domains/client1.com/john.macnt/account.settings", test.account)
			f.add("Domains/client1.com/Settings/Domain.settings", test.domain)
			f.add("Settings/DomainDefault.settings", test.server)
			b := newBase(t, f, directory.Options{})
			a, err := b.Account(t.Context(), "john@client1.com")
			require.NoError(t, err)
			require.Equal(t, test.want, a.WebSite)
		})
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const address = "john@client1.com"
	b := newBase(t, files{"Domains/client1.com/j.sub/": ""}, directory.Options{})
	account := func() (stored, error) { return b.Account(t.Context(), address) }
	_, err := account()
	require.ErrorIs(t, err, fs.ErrNotExist)

	files{"Domains/client1.com/john.macnt/": ""}.write(t, b.dir)
	_, err = account()
	require.ErrorIs(t, err, fs.ErrNotExist, "what was not there is kept in memory too")
	b.pass()
	first, err := account()
	require.NoError(t, err)
	require.EqualValues(t, 1000, first.Limits.Files)

	b.change(t, files{"Domains/client1.com/john.macnt/account.settings": "{MaxWebFiles=5;}"})
	a, err := account()
	require.NoError(t, err)
	require.EqualValues(t, 5, a.Limits.Files)
	b.change(t, files{"Domains/client1.com/john.macnt/account.settings": "{MaxWebFiles=6;}"}) // same size, same second
	a, err = account()
	require.NoError(t, err)
	require.EqualValues(t, 6, a.Limits.Files)
	require.Len(t, b.opened, 1, "one storage, one Store")

	require.NoError(t, os.Remove(b.path("Domains/client1.com/john.macnt/account.settings")))
	b.pass()
	a, err = account()
	require.NoError(t, err)
	require.EqualValues(t, 1000, a.Limits.Files)

	require.NoError(t, os.Rename(b.path("Domains/client1.com/john.macnt"), b.path("Domains/client1.com/j.sub/john.macnt")))
	b.pass()
	a, err = account()
	require.NoError(t, err, "moved into a folder")
	require.Equal(t, []string{"Domains/client1.com/john.macnt/account.web", "Domains/client1.com/j.sub/john.macnt/account.web"}, b.opened)
	require.NotEqual(t, first.Store, a.Store)

	require.NoError(t, os.Rename(b.path("Domains/client1.com"), b.path("Domains/client2.com")))
	b.pass()
	_, err = account()
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = b.Account(t.Context(), "john@client2.com")
	require.NoError(t, err)
}

// Accounts and folders that come or go anywhere are seen.
func TestFolderChanges(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/x.sub/y.sub/": "", "Accounts/d.mnt/": ""}, directory.Options{})
	exists := func(name string) bool {
		_, err := b.Account(t.Context(), name+"@main.example")
		if err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist)
		}
		return err == nil
	}
	for _, test := range []struct{ name, folder string }{
		{"a", "Accounts/x.sub"}, {"b", "Accounts/x.sub/y.sub"}, {"c", "Accounts/d.mnt"}, {"d", "Accounts/x.sub/new.sub"},
		{"e", "Accounts/new.sub"}, {"f", "Accounts/new.sub/new.sub"}, {"g", "Accounts/new.mnt"},
	} {
		require.False(t, exists(test.name), test.name)
		b.change(t, files{test.folder + "/" + test.name + ".macnt/": ""})
		require.True(t, exists(test.name), test.name)
		require.NoError(t, os.Remove(b.path(test.folder+"/"+test.name+".macnt")))
		b.pass()
		require.False(t, exists(test.name), test.name)
		b.pass()
	}
	require.NotContains(t, b.log.String(), "WARN")
}

// A file that is too large counts as one that cannot be read.
func TestHugeFile(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": ""}, directory.Options{})
	require.NoError(t, os.Truncate(b.path("Accounts/john.macnt/account.settings"), 1<<40))
	a, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.False(t, a.WebSite)
	require.Contains(t, b.log.String(), cgpdata.ErrSize.Error())
}

// An account that is removed and made again has a new storage.
func TestRemadeAccount(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": ""}, directory.Options{})
	first, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.NoError(t, first.Store.Mkdir(t.Context(), "old", filestore.MkdirOptions{}, filestore.Limits{Files: filestore.Unlimited}))
	require.NoError(t, os.Remove(b.path("Accounts/john.macnt")))
	b.pass()
	_, err = b.Account(t.Context(), "john@main.example")
	require.ErrorIs(t, err, fs.ErrNotExist)
	b.change(t, files{"Accounts/john.macnt/": ""})
	second, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	_, err = second.Store.Stat(t.Context(), "old")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Len(t, b.opened, 2)
}

// A single-mailbox account gets its storage when somebody makes the directory.
func TestStorageAppears(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/fred.mbox": ""}, directory.Options{})
	a, err := b.Account(t.Context(), "fred@main.example")
	require.NoError(t, err)
	require.Nil(t, a.Store)
	b.change(t, files{"Accounts/fred.web/": ""})
	a, err = b.Account(t.Context(), "fred@main.example")
	require.NoError(t, err)
	require.NotNil(t, a.Store)
	require.NoError(t, os.Remove(b.path("Accounts/fred.web")))
	b.pass()
	a, err = b.Account(t.Context(), "fred@main.example")
	require.NoError(t, err)
	require.Nil(t, a.Store)
}

// Within a second nothing on disk is touched: it may even be gone.
func TestWarmLookupReadsNothing(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": "{Password=secret;}", "Accounts/Settings/Aliases.data": "{j=john;}",
		"Accounts/Settings/Access.settings": "{john=(Master);}",
	}, directory.Options{})
	look := func() {
		_, err := b.Account(t.Context(), "j@main.example")
		require.NoError(t, err)
		_, err = b.Account(t.Context(), "nobody@main.example")
		require.ErrorIs(t, err, fs.ErrNotExist)
		caller, err := b.Login(t.Context(), filestore.Credentials{Login: "j@main.example", Password: "secret"})
		require.NoError(t, err)
		role, err := b.Role(t.Context(), caller, "x@main.example")
		require.NoError(t, err)
		require.Equal(t, filestore.Administrator, role)
	}
	look()
	require.NoError(t, os.RemoveAll(b.dir))
	look()
	b.pass()
	_, err := b.Account(t.Context(), "john@main.example")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A file is read again that was changed and got its size and its time back.
func TestTouchedBackFileIsRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the time of the last change of a file is not known here")
	}
	const name = "Accounts/john.macnt/account.settings"
	b := newBase(t, files{name: "{MaxWebFiles=5;}"}, directory.Options{})
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(b.path(name), old, old))
	files := func() int64 {
		a, err := b.Account(t.Context(), "john@main.example")
		require.NoError(t, err)
		return a.Limits.Files
	}
	require.EqualValues(t, 5, files())
	require.NoError(t, os.WriteFile(b.path(name), []byte("{MaxWebFiles=6;}"), 0o644))
	require.NoError(t, os.Chtimes(b.path(name), old, old))
	b.pass()
	require.EqualValues(t, 6, files())
}

func TestLinks(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"disk/john/account.settings": "{MaxWebFiles=5;}", "disk/web/": "", "disk/domain/mary.macnt/": "", "disk/eve/": "", "Accounts/": "", "Domains/": "",
	}, directory.Options{})
	for from, to := range map[string]string{
		"Accounts/john.macnt": "disk/john", "disk/john/account.web": "disk/web", "Domains/client1.com": "disk/domain",
		"disk/domain/mary.macnt/account.web": "disk/web", "Accounts/eve.macnt": "disk/eve", "disk/eve/account.web": "disk/later",
	} {
		if err := os.Symlink(b.path(to), b.path(from)); err != nil {
			fixtures.Lacking(t, "no symbolic links here")
		}
	}
	john, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.EqualValues(t, 5, john.Limits.Files)
	mary, err := b.Account(t.Context(), "mary@client1.com")
	require.NoError(t, err)
	require.Equal(t, john.Store, mary.Store, "two links to one directory")
	require.Equal(t, []string{"disk/web"}, b.opened)

	_, err = b.Account(t.Context(), "eve@main.example")
	require.NoError(t, err, "the target is not there yet")
	b.change(t, files{"disk/later/": ""})
	_, err = b.Account(t.Context(), "eve@main.example")
	require.NoError(t, err)
	require.Equal(t, "disk/later", b.opened[len(b.opened)-1])
}

func TestStoreError(t *testing.T) {
	t.Parallel()
	broken := true
	b := newBase(t, files{"Accounts/john.macnt/account.settings": "{Password=secret;}"}, directory.Options{
		OpenStore: func(root string, _ bool) (filestore.Store, error) {
			if broken {
				return nil, &fs.PathError{Op: "open", Path: root, Err: errors.New("disk on fire")}
			}
			return nil, nil
		},
	})
	_, err := b.Account(t.Context(), "john@main.example")
	require.EqualError(t, err, "open storage of john@main.example: disk on fire")
	_, err = b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: "secret"})
	require.NoError(t, err)
	broken = false
	b.pass()
	_, err = b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
}

// The default store keeps files where the account is.
func TestDefaultStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files{"Settings/Main.settings": mainSettings, "Accounts/john.macnt/": "", "Accounts/fred.mbox": ""}.write(t, dir)
	b, err := directory.Open(dir, nil)
	require.NoError(t, err)
	a, err := withFiles(t.Context(), b, "john@main.example")
	require.NoError(t, err)
	upload, err := a.Store.Create(t.Context(), "hello.txt", filestore.CreateOptions{}, a.Limits)
	require.NoError(t, err)
	_, err = upload.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = upload.Commit()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "Accounts/john.macnt/account.web/hello.txt"))
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))

	a, err = withFiles(t.Context(), b, "fred@main.example")
	require.NoError(t, err)
	require.Nil(t, a.Store)

	require.NoError(t, b.Close())
	usage, err := os.ReadFile(filepath.Join(dir, "Accounts/john.macnt/account.web.state/usage"))
	require.NoError(t, err)
	require.Equal(t, "{Bytes=5;Files=1;}\n", string(usage))
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/mary.macnt/": "", "Accounts/fred.mbox": "", "Accounts/fred.settings": "{}", "Accounts/fred.info": "{}", "Accounts/Settings/Access.settings": "{}",
		"Accounts/t.sub/e.sub/test.macnt/": "", "Accounts/d.mnt/zoe.macnt/": "", "Accounts/d.mnt/fred.macnt/": "", "Accounts/Upper.macnt/": "", "Accounts/FRED.macnt/": "", "Accounts/a%b.macnt/": "", "Accounts/file.macnt": "",
		"Domains/client1.com/": "",
	}, directory.Options{})
	var names []string
	var errs []string
	for name, err := range b.Accounts(t.Context(), "") {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		names = append(names, name)
	}
	require.Equal(t, []string{"fred", "upper", "mary", "test", "zoe"}, names)
	require.Equal(t, []string{`Accounts: "a%b" is no name of an account`}, errs)
	for range b.Accounts(t.Context(), "client1.com") {
		require.Fail(t, "there are none")
	}
	for _, err := range b.Accounts(t.Context(), "..") {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	f := files{"Accounts/Settings/Aliases.data": "{alias=a1;}", "Accounts/Settings/Access.settings": "{a2=(Master);}"}
	for i := range 50 {
		f[fmt.Sprintf("Accounts/a%d.macnt/account.settings", i)] = "{Password=secret;}"
	}
	b := newBase(t, f, directory.Options{})
	var stores sync.Map
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 500 {
				address := fmt.Sprintf("a%d@main.example", (i+worker)%60)
				a, err := b.Account(t.Context(), address)
				_, loginErr := b.Login(t.Context(), filestore.Credentials{Login: address, Password: "secret"})
				if (i+worker)%60 >= 50 {
					assert.ErrorIs(t, err, fs.ErrNotExist, address)
					assert.ErrorIs(t, loginErr, filestore.ErrLogin, address)
					continue
				}
				assert.NoError(t, err, address)
				assert.NoError(t, loginErr, address)
				first, _ := stores.LoadOrStore(address, a.Store)
				assert.Equal(t, first, a.Store, address)
				if i%100 == 0 {
					b.pass()
				}
			}
		})
	}
	group.Wait()
	require.Len(t, b.opened, 50, "each storage is opened once")
}
