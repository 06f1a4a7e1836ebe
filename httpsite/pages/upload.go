package pages

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/internal/reqbody"
)

// upload stores every file of a multipart form (RFC 7578) as it comes, and then
// carries out the action of its other fields, if there is one. A file that was
// cut is not stored; those before it are, and the user is told how many.
func (v *visit) upload() (confirm []string, err error) {
	body, err := v.Body()
	if err != nil {
		return nil, err
	}
	v.HTTP.Body = wholeForm(body)
	parts, err := v.HTTP.MultipartReader()
	if err != nil {
		return nil, errForm // no boundary
	}
	var f form
	stored := map[string]bool{}
	for room := int64(maxForm); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, afterFiles("", reqbody.Failed(err), len(stored))
		}
		field, file, isFile, err := disposition(part)
		switch {
		case err != nil:
		case isFile && !v.isToken(f.token): // it stands before the files
			err = errTooOld
		case isFile && file == "":
			err = unnamed(part)
		case isFile:
			err = v.storeFile(file, part, stored, f)
		default:
			var value []byte
			if value, err = io.ReadAll(io.LimitReader(reqbody.Reader(part), room+1)); err == nil {
				if room -= int64(len(value)); room < 0 {
					err = &http.MaxBytesError{Limit: maxForm}
				} else {
					err = f.add(field, string(value))
				}
			}
		}
		if err != nil {
			return nil, afterFiles(file, err, len(stored))
		}
	}
	if !v.isToken(f.token) {
		return nil, errTooOld
	}
	if f.action != "" {
		return v.manage(f)
	}
	if len(stored) == 0 {
		return nil, mistake{code: http.StatusBadRequest, key: "files.chooseFile"}
	}
	return nil, nil
}

// wholeForm gives a form that ends before its last line an error. To package
// multipart one that ends in the head of a part is complete.
func wholeForm(body io.ReadCloser) io.ReadCloser {
	type form struct {
		io.Reader
		io.Closer
	}
	return form{io.MultiReader(body, strings.NewReader("\r\n"), endless{}), body}
}

// endless is where the reader of a form should not have come.
type endless struct{}

func (endless) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// disposition reads what a part is: a field, or a file. Part.FileName does not
// do: it leaves all but the last segment of a path out, and takes a file whose
// name it cannot read for a field.
func disposition(part *multipart.Part) (field, file string, isFile bool, err error) {
	lines := part.Header.Values("Content-Disposition")
	if len(lines) != 1 {
		return "", "", false, errForm
	}
	kind, parameters, err := mime.ParseMediaType(lines[0])
	if err != nil || kind != "form-data" {
		return "", "", false, errForm
	}
	file, isFile = parameters["filename"]
	if !isFile && strings.Contains(strings.ToLower(lines[0]), "filename*") {
		return "", "", false, errForm // in a charset that we do not know
	}
	// Browsers write a quotation mark in a file name as %22 (HTML Living
	// Standard, "Multipart form data").
	return parameters["name"], strings.ReplaceAll(file, "%22", `"`), isFile, nil
}

// unnamed is a file field in which nothing was chosen: it has no content, too.
func unnamed(part io.Reader) error {
	n, err := io.ReadFull(reqbody.Reader(part), make([]byte, 1))
	if n > 0 {
		return mistake{code: http.StatusBadRequest, key: "files.noName"}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// storeFile stores one file of a form. A name with folders in it is refused:
// without them, files of different folders would become one.
func (v *visit) storeFile(file string, content io.Reader, stored map[string]bool, f form) error {
	if strings.ContainsAny(file, `/\`) {
		return mistake{http.StatusBadRequest, "files.path", []any{quote(file)}}
	}
	name, err := entryName(v.Folder, file)
	if err != nil {
		return err
	}
	if stored[name] {
		return mistake{http.StatusBadRequest, "files.twice", []any{quote(file)}}
	}
	if len(stored) == maxMarks {
		return mistake{http.StatusRequestEntityTooLarge, "files.tooManyFiles", []any{maxMarks}}
	}
	o := filestore.CreateOptions{If: filestore.Precondition{Absent: f.absent}}
	if len(f.sizes) > len(stored) { // told before each file
		o.Reserve = f.sizes[len(stored)]
	}
	if _, err := v.store(name, content, o); err != nil {
		return err
	}
	stored[name] = true
	return nil
}

// afterFiles is an error that comes after some files were stored.
func afterFiles(file string, err error, stored int) error {
	return entryError{file, err, "files.storedBefore", stored}
}

// store writes content to name, all of it or nothing.
func (v *visit) store(name string, content io.Reader, o filestore.CreateOptions) (filestore.FileInfo, error) {
	upload, err := v.View.Create(v.HTTP.Context(), name, o)
	if err != nil {
		return nil, err
	}
	defer upload.Abort()
	if _, err := io.Copy(upload, reqbody.Reader(content)); err != nil {
		return nil, err
	}
	return upload.Commit()
}
