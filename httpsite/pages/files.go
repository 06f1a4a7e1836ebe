package pages

import (
	"mime"
	"net/http"
	"net/url"

	"github.com/cgpkit/cgpkit/filestore"
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
}

type entry struct {
	filestore.FileInfo
	Link string
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
	q := partOf(v.HTTP.URL.Query())
	p := filesPage{Confirm: confirm, Here: PageName + q.String()}
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

func (v *visit) fillFiles(p *filesPage, q partQuery) error {
	ctx := v.HTTP.Context()
	shown, err := readPart(ctx, v.View, v.Folder, q)
	if err != nil {
		return err
	}
	p.Inside, p.Parts = shown.folder, shown.links()
	for _, info := range shown.entries {
		e := entry{info, "./" + url.PathEscape(info.Name())}
		if info.IsDir() {
			e.Link += "/" + PageName
		}
		p.Entries = append(p.Entries, e)
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

// postFiles carries out what a form asks for, and shows the page again.
func postFiles(v *visit) error {
	confirm, err := v.act()
	if err != nil {
		code, message := v.tell(err)
		if message == "" {
			return err
		}
		v.message = message
		return v.showFiles(code, nil)
	}
	if len(confirm) > 0 {
		return v.showFiles(http.StatusOK, confirm)
	}
	return v.redirect(PageName + partOf(v.HTTP.URL.Query()).String())
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
