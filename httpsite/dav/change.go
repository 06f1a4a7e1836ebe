package dav

import (
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
func (req *request) put() error {
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	if req.Directory || req.Name == filestore.Root || current != nil && current.IsDir() {
		return filestore.ErrIsDirectory
	}
	if len(req.r.Header.Values("Content-Range")) > 0 {
		return &Error{Code: http.StatusBadRequest, Err: errors.New("partial PUT is not supported")} // RFC 9110 §14.5
	}
	if isEncoded(req.r.Header) {
		req.w.Header().Set("Accept-Encoding", "identity") // RFC 9110 §12.5.3
		return &Error{Code: http.StatusUnsupportedMediaType, Err: errors.New("content coding is not supported")}
	}
	holds, err := req.holds(current)
	if err != nil {
		return req.orNoParent(req.Name, err)
	}
	info, err := req.store(filestore.CreateOptions{Size: max(0, req.r.ContentLength), If: holds})
	if err != nil {
		return parentConflict(lostRace(holds, err))
	}
	req.w.Header().Set("ETag", info.ETag())
	req.w.WriteHeader(created(current == nil))
	return nil
}

// isEncoded reports whether the body is in a coding that is not to be stored: the file
// would be sent without it. What is no coding, as some clients write there, is not
// heeded.
func isEncoded(header http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		switch strings.ToLower(strings.Trim(coding, " \t")) {
		case "gzip", "x-gzip", "compress", "x-compress", "deflate", "br", "zstd":
			return true
		}
	}
	return false
}

// store writes the body, all of it or nothing.
func (req *request) store(o filestore.CreateOptions) (filestore.FileInfo, error) {
	upload, err := req.files.Create(req.r.Context(), req.Name, o)
	if err != nil {
		return nil, err
	}
	defer upload.Abort()
	if _, err := io.Copy(upload, req.r.Body); err != nil {
		return nil, err
	}
	return upload.Commit()
}

// delete removes a file, or a directory with all its members (RFC 4918
// §9.6.1).
func (req *request) delete() error {
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	holds, err := req.holdsOf(current)
	if err != nil {
		return err
	}
	whole := depth(req.r.Header) == depthInfinity
	if current != nil && current.IsDir() && !whole {
		return fs.ErrInvalid // a client that means a file
	}
	if err := req.files.Remove(req.r.Context(), req.Name, filestore.RemoveOptions{Recursive: whole, If: holds}); err != nil {
		return notFound(err)
	}
	req.w.WriteHeader(http.StatusNoContent)
	return nil
}

// transfer answers MOVE and COPY (RFC 4918 §9.8, §9.9).
func (req *request) transfer(move bool) error {
	ctx := req.r.Context()
	destination, err := req.destination()
	if err != nil {
		return err
	}
	target, err := req.resolve(ctx, destination)
	if err != nil {
		return err
	}
	to := target.Name
	replace, err := overwrites(req.r.Header)
	if err != nil {
		return err
	}
	old, err := req.target(to)
	if err != nil {
		return err
	}
	current, err := req.source(move)
	if err == nil {
		err = target.here()
	}
	if err != nil {
		return err
	}
	holds, err := req.holdsOf(current)
	if err != nil {
		return req.orNoParent(to, err)
	}
	deep := depth(req.r.Header)
	shallow := deep == depthZero && !move
	if current != nil && current.IsDir() && deep != depthInfinity && !shallow {
		return fs.ErrInvalid // RFC 4918 §9.8.3, §9.9.2
	}
	if move {
		err = req.files.Rename(ctx, req.Name, to, filestore.RenameOptions{Replace: replace, From: holds})
	} else {
		err = req.files.Copy(ctx, req.Name, to, filestore.CopyOptions{Replace: replace, Shallow: shallow, From: holds})
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
	depthOne      = "1"
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

// destination returns the URL that MOVE and COPY are to write.
func (req *request) destination() (*url.URL, error) {
	header := req.r.Header.Values("Destination")
	if len(header) == 0 {
		header = req.r.Header.Values("New-URI") // what clients sent before RFC 2518
	}
	if len(header) != 1 || header[0] == "" {
		return nil, fs.ErrInvalid
	}
	u, err := url.Parse(header[0])
	if err != nil || u.Opaque != "" || strings.ContainsAny(header[0], "?#") {
		return nil, fs.ErrInvalid // with a query or a fragment, an empty one too
	}
	return u, nil
}

// source returns what a transfer finds under its source; nil if nothing is
// there.
func (req *request) source(move bool) (filestore.FileInfo, error) {
	if move {
		return req.target(req.Name)
	}
	info, err := req.files.Stat(req.r.Context(), req.Name)
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

// notFound turns the errors of a path that does not lead to a file into one.
func notFound(err error) error {
	if errors.Is(err, filestore.ErrIsDirectory) || errors.Is(err, filestore.ErrNotDirectory) {
		return fs.ErrNotExist
	}
	return err
}
