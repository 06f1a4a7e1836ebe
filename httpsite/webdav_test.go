package httpsite_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestTranscripts plays what clients send when they mount a share and save files. Each
// step is a request line, header fields, a body of one line, and the status with what the
// answer must contain, or with the name that its lock token gets.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/webdav/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for store, open := range stores(t) {
			t.Run(filepath.Base(file)+" "+store, func(t *testing.T) {
				t.Parallel()
				s := newServerOn(t, open)
				s.Write(t, john, "folder/report.docx", "the old text")
				play(t, s, string(text))
			})
		}
	}
}

func play(t *testing.T, s *server, text string) {
	t.Helper()
	var tokens []string // name, token, name, token
	steps := 0
	for step := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(step, "\n")
		for strings.HasPrefix(lines[0], "#") {
			lines = lines[1:]
		}
		replace := strings.NewReplacer(tokens...)
		c := call{user: "john", header: map[string]string{}}
		var ok bool
		c.method, c.path, ok = strings.Cut(lines[0], " ")
		require.True(t, ok, step)
		want := lines[len(lines)-1]
		for _, line := range lines[1 : len(lines)-1] {
			field, value, isField := strings.Cut(line, ": ")
			if isField && !strings.ContainsAny(field, "< ") {
				c.header[field] = replace.Replace(value)
			} else {
				c.body = line
			}
		}
		got := s.do(t, c)
		code, rest, _ := strings.Cut(want, " ")
		require.Equal(t, code, strconv.Itoa(got.code), "%s\n%s", step, got.body)
		if strings.HasPrefix(rest, "$") {
			token := got.header.Get("Lock-Token")
			require.NotEmpty(t, token, step)
			tokens = append(tokens, rest, token)
		} else {
			require.Contains(t, got.body, rest, step)
		}
		steps++
	}
	require.Greater(t, steps, 10)
}

// TestWebDAVRights: who may ask for properties, set them and lock. The view decides; here
// is that it is asked.
func TestWebDAVRights(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "shared/plan.txt", "plan")
	s.Write(t, john, "shared.meta", `<meta><ACL><subKey key="mary">lrw</subKey></ACL></meta>`)
	patch := `<propertyupdate xmlns="DAV:"><set><prop><a xmlns="x:">1</a></prop></set></propertyupdate>`
	lock := `<lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype></lockinfo>`
	for _, tt := range []struct {
		path string
		want map[string]string // by caller: PROPFIND, PROPPATCH, LOCK
	}{
		{"/~john/page.html", map[string]string{"": "401 401 401", "mary": "207 403 403", "john": "207 207 200", "admin": "207 207 200"}},
		{"/~john/data.bin", map[string]string{"": "401 401 401", "mary": "207 403 403", "john": "207 207 200", "admin": "207 207 200"}},
		{"/~john/", map[string]string{"": "401 401 401", "mary": "207 403 403", "john": "207 403 403", "admin": "207 403 403"}},
		{"/~john/none", map[string]string{"": "401 401 401", "mary": "404 403 403", "john": "404 404 201", "admin": "207 207 200"}},
		{"/~john/private/", map[string]string{"": "401 401 401", "mary": "403 403 403", "john": "207 207 200", "admin": "207 207 200"}},
		{"/~john/private/secret.txt", map[string]string{"": "401 401 401", "mary": "403 403 403", "john": "207 207 200", "admin": "207 207 200"}},
		{"/~john/private/none", map[string]string{"": "401 401 401", "mary": "403 403 403", "john": "404 404 201"}},
		{"/~john/shared/plan.txt", map[string]string{"": "401 401 401", "mary": "207 207 200", "john": "207 207 200"}},
		{"/~john/protected/pwd/s3cretkey/", map[string]string{"": "401 401 401", "mary": "207 403 403", "john": "207 403 403", "admin": "207 403 403"}},
		{"/~john/protected/pwd/wrong/", map[string]string{"": "401 401 401", "mary": "404 403 403", "john": "404 403 403"}},
		{"/~john/page.html.meta", map[string]string{"": "401 401 401", "mary": "404 403 403", "john": "207 409 200"}},
		{"/~john/index.wssp", map[string]string{"": "401 401 401", "mary": "403 403 403", "john": "404 404 403"}},
		{"/~john/$ServerSkins", map[string]string{"": "401 401 401", "mary": "403 403 403", "john": "403 403 403"}},
		{"/~nobody/x", map[string]string{"": "401 401 401", "mary": "404 403 403", "admin": "404 404 404"}},
		{"/~off/default.html", map[string]string{"": "401 401 401", "mary": "404 403 403", "off": "207 207 200"}},
	} {
		for _, caller := range []string{"", "mary", "off", "john", "admin"} {
			want, ok := tt.want[caller]
			if !ok {
				continue
			}
			got := []string{}
			for _, c := range []call{
				{method: "PROPFIND", header: map[string]string{"Depth": "1"}},
				{method: "PROPPATCH", body: patch},
				{method: "LOCK", body: lock, header: map[string]string{"Depth": "0"}},
			} {
				c.path, c.user = tt.path, caller
				a := s.do(t, c)
				got = append(got, strconv.Itoa(a.code))
				if token := a.header.Get("Lock-Token"); token != "" {
					require.Equal(t, 204, s.do(t, call{method: "UNLOCK", path: tt.path, user: caller, header: map[string]string{"Lock-Token": token}}).code)
				}
			}
			require.Equal(t, want, strings.Join(got, " "), "%s by %q", tt.path, caller)
		}
	}
}

// TestPropfindShowsWhatListingsShow: what is not the caller's is in no answer.
func TestPropfindShowsWhatListingsShow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "data.bin.meta", `<meta><title>mine</title><w:props xmlns:w="https://github.com/cgpkit/cgpkit/webdav"><a xmlns="x:">dead</a></w:props></meta>`)
	ask := func(user, path string) string {
		a := s.do(t, call{method: "PROPFIND", path: path, user: user, header: map[string]string{"Depth": "1"}})
		require.Equal(t, 207, a.code, a.body)
		return a.body
	}
	own := ask("john", "/~john/")
	for _, shown := range []string{"/~john/private/<", "/~john/page.html.meta<", `<a xmlns="x:">dead</a>`} {
		require.Contains(t, own, shown)
	}
	require.NotContains(t, own, "mine", "attributes of other commands are no properties")
	others := ask("mary", "/~john/")
	require.Contains(t, others, "/~john/page.html<")
	for _, hidden := range []string{"private", ".meta", "dead", "quota", "lockdiscovery"} {
		require.NotContains(t, others, hidden)
	}
	require.Contains(t, ask("mary", "/~john/protected/pwd/s3cretkey/"), "/~john/protected/pwd/s3cretkey/secret.txt<")
}

func TestAnonymousDAV(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.AnonymousDAV = true })
	for path, want := range map[string]int{
		"/~john/": 207, "/~john/page.html": 207, "/~john/none": 404, "/~john/private/": 401, "/~john/protected/pwd/s3cretkey/": 207,
		"/~john/protected/pwd/wrong/": 404, "/~john/page.html.meta": 404, "/~nobody/": 404,
	} {
		a := s.do(t, call{method: "PROPFIND", path: path, header: map[string]string{"Depth": "1"}})
		require.Equal(t, want, a.code, path)
		require.NotContains(t, a.body, "/private")
		require.Equal(t, 401, s.do(t, call{method: "PROPPATCH", path: path, body: "x"}).code)
		require.Equal(t, 401, s.do(t, call{method: "LOCK", path: path, body: "x"}).code)
	}
}

// TestLocksHoldForAll: a lock is in the way of whoever has no token for it, and of their
// own token in the hands of another.
func TestLocksHoldForAll(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	exclusive := `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`
	a := s.do(t, call{method: "LOCK", path: "/~john/folder/", user: "john", body: exclusive})
	require.Equal(t, 200, a.code, a.body)
	token := a.header.Get("Lock-Token")
	for _, c := range []call{
		{method: "PUT", path: "/~john/folder/new", body: "x"},
		{method: "PUT", path: "/~john/folder/default.html", body: "x"},
		{method: "DELETE", path: "/~john/folder/default.html"},
		{method: "DELETE", path: "/~john/folder/"},
		{method: "MKCOL", path: "/~john/folder/sub"},
		{method: "MOVE", path: "/~john/folder/default.html", header: map[string]string{"Destination": "/~john/elsewhere"}},
		{method: "COPY", path: "/~john/data.bin", header: map[string]string{"Destination": "/~john/folder/copy"}},
		{method: "LOCK", path: "/~john/folder/default.html", body: exclusive},
		{method: "PROPPATCH", path: "/~john/folder/default.html", body: `<propertyupdate xmlns="DAV:"><remove><prop><none/></prop></remove></propertyupdate>`},
	} {
		for _, user := range []string{"john", "admin"} {
			c.user = user
			got := s.do(t, c)
			require.Equal(t, 423, got.code, "%s %s: %s", c.method, c.path, got.body)
			require.Contains(t, got.body, "/~john/folder", "the root of the lock")
		}
	}
	with := map[string]string{"If": "(" + token + ")"}
	require.Equal(t, 423, s.do(t, call{method: "PUT", path: "/~john/folder/new", user: "admin", body: "x", header: with}).code, "a token of another")
	require.Equal(t, 201, s.do(t, call{method: "PUT", path: "/~john/folder/new", user: "john", body: "x", header: with}).code)
	below := s.do(t, call{method: "LOCK", path: "/~john/empty/x.txt", user: "john", body: exclusive})
	require.Equal(t, 200, below.code)
	got := s.do(t, call{method: "DELETE", path: "/~john/empty/", user: "john"})
	require.Equal(t, 207, got.code)
	require.Contains(t, got.body, "<D:href>/~john/empty/x.txt</D:href><D:status>HTTP/1.1 423 Locked</D:status>")
	_, there := s.Read(t, john, "empty/x.txt")
	require.True(t, there, "nothing is removed")
}

// plainStore is a store without additions.
type plainStore struct{ filestore.Store }

// TestStoresWithoutLocks: what is not there is not announced, and not made up.
func TestStoresWithoutLocks(t *testing.T) {
	t.Parallel()
	s := newServerOn(t, func() filestore.Store { return plainStore{memstore.New()} }, func(h *httpsite.Handler) { h.NoLocks = true })
	require.Equal(t, "1, 3, extended-mkcol", s.do(t, call{method: "OPTIONS", path: "/~john/"}).header.Get("DAV"))
	lock := `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`
	require.Equal(t, 501, s.do(t, call{method: "LOCK", path: "/~john/data.bin", user: "john", body: lock}).code)
	a := s.do(t, call{method: "PROPFIND", path: "/~john/", user: "john", header: map[string]string{"Depth": "1"}})
	require.Equal(t, 207, a.code)
	require.NotContains(t, a.body, "lock")
	require.Equal(t, 204, s.do(t, call{method: "PUT", path: "/~john/data.bin", user: "john", body: "x", header: map[string]string{"If": "(Not <urn:x>)"}}).code)
}

// oddNames are names of files that clients have to escape, and may get wrong.
var oddNames = []string{
	"plain.txt", "with blank", " leads and trails ", "100%.txt", "a%20b", "a%2fb", "a+b", "a&b<c>'d'", `"quoted"`, "#hash", "q?uestion", "semi;colon", "[x]", "{y}",
	"~tilde", "comma,", "eq=al", "at@", "dollar$", "star*", "pipe|", "caret^", "back`tick", "colon:", ".hidden", "..two", "...", "-dash", "--option", "dot.", "ü ñ", "u\u0308 decomposed",
	"日本語", "Ελληνικά", "עברית", "😀", strings.Repeat("long", 60), strings.Repeat("ß", 100),
}

// writeOdd makes files with odd names in a directory of the host, and below some more.
func writeOdd(t *testing.T, dir string, files int) {
	t.Helper()
	for i := range files {
		at := dir
		if i >= len(oddNames) {
			at = filepath.Join(dir, fmt.Sprintf("dir %d", i%7), oddNames[i%11+1])
		}
		require.NoError(t, os.MkdirAll(at, 0o755))
		name := oddNames[i%len(oddNames)]
		if i >= len(oddNames) {
			name = fmt.Sprintf("%.200s %d", name, i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(at, name), []byte(strings.Repeat("x", i%300)), 0o644))
	}
}

// same demands that two directories of the host hold the same.
func same(t *testing.T, a, b string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "diff", "-r", a, b).CombinedOutput()
	require.NoError(t, err, string(out))
}

var rcloneFiles = flag.Int("files", 120, "how many files TestRclone copies; rclone pauses for 10 ms before each request")

// TestRclone copies, updates and mirrors files with odd names.
func TestRclone(t *testing.T) {
	t.Parallel()
	rclone := fixture.Program(t, "rclone")
	s := newServer(t)
	s.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
	run := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), rclone, append([]string{"--config", filepath.Join(t.TempDir(), "none"), "--retries", "1", "--low-level-retries", "1", "--transfers", "8",
			"--webdav-url", s.URL + "/~john/folder/", "--webdav-vendor", "other", "--webdav-user", "john", "--webdav-pass", obscured(t, rclone)}, args...)...)
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	up, down := t.TempDir(), t.TempDir()
	writeOdd(t, up, *rcloneFiles)
	// At the top rclone asks for ./colon: and what is to be folded is refused.
	require.NoError(t, os.Remove(filepath.Join(up, "colon:")))
	s.Remove(t, "folder/default.html")
	run("copy", up, ":webdav:")
	run("check", "--download", up, ":webdav:")
	require.NoError(t, os.WriteFile(filepath.Join(up, "plain.txt"), []byte("updated, and longer than before"), 0o600))
	require.NoError(t, os.Remove(filepath.Join(up, "100%.txt")))
	require.NoError(t, os.RemoveAll(filepath.Join(up, "dir 3")))
	run("sync", up, ":webdav:")
	run("sync", ":webdav:", down)
	run("check", "--download", down, ":webdav:")
	content, _ := s.Read(t, john, "folder/plain.txt")
	require.Equal(t, "updated, and longer than before", content)
	_, there := s.Read(t, john, "folder/100%.txt")
	require.False(t, there)
	same(t, up, down)
	run("moveto", ":webdav:plain.txt", ":webdav:dir 1/moved")
	run("purge", ":webdav:dir 1")
	require.Contains(t, run("about", ":webdav:"), "Used:")
}

func obscured(t *testing.T, rclone string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), rclone, "obscure", "john-pw").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// Remove removes what has a name, past all rights.
func (s *server) Remove(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, s.Files(t, john).Remove(t.Context(), name, filestore.RemoveOptions{Recursive: true}))
}

// TestCadaver puts, locks and describes files by hand.
func TestCadaver(t *testing.T) {
	t.Parallel()
	cadaver := fixture.Program(t, "cadaver")
	s := newServer(t)
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".netrc"), []byte("machine 127.0.0.1\nlogin john\npassword john-pw\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, "new file.txt"), []byte("content"), 0o600))
	command := exec.CommandContext(t.Context(), cadaver, s.URL+"/~john/")
	command.Dir, command.Env = home, append(os.Environ(), "HOME="+home)
	command.Stdin = strings.NewReader(`ls
mkcol "new folder"
put "new file.txt"
lock "new file.txt"
discover "new file.txt"
put "new file.txt"
propset "new file.txt" mood calm
propget "new file.txt" mood
unlock "new file.txt"
copy "new file.txt" "new folder/copy.txt"
move "new folder/copy.txt" "new folder/moved.txt"
cd "new folder"
get moved.txt got.txt
ls
cd ..
rmcol empty
delete data.bin
quit
`)
	command.WaitDelay = time.Minute
	out, err := command.CombinedOutput()
	text := string(out)
	require.NoError(t, err, text)
	require.NotContains(t, text, "failed", text)
	require.Contains(t, text, "calm", text)
	got, err := os.ReadFile(filepath.Join(home, "got.txt"))
	require.NoError(t, err, text)
	require.Equal(t, "content", string(got))
	moved, _ := s.Read(t, john, "new folder/moved.txt")
	require.Equal(t, "content", moved)
	for _, gone := range []string{"empty/x.txt", "data.bin"} {
		_, there := s.Read(t, john, gone)
		require.False(t, there, gone)
	}
}
