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
	if filestore.IsShare(p.name) {
		return nil // whatever its key is
	}
	found, err := s.stat(p)
	switch {
	case err != nil && !s.leadsOn(p, err):
		return err
	case err == nil && !found.dir:
		return filestore.ErrNotDirectory
	}
	return nil
}

// exists reports whether something is stored at p itself.
func (s *session) exists(p place) bool {
	if filestore.IsShare(p.name) {
		return false
	}
	_, err := s.stat(p)
	return err == nil
}

// makeDirectory: RFC 959 Appendix II has the path quoted, and first.
func (s *session) makeDirectory(arg string) reply {
	p, err := s.locate(arg)
	if err == nil {
		err = p.view.Mkdir(s.ctx, p.name)
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
	if err != nil {
		return s.replyTo(err)
	}
	switch info, err := p.view.Target(s.ctx, p.name); {
	case err != nil:
		return s.replyTo(err)
	case info == nil: // Remove tells
	case directory && !info.IsDir():
		return s.replyTo(filestore.ErrNotDirectory)
	case !directory && (info.IsDir() || strings.HasSuffix(arg, "/")):
		return s.replyTo(filestore.ErrIsDirectory)
	}
	if err := p.view.Remove(s.ctx, p.name, filestore.RemoveOptions{}); err != nil {
		return s.replyTo(err)
	}
	return replyDone
}
