package ftpsite

import (
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
	p, err := s.command.Locate(path)
	s.done.Storage, s.done.Name = p.Account, ""
	if p.Name != filestore.Root {
		s.done.Name = filestore.Redact(p.Name)
	}
	return place{p}, err
}
