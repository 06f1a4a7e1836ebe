package filestore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/cgpkit/cgpkit/meta"
)

// Share paths (CommuniGate Pro Guide, File Storage, "Shared Private Files"):
// protected/DIR/pwd/KEY/REST stands for private/DIR/REST. It may be read if
// private, or something on the way down to the named file, or that file
// itself, has a sidecar with this key. These words grant, so they are compared
// exactly.
const (
	shareName = "protected"
	shareMark = "pwd"
)

// share is a share path taken apart.
type share struct {
	target string // the name that it stands for
	key    string
}

// parseShare takes a clean name apart. A name is a share path if its first
// segment is "protected" and a later one is "pwd"; the first of those counts.
// A missing key is an empty one, which no sidecar has.
func parseShare(name string) (share, bool) {
	rest, ok := strings.CutPrefix(name, shareName+"/")
	if !ok {
		return share{}, false
	}
	target := privateName
	for rest != "" {
		var segment string
		segment, rest, _ = strings.Cut(rest, "/")
		if segment == shareMark {
			key, below, _ := strings.Cut(rest, "/")
			if below != "" {
				target += "/" + below
			}
			return share{target: target, key: key}, true
		}
		target += "/" + segment
	}
	return share{}, false
}

// IsShare reports whether a clean name is a share path.
func IsShare(name string) bool {
	_, ok := parseShare(name)
	return ok
}

// Redact returns text with an asterisk for whatever could be the key of a share
// path in it, spelled well or badly: each segment behind one that is called pwd.
// It is for names and errors on their way to a log.
func Redact(text string) string {
	segments := strings.Split(text, "/")
	redacted := false
	for i := 1; i < len(segments); i++ {
		if strings.EqualFold(segments[i-1], shareMark) && segments[i] != "" {
			segments[i], redacted = "*", true
		}
	}
	if !redacted {
		return text
	}
	return strings.Join(segments, "/")
}

// LogError returns an error as an attribute for a log, without share keys.
func LogError(err error) slog.Attr {
	if err == nil {
		return slog.Any("err", nil)
	}
	return slog.String("err", Redact(err.Error()))
}

// decideShare decides on a share path. It is read-only, for the owner too, and
// a wrong key looks like a missing file: keys are compared before anything is
// looked up at the target.
func (v *View) decideShare(ctx context.Context, s share, change bool) (access, error) {
	if change {
		return access{}, fs.ErrPermission
	}
	a, err := v.lookup(ctx)
	if err != nil {
		return access{}, err
	}
	t := traitsOf(s.target)
	if !a.WebSite || t.sidecar || t.virtual || CheckName(s.target) != nil || !opens(ctx, a.Store, s) {
		return access{}, fs.ErrNotExist
	}
	a.name, a.share = s.target, true
	return a, nil
}

// opens reports whether the sidecar of the target or of a directory above it
// has the key. It asks all of them, found or not.
func opens(ctx context.Context, store Store, s share) bool {
	found := false
	for i := len(privateName); i <= len(s.target); i++ {
		if i == len(s.target) || s.target[i] == '/' {
			found = hasKey(ctx, store, s.target[:i], s.key) || found
		}
	}
	return found
}

func hasKey(ctx context.Context, store Store, name, key string) bool {
	sidecar, ok := SidecarName(name)
	if !ok {
		return false
	}
	content, err := readSidecar(ctx, store, sidecar)
	if err != nil {
		return false
	}
	document, err := meta.Parse(content)
	return err == nil && document.HasKey(key)
}

var errSidecarSize = errors.New("sidecar is too large")

func readSidecar(ctx context.Context, store Store, name string) ([]byte, error) {
	f, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxSidecarBytes+1))
	if err == nil && len(content) > MaxSidecarBytes {
		err = errSidecarSize
	}
	return content, err
}

// show gives an entry the name that the caller used.
func (a access) show(name string, info FileInfo) FileInfo {
	if !a.share {
		return info
	}
	return sharedInfo{info, name}
}

// hide keeps the real name out of an error.
func (a access) hide(name string, err error) error {
	var p *fs.PathError
	if a.share && errors.As(err, &p) {
		return pathError(p.Op, Redact(name), p.Err)
	}
	return err
}

// sharedInfo is an entry under its share path.
type sharedInfo struct {
	FileInfo
	path string
}

func (i sharedInfo) Path() string { return i.path }
