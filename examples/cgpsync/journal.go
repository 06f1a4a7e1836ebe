package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// journal remembers which files are the same on both sides, for a target that does not
// keep times: by size and time of both. It has no names, and grows by a line for each file.
type journal struct {
	mu    sync.Mutex // guards all
	known map[[16]byte][16]byte
	out   *os.File // nil: nothing is written
	err   error
}

// openJournal reads a journal, and makes it unless it is only to be read.
func openJournal(path string, readOnly bool) (*journal, error) {
	j := &journal{known: map[[16]byte][16]byte{}}
	in, err := os.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		defer in.Close()
		for lines := bufio.NewScanner(in); lines.Scan(); {
			var name, mark [16]byte
			first, second, _ := strings.Cut(lines.Text(), " ")
			n, err := hex.Decode(name[:], []byte(cut(first)))
			m, also := hex.Decode(mark[:], []byte(cut(second)))
			if err == nil && also == nil && n == 16 && m == 16 { // a line may have been cut
				j.known[name] = mark
			}
		}
	}
	if readOnly {
		return j, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	j.out, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		_, err = j.out.WriteString("\n") // behind a line that may have been cut
	}
	return j, err
}

func cut(s string) string { return s[:min(len(s), 32)] }

func marks(from, to entry) (name, mark [16]byte) {
	n := sha256.Sum256([]byte(from.name))
	m := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %d", from.size, from.time.UnixNano(), to.size, to.time.UnixNano()))
	return [16]byte(n[:16]), [16]byte(m[:16])
}

// same reports whether the two were the same when they were last seen so.
func (j *journal) same(from, to entry) bool {
	name, mark := marks(from, to)
	j.mu.Lock()
	defer j.mu.Unlock()
	known, ok := j.known[name]
	return ok && known == mark
}

// remember notes that the two are the same.
func (j *journal) remember(from, to entry) {
	name, mark := marks(from, to)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.known[name] == mark {
		return
	}
	j.known[name] = mark
	if j.out != nil {
		_, err := fmt.Fprintf(j.out, "%x %x\n", name, mark)
		j.err = errors.Join(j.err, err)
	}
}

func (j *journal) close() error {
	if j.out == nil {
		return nil
	}
	return errors.Join(j.err, j.out.Close())
}
