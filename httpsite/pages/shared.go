package pages

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/filestore"
)

// The page of a shared folder, for whoever has the link (CommuniGate Pro Guide, File
// Storage, "Shared Private Files"). It shows what the share view shows, and nothing else.

// sharedPage is what that page shows: a folder, or one file in it.
type sharedPage struct {
	Title   string
	Crumbs  []crumb
	Entries []sharedFile
	Next    string // the part behind this one, or the file behind One
	All     string // the folder as a zip file
	One     *sharedFile
	Text    string // of One, if that is a text
	Cut     bool   // there is more of it
	Back    string
}

// sharedFile is an entry of a shared folder.
type sharedFile struct {
	filestore.FileInfo
	Link, View string
	Kind       string // image, audio, video, pdf, text; "" for what browsers do not show
	Icon       string
	Thumbnail  bool
}

// Bounds of what is shown without being asked for. Our choice.
const (
	maxThumbnail = 4 << 20 // bytes of a picture
	maxText      = 64 << 10
	sharedPart   = 500 // entries of a folder
)

// ServeShared answers a GET of a folder that a share path leads to, and that has no page of
// its own: r.Folder is that path.
func (p *Pages) ServeShared(r Request) error {
	v := p.visit(&r)
	v.shared, v.self = true, "./"
	query := v.HTTP.URL.Query()
	switch {
	case v.switchLanguage():
		return nil
	case query.Has("zip"):
		return v.sendZip(cmp.Or(shareName(v.Folder), v.Account), []string{v.Folder})
	case query.Has("view"):
		return v.showSharedFile(query.Get("view"))
	}
	ctx := v.HTTP.Context()
	top, err := v.View.ShareTop(ctx, v.Folder)
	if err != nil {
		return err
	}
	page := v.sharedPage(top)
	for info, err := range v.View.List(ctx, v.Folder, query.Get("after")) {
		switch {
		case err != nil && gone(err, v.Folder):
			continue
		case err != nil:
			return err
		}
		if len(page.Entries) == sharedPart {
			page.Next = "?" + url.Values{"after": {page.Entries[sharedPart-1].Name()}}.Encode()
			break
		}
		page.Entries = append(page.Entries, newSharedFile(info))
	}
	if len(page.Entries) > 0 {
		page.All = "?zip"
	}
	if query.Has("after") {
		page.Back = "./"
	}
	return v.show(http.StatusOK, "shared.html", page.Title, page)
}

func (v *visit) sharedPage(top string) sharedPage {
	var p sharedPage
	segments := strings.Split(strings.TrimPrefix(strings.TrimPrefix(v.Folder, top), "/"), "/")
	if v.Folder == top {
		segments = nil
	}
	p.Title = shareName(top)
	if p.Title == "" {
		p.Title = v.T("shared.of", v.Account)
	}
	p.Crumbs = []crumb{{p.Title, strings.Repeat("../", len(segments)) + "./"}}
	for i, segment := range segments {
		p.Title = segment
		p.Crumbs = append(p.Crumbs, crumb{segment, strings.Repeat("../", len(segments)-1-i) + "./"})
	}
	return p
}

// shareName is the name of the folder that a share path leads to; "" for the private folder
// itself.
func shareName(name string) string {
	before, behind, _ := strings.Cut(name, "/pwd/")
	if _, below, ok := strings.Cut(behind, "/"); ok {
		return path.Base(below)
	}
	if _, below, ok := strings.Cut(before, "/"); ok {
		return path.Base(below)
	}
	return ""
}

func newSharedFile(info filestore.FileInfo) sharedFile {
	f := sharedFile{FileInfo: info, Link: "./" + url.PathEscape(info.Name()), Icon: iconOf(info)}
	if info.IsDir() {
		f.Link += "/"
		return f
	}
	if f.Kind = kindOf(info.Name()); f.Kind == "archive" {
		f.Kind = ""
	}
	f.Thumbnail = f.Kind == "image" && info.Size() <= maxThumbnail
	if f.Kind != "" {
		f.View = "?" + url.Values{"view": {info.Name()}}.Encode()
	}
	return f
}

// showSharedFile shows one file of the folder on a page.
func (v *visit) showSharedFile(entry string) error {
	ctx := v.HTTP.Context()
	name, err := entryName(v.Folder, entry)
	if err != nil {
		return fs.ErrNotExist
	}
	info, err := v.View.Stat(ctx, name)
	if err != nil {
		return err
	}
	f := newSharedFile(info)
	if f.Kind == "" {
		return fs.ErrNotExist
	}
	top, err := v.View.ShareTop(ctx, v.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return v.redirect(f.Link) // the key is that of the file, and opens no folder
	}
	if err != nil {
		return err
	}
	p := v.sharedPage(top)
	p.One, p.Back, p.Title = &f, "./", info.Name()
	if f.Kind == "text" {
		if p.Text, p.Cut, err = v.beginning(name); err != nil {
			return err
		}
	}
	for next, err := range v.View.List(ctx, v.Folder, entry) {
		if err != nil {
			break
		}
		if n := newSharedFile(next); n.Kind != "" {
			p.Next = n.View
			break
		}
	}
	return v.show(http.StatusOK, "shared.html", p.Title, p)
}

// beginning reads the beginning of a text.
func (v *visit) beginning(name string) (text string, cut bool, err error) {
	file, err := v.View.Open(v.HTTP.Context(), name)
	if err != nil {
		return "", false, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err != nil {
		return "", false, err
	}
	if cut = len(content) > maxText; cut {
		content = content[:maxText]
		for len(content) > 0 && !utf8.RuneStart(content[len(content)-1]) {
			content = content[:len(content)-1]
		}
		content = content[:max(0, len(content)-1)] // the beginning of a character, or a whole one
	}
	return strings.ToValidUTF8(string(content), "\uFFFD"), cut, nil
}
