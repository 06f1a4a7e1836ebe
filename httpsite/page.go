package httpsite

import (
	"bufio"
	"context"
	_ "embed"
	"html/template"
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
