package locktable

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// How many locks a table keeps, unless its fields say otherwise. Our choice: with
// the longest names and texts they take up 8 MiB.
const (
	DefaultMax      = 1024
	DefaultMaxOwner = 256
)

// Table keeps the locks of one store. The zero value is ready. It is safe for
// concurrent use; its fields must not change once it is in use.
type Table struct {
	// Max is how many locks there may be, and MaxOwner how many of one owner, so
	// that nobody takes all of them. 0: DefaultMax and DefaultMaxOwner.
	Max, MaxOwner int
	// Now tells the time. nil: time.Now.
	Now func() time.Time

	mu      sync.Mutex         // guards what follows
	locks   map[string][]*lock // by name
	owned   map[string]int     // how many of each owner
	count   int
	last    uint64    // the sequence of the newest lock
	soonest time.Time // no lock ends before
}

var _ filestore.Locks = (*Table)(nil)

type lock struct {
	filestore.Lock
	sequence uint64
}

// Change is what is about to be done to a name.
type Change uint8

const (
	// Content writes a file that is there.
	Content Change = iota
	// Entry makes something under a name where nothing is.
	Entry
	// Tree removes or moves what has the name with all below it, or puts something
	// else in its place, even if nothing is there yet.
	Tree
	// Sidecar changes the sidecar of the name.
	Sidecar
)

// String returns "content", "entry", "tree" or "sidecar".
func (c Change) String() string {
	if names := [...]string{"content", "entry", "tree", "sidecar"}; int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Change(%d)", uint8(c))
}

// Check returns a *[filestore.LockedError] if p lacks the token of a lock that
// covers the change. It takes no time while there are no locks.
func (t *Table) Check(c Change, name string, p filestore.Precondition) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	if t.count == 0 {
		return nil
	}
	if c == Sidecar && name != filestore.Root { // which has none
		name = sidecarOf(name)
	}
	if err := t.check(name, p); err != nil {
		return err
	}
	if c == Entry || c == Tree {
		dir, _ := filestore.Split(name)
		if err := t.check(dir, p); err != nil {
			return err
		}
	}
	if c != Tree {
		return nil
	}
	for _, below := range t.sorted(func(l *lock) bool { return belongs(l.Name, name) }) {
		if err := t.check(below.Name, p); err != nil {
			return err
		}
	}
	return nil
}

// check demands the tokens of the locks that cover a name: of an exclusive one,
// or of any of the shared ones (RFC 4918 §7). Callers hold t.mu.
func (t *Table) check(name string, p filestore.Precondition) error {
	var shared *lock
	submitted := false
	for _, l := range t.covering(name) {
		has := l.Owner == p.Owner && slices.Contains(p.Tokens, l.Token)
		switch {
		case l.Shared:
			shared, submitted = l, submitted || has
		case !has:
			return &filestore.LockedError{Name: l.Name}
		}
	}
	if shared != nil && !submitted {
		return &filestore.LockedError{Name: shared.Name}
	}
	return nil
}

// covering returns the locks that cover a name: its own, those of the entry if it is
// that of a sidecar, and deep ones above. Callers hold t.mu.
func (t *Table) covering(name string) []*lock {
	found := slices.Clone(t.locks[name])
	// A sidecar of a sidecar, which only another program can have made, is one of the
	// entry too.
	for of, ok := filestore.SidecarOf(name); ok; of, ok = filestore.SidecarOf(of) {
		found = append(found, t.locks[of]...)
	}
	for name != filestore.Root {
		name, _ = filestore.Split(name)
		for _, l := range t.locks[name] {
			if l.Deep {
				found = append(found, l)
			}
		}
	}
	return found
}

// belongs reports whether name is dir, below it, or its sidecar.
func belongs(name, dir string) bool {
	return filestore.Within(name, dir) || name == sidecarOf(dir)
}

// sidecarOf returns the name of the sidecar of name, whether or not it has room for it.
func sidecarOf(name string) string { return name + ".meta" }

// Drop ends the locks of a name that was removed, moved or replaced, of its sidecar,
// and of all below it.
func (t *Table) Drop(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count > 0 {
		t.drop(func(l *lock) bool { return belongs(l.Name, name) })
	}
}

// DropSidecar ends the locks of the sidecar of a name, which was removed.
func (t *Table) DropSidecar(name string) { t.Drop(sidecarOf(name)) }

// drop ends some locks. Callers hold t.mu.
func (t *Table) drop(which func(*lock) bool) {
	for name, locks := range t.locks {
		kept := slices.DeleteFunc(locks, func(l *lock) bool {
			if !which(l) {
				return false
			}
			t.count--
			if t.owned[l.Owner]--; t.owned[l.Owner] == 0 {
				delete(t.owned, l.Owner)
			}
			return true
		})
		if t.locks[name] = kept; len(kept) == 0 {
			delete(t.locks, name)
		}
	}
}

// expire ends the locks whose time has come. Callers hold t.mu.
func (t *Table) expire() {
	if t.count == 0 {
		return
	}
	now := t.now()
	if now.Before(t.soonest) {
		return
	}
	t.drop(func(l *lock) bool { return !now.Before(l.Expires) })
	t.soonest = now.Add(filestore.MaxLockTimeout)
	for _, locks := range t.locks {
		for _, l := range locks {
			t.soonest = earlier(t.soonest, l.Expires)
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sorted returns locks in the order of their names, and those of one name in that
// of their making. Callers hold t.mu.
func (t *Table) sorted(which func(*lock) bool) []*lock {
	var found []*lock
	for _, locks := range t.locks {
		for _, l := range locks {
			if which(l) {
				found = append(found, l)
			}
		}
	}
	slices.SortFunc(found, func(a, b *lock) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.sequence, b.sequence))
	})
	return found
}

// Lock implements [filestore.Locks].
func (t *Table) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	err := check(ctx, name)
	if err == nil && len(l.Text) > filestore.MaxLockText {
		err = fs.ErrInvalid
	}
	if err != nil {
		return filestore.Lock{}, fail("lock", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	if err := t.admits(name, l); err != nil {
		return filestore.Lock{}, fail("lock", name, err)
	}
	l.Name, l.Token, l.Expires = name, newToken(), t.now().Add(bounded(timeout))
	t.add(l)
	return l, nil
}

// Restore adds locks that a store keeps elsewhere, in the order of their making, as they were
// told. It is for a table that lives as long as one change.
func (t *Table) Restore(locks []filestore.Lock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range locks {
		t.add(l)
	}
}

// add adds a lock as the newest. Callers hold t.mu.
func (t *Table) add(l filestore.Lock) {
	t.last++
	if t.locks == nil {
		t.locks, t.owned = map[string][]*lock{}, map[string]int{}
	}
	if t.count == 0 {
		t.soonest = l.Expires
	}
	t.soonest = earlier(t.soonest, l.Expires)
	t.locks[l.Name] = append(t.locks[l.Name], &lock{l, t.last})
	t.owned[l.Owner]++
	t.count++
}

// admits checks that a lock may be made. Callers hold t.mu.
func (t *Table) admits(name string, l filestore.Lock) error {
	inTheWay := t.covering(name)
	inTheWay = append(inTheWay, t.locks[sidecarOf(name)]...)
	if l.Deep {
		inTheWay = append(inTheWay, t.sorted(func(below *lock) bool { return filestore.Within(below.Name, name) })...)
	}
	for _, other := range inTheWay {
		if !l.Shared || !other.Shared {
			return &filestore.LockedError{Name: other.Name}
		}
	}
	if most := cmp.Or(t.MaxOwner, DefaultMaxOwner); t.owned[l.Owner] >= most {
		return &filestore.LimitError{Kind: filestore.LimitLocks, Limit: int64(most)}
	}
	if most := cmp.Or(t.Max, DefaultMax); t.count >= most {
		return &filestore.LimitError{Kind: filestore.LimitLocks, Limit: int64(most)}
	}
	return nil
}

// RefreshLock implements [filestore.Locks].
func (t *Table) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (filestore.Lock, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, err := t.find(ctx, name, token, owner)
	if err != nil {
		return filestore.Lock{}, fail("refresh lock", name, err)
	}
	l.Expires = t.now().Add(bounded(timeout))
	t.soonest = earlier(t.soonest, l.Expires)
	return l.Lock, nil
}

// Unlock implements [filestore.Locks].
func (t *Table) Unlock(ctx context.Context, name, token, owner string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.find(ctx, name, token, owner)
	if err != nil {
		return fail("unlock", name, err)
	}
	t.drop(func(l *lock) bool { return l == found })
	return nil
}

// find returns the lock with a token. Callers hold t.mu.
func (t *Table) find(ctx context.Context, name, token, owner string) (*lock, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	t.expire()
	for _, l := range t.covering(name) {
		if l.Token == token && l.Owner == owner {
			return l, nil
		}
	}
	return nil, fs.ErrNotExist
}

// Locks implements [filestore.Locks].
func (t *Table) Locks(ctx context.Context, name string, below bool) ([]filestore.Lock, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("locks", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	covering := t.covering(name)
	var locks []filestore.Lock
	for _, l := range t.sorted(func(l *lock) bool {
		return slices.Contains(covering, l) || below && belongs(l.Name, name)
	}) {
		locks = append(locks, l.Lock)
	}
	return locks, nil
}

func (t *Table) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

func bounded(timeout time.Duration) time.Duration {
	if timeout <= 0 {
		return filestore.MaxLockTimeout
	}
	return min(timeout, filestore.MaxLockTimeout)
}

// newToken returns a random UUID as a URN (RFC 9562 §5.4; RFC 4918 §6.5).
func newToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func check(ctx context.Context, name string) error {
	if err := filestore.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
