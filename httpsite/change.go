package httpsite

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/httpsite/internal/reqbody"
)

// dav answers what package dav does: what changes, and what is about properties and
// locks.
func (req *request) dav(view *filestore.View) error {
	if req.r.ContentLength != 0 || req.r.Method == http.MethodPut {
		body, err := req.body()
		if err != nil {
			return err
		}
		req.r.Body = body
	}
	h := dav.Handler{
		Files:  func(*http.Request) filestore.FS { return view },
		Prefix: req.root,
		Resolve: func(ctx context.Context, u *url.URL) (dav.Target, error) {
			return req.resolve(ctx, view, u)
		},
		ContentType: req.typeByName,
	}
	return h.Serve(req.w, req.r, dav.Target{Name: req.name, Directory: req.directory})
}

// body returns the request body, bounded. HTTP/1.0 must say how long it is (RFC
// 1945 §7.2.2): without that there may have been a Transfer-Encoding, which this
// version does not have and net/http drops.
func (req *request) body() (io.ReadCloser, error) {
	body := markedBody{reqbody.Reader(req.r.Body), req.r.Body}
	switch {
	case !req.r.ProtoAtLeast(1, 1) && req.r.Header.Get("Content-Length") == "":
		return nil, errLengthRequired
	case req.MaxBody <= 0:
		return body, nil
	case req.r.ContentLength > req.MaxBody:
		return nil, &http.MaxBytesError{Limit: req.MaxBody}
	}
	return http.MaxBytesReader(req.w.ResponseWriter, body, req.MaxBody), nil
}

type markedBody struct {
	io.Reader
	io.Closer
}

// resolve tells what another URL of the request means, as that of a Destination: a
// name in the same storage.
func (req *request) resolve(ctx context.Context, view *filestore.View, u *url.URL) (dav.Target, error) {
	path, ok := req.cutPrefix(rawPath(u))
	if !ok {
		return dav.Target{}, filestore.ErrReserved
	}
	site, err := req.siteOf(u.Host)
	if err != nil {
		return dav.Target{}, err
	}
	t, err := parsePath(path, site)
	if errors.Is(err, fs.ErrNotExist) {
		err = filestore.ErrReserved
	}
	if err != nil {
		return dav.Target{}, err
	}
	here := func() error {
		same, err := view.SameAccount(ctx, t.account)
		if err == nil && !same {
			err = filestore.ErrReserved
		}
		return err
	}
	return dav.Target{Name: t.name, Directory: t.directory, Here: here}, nil
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
