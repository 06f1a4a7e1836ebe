package ftpsite

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// place is what a path stands for.
type place struct {
	view    *filestore.View
	account string // the address in the path, or the client's own
	name    string // in the storage
}

// empty reports whether p is the top of a stranger's own storage: they have
// none, so it is an empty directory.
func (p place) empty() bool { return p.account == "" && p.name == filestore.Root }

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

// locateAbsolute finds the place of a folded path. A first segment "~name" or
// "~name@domain" is another's storage (CommuniGate Pro Guide, File Storage, FTP).
func (s *session) locateAbsolute(path string) (place, error) {
	p := place{account: s.caller.Account}
	path = strings.TrimPrefix(path, "/")
	if strings.HasPrefix(path, "~") {
		first, rest, _ := strings.Cut(path, "/")
		if err := filestore.CheckName(first); err != nil {
			return place{}, err
		}
		p.account = first[1:]
		if !strings.Contains(p.account, "@") {
			p.account += "@" + s.domain
		}
		path = rest
	}
	s.done.Storage, s.done.Name = p.account, filestore.Redact(path)
	name, _, err := filestore.CleanName(path)
	if err != nil {
		return place{}, err
	}
	p.name = name
	caller := s.caller
	caller.Remote = s.remote
	p.view = filestore.NewView(s.server.Directory, caller, p.account)
	return p, nil
}

// Clients go step by step: CWD protected, CWD dir, CWD pwd, CWD KEY, and RETR
// then. So they may enter whatever can lead to something, without learning what
// is there: what is behind it is decided as if they had named it by its whole
// path. Keys are compared, and guesses counted, when content is asked for.

// sharing reports whether p is "protected" or something behind it, a real
// directory of that name included.
func (p place) sharing() bool {
	first, _, _ := strings.Cut(p.name, "/")
	return first == "protected"
}

// leadsOn reports whether p, which the view does not show because of err, may be
// entered on the way to something.
func (s *session) leadsOn(p place, err error) bool {
	if p.sharing() {
		return true
	}
	// An access control list somewhere below private opens something to those
	// that have logged in.
	first, _, _ := strings.Cut(p.name, "/")
	return strings.EqualFold(first, "private") && errors.Is(err, fs.ErrPermission) && !s.caller.Stranger()
}
