//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/webdav"
)

// peers returns the servers. Only the first asks for a password.
func peers(server string) []*peer {
	changes := func(w work) bool { return w.method != "GET" }
	all := []*peer{
		{
			name: "cgpkit", prefix: "/~john", login: "Basic am9objpzZWNyZXQ=", files: "Accounts/john.macnt/account.web",
			start: func(dir, addr string) (*exec.Cmd, error) {
				if server == "" {
					return nil, errors.New("no -server")
				}
				err := write(dir, "Settings/Main.settings", "{\n DomainName = bench.example;\n}\n")
				if err == nil {
					err = write(dir, "Accounts/john.macnt/account.settings", "{\n MaxWebSize = unlimited;\n MaxWebFiles = unlimited;\n Password = secret;\n}\n")
				}
				return exec.Command(server, "-base", dir, "-ftp", "off", "-tftp", "off", "-cli", "off", "-log-level", "warn", "-http", addr), err
			},
		},
		goPeer("FileServer", changes),
		goPeer("memory", func(w work) bool { return changes(w) || w.size > 64<<10 }),
		goPeer("xnetdav", func(w work) bool { return !changes(w) }),
		{
			name: "nginx", skip: changes,
			start: func(dir, addr string) (*exec.Cmd, error) {
				err := write(dir, "../nginx.conf", fmt.Sprintf("daemon off; worker_processes 1; user root; pid %[1]s/../nginx.pid; error_log stderr error;\nevents { worker_connections 1024; }\n"+
					"http { access_log off; sendfile on; keepalive_requests 1000000000; server { listen %[2]s; root %[1]s; } }\n", dir, addr))
				return exec.Command("nginx", "-c", filepath.Join(dir, "../nginx.conf")), err
			},
		},
		{
			name: "apache",
			start: func(dir, addr string) (*exec.Cmd, error) {
				const modules = "/usr/lib/apache2/modules/mod_"
				text := "ServerRoot /\nServerName bench.example\nListen " + addr + "\nPidFile " + dir + "/../apache.pid\nErrorLog /dev/stderr\nLogLevel error\nMutex pthread\n" +
					"KeepAlive On\nMaxKeepAliveRequests 0\nEnableSendfile On\nUser www-data\nGroup www-data\n" +
					"ServerLimit 1\nStartServers 1\nThreadsPerChild 64\nMaxRequestWorkers 64\n"
				for _, m := range []string{"mpm_event", "authz_core", "dav", "dav_fs", "mime"} {
					text += "LoadModule " + m + "_module " + modules + m + ".so\n"
				}
				text += "TypesConfig /etc/mime.types\nDavLockDB " + dir + "/../locks/davlock\nDocumentRoot " + dir + "\n<Directory " + dir + ">\nDav On\nRequire all granted\n</Directory>\n"
				err := errors.Join(write(dir, "../apache.conf", text), write(dir, "../locks/.keep", ""), os.Chmod(filepath.Join(dir, "../locks"), 0o777))
				return exec.Command("apache2", "-X", "-f", filepath.Join(dir, "../apache.conf")), err
			},
		},
	}
	return all
}

// goPeer is a server in Go: this program once more.
func goPeer(name string, skip func(work) bool) *peer {
	return &peer{name: name, skip: skip, start: func(dir, addr string) (*exec.Cmd, error) {
		self, err := os.Executable()
		return exec.Command(self, "-serve", strings.Join([]string{name, addr, dir}, ",")), err
	}}
}

// serveGo is that program.
func serveGo(what string) error {
	part := strings.SplitN(what, ",", 3)
	kind, addr, dir := part[0], part[1], part[2]
	var handler http.Handler
	switch kind {
	case "FileServer":
		files := http.FileServer(http.Dir(dir))
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// It makes no entity tags, and compares with one that is there.
			w.Header().Set("ETag", `"0"`)
			files.ServeHTTP(w, r)
		})
	case "memory":
		files := map[string][]byte{}
		for _, dir := range []string{dir + "/one", dir + "/thousand", dir + "/middle"} {
			names, _ := filepath.Glob(dir + "/*")
			for _, name := range names {
				content, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				files["/"+filepath.Base(dir)+"/"+filepath.Base(name)] = content
			}
		}
		modified := time.Now().UTC().Format(http.TimeFormat)
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content := files[r.URL.Path]
			h := w.Header()
			h.Set("ETag", `"0"`)
			if r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			h.Set("Content-Type", "application/octet-stream")
			h.Set("Content-Length", strconv.Itoa(len(content)))
			h.Set("Last-Modified", modified)
			w.Write(content)
		})
	case "xnetdav":
		handler = &webdav.Handler{FileSystem: webdav.Dir(dir), LockSystem: webdav.NewMemLS()}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return (&http.Server{Handler: handler}).Serve(l)
}

func write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
