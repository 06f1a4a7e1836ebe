package ftpsite

import (
	"errors"
	"io/fs"
	"slices"
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
	if errors.Is(err, fs.ErrNotExist) && !directory && s.wentAlong.take(p.Account+"/"+p.Name) {
		err = nil
	}
	if err != nil {
		return s.replyTo(err)
	}
	if sidecar, ok := filestore.SidecarName(p.Name); ok {
		s.wentAlong.add(p.Account + "/" + sidecar)
	}
	return replyDone
}

// removed remembers the last sidecars that may have gone with their files. A client that
// mirrors with deletion has listed both, and takes a 550 to what is gone for a failure.
type removed struct {
	paths []string // a ring
	next  int
}

const maxRemoved = 256

func (r *removed) add(path string) {
	if len(r.paths) < maxRemoved {
		r.paths = append(r.paths, path)
		return
	}
	r.paths[r.next] = path
	r.next = (r.next + 1) % maxRemoved
}

// take reports whether a path is remembered, and forgets it.
func (r *removed) take(path string) bool {
	i := slices.Index(r.paths, path)
	if i < 0 {
		return false
	}
	r.paths[i] = ""
	return true
}
