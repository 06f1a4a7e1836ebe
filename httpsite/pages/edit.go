package pages

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxEdited bounds the text that the editor takes, in bytes. Our choice.
const maxEdited = 1 << 20

// editPage is what the editor shows.
type editPage struct {
	Name, Text string
	ETag       string // of the content that the text was made of; "": there was none
	Conflict   bool   // the file has become another one meanwhile
	Here, File string
}

// getEdit shows a text file in an editor: index.wssp/edit?name=NAME.
func getEdit(v *visit) error {
	p, err := v.editPage(v.HTTP.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	text, info, err := v.readText(filestore.Join(v.Folder, p.Name))
	var m mistake
	if errors.As(err, &m) {
		return v.showError(m)
	}
	if err != nil {
		return err
	}
	p.Text, p.ETag = text, info.ETag()
	return v.show(http.StatusOK, "edit.html", p.Name, p)
}

func (v *visit) editPage(name string) (editPage, error) {
	if _, err := entryName(v.Folder, name); err != nil {
		return editPage{}, err
	}
	return editPage{Name: name, Here: "edit?" + url.Values{"name": {name}}.Encode(), File: v.Here() + url.PathEscape(name)}, nil
}

// readText reads a file that is UTF-8 and not too long.
func (v *visit) readText(name string) (string, filestore.FileInfo, error) {
	file, err := v.View.Open(v.HTTP.Context(), name)
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return "", nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxEdited+1))
	if err != nil {
		return "", nil, err
	}
	if len(text) > maxEdited {
		return "", nil, mistake{http.StatusRequestEntityTooLarge, "edit.large", []any{maxEdited}}
	}
	if !utf8.Valid(text) || strings.ContainsRune(string(text), 0) {
		return "", nil, mistake{code: http.StatusUnsupportedMediaType, key: "edit.notText"}
	}
	return string(text), stat.(filestore.FileInfo), nil
}

// postEdit stores the text, if the file is still the one that was edited. A browser sends
// line breaks as CR LF (HTML Living Standard, "Constructing the entry list"); a file that
// had none of them gets none.
func postEdit(v *visit) error {
	values, err := v.readValues(4 * maxEdited) // three bytes for one, where all is escaped
	if err != nil {
		return v.showError(err)
	}
	p, err := v.editPage(v.HTTP.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	name := filestore.Join(v.Folder, p.Name)
	p.Text, p.ETag = strings.ReplaceAll(values.Get("text"), "\r\n", "\n"), values.Get("etag")
	if values.Get("breaks") == "crlf" {
		p.Text = strings.ReplaceAll(p.Text, "\n", "\r\n")
	}
	if !v.isToken(values.Get("token")) { // nothing that was typed is lost
		v.message = errTooOld.text(v.language)
		return v.show(errTooOld.code, "edit.html", p.Name, p)
	}
	// RFC 9110 §13.1.1, as If-Match has it.
	if p.ETag == "" {
		return v.showConflict(p, name)
	}
	o := filestore.CreateOptions{Size: int64(len(p.Text)), If: filestore.Precondition{ETag: p.ETag, Exists: true}}
	if _, err = v.store(name, strings.NewReader(p.Text), o); err == nil {
		return v.redirect(p.Here)
	}
	code, message := v.tell(err)
	if errors.Is(err, filestore.ErrChanged) {
		return v.showConflict(p, name)
	}
	if message == "" {
		return err
	}
	v.message = message
	return v.show(code, "edit.html", p.Name, p)
}

// showConflict shows the text of somebody whose file has changed meanwhile. If they store
// it now, it takes the place of what is there.
func (v *visit) showConflict(p editPage, name string) error {
	info, err := v.View.Stat(v.HTTP.Context(), name)
	if errors.Is(err, fs.ErrNotExist) {
		v.message = v.T("entry.gone")
		return v.show(http.StatusNotFound, "edit.html", p.Name, p)
	}
	if err != nil {
		return err
	}
	p.Conflict, p.ETag = true, info.ETag()
	v.message = v.T("edit.changed")
	return v.show(http.StatusPreconditionFailed, "edit.html", p.Name, p)
}

// CRLF tells how the lines of the text end.
func (p editPage) CRLF() bool { return strings.Contains(p.Text, "\r\n") }

// editMarked leads to the editor for the one file that is marked.
func (v *visit) editMarked(marked []string) error {
	if len(marked) != 1 {
		return mistake{code: http.StatusBadRequest, key: "edit.markOne"}
	}
	_, last := filestore.Split(marked[0])
	return v.redirect(v.Link("edit") + "?" + url.Values{"name": {last}}.Encode())
}
