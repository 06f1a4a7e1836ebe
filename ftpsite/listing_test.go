package ftpsite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func TestListings(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "b with space.txt", "12345")
	d.Write(t, john, "a/inside", "x")
	d.Write(t, john, "private/secret", "x")
	d.Write(t, john, "a.meta", "<meta/>")
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true})
	owner := login(t, addr, "john")
	other := login(t, addr, "mary")
	stranger := dial(t, addr)
	stranger.want("220", "")
	stranger.want("331", "USER ftp")
	stranger.want("230", "PASS x@y")

	for _, row := range []struct {
		name    string
		client  *client
		command string
		want    string
	}{
		{"own", owner, "NLST", "a\r\na.meta\r\nb with space.txt\r\nprivate\r\n"},
		{"by another", other, "NLST ~john", "~john/a\r\n~john/b with space.txt\r\n"},
		{"by a stranger", stranger, "NLST /~john@client1.com/", "/~john@client1.com/a\r\n/~john@client1.com/b with space.txt\r\n"},
		{"root of a stranger", stranger, "NLST", ""},
		{"root of a stranger, long", stranger, "LIST -a", ""},
		{"root of a stranger, facts", stranger, "MLSD /", ""},
		{"nothing of others at the top", other, "NLST /", ""},
		{"flags", owner, "NLST -la", "a\r\na.meta\r\nb with space.txt\r\nprivate\r\n"},
		{"flags and a name", owner, "NLST -a -l a", "a/inside\r\n"},
		{"a file", owner, "NLST b with space.txt", "b with space.txt\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.client.t = t
			require.Equal(t, row.want, row.client.get(row.command))
		})
	}

	t.Run("shapes", func(t *testing.T) {
		owner.t = t
		require.Regexp(t, `^drwxr-xr-x 1 ftp ftp +0 [A-Z][a-z]{2} [ \d]\d [\d:]{5} a\r\n`+
			`-rw-r--r-- 1 ftp ftp +7 \S+ +\S+ \S+ a.meta\r\n`+
			`-rw-r--r-- 1 ftp ftp +5 \S+ +\S+ \S+ b with space.txt\r\n`+
			`drwxr-xr-x .* private\r\n$`, owner.get("LIST"))
		require.Regexp(t, `^-rw-r--r-- 1 ftp ftp +5 .* b with space.txt\r\n$`, owner.get("LIST -l b with space.txt"))
		require.Regexp(t, `^Type=dir;Size=0;Modify=\d{14}; a\r\nType=file;Size=7;Modify=\d{14}; a.meta\r\n`, owner.get("MLSD"))
		require.Contains(t, owner.want("250", "MLST a/inside"), "; /a/inside\n")
	})
	t.Run("refused", func(t *testing.T) {
		for client, commands := range map[*client][]string{
			owner:    {"LIST nowhere", "NLST nowhere", "MLSD nowhere"},
			other:    {"LIST ~john/private", "MLSD ~nobody", "LIST ~john/private/nowhere"},
			stranger: {"LIST ~john/private", "NLST ~nobody/private", "LIST ~off"},
		} {
			for _, command := range commands {
				require.Equal(t, "550", client.try(command), command)
			}
		}
	})
}

// TestListingArguments: patterns for the last segment, flags of ls in every
// combination, and names that look like either.
// newborn is a store in which nothing has been stored yet: its top has no time.
type newborn struct{ filestore.Store }

func (s newborn) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	found, err := s.Store.Stat(ctx, name)
	if err == nil && name == filestore.Root {
		found = timeless{found}
	}
	return found, err
}

type timeless struct{ filestore.FileInfo }

func (timeless) ModTime() time.Time { return time.Time{} }

// TestNoTime: what has no time is as old as what FTP makes up itself, and not of
// the year 1, which clients cannot read.
func TestNoTime(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	wrap(d, mary, func(s filestore.Store) filestore.Store { return newborn{s} })
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	c := login(t, addr, "mary")
	require.Contains(t, c.want("250", "MLST /"), "Type=dir;Size=0;Modify=19700101000000; /\n")
	require.Contains(t, c.want("250", "MLST"), "Modify=19700101000000; ")
	require.Contains(t, login(t, addr, "admin").want("250", "MLST ~mary"), "Modify=19700101000000; ")
}

func TestListingArguments(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	for _, name := range []string{
		"a.txt", "b.txt", "b1.txt", "c.html", "[x].txt", "star*", "-la", "-name", "--", " blank", "dir/one.txt", "dir/two.html", "dir/-d", "dir/sub/deep.txt",
	} {
		d.Write(t, john, name, name)
	}
	d.Write(t, mary, "page.html", "x")
	d.Write(t, mary, "page.html.meta", "<meta/>")
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	c := login(t, addr, "john")
	lines := func(names ...string) string {
		if len(names) == 0 {
			return ""
		}
		return strings.Join(names, "\r\n") + "\r\n"
	}
	all := lines(" blank", "--", "-la", "-name", "[x].txt", "a.txt", "b.txt", "b1.txt", "c.html", "dir", "star*")
	for argument, want := range map[string]string{
		"":                  all,
		" ":                 all,
		"-a":                all,
		"-l -a":             all,
		"-l  -a ":           all,
		"-1 --":             all,
		".":                 all,
		"*.txt":             lines("[x].txt", "a.txt", "b.txt", "b1.txt"),
		"b*":                lines("b.txt", "b1.txt"),
		"b?.txt":            lines("b1.txt"),
		"[ab].txt":          lines("a.txt", "b.txt"),
		"[a-c]*":            lines("a.txt", "b.txt", "b1.txt", "c.html"),
		"[!a-b].*":          lines("c.html"),
		"[^a]*.html":        lines("c.html"),
		"[x].txt":           lines("[x].txt"), // its own name
		"star*":             lines("star*"),
		"-la *.html":        lines("c.html"),
		"-la  *.html":       lines("c.html"),
		"-l -- *.html":      lines("c.html"),
		"dir/*.txt":         lines("dir/one.txt"),
		"/dir/*.txt":        lines("/dir/one.txt"),
		"dir/*":             lines("dir/-d", "dir/one.txt", "dir/sub", "dir/two.html"),
		"d*":                lines("dir"), // and not what is in it
		"*/one.txt":         "550",
		"*.none":            "550",
		"[":                 "550",
		"[a":                "550",
		"dir/none*":         "550",
		"nowhere/*":         "550",
		"-la":               all, // although there is such a file
		"-d1Lt":             all,
		"./-la":             lines("./-la"),
		"-- -la":            lines("-la"),
		"-l -- -la":         lines("-la"),
		"-l*":               lines("-la"),
		"-":                 "550",
		"-name":             lines("-name"),
		"-- -name":          lines("-name"),
		"-l -name":          lines("-name"),
		"--":                all,
		"-- --":             lines("--"),
		"-la dir":           lines("dir/-d", "dir/one.txt", "dir/sub", "dir/two.html"),
		"-a  dir":           lines("dir/-d", "dir/one.txt", "dir/sub", "dir/two.html"),
		"  dir":             lines("dir/-d", "dir/one.txt", "dir/sub", "dir/two.html"),
		" blank":            "550",
		"./ blank":          lines("./ blank"),
		"-x.y":              "550",
		"a.txt":             lines("a.txt"),
		"/dir/one.txt":      lines("/dir/one.txt"),
		"a.txt/":            "550",
		"~mary/*":           lines("~mary/page.html"), // a pattern shows no more than a listing
		"~mary/*.meta":      "550",
		"~mary/p*":          lines("~mary/page.html"),
		"~mary/private/*":   "550",
		"~nobody/*":         "550",
		"~mary@client1.com": lines("~mary@client1.com/page.html"),
	} {
		c.t = t
		if want == "550" {
			require.Equal(t, "550", c.try("NLST "+argument), argument)
			require.Equal(t, "550", c.try("LIST "+argument), argument)
		} else {
			require.Equal(t, want, c.get("NLST "+argument), argument)
			require.Equal(t, strings.Count(want, "\n"), strings.Count(c.get("LIST "+argument), "\n"), argument)
		}
	}
	c.want("250", "CWD dir")
	require.Equal(t, lines("-d"), c.get("NLST -- -d"))
	require.Equal(t, lines("one.txt"), c.get("NLST *.txt"))
	require.Equal(t, lines("sub/deep.txt"), c.get("NLST sub/*"))
	require.Equal(t, lines("/a.txt"), c.get("NLST /a*"))
	require.Equal(t, lines("../a.txt"), c.get("NLST ../a.txt"))
	require.Equal(t, lines("../dir/-d", "../dir/one.txt", "../dir/sub", "../dir/two.html"), c.get("NLST ../dir/"))
	require.Equal(t, lines("/-la", "/-name"), c.get("NLST /-[ln]*"))
	require.Equal(t, strings.ReplaceAll("\n"+all, "\n", "\n/"), "\n"+c.get("NLST /")+"/")

	// RFC 3659 §7.2.1: MLSD is for directories, and knows no patterns.
	require.Equal(t, "501", c.try("MLSD one.txt"))
	require.Equal(t, "550", c.try("MLSD *"))
	require.Equal(t, "550", c.try("MLSD -a"))
}

// TestDates: as POSIX ls -l has them.
func TestDates(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "x")
	now := time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Now: func() time.Time { return now }}), "john")
	for set, want := range map[string]string{
		"20260715115959": "Jul 15 11:59",
		"20260715120000": "Jul 15 12:00",
		"20260601080509": "Jun  1 08:05",
		"20260120000000": "Jan 20 00:00",
		"20260101000000": "Jan  1  2026",
		"20251231235959": "Dec 31  2025",
		"20260715120001": "Jul 15  2026", // in the future
		"19991102030405": "Nov  2  1999",
	} {
		c.want("213", "MFMT "+set+" file")
		require.Equal(t, "-rw-r--r-- 1 ftp ftp            1 "+want+" file\r\n", c.get("LIST file"))
	}
}

// TestOnTheWay: on the way to a share, or to what an access control list opens,
// there is nothing to see, whatever is there.
func TestOnTheWay(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "private/secret.txt", "secret")
	d.Write(t, john, "private.meta", keyed)
	d.Write(t, john, "private/box/open.txt", "open to mary")
	d.Write(t, john, "private/box.meta", `<meta><ACL><subKey key="mary">lr</subKey></ACL></meta>`)
	d.Write(t, john, "private/box/one/f", "x")
	d.Write(t, john, "private/box/one/f.meta", `<meta><accessPwd><key>F1LE</key></accessPwd></meta>`)
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true})
	mary, stranger := login(t, addr, "mary"), login(t, addr, "ftp")

	for _, step := range []string{"~john", "private"} {
		mary.want("250", "CWD "+step)
	}
	require.Empty(t, mary.get("NLST"))
	require.Empty(t, mary.get("LIST -la"))
	require.Empty(t, mary.get("MLSD"))
	mary.want("250", "CWD box")
	require.Equal(t, "open.txt\r\n", mary.get("NLST"))
	require.Equal(t, "open to mary", mary.get("RETR open.txt"))
	mary.want("250", "CDUP")
	mary.want("250", "CDUP")
	mary.want("257", "PWD")
	require.Equal(t, "550", stranger.try("CWD ~john/private"))

	for _, c := range []*client{mary, stranger} {
		c.want("250", "CWD /~john")
		for _, step := range []string{"protected", "box", "one", "pwd"} {
			c.want("250", "CWD "+step)
			require.Empty(t, c.get("LIST"), step)
			require.Empty(t, c.get("NLST -a"), step)
			require.Empty(t, c.get("MLSD"), step)
		}
		c.want("250", "CWD F1LE") // the key is that of the file alone
		require.Equal(t, "550", c.try("NLST"))
		require.Equal(t, "x", c.get("RETR f"))
		c.want("250", "CWD /~john/protected/pwd/K3Y/box")
		require.Equal(t, "one\r\nopen.txt\r\n", c.get("NLST"))
		c.want("250", "CWD /~john/protected/pwd/W0NG/box")
		for _, command := range []string{"NLST", "LIST", "MLSD", "RETR open.txt", "SIZE open.txt", "NLST *"} {
			require.Equal(t, "550", c.try(command), command)
		}
		require.Empty(t, c.get("NLST /~john/protected/nothing/of/the/kind"))
	}
}

// TestOnTheWayWithoutWebSite: lists count where the WebSite service is off, so those who
// have logged in go step by step, and learn no more than of an account that is not there.
func TestOnTheWayWithoutWebSite(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	for _, dir := range []string{"private/box", "docs/box"} {
		d.Write(t, john, dir+"/open.txt", "open to mary")
		d.Write(t, john, dir+".meta", `<meta><ACL><subKey key="mary">lr</subKey></ACL></meta>`)
	}
	d.Write(t, john, "docs/other/closed.txt", "closed")
	d.Update(john, func(a *fixture.Account) { a.WebSite = false })
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true})
	mary, stranger := login(t, addr, "mary"), login(t, addr, "ftp")
	for _, path := range []string{"~john/private/box", "~john/docs/box"} {
		mary.want("250", "CWD /")
		for _, step := range strings.Split(path, "/") {
			require.Empty(t, mary.get("NLST"))
			mary.want("250", "CWD "+step)
		}
		require.Equal(t, "open.txt\r\n", mary.get("NLST"))
		require.Equal(t, "open to mary", mary.get("RETR open.txt"))
		mary.want("250", "CDUP")
		mary.want("250", "CDUP")
	}
	for _, account := range []string{"~john", "~nobody"} {
		for _, dir := range []string{"", "/docs", "/docs/other", "/docs/other/nothing"} {
			mary.want("250", "CWD /"+account+dir)
			require.Empty(t, mary.get("LIST"))
			require.Equal(t, "550", mary.try("RETR closed.txt"))
			require.Equal(t, "550", mary.try("LIST /"+account+dir))
			require.Equal(t, "550", stranger.try("CWD /"+account+dir))
		}
	}
	mary.want("250", "CWD /~mary")
	require.Equal(t, "550", mary.try("CWD nothing"))
}

// TestListingOfLargeSidecars: a listing that would have to read more sidecars than
// one request may is refused, and does not look like an empty one.
func TestListingOfLargeSidecars(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "private/box.meta", `<meta><ACL><subKey key="mary">lr</subKey></ACL></meta>`)
	for _, name := range []string{"a", "b", "c"} {
		d.Write(t, john, "private/box/"+name, "x")
		d.Write(t, john, "private/box/"+name+".meta", `<meta><x>`+strings.Repeat("y", filestore.MaxSidecarBytes-20)+`</x></meta>`)
	}
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "mary")
	c.want("250", "CWD ~john/private/box")
	for _, command := range []string{"LIST", "NLST", "MLSD", "LIST -la", "LIST *", "MLSD ~john/private/box"} {
		require.Equal(t, "550", c.try(command), command)
	}
	require.Equal(t, "x", c.get("RETR a"), "each one by itself can be read")
}

// TestUniqueNames: STOU finds a new name and tells it.
func TestUniqueNames(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	seen := map[string]bool{}
	for _, command := range []string{"STOU", "STOU", "STOU note.txt", "STOU note.txt"} {
		conn := c.dataFor(command)
		name, ok := strings.CutPrefix(conn.announcement, "150 FILE: ")
		require.True(t, ok, conn.announcement)
		require.False(t, seen[name])
		seen[name] = true
		_, err := conn.Write([]byte(command))
		require.NoError(t, err)
		conn.Close()
		require.Equal(t, "226 Transfer complete (unique file name:"+name+").", c.want("226", ""))
		wantFile(t, d, john, name, command)
		require.Equal(t, strings.HasSuffix(command, "txt"), strings.HasPrefix(name, "note.txt."))
	}
	require.Equal(t, "550", c.try("STOU ~mary/x"))
	require.Equal(t, "550", c.try("STOU dir/"))
}

// longDirectory is a store with so many files in each directory, of which one
// cannot be read.
type longDirectory struct {
	filestore.Store
	entries, fault int
	about          string // what the error is about
}

func (s longDirectory) List(ctx context.Context, dir string, _ filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		one, err := s.Stat(ctx, "one")
		for i := range s.entries {
			if i == s.fault {
				one, err = nil, &fs.PathError{Op: "list", Path: s.about, Err: errors.New("fault")}
			}
			if !yield(renamed{one, fmt.Sprintf("f%05d", i)}, err) {
				return
			}
			if err != nil {
				one, err = s.Stat(ctx, "one")
			}
		}
	}
}

type renamed struct {
	filestore.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }
func (r renamed) Path() string { return r.name }

// TestLongListing: all entries of a directory come, however many, or the client
// learns that they have not. What nothing can be told of is left out.
func TestLongListing(t *testing.T) {
	t.Parallel()
	const entries = 6000
	for _, row := range []struct {
		name, about string
		fault       int
		end         string
		want        int
	}{
		{name: "whole", fault: -1, end: "226", want: entries},
		{name: "an entry cannot be read", about: "f", fault: 5000, end: "226", want: entries - 1},
		{name: "not read to the end", about: ".", fault: 5000, end: "451", want: 5000},
		{name: "hardly begun", about: ".", fault: 10, end: "451"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			d.Write(t, john, "one", "x")
			wrap(d, john, func(s filestore.Store) filestore.Store { return longDirectory{s, entries, row.fault, row.about} })
			c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
			if row.want == 0 {
				require.Equal(t, row.end, c.try("NLST"))
				return
			}
			data := c.data("NLST")
			got, err := io.ReadAll(data)
			c.want(row.end, "")
			names := strings.Fields(string(got))
			if row.end != "226" {
				require.Less(t, len(names), entries)
				return
			}
			require.NoError(t, err)
			slices.Sort(names)
			require.Len(t, slices.Compact(names), row.want)
		})
	}
}
