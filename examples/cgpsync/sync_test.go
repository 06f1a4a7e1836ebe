package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// newBase makes a base directory with accounts, of which postmaster administers the
// server.
func newBase(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Settings/Main.settings":                     "{DomainName = client1.com;}\n",
		"Settings/DomainDefault.settings":            "{AccountDefaults = {MaxWebFiles=unlimited;MaxWebSize=unlimited;};}\n",
		"Accounts/Settings/Access.settings":          "{postmaster = (Master);}\n",
		"Accounts/postmaster.macnt/account.settings": "{Password = secret;}\n",
		"Accounts/john.macnt/account.settings":       "{Password = secret;}\n",
		"Accounts/mary.macnt/account.settings":       "{Password = secret;}\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

// serve serves a base directory by the CLI, and returns host:port.
func serve(t testing.TB, dir string) string {
	t.Helper()
	base, err := directory.Open(dir, nil)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &clisite.Server{Views: filestore.NewViews(base, base.Stores(), nil)}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
		require.NoError(t, base.Close())
	})
	return l.Addr().String()
}

func write(t testing.TB, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}

// contents returns all files below a directory, and directories with a slash behind.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		switch {
		case err != nil || name == ".":
			return err
		case d.IsDir():
			all[name+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(path)
		all[name] = string(text)
		return err
	}))
	return all
}

// site is a storage with all that there is.
func site(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	then := time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC)
	for name, text := range map[string]string{
		"default.html": "<html>", "empty": "", "a b/ü.txt": "text", "private/diary": strings.Repeat("x", 3<<20), "private.meta": "<meta><accessPwd><key>K</key></accessPwd></meta>",
		"a b/ü.txt.meta": "<meta><title>T</title></meta>", "orphan.meta": "<meta/>", "d/e/f/g": "deep", "d/e.meta": "<meta><title>E</title></meta>",
	} {
		write(t, filepath.Join(dir, name), text)
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), then, then))
	}
	return dir
}

// result is how a run ended.
type result struct {
	status   int
	out, err string
}

func cgpsync(t testing.TB, state string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	status := run(t.Context(), append([]string{"-state", state}, args...), &out, &errOut)
	return result{status, out.String(), errOut.String()}
}

func setPasswords(t *testing.T) {
	t.Setenv("CGPSYNC_FROM_PASSWORD", "secret")
	t.Setenv("CGPSYNC_TO_PASSWORD", "secret")
}

// Every kind of place can be left and joined, and what has come is the same.
func TestBetweenAllPlaces(t *testing.T) {
	setPasswords(t)
	source := site(t)
	want := contents(t, source)
	far := "cgp://postmaster@" + serve(t, newBase(t)) + "/"
	near := newBase(t)
	database := fixture.NewPostgres(t).Database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), database))
	last, state := t.TempDir(), t.TempDir()
	steps := []string{source, far + "john", far + "mary", "base:" + near + ":john", "base:" + near + ":mary@client1.com", "store:" + near + ":mary", far + "postmaster", "store:" + near + ":john@client1.com", last}
	for i := range len(steps) - 1 {
		r := cgpsync(t, state, "-store", database, "-verify", steps[i], steps[i+1])
		require.Equal(t, exitSame, r.status, "%s: %s%s", steps[i+1], r.out, r.err)
		require.Contains(t, r.out, "9 of 9 files copied", steps[i+1])
		require.Contains(t, r.out, "9 verified")
		r = cgpsync(t, state, "-store", database, steps[i], steps[i+1])
		require.Equal(t, exitSame, r.status, r.err)
		require.Contains(t, r.out, "0 of 0 files copied, 0 B", "%s: nothing is left to do: %s", steps[i+1], r.out)
	}
	require.Equal(t, want, contents(t, last))

	// Without the servers between, times come along too, in the database to the microsecond.
	odd := time.Date(2005, 10, 22, 15, 24, 45, 123_456_789, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(source, "empty"), odd, odd))
	direct, again := t.TempDir(), t.TempDir()
	require.Equal(t, exitSame, cgpsync(t, state, source, direct).status)
	for range 2 {
		r := cgpsync(t, state, "-store", database, source, "store:"+near+":postmaster")
		require.Equal(t, exitSame, r.status, r.err)
	}
	r := cgpsync(t, state, "-store", database, source, "store:"+near+":postmaster")
	require.Contains(t, r.out, "0 of 0 files copied, 0 B")
	require.Equal(t, exitSame, cgpsync(t, state, "-store", database, "store:"+near+":postmaster", again).status)
	for name := range want {
		a, err := os.Stat(filepath.Join(source, name))
		require.NoError(t, err)
		b, err := os.Stat(filepath.Join(direct, name))
		require.NoError(t, err)
		require.True(t, a.IsDir() || a.ModTime().Equal(b.ModTime()), name)
		c, err := os.Stat(filepath.Join(again, name))
		require.NoError(t, err)
		require.True(t, a.IsDir() || a.ModTime().Truncate(time.Microsecond).Equal(c.ModTime()), name)
	}
}

// What is lost of the memory costs reading, and no writing.
func TestWithoutMemory(t *testing.T) {
	setPasswords(t)
	source := site(t)
	far := "cgp://john@" + serve(t, newBase(t)) + "/"
	require.Equal(t, exitSame, cgpsync(t, t.TempDir(), source, far).status)
	r := cgpsync(t, t.TempDir(), source, far)
	require.Equal(t, exitSame, r.status, r.err)
	require.NotContains(t, r.out, "copy \"")
	require.Contains(t, r.out, "9 of 9 files copied, 0 B")
}

func TestDryRunAndDelete(t *testing.T) {
	setPasswords(t)
	source := site(t)
	far := "cgp://john@" + serve(t, newBase(t)) + "/*"
	state := t.TempDir()
	r := cgpsync(t, state, "-n", source, far)
	require.Equal(t, exitSame, r.status, r.err)
	require.Contains(t, r.out, `would copy "a b/ü.txt"`)
	require.Contains(t, r.out, `would mkdir "d/e/f"`)
	require.Contains(t, r.out, "9 files to copy, 3072 KiB")
	back := filepath.Join(t.TempDir(), "back")
	require.Equal(t, exitSame, cgpsync(t, state, "-n", far, back).status)
	require.NoDirExists(t, back)
	require.Equal(t, exitSame, cgpsync(t, state, far, back).status)
	require.Empty(t, contents(t, back), "nothing has come")

	require.Equal(t, exitSame, cgpsync(t, state, source, far).status)
	require.NoError(t, os.RemoveAll(filepath.Join(source, "d")))
	require.NoError(t, os.Remove(filepath.Join(source, "a b/ü.txt.meta")))
	require.NoError(t, os.Remove(filepath.Join(source, "empty")))
	write(t, filepath.Join(source, "empty/now a directory"), "x")
	write(t, filepath.Join(source, "default.html"), "<HTML>")
	r = cgpsync(t, state, source, far)
	require.Equal(t, exitLeft, r.status)
	require.Contains(t, r.err, `"empty": is a file on one side and a directory on the other`)
	require.Contains(t, r.out, "in the target alone")
	r = cgpsync(t, state, "-n", "-delete", source, far)
	require.Equal(t, exitSame, r.status, r.err)
	require.Contains(t, r.out, `would remove "d/e/f/g"`)
	r = cgpsync(t, state, "-delete", "-verify", source, far)
	require.Equal(t, exitSame, r.status, r.err)
	require.Equal(t, exitSame, cgpsync(t, state, "-delete", far, back).status)
	require.Equal(t, contents(t, source), contents(t, back))

	// A source that is empty is likely to be the wrong one.
	r = cgpsync(t, state, "-delete", t.TempDir(), far)
	require.Equal(t, exitLeft, r.status)
	require.Contains(t, r.err, "the source is empty")
}

// What one side cannot hold is told, and the rest comes.
func TestNamesThatCannotBe(t *testing.T) {
	setPasswords(t)
	source := t.TempDir()
	for _, name := range []string{"good", "~tilde", "d/INDEX.WSSP", "back\\slash", "new\nline", "\xff", "x.META"} {
		write(t, filepath.Join(source, name), "x")
	}
	require.NoError(t, os.Symlink("good", filepath.Join(source, "link")))
	address := serve(t, newBase(t))
	r := cgpsync(t, t.TempDir(), source, "cgp://john@"+address+"/")
	require.Equal(t, exitLeft, r.status)
	for _, name := range []string{"~tilde", "INDEX.WSSP", `back\slash`, "new", "link", "x.META"} {
		require.Contains(t, r.err, name)
	}
	require.Equal(t, 7, strings.Count(r.err, "error: "), r.err)
	back := t.TempDir()
	require.Equal(t, exitSame, cgpsync(t, t.TempDir(), "cgp://john@"+address+"/", back).status)
	require.Equal(t, []string{"d/", "good"}, slices.Sorted(maps.Keys(contents(t, back))))
}

func TestDomain(t *testing.T) {
	setPasswords(t)
	source, state := newBase(t), t.TempDir()
	for _, account := range []string{"john", "mary"} {
		require.Equal(t, exitSame, cgpsync(t, state, site(t), "base:"+source+":"+account).status)
	}
	everything := filepath.Join(t.TempDir(), "client1.com")
	r := cgpsync(t, state, "-domain", "-n", "base:"+source+":client1.com", everything)
	require.Equal(t, exitSame, r.status, r.err)
	require.Contains(t, r.out, `would copy "mary/d/e/f/g"`)
	require.NoDirExists(t, everything)
	r = cgpsync(t, state, "-domain", "-verify", "base:"+source+":client1.com", everything)
	require.Equal(t, exitSame, r.status, r.err)
	target := "cgp://postmaster@" + serve(t, newBase(t)) + "/client1.com"
	write(t, filepath.Join(everything, "nobody/file"), "x")
	r = cgpsync(t, state, "-domain", "-verify", everything, target)
	require.Equal(t, exitLeft, r.status)
	require.Contains(t, r.err, `error: "nobody"`)
	require.Contains(t, r.out, "18 verified")
	require.Equal(t, 1, strings.Count(r.err, "error"), r.err)
}

func TestNothingBegun(t *testing.T) {
	setPasswords(t)
	dir := t.TempDir()
	address := serve(t, newBase(t))
	missing := filepath.Join(dir, "missing")
	base := newBase(t)
	for _, row := range []struct {
		args []string
		told string
	}{
		{nil, "usage: "},
		{[]string{dir}, "usage: "},
		{[]string{"-nonsense", dir, dir}, "usage: "},
		{[]string{missing, dir}, "FROM: stat " + missing},
		{[]string{dir, filepath.Join(missing, "below")}, "TO: stat " + missing},
		{[]string{dir, "base:" + dir + ":john"}, "TO: "},
		{[]string{dir, "base:nothing"}, "TO: base:nothing: want base:DIR:ACCOUNT"},
		{[]string{"store:" + base + ":john", dir}, "FROM: name the database with -store"},
		{[]string{"-store", "postgres://127.0.0.1:1/x", dir, "store:" + base + ":john"}, "TO: -store: "},
		{[]string{"-store-s3", "127.0.0.1:9", dir, dir}, "-store-s3: not ENDPOINT/BUCKET"},
		{[]string{"-store-s3", "https://key:secret@127.0.0.1:9/bucket", dir, dir}, "-store-s3: not ENDPOINT/BUCKET"},
		{[]string{"base:" + base + ":nobody", dir}, `FROM: account "nobody": no such account`},
		{[]string{"-domain", "base:" + base + ":client9.com", dir}, "FROM: "},
		{[]string{dir, "cgp://" + address + "/john"}, "TO: want cgp://USER@HOST[:PORT]/ACCOUNT"},
		{[]string{dir, "cgp://john:secret@" + address + "/"}, "TO: a password does not belong"},
		{[]string{dir, "ftp://john@" + address + "/"}, "TO: ftp: want cgp, cgps or cgp+tls"},
		{[]string{dir, "cgp://nobody@" + address + "/"}, `TO: account "" of ` + address},
		{[]string{"cgp://john@" + address + "/mary", dir}, `FROM: account "mary" of ` + address},
		{[]string{dir, "cgp://postmaster@" + address + "/nobody"}, `TO: account "nobody" of ` + address + ": no such account"},
		{[]string{"-domain", "cgp://postmaster@" + address + "/client9.com", dir}, `FROM: domain "client9.com" of ` + address},
		{[]string{dir, "cgp://john@127.0.0.1:1/"}, `TO: account "" of 127.0.0.1:1`},
		{[]string{"-ca", missing, dir, "cgps://john@" + address + "/"}, "TO: open " + missing},
	} {
		r := cgpsync(t, dir, row.args...)
		require.Equal(t, exitNothing, r.status, "%v: %s", row.args, r.err)
		require.Contains(t, r.err, row.told)
		require.NotContains(t, r.err, "secret")
	}
}

// ailing is a side whose listing of a directory ends early.
type ailing struct {
	side
	dir string
	one bool // of one entry only
}

func (a ailing) list(ctx context.Context, dir string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for e, err := range a.side.list(ctx, dir) {
			if dir == a.dir {
				if a.one {
					err = &listError{e.name, fs.ErrPermission}
				} else {
					yield(entry{}, fs.ErrPermission)
					return
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// A listing that is not whole never removes anything, wherever it ends.
func TestListingThatEndsEarlyRemovesNothing(t *testing.T) {
	t.Parallel()
	for _, one := range []bool{false, true} {
		for _, dir := range []string{".", "d", "d/e"} {
			for _, which := range []string{"source", "target"} {
				t.Run(fmt.Sprint(which, dir, one), func(t *testing.T) {
					t.Parallel()
					from, to := site(t), site(t)
					write(t, filepath.Join(from, "new"), "new")
					write(t, filepath.Join(to, "more"), "more")
					write(t, filepath.Join(to, "d/e/more"), "more")
					before := contents(t, to)
					var ends [2]side
					for i, dir := range []string{from, to} {
						root, err := os.OpenRoot(dir)
						require.NoError(t, err)
						t.Cleanup(func() { root.Close() })
						ends[i] = &local{root}
					}
					if which == "source" {
						ends[0] = ailing{ends[0], dir, one}
					} else {
						ends[1] = ailing{ends[1], dir, one}
					}
					j, err := openJournal(filepath.Join(t.TempDir(), "j"), true)
					require.NoError(t, err)
					var out, errOut bytes.Buffer
					r := newReport(&out, &errOut, false)
					m := &mirror{from: ends[0], to: ends[1], journal: j, report: r, delete: true, transfers: 2}
					m.run(t.Context())
					require.Positive(t, r.faults.Load())
					require.Contains(t, errOut.String(), "permission denied")
					require.NotContains(t, out.String(), "remove ")
					after := contents(t, to)
					for name := range before {
						require.Contains(t, after, name)
					}
				})
			}
		}
	}
}

// A transfer that was cut goes on where it was.
func TestResume(t *testing.T) {
	setPasswords(t)
	source := t.TempDir()
	long := strings.Repeat("0123456789abcdef", 4<<16) // 4 MiB
	write(t, filepath.Join(source, "long"), long)
	address := serve(t, newBase(t))
	p := &places{bases: map[string]*stored{}}
	t.Cleanup(func() { require.NoError(t, p.closeAll()) })
	far, err := p.open(t.Context(), "cgp://john@"+address+"/", access{password: "secret", connections: 2}, true)
	require.NoError(t, err)
	target, _, err := far.side(t.Context(), "", true)
	require.NoError(t, err)
	back := t.TempDir()
	root, err := os.OpenRoot(back)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	r := &local{root}

	i, err := os.Stat(filepath.Join(source, "long"))
	require.NoError(t, err)
	e := entry{name: "long", size: i.Size(), time: i.ModTime()}
	for _, to := range []side{target, r} {
		u, err := to.create(t.Context(), e)
		require.NoError(t, err)
		_, err = u.Write([]byte(long[:3<<20]))
		require.NoError(t, err)
		u.abort()
		u, err = to.create(t.Context(), e)
		require.NoError(t, err)
		require.GreaterOrEqual(t, u.there(), int64(2<<20))
		u.abort()
	}
	ran := cgpsync(t, t.TempDir(), "-verify", source, "cgp://john@"+address+"/")
	require.Equal(t, exitSame, ran.status, ran.err)
	require.Contains(t, ran.out, "1 of 1 files copied, 2048 KiB")
	ran = cgpsync(t, t.TempDir(), "-verify", source, back)
	require.Equal(t, exitSame, ran.status, ran.err)
	require.Equal(t, map[string]string{"long": long}, contents(t, back), "and nothing is left over")
}

// Verifying finds what differs though size and time are the same.
func TestVerify(t *testing.T) {
	t.Parallel()
	from, to, state := t.TempDir(), t.TempDir(), t.TempDir()
	then := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for dir, text := range map[string]string{from: "one", to: "two"} {
		write(t, filepath.Join(dir, "f"), text)
		require.NoError(t, os.Chtimes(filepath.Join(dir, "f"), then, then))
	}
	require.Equal(t, exitSame, cgpsync(t, state, from, to).status)
	r := cgpsync(t, state, "-verify", "-n", from, to)
	require.Equal(t, exitLeft, r.status)
	require.Contains(t, r.err, `verify: "f" differs`)
}

// An end by a signal is no success, and what was begun goes on later.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	from, to := site(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errOut bytes.Buffer
	require.Equal(t, exitLeft, run(ctx, []string{"-state", t.TempDir(), "-delete", from, to}, &out, &errOut))
	require.Contains(t, errOut.String(), "error: interrupted; the next run goes on")
	require.Empty(t, contents(t, to))

	write(t, filepath.Join(to, ".cgp-0123456789abcdef0123456789abcdef"), "half of a file")
	r := cgpsync(t, t.TempDir(), from, to)
	require.Equal(t, exitSame, r.status, r.err)
	require.NotContains(t, r.out, "in the target alone")
}

func TestJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "j")
	j, err := openJournal(path, false)
	require.NoError(t, err)
	a, b := entry{name: "n", size: 1, time: time.Unix(5, 0)}, entry{name: "n", size: 1, time: time.Unix(9, 0)}
	require.False(t, j.same(a, b))
	j.remember(a, b)
	require.NoError(t, j.close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, "0123 zz\nabcdef"...), 0o600)) // cut and damaged
	j, err = openJournal(path, false)
	require.NoError(t, err)
	require.True(t, j.same(a, b))
	require.False(t, j.same(b, a))
	j.remember(b, a)
	require.NoError(t, j.close())
	j, err = openJournal(path, true)
	require.NoError(t, err)
	require.True(t, j.same(b, a), "what was written behind a cut line counts")
	require.False(t, j.same(a, b))
}
