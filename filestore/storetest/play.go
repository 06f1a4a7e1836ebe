package storetest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// maxPlay is how many operations Play does at most.
const maxPlay = 200

// Play does the operations that script spells, at most 200, to an empty store
// and to a memstore, and demands that both give the same answers and end with
// the same tree. Locks are played if the store has them. Every script is a valid one, so it serves in fuzz targets:
//
//	func FuzzModel(f *testing.F) {
//		f.Fuzz(func(t *testing.T, script []byte) {
//			storetest.Play(t, mystore.New(t.TempDir()), script)
//		})
//	}
func Play(t *testing.T, s filestore.Store, script []byte) {
	_, locks := s.(filestore.Locks)
	p := player{script: script, a: side{s: s}, b: side{s: memstore.New()}, locks: locks}
	for step := 0; step < maxPlay && len(p.script) > 0; step++ {
		op := p.op()
		got, want := op(t, &p.a), op(t, &p.b)
		require.Equal(t, want, got, "step %d", step)
		require.Equal(t, contents(t, p.b.s), contents(t, p.a.s), "after step %d: %s", step, got)
	}
	counted(t, p.a.s)
	p.a.abort()
	counted(t, p.a.s)
}

// testRecount plays long sequences that are the same every time.
func testRecount(t *testing.T, open func(t *testing.T) filestore.Store) {
	for seed := range 20 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.NewChaCha8([32]byte{byte(seed)})
			script := make([]byte, 1200)
			r.Read(script)
			Play(t, open(t), script)
		})
	}
}

// side is one of the two stores, with its uploads on their way and its locks.
type side struct {
	s       filestore.Store
	uploads [2]filestore.Upload
	locks   [2]filestore.Lock
}

func (d *side) abort() {
	for _, u := range d.uploads {
		if u != nil {
			u.Abort()
		}
	}
}

// player reads operations from a script. A script at its end reads as zeros.
type player struct {
	script []byte
	a, b   side
	locks  bool // both stores have them
}

func (p *player) next(n int) int {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return int(b) % n
}

func (p *player) flag() bool { return p.next(2) == 1 }

// name spells one of few names, so that operations meet.
func (p *player) name() string {
	segments := []string{"a", "b", "a.meta", "b.meta", "c"}
	name := filestore.Root
	for range 1 + p.next(3) {
		name = filestore.Join(name, segments[p.next(len(segments))])
	}
	return name
}

// limits are small or ample. Copies of copies would grow without any.
func (p *player) limits() filestore.Limits {
	l := filestore.Limits{Files: 60, Bytes: 1000, FileSize: filestore.Unlimited}
	if p.flag() {
		l = filestore.Limits{Files: int64(p.next(8)), Bytes: int64(p.next(30)), FileSize: int64(p.next(12))}
	}
	return l
}

func (p *player) content() string { return "0123456789abcdef"[:p.next(16)] }

// precondition reads what is to hold of a name, or of its sidecar. Most often that is
// nothing.
func (p *player) precondition(ofSidecar bool) func(*testing.T, *side, string) filestore.Precondition {
	kind, submit := p.next(12), p.flag()
	return func(t *testing.T, d *side, name string) (c filestore.Precondition) {
		switch kind {
		case 1:
			c.Absent = true
		case 2:
			c.Exists = true
		case 3:
			c.ETag = `"stale"`
		case 4:
			if side, err := d.s.Sidecar(t.Context(), name, ""); ofSidecar && err == nil {
				c.ETag = side.ETag
			} else if info, err := d.s.Stat(t.Context(), name); !ofSidecar && err == nil {
				c.ETag = info.ETag()
			}
		}
		if submit {
			for _, l := range d.locks {
				c.Tokens = append(c.Tokens, l.Token)
			}
		}
		return c
	}
}

// op reads one operation. What the operation returns tells what it did and
// how it ended.
func (p *player) op() func(*testing.T, *side) string {
	switch p.next(13) {
	case 0:
		name, l, holds := p.name(), p.limits(), p.precondition(false)
		sidecar := [][]byte{nil, []byte("side")}[p.next(2)]
		return func(t *testing.T, d *side) string {
			o := filestore.MkdirOptions{Sidecar: sidecar, If: holds(t, d, name)}
			return outcome("mkdir", name, d.s.Mkdir(t.Context(), name, o, l))
		}
	case 1:
		name, recursive, holds := p.name(), p.flag(), p.precondition(false)
		return func(t *testing.T, d *side) string {
			return outcome("remove", name, removeIf(name, recursive, holds(t, d, name))(t.Context(), d.s))
		}
	case 2:
		from, to, replace, files := p.name(), p.name(), p.flag(), p.flag()
		source, target := p.precondition(false), p.precondition(false)
		return func(t *testing.T, d *side) string {
			o := filestore.RenameOptions{Replace: replace, ReplaceFile: files, From: source(t, d, from), To: target(t, d, to)}
			return outcome("rename", from+" "+to, d.s.Rename(t.Context(), from, to, o))
		}
	case 3:
		return p.copy()
	case 4:
		name := p.name()
		return func(t *testing.T, d *side) string {
			u, err := d.s.Usage(t.Context(), name)
			return outcome("usage", fmt.Sprint(name, u), err)
		}
	case 5, 6:
		return p.create()
	case 7:
		slot, content := p.next(2), p.content()
		return func(t *testing.T, d *side) string {
			if d.uploads[slot] == nil {
				return ""
			}
			_, err := io.WriteString(d.uploads[slot], content)
			return outcome("write", content, err)
		}
	case 8, 9:
		name, content, l, paired, holds := p.name(), []byte(p.content()), p.limits(), p.next(4) == 1, p.precondition(true)
		if p.next(4) == 1 {
			content = nil
		}
		return func(t *testing.T, d *side) string {
			side, err := d.s.SetSidecar(t.Context(), name, content, filestore.SidecarOptions{If: holds(t, d, name), Paired: paired}, l)
			return outcome("set sidecar", fmt.Sprint(name, side.Size, side.Content == nil), err)
		}
	case 10:
		return p.lock()
	default:
		slot, commit := p.next(2), p.next(4) > 0
		return func(t *testing.T, d *side) string {
			u := d.uploads[slot]
			if u == nil {
				return ""
			}
			d.uploads[slot] = nil
			if !commit {
				return outcome("abort", "", u.Abort())
			}
			info, err := u.Commit()
			if err != nil {
				return outcome("commit", "", err)
			}
			return outcome("commit", fmt.Sprint(info.Path(), info.Size()), nil)
		}
	}
}

func (p *player) copy() func(*testing.T, *side) string {
	from, to, replace, shallow, l := p.name(), p.name(), p.flag(), p.flag(), p.limits()
	source, target := p.precondition(false), p.precondition(false)
	inherit := func(directory bool, b []byte) []byte {
		if directory {
			return append(b, 'd')
		}
		return append(b, b...)
	}
	sidecar := []filestore.SidecarFunc{nil, keep, inherit}[p.next(3)]
	return func(t *testing.T, d *side) string {
		o := filestore.CopyOptions{Replace: replace, Shallow: shallow, Sidecar: sidecar, From: source(t, d, from), To: target(t, d, to)}
		err := d.s.Copy(t.Context(), from, to, o, l)
		if errors.Is(err, filestore.ErrLimit) {
			err = &fs.PathError{Path: to, Err: filestore.ErrLimit} // which one comes first is not said
		}
		return outcome("copy", from+" "+to, err)
	}
}

// lock makes a lock, or ends one.
func (p *player) lock() func(*testing.T, *side) string {
	name, slot, shared, deep := p.name(), p.next(2), p.flag(), p.flag()
	return func(t *testing.T, d *side) string {
		locks, ok := d.s.(filestore.Locks)
		if !ok || !p.locks {
			return ""
		}
		if old := d.locks[slot]; old.Token != "" {
			d.locks[slot] = filestore.Lock{}
			return outcome("unlock", old.Name, locks.Unlock(t.Context(), old.Name, old.Token, old.Owner))
		}
		var err error
		d.locks[slot], err = locks.Lock(t.Context(), name, filestore.Lock{Shared: shared, Deep: deep}, 0)
		return outcome("lock", name, err)
	}
}

// create begins an upload, or does a whole one.
func (p *player) create() func(*testing.T, *side) string {
	name, slot, content, l, holds := p.name(), p.next(3), p.content(), p.limits(), p.precondition(false)
	o := filestore.CreateOptions{KeepTail: p.next(4) == 1}
	if p.next(3) == 1 {
		o.Offset = int64(p.next(10)) - 2
	}
	if p.next(3) == 1 {
		o.Size = int64(p.next(10)) - 1
	}
	return func(t *testing.T, d *side) string {
		o := o
		o.If = holds(t, d, name)
		if slot == len(d.uploads) {
			return outcome("put", name, write(t.Context(), d.s, name, content, o, l))
		}
		if d.uploads[slot] != nil {
			return ""
		}
		u, err := d.s.Create(t.Context(), name, o, l)
		if err == nil {
			d.uploads[slot] = u
		}
		return outcome("create", name, err)
	}
}

// outcome tells what was done and what came of it, in the terms that callers
// may branch on.
func outcome(op, what string, err error) string {
	result := "done"
	if err != nil {
		result = err.Error()
	}
	for _, known := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, fs.ErrClosed, io.ErrUnexpectedEOF,
		filestore.ErrIsDirectory, filestore.ErrNotDirectory, filestore.ErrNotEmpty, filestore.ErrConflict, filestore.ErrChanged, filestore.ErrLocked} {
		if errors.Is(err, known) {
			result = known.Error()
		}
	}
	var limit *filestore.LimitError
	if errors.As(err, &limit) {
		result = limit.Error()
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		result = pathErr.Path + ": " + result
	}
	return op + " " + what + ": " + result
}
