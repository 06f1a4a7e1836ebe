package httpsite

import (
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// get answers GET and HEAD. Credentials are looked at only when a stranger
// would be refused, so that a public page costs no login.
func (req *request) get() error {
	err := req.show(req.view(filestore.Caller{}), false)
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	caller, failed := req.login()
	if failed == errLoginNeeded {
		if errors.Is(err, fs.ErrPermission) {
			return errLoginNeeded
		}
		return err
	}
	if failed != nil {
		return failed
	}
	return req.show(req.view(caller), true)
}

// show sends what the name stands for, as far as view shows it. What needed a
// login must not stay in any cache.
func (req *request) show(view *filestore.View, needsLogin bool) error {
	ctx, header := req.r.Context(), req.w.Header()
	if needsLogin && !filestore.IsShare(req.name) {
		header.Set("Cache-Control", "private, no-store")
	}
	if req.isPage() {
		dir, _ := filestore.Split(req.name)
		if err := view.Manage(ctx, dir); err != nil {
			return err
		}
		return req.showPage(view, dir, http.StatusOK, "")
	}
	if req.isFreeBusyPage() {
		return req.showFreeBusy(view)
	}
	name := req.name
	if req.directory {
		page, err := view.DefaultPage(ctx, name)
		if err != nil {
			return notFound(err)
		}
		name = page
	}
	file, err := view.Open(ctx, name)
	if errors.Is(err, filestore.ErrIsDirectory) && !req.directory {
		header.Set("Location", req.location+"/")
		req.w.WriteHeader(http.StatusMovedPermanently)
		return nil
	}
	if err != nil {
		return notFound(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if tagged, ok := info.(interface{ ETag() string }); ok && tagged.ETag() != "" {
		header.Set("ETag", tagged.ETag())
	}
	contentType := req.contentType(name)
	header.Set("Content-Type", contentType)
	if scriptable(contentType) && !req.site.TrustPages {
		header.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
	}
	http.ServeContent(req.w, req.r, "", info.ModTime(), file)
	return nil
}

// notFound turns the errors of a path that does not lead to a file into one.
func notFound(err error) error {
	if errors.Is(err, filestore.ErrIsDirectory) || errors.Is(err, filestore.ErrNotDirectory) {
		return fs.ErrNotExist
	}
	return err
}

// contentType tells the type of a file by its name. There is no charset: old
// pages say theirs inside, and a header would overrule them.
func (req *request) contentType(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if t, ok := req.Types[strings.TrimPrefix(extension, ".")]; ok {
		return t
	}
	t, _, _ := strings.Cut(mime.TypeByExtension(extension), ";")
	if t == "" {
		return "application/octet-stream"
	}
	return t
}

// scriptable reports whether a browser that opens this type as a page runs
// scripts in it. A type that is not sure to be harmless counts.
func scriptable(contentType string) bool {
	t, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	t = strings.TrimSpace(t)
	return strings.Contains(t, "html") || strings.Contains(t, "xml") ||
		strings.HasPrefix(t, "multipart/") || t == "message/rfc822" || !strings.Contains(t, "/")
}
