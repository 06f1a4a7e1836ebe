package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// nginxConfig is what the README of the server tells to write, apart from what
// keeps all files of nginx in one directory. %[1]s is that, %[2]s where it
// listens, %[3]s the server behind it, %[4]s further lines.
const nginxConfig = `daemon off; user root root; pid %[1]s/pid; error_log %[1]s/error;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s;
		client_max_body_size 0;
		location /files/ {
			proxy_pass http://%[3]s/;
			proxy_set_header Host $http_host;
			%[4]s
		}
	}
}
`

// nginx runs a proxy in front of the server, and returns its address.
func (r *running) nginx(t *testing.T, lines string) (addr string) {
	t.Helper()
	path := "/usr/sbin/nginx" // not on everybody's PATH
	if _, err := os.Stat(path); err != nil {
		path = fixture.Program(t, "nginx")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, l.Addr(), r.addr["http"], lines), 0o600))
	command := exec.Command(path, "-e", filepath.Join(dir, "error"), "-p", dir, "-c", config)
	command.Env = append(os.Environ(), "NGINX=3;") // it takes the listening socket over: no port can be lost in between
	command.ExtraFiles = []*os.File{socket}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		_ = command.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "error"))
			t.Logf("nginx: %s", said)
		}
	})
	return l.Addr().String()
}

// Every request of the owner's day works below the path of a proxy.
func TestNginx(t *testing.T) {
	t.Parallel()
	r := start(t, "-http-prefix", "/files", "-trusted-proxy", "127.0.0.1/32")
	proxy := "http://" + r.nginx(t, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;") + "/files"
	john := r.auth("john")
	file := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(file, []byte("content"), 0o600))
	_, text := r.curl(t, "-u", john, proxy+"/~john/index.wssp")
	token := regexp.MustCompile(`name="token" value="([^"]*)"`).FindStringSubmatch(text)
	require.NotNil(t, token)
	page := []string{"-u", john, "-H", "Origin: " + strings.TrimSuffix(proxy, "/files")}
	for _, step := range []struct {
		name string
		args []string
		code string
		body string
	}{
		{"home page", []string{proxy + "/~john/"}, "200", "Welcome."},
		{"redirect", []string{"-L", proxy + "/~john"}, "200", "Welcome."},
		{"upload", []string{"-u", john, "-T", file, proxy + "/~john/new%20%C3%BC.txt"}, "201", ""},
		{"read it", []string{proxy + "/~john/new%20%C3%BC.txt"}, "200", "content"},
		{"upload of unknown length", []string{"-u", john, "-H", "Transfer-Encoding: chunked", "-T", file, proxy + "/~john/new%20%C3%BC.txt"}, "204", ""},
		{"make a folder", []string{"-u", john, "-X", "MKCOL", proxy + "/~john/made/"}, "201", ""},
		{"move it", []string{"-u", john, "-X", "MOVE", "-H", "Destination: " + proxy + "/~john/moved.txt", proxy + "/~john/new%20%C3%BC.txt"}, "201", ""},
		{"copy it", []string{"-u", john, "-X", "COPY", "-H", "Destination: /files/~john/copy.txt", proxy + "/~john/moved.txt"}, "201", ""},
		{"move out of the prefix", []string{"-u", john, "-X", "MOVE", "-H", "Destination: /~john/gone.txt", proxy + "/~john/moved.txt"}, "403", ""},
		{"delete it", []string{"-u", john, "-X", "DELETE", proxy + "/~john/moved.txt"}, "204", ""},
		{"page", append(page, proxy+"/~john/index.wssp"), "200", "Limits: 1,000"},
		{"folder", append(page, "-L", "-d", "token="+token[1], "-d", "action=folder", "-d", "folder=new", proxy+"/~john/index.wssp"), "200", "./new/index.wssp"},
		{"upload there", append(page, "-L", "-F", "token="+token[1], "-F", "file=@"+file, proxy+"/~john/new/index.wssp"), "200", "file.txt"},
		{"what came", []string{proxy + "/~john/new/file.txt"}, "200", "content"},
		{"foreign page", []string{"-u", john, "-H", "Origin: http://evil.example", "-d", "action=delete", "-d", "mark=new", proxy + "/~john/index.wssp"}, "403", ""},
		{"past the proxy", []string{r.url("/~john/copy.txt")}, "200", "content"},
	} {
		code, body := r.curl(t, step.args...)
		require.Equal(t, step.code, code, step.name)
		require.Contains(t, body, step.body, step.name)
	}
}

// Wrong share keys shut out whoever named them, and nobody else behind the
// proxy, whatever they write into the headers themselves.
func TestNginxTellsClientsApart(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"X-Forwarded-For":        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
		"X-Forwarded-For, alone": "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Forwarded \"\";",
		"Forwarded":              "proxy_set_header Forwarded \"$http_forwarded, for=$remote_addr;proto=$scheme\"; proxy_set_header X-Forwarded-For \"\";",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, "-http-prefix", "/files", "-trusted-proxy", "127.0.0.1/32", "-log-level", "debug", "-log-format", "json")
			proxy := "http://" + r.nginx(t, lines) + "/files/~john/"
			require.NoError(t, os.WriteFile(r.storage("john@client1.com", "private.meta"), []byte("<meta><accessPwd><key>short</key></accessPwd></meta>"), 0o600))
			header := "X-Forwarded-For"
			if name == "Forwarded" {
				header = name
			}
			shared := proxy + "protected/pwd/short/diary.txt"
			for i := range 40 {
				spoofed := fmt.Sprintf("%s: for=203.0.113.%d", header, i)
				if header != "Forwarded" {
					spoofed = fmt.Sprintf("%s: 203.0.113.%d", header, i)
				}
				code, _ := r.curl(t, "--interface", "127.0.0.9", "-H", spoofed, fmt.Sprintf("%sprotected/pwd/wrong%d/diary.txt", proxy, i))
				require.Equal(t, "404", code)
			}
			code, _ := r.curl(t, "--interface", "127.0.0.9", shared)
			require.Equal(t, "404", code, "shut out")
			code, body := r.curl(t, "--interface", "127.0.0.8", shared)
			require.Equal(t, "200", code, "somebody else")
			require.Contains(t, body, "Only John")
			code, _ = r.curl(t, strings.Replace(shared, proxy, r.url("/~john/"), 1))
			require.Equal(t, "200", code, "the proxy's own address")
			for line := range strings.Lines(r.log(t)) {
				var entry struct{ Msg, Remote string }
				if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "request refused" {
					require.Equal(t, "127.0.0.9", entry.Remote)
				}
			}
			require.Contains(t, r.log(t), `"remote":"127.0.0.9"`)
		})
	}
}

// The owner's browser does all that below the path of a proxy, too: a page of
// the owner's, on a host of its own, puts a file, moves it, and uploads another
// one with a form that leads to the management page.
func TestChromiumThroughNginx(t *testing.T) {
	t.Parallel()
	r := start(t, "-http-prefix", "/files", "-trusted-proxy", "127.0.0.1/32", "-route", "<LoginPage@john.example> = john@client1.com")
	proxy := r.nginx(t, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;")
	require.Contains(t, chromium(t, "http://"+proxy+"/files/~john"), "<h1>John</h1>", "the redirect keeps the prefix")
	name, password, _ := strings.Cut(r.auth("john"), ":")
	page := fixture.StartBrowser(t).SignIn(t, "http://"+proxy+"/files/~john/index.wssp", name, password).Eval(t, `document.documentElement.outerHTML`)
	require.Contains(t, page, `<a href="./pictures/index.wssp"><bdi>pictures</bdi></a>`)

	require.NoError(t, os.WriteFile(r.storage("john@client1.com", "private/work.html"), []byte(`<!DOCTYPE html>
<form method="post" action="index.wssp" enctype="multipart/form-data"><input type="file" name="file"></form>
<script>
const send = (method, name, value, body) => {
	const request = new XMLHttpRequest();
	request.open(method, 'put.txt', false); // the browser waits for each answer before it goes on
	request.setRequestHeader(name, value);
	request.send(body);
};
send('PUT', 'Content-Type', 'text/plain', 'by script');
send('MOVE', 'Destination', new URL('moved.txt', location).href);
const files = new DataTransfer();
files.items.add(new File(['by form'], 'a "ü".txt'));
document.querySelector('input').files = files.files;
document.forms[0].submit();
</script>`), 0o600))
	_, port, err := net.SplitHostPort(proxy)
	require.NoError(t, err)
	page = chromium(t, "http://"+r.auth("john")+"@john.example:"+port+"/files/private/work.html", "--host-resolver-rules=MAP john.example 127.0.0.1")
	require.Contains(t, page, `<bdi>a "ü".txt</bdi>`, "the upload led back to the page")
	for name, want := range map[string]string{"moved.txt": "by script", `a "ü".txt`: "by form"} {
		got, err := os.ReadFile(r.storage("john@client1.com", "private/"+name))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}
