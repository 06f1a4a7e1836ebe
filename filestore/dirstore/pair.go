package dirstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// bereftPrefix begins the name of an entry of the state directory that was taken out
// of the tree while its sidecar was still there. It goes on with the hash of the
// sidecar's name, which may be too long itself, and something random.
const bereftPrefix = "bereft."

func bereftEntry(side string) string { return bereftPrefix + hashOf(side) + "." + rand.Text() }

func hashOf(side string) string {
	sum := sha256.Sum256([]byte(side))
	return hex.EncodeToString(sum[:])
}

// removePair removes something and its sidecar by steps that need no room, so
// that they work on a full disk, where no intent can be written: what is removed
// is renamed into the state directory, under a name that tells which sidecar
// must follow. As long as it stands there [Store.endRemovals] finds and removes that.
// Callers hold s.change.
func (s *Store) removePair(t tree, name, side string, st stat) (trash []string, err error) {
	switch err := s.makeStateDir(t); {
	case err == nil:
	case st.kind == kindFile && filestore.HostKind(filestore.HostError(err)) == filestore.ErrDiskFull:
		// There is no room even for the directory. A crash between the two
		// steps would leave the sidecar, which makes nothing more open.
		if err := t.remove(s.at(name)); err != nil {
			return nil, err
		}
		err := t.remove(s.at(side))
		if err == nil {
			err = s.sync(t, path.Dir(s.at(name)))
		}
		if err != nil {
			s.forgetCount()
		}
		return nil, err
	default:
		return nil, err
	}
	entry := bereftEntry(side)
	s.names.Lock()
	undone, err := s.removeBoth(t, name, side, entry)
	s.names.Unlock()
	if err == nil {
		err = s.sync(t, path.Dir(s.at(name)))
		undone = false
	}
	if err != nil {
		if !undone {
			s.forgetCount()
		}
		return nil, err
	}
	if plain := rand.Text(); t.rename(s.staged(entry), s.staged(plain), false) == nil {
		entry = plain // by which nobody looks for a sidecar any more
	}
	return []string{entry}, nil
}

// removeBoth does the steps, and takes the first one back if the others fail.
func (s *Store) removeBoth(t tree, name, side, entry string) (undone bool, err error) {
	if err := t.rename(s.at(name), s.staged(entry), false); err != nil {
		return true, err
	}
	err = s.syncMoves(t, []move{{inTree(name), inState(entry)}})
	if err == nil {
		err = t.remove(s.at(side))
	}
	if err == nil {
		return false, nil
	}
	return t.rename(s.staged(entry), s.at(name), false) == nil, err
}

// endRemovals removes the sidecars that should have gone with what was removed, and
// what was. It looks through the whole tree for them, but only after a crash or
// a fault of the disk in the middle of a removal.
func (s *Store) endRemovals(ctx context.Context, t tree) error {
	dir, st, err := t.open(s.stateDir())
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.kind != kindDir {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	entries, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	dead := map[string]string{} // hash of the sidecar -> entry
	for _, entry := range entries {
		if rest, ok := strings.CutPrefix(entry, bereftPrefix); ok {
			hash, _, _ := strings.Cut(rest, ".")
			dead[hash] = entry
		}
	}
	if len(dead) == 0 {
		return nil
	}
	if err := s.removeUsageFile(t); err != nil {
		return err
	}
	err = s.walk(ctx, t, filestore.Root, func(e info) error {
		of, ok := filestore.SidecarOf(e.path)
		if _, known := dead[hashOf(e.path)]; !ok || e.IsDir() || !known {
			return nil
		}
		if old, err := t.lstat(s.at(of)); err != nil || old.kind != kindNone {
			return err // somebody else has put something there
		}
		if err := t.remove(s.at(e.path)); err != nil {
			return err
		}
		return s.sync(t, path.Dir(s.at(e.path)))
	})
	if err != nil {
		return err
	}
	for _, entry := range dead {
		s.discard(entry)
	}
	return nil
}
