package httpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// put stores the body under the name (RFC 9110 §9.3.4). Until all of it is
// there, the old file stays.
func (req *request) put(view *filestore.View) error {
	current, err := view.Target(req.r.Context(), req.name)
	if err != nil {
		return err
	}
	if req.directory || req.name == filestore.Root {
		return filestore.ErrIsDirectory
	}
	if req.r.Header.Get("Content-Range") != "" {
		return errPartialPut // RFC 9110 §14.5
	}
	holds, err := conditions(req.r, current)
	if err != nil {
		return err
	}
	body, err := req.body()
	if err != nil {
		return err
	}
	o := filestore.CreateOptions{Size: max(0, req.r.ContentLength), If: holds}
	info, err := store(req, view, req.name, body, o)
	if err != nil {
		return parentConflict(lostRace(holds, err))
	}
	req.w.Header().Set("ETag", info.ETag())
	req.w.WriteHeader(created(current == nil))
	return nil
}

// body returns the request body, bounded. HTTP/1.0 must say how long it is (RFC
// 1945 §7.2.2): without that there may have been a Transfer-Encoding, which this
// version does not have and net/http drops.
func (req *request) body() (io.ReadCloser, error) {
	if !req.r.ProtoAtLeast(1, 1) && req.r.Header.Get("Content-Length") == "" {
		return nil, errLengthRequired
	}
	if req.MaxBody <= 0 {
		return req.r.Body, nil
	}
	if req.r.ContentLength > req.MaxBody {
		return nil, &http.MaxBytesError{Limit: req.MaxBody}
	}
	return http.MaxBytesReader(req.w.ResponseWriter, req.r.Body, req.MaxBody), nil
}

// store writes content to name, all of it or nothing.
func store(req *request, view *filestore.View, name string, content io.Reader, o filestore.CreateOptions) (filestore.FileInfo, error) {
	upload, err := view.Create(req.r.Context(), name, o)
	if err != nil {
		return nil, err
	}
	defer upload.Abort()
	if _, err := io.Copy(upload, bodyReader{content}); err != nil {
		return nil, err
	}
	return upload.Commit()
}

// bodyError is an error of the request body, and so the client's.
type bodyError struct{ error }

func (e bodyError) Unwrap() error { return e.error }

// bodyReader marks the errors of a body, to tell them from those of a store.
type bodyReader struct{ io.Reader }

func (r bodyReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError{err}
	}
	return n, err
}

// delete removes a file, or a directory with all its members (RFC 4918
// §9.6.1).
func (req *request) delete(view *filestore.View) error {
	current, err := view.Target(req.r.Context(), req.name)
	if err != nil {
		return err
	}
	holds, err := conditions(req.r, current)
	if err != nil {
		return err
	}
	if current != nil && req.directory && !current.IsDir() {
		return fs.ErrNotExist
	}
	whole := depth(req.r.Header) == depthInfinity
	if current != nil && current.IsDir() && !whole {
		return fs.ErrInvalid // a client that means a file
	}
	if err := view.Remove(req.r.Context(), req.name, filestore.RemoveOptions{Recursive: whole, If: holds}); err != nil {
		return notFound(err)
	}
	req.w.WriteHeader(http.StatusNoContent)
	return nil
}

// mkcol makes a directory (RFC 4918 §9.3).
func (req *request) mkcol(view *filestore.View) error {
	current, err := view.Target(req.r.Context(), req.name)
	if err != nil {
		return err
	}
	if req.r.ContentLength != 0 {
		return errBodyNotUnderstood
	}
	holds, err := conditions(req.r, nil)
	if current == nil && err != nil {
		return err // something is there already: that counts more (RFC 9110 §13.2.1)
	}
	if err := view.Mkdir(req.r.Context(), req.name); err != nil {
		if current == nil {
			err = lostRace(holds, err)
		}
		return parentConflict(err)
	}
	req.w.WriteHeader(http.StatusCreated)
	return nil
}

// transfer answers MOVE and COPY (RFC 4918 §9.8, §9.9).
func (req *request) transfer(view *filestore.View, move bool) error {
	ctx := req.r.Context()
	target, err := req.destination()
	if err != nil {
		return err
	}
	to := target.name
	replace, err := overwrites(req.r.Header)
	if err != nil {
		return err
	}
	old, err := view.Target(ctx, to)
	if err != nil {
		return err
	}
	current, err := source(ctx, view, req.name, move)
	if err != nil {
		return err
	}
	same, err := filestore.SameAccount(ctx, req.accounts(), req.account, target.account)
	if err == nil && !same {
		err = filestore.ErrReserved
	}
	if err != nil {
		return err
	}
	holds, err := conditions(req.r, current)
	if err != nil {
		return err
	}
	if current != nil && req.target.directory && !current.IsDir() {
		return fs.ErrNotExist
	}
	deep := depth(req.r.Header)
	shallow := deep == depthZero && !move
	if current != nil && current.IsDir() && deep != depthInfinity && !shallow {
		return fs.ErrInvalid // RFC 4918 §9.8.3, §9.9.2
	}
	if move {
		err = view.Rename(ctx, req.name, to, filestore.RenameOptions{Replace: replace, From: holds})
	} else {
		err = view.Copy(ctx, req.name, to, filestore.CopyOptions{Replace: replace, Shallow: shallow, From: holds})
	}
	if errors.Is(err, fs.ErrExist) && !replace {
		return filestore.ErrChanged // RFC 4918 §10.6: 412
	}
	if errors.Is(err, fs.ErrExist) {
		return filestore.ErrConflict // something that is not ours to replace
	}
	if err != nil {
		return targetConflict(err, to)
	}
	req.w.WriteHeader(created(old == nil))
	return nil
}

// overwrites reads Overwrite (RFC 4918 §10.6).
func overwrites(header http.Header) (bool, error) {
	values := header.Values("Overwrite")
	switch {
	case len(values) == 0, len(values) == 1 && strings.EqualFold(values[0], "T"):
		return true, nil
	case len(values) == 1 && strings.EqualFold(values[0], "F"):
		return false, nil
	}
	return false, fs.ErrInvalid
}

// What a Depth header says. For a file it does not matter.
const (
	depthInfinity = "infinity"
	depthZero     = "0"
)

// depth reads Depth (RFC 4918 §10.2). Without one it is infinity. A header that
// is repeated gives what no depth is.
func depth(header http.Header) string {
	switch values := header.Values("Depth"); len(values) {
	case 0:
		return depthInfinity
	case 1:
		return strings.ToLower(values[0])
	}
	return ""
}

// destination returns what MOVE and COPY are to write.
func (req *request) destination() (target, error) {
	header := req.r.Header.Values("Destination")
	if len(header) == 0 {
		header = req.r.Header.Values("New-URI") // what clients sent before RFC 2518
	}
	if len(header) != 1 || header[0] == "" {
		return target{}, fs.ErrInvalid
	}
	u, err := url.Parse(header[0])
	if err != nil || u.Opaque != "" || strings.ContainsAny(header[0], "?#") {
		return target{}, fs.ErrInvalid // with a query or a fragment, an empty one too
	}
	path, ok := req.cutPrefix(rawPath(u))
	if !ok {
		return target{}, filestore.ErrReserved
	}
	site, err := req.siteOf(u.Host)
	if err != nil {
		return target{}, err
	}
	t, err := parsePath(path, site)
	if errors.Is(err, fs.ErrNotExist) {
		err = filestore.ErrReserved
	}
	return t, err
}

// siteOf returns the site that the host of a destination stands for. One that
// names nothing here may be that of a proxy in front: there it is the site of
// the request.
func (req *request) siteOf(host string) (filestore.Site, error) {
	name, err := filestore.CleanHost(host)
	if err != nil || name == "" {
		return req.site, err
	}
	site, err := req.accounts().Site(req.r.Context(), name, localAddr(req.r))
	if err == nil && site.Default {
		site = req.site
	}
	return site, err
}

// source returns what a transfer finds under its source; nil if nothing is
// there.
func source(ctx context.Context, view *filestore.View, name string, move bool) (filestore.FileInfo, error) {
	if move {
		return view.Target(ctx, name)
	}
	info, err := view.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// parentConflict: for a method that makes a new name, a missing parent or one
// that is a file is a conflict (RFC 4918 §9.3.1, §9.7.1).
func parentConflict(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, filestore.ErrNotDirectory) {
		return fmt.Errorf("parent directory: %w", filestore.ErrConflict)
	}
	return err
}

// targetConflict: the same for the target of a transfer; what is missing at
// its source is simply not found.
func targetConflict(err error, to string) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == to {
		return parentConflict(err)
	}
	return notFound(err)
}

func created(isNew bool) int {
	if isNew {
		return http.StatusCreated
	}
	return http.StatusNoContent
}
