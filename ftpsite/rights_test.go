package ftpsite_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const keyed = `<meta><accessPwd><key>K3Y</key></accessPwd></meta>`

// TestRights: who may do what in the storage of john.
func TestRights(t *testing.T) {
	t.Parallel()
	const yes, no, bad = "226", "550", "553"
	users := []string{"john", "mary", "admin", "anonymous"}
	for _, row := range []struct {
		name    string
		command string
		want    [4]string // of the owner, another, an administrator, a stranger
	}{
		{"read public", "RETR public.txt", [4]string{yes, yes, yes, yes}},
		{"read private", "RETR private/secret.txt", [4]string{yes, no, yes, no}},
		{"read private in capitals", "RETR PRIVATE/secret.txt", [4]string{no, no, no, no}},
		{"read a sidecar", "RETR public.txt.meta", [4]string{yes, no, yes, no}},
		{"read by key", "RETR protected/pwd/K3Y/secret.txt", [4]string{yes, yes, yes, yes}},
		{"read by a wrong key", "RETR protected/pwd/WRONG/secret.txt", [4]string{no, no, no, no}},
		{"write by key", "STOR protected/pwd/K3Y/new", [4]string{no, no, no, no}},
		{"list public", "NLST dir", [4]string{yes, yes, yes, yes}},
		{"list private", "NLST private", [4]string{yes, no, yes, no}},
		{"list by key", "NLST protected/pwd/K3Y", [4]string{yes, yes, yes, yes}},
		{"create", "STOR new", [4]string{yes, no, yes, no}},
		{"replace", "STOR public.txt", [4]string{yes, no, yes, no}},
		{"append", "APPE public.txt", [4]string{yes, no, yes, no}},
		{"create in private", "STOR private/new", [4]string{yes, no, yes, no}},
		{"create a sidecar", "STOR new.meta", [4]string{yes, no, yes, no}},
		{"create a page", "STOR index.wssp", [4]string{no, no, no, no}},
		{"make a directory", "MKD new", [4]string{"257", no, "257", no}},
		{"remove a file", "DELE public.txt", [4]string{"250", no, "250", no}},
		{"remove a missing file", "DELE missing", [4]string{no, no, no, no}},
		{"remove a directory", "RMD dir/empty", [4]string{"250", no, "250", no}},
		{"enter private", "CWD private", [4]string{"250", "250", "250", no}},
		{"size of a private file", "SIZE private/secret.txt", [4]string{"213", no, "213", no}},
		{"time of a private file", "MDTM private/secret.txt", [4]string{"213", no, "213", no}},
		{"facts of a private file", "MLST private/secret.txt", [4]string{"250", no, "250", no}},
		{"rename of a private file", "RNFR private/secret.txt", [4]string{"350", no, "350", no}},
		{"bad name", "STOR a\\b", [4]string{bad, bad, bad, bad}},
	} {
		for i, user := range users {
			t.Run(row.name+" by "+user, func(t *testing.T) {
				t.Parallel()
				d := newDirectory()
				d.Write(t, john, "public.txt", "public")
				d.Write(t, john, "public.txt.meta", "<meta/>")
				d.Write(t, john, "dir/empty/x", "")
				d.Write(t, john, "private/secret.txt", "secret")
				d.Write(t, john, "private.meta", keyed)
				require.NoError(t, d.Files(t, john).Remove(t.Context(), "dir/empty/x", filestore.RemoveOptions{}))
				c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true}), user)
				c.want("250", "CWD ~john")
				require.Equal(t, row.want[i], c.try(row.command))
			})
		}
	}
}

func TestAnonymousIsOff(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())}))
	c.want("220", "")
	for _, user := range []string{"anonymous", "ftp"} {
		c.want("331", "USER "+user)
		c.want("530", "PASS me@example.com")
	}
}

// TestAnonymousAccount: a real account called ftp is itself, and its name does
// not open the door to strangers.
func TestAnonymousAccount(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	account, err := d.Account(t.Context(), mary)
	require.NoError(t, err)
	account.Address = "ftp@client1.com"
	files := d.Files(t, mary)
	d.Update(account.Address, func(a *fixture.Account) { a.Account, a.Store = account, files })
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true}))
	c.want("220", "")
	c.want("331", "USER ftp")
	c.want("530", "PASS me@example.com")
	c.want("331", "USER ftp")
	c.want("230", "PASS ftp-pw")
	c.want("257", "MKD mine")
	c.want("331", "USER anonymous")
	c.want("230", "PASS me@example.com")
	c.want("550", "MKD mine")
}

// TestSessionsAreApart: many clients at once, each sees its own storage.
func TestSessionsAreApart(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	users := []string{"john", "mary", "admin"}
	for _, user := range users {
		d.Write(t, user+"@"+fixture.MainDomain, "who", user)
	}
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	var clients sync.WaitGroup
	for i := range 12 {
		user := users[i%len(users)]
		c := login(t, addr, user)
		clients.Go(func() {
			for range 20 {
				if got := c.get("RETR who"); got != user {
					t.Errorf("%s got the file of %s", user, got)
				}
			}
		})
	}
	clients.Wait()

	// One connection, one user after the other.
	c := login(t, addr, "john")
	c.want("350", "RNFR who")
	c.want("350", "REST 2")
	c.login("mary")
	c.want("503", "RNTO stolen")
	require.Equal(t, "mary", c.get("RETR who"))
}
