package ftpsite

import (
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// printDirectory: RFC 959 §5.4, Appendix II.
func (s *session) printDirectory(string) reply {
	return reply{257, quoted(s.dir) + " is the current directory"}
}

func (s *session) changeUp(string) reply { return s.changeDirectory("..") }

func (s *session) changeDirectory(arg string) reply {
	path := s.absolute(arg)
	p, err := s.locateAbsolute(path)
	if err == nil {
		err = s.enter(p)
	}
	if strings.HasPrefix(arg, "~") && s.dir != "/" && !(err == nil && s.exists(p)) {
		// lftp writes "~name/..." wherever it is, as if it began with a slash.
		if home, homeErr := s.locateAbsolute("/" + arg); homeErr == nil && s.enter(home) == nil {
			path, err = s.absolute("/"+arg), nil
		}
	}
	if err != nil {
		return s.replyTo(err)
	}
	s.dir = path
	return replyDone
}

// enter reports why p cannot be the current directory.
func (s *session) enter(p place) error {
	if filestore.IsShare(p.Name) {
		return nil // whatever its key is
	}
	found, err := s.stat(p)
	switch {
	case err != nil && !p.LeadsOn(s.ctx, err):
		return err
	case err == nil && !found.dir:
		return filestore.ErrNotDirectory
	}
	return nil
}

// exists reports whether something is stored at p itself.
func (s *session) exists(p place) bool {
	if filestore.IsShare(p.Name) {
		return false
	}
	_, err := s.stat(p)
	return err == nil
}

// makeDirectory: RFC 959 Appendix II has the path quoted, and first.
func (s *session) makeDirectory(arg string) reply {
	p, err := s.locate(arg)
	if err == nil {
		err = p.View.Mkdir(s.ctx, p.Name)
	}
	if err != nil {
		return s.replyTo(err)
	}
	return reply{257, quoted(s.absolute(arg)) + " created"}
}

func (s *session) removeDirectory(arg string) reply { return s.remove(arg, true) }

// deleteFile: a directory takes RMD, which takes nothing else.
func (s *session) deleteFile(arg string) reply { return s.remove(arg, false) }

func (s *session) remove(arg string, directory bool) reply {
	p, err := s.locate(arg)
	if err == nil && !directory && strings.HasSuffix(arg, "/") {
		err = filestore.ErrIsDirectory
	}
	if err == nil {
		err = p.Remove(s.ctx, directory)
	}
	if err != nil {
		return s.replyTo(err)
	}
	return replyDone
}
