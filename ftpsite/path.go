package ftpsite

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/internal/users"
)

// place is what a path stands for.
type place struct{ users.Place }

// absolute joins a path with the current directory and folds "." and "..", never
// above the top.
func (s *session) absolute(arg string) string {
	if strings.HasPrefix(arg, "/") {
		return path.Clean(arg)
	}
	return path.Join(s.dir, arg)
}

// locate finds the place of a path as the client wrote it.
func (s *session) locate(arg string) (place, error) { return s.locateAbsolute(s.absolute(arg)) }

// locateFile is locate for the name of a file. A final slash says directory.
func (s *session) locateFile(arg string) (place, error) {
	if strings.HasSuffix(arg, "/") {
		return place{}, filestore.ErrIsDirectory
	}
	return s.locate(arg)
}

// locateAbsolute finds the place of a folded path.
func (s *session) locateAbsolute(path string) (place, error) {
	p, err := s.who.Locate(s.server.Directory, path)
	s.done.Storage, s.done.Name = p.Account, ""
	if p.Name != filestore.Root {
		s.done.Name = filestore.Redact(p.Name)
	}
	return place{p}, err
}

// Clients go step by step: CWD protected, CWD dir, CWD pwd, CWD KEY, and RETR
// then. So they may enter whatever can lead to something, without learning what
// is there: what is behind it is decided as if they had named it by its whole
// path. Keys are compared, and guesses counted, when content is asked for.

// sharing reports whether p is "protected" or something behind it, a real
// directory of that name included.
func (p place) sharing() bool {
	first, _, _ := strings.Cut(p.Name, "/")
	return first == "protected"
}

// leadsOn reports whether p, which the view does not show because of err, may be
// entered on the way to something.
func (s *session) leadsOn(p place, err error) bool {
	if p.sharing() {
		return true
	}
	if errors.Is(err, filestore.ErrSidecars) { // there is more to see than can be shown
		return false
	}
	// An access control list somewhere below private opens something to those
	// that have logged in.
	first, _, _ := strings.Cut(p.Name, "/")
	return strings.EqualFold(first, "private") && errors.Is(err, fs.ErrPermission) && !s.who.Caller.Stranger()
}
