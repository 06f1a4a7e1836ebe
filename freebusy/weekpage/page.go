package weekpage

import (
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
)

// Page draws the page freebusy.wssp of an account out of its freebusy.vfb
// (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"): one week,
// by [Write]. The zero value is ready to use; a Page is safe for concurrent
// use.
//
//	site := &httpsite.Handler{Views: views, FreeBusyPage: weekpage.Page{}.Write}
//
// Time zones that visitors name are looked for in the database of the system; a
// program that runs where there is none imports time/tzdata.
type Page struct {
	// Zone is the time zone of visitors who do not choose one; nil: UTC.
	Zone *time.Location
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Write draws the page for a query, as [Options.WithQuery] reads it. It
// reads at most [freebusy.MaxBytes] of the file. A file that is larger or cannot be
// parsed, or not all of it, gives a page that says so: errors are those of reading and writing.
func (p Page) Write(w io.Writer, file io.Reader, query url.Values) error {
	text, err := io.ReadAll(io.LimitReader(file, freebusy.MaxBytes+1))
	if err != nil {
		return err
	}
	o := Options{Zone: p.Zone}
	if p.Now != nil {
		o.Now = p.Now()
	}
	s, err := freebusy.Parse(text)
	o.partial = errors.As(err, new(*freebusy.PartError))
	o.unreadable = err != nil && !o.partial
	return Write(w, s, o.WithQuery(query))
}
