package pages_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// attack is what a page of a user tries in the browser of somebody who has signed in as
// John, and what came of it. Where is the address of John's storage.
const attack = `
async function attack(where) {
	const came = {};
	const attempt = async (name, action) => {
		const late = new Promise(done => setTimeout(() => done("no answer"), 10000));
		try { came[name] = String(await Promise.race([action(), late])) } catch { came[name] = "stopped" }
	};
	const loads = (name, properties) => new Promise((done, failed) => {
		const element = document.createElementNS("http://www.w3.org/1999/xhtml", name);
		element.onload = () => done("loaded");
		element.onerror = failed;
		Object.assign(element, properties);
		document.documentElement.append(element);
	});
	const submit = (action, fields, enctype) => new Promise(done => {
		// Into a frame, whose load tells that the answer has come.
		const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe");
		const form = document.createElementNS("http://www.w3.org/1999/xhtml", "form");
		frame.name = "f" + Math.random();
		Object.assign(form, {method: "post", action, target: frame.name});
		if (enctype) form.enctype = enctype;
		for (const [name, value] of Object.entries(fields)) {
			const input = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
			input.name = name, input.value = value;
			form.append(input);
		}
		document.documentElement.append(frame, form);
		frame.onload = () => { try { done(frame.contentDocument.body.innerText) } catch { done("unreadable") } };
		form.submit();
	});
	await attempt("origin", () => self.origin);
	await attempt("cookie", () => document.cookie);
	await attempt("page", async () => (await fetch(where + "index.wssp", {credentials: "include"})).text());
	await attempt("private", async () => (await fetch(where + "private/diary.txt", {credentials: "include"})).text());
	await attempt("opaque", async () => (await fetch(where + "private/diary.txt", {credentials: "include", mode: "no-cors"})).type);
	await attempt("put", async () => (await fetch(where + "notes.txt", {method: "PUT", body: "owned", credentials: "include"})).status);
	await attempt("delete", async () => (await fetch(where + "notes.txt", {method: "DELETE", credentials: "include"})).status);
	await attempt("post", async () => (await fetch(where + "index.wssp", {method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({action: "delete", mark: "notes.txt"})})).type);
	await attempt("beacon", () => navigator.sendBeacon(where + "index.wssp", new URLSearchParams({action: "delete", mark: "notes.txt"})));
	await attempt("image", () => loads("img", {src: where + "private/cat.svg"}));
	await attempt("script", () => loads("script", {src: where + "private/data.js"}).then(() => self.secret));
	await attempt("style", () => loads("link", {rel: "stylesheet", href: where + "private/style.css"}));
	await attempt("frame", () => new Promise(done => {
		const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe");
		frame.onload = () => { try { done(frame.contentDocument.body.innerText) } catch { done("unreadable") } };
		frame.src = where + "index.wssp";
		document.documentElement.append(frame);
	}));
	await attempt("form", () => submit(where + "index.wssp", {action: "delete", mark: "notes.txt", confirmed: "yes"}));
	await attempt("upload", () => submit(where + "index.wssp", {action: "folder", folder: "made"}, "multipart/form-data"));
	await attempt("editor", () => submit(where + "index.wssp/edit?name=notes.txt", {text: "owned", etag: "x"}));
	await attempt("signout", () => submit(where + "index.wssp/signin", {action: "everywhere"}));
	await attempt("signin", () => submit(where + "index.wssp/signin", {login: "mary", password: "mary-pw"}));
	await attempt("worker", async () => (await navigator.serviceWorker.register("worker.js")).scope);
	await attempt("window", () => new Promise(done => {
		const opened = open(where + "index.wssp");
		let looks = 0;
		const look = () => {
			try { if (opened.document.body.innerText.includes("notes.txt")) return done("read") } catch { return done("unreadable") }
			if (opened.closed) return done("severed");
			++looks > 200 ? done("blank") : setTimeout(look, 10);
		};
		look();
	}));
	return came;
}`

// Pages of users, of every kind that can run scripts, neither read nor drive the pages of
// whoever has signed in and opens them.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := attack + `; attack("/~john/").then(came => { document.documentElement.setAttribute("data-came", JSON.stringify(came)) });`
	files := map[string]string{
		"evil.html":  `<!DOCTYPE html><title>evil</title><body><script>` + run + `</script>`,
		"evil.svg":   `<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[` + run + `]]></script></svg>`,
		"evil.xhtml": `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>evil</title></head><body><script><![CDATA[` + run + `]]></script></body></html>`,
		"evil.xml":   `<root><script xmlns="http://www.w3.org/1999/xhtml"><![CDATA[` + run + `]]></script></root>`,
		"worker.js":  `self.onfetch = event => event.respondWith(new Response("owned"))`,
	}
	for _, owner := range []string{john, "mary@client1.com"} {
		for name, content := range files {
			s.Write(t, owner, name, content)
		}
		s.Write(t, owner, "evil.pdf", hostilePDF)
	}
	s.Write(t, john, "private/cat.svg", `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)
	s.Write(t, john, "private/data.js", `self.secret = "read"`)
	s.Write(t, john, "private/style.css", `p { color: red }`)
	browser := fixture.StartBrowser(t)
	own := browser.SignIn(t, s.URL+"/~john/index.wssp", "john", "john-pw")
	// What the attempts would bring, if nothing were in their way.
	require.Equal(t, "dear diary", own.Eval(t, `fetch("private/diary.txt").then(r => r.text())`))
	require.Equal(t, "true", own.Eval(t, `fetch("index.wssp").then(r => r.text()).then(t => t.includes("notes.txt"))`))

	for _, owner := range []string{"mary", "john"} {
		for name := range files {
			if name == "worker.js" {
				continue
			}
			page := browser.Open(t, s.URL+"/~"+owner+"/"+name)
			var came map[string]string
			require.NoError(t, json.Unmarshal([]byte(page.Wait(t, `document.documentElement.getAttribute("data-came")`)), &came))
			at := owner + " " + name
			require.Equal(t, "null", came["origin"], at)
			for _, what := range []string{"cookie", "page", "private", "put", "delete", "image", "script", "worker"} {
				require.Equal(t, "stopped", came[what], "%s %s", at, what)
			}
			for _, what := range []string{"frame", "form", "upload", "editor", "signout", "signin"} {
				require.Equal(t, "unreadable", came[what], "%s %s", at, what)
			}
			require.NotEqual(t, "read", came["window"], at)
			s.requireUntouched(t, at)
		}
	}
	for _, owner := range []string{"mary", "john"} {
		browser.Open(t, s.URL+"/~"+owner+"/evil.pdf").Eval(t, `new Promise(done => setTimeout(done, 300))`)
	}
	s.requireUntouched(t, "pdf")
	own = browser.Open(t, s.URL+"/~john/index.wssp")
	require.Contains(t, own.Eval(t, `document.body.innerText`), "notes.txt", "the session is still John's")
	require.Equal(t, "0", own.Eval(t, `navigator.serviceWorker.getRegistrations().then(all => all.length)`))
}

// requireUntouched: nothing of what an attack wanted has happened.
func (s *site) requireUntouched(t *testing.T, by string) {
	t.Helper()
	content, ok := s.Read(t, john, "notes.txt")
	require.True(t, ok, by)
	require.Equal(t, "public notes", content, by)
	for name := range map[string]bool{"made": true} {
		_, err := s.Files(t, john).Stat(t.Context(), name)
		require.Error(t, err, by)
	}
}

// hostilePDF sends a form to the page as soon as it is opened.
var hostilePDF = pdf(`<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (this.submitForm({cURL: "index.wssp", cSubmitAs: "HTML"}); app.launchURL("index.wssp");) >> >>`,
	`<< /Type /Pages /Kids [3 0 R] /Count 1 >>`,
	`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /AA << /O << /S /SubmitForm /F (index.wssp) /Flags 4 >> >> >>`)

// pdf writes objects as a document.
func pdf(objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, object := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return b.String()
}

// Names and values are text, wherever the pages and their scripts show them.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{
		`<img src=x onerror=top.hacked=1>.txt`, `"><script>top.hacked=1<`, `' onmouseover='top.hacked=1`, `javascript:top.hacked=1`, `{{.}}${top.hacked=1}`,
		`&lt;b&gt;.txt`, `%3Cb%3E.txt`, `a?b#c.txt`, `-->.txt`, "\u202Etxt.exe", `$&$1.txt`, `x;y=z.txt`, ` blank .txt`,
	}
	for _, name := range names {
		s.Write(t, john, "box/"+name, "content of "+name)
	}
	s.Write(t, john, `box/<b onclick=top.hacked=1>/<i>.txt`, "deep")
	browser := fixture.StartBrowser(t)
	browser.SignIn(t, s.URL+"/~john/index.wssp", "john", "john-pw")
	page := browser.Open(t, s.URL+"/~john/box/index.wssp")
	var shown []string
	require.NoError(t, json.Unmarshal([]byte(page.Eval(t, `JSON.stringify([...document.querySelectorAll(".name a")].map(a => a.textContent))`)), &shown))
	for _, name := range names {
		require.Contains(t, shown, name)
		// Each link leads to its own file, and nothing else.
		got := page.Eval(t, `fetch([...document.querySelectorAll(".name a")].find(a => a.textContent === `+quoted(name)+`).href).then(r => r.text())`)
		require.Equal(t, "content of "+name, got)
	}
	text := `<img src=x onerror=top.hacked=1>.txt`
	page.Eval(t, `[...document.querySelectorAll(".name a")].find(a => a.textContent === `+quoted(text)+`).click()`)
	require.Equal(t, "content of "+text, page.Wait(t, `document.querySelector(".preview pre").textContent`))
	require.Equal(t, text, page.Eval(t, `document.querySelector(".preview h2").textContent`))
	page.Eval(t, `preview.dialog.close()`)
	page.Eval(t, `{ const dropped = new DataTransfer();
		for (const name of `+quoted(names)+`) dropped.items.add(new File(["new"], name));
		document.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true})) }`)
	page.Wait(t, `document.querySelectorAll(".taken select").length > 5`)
	page.Eval(t, `document.querySelector("dialog.card .first").click()`)
	page.Wait(t, `document.querySelectorAll("#uploads li").length > 0 && uploads.running === 0 && uploads.waiting.length === 0`)
	for _, path := range []string{"box/" + url.PathEscape(`<b onclick=top.hacked=1>`) + "/index.wssp", "box/index.wssp/edit?name=" + url.QueryEscape(text), "box/index.wssp?find=" + url.QueryEscape(`"><script>top.hacked=1</script>`)} {
		page := browser.Open(t, s.URL+"/~john/"+path)
		require.Equal(t, "undefined", page.Eval(t, `typeof top.hacked`), path)
	}
	require.Equal(t, "undefined", page.Eval(t, `typeof top.hacked`))
	require.Equal(t, "0", page.Eval(t, `document.querySelectorAll("main img, main script, main i").length`))
}

// quoted is a value as JavaScript.
func quoted(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// The policy lets a page load neither what users store nor what stands in it, whatever
// came into its markup.
func TestPolicyStopsInjectedMarkup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "evil.js", `top.hacked = 1`)
	s.Write(t, john, "evil.css", `body { display: none }`)
	browser := fixture.StartBrowser(t)
	page := browser.SignIn(t, s.URL+"/~john/index.wssp", "john", "john-pw")
	require.Equal(t, "stopped", page.Eval(t, `new Promise(done => {
		const script = document.createElement("script");
		script.onload = () => done("ran"), script.onerror = () => done("stopped");
		try { script.src = "evil.js" } catch { done("stopped") }
		document.body.append(script);
	})`))
	require.Equal(t, "stopped", page.Eval(t, `new Promise(done => {
		const sheet = document.createElement("link");
		sheet.onload = () => done("ran"), sheet.onerror = () => done("stopped");
		sheet.rel = "stylesheet", sheet.href = "evil.css";
		document.body.append(sheet);
	})`))
	require.Equal(t, "stopped", page.Eval(t, `(() => { try { document.body.innerHTML = "<b>x"; return "ran" } catch { return "stopped" } })()`))
	require.Equal(t, "stopped", page.Eval(t, `fetch("http://127.0.0.2:1/").then(() => "ran", () => "stopped")`))
	require.Equal(t, "", page.Eval(t, `{ try { document.body.setAttribute("onclick", "top.hacked = 1") } catch {}; document.body.click(); String(top.hacked ?? "") }`))
	require.Equal(t, "stopped", page.Eval(t, `new Promise(done => {
		const base = document.createElement("base");
		base.href = "http://evil.example/";
		document.head.append(base);
		done(document.baseURI.includes("evil") ? "ran" : "stopped");
	})`))
}

// A link of another site brings no cookie. The page asks once more by itself, and who has
// signed in sees it.
func TestLinkFromAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := fixture.StartBrowser(t, "--host-resolver-rules=MAP other.example 127.0.0.1")
	at := s.URL + "/~john/index.wssp"
	browser.SignIn(t, at, "john", "john-pw")
	arrived := func() {
		browser.Event(t, "Page.frameNavigated", "frame", map[string]any{"frame.url": at})
	}
	arrived() // at the form
	arrived()
	elsewhere := browser.Open(t, strings.Replace(s.URL, "127.0.0.1", "other.example", 1)+"/~john/")
	elsewhere.Eval(t, `setTimeout(() => location.href = `+quoted(at)+`)`)
	arrived() // without the cookie
	arrived()
	elsewhere.Wait(t, `document.querySelector(".list").innerText.includes("notes.txt")`)
}
