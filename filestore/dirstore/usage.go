package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// usageFile is an entry of the state directory that outlives Open. It
// holds the count of what is stored, and stands only while that is exact: the
// first change takes it away before anything else, and it is written again
// when there was no change for quietTime, and by Close.
const usageFile = "usage"

// usageForm is a dictionary of CommuniGate Pro (Data.html) on one line.
const usageForm = "{Bytes=%d;Files=%d;}\n"

// quietTime is how long after a change the usage is written. Our choice.
const quietTime = 5 * time.Second

func encodeUsage(u filestore.Usage) []byte { return fmt.Appendf(nil, usageForm, u.Bytes, u.Files) }

// decodeUsage takes exactly what encodeUsage writes.
func decodeUsage(b []byte) (u filestore.Usage, ok bool) {
	_, err := fmt.Sscanf(string(b), usageForm, &u.Bytes, &u.Files)
	return u, err == nil && u.Bytes >= 0 && u.Files >= 0 && string(b) == string(encodeUsage(u))
}

// usageTimes tell when the newest usage file stood, by the clock of the file
// system.
type usageTimes struct {
	written int64
	removed int64 // when the first change after it began; 0: not yet
}

// noticeOutsideChange looks at an entry that some call came across. It may have
// been changed after the usage was written and before this store changed
// anything. Then another program did it, and the usage is not to be trusted. A
// time that is still to come tells nothing.
func (s *Store) noticeOutsideChange(st stat) {
	m := s.usageTimes.Load()
	if m == nil {
		return
	}
	when := st.changeTime()
	if when > m.written && (m.removed == 0 || when < m.removed) && when <= time.Now().UnixNano() {
		s.forgetCount()
	}
}

// forgetCount has the next change, or Usage, count anew.
func (s *Store) forgetCount() {
	s.usageTimes.Store(nil)
	s.counted.Store(nil)
}

// begin starts a change: no other one runs until end.
func (s *Store) begin(ctx context.Context, t tree) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	err := s.recount(ctx, t)
	if err == nil {
		err = s.removeUsageFile(t)
	}
	if err != nil {
		s.unlock()
		return err
	}
	s.changes.Add(1) // odd: a change runs
	return nil
}

func (s *Store) end() {
	s.changes.Add(1)
	if s.ledger.Overdrawn() {
		s.forgetCount()
	}
	s.timer.Reset(quietTime)
	s.unlock()
	s.dropSpare(quietTime)
}

// Usage implements [filestore.Store].
func (s *Store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	u, err := s.usage(ctx, dir)
	if err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	return u, nil
}

func (s *Store) usage(ctx context.Context, dir string) (filestore.Usage, error) {
	if err := check(ctx, dir); err != nil {
		return filestore.Usage{}, err
	}
	t, err := s.open(s.base)
	if err != nil {
		return filestore.Usage{}, err
	}
	defer t.close()
	f, err := s.find(t, dir)
	if err != nil {
		return filestore.Usage{}, err
	}
	if f.entry.kind != kindDir {
		return filestore.Usage{}, filestore.ErrNotDirectory
	}
	if dir != filestore.Root {
		return s.count(ctx, t, dir)
	}
	// Looking at the tree has shown as a rule that it is the one that was counted.
	if counted := s.counted.Load(); counted == nil || *counted != (birth{f.entry.inode, f.entry.born}) || s.closed.Load() {
		if err := s.ensureCounted(ctx, t); err != nil {
			return filestore.Usage{}, err
		}
	}
	if s.budget.ask(time.Now()) {
		s.timer.Reset(quietTime)
	}
	return s.ledger.Stored(), nil
}

// ensureCounted makes sure that the ledger is right.
func (s *Store) ensureCounted(ctx context.Context, t tree) error {
	if s.closed.Load() {
		return fs.ErrClosed
	}
	if s.isCounted(t) {
		return ctx.Err()
	}
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	return s.recount(ctx, t)
}

// isCounted reports whether the ledger is right: unless the whole tree has been
// removed meanwhile, with its account perhaps, and another one made.
func (s *Store) isCounted(t tree) bool {
	counted := s.counted.Load()
	if counted == nil {
		return false
	}
	now, err := t.birth(s.tree)
	return err == nil && now == *counted
}

// recount fills the ledger, if it is not right: from the usage file if that is
// to be trusted, else by counting. It first ends a change that could neither
// be ended nor taken back. Callers hold s.change.
func (s *Store) recount(ctx context.Context, t tree) error {
	if s.isCounted(t) {
		return nil
	}
	if err := s.rollForward(ctx, t); err != nil {
		return err
	}
	born, err := t.birth(s.tree)
	if err != nil {
		return err
	}
	u, ok := s.readTrustedUsage(t)
	if !ok {
		s.usageTimes.Store(nil) // a file that is there all the same is written over after a time of quiet
		if u, err = s.countAll(ctx, t); err != nil {
			return err
		}
		s.timer.Reset(quietTime)
	}
	s.ledger.Set(u)
	s.counted.Store(&born)
	return nil
}

// readTrustedUsage reads the usage file, if it is to be trusted. Callers hold s.change.
func (s *Store) readTrustedUsage(t tree) (u filestore.Usage, ok bool) {
	top, err := t.lstat(s.tree)
	if err != nil || top.kind != kindDir {
		return u, false
	}
	s.noticeOutsideChange(top)
	if m := s.usageTimes.Load(); m == nil || m.removed != 0 {
		return u, false
	}
	return s.readUsage(t)
}

func (s *Store) readUsage(t tree) (u filestore.Usage, ok bool) {
	f, _, err := t.open(s.staged(usageFile))
	if err != nil {
		return u, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(len(usageForm))+40)) // two numbers of up to 19 digits
	if err != nil {
		return u, false
	}
	return decodeUsage(b)
}

// findUsageFile looks whether there is a usage file, and since when.
func (s *Store) findUsageFile(t tree) error {
	st, err := t.lstat(s.staged(usageFile))
	if err != nil {
		return err
	}
	s.mayHaveUsageFile = st.kind != kindNone
	if st.kind == kindFile {
		written := st.modTime.UnixNano()
		if st.changed != 0 { // the other one can be set
			written = min(written, st.changed)
		}
		s.usageTimes.Store(&usageTimes{written: written})
	}
	return nil
}

// Recorded returns the usage that is written down beside the storage in the
// directory root, and when that was done; the zero time if there is none, as while
// a store is at work there. It opens no store, changes nothing, and may be called
// beside one.
func Recorded(root string) (u filestore.Usage, written time.Time, err error) {
	root, err = resolve(root)
	if err != nil {
		return u, written, fmt.Errorf("read usage: %w", err)
	}
	s := &Store{base: filepath.Dir(root), tree: filepath.Base(root)}
	t, err := bestOpener()(s.base)
	if err != nil {
		return u, written, fmt.Errorf("read usage: %w", err)
	}
	defer t.close()
	st, err := t.lstat(s.staged(usageFile))
	if err != nil {
		return u, written, fmt.Errorf("read usage: %w", err)
	}
	if u, ok := s.readUsage(t); ok {
		return u, st.modTime, nil
	}
	return u, written, nil
}

// removeUsageFile removes the usage file, if there is one. Callers hold s.change.
func (s *Store) removeUsageFile(t tree) error {
	if !s.mayHaveUsageFile {
		return nil
	}
	if err := t.remove(s.staged(usageFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.sync(t, s.stateDir()); err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody may have removed all of it
		return err
	}
	s.mayHaveUsageFile = false
	state, err := t.lstat(s.stateDir()) // has the time of the removal
	if m := s.usageTimes.Load(); m != nil && state.kind == kindNone {
		s.usageTimes.Store(nil)
	} else if m != nil && err == nil {
		s.usageTimes.CompareAndSwap(m, &usageTimes{m.written, state.changeTime()})
	}
	return err
}

// afterQuiet is called when there was no change for quietTime.
func (s *Store) afterQuiet() {
	s.dropSpare(quietTime)
	if s.budget.due(time.Now()) {
		s.reconcile()
	}
	select {
	case s.change <- struct{}{}:
	default:
		return // a change runs, and will set the timer
	}
	defer s.unlock()
	if !s.closed.Load() {
		s.writeUsageFile() // an error comes again at the next change, or by Close
	}
}

// writeUsageFile writes the usage, if that is known and not yet written. It
// removes a file that is not known to be right. Callers hold s.change.
func (s *Store) writeUsageFile() error {
	t, err := s.open(s.base)
	if err == nil {
		defer t.close()
		_, err = t.lstat(s.tree)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the account has gone
	}
	if err != nil {
		return err
	}
	counted := s.counted.Load()
	switch {
	case counted != nil && *counted == (birth{}) || !s.isCounted(t):
		return s.removeUsageFile(t)
	case s.mayHaveUsageFile && s.usageTimes.Load() != nil:
		return nil
	}
	s.syncs.Wait() // what is counted is on the disk
	if err := s.makeStateDir(t); err != nil {
		return err
	}
	entry := rand.Text()
	if err := s.writeFile(t, s.staged(entry), encodeUsage(s.ledger.Stored())); err != nil {
		s.discard(entry)
		return err
	}
	return s.placeUsageFile(t, entry)
}

// placeUsageFile renames a new usage file into place.
func (s *Store) placeUsageFile(t tree, entry string) error {
	s.mayHaveUsageFile = true
	if err := t.rename(s.staged(entry), s.staged(usageFile), true); err != nil {
		s.discard(entry)
		return err
	}
	if err := s.sync(t, s.stateDir()); err != nil {
		return err
	}
	if err := s.findUsageFile(t); err != nil {
		return err
	}
	if s.counted.Load() == nil { // distrusted meanwhile
		s.usageTimes.Store(nil)
		return s.removeUsageFile(t)
	}
	return nil
}

// Close writes down how much is stored, so that nobody need count it again,
// and ends the store: it waits for a change that runs, and all changes after
// it, commits of uploads that have begun included, give fs.ErrClosed. Reading
// goes on, files stay open. Then the directory can be opened anew. A second
// Close does nothing. After an error of Close nothing is lost but the count; that
// it may not be written is none.
func (s *Store) Close() error {
	s.endLife()
	s.change <- struct{}{}
	defer s.unlock()
	if s.closed.Swap(true) {
		return nil
	}
	s.timer.Stop()
	s.dropSpare(0)
	if err := s.writeUsageFile(); err != nil {
		err = fail("close", filestore.Root, err)
		if !errors.Is(err, filestore.ErrHostDenied) {
			return err
		}
	}
	return nil
}
