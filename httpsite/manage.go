package httpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Bounds of a form of the management page, the files in it apart. So many names
// of 255 bytes fit, whatever is escaped in them. Our choice.
const (
	maxMarks = 10_000
	maxForm  = 8 << 20
)

// form is what the forms of the page send, beside files.
type form struct {
	action, folder, newName string
	confirmed               bool
	marks                   []string
}

// add takes a field in. Of those that come once the first counts.
func (f *form) add(name, value string) error {
	first := func(field *string) {
		if *field == "" {
			*field = value
		}
	}
	switch name {
	case "action":
		first(&f.action)
	case "folder":
		first(&f.folder)
	case "newName":
		first(&f.newName)
	case "confirmed":
		f.confirmed = value == "yes"
	case "mark":
		if len(f.marks) == maxMarks {
			return pageError{http.StatusRequestEntityTooLarge, fmt.Sprintf("More than %d entries are marked.", maxMarks)}
		}
		f.marks = append(f.marks, value)
	}
	return nil
}

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
	confirm, err := req.act(view, dir)
	if err != nil {
		code, message := tell(req.r.Context(), view, err)
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

// act does what a form asks for, of whatever type the form is.
func (req *request) act(view *filestore.View, dir string) (confirm []string, err error) {
	body, err := req.body()
	if err != nil {
		return nil, err
	}
	req.r.Body = body
	// A type with broken parameters is known by its name as well.
	switch mediaType, _, _ := mime.ParseMediaType(req.r.Header.Get("Content-Type")); mediaType {
	case "multipart/form-data":
		return req.upload(view, dir)
	case "application/x-www-form-urlencoded":
		f, err := req.readForm()
		if err != nil {
			return nil, err
		}
		return req.manage(view, dir, f)
	}
	return nil, errBodyNotUnderstood
}

var errForm = pageError{http.StatusBadRequest, "The form cannot be read."}

// readForm reads all of a form before anything is done. It does what
// [http.Request.ParseForm] does, which takes fewer than maxMarks fields.
func (req *request) readForm() (f form, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(req.w.ResponseWriter, req.r.Body, maxForm))
	if err != nil {
		return form{}, bodyError{err}
	}
	for field := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(field, "=")
		name, err := url.QueryUnescape(name)
		value, failed := url.QueryUnescape(value)
		if err != nil || failed != nil {
			return form{}, errForm
		}
		if err := f.add(name, value); err != nil {
			return form{}, err
		}
	}
	return f, nil
}

// manage carries out an action. It returns the names whose removal has to be
// confirmed first, because folders are among them.
func (req *request) manage(view *filestore.View, dir string, f form) (confirm []string, err error) {
	ctx := req.r.Context()
	var marked []string
	for _, mark := range f.marks {
		name, err := entryName(dir, mark)
		if err != nil {
			return nil, err
		}
		marked = append(marked, name)
	}
	switch f.action {
	case "delete":
		return deleteMarked(ctx, view, marked, f)
	case "folder":
		name, err := entryName(dir, f.folder)
		if err == nil {
			err = about(f.folder, view.Mkdir(ctx, name))
		}
		return nil, err
	case "rename":
		if len(marked) != 1 {
			return nil, pageError{http.StatusBadRequest, "Mark exactly one entry to rename it."}
		}
		name, err := entryName(dir, f.newName)
		if err == nil {
			err = rename(ctx, view, marked[0], name)
		}
		return nil, err
	}
	return nil, errBodyNotUnderstood
}

func rename(ctx context.Context, view *filestore.View, from, to string) error {
	_, oldName := filestore.Split(from)
	_, newName := filestore.Split(to)
	if from == to {
		if _, err := view.Stat(ctx, from); err != nil {
			return about(oldName, err)
		}
		return pageError{http.StatusOK, quote(oldName) + " has this name already."}
	}
	err := view.Rename(ctx, from, to, filestore.RenameOptions{})
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == to {
		return about(newName, err)
	}
	return about(oldName, err)
}

// deleteMarked removes nothing unless all of it may be removed.
func deleteMarked(ctx context.Context, view *filestore.View, marked []string, f form) (confirm []string, err error) {
	if len(marked) == 0 {
		return nil, pageError{http.StatusBadRequest, "Mark the entries to delete."}
	}
	folders := false
	for i, name := range marked {
		info, err := view.Target(ctx, name)
		if err == nil && filestore.TopOf(name) == name {
			err = filestore.ErrReserved // a mount
		}
		if err != nil {
			return nil, about(f.marks[i], err)
		}
		folders = folders || info != nil && info.IsDir()
	}
	if folders && !f.confirmed {
		return f.marks, nil
	}
	for i, name := range marked {
		if err := view.Remove(ctx, name, filestore.RemoveOptions{Recursive: true}); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, entryError{f.marks[i], err, howMany(i, " entry was removed before it.", " entries were removed before it.")}
		}
	}
	return nil, nil
}

// entryName is the name of a direct entry of dir.
func entryName(dir, entry string) (string, error) {
	name := filestore.Join(dir, entry)
	if entry == "" || entry == filestore.Root || strings.Contains(entry, "/") || filestore.CheckName(name) != nil {
		return "", about(entry, fs.ErrInvalid)
	}
	return name, nil
}
