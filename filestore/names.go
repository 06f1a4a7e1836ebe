package filestore

import (
	"io/fs"
	"strings"
	"unicode/utf8"
)

// Root is the name of the top of a storage.
const Root = "."

// Bounds of a name. CommuniGate Pro names none; these are our choice.
const (
	MaxNameBytes    = 4096
	MaxSegmentBytes = 255
	MaxSegments     = 100
)

// CleanName turns a name as a client sent it into the form that [FS] and
// [Store] take, and reports whether the client said by a final slash that it
// means a directory. An empty name or a single slash is [Root].
//
// It is the only place where names are cleaned, and it mends nothing else: an
// empty, "." or ".." segment, a control byte, a backslash, invalid UTF-8, a
// segment over 255 bytes, a name over 4,096 bytes or over 100 segments give
// fs.ErrInvalid. Bytes are kept as they are; there is no normalisation.
func CleanName(name string) (clean string, directory bool, err error) {
	if name == "" || name == "/" {
		return Root, true, nil
	}
	clean, directory = strings.CutSuffix(name, "/")
	if clean == Root {
		return "", false, fs.ErrInvalid
	}
	if err := CheckName(clean); err != nil {
		return "", false, err
	}
	return clean, directory, nil
}

// CheckName returns fs.ErrInvalid unless name is clean: either [Root], or
// what [CleanName] returns.
func CheckName(name string) error {
	if name == Root {
		return nil
	}
	if len(name) > MaxNameBytes || !utf8.ValidString(name) {
		return fs.ErrInvalid
	}
	segments, start := 1, 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '/':
			if !validSegment(name[start:i]) {
				return fs.ErrInvalid
			}
			segments, start = segments+1, i+1
		case c < 0x20, c == 0x7F, c == '\\':
			return fs.ErrInvalid
		}
	}
	if segments > MaxSegments || !validSegment(name[start:]) {
		return fs.ErrInvalid
	}
	return nil
}

// CheckEntryName returns fs.ErrInvalid for a name under which nothing can be made, moved
// or copied, or put by that: one that [CheckName] refuses, [Root], and the name of a
// sidecar. It is for stores.
func CheckEntryName(name string) error {
	if name == Root || IsSidecar(name) {
		return fs.ErrInvalid
	}
	return CheckName(name)
}

func validSegment(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= MaxSegmentBytes && validOnHost(s)
}

// Join returns the name of an entry of dir.
func Join(dir, entry string) string {
	if dir == Root {
		return entry
	}
	return dir + "/" + entry
}

// Split returns the directory that holds name, and the last segment of name.
// Root is in itself.
func Split(name string) (dir, last string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return Root, name
	}
	return name[:i], name[i+1:]
}

// Within reports whether name is dir or below it.
func Within(name, dir string) bool {
	if dir == Root || name == dir {
		return true
	}
	return len(name) > len(dir) && name[:len(dir)] == dir && name[len(dir)] == '/'
}

// sidecarSuffix makes the name of a sidecar (CommuniGate Pro Guide, File
// Storage, "Special Files and Folders").
const sidecarSuffix = ".meta"

// SidecarName returns the name of the sidecar that belongs to name. Root, a
// sidecar in whatever letters, and a name that has no room for the suffix, in
// its last segment or as a whole, have none.
func SidecarName(name string) (sidecar string, ok bool) {
	_, last := Split(name)
	if name == Root || hasSidecarSuffix(last) || len(last)+len(sidecarSuffix) > MaxSegmentBytes || len(name)+len(sidecarSuffix) > MaxNameBytes {
		return "", false
	}
	return name + sidecarSuffix, true
}

func hasRoom(name string) bool {
	_, ok := SidecarName(name)
	return ok
}

// SidecarOf returns the name that a sidecar belongs to; ok is false for what is
// no sidecar by its spelling.
func SidecarOf(sidecar string) (name string, ok bool) {
	if !IsSidecar(sidecar) {
		return "", false
	}
	return strings.TrimSuffix(sidecar, sidecarSuffix), true
}

// IsSidecar reports whether name is, by its spelling, the sidecar of another
// name. The suffix is compared exactly; see [View] for what other spellings
// mean.
func IsSidecar(name string) bool {
	_, last := Split(name)
	of, ok := strings.CutSuffix(last, sidecarSuffix)
	return ok && of != "" && of != "." && of != ".."
}
