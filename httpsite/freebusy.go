package httpsite

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// FreeBusyPage writes the page freebusy.wssp of an account as HTML in the place of the one
// that package pages has: a view of its
// freebusy.vfb (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"). The
// Write method of a Page of package weekpage is one. The query is that of the request.
// The page may run no scripts and load nothing; styles may stand in it, and forms that
// lead back to the site. An error becomes the answer: what is wrong with a query should
// be fs.ErrInvalid.
type FreeBusyPage func(w io.Writer, freeBusy io.Reader, query url.Values) error

// The page is at the top of a storage, in every letter case, and reads a file
// that everybody may read.
const (
	freeBusyPage = "freebusy.wssp"
	freeBusyFile = "freebusy.vfb"
)

func (req *request) isFreeBusyPage() bool {
	return !req.directory && strings.EqualFold(req.name, freeBusyPage)
}

// showFreeBusy sends the page to whoever may read the file.
func (req *request) showFreeBusy(view *filestore.View, caller filestore.Caller) error {
	if req.FreeBusyPage == nil {
		return notFound(req.pages().ServeFreeBusy(req.page(view, caller)))
	}
	file, err := view.Open(req.r.Context(), freeBusyFile)
	if err != nil {
		return notFound(err)
	}
	defer file.Close()
	var text bytes.Buffer
	if err := req.FreeBusyPage(&text, file, req.r.URL.Query()); err != nil {
		return err
	}
	header := req.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	sum := sha256.Sum256(text.Bytes())
	header.Set("ETag", fmt.Sprintf(`"%x"`, sum[:16]))
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-cache") // the page depends on the time as well
	}
	if done, err := req.unchanged(time.Time{}); done || err != nil {
		return err
	}
	return req.send(bytes.NewReader(text.Bytes()), int64(text.Len()), time.Time{})
}
