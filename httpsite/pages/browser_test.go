package pages_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/httpsite/pages"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// open signs in as John in a browser of its own, and opens a page of his.
func (s *site) open(t *testing.T, path string) *fixture.Page {
	t.Helper()
	return fixture.StartBrowser(t).SignIn(t, s.URL+"/~john/"+path, "john", "john-pw")
}

// drop drops new files on a page: names and the lengths of their contents.
func drop(t *testing.T, page *fixture.Page, files map[string]int) {
	t.Helper()
	page.Eval(t, `{
		const dropped = new DataTransfer();
		for (const [name, length] of Object.entries(`+quoted(files)+`)) dropped.items.add(new File(["n".repeat(length)], name));
		document.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
	}`)
}

// idle waits until all uploads have ended and the list shows them.
const idle = `uploads.running === 0 && uploads.waiting.length === 0 && uploads.stored === 0 && document.querySelectorAll("#uploads li").length`

func (s *site) requireContent(t *testing.T, name, want string) {
	t.Helper()
	content, ok := s.Read(t, john, name)
	require.True(t, ok, name)
	require.Equal(t, want, content, name)
}

func (s *site) requireAbsent(t *testing.T, name string) {
	t.Helper()
	_, ok := s.Read(t, john, name)
	require.False(t, ok, name)
}

// Fifty files and a tree of folders, chosen from a disk and dropped.
func TestBrowserUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	disk := t.TempDir()
	var paths []string
	for i := range 50 {
		path := filepath.Join(disk, fmt.Sprintf("file %02d ü&#.txt", i))
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), i*1000), 0o600))
		paths = append(paths, path)
	}
	tree := filepath.Join(disk, "tree")
	for _, name := range []string{"a", "sub/b", "sub/deep/c", "sub 2/d"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(tree, name), []byte("in "+name), 0o600))
	}
	page := s.open(t, "private/box/index.wssp")
	page.Eval(t, `document.getElementById("file").closest("details").open = true`)
	page.Choose(t, "#file", paths...)
	page.Wait(t, idle+` === 50`)
	require.Equal(t, "50", page.Eval(t, `document.querySelectorAll("#uploads .done").length`))
	for i := range 50 {
		s.requireContent(t, fmt.Sprintf("private/box/file %02d ü&#.txt", i), strings.Repeat("x", i*1000))
	}
	page.Wait(t, `files.rows().length === 51`)

	page.Drop(t, tree)
	page.Wait(t, idle+` === 54`)
	for _, name := range []string{"a", "sub/b", "sub/deep/c", "sub 2/d"} {
		s.requireContent(t, "private/box/tree/"+name, "in "+name)
	}
	page.Wait(t, `files.rows().some(row => files.name(row) === "tree")`)
	// The same again, into folders that are there.
	require.NoError(t, os.WriteFile(filepath.Join(tree, "a"), []byte("newer"), 0o600))
	page.Drop(t, tree)
	page.Wait(t, `document.querySelectorAll(".taken select").length === 4`)
	page.Eval(t, `{ const all = document.querySelector("dialog.card select"); all.value = "replace"; all.dispatchEvent(new Event("change")) }`)
	page.Eval(t, `document.querySelector("dialog.card .first").click()`)
	page.Wait(t, idle+` === 58`)
	s.requireContent(t, "private/box/tree/a", "newer")
}

// What is in the way is told before anything is sent.
func TestBrowserTellsWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"both.txt", "both (2).txt", "replace.txt", "skip.txt"} {
		s.Write(t, john, "box/"+name, "old")
	}
	s.Write(t, john, "box/folder/x", "x")
	page := s.open(t, "box/index.wssp")
	drop(t, page, map[string]int{"both.txt": 4, "replace.txt": 4, "skip.txt": 4, "new.txt": 4, "folder": 4, "..": 4})
	page.Wait(t, `document.querySelectorAll(".taken select").length === 3`)
	s.requireAbsent(t, "box/new.txt")
	require.Equal(t, "..: This name cannot be used.|folder: A folder with this name exists already.",
		page.Eval(t, `[...document.querySelectorAll("#uploads .failed")].map(line => line.querySelector("bdi").textContent + ": " + line.querySelector(".status").textContent).sort().join("|")`))
	page.Eval(t, `for (const select of document.querySelectorAll(".taken select")) {
		select.value = select.getAttribute("aria-label").split(".")[0];
		select.dispatchEvent(new Event("change"));
	}`)
	page.Eval(t, `document.querySelector("dialog.card .first").click()`)
	page.Wait(t, idle+` === 5`)
	for name, want := range map[string]string{"both.txt": "old", "both (2).txt": "old", "both (3).txt": "nnnn", "replace.txt": "nnnn", "skip.txt": "old", "new.txt": "nnnn"} {
		s.requireContent(t, "box/"+name, want)
	}
	s.requireContent(t, "box/folder/x", "x")

	// Closing the question uploads nothing that was asked about.
	drop(t, page, map[string]int{"both.txt": 9})
	page.Wait(t, `document.querySelector(".taken select")`)
	page.Eval(t, `[...document.querySelectorAll("dialog.card button")].at(-1).click()`)
	page.Wait(t, `!document.querySelector("dialog.card")`)
	s.requireContent(t, "box/both.txt", "old")

	used, err := s.handler.Views.View(filestore.Caller{Account: john}, john).Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes, a.Limits.FileSize = used.Bytes+100, 1000 })
	drop(t, page, map[string]int{"a": 60, "b": 60})
	require.Equal(t, "There is not enough room in this File Storage: 100 of "+fmt.Sprint(used.Bytes+100)+" bytes are free.",
		page.Wait(t, `document.querySelector("#uploads [role=alert]")?.textContent`))
	drop(t, page, map[string]int{"large": 2000})
	page.Wait(t, `[...document.querySelectorAll("#uploads .status")].some(status => status.textContent === "A file may have 1,000 bytes at most.")`)
	s.requireAbsent(t, "box/a")
	s.requireAbsent(t, "box/large")
}

// slowBody lets a test hold an upload after its beginning has come.
type slowBody struct {
	http.Handler
	hold    atomic.Bool
	arrived chan struct{}
	release chan struct{}
}

func (b *slowBody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.hold.Load() && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		b.arrived <- struct{}{}
		select {
		case <-b.release:
		case <-r.Context().Done():
		}
	}
	b.Handler.ServeHTTP(w, r)
}

// An upload that is cancelled amid it leaves nothing behind, and the others go on.
func TestBrowserCancelsAnUpload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slow := &slowBody{Handler: s.handler, arrived: make(chan struct{}, 10), release: make(chan struct{})}
	s.Config.Handler = slow
	page := s.open(t, "index.wssp")
	slow.hold.Store(true)
	drop(t, page, map[string]int{"a cancelled": 40 << 20, "stays": 1 << 20})
	<-slow.arrived
	<-slow.arrived
	require.Equal(t, "2", page.Wait(t, `document.querySelectorAll("#uploads progress").length`))
	page.Eval(t, `document.querySelector("#uploads li button[aria-label='Cancel a cancelled']").click()`)
	page.Wait(t, `[...document.querySelectorAll("#uploads .status")].some(status => status.textContent === "cancelled")`)
	close(slow.release)
	page.Wait(t, idle)
	s.requireAbsent(t, "a cancelled")
	s.requireContent(t, "stays", strings.Repeat("n", 1<<20))
}

// Room that goes while files are on their way is told for each that has none.
func TestBrowserMeetsTheLimitAmidUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slow := &slowBody{Handler: s.handler, arrived: make(chan struct{}, 100), release: make(chan struct{})}
	s.Config.Handler = slow
	page := s.open(t, "index.wssp")
	slow.hold.Store(true)
	many := map[string]int{}
	for i := range 20 {
		many[fmt.Sprintf("%02d", i)] = 300 << 10
	}
	drop(t, page, many)
	<-slow.arrived
	used, err := s.handler.Views.View(filestore.Caller{Account: john}, john).Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = used.Bytes + 10*300<<10 })
	slow.hold.Store(false)
	close(slow.release)
	page.Wait(t, idle+` === 20`)
	require.Equal(t, "10", page.Eval(t, `document.querySelectorAll("#uploads .done").length`))
	require.Equal(t, "10", page.Eval(t, `[...document.querySelectorAll("#uploads .failed .status")].filter(status => status.textContent.includes("There is not enough room")).length`))
	stored := 0
	for name := range many {
		if content, ok := s.Read(t, john, name); ok {
			require.Len(t, content, 300<<10)
			stored++
		}
	}
	require.Equal(t, 10, stored)
}

func picture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 300, 200))))
	return b.String()
}

// Marks, filter, keys, thumbnails and previews.
func TestBrowserList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"a.txt", "b.txt", "c.png", "d.pdf", "e.mp3", "f.mp4", "g.bin"} {
		s.Write(t, john, "box/"+name, "content of "+name)
	}
	s.Write(t, john, "box/c.png", picture(t))
	s.Write(t, john, "box/d.pdf", pdf(`<< /Type /Catalog /Pages 2 0 R >>`, `<< /Type /Pages /Kids [3 0 R] /Count 1 >>`, `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>`))
	page := s.open(t, "box/index.wssp")
	marked := func() string {
		return page.Eval(t, `files.rows().filter(row => files.mark(row).checked).map(row => files.name(row)).join(" ")`)
	}
	key := func(key string, more string) {
		page.Eval(t, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: `+quoted(key)+`, bubbles: true, cancelable: true, `+more+`}))`)
	}
	require.Equal(t, "true", page.Eval(t, `document.querySelector(".marked").hidden`))
	page.Wait(t, `document.querySelector("canvas.thumbnail")?.width === 240`)

	page.Eval(t, `files.mark(files.rows()[1]).click()`)
	require.Equal(t, "false", page.Eval(t, `document.querySelector(".marked").hidden`))
	require.Equal(t, "b.txt", page.Eval(t, `document.getElementById("newName").value`))
	page.Eval(t, `files.mark(files.rows()[4]).dispatchEvent(new MouseEvent("click", {shiftKey: true, bubbles: true, cancelable: true}))`)
	require.Equal(t, "b.txt c.png d.pdf e.mp3", marked())
	require.Equal(t, "4 marked", page.Eval(t, `document.querySelector(".marked output").textContent`))
	page.Eval(t, `document.getElementById("all").click()`)
	require.Equal(t, "a.txt b.txt c.png d.pdf e.mp3 f.mp4 g.bin", marked())
	page.Eval(t, `document.getElementById("all").click()`)
	require.Equal(t, "", marked())

	key("/", "")
	require.Equal(t, "find", page.Eval(t, `document.activeElement.id`))
	page.Eval(t, `{ const find = document.getElementById("find"); find.value = ".TXT"; find.dispatchEvent(new InputEvent("input", {bubbles: true})) }`)
	require.Equal(t, "a.txt b.txt", page.Eval(t, `files.shown().map(row => files.name(row)).join(" ")`))
	page.Eval(t, `document.getElementById("all").click()`)
	require.Equal(t, "a.txt b.txt", marked(), "what is shown")
	page.Eval(t, `document.getElementById("all").click()`)
	page.Eval(t, `{ const find = document.getElementById("find"); find.value = ""; find.dispatchEvent(new InputEvent("input", {bubbles: true})); find.blur() }`)

	key("ArrowDown", "")
	require.Equal(t, "a.txt", page.Eval(t, `document.activeElement.textContent`))
	key("ArrowDown", "")
	key(" ", "")
	require.Equal(t, "b.txt", marked())
	key("End", "")
	require.Equal(t, "g.bin", page.Eval(t, `document.activeElement.textContent`))
	key("F2", "")
	require.Equal(t, "newName", page.Eval(t, `document.activeElement.id`))

	preview := func(name string) {
		page.Eval(t, `[...document.querySelectorAll(".name a")].find(a => a.textContent === `+quoted(name)+`).click()`)
		require.Equal(t, name, page.Wait(t, `document.querySelector(".preview h2").textContent`))
	}
	preview("a.txt")
	require.Equal(t, "content of a.txt", page.Wait(t, `document.querySelector(".preview pre").textContent`))
	require.Contains(t, page.Eval(t, `preview.edit.href`), "/box/index.wssp/edit?name=a.txt")
	key("ArrowRight", "")
	require.Equal(t, "content of b.txt", page.Wait(t, `document.querySelector(".preview pre").textContent`))
	key("ArrowRight", "")
	require.Equal(t, "300", page.Wait(t, `document.querySelector(".preview img").naturalWidth`))
	key("ArrowRight", "")
	page.Wait(t, `document.querySelector(".preview iframe").src.endsWith("/box/d.pdf")`)
	key("ArrowRight", "")
	page.Wait(t, `document.querySelector(".preview audio").networkState !== 0`)
	key("ArrowRight", "")
	page.Wait(t, `document.querySelector(".preview video").networkState !== 0`)
	require.Equal(t, "true", page.Eval(t, `preview.next.disabled`), "g.bin has no preview")
	page.Eval(t, `preview.dialog.close()`)
	require.Equal(t, "f.mp4", page.Wait(t, `document.activeElement.textContent`), "the focus is back")

	saved := page.Eval(t, `{ const form = document.getElementById("entries"); for (const row of files.rows().slice(0, 2)) files.mark(row).checked = true; new URLSearchParams(new FormData(form)).toString() }`)
	require.Contains(t, saved, "mark=a.txt&mark=b.txt")
	page.Eval(t, `showMarks(); document.querySelector(".marked [value=zip]").click()`)
	guid := page.Event(t, "Browser.downloadWillBegin", "guid", map[string]any{"suggestedFilename": "box.zip"})
	page.Event(t, "Browser.downloadProgress", "state", map[string]any{"guid": guid, "state": "completed"})
	archive, err := os.ReadFile(filepath.Join(page.Downloads, "box.zip"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a.txt": "content of a.txt", "b.txt": "content of b.txt"}, unzip(t, string(archive)))
}

// Entries are dragged to folders of the list and above it, and shown as tiles.
// Whoever has been signed out meanwhile loses nothing of what they typed.
func TestBrowserEditsWithoutASession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "a.txt", "old")
	b := fixture.StartBrowser(t)
	at := s.URL + "/~john/index.wssp/edit?name=a.txt"
	page := b.SignIn(t, at, "john", "john-pw")
	page.Eval(t, `document.getElementById("text").value = "typed"`)
	b.Open(t, s.URL+"/~john/index.wssp").Follow(t, `void document.querySelector("[name=action][value=signout]").click()`)
	const save = `void document.querySelector(".editor").requestSubmit()`
	page.Eval(t, save)
	require.Equal(t, "typed", page.Wait(t, `document.getElementById("ended").checkVisibility() && document.getElementById("text").value`))
	s.requireContent(t, "a.txt", "old")

	b.SignIn(t, at, "john", "john-pw")
	page.Follow(t, save) // the page is one of the session before
	require.Equal(t, "typed", page.Eval(t, `document.getElementById("text").value`))
	s.requireContent(t, "a.txt", "old")
	page.Follow(t, save)
	s.requireContent(t, "a.txt", "typed")
}

func TestBrowserMovesEntries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"box/deep/a.txt", "box/deep/b.txt", "box/deep/c.txt", "box/deep/c & <d>/x", "box/c.txt"} {
		s.Write(t, john, name, name)
	}
	page := s.open(t, "box/deep/index.wssp")
	drag := func(name, target string) {
		t.Helper()
		page.Eval(t, `{
			const row = name => files.rows().find(row => files.name(row) === name);
			const dataTransfer = new DataTransfer(), at = {dataTransfer, bubbles: true, cancelable: true};
			files.link(row(`+quoted(name)+`)).dispatchEvent(new DragEvent("dragstart", at));
			const target = `+target+`;
			target.dispatchEvent(new DragEvent("dragover", at));
			target.dispatchEvent(new DragEvent("drop", at));
		}`)
	}
	page.Eval(t, `for (const row of files.rows()) if (["a.txt", "b.txt"].includes(files.name(row))) files.mark(row).click()`)
	drag("a.txt", `row("c & <d>")`)
	page.Wait(t, `files.rows().length === 2`)
	s.requireContent(t, "box/deep/c & <d>/a.txt", "box/deep/a.txt")
	s.requireContent(t, "box/deep/c & <d>/b.txt", "box/deep/b.txt")
	drag("c.txt", `document.querySelector(".crumbs li:nth-child(2) a")`)
	require.Equal(t, "“c.txt”: An entry with this name exists already.", page.Wait(t, `document.querySelector("main > .message").textContent`))
	s.requireContent(t, "box/deep/c.txt", "box/deep/c.txt")
	drag("c.txt", `document.querySelector(".crumbs a")`)
	page.Wait(t, `files.rows().length === 1`)
	s.requireContent(t, "c.txt", "box/deep/c.txt")
	page.Eval(t, `document.querySelector(".find [aria-pressed]").click()`)
	require.Equal(t, "true", page.Eval(t, `document.querySelector(".list").classList.contains("gallery")`))
	page = page.Browser.Open(t, s.URL+"/~john/index.wssp")
	require.Equal(t, "true", page.Eval(t, `document.querySelector(".list").classList.contains("gallery")`), "it is remembered")
	page.Do(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": true}, nil)
	require.Equal(t, "360", page.Eval(t, `document.documentElement.scrollWidth`))
}

// What is to be deleted is asked for.
func TestBrowserDeletes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"box/<b>a.txt", "box/b.txt", "box/folder/x"} {
		s.Write(t, john, name, name)
	}
	page := s.open(t, "box/index.wssp")
	page.Eval(t, `for (const row of files.rows()) if (files.name(row) !== "b.txt") files.mark(row).click()`)
	remove := func(button string) {
		page.Eval(t, `document.querySelector("h1").dispatchEvent(new KeyboardEvent("keydown", {key: "Delete", bubbles: true, cancelable: true}))`)
		require.Equal(t, "folder,<b>a.txt", page.Wait(t, `[...document.querySelectorAll("dialog.card li")].map(line => line.textContent).join()`))
		page.Eval(t, `[...document.querySelectorAll("dialog.card button")].find(button => button.textContent === `+quoted(button)+`).click()`)
	}
	remove("Cancel")
	page.Wait(t, `!document.querySelector("dialog.card")`)
	s.requireContent(t, "box/folder/x", "box/folder/x")
	remove("Delete")
	page.Wait(t, `files.rows().length === 1`)
	s.requireAbsent(t, "box/folder/x")
	s.requireAbsent(t, "box/<b>a.txt")
	s.requireContent(t, "box/b.txt", "box/b.txt")
}

// All actions of the file manager work without scripts, by the forms of the page alone.
func TestBrowserWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"a.txt", "b.txt", "c.txt", "d.txt", "sub/x", "tree/y"} {
		s.Write(t, john, "box/"+name, "content of "+name)
	}
	browser := fixture.StartBrowser(t)
	page := browser.Open(t, "about:blank")
	page.Do(t, "Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	at := s.URL + "/~john/box/index.wssp"
	arrived := func(url string) {
		t.Helper()
		browser.Event(t, "Page.loadEventFired", "timestamp", nil)
		require.Equal(t, url, page.Eval(t, `location.href`))
	}
	browser.Event(t, "Page.loadEventFired", "timestamp", nil) // about:blank
	page.Do(t, "Page.navigate", map[string]any{"url": at}, nil)
	arrived(at)
	page.Eval(t, `document.getElementById("login").value = "john", document.getElementById("password").value = "john-pw", void document.querySelector("main form").requestSubmit()`)
	arrived(at)
	require.Equal(t, "false", page.Eval(t, `document.documentElement.classList.contains("scripted")`))

	act := func(action string, marks ...string) {
		t.Helper()
		page.Eval(t, `{
			const marks = `+quoted(marks)+`;
			for (const mark of document.querySelectorAll("[name=mark]")) mark.checked = marks.includes(mark.value);
			document.querySelector(".marked [value=`+action+`]").click();
		}`)
	}
	fill := func(id, value string) {
		page.Eval(t, `void (document.getElementById(`+quoted(id)+`).value = `+quoted(value)+`)`)
	}
	fill("newName", "renamed.txt")
	act("rename", "a.txt")
	arrived(at)
	s.requireContent(t, "box/renamed.txt", "content of a.txt")

	fill("to", "/box/sub")
	act("move", "b.txt")
	arrived(at)
	s.requireContent(t, "box/sub/b.txt", "content of b.txt")
	fill("to", "/box/sub")
	act("copy", "c.txt")
	arrived(at)
	s.requireContent(t, "box/sub/c.txt", "content of c.txt")
	s.requireContent(t, "box/c.txt", "content of c.txt")
	fill("to", "/box/sub")
	act("move", "c.txt")
	arrived(at)
	require.Contains(t, page.Eval(t, `document.querySelector("[role=alert]").textContent`), "An entry with this name exists already")

	act("delete", "c.txt")
	arrived(at)
	s.requireAbsent(t, "box/c.txt")
	act("delete", "tree")
	arrived(at)
	require.Contains(t, page.Eval(t, `document.querySelector("main").innerText`), "everything inside the folders")
	page.Eval(t, `document.querySelector("main [value=delete]").click()`)
	arrived(at)
	s.requireAbsent(t, "box/tree/y")

	fill("folder", "new & <folder>")
	page.Eval(t, `document.querySelector("[value=folder]").click()`)
	arrived(at)
	page.Eval(t, `document.querySelector("details:has(#file)").open = true`)
	path := filepath.Join(t.TempDir(), "up.txt")
	require.NoError(t, os.WriteFile(path, []byte("uploaded"), 0o600))
	page.Choose(t, "#file", path)
	page.Eval(t, `void document.getElementById("file").form.requestSubmit()`)
	arrived(at)
	s.requireContent(t, "box/up.txt", "uploaded")

	act("edit", "d.txt")
	arrived(at + "/edit?name=d.txt")
	fill("text", "edited\nwithout scripts")
	page.Eval(t, `void document.querySelector(".editor").requestSubmit()`)
	arrived(at + "/edit?name=d.txt")
	s.requireContent(t, "box/d.txt", "edited\nwithout scripts")

	page.Eval(t, `document.querySelector(".crumbs li:last-child a").click()`)
	arrived(at)
	page.Eval(t, `[...document.querySelectorAll("th a")].find(a => a.textContent === "Size").click()`)
	arrived(at + "?order=down&sort=size")
	fill("find", "up")
	page.Eval(t, `void document.querySelector(".find").requestSubmit()`)
	arrived(at + "?sort=size&order=down&find=up")
	require.Equal(t, "up.txt", page.Eval(t, `[...document.querySelectorAll(".name")].map(name => name.textContent).join()`))
	page.Eval(t, `[...document.querySelectorAll("footer a")].find(a => a.lang === "de").click()`)
	arrived(at + "?find=up&order=down&sort=size")
	require.Equal(t, "de", page.Eval(t, `document.documentElement.lang`))
	page.Eval(t, `document.querySelector(".account [value=signout]").click()`)
	arrived(at + "/signin")
}

// No page is wider than a small telephone.
func TestBrowserOnASmallScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "a rather long name without any reason/"+strings.Repeat("long", 40)+".txt", "x")
	s.Write(t, john, "c.png", picture(t))
	browser := fixture.StartBrowser(t)
	browser.SignIn(t, s.URL+"/~john/index.wssp", "john", "john-pw")
	for _, language := range []string{"en", "de", "ru"} {
		require.Equal(t, language, browser.Open(t, s.URL+"/~john/index.wssp?language="+language).Eval(t, `document.documentElement.lang`))
		for _, path := range []string{"index.wssp", "private/box/index.wssp/signin", "a rather long name without any reason/index.wssp", "index.wssp/edit?name=notes.txt", "none/index.wssp"} {
			page := browser.Open(t, s.URL+"/~john/"+path)
			page.Do(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": true}, nil)
			page.Eval(t, `for (const mark of document.querySelectorAll("[name=mark]")) mark.click()`)
			require.Equal(t, "360", page.Eval(t, `document.documentElement.scrollWidth`), "%s in %s", path, language)
		}
	}
}

// The version of axe-core that .ci/run fetches, and the SHA-512 of its axe.min.js.
const (
	axeVersion = "4.14.1"
	axeSum     = "5j5ln5gG165b1AiZBDsIcaUGLFRCsBs/Gj7fXq9Qv1w6cQSnJGMpO0rRt3xmGg1OQOhQ3sid6dbs5wqME6mvFw=="
)

// No page has what axe-core knows to be an obstacle (WCAG 2.2 A and AA, and its best
// practices), in either scheme.
func TestBrowserAccessibility(t *testing.T) {
	t.Parallel()
	axe := axeScript(t)
	s := newSite(t)
	s.Write(t, john, "c.png", picture(t))
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = 20 << 10 })
	browser := fixture.StartBrowser(t)
	check := func(page *fixture.Page, at string) {
		t.Helper()
		checkAccessible(t, axe, page, at)
	}
	check(browser.Open(t, s.URL+"/~john/index.wssp"), "sign in")
	page := browser.SignIn(t, s.URL+"/~john/index.wssp", "john", "john-pw")
	check(page, "files")
	page.Eval(t, `document.querySelector(".find [aria-pressed]").click()`)
	check(page, "tiles")
	page.Eval(t, `document.querySelector(".find [aria-pressed]").click()`)
	page.Eval(t, `for (const menu of document.querySelectorAll("details")) menu.open = true; files.mark(files.rows()[0]).click()`)
	check(page, "menus")
	page = browser.Open(t, s.URL+"/~john/index.wssp")
	drop(t, page, map[string]int{"notes.txt": 1, "new.txt": 1, "index.wssp": 1})
	page.Wait(t, `document.querySelector(".taken")`)
	check(page, "question")
	page.Eval(t, `document.querySelector("dialog.card .first").click()`)
	page.Wait(t, idle)
	check(page, "uploads")
	page = browser.Open(t, s.URL+"/~john/index.wssp")
	page.Eval(t, `[...document.querySelectorAll(".name a")].find(a => a.textContent === "notes.txt").click()`)
	page.Wait(t, `document.querySelector(".preview pre").textContent`)
	check(page, "preview")
	s.Write(t, john, "private/box.meta", "<meta><accessPwd><key>k</key><EMail>mary@client1.com</EMail></accessPwd><ACL><subKey key='mary'>lr</subKey></ACL></meta>")
	s.Write(t, john, "private/box/c.png", picture(t))
	s.Write(t, john, "freebusy.vfb", string(freebusy.Append(nil, freebusy.Schedule{Start: tuesday(0), End: time.Now().AddDate(0, 0, 60), Periods: []freebusy.Period{
		{Start: tuesday(9), End: time.Now()}, {Start: time.Now(), End: time.Now().Add(time.Hour), Type: freebusy.BusyTentative},
	}})))
	for name, log := range loggedCalls() {
		s.Write(t, john, "private/logs/"+name, string(log))
	}
	for _, path := range []string{
		"private/box/index.wssp?find=none", "index.wssp/edit?name=notes.txt", "none/index.wssp", "private/index.wssp/share?name=box", "index.wssp/shares",
		"private/index.wssp/attributes?name=box", "index.wssp/calls", "freebusy.wssp", "protected/box/pwd/k/", "protected/box/pwd/k/?view=c.png",
	} {
		page := browser.Open(t, s.URL+"/~john/"+path)
		page.Eval(t, `for (const menu of document.querySelectorAll("main details")) menu.open = true`)
		check(page, path)
	}
}

// The same of the pages of administrators.
func TestBrowserAccessibilityOfAccounts(t *testing.T) {
	t.Parallel()
	axe := axeScript(t)
	s, _ := newBaseSite(t)
	browser := fixture.StartBrowser(t)
	checkAccessible(t, axe, browser.SignIn(t, s.URL+"/~admin/index.wssp/accounts", "admin", "admin-pw"), "accounts")
	checkAccessible(t, axe, browser.Open(t, s.URL+"/~admin/index.wssp/sharing?search=john"), "sharing")
}

func checkAccessible(t *testing.T, axe string, page *fixture.Page, at string) {
	t.Helper()
	page.Eval(t, axe+`; "loaded"`)
	for _, scheme := range []string{"light", "dark"} {
		page.Do(t, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
		require.Equal(t, "[]", page.Eval(t, `axe.run().then(found => JSON.stringify(found.violations.map(v => [v.id, v.nodes.map(n => n.html + " " + n.failureSummary)])))`), "%s, %s", at, scheme)
	}
}

func axeScript(t *testing.T) string {
	t.Helper()
	path := os.Getenv("AXE")
	if path == "" {
		require.Empty(t, os.Getenv("CI"), "AXE names the file axe.min.js of axe-core "+axeVersion)
		t.Skip("AXE does not name the file axe.min.js of axe-core " + axeVersion)
	}
	script, err := os.ReadFile(path)
	require.NoError(t, err)
	sum := sha512.Sum512(script)
	require.Equal(t, axeSum, base64.StdEncoding.EncodeToString(sum[:]), "axe-core "+axeVersion)
	return string(script)
}

// What all pages load together takes less than 60 KB on its way.
func TestAssetsAreSmall(t *testing.T) {
	t.Parallel()
	require.Less(t, pages.AssetBytes(), 60<<10)
	t.Logf("%d bytes", pages.AssetBytes())
}
