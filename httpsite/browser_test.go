package httpsite_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// otherSite is a site of somebody else, at another address. Its pages tell it in
// which origin they run.
func otherSite(t *testing.T) (url string, origins <-chan string) {
	t.Helper()
	told := make(chan string, 10)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.URL.Query().Get("origin"); origin != "" {
			told <- origin
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<script>localStorage.setItem("a", "b"); fetch("/?origin=" + encodeURIComponent(self.origin))</script>`)
	}))
	l, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	require.NoError(t, s.Listener.Close())
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, told
}

const attempts = `(async () => {
	const said = [];
	const attempt = async (name, action) => {
		try { said.push(name + ":" + await action()) } catch (e) { said.push(name + ":stopped") }
	};
	await attempt("origin", () => self.origin);
	await attempt("fetch", async () => (await fetch("data.bin")).text());
	await attempt("cookie", () => document.cookie);
	await attempt("storage", () => localStorage.length);
	await attempt("frame", () => new Promise((done, failed) => {
		const frame = document.createElement("iframe");
		frame.onload = () => frame.contentDocument ? done(frame.contentDocument.body.innerText) : failed();
		frame.src = "page.html";
		document.body.append(frame);
	}));
	await attempt("module", () => new Promise((done, failed) => {
		const script = document.createElement("script");
		script.type = "module", script.src = "module.js", script.onerror = failed, script.onload = () => done(self.module);
		document.body.append(script);
	}));
	await attempt("script", () => new Promise((done, failed) => {
		const script = document.createElement("script");
		script.src = "script.js", script.onerror = failed, script.onload = () => done(self.plain);
		document.body.append(script);
	}));
	await attempt("worker", () => new Promise((done, failed) => {
		const worker = new Worker("worker.js");
		worker.onerror = failed, worker.onmessage = e => done(e.data);
	}));
	await attempt("menu", () => new Promise((done, failed) => {
		onmessage = e => e.data == "ran" ? done(e.data) : failed();
		for (const [name, src] of [["main", "about:blank"], ["menu", "menu.html"]]) {
			const frame = document.createElement("iframe");
			frame.name = name, frame.src = src;
			document.body.append(frame);
		}
	}));
	return said.join(" ");
})()`

// What a page of a user can do in the browser of a visitor, in its sandbox and,
// on a host of its own, without.
func TestChromiumSandbox(t *testing.T) {
	t.Parallel()
	other, origins := otherSite(t)
	s := newServer(t)
	// A cookie of the origin, as another program on the same host would set.
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cookie" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "secret", Path: "/"})
			return
		}
		inner.ServeHTTP(w, r)
	})
	s.Write(t, john, "app.html", `<!DOCTYPE html><meta charset="utf-8"><a id="saved" href="data.bin" download>save</a> <a id="packed" href="pack.zip">pack</a>
		<a id="other" href="`+other+`/" target="_blank" rel="opener">other</a>`)
	s.Write(t, john, "module.js", `self.module = "ran"`)
	s.Write(t, john, "script.js", `self.plain = "ran"`)
	s.Write(t, john, "worker.js", `postMessage("ran")`)
	s.Write(t, john, "pack.zip", "PK")
	s.Write(t, john, "menu.html", `<script>try { parent.frames.main.location.href = "page.html"; parent.postMessage("ran", "*") } catch (e) { parent.postMessage("stopped", "*") }</script>`)
	s.Write(t, john, "reports.html", `<script>opener.postMessage(self.origin, "*")</script>`)
	browser := fixture.StartBrowser(t, "--host-resolver-rules=MAP "+fixture.LoginPage+" 127.0.0.1")
	browser.Open(t, s.URL+"/cookie")

	page := browser.Open(t, s.URL+"/~john/app.html")
	require.Equal(t, "origin:null fetch:stopped cookie:stopped storage:stopped frame:stopped module:stopped script:ran worker:stopped menu:stopped", page.Eval(t, attempts))

	page.Eval(t, `setTimeout(() => { alert("hello"); self.alerted = "yes" })`)
	require.Equal(t, "hello", page.Dialog(t))
	require.Equal(t, "yes", page.Eval(t, `self.alerted`))

	for id, want := range map[string]struct{ name, content string }{"saved": {"data.bin", "0123456789"}, "packed": {"pack.zip", "PK"}} {
		page.Eval(t, `document.getElementById("`+id+`").click()`)
		guid := browser.Event(t, "Browser.downloadWillBegin", "guid", map[string]any{"suggestedFilename": want.name})
		browser.Event(t, "Browser.downloadProgress", "state", map[string]any{"guid": guid, "state": "completed"})
		content, err := os.ReadFile(filepath.Join(browser.Downloads, want.name))
		require.NoError(t, err)
		require.Equal(t, want.content, string(content))
	}

	page.Eval(t, `document.getElementById("other").click()`)
	require.Equal(t, other, <-origins, "a link")
	page.Eval(t, `window.open("`+other+`/") && "opened"`)
	require.Equal(t, other, <-origins, "a window")

	// The site's own pages stay in the sandbox in a window too.
	require.Equal(t, "null", page.Eval(t, `new Promise(done => {
		addEventListener("message", e => done(e.data));
		window.open("reports.html");
	})`))

	// So do windows and frames that it fills by itself, as far as it can.
	for window, want := range map[string]string{
		`window.open("about:blank").eval(code)`:                                                                     "stopped",
		`window.open().document.write("<script>" + code + "</" + "script>")`:                                        "stopped",
		`window.open("javascript:" + code)`:                                                                         "null stopped",
		`window.open(URL.createObjectURL(new Blob(["<script>" + code + "</" + "script>"], {type: "text/html"})))`:   "null stopped",
		`document.body.appendChild(document.createElement("iframe")).srcdoc = "<script>" + code + "</" + "script>"`: "null stopped",
	} {
		require.Equal(t, want, page.Eval(t, `new Promise(done => {
			const code = "let stored = 'stopped'; try { stored = localStorage.length + document.cookie } catch (e) {}; (opener || parent).postMessage(self.origin + ' ' + stored, '*')";
			self.onmessage = e => done(e.data);
			try { `+window+` } catch (e) { done("stopped") }
		})`), window)
	}

	trusted := browser.Open(t, strings.Replace(s.URL, "127.0.0.1", fixture.LoginPage, 1)+"/app.html")
	require.Equal(t, "origin:"+strings.Replace(s.URL, "127.0.0.1", fixture.LoginPage, 1)+
		" fetch:0123456789 cookie: storage:0 frame:page module:ran script:ran worker:ran menu:ran", trusted.Eval(t, attempts))
}

// Text is legible in the encoding it was written in, whatever machine it came
// from.
func TestChromiumReadsText(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Types = map[string]string{"readme": "text/plain"} })
	browser := fixture.StartBrowser(t)
	const utf8, latin1 = "Grüße von Jörg", "Gr\xFC\xDFe von J\xF6rg"
	for _, extension := range []string{"txt", "md", "log", "css", "js", "readme", "ts", "json"} {
		s.Write(t, john, "utf8."+extension, utf8)
		page := browser.Open(t, s.URL+"/~john/utf8."+extension)
		require.Equal(t, utf8, page.Eval(t, `document.body.innerText.trim()`), extension)
		if extension == "json" {
			continue // is UTF-8 by definition (RFC 8259 §8.1)
		}
		s.Write(t, john, "latin1."+extension, latin1)
		page = browser.Open(t, s.URL+"/~john/latin1."+extension)
		require.Equal(t, utf8, page.Eval(t, `document.body.innerText.trim()`), extension)
	}
	s.Write(t, john, "mark.txt", "\xFF\xFEG\x00r\x00\xFC\x00")
	require.Equal(t, "Grü", browser.Open(t, s.URL+"/~john/mark.txt").Eval(t, `document.body.innerText.trim()`), "UTF-16 with its mark")

	// A page in Latin-1 with a style sheet and a script in UTF-8.
	s.Write(t, john, "old.html", "<!DOCTYPE html><meta charset=\"iso-8859-1\"><link rel=\"stylesheet\" href=\"style.css\"><p>Gr\xFC\xDFe</p><script src=\"script.js\"></script>")
	s.Write(t, john, "style.css", `p::before { content: "Grüße" }`)
	s.Write(t, john, "script.js", `self.said = "Grüße"`)
	old := browser.Open(t, s.URL+"/~john/old.html")
	require.Equal(t, `Grüße "Grüße" Grüße`, old.Eval(t, `document.querySelector("p").innerText + " " + getComputedStyle(document.querySelector("p"), "::before").content + " " + self.said`))
}
