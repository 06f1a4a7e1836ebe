package pages

import (
	"html/template"
	"mime"
	"net/http"
	"net/url"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/sharing"
)

// The file manager (CommuniGate Pro Guide, File Storage, "HTML-based Management"). It
// exists in every folder, for the owner and for administrators.

// filesPage is what the file manager shows.
type filesPage struct {
	Confirm []string // names whose removal is to be confirmed
	Entries []entry
	Parts   *partLinks
	Mounts  []string
	Inside  filestore.Usage
	Total   filestore.Usage
	Limits  filestore.Limits
	Here    string // where forms lead: the page again, at the same part
	Shares  bool   // entries can be shared
	Columns []column
	Query   listQuery
	Found   int64    // names that have in them what is looked for
	To      []string // folders to move entries to
}

// Find is what is looked for, and Sort and Order how the folder is sorted.
func (p filesPage) Find() string { return p.Query.find }
func (p filesPage) Sort() string { return p.Query.sort }
func (p filesPage) Down() bool   { return p.Query.descending }

type entry struct {
	Name string // as of the entry, which templates would have to call
	filestore.FileInfo
	Link  string
	Icon  template.HTML
	About string // the query of pages about it; "" where there are none
}

// Percent tells how full the storage is, by bytes; -1: it has no limit.
func (p filesPage) Percent() int64 {
	if p.Limits.Bytes == filestore.Unlimited {
		return -1
	}
	if p.Limits.Bytes <= 0 || p.Total.Bytes >= p.Limits.Bytes {
		return 100
	}
	return int64(float64(p.Total.Bytes) / float64(p.Limits.Bytes) * 100)
}

func getFiles(v *visit) error { return v.showFiles(http.StatusOK, nil) }

// showFiles shows the folder, or what of it is to be confirmed.
func (v *visit) showFiles(code int, confirm []string) error {
	q := listQueryOf(v.HTTP.URL.Query())
	p := filesPage{Confirm: confirm, Here: PageName + q.String(), Query: q, Columns: []column{
		q.column("", v.T("files.name"), ""), q.column("size", v.T("files.size"), "number"), q.column("modified", v.T("files.modified"), ""),
	}}
	if len(confirm) == 0 {
		if err := v.fillFiles(&p, q); err != nil {
			return err
		}
	}
	title := v.Account
	if v.Folder != filestore.Root {
		title = v.Folder + " – " + title
	}
	return v.show(code, "files.html", title, p)
}

func (v *visit) fillFiles(p *filesPage, q listQuery) error {
	ctx := v.HTTP.Context()
	shown, err := readPart(ctx, v.View, v.Folder, q)
	if err != nil {
		return err
	}
	p.Inside, p.Parts, p.Found = shown.folder, shown.links(q), shown.found
	p.To = foldersNear(v.Folder, shown.entries)
	p.Entries = make([]entry, len(shown.entries))
	p.Shares = sharing.Allowed(v.Folder)
	mount := filestore.TopOf(v.Folder) != filestore.Root
	for i, at := range shown.entries {
		e := entry{Name: at.Name(), FileInfo: at.FileInfo, Link: "./" + url.PathEscape(at.Name()), Icon: icons[iconOf(at)]}
		if !mount && !filestore.IsSidecar(at.Name()) {
			e.About = "?name=" + url.QueryEscape(at.Name())
		}
		if at.IsDir() {
			e.Link += "/" + PageName
		}
		p.Entries[i] = e
	}
	// A mount is a storage of its own, without limits.
	top := filestore.TopOf(v.Folder)
	if p.Total, err = v.View.Usage(ctx, top); err != nil {
		return err
	}
	p.Limits = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited}
	if top == filestore.Root {
		p.Limits, err = v.View.Limits(ctx)
	}
	if v.Folder == filestore.Root {
		p.Mounts = v.View.Mounts(ctx)
	}
	return err
}

// foldersNear are the folder above, the top, and the folders among some entries, as
// somebody would write them to move something there.
func foldersNear(folder string, entries []placed) []string {
	const most = 100
	names := []string{"/"}
	if above, _ := filestore.Split(folder); folder != filestore.Root && above != filestore.Root {
		names = append(names, "/"+above)
	}
	for _, e := range entries {
		if !e.IsDir() || len(names) == most {
			break // folders stand before files
		}
		names = append(names, "/"+filestore.Join(folder, e.Name()))
	}
	return names
}

// postFiles carries out what a form asks for, and shows the page again.
func postFiles(v *visit) error {
	confirm, err := v.act()
	if err != nil {
		code, message := v.tell(err)
		if message == "" {
			return err
		}
		if v.wantsJSON() {
			return v.sendJSON(code, said{message})
		}
		v.message = message
		return v.showFiles(code, nil)
	}
	if v.answered {
		return nil
	}
	if v.wantsJSON() && len(confirm) == 0 {
		return v.sendJSON(http.StatusOK, said{})
	}
	if len(confirm) > 0 {
		return v.showFiles(http.StatusOK, confirm)
	}
	return v.redirect(PageName + listQueryOf(v.HTTP.URL.Query()).String())
}

// act does what a form asks for, of whatever type the form is.
func (v *visit) act() (confirm []string, err error) {
	// A type with broken parameters is known by its name as well.
	switch mediaType, _, _ := mime.ParseMediaType(v.HTTP.Header.Get("Content-Type")); mediaType {
	case "multipart/form-data":
		return v.upload()
	case "application/x-www-form-urlencoded":
		f, err := v.readForm()
		if err != nil {
			return nil, err
		}
		return v.manage(f)
	}
	return nil, errNotUnderstood
}
