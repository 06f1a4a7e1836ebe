package httpsite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// sandbox is the policy for pages that users made. A sandbox without the last
// three permissions breaks ordinary pages: links to downloads do nothing, pages
// of other sites open as if they were in the sandbox too, and dialogs do not
// appear.
const sandbox = "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals"

// get answers GET and HEAD. Credentials are looked at only when a stranger
// would be refused, so that a public page costs no login.
func (req *request) get() error {
	if req.isOpenPage() {
		return req.serveOpenPage()
	}
	err := req.show(filestore.Caller{}, false)
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
	// By a session its owner reads what the pages show, and nothing else.
	if req.signedIn != nil && !req.isPage() && req.view(caller).Manage(req.r.Context(), filestore.Root) != nil {
		if errors.Is(err, fs.ErrPermission) {
			return errLoginNeeded
		}
		return err
	}
	return req.show(caller, true)
}

// show sends what the name stands for, as far as the caller may see it. What needed a
// login must not stay in any cache.
func (req *request) show(caller filestore.Caller, needsLogin bool) error {
	view := req.view(caller)
	ctx, header := req.r.Context(), req.w.Header()
	if needsLogin && !filestore.IsShare(req.name) {
		header.Set("Cache-Control", "private, no-store")
	}
	if req.isPage() {
		return req.servePage(view, caller)
	}
	if req.isFreeBusyPage() {
		return req.showFreeBusy(view, caller)
	}
	name := req.name
	if req.directory {
		page, err := view.DefaultPage(ctx, name)
		if err != nil {
			return notFound(err)
		}
		name = page
	}
	file, err := open(ctx, view, name)
	if errors.Is(err, filestore.ErrIsDirectory) && !req.directory {
		header.Set("Location", req.location+"/"+query(req.r.URL))
		req.w.WriteHeader(http.StatusMovedPermanently)
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) && req.directory && filestore.IsShare(req.name) {
		return req.serveShared(view)
	}
	if err != nil {
		return notFound(err)
	}
	defer file.Close()
	sent, contentType := file, req.typeByName(name)
	if !needsLogin && req.mayEncode(contentType) {
		// With the file itself too, or a cache would take it for the only one.
		header["Vary"] = byEncoding
		if beside, ok := req.openEncoded(view, name, file); ok {
			defer beside.Close()
			sent = beside
		}
	}
	if tagged, ok := sent.info.(interface{ ETag() string }); ok && tagged.ETag() != "" {
		header.Set("ETag", tagged.ETag())
	}
	if sandboxed(contentType) && !req.isTrusted() {
		// With a 304 too: a page that was kept from before gets it then.
		header["Content-Security-Policy"] = inSandbox
	}
	if done, err := req.unchanged(sent.info.ModTime()); done || err != nil {
		return err
	}
	header.Set("Content-Type", typeByContent(contentType, file, file.info.Size()))
	if sent.coding != "" {
		header.Set("Content-Encoding", sent.coding)
	}
	return req.send(sent.File, sent.info.Size(), sent.info.ModTime()) // of which the kernel can send
}

// opened is a file to be sent.
type opened struct {
	filestore.File
	info   fs.FileInfo
	coding string // that its content is in; "": none
}

func open(ctx context.Context, view *filestore.View, name string) (opened, error) {
	file, err := view.Open(ctx, name)
	if err != nil {
		return opened{}, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return opened{}, err
	}
	return opened{File: file, info: info}, nil
}

// isTrusted reports whether pages of the account may run without a sandbox on this
// host. A domain that is trusted is so with its own accounts: those of others are
// shown on its host as well.
func (req *request) isTrusted() bool {
	if req.site.Account != "" {
		return req.site.TrustPages
	}
	_, domain, _ := strings.Cut(req.account, "@")
	return req.site.TrustPages && strings.EqualFold(domain, req.site.Domain)
}

// query is the query of a URL as it came, with its question mark. What must be
// escaped in one (RFC 3986 §3.4), and was not, is.
func query(u *url.URL) string {
	if u.RawQuery == "" && !u.ForceQuery {
		return ""
	}
	var b strings.Builder
	b.WriteByte('?')
	for _, c := range []byte(u.RawQuery) {
		if c <= ' ' || c >= 0x7F || strings.IndexByte("\"#<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// notFound turns the errors of a path that does not lead to a file into one.
func notFound(err error) error {
	if errors.Is(err, filestore.ErrIsDirectory) || errors.Is(err, filestore.ErrNotDirectory) {
		return fs.ErrNotExist
	}
	return err
}
