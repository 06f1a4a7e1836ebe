package dav

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// entry is what properties are told of.
type entry struct {
	filestore.FileInfo
	name    string
	dead    []meta.Attribute
	locks   []filestore.Lock
	listing *listing
}

// liveProperty is a property that the server tells by itself.
type liveProperty struct {
	name string
	// value appends the content of the property; ok is false if the entry has none.
	value func(dst []byte, e *entry) (content []byte, ok bool)
	// byName is told only to whoever asks for it by its name (RFC 4331 §2).
	byName bool
	// settable may be replaced by what a client stores.
	settable bool
}

// liveProperties are those of RFC 4918 §15 and RFC 4331, in their order in answers.
var liveProperties = [...]liveProperty{
	{name: "resourcetype", value: resourceType},
	{name: "displayname", value: displayName, settable: true},
	{name: "creationdate", value: creationDate, settable: true},
	{name: "getlastmodified", value: lastModified, settable: true},
	{name: "getcontentlength", value: contentLength},
	{name: "getcontenttype", value: contentType},
	{name: "getetag", value: entityTag},
	{name: "supportedlock", value: supportedLock},
	{name: "lockdiscovery", value: lockDiscovery},
	{name: "quota-available-bytes", value: quotaAvailable, byName: true},
	{name: "quota-used-bytes", value: quotaUsed, byName: true},
}

// live returns the live property of a name; nil: there is none.
func live(name xml.Name) *liveProperty {
	if name.Space != "DAV:" {
		return nil
	}
	for i := range liveProperties {
		if liveProperties[i].name == name.Local {
			return &liveProperties[i]
		}
	}
	return nil
}

func resourceType(dst []byte, e *entry) ([]byte, bool) {
	if e.IsDir() {
		dst = append(dst, "<D:collection/>"...)
	}
	return dst, true
}

func displayName(dst []byte, e *entry) ([]byte, bool) {
	_, last := filestore.Split(e.name)
	if last == filestore.Root {
		return dst, false
	}
	return appendText(dst, last), true
}

// creationDate knows no more than what a client told.
func creationDate(dst []byte, e *entry) ([]byte, bool) {
	for _, a := range e.dead {
		if a.Name() == windowsName("Win32CreationTime") {
			if t, err := http.ParseTime(strings.TrimSpace(textOf(a))); err == nil {
				return t.UTC().AppendFormat(dst, time.RFC3339), true
			}
		}
	}
	return dst, false
}

// lastModified is the time that a client told of the content, as long as that is the
// same, or else what the store tells.
func lastModified(dst []byte, e *entry) ([]byte, bool) {
	t := e.ModTime()
	for _, a := range e.dead {
		if a.Name() != modifiedName {
			continue
		}
		date, tag, _ := strings.Cut(textOf(a), " of ")
		if told, err := http.ParseTime(date); err == nil && tag == e.ETag() {
			t = told
		}
	}
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return dst, false
	}
	return t.UTC().AppendFormat(dst, http.TimeFormat), true
}

func contentLength(dst []byte, e *entry) ([]byte, bool) {
	if e.IsDir() {
		return dst, false
	}
	return strconv.AppendInt(dst, e.Size(), 10), true
}

func contentType(dst []byte, e *entry) ([]byte, bool) {
	if e.IsDir() || e.listing.ContentType == nil {
		return dst, false
	}
	return appendText(dst, e.listing.ContentType(e.name)), true
}

func entityTag(dst []byte, e *entry) ([]byte, bool) {
	if e.ETag() == "" {
		return dst, false
	}
	return appendText(dst, e.ETag()), true
}

func supportedLock(dst []byte, e *entry) ([]byte, bool) {
	if !e.listing.lockable {
		return dst, false
	}
	for _, scope := range []string{"exclusive", "shared"} {
		dst = append(dst, "<D:lockentry><D:lockscope><D:"+scope+"/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"...)
	}
	return dst, true
}

func lockDiscovery(dst []byte, e *entry) ([]byte, bool) {
	if !e.listing.lockable {
		return dst, false
	}
	return e.listing.appendLocks(dst, e.name, e.IsDir(), e.locks), true
}

func quotaAvailable(dst []byte, e *entry) ([]byte, bool) {
	q := e.listing.quota()
	if !e.IsDir() || !q.known || q.limit == filestore.Unlimited {
		return dst, false
	}
	return strconv.AppendInt(dst, max(0, q.limit-q.used), 10), true
}

func quotaUsed(dst []byte, e *entry) ([]byte, bool) {
	q := e.listing.quota()
	if !e.IsDir() || !q.known {
		return dst, false
	}
	return strconv.AppendInt(dst, q.used, 10), true
}

// appendLocks appends the active locks of a name (RFC 4918 §15.8).
func (req *request) appendLocks(dst []byte, name string, directory bool, locks []filestore.Lock) []byte {
	for _, l := range locks {
		scope, depth := "exclusive", "0"
		if l.Shared {
			scope = "shared"
		}
		if l.Deep {
			depth = depthInfinity
		}
		dst = append(dst, "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:"+scope+"/></D:lockscope><D:depth>"+depth+"</D:depth>"...)
		dst = append(dst, ownerElement(l.Text)...)
		seconds := max(0, int64(time.Until(l.Expires)/time.Second))
		dst = fmt.Appendf(dst, "<D:timeout>Second-%d</D:timeout><D:locktoken><D:href>", seconds)
		dst = appendText(dst, l.Token)
		dst = append(dst, "</D:href></D:locktoken><D:lockroot><D:href>"...)
		dst = req.appendHref(dst, l.Name, directory && l.Name == name || l.Name != name && l.Deep)
		dst = append(dst, "</D:href></D:lockroot></D:activelock>"...)
	}
	return dst
}

// ownerElement returns what a client has told of the owner of a lock.
func ownerElement(text string) string {
	if text == "" {
		return ""
	}
	if e, err := meta.ParseElement([]byte(text)); err == nil && e.Name() == davName("owner") {
		return e.Attribute().XML()
	}
	return "<D:owner>" + string(appendText(nil, text)) + "</D:owner>" // locked by another way in
}

// modifiedName is the property that keeps which time a client told of which content,
// as "DATE of ETAG". Nobody sees it by this name.
var modifiedName = xml.Name{Space: meta.PropertiesSpace, Local: "modified"}

func windowsName(local string) xml.Name {
	return xml.Name{Space: "urn:schemas-microsoft-com:", Local: local}
}

// modifiedAt keeps that a client told a time of what is there.
func modifiedAt(date string, info filestore.FileInfo) (meta.Attribute, error) {
	t, err := http.ParseTime(strings.TrimSpace(date))
	if err != nil {
		return meta.Attribute{}, fs.ErrInvalid
	}
	text := appendText(nil, t.UTC().Format(http.TimeFormat)+" of "+info.ETag())
	return meta.ParseAttribute("<modified xmlns=\"" + meta.PropertiesSpace + "\">" + string(text) + "</modified>")
}

// textOf returns the text of a property.
func textOf(a meta.Attribute) string {
	e, err := meta.ParseElement([]byte(a.XML()))
	if err != nil {
		return ""
	}
	return e.Text()
}
