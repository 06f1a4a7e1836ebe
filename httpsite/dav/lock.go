package dav

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// lock answers LOCK (RFC 4918 §9.10): it makes a lock, or refreshes one if there is no
// body.
func (req *request) lock() error {
	ctx := req.r.Context()
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	root, ok, err := req.readXML(maxQuestion, "lockinfo")
	if err != nil {
		return err
	}
	timeout := timeoutOf(req.r.Header)
	locker, err := req.locker()
	if err != nil {
		return err
	}
	if !ok {
		return req.refresh(locker, current, timeout)
	}
	if current == nil && req.Directory {
		return filestore.ErrIsDirectory // what LOCK makes is a file
	}
	if current != nil && req.Directory && !current.IsDir() {
		return fs.ErrNotExist
	}
	wanted, err := lockOf(root)
	if err != nil {
		return err
	}
	switch depth(req.r.Header) {
	case depthInfinity:
		wanted.Deep = true
	case depthZero:
	default:
		return fs.ErrInvalid
	}
	holds, err := req.holds(current)
	if err != nil {
		return req.orNoParent(req.Name, err)
	}
	l, err := locker.Lock(ctx, req.Name, wanted, timeout)
	var inTheWay *filestore.LockedError
	if errors.As(err, &inTheWay) {
		return &Error{Code: http.StatusLocked, Condition: "no-conflicting-lock", Href: req.href(inTheWay.Name, false), Err: err}
	}
	if err != nil {
		return parentConflict(err)
	}
	code := http.StatusOK
	if current == nil {
		if code, err = req.fill(locker, l, holds); err != nil {
			return err
		}
	}
	req.w.Header().Set("Lock-Token", "<"+l.Token+">")
	return req.showLocks(code, current != nil && current.IsDir(), l)
}

// fill makes an empty file under a name that was locked while nothing was there (RFC
// 4918 §9.10.4).
func (req *request) fill(locker filestore.Locker, l filestore.Lock, holds filestore.Precondition) (code int, err error) {
	ctx := req.r.Context()
	holds.Absent = true
	upload, err := locker.WithTokens(append(slices.Clip(req.tokens), l.Token)...).Create(ctx, req.Name, filestore.CreateOptions{If: holds})
	if err == nil {
		defer upload.Abort()
		_, err = upload.Commit()
	}
	if errors.Is(err, fs.ErrExist) {
		return http.StatusOK, nil // another has made one: that is locked
	}
	if err != nil {
		return 0, parentConflict(errors.Join(err, locker.Unlock(ctx, req.Name, l.Token)))
	}
	return http.StatusCreated, nil
}

// refresh lets a lock last longer. Its token is the one in the If header.
func (req *request) refresh(locker filestore.Locker, current filestore.FileInfo, timeout time.Duration) error {
	if _, err := req.holds(current); err != nil {
		return err
	}
	if len(req.tokens) != 1 {
		return &Error{Code: http.StatusBadRequest, Err: errors.New("refresh names no token, or several")}
	}
	l, err := locker.RefreshLock(req.r.Context(), req.Name, req.tokens[0], timeout)
	if errors.Is(err, fs.ErrNotExist) {
		return &Error{Code: http.StatusPreconditionFailed, Condition: "lock-token-matches-request-uri", Err: err}
	}
	if err != nil {
		return err
	}
	return req.showLocks(http.StatusOK, current != nil && current.IsDir(), l)
}

func (req *request) showLocks(code int, directory bool, locks ...filestore.Lock) error {
	b := []byte(xmlHead + `<D:prop xmlns:D="DAV:"><D:lockdiscovery>`)
	b = req.appendLocks(b, req.Name, directory, locks)
	b = append(b, "</D:lockdiscovery></D:prop>\n"...)
	req.w.Header().Set("Content-Type", xmlType)
	req.w.WriteHeader(code)
	_, err := req.w.Write(b)
	return err
}

// unlock answers UNLOCK (RFC 4918 §9.11).
func (req *request) unlock() error {
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	token, ok := strings.CutPrefix(strings.TrimSpace(req.r.Header.Get("Lock-Token")), "<")
	token, closed := strings.CutSuffix(token, ">")
	if !ok || !closed || token == "" {
		return fs.ErrInvalid
	}
	locker, err := req.locker()
	if err != nil {
		return err
	}
	if _, err := req.holds(current); err != nil {
		return err
	}
	err = locker.Unlock(req.r.Context(), req.Name, token)
	if errors.Is(err, fs.ErrNotExist) {
		return &Error{Code: http.StatusConflict, Condition: "lock-token-matches-request-uri", Err: err}
	}
	if err != nil {
		return err
	}
	req.w.WriteHeader(http.StatusNoContent)
	return nil
}

// lockOf reads what kind of lock is wanted (RFC 4918 §14.11).
func lockOf(root meta.Element) (l filestore.Lock, err error) {
	scope, kind := "", ""
	for child := range root.Children() {
		switch child.Name() {
		case davName("lockscope"):
			scope = onlyChild(child)
		case davName("locktype"):
			kind = onlyChild(child)
		case davName("owner"):
			l.Text = child.Attribute().XML()
		}
	}
	switch {
	case kind != "write", scope != "exclusive" && scope != "shared":
		return l, &Error{Code: http.StatusBadRequest, Err: fmt.Errorf("lock of type %q and scope %q", kind, scope)}
	case len(l.Text) > filestore.MaxLockText:
		return l, &http.MaxBytesError{Limit: filestore.MaxLockText}
	}
	l.Shared = scope == "shared"
	return l, nil
}

// onlyChild returns the name of the only element in e; "": it has none or several, or
// one of another namespace.
func onlyChild(e meta.Element) (name string) {
	n := 0
	for child := range e.Children() {
		if n++; child.Name().Space == "DAV:" {
			name = child.Name().Local
		}
	}
	if n != 1 {
		return ""
	}
	return name
}

// timeoutOf reads Timeout (RFC 4918 §10.7): the first that is understood counts. 0: as
// long as may be.
func timeoutOf(header http.Header) time.Duration {
	for _, line := range header.Values("Timeout") {
		for kind := range strings.SplitSeq(line, ",") {
			kind = strings.ToLower(strings.TrimSpace(kind))
			if kind == "infinite" {
				return 0
			}
			digits, ok := strings.CutPrefix(kind, "second-")
			if seconds, err := strconv.ParseUint(digits, 10, 64); ok && err == nil && seconds > 0 {
				return time.Duration(min(seconds, uint64(filestore.MaxLockTimeout/time.Second))) * time.Second
			}
		}
	}
	return 0
}
