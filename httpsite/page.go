package httpsite

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// The management page (CommuniGate Pro Guide, File Storage, "HTML-based
// Management"). It exists in every directory, under a name that no file can
// have, for the owner and for administrators.

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Account, Folder    string
	Here               string // where forms lead: the page again, at the same part
	Message            string
	Confirm            []string // names whose removal is to be confirmed
	Entries            []pageEntry
	Parts              *partLinks
	Mounts             []string
	Inside, Total      filestore.Usage
	MaxFiles, MaxBytes string
}

type pageEntry struct{ Name, Link, Size, Date, Time string }

const pageName = "index.wssp"

// isPage reports whether the name is that of a management page.
func (req *request) isPage() bool {
	_, last := filestore.Split(req.name)
	return !req.directory && strings.EqualFold(last, pageName) && !filestore.IsShare(req.name)
}

// showPage sends the management page of a directory.
func (req *request) showPage(view *filestore.View, dir string, code int, message string, confirm ...string) error {
	ctx := req.r.Context()
	q := partOf(req.r.URL.Query())
	p := page{Account: req.account, Here: pageName + q.String(), Message: message, Confirm: confirm}
	if dir != filestore.Root {
		p.Folder = dir
	}
	if len(confirm) == 0 {
		if err := p.list(ctx, view, dir, q, req.now()); err != nil {
			return notFound(err)
		}
		if err := p.count(ctx, view, dir); err != nil {
			return err
		}
		if dir == filestore.Root {
			p.Mounts = view.Mounts(ctx)
		}
	}
	header := req.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "private, no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	req.w.WriteHeader(code)
	if req.r.Method == http.MethodHead {
		return nil
	}
	text := bufio.NewWriter(req.w)
	if err := pageTemplate.Execute(text, p); err != nil {
		return err
	}
	return text.Flush()
}

func (p *page) list(ctx context.Context, view *filestore.View, dir string, q partQuery, now time.Time) error {
	shown, err := readPart(ctx, view, dir, q)
	if err != nil {
		return err
	}
	p.Inside, p.Parts = shown.folder, shown.links()
	for _, info := range shown.entries {
		e := pageEntry{
			Name: info.Name(),
			Link: "./" + url.PathEscape(info.Name()),
			Size: strconv.FormatInt(info.Size(), 10),
			Date: date(info.ModTime(), now),
			Time: info.ModTime().UTC().Format(time.RFC3339),
		}
		if info.IsDir() {
			e.Link += "/" + pageName
			e.Size = "==>"
		}
		p.Entries = append(p.Entries, e)
	}
	return nil
}

// count tells what the whole storage holds, and may hold: a mount is one of its
// own.
func (p *page) count(ctx context.Context, view *filestore.View, dir string) (err error) {
	top := filestore.TopOf(dir)
	if p.Total, err = view.Usage(ctx, top); err != nil {
		return err
	}
	limits := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited}
	if top == filestore.Root {
		limits, err = view.Limits(ctx)
	}
	p.MaxFiles, p.MaxBytes = limitText(limits.Files), limitText(limits.Bytes)
	return err
}

func limitText(n int64) string {
	if n == filestore.Unlimited {
		return "unlimited"
	}
	return strconv.FormatInt(n, 10)
}

// date shows a time in the two forms of the Guide, the longer one when the
// short one could be mistaken for another year.
func date(t, now time.Time) string {
	const recent = 180 * 24 * time.Hour
	if age := now.Sub(t); age > recent || age < -recent {
		return t.Format("02 Jan, 06")
	}
	return t.Format("02-Jan")
}

// pageError is a mistake of the user, to be told on the page.
type pageError string

func (e pageError) Error() string { return string(e) }

// maxForm bounds a form without files: the names of some 10,000 entries.
const maxForm = 4 << 20

// postPage carries out what a form of the page asks for, and shows the page
// again: by a redirect, so that reloading it does nothing twice.
func (req *request) postPage(view *filestore.View) error {
	dir, _ := filestore.Split(req.name)
	if err := view.Manage(req.r.Context(), dir); err != nil {
		return err
	}
	if http.NewCrossOriginProtection().Check(req.r) != nil {
		return errForeignPage
	}
	var confirm []string
	var err error
	switch mediaType, _, _ := mime.ParseMediaType(req.r.Header.Get("Content-Type")); mediaType {
	case "multipart/form-data":
		err = req.upload(view, dir)
	case "application/x-www-form-urlencoded":
		confirm, err = req.manage(view, dir)
	default:
		return errBodyNotUnderstood
	}
	if err != nil {
		code, message := pageMessage(err)
		if message == "" {
			return err
		}
		return req.showPage(view, dir, code, message)
	}
	if len(confirm) > 0 {
		return req.showPage(view, dir, http.StatusOK, "", confirm...)
	}
	req.w.Header().Set("Location", pageName+partOf(req.r.URL.Query()).String())
	req.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// pageMessage tells a user what went wrong; "" if it is nothing to tell there.
func pageMessage(err error) (code int, message string) {
	code = status(err)
	var mistake pageError
	switch {
	case errors.As(err, &mistake):
		return http.StatusBadRequest, string(mistake)
	case errors.Is(err, filestore.ErrReserved):
		return code, "This name is reserved."
	case errors.Is(err, fs.ErrExist):
		return http.StatusConflict, "An entry with this name exists already."
	case errors.Is(err, fs.ErrInvalid):
		return code, "This name cannot be used."
	case errors.Is(err, filestore.ErrLimit):
		return code, "There is not enough room in this File Storage."
	case errors.Is(err, filestore.ErrDiskFull):
		return code, "The disk of the server is full."
	case errors.Is(err, filestore.ErrHostDenied):
		return code, "The server cannot change this File Storage."
	case errors.Is(err, fs.ErrNotExist):
		return code, "The entry is no longer there."
	case errors.Is(err, filestore.ErrIsDirectory):
		return http.StatusConflict, "A folder with this name exists already."
	case errors.Is(err, filestore.ErrConflict):
		return code, "The name belongs to the attributes of another file."
	}
	return code, ""
}

// upload stores every file of a multipart form. A file that was cut is not
// stored; those before it are.
func (req *request) upload(view *filestore.View, dir string) error {
	body, err := req.body()
	if err != nil {
		return err
	}
	req.r.Body = body
	parts, err := req.r.MultipartReader()
	if err != nil {
		return fs.ErrInvalid
	}
	stored := 0
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return bodyError{err}
		}
		if part.FileName() == "" {
			continue
		}
		// Browsers write a quotation mark in a file name as %22 (HTML Living
		// Standard, "Multipart form data").
		name, err := entryName(dir, strings.ReplaceAll(part.FileName(), "%22", `"`))
		if err != nil {
			return err
		}
		if _, err := store(req, view, name, part, filestore.CreateOptions{}); err != nil {
			return err
		}
		stored++
	}
	if stored == 0 {
		return pageError("Choose a file to upload.")
	}
	return nil
}

// manage carries out one of the other actions. It returns the names whose
// removal has to be confirmed first, because folders are among them.
func (req *request) manage(view *filestore.View, dir string) (confirm []string, err error) {
	ctx := req.r.Context()
	body, err := req.body()
	if err != nil {
		return nil, err
	}
	req.r.Body = http.MaxBytesReader(req.w.ResponseWriter, body, maxForm)
	if err := req.r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, tooLarge
		}
		return nil, errBodyNotUnderstood
	}
	form := req.r.PostForm
	marked, err := entryNames(dir, form["mark"])
	if err != nil {
		return nil, err
	}
	switch form.Get("action") {
	case "delete":
		return req.deleteMarked(ctx, view, marked, form)
	case "folder":
		name, err := entryName(dir, form.Get("folder"))
		if err != nil {
			return nil, err
		}
		return nil, view.Mkdir(ctx, name)
	case "rename":
		if len(marked) != 1 {
			return nil, pageError("Mark exactly one entry to rename it.")
		}
		name, err := entryName(dir, form.Get("newName"))
		if err != nil {
			return nil, err
		}
		return nil, view.Rename(ctx, marked[0], name, filestore.RenameOptions{})
	}
	return nil, errBodyNotUnderstood
}

func (req *request) deleteMarked(ctx context.Context, view *filestore.View, marked []string, form url.Values) ([]string, error) {
	if len(marked) == 0 {
		return nil, pageError("Mark the entries to delete.")
	}
	if form.Get("confirmed") != "yes" {
		for _, name := range marked {
			if info, err := view.Stat(ctx, name); err == nil && info.IsDir() {
				return form["mark"], nil
			}
		}
	}
	for _, name := range marked {
		if err := view.Remove(ctx, name, filestore.RemoveOptions{Recursive: true}); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, nil
}

// entryName is the name of a direct entry of dir.
func entryName(dir, entry string) (string, error) {
	if entry == "" || entry == filestore.Root || strings.Contains(entry, "/") {
		return "", fs.ErrInvalid
	}
	name := filestore.Join(dir, entry)
	return name, filestore.CheckName(name)
}

func entryNames(dir string, entries []string) ([]string, error) {
	var names []string
	for _, entry := range entries {
		name, err := entryName(dir, entry)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
