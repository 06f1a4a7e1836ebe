package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// client runs a program against the server and returns what it printed.
func client(t *testing.T, name string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, fixture.Program(t, name), args...)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
	out, err := command.CombinedOutput()
	return string(out), err
}

// curl returns the status code and the body of one request.
func (r *running) curl(t *testing.T, args ...string) (code, body string) {
	t.Helper()
	out, err := client(t, "curl", append([]string{"-sS", "--path-as-is", "-w", "\n%{http_code}"}, args...)...)
	require.NoError(t, err, out)
	i := strings.LastIndexByte(out, '\n')
	return out[i+1:], out[:i]
}

func TestCurl(t *testing.T) {
	t.Parallel()
	r := start(t)
	john, mary, admin := r.auth("john"), r.auth("mary"), r.auth("postmaster")
	file := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(file, []byte("content"), 0o600))
	for _, step := range []struct {
		name string
		args []string
		code string
		body string
	}{
		{"home page", []string{r.url("/~john/")}, "200", "Welcome."},
		{"no final slash", []string{"-L", r.url("/~john")}, "200", "Welcome."},
		{"second domain", []string{"-H", "Host: client2.com", r.url("/~ann/")}, "200", "second domain"},
		{"alias", []string{r.url("/~johnny/notes.txt")}, "200", "Anybody"},
		{"upload, stranger", []string{"-T", file, r.url("/~john/new.txt")}, "401", "Unauthorized"},
		{"upload, other", []string{"-u", mary, "-T", file, r.url("/~john/new.txt")}, "403", "Forbidden"},
		{"upload", []string{"-u", john, "-T", file, r.url("/~john/new.txt")}, "201", ""},
		{"read it", []string{r.url("/~john/new.txt")}, "200", "content"},
		{"range", []string{"-r", "3-", r.url("/~john/new.txt")}, "206", "tent"},
		{"move it", []string{"-u", john, "-X", "MOVE", "-H", "Destination: " + r.url("/~john/private/moved.txt"), r.url("/~john/new.txt")}, "201", ""},
		{"private, stranger", []string{r.url("/~john/private/moved.txt")}, "401", "Unauthorized"},
		{"private, other", []string{"-u", mary, r.url("/~john/private/moved.txt")}, "403", "Forbidden"},
		{"private, owner", []string{"-u", john, r.url("/~john/private/moved.txt")}, "200", "content"},
		{"private, administrator", []string{"-u", admin, r.url("/~john/private/moved.txt")}, "200", "content"},
		{"delete it", []string{"-u", john, "-X", "DELETE", r.url("/~john/private/moved.txt")}, "204", ""},
		{"gone", []string{"-u", john, r.url("/~john/private/moved.txt")}, "404", "Not Found"},
		{"traversal", []string{r.url("/~john/../../../../etc/passwd")}, "400", "Bad Request"},
		{"management page", []string{"-u", john, r.url("/~john/index.wssp")}, "200", "Limits: 1,000"},
		{"create a folder there", []string{"-u", john, "-d", "action=folder", "-d", "folder=new folder", r.url("/~john/index.wssp")}, "303", ""},
		{"upload there", []string{"-u", john, "-F", "file=@" + file, r.url("/~john/new%20folder/index.wssp")}, "303", ""},
		{"read it back", []string{r.url("/~john/new%20folder/file.txt")}, "200", "content"},
	} {
		code, body := r.curl(t, step.args...)
		require.Equal(t, step.code, code, step.name)
		require.Contains(t, body, step.body, step.name)
	}
}

// tree writes some files with names of all kinds, and returns their content by
// name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	files := map[string]string{}
	for i, name := range []string{"a.txt", "empty", "with blank.txt", "ü/ö.html", "deep/er/still/x.bin", "deep/y", "big.bin", "100%/q?#&.txt"} {
		content := make([]byte, []int{10, 0, 500, 4096, 70_000, 1, 3 << 20, 33}[i])
		for j := range content {
			content[j] = byte(random.Uint32())
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, content, 0o600))
		files[name] = string(content)
	}
	return files
}

// content reads a tree back.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return files
}

func (r *running) lftp(t *testing.T, login, script string) (string, error) {
	t.Helper()
	return client(t, "lftp", "--norc", "-c", fmt.Sprintf(
		"set net:max-retries 1; set net:timeout 20; set net:reconnect-interval-base 1; set ftp:ssl-allow no; open %s ftp://%s; %s", login, r.addr["ftp"], script))
}

func (r *running) login(address string) string { return "-u " + address + "," + r.password[address] }

func TestLftpMirror(t *testing.T) {
	t.Parallel()
	r := start(t)
	up, down := t.TempDir(), t.TempDir()
	want := tree(t, up)
	out, err := r.lftp(t, r.login("john@client1.com"), "mirror -R "+up+" tree; mirror tree "+down)
	require.NoError(t, err, out)
	require.Equal(t, want, content(t, down))
	require.Equal(t, want, content(t, r.storage("john@client1.com", "tree")))

	out, err = r.lftp(t, "", "cat ~john/notes.txt")
	require.NoError(t, err, "a stranger reads public files: %s", out)
	require.Contains(t, out, "Anybody")
	for name, login := range map[string]string{"stranger": "", "other": r.login("mary@client1.com")} {
		out, err = r.lftp(t, login, "cat ~john/private/diary.txt")
		require.Error(t, err, name)
		require.Contains(t, out, "550", name)
		out, err = r.lftp(t, login, "put -O ~john "+filepath.Join(up, "a.txt"))
		require.Error(t, err, name)
		require.NotContains(t, out, "transferred", name)
	}
	out, err = r.lftp(t, r.login("john@client1.com"), "cat private/diary.txt")
	require.NoError(t, err)
	require.Contains(t, out, "Only John")
	out, err = r.lftp(t, r.login("postmaster@client1.com"), "cat ~john/private/diary.txt")
	require.NoError(t, err)
	require.Contains(t, out, "Only John")
	out, err = r.lftp(t, r.login("john@client1.com"), "rm -r tree")
	require.NoError(t, err, out)
	require.NoDirExists(t, r.storage("john@client1.com", "tree"))
}

func TestTFTPClients(t *testing.T) {
	t.Parallel()
	r := start(t)
	host, port, _ := strings.Cut(r.addr["tftp"], ":")
	got := filepath.Join(t.TempDir(), "got")
	for _, name := range []string{"notes.txt", "/notes.txt", "/john/notes.txt", "~john@client1.com/notes.txt"} {
		out, err := client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"/"+name)
		require.NoError(t, err, out)
		require.Contains(t, out, "Anybody", name)
	}
	out, err := client(t, "tftp", "-m", "octet", host, port, "-c", "get", "/john/pictures/rings.png", got)
	require.NoError(t, err, out)
	want, err := os.ReadFile(r.storage("john@client1.com", "pictures/rings.png"))
	require.NoError(t, err)
	have, err := os.ReadFile(got)
	require.NoError(t, err)
	require.Equal(t, want, have)

	out, err = client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"//john/private/diary.txt")
	require.Error(t, err)
	require.NotContains(t, out, "Only John")
	require.Contains(t, out, "curl: (69)", "code 2, access violation")
	other := start(t, "-tftp-storage", "mary")
	out, err = client(t, "curl", "-sS", "tftp://"+other.addr["tftp"]+"/notes.txt")
	require.Error(t, err, "the flag counts for the demo base as well")
	require.NotContains(t, out, "Anybody")
	out, err = client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"/missing")
	require.Error(t, err)
	require.Contains(t, out, "curl: (68)", "code 1, not found")
	_, err = client(t, "curl", "-sS", "-T", got, "tftp://"+r.addr["tftp"]+"/new.png")
	require.Error(t, err, "read-only")
	require.NoFileExists(t, r.storage("john@client1.com", "new.png"))
}

// Each protocol refuses what is over the limit, and leaves nothing behind.
func TestQuota(t *testing.T) {
	t.Parallel()
	r := start(t)
	mary := "mary@client1.com"
	before := r.entries(t, mary)
	big := filepath.Join(t.TempDir(), "big")
	require.NoError(t, os.WriteFile(big, make([]byte, 101<<10), 0o600))

	code, _ := r.curl(t, "-u", r.auth("mary"), "-T", big, r.url("/~mary/big"))
	require.Equal(t, "507", code)
	code, _ = r.curl(t, "-u", r.auth("mary"), "-H", "Transfer-Encoding: chunked", "-T", big, r.url("/~mary/big"))
	require.Equal(t, "507", code)
	code, body := r.curl(t, "-u", r.auth("mary"), "-F", "file=@"+big, r.url("/~mary/index.wssp"))
	require.Equal(t, "507", code)
	require.Contains(t, body, "not enough room")
	out, err := r.lftp(t, r.login(mary), "debug 3; put "+big)
	require.Error(t, err)
	require.Contains(t, out, "552")
	require.Equal(t, before, r.entries(t, mary))

	fits := filepath.Join(t.TempDir(), "fits")
	require.NoError(t, os.WriteFile(fits, make([]byte, 100<<10), 0o600))
	code, _ = r.curl(t, "-u", r.auth("mary"), "-T", fits, r.url("/~mary/fits"))
	require.Equal(t, "201", code)
	out, err = r.lftp(t, r.login(mary), "rm fits")
	require.NoError(t, err, out)
	out, err = r.lftp(t, r.login(mary), "put "+fits)
	require.NoError(t, err, "what one protocol frees another may use: %s", out)
}

// TFTP knows only one error for all limits: 3, disk full.
func TestQuotaTFTP(t *testing.T) {
	t.Parallel()
	d, err := newDemo("")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(d.dir) })
	require.NoError(t, d.file("Accounts/tftpuser.macnt/account.settings", []byte("{}\n")))
	require.NoError(t, d.file("Accounts/Settings/Access.settings", []byte("{tftpuser=(UserAccounts);}\n")))
	r := start(t, "-base", d.dir, "-tftp-write")
	r.base = d.dir
	require.Contains(t, r.log(t), "tftpuser is an administrator")
	big := filepath.Join(t.TempDir(), "big")
	require.NoError(t, os.WriteFile(big, make([]byte, 101<<10), 0o600))
	before := r.entries(t, "mary@client1.com")
	out, err := client(t, "curl", "-sS", "-T", big, "tftp://"+r.addr["tftp"]+"//mary/big")
	require.Error(t, err)
	require.Contains(t, out, "curl: (70)", "code 3, disk full")
	require.Equal(t, before, r.entries(t, "mary@client1.com"))
	require.NoError(t, os.WriteFile(big, make([]byte, 99<<10), 0o600))
	out, err = client(t, "curl", "-sS", "-T", big, "tftp://"+r.addr["tftp"]+"//mary/big")
	require.NoError(t, err, out)
	require.FileExists(t, r.storage("mary@client1.com", "big"))
}

// chromium loads a page and returns its DOM after scripts have run.
func chromium(t *testing.T, url string, more ...string) string {
	t.Helper()
	out, err := client(t, "chromium", append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + fixture.ProgramDir(t), "--virtual-time-budget=5000", "--dump-dom", url,
	}, more...)...)
	require.NoError(t, err, out)
	return out
}

func TestChromiumShowsPages(t *testing.T) {
	t.Parallel()
	r := start(t)
	home := chromium(t, r.url("/~john/"))
	require.Contains(t, home, "<h1>John</h1>")
	name, password, _ := strings.Cut(r.auth("john"), ":")
	management := fixture.StartBrowser(t).SignIn(t, r.url("/~john/index.wssp"), name, password).Eval(t, `document.documentElement.outerHTML`)
	require.Contains(t, management, "Delete Marked")
	require.Contains(t, management, `<a href="./pictures/index.wssp"><bdi>pictures</bdi></a>`)
}

// Mary's page, opened by John with the password at hand, can neither read John's
// private files nor act on John's management page.
func TestChromiumKeepsUserPagesApart(t *testing.T) {
	t.Parallel()
	r := start(t)
	attack := filepath.Join(t.TempDir(), "attack.html")
	require.NoError(t, os.WriteFile(attack, []byte(`<!DOCTYPE html><title>attack</title><p id="state">loaded</p>
<script>
(async () => {
	const said = [];
	const attempt = async (name, action) => {
		try { said.push(name + ':' + await action()) } catch (e) { said.push(name + ':stopped') }
	};
	await attempt('read', async () => (await (await fetch('/~john/private/diary.txt', {credentials: 'include'})).text()));
	await attempt('post', async () => (await fetch('/~john/index.wssp', {method: 'POST', mode: 'no-cors', credentials: 'include',
		headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: 'action=delete&mark=notes.txt'})).type);
	await attempt('put', async () => (await fetch('/~john/notes.txt', {method: 'PUT', credentials: 'include', body: 'owned'})).status);
	await attempt('origin', async () => self.origin);
	document.getElementById('state').textContent = said.join(' ');
})();
</script>`), 0o600))
	code, _ := r.curl(t, "-u", r.auth("mary"), "-T", attack, r.url("/~mary/attack.html"))
	require.Equal(t, "201", code)
	dom := chromium(t, "http://"+r.auth("john")+"@"+r.addr["http"]+"/~mary/attack.html")
	require.Contains(t, dom, "origin:null", "the page ran its script, in an origin of its own")
	require.Contains(t, dom, "read:stopped")
	require.Contains(t, dom, "put:stopped")
	require.NotContains(t, dom, "Only John")
	notes, err := os.ReadFile(r.storage("john@client1.com", "notes.txt"))
	require.NoError(t, err)
	require.Equal(t, "Anybody may read this.\n", string(notes))
}
