package mailbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// State tells what a mailbox looks like on disk. States are compared with ==: two that
// are equal belong to the same content. The exception is a change that follows another
// within one step of the clock of the file system, and leaves the size as it is. So do
// not rely on a state as long as Changed is a moment ago. The zero State is that of a
// mailbox that does not exist.
type State struct {
	form    string // the suffix
	inode   uint64
	size    int64
	modTime int64             // in nanoseconds
	changed int64             // likewise, of the inode; 0 where the system does not tell
	entries [sha256.Size]byte // of a directory, hashed
}

// Exists reports whether there is a mailbox.
func (s State) Exists() bool { return s.form != "" }

// Changed returns the time of the last change that the file system tells, and the
// zero time if there is no mailbox.
func (s State) Changed() time.Time {
	if !s.Exists() {
		return time.Time{}
	}
	return time.Unix(0, max(s.modTime, s.changed))
}

// StateOf returns the state of a mailbox, by which a caller notices that it has
// changed, come or gone, without reading it: that of a .mbox takes a few system
// calls, that of a .mdir one more for each message. The zero State and no error
// mean that there is no mailbox; an account that does not exist gives
// fs.ErrNotExist. Other errors are those of [Open]. It is safe for concurrent use.
func StateOf(account, name string) (State, error) {
	at, err := locate(account, name)
	if err != nil {
		return State{}, pathError("find mailbox", name, err)
	}
	if at.name == "" {
		return State{}, nil
	}
	defer at.dir.Close()
	state, err := at.state()
	if errors.Is(err, fs.ErrNotExist) { // gone just now
		return State{}, nil
	}
	if err != nil {
		return State{}, pathError("find mailbox", name, err)
	}
	return state, nil
}

// state returns the state of a mailbox that was found.
func (at found) state() (State, error) {
	if !at.info.IsDir() {
		return fileState(at.info), nil
	}
	dir, err := openDirectory(at.dir, at.name)
	if err != nil {
		return State{}, err
	}
	defer dir.Close()
	_, state, err := readDirectory(dir)
	return state, err
}

// fileState returns the state of a .mbox.
func fileState(info fs.FileInfo) State {
	inode, changed := hostfile.Identity(info)
	return State{form: mboxSuffix, inode: inode, size: info.Size(), modTime: info.ModTime().UnixNano(), changed: changed}
}

// maxEntries bounds the entries of a .mdir. The vendor's own tools call 4,000
// messages too many.
const maxEntries = 50_000

// readDirectory returns the entries of a .mdir, oldest first, and its state. Those
// whose names begin with a dot are none (Maildir specification). The oldest is the
// one that was modified first; among equals the names decide, by the numbers in
// them: our choice.
func readDirectory(dir *os.Root) ([]fs.FileInfo, State, error) {
	names, err := readNames(dir)
	if err != nil {
		return nil, State{}, err
	}
	info, err := dir.Stat(".")
	if err != nil {
		return nil, State{}, err
	}
	state := fileState(info)
	state.form = mdirSuffix
	state.size = 0 // what the size of a directory means is up to the file system

	var entries []fs.FileInfo
	hash := sha256.New()
	var line []byte
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		entry, err := dir.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile: the directory has changed
		}
		if err != nil {
			return nil, State{}, err
		}
		entries = append(entries, entry)
		inode, changed := hostfile.Identity(entry)
		line = append(append(line[:0], name...), 0)
		for _, n := range []uint64{uint64(entry.Mode()), inode, uint64(entry.Size()), uint64(entry.ModTime().UnixNano()), uint64(changed)} {
			line = binary.BigEndian.AppendUint64(line, n)
		}
		hash.Write(line)
		state.size += entry.Size()
		state.modTime = max(state.modTime, entry.ModTime().UnixNano())
		state.changed = max(state.changed, changed)
	}
	hash.Sum(state.entries[:0])
	slices.SortStableFunc(entries, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), compareNames(a.Name(), b.Name()))
	})
	return entries, state, nil
}

// readNames returns the names in a directory, sorted.
func readNames(dir *os.Root) ([]string, error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for {
		more, err := f.Readdirnames(1000)
		names = append(names, more...)
		if err == io.EOF {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		if len(names) > maxEntries {
			return nil, fmt.Errorf("more than %d messages", maxEntries)
		}
	}
}

// compareNames compares names piece by piece, numbers by their values.
func compareNames(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m == 0 || n == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(a[:m], "0"), strings.TrimLeft(b[:n], "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
		a, b = a[m:], b[n:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits returns how many digits s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
