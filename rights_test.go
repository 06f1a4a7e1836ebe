package cgpkit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// callers are the columns of the matrix, by their letters.
var callers = []struct{ letter, account string }{
	{"a", ""},
	{"o", "mary@client1.com"},
	{"e", "ann@client2.com"},
	{"l", "guest@client1.com"},
	{"J", john},
	{"d", "manager@client1.com"},
	{"f", "boss@client2.com"},
	{"s", "admin@client1.com"},
	{"M", "postmaster@client1.com"},
	{"t", "tftpuser@client1.com"},
}

// cell is one expectation of the matrix.
type cell struct {
	place, account, name string
	operation            string
	caller               string // address; empty: a stranger
	want                 string
}

// matrix reads filestore/testdata/rights.txt: below each place the operations,
// and a letter for what comes of them for each caller.
func matrix(t *testing.T) []cell {
	t.Helper()
	text, err := os.ReadFile("filestore/testdata/rights.txt")
	require.NoError(t, err)
	outcomes := map[string]string{"y": ok, "n": refused, "-": notThere, "x": reserved}
	var cells []cell
	var place cell
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, strings.Fields(lines[0]), len(callers))
	for i, letter := range strings.Fields(lines[0]) {
		require.Equal(t, callers[i].letter, letter)
	}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case line[0] != ' ':
			place = cell{account: john, name: fields[len(fields)-1]}
			place.place = strings.TrimSpace(strings.TrimSuffix(line, place.name))
			if rest, other := strings.CutPrefix(place.name, "~"); other {
				account, name, _ := strings.Cut(rest, "/")
				place.account, place.name = account+"@client1.com", name
			}
		default:
			operations := fields[:len(fields)-len(callers)]
			for _, operation := range operations {
				for i, letter := range fields[len(operations):] {
					c := place
					c.operation, c.caller, c.want = operation, callers[i].account, outcomes[letter]
					require.NotEmpty(t, c.want, line)
					cells = append(cells, c)
				}
			}
		}
	}
	return cells
}

// all gives guest every letter.
const all = `<ACL><subKey key="guest">lrwda</subKey></ACL>`

// trees are what the accounts and mounts of the matrix hold.
var trees = map[string]map[string]string{
	john: {
		"dir.meta": "<meta>" + all + "</meta>", "dir/page.html": "page", "dir/page.html.meta": "<meta><title/></meta>",
		"dir/sub.meta": "<meta>" + all + "</meta>", "dir/sub/x": "x",
		"private.meta":     "<meta>" + all + "</meta>",
		"private/box.meta": "<meta>" + all + "<accessPwd><key>right</key></accessPwd></meta>", "private/box/secret": "secret", "private/box/secret.meta": "<meta><title/></meta>",
		"private/box/sub.meta": "<meta>" + all + "</meta>", "private/box/sub/x": "x",
		"private/shelf.meta": "<meta>" + all + "</meta>", "private/shelf/x": "x", "private/shelf/closed/secret": "secret",
		"private/other/secret": "secret",
	},
	"off@client1.com": {
		"dir/page.html": "page", "private/box/secret": "secret", "private/box.meta": "<meta><accessPwd><key>right</key></accessPwd></meta>",
		"dir/listed": "x", "dir/listed.meta": "<meta>" + all + "</meta>",
	},
	"$DomainSkins":  {"skin/file": "x", "skin.meta": "<meta>" + all + "</meta>"},
	"$ServerPBXApp": {"en/file": "x", "en/file.meta": "<meta>" + all + "</meta>"},
	"$DomainPBXApp": {"file": "x"},
}

// base is a base directory with the accounts of the matrix. Their files are in
// memory.
func base(t *testing.T, tftpuser bool) *directory.Base {
	t.Helper()
	return baseOn(t, tftpuser, &directory.Options{
		OpenStore: func(string, bool) (filestore.Store, error) { return memstore.New(), nil },
	})
}

// baseOn is base with files where the options say.
func baseOn(t *testing.T, tftpuser bool, o *directory.Options) *directory.Base {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	write("Settings/Main.settings", "{DomainName=client1.com;}")
	write("Accounts/Settings/Access.settings", "{admin=(UserAccounts);postmaster=(Master);manager=(CanAccessWebSites);}")
	write("Domains/client2.com/Settings/Access.settings", "{boss=(CanAccessWebSites);}")
	for _, name := range []string{"john", "mary", "guest", "manager", "admin", "postmaster"} {
		write("Accounts/"+name+".macnt/account.settings", fmt.Sprintf("{Password=%q;}", name+"-pw"))
	}
	write("Accounts/off.macnt/account.settings", `{Password="off-pw";AccessModes=(26,FTP,PWD);}`)
	write("Domains/client2.com/ann.macnt/account.settings", `{Password="ann-pw";}`)
	write("Domains/client2.com/boss.macnt/account.settings", `{Password="boss-pw";}`)
	if tftpuser {
		write("Accounts/tftpuser.macnt/account.settings", "{}")
	}
	b, err := directory.Open(dir, o)
	require.NoError(t, err)
	restore(t, b)
	return b
}

// boundless are limits that allow everything.
var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// restore makes the trees what they are to be, past all rights.
func restore(t *testing.T, d *directory.Base) {
	t.Helper()
	for where := range trees {
		restoreOf(t, d, where)
	}
}

// restoreOf does so for one of them.
func restoreOf(t *testing.T, d *directory.Base, where string) {
	t.Helper()
	if tree, ok := trees[where]; ok {
		s := storeOf(t, d, where)
		for info, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			require.NoError(t, err)
			err = s.Remove(t.Context(), info.Name(), filestore.RemoveOptions{Recursive: true})
			require.True(t, err == nil || errors.Is(err, fs.ErrNotExist), "%v", err) // with its file
		}
		for name, content := range tree {
			store(t.Context(), t, s, name, content)
		}
	}
}

// storeOf returns the store of an account, or of a mount in john's storage.
func storeOf(t *testing.T, d *directory.Base, where string) filestore.Store {
	t.Helper()
	if strings.HasPrefix(where, "$") {
		s, err := d.Stores().(filestore.Mounts).Mount(t.Context(), "client1.com", where)
		require.NoError(t, err)
		return s
	}
	s, err := d.Stores().Store(t.Context(), where)
	require.NoError(t, err)
	return s
}

func store(ctx context.Context, t *testing.T, s filestore.Store, name, content string) {
	t.Helper()
	for i := range name {
		if name[i] == '/' {
			err := s.Mkdir(ctx, name[:i], filestore.MkdirOptions{}, boundless)
			require.True(t, err == nil || errors.Is(err, fs.ErrExist), "%v", err)
		}
	}
	if of, ok := filestore.SidecarOf(name); ok {
		_, err := s.SetSidecar(ctx, of, []byte(content), filestore.SidecarOptions{}, boundless)
		require.NoError(t, err)
		return
	}
	u, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
	require.NoError(t, err)
	defer u.Abort()
	_, err = u.Write([]byte(content))
	require.NoError(t, err)
	_, err = u.Commit()
	require.NoError(t, err)
}

// Everybody may do what the matrix says, and nothing else, by every way in.
func TestRights(t *testing.T) {
	t.Parallel()
	cells := matrix(t)
	require.Greater(t, len(cells), 800)
	for _, open := range []func(*testing.T) (wayIn, *directory.Base){
		func(t *testing.T) (wayIn, *directory.Base) { d := base(t, true); return overNothing(d), d },
		func(t *testing.T) (wayIn, *directory.Base) { d := base(t, true); return overHTTP(t, d, nil), d },
		func(t *testing.T) (wayIn, *directory.Base) { d := base(t, true); return overFTP(t, d, nil), d },
		func(t *testing.T) (wayIn, *directory.Base) { d := base(t, false); return overTFTP(t, d, "", nil), d },
		func(t *testing.T) (wayIn, *directory.Base) {
			d := base(t, true)
			return overTFTP(t, d, tftpuser, nil), d
		},
		func(t *testing.T) (wayIn, *directory.Base) { d := base(t, true); return overCLI(t, d, nil), d },
	} {
		w, d := open(t)
		t.Run(w.name, func(t *testing.T) { tryAll(t, w, d, cells) })
	}
}

// TestRightsShared: they may do the same where files are in a database.
func TestRightsShared(t *testing.T) {
	if testing.Short() {
		t.Skip("the matrix of rights once more")
	}
	t.Parallel()
	database := fixture.NewPostgres(t).Database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), database))
	stores, err := pgstore.Open(t.Context(), pgstore.Config{Database: database, Inline: 4}) // so that contents are in rows and in pieces
	require.NoError(t, err)
	defer func() { require.NoError(t, stores.Close()) }()
	d := baseOn(t, true, &directory.Options{Stores: stores})
	tryAll(t, overNothing(d), d, matrix(t))
}

const tftpuser = "tftpuser@client1.com"

// overNothing asks views themselves.
func overNothing(d fixture.Server) wayIn {
	return wayIn{
		name:  "view",
		codes: func(_, outcome string, _ bool) string { return strings.ReplaceAll(outcome, " ", "-") },
		try: func(t *testing.T, user, operation, account, name string) string {
			caller := filestore.Caller{Account: user, Limited: strings.HasPrefix(user, "tftpuser@")}
			return strings.ReplaceAll(outcomeOf(t.Context(), fixture.Views(d).View(caller, account), operation, name), " ", "-")
		},
	}
}

// tryAll tries every cell of the matrix.
func tryAll(t *testing.T, w wayIn, d *directory.Base, cells []cell) {
	t.Helper()
	tried := 0
	for _, c := range cells {
		if skips(w.name, c, tftpuser) {
			continue
		}
		got := w.try(t, c.caller, c.operation, c.account, c.name)
		if got == "" {
			continue
		}
		tried++
		require.Contains(t, strings.Fields(w.codes(c.operation, c.want, c.caller == "")), got,
			"%q: %s %s: %s of %s", c.caller, c.operation, c.place, c.name, c.account)
		if c.want == ok && c.operation != "read" && c.operation != "list" {
			where := c.account
			if top := filestore.TopOf(c.name); top != filestore.Root {
				where = top
			}
			restoreOf(t, d, where)
		}
	}
	require.Greater(t, tried, 20)
	for where, tree := range trees {
		for name, content := range tree {
			require.EqualValues(t, len(content), sizeOf(t, storeOf(t, d, where), name), "nobody has changed anything")
		}
	}
}

// sizeOf returns the size of a file or a sidecar.
func sizeOf(t *testing.T, s filestore.Store, name string) int64 {
	t.Helper()
	if of, ok := filestore.SidecarOf(name); ok {
		side, err := s.Sidecar(t.Context(), of, "")
		require.NoError(t, err, name)
		return side.Size
	}
	info, err := s.Stat(t.Context(), name)
	require.NoError(t, err, name)
	return info.Size()
}

// skips reports whether a protocol does something else there: tftpuser comes
// by TFTP only, the management page is HTTP's own, and FTP and CLI remove no
// directory that has entries.
func skips(way string, c cell, tftpuser string) bool {
	directory := strings.Contains(c.place, "directory") || strings.HasSuffix(c.place, "itself")
	switch way {
	case "HTTP":
		return c.caller == tftpuser || c.operation == "read" && strings.HasSuffix(c.name, "index.wssp")
	case "FTP", "CLI":
		return c.caller == tftpuser || directory && c.operation == "remove"
	}
	return false
}
