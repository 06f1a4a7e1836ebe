package filestore

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"unicode/utf8"
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

// ShareTop returns the uppermost of the folders in a share path that its key opens: where
// the share begins, for whoever goes up from name. It is name itself for a share of one
// file, and in a path without a key that opens it fs.ErrNotExist.
func (v *View) ShareTop(ctx context.Context, name string) (_ string, err error) {
	defer v.begin(ctx, "ShareTop", name, "").end(&err)
	s, ok := parseShare(name)
	if !ok {
		return "", pathError("share", Redact(name), fs.ErrNotExist)
	}
	a, err := v.read(ctx, "share", name, toRead)
	if err != nil {
		return "", err
	}
	top := name
	for above, target := name, s.target; ; {
		above, _ = Split(above)
		target, _ = Split(target)
		if shorter, ok := parseShare(above); !ok || shorter.key != s.key { // nothing is left behind the key
			return top, nil
		}
		grants, err := a.grants(ctx, target) // what cannot be read has no key
		if errors.Is(err, ErrExhausted) {
			return "", pathError("share", Redact(name), err)
		}
		if grants != nil && grants.HasKey(s.key) {
			top = above
		}
	}
}

// IsShare reports whether a clean name is a share path.
func IsShare(name string) bool {
	_, ok := parseShare(name)
	return ok
}

// Redact returns text with an asterisk for whatever could be the key of a share
// path in it, spelled well or badly: each segment behind one that is called pwd, or
// nearly so, with slashes of either kind. It is for names and errors on their way to
// a log, which are cut to a few hundred bytes, for they come from strangers.
func Redact(text string) string {
	var redacted strings.Builder
	key := false // the segment may be one
	for rest := text; rest != ""; {
		end := strings.IndexAny(rest, `/\`) + 1
		if end == 0 {
			end = len(rest)
		}
		part := rest[:end]
		rest = rest[end:]
		segment := strings.TrimRight(part, `/\`)
		if key && segment != "" && segment != "." {
			redacted.WriteString("*" + part[len(segment):])
			key = false
			continue
		}
		redacted.WriteString(part)
		key = key || endsInMark(segment)
	}
	return Clip(redacted.String(), maxLogged)
}

// endsInMark reports whether the last word of a segment is pwd.
func endsInMark(segment string) bool {
	segment = strings.TrimRightFunc(segment, func(r rune) bool { return r <= ' ' || r == 0x7F })
	return strings.EqualFold(segment[strings.LastIndexAny(segment, " \"'=:(")+1:], shareMark)
}

// maxLogged is the longest text that this suite puts into a log, in bytes.
const maxLogged = 512

// Clip cuts text to at most limit bytes, between characters, and then marks its end
// with "…".
func Clip(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// LogError returns an error as an attribute for a log, without share keys.
func LogError(err error) slog.Attr {
	if err == nil {
		return slog.Attr{} // which logs leave out
	}
	return slog.String("err", Redact(err.Error()))
}

// opens reports whether the sidecar of the target or of a directory above it
// has the key. It asks all of them, found or not. The error is ErrExhausted,
// which is the same for every key.
func (a access) opens(ctx context.Context, s share) (found bool, err error) {
	for i := len(privateName); i <= len(s.target); i++ {
		if i == len(s.target) || s.target[i] == '/' {
			grants, err := a.grants(ctx, s.target[:i]) // what cannot be read has no key
			if errors.Is(err, ErrExhausted) {
				return false, err
			}
			found = grants != nil && grants.HasKey(s.key) || found
		}
	}
	return found, nil
}

// show gives an entry the name that the caller used.
func (a access) show(name string, info FileInfo) FileInfo {
	if !a.sidecars && info.Sidecar() != nil {
		info = withoutSidecar{info}
	}
	if !a.share && a.mount == "" {
		return info
	}
	return renamedInfo{info, name}
}

// hide keeps the real name out of an error.
func (a access) hide(name string, err error) error {
	if err == nil {
		return nil
	}
	var p *fs.PathError
	if (a.share || a.mount != "") && errors.As(err, &p) {
		err = pathError(p.Op, Redact(name), p.Err)
	}
	var locked *LockedError
	if (a.mount != "" || !a.privileged) && errors.As(err, &p) && errors.As(err, &locked) {
		root := a.inMount(locked.Name)
		if !a.privileged && !Within(name, root) {
			root = name // what is below may be closed to the caller
		}
		err = pathError(p.Op, p.Path, &LockedError{root})
	}
	return err
}

// inMount returns a name of the store as the caller knows it.
func (a access) inMount(name string) string {
	switch {
	case a.mount == "" || name == "":
		return name
	case name == Root:
		return a.mount
	}
	return Join(a.mount, name)
}

// hideListed is hide for an error of a listing, which may be about an entry.
func (a access) hideListed(dir string, err error) error {
	if entry, ok := entryOf(err, a.name); ok {
		dir = Join(dir, entry)
	}
	return a.hide(dir, err)
}

// entryOf returns the last segment of the name that an error is about; ok is false
// if that is dir.
func entryOf(err error, dir string) (last string, ok bool) {
	var p *fs.PathError
	if !errors.As(err, &p) || p.Path == dir {
		return "", false
	}
	_, last = Split(p.Path)
	return last, true
}
