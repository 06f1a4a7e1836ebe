package dav

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// question is what a PROPFIND asks for.
type question struct {
	all     bool // what there is, and named on top of it
	names   bool // the names alone
	named   []wanted
	minimal bool // without what is not there
	noRoot  bool // without the directory itself
}

// maxNamed is how many properties may be asked for by their names: each is answered for each
// entry. Our choice.
const maxNamed = 256

// wanted is a property that is asked for by its name.
type wanted struct {
	name xml.Name
	live *liveProperty // nil: none
}

// listing is a PROPFIND on its way to an answer.
type listing struct {
	*request
	question
	lockable bool
	locks    map[string][]filestore.Lock // by the name of their roots
	deep     []filestore.Lock            // that cover all that is listed
	quota    func() quota
}

// quota is what RFC 4331 tells of a storage.
type quota struct {
	known       bool
	used, limit int64
}

// propfind answers PROPFIND (RFC 4918 §9.1).
func (req *request) propfind() error {
	info, err := req.describe()
	if err == nil && req.Directory && !info.IsDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return notFound(err)
	}
	q, err := req.question()
	if err != nil {
		return err
	}
	deep := depth(req.r.Header)
	switch {
	case !info.IsDir():
	case deep == depthInfinity:
		return &Error{Code: http.StatusForbidden, Condition: "propfind-finite-depth"}
	case deep != depthZero && deep != depthOne:
		return fs.ErrInvalid
	}
	var p filestore.Precondition
	if err := req.submit(info, &p); err != nil {
		return err
	}
	l := &listing{request: req, question: q}
	l.quota = sync.OnceValue(l.readQuota)
	children := info.IsDir() && deep == depthOne
	if err := l.readLocks(children); err != nil {
		return err
	}
	self := &entry{FileInfo: info.FileInfo, name: req.Name, listing: l, dead: meta.Properties(info.Attributes), locks: l.locksOf(req.Name)}
	next, stop := iter.Pull2(l.entries(children))
	defer stop()
	first, err, more := next()
	if more && err != nil && !l.aboutEntry(err) {
		return err
	}
	req.w.Header().Set("Content-Type", xmlType)
	if q.minimal {
		req.w.Header().Set("Preference-Applied", "return=minimal")
	}
	if info.IsDir() && !req.Directory {
		req.w.Header().Set("Content-Location", req.href(req.Name, true))
	}
	req.w.WriteHeader(http.StatusMultiStatus)
	const piece = 32 << 10
	b := make([]byte, 0, piece+piece/4)
	b = append(b, xmlHead+`<D:multistatus xmlns:D="DAV:">`+"\n"...)
	if !children || !q.noRoot {
		b = l.appendResponse(b, self)
	}
	for ; more; first, err, more = next() {
		switch {
		case err == nil:
			b = l.appendResponse(b, first)
		case l.aboutEntry(err):
			b = l.appendFailed(b, err)
		default:
			return err // cut: it must not look complete
		}
		if len(b) >= piece {
			if _, err := req.w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err = req.w.Write(append(b, "</D:multistatus>\n"...))
	return err
}

// question reads what is asked for (RFC 4918 §14.20). No body asks for all.
func (req *request) question() (q question, err error) {
	q.minimal = prefers(req.r.Header, "return=minimal") || strings.EqualFold(req.r.Header.Get("Brief"), "t")
	q.noRoot = prefers(req.r.Header, "depth-noroot")
	root, ok, err := req.readXML(maxQuestion, "propfind")
	if err != nil || !ok {
		q.all = true
		return q, err
	}
	kinds := 0
	for child := range root.Children() {
		switch child.Name() {
		case davName("allprop"):
			q.all = true
			kinds++
		case davName("propname"):
			q.names = true
			kinds++
		case davName("prop"):
			kinds++
			q.ask(child)
		case davName("include"):
			q.ask(child)
		}
	}
	if len(q.named) > maxNamed {
		return q, &Error{Code: http.StatusRequestEntityTooLarge, Err: fmt.Errorf("propfind names %d properties", len(q.named))}
	}
	if kinds != 1 {
		return q, &Error{Code: http.StatusBadRequest, Err: errors.New("propfind asks for none, or for several, of allprop, propname and prop")}
	}
	return q, nil
}

// ask adds the names of properties.
func (q *question) ask(names meta.Element) {
	asked := make(map[xml.Name]bool, len(q.named))
	for _, w := range q.named {
		asked[w.name] = true
	}
	for child := range names.Children() {
		if name := child.Name(); !asked[name] {
			asked[name] = true
			q.named = append(q.named, wanted{name, live(name)})
		}
	}
}

// readLocks reads the locks of all that is listed, in one call.
func (l *listing) readLocks(children bool) error {
	locker, ok := l.files.(filestore.Locker)
	if !ok {
		return nil
	}
	locks, err := locker.Locks(l.r.Context(), l.Name, children)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errors.ErrUnsupported) {
		return nil // whoever may not write has nothing to do with locks
	}
	if err != nil {
		return err
	}
	l.lockable, l.locks = true, make(map[string][]filestore.Lock)
	for _, lock := range locks {
		l.locks[lock.Name] = append(l.locks[lock.Name], lock)
		if lock.Deep && filestore.Within(l.Name, lock.Name) {
			l.deep = append(l.deep, lock)
		}
	}
	return nil
}

// locksOf returns the locks that cover a name that is listed.
func (l *listing) locksOf(name string) []filestore.Lock {
	own := l.locks[name]
	if len(l.deep) == 0 {
		return own
	}
	covering := append([]filestore.Lock(nil), own...)
	for _, lock := range l.deep {
		if lock.Name != name {
			covering = append(covering, lock)
		}
	}
	return covering
}

func (l *listing) readQuota() quota {
	top := filestore.TopOf(l.Name)
	usage, err := l.files.Usage(l.r.Context(), top)
	if err != nil {
		return quota{}
	}
	if top != filestore.Root {
		return quota{true, usage.Bytes, filestore.Unlimited}
	}
	limits, err := l.files.Limits(l.r.Context())
	return quota{err == nil, usage.Bytes, limits.Bytes}
}

// entries walks what is in the directory, in one call of the storage if it can tell
// attributes with it.
func (l *listing) entries(children bool) iter.Seq2[*entry, error] {
	return func(yield func(*entry, error) bool) {
		if !children {
			return
		}
		e := &entry{listing: l} // one is told before the next comes
		for d, err := range l.described() {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			e.FileInfo, e.name = d.FileInfo, filestore.Join(l.Name, d.Name())
			e.dead, e.locks = meta.Properties(d.Attributes), l.locksOf(e.name)
			if !yield(e, nil) {
				return
			}
		}
	}
}

// describe looks at what the request is about, in one call of the storage if it can tell
// attributes with it.
func (req *request) describe() (filestore.Described, error) {
	ctx := req.r.Context()
	if d, ok := req.files.(filestore.Describer); ok {
		return d.Describe(ctx, req.Name)
	}
	info, err := req.files.Stat(ctx, req.Name)
	d := filestore.Described{FileInfo: info}
	if err == nil {
		d.Attributes, _ = req.files.Attributes(ctx, req.Name)
		err = ctx.Err()
	}
	return d, err
}

func (l *listing) described() iter.Seq2[filestore.Described, error] {
	ctx := l.r.Context()
	if d, ok := l.files.(filestore.Describer); ok {
		return d.ListAttributes(ctx, l.Name, "")
	}
	return func(yield func(filestore.Described, error) bool) {
		for info, err := range l.files.List(ctx, l.Name, "") {
			d := filestore.Described{FileInfo: info}
			if err == nil && info.Sidecar() != nil {
				d.Attributes, _ = l.files.Attributes(ctx, filestore.Join(l.Name, info.Name()))
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// aboutEntry reports whether an error leaves out one entry, and not what follows.
func (l *listing) aboutEntry(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && p.Path != filestore.Redact(l.Name)
}

// appendFailed appends the response of an entry that cannot be read.
func (l *listing) appendFailed(dst []byte, err error) []byte {
	var p *fs.PathError
	errors.As(err, &p)
	_, last := filestore.Split(p.Path)
	dst = append(dst, "<D:response><D:href>"...)
	dst = l.appendHref(dst, filestore.Join(l.Name, last), false)
	dst = append(dst, "</D:href>"...)
	dst = appendStatus(dst, Status(err))
	return append(dst, "</D:response>\n"...)
}

func (l *listing) appendResponse(dst []byte, e *entry) []byte {
	dst = append(dst, "<D:response><D:href>"...)
	dst = l.appendHref(dst, e.name, e.IsDir())
	dst = append(dst, "</D:href><D:propstat><D:prop>"...)
	var missing []xml.Name
	if l.all || l.names {
		dst = l.appendAll(dst, e)
	}
	for _, w := range l.named {
		if l.all && (w.live != nil && !w.live.byName || w.live == nil && e.property(w.name) != nil) {
			continue // told already
		}
		var told bool
		if dst, told = l.appendNamed(dst, e, w); !told {
			missing = append(missing, w.name)
		}
	}
	dst = append(dst, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"...)
	if len(missing) > 0 && !l.minimal {
		dst = append(dst, "<D:propstat><D:prop>"...)
		for _, name := range missing {
			dst = appendEmpty(dst, name)
		}
		dst = append(dst, "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"...)
	}
	return append(dst, "</D:response>\n"...)
}

// appendAll appends all properties of an entry, or their names.
func (l *listing) appendAll(dst []byte, e *entry) []byte {
	for i := range liveProperties {
		p := &liveProperties[i]
		if l.names {
			if _, ok := p.value(nil, e); ok && e.replaced(p) == nil {
				dst = appendEmpty(dst, davName(p.name))
			}
		} else if !p.byName {
			dst, _ = l.appendNamed(dst, e, wanted{davName(p.name), p})
		}
	}
	for _, a := range e.dead {
		switch name := a.Name(); {
		case name == modifiedName:
		case l.names:
			dst = appendEmpty(dst, name)
		case live(name) == nil:
			dst = append(dst, a.XML()...)
		}
	}
	return dst
}

// appendNamed appends a property; told is false if the entry has none.
func (l *listing) appendNamed(dst []byte, e *entry, w wanted) (_ []byte, told bool) {
	if w.live == nil {
		a := e.property(w.name)
		if a == nil || w.name == modifiedName {
			return dst, false
		}
		return append(dst, a.XML()...), true
	}
	if a := e.replaced(w.live); a != nil {
		return append(dst, a.XML()...), true
	}
	begin := len(dst)
	dst = append(dst, "<D:"+w.live.name+">"...)
	content, ok := w.live.value(dst, e)
	if !ok {
		return content[:begin], false
	}
	if len(content) == len(dst) {
		return append(content[:len(content)-1], "/>"...), true
	}
	return append(content, "</D:"+w.live.name+">"...), true
}

// property returns the dead property of a name; nil: there is none.
func (e *entry) property(name xml.Name) *meta.Attribute {
	for i := range e.dead {
		if e.dead[i].Name() == name {
			return &e.dead[i]
		}
	}
	return nil
}

// replaced returns what a client has stored in place of a live property.
func (e *entry) replaced(p *liveProperty) *meta.Attribute {
	if !p.settable {
		return nil
	}
	return e.property(davName(p.name))
}
