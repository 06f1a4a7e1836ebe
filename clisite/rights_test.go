package clisite_test

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// Everybody, everywhere, with every command: who may not do something changes
// nothing by trying.
func TestCallers(t *testing.T) {
	t.Parallel()
	const ok, denied, missing = "200 OK", "501 access denied", "501 no such file or folder"
	commands := []struct{ name, command string }{
		{"read", `ReadStorageFile ACCOUNT FILE "PLACE"`},
		{"replace", `WriteStorageFile ACCOUNT FILE "PLACE" DATA [QUJD]`},
		{"rename", `RenameStorageFile ACCOUNT FILE "PLACE" INTO "new"`},
		{"remove", `DeleteStorageFile ACCOUNT FILE "PLACE"`},
	}
	for _, row := range []struct {
		caller, account, place string
		read, change           string
	}{
		{"john@client1.com", "*", "public", ok, ok},
		{"john@client1.com", "john", "private/secret", ok, ok},
		{"john@client1.com", "*", "private.meta", ok, ok},
		{"admin@client1.com", "john", "public", ok, ok},
		{"admin@client1.com", "john", "private/secret", ok, ok},
		{"admin@client1.com", "john", "private.meta", ok, ok},
		{"admin@client1.com", "off", "public", ok, ok},
		{"admin@client1.com", `"ann@client2.com"`, "private/secret", ok, ok},
		{"boss@client2.com", "ann", "private/secret", ok, ok},
		{"boss@client2.com", `"john@client1.com"`, "public", ok, denied},
		{"boss@client2.com", `"john@client1.com"`, "private/secret", denied, denied},
		{"mary@client1.com", "john", "public", ok, denied},
		{"mary@client1.com", "john", "private/secret", denied, denied},
		{"mary@client1.com", "john", "private.meta", missing, denied},
		{"mary@client1.com", "john", "nothing", missing, denied},
		{"mary@client1.com", "off", "public", missing, denied},
		{"mary@client1.com", "nobody", "public", missing, denied},
		{"mary@client1.com", "john", "$DomainSkins/x", denied, denied},
		{"mary@client1.com", "john", "index.wssp", denied, denied},
		{"mary@client1.com", "john", "~ann@client2.com/public", ok, denied},
	} {
		for _, c := range commands {
			t.Run(row.caller+" "+row.account+" "+row.place+" "+c.name, func(t *testing.T) {
				t.Parallel()
				d := accounts(t)
				client := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
				client.login(row.caller)
				client.send(strings.NewReplacer("ACCOUNT", row.account, "PLACE", row.place).Replace(c.command))
				want := row.change
				if c.name == "read" {
					want = strings.Replace(row.read, ok, "200 data follows", 1)
				}
				if c.name == "rename" && strings.Contains(row.place, "~") {
					want = denied // across accounts
				}
				client.expect(want)
				for _, address := range []string{"john@client1.com", "ann@client2.com", "off@client1.com"} {
					if row.change != ok {
						content, _ := d.Read(t, address, "public")
						require.Equal(t, "public", content)
						content, _ = d.Read(t, address, "private/secret")
						require.Equal(t, "secret", content)
						_, found := d.Read(t, address, "new")
						require.False(t, found)
					}
				}
			})
		}
	}
}

// delegating lets mary act for john.
type delegating struct{ fixture.Server }

func (delegating) MayActFor(_ context.Context, caller filestore.Caller, account string) (bool, error) {
	return caller.Account == "mary@client1.com" && account == "john@client1.com", nil
}

// A directory may let accounts act for others that are no administrators.
func TestDelegation(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(delegating{accounts(t)})}))
	c.login("mary")
	c.ask(`ReadStorageFile john FILE "private/secret"`, "501 access denied")
	c.ask(`DeleteStorageFile john FILE "private/secret" AUTH johnny`, "200 OK")
	c.ask(`ReadStorageFile john FILE "private/secret" AUTH john`, "501 no such file or folder")
	c.ask(`ReadStorageFile mary FILE "private/secret" AUTH john`, "501 access denied")
	c.ask(`ReadStorageFile john FILE "public" AUTH admin`, "501 access denied")
	c.ask(`ReadStorageFile john FILE "public" AUTH nobody`, "501 access denied")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	d := accounts(t)
	d.Update("john@client1.com", func(a *fixture.Account) { a.Limits.FileSize = 10 })
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
	c.login("john")
	c.ask(`WriteStorageFile * FILE "new" DATA [MDEyMzQ1Njc4OTA=]`, "501 storage limit exceeded")
	_, found := d.Read(t, "john@client1.com", "new")
	require.False(t, found)
	c.ask(`WriteStorageFile * FILE "dir/digits" END DATA [QQ==]`, "501 storage limit exceeded")
	content, _ := d.Read(t, "john@client1.com", "dir/digits")
	require.Equal(t, "0123456789", content)
}

// refusing is a store that takes no file, for some reason.
type refusing struct {
	filestore.Store
	err error
}

func (s refusing) Create(_ context.Context, name string, _ filestore.CreateOptions, _ filestore.Limits) (filestore.Upload, error) {
	return nil, &fs.PathError{Op: "create", Path: name, Err: s.err}
}

// What a store says has a reply of its own, and the session goes on.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err  error
		want string
	}{
		{filestore.ErrDiskFull, "501 disk is full"},
		{filestore.ErrHostDenied, "501 access denied"},
		{filestore.ErrExhausted, "501 server is busy, try again later"},
		{filestore.ErrChanged, "501 file is being changed"},
		{filestore.ErrConflict, "501 attributes are in the way"},
		{errors.ErrUnsupported, "501 not possible here"},
		{errors.New("/var/secret"), "501 internal error"},
	} {
		d := accounts(t)
		d.Update("john@client1.com", func(a *fixture.Account) { a.Store = refusing{a.Store, row.err} })
		c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
		c.login("john")
		for range 2 {
			c.ask(`WriteStorageFile * FILE "new" DATA [QQ==]`, row.want)
		}
	}
}

// What another client has locked stays as it is.
func TestLocked(t *testing.T) {
	t.Parallel()
	d := accounts(t)
	views := fixture.Views(d)
	c := dial(t, serve(t, &clisite.Server{Views: views}))
	c.login("john")
	_, err := views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com").Lock(t.Context(), "public", filestore.Lock{}, time.Hour)
	require.NoError(t, err)
	for _, command := range []string{
		`WriteStorageFile * FILE "public" DATA [QQ==]`, `RenameStorageFile * FILE "public" INTO "new"`, `DeleteStorageFile * FILE "public"`,
		`UpdateStorageFileAttr * FILE "public" (<a>b</a>)`,
	} {
		c.ask(command, "501 locked by another client")
	}
	c.ask(`DeleteStorageFile * FILE "dir/digits"`, "200 OK")
}

// A file of a skin that no answer has room for is not sent in part.
func TestSkinFileIsTooLarge(t *testing.T) {
	t.Parallel()
	views := fixture.Views(openTestBase(t))
	c := dial(t, serve(t, &clisite.Server{Views: views}))
	c.login("admin")
	c.ask(`CreateDomainSkin client1.com SKIN new`, "200 OK")
	upload, err := views.View(filestore.Caller{Account: "admin@client1.com"}, "admin@client1.com").Create(t.Context(), "$DomainSkins/new/large", filestore.CreateOptions{})
	require.NoError(t, err)
	defer upload.Abort()
	_, err = upload.Write(make([]byte, 16<<20+1))
	require.NoError(t, err)
	_, err = upload.Commit()
	require.NoError(t, err)
	c.ask(`ReadDomainSkinFile client1.com SKIN new FILE large`, "501 file is too large for an answer")
	c.ask(`NOOP`, "200 OK")
}

// failing is a directory whose functions, if set, stand in for the real ones.
type failing struct {
	fixture.Server
	login, role, account func() error
}

func (f failing) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	if f.login != nil {
		return filestore.Caller{}, f.login()
	}
	return f.Server.Login(ctx, c)
}

func (f failing) Role(ctx context.Context, c filestore.Caller, account string) (filestore.Role, error) {
	if f.role != nil {
		return 0, f.role()
	}
	return f.Server.Role(ctx, c, account)
}

func (f failing) Account(ctx context.Context, address string) (filestore.Account, error) {
	if f.account != nil {
		return filestore.Account{}, f.account()
	}
	return f.Server.Account(ctx, address)
}

func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	fail := func() error { return &fs.PathError{Op: "open", Path: "/var/secret\r\n200 OK", Err: fs.ErrClosed} }
	panics := func() error { panic("/var/secret") }
	for _, row := range []struct {
		name      string
		directory failing
	}{
		{"error at the login", failing{login: fail}},
		{"panic at the login", failing{login: panics}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.directory.Server = accounts(t)
			c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(row.directory)}))
			c.expect("200 cgpkit PWD server ready")
			for range 3 {
				c.ask("USER john", "300 please send the PASS")
				c.ask("PASS john-pw", "501 internal error")
			}
			c.expectEnd()
		})
	}
	for _, row := range []struct {
		name      string
		directory failing
	}{
		{"error in a command", failing{role: fail}},
		{"panic in a command", failing{role: panics}},
		{"error in the directory", failing{account: fail}},
		{"panic in the directory", failing{account: panics}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.directory.Server = accounts(t)
			c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(row.directory)}))
			c.login("john")
			for range 2 { // the session goes on
				c.ask(`ReadStorageFile * FILE "public"`, "501 internal error")
				c.ask(`DeleteStorageFile * FILE "public"`, "501 internal error")
			}
		})
	}
}

// halfRead is a store whose listings and files break off.
type halfRead struct {
	filestore.Store
	all bool
}

func (s halfRead) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		if yield(nil, errors.New("/var/secret")) && !s.all {
			s.Store.List(ctx, dir, o)(yield)
		}
	}
}

func TestListingWithABrokenEntry(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		d := accounts(t)
		d.Update("john@client1.com", func(a *fixture.Account) { a.Store = halfRead{a.Store, all} })
		c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
		c.login("john")
		if all {
			c.ask(`ListStorageFiles * PATH "dir"`, "501 internal error")
			continue
		}
		c.ask(`ListStorageFiles * PATH "dir"`, "200 data follows")
		require.Contains(t, c.read(), "digits={")
	}
}
