package dirstore

import (
	"context"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Other programs change the tree as well, so what is kept of its usage is looked
// at anew: before a refusal, and now and then. Our choice of how often; see
// [recountBudget].
const (
	// A refusal may count this long after the last one that did, and in bursts
	// of as many as fit into refusalBurst.
	refusalEvery = 15 * time.Second
	refusalBurst = 45 * time.Second
	refusalShare = 20 // and for one part in so many of the time
	// So long after a count another one is due.
	countEvery = 10 * time.Minute
	countShare = 100 // and for one part in so many of the time
)

// recountBudget bounds how much of the time a store counts. It is safe for concurrent use.
type recountBudget struct {
	mu    sync.Mutex // guards all below
	last  time.Time  // the end of the last count; zero: there was none
	took  time.Duration
	next  time.Time // until when refusals have used up their time
	asked bool      // for a count, since the last one
}

// counted tells of a count, whatever its result.
func (p *recountBudget) counted(began, ended time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.took, p.asked = ended, ended.Sub(began), false
}

// due reports whether it is time to count anew.
func (p *recountBudget) due(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isDue(now)
}

func (p *recountBudget) isDue(now time.Time) bool {
	return p.last.IsZero() || now.Sub(p.last) >= max(countEvery, countShare*p.took)
}

// ask reports whether it is time to count anew, once.
func (p *recountBudget) ask(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked || !p.isDue(now) {
		return false
	}
	p.asked = true
	return true
}

// refuse reports whether a refusal may count. If it is to, that uses its time up.
func (p *recountBudget) refuse(now time.Time, use bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.next
	if next.Before(now) {
		next = now
	}
	if next.Sub(now) > refusalBurst {
		return false
	}
	if use {
		p.next = next.Add(max(refusalEvery, refusalShare*p.took))
	}
	return true
}

// countAll counts the whole tree. Callers hold s.change, or look at s.changes.
func (s *Store) countAll(ctx context.Context, t tree) (filestore.Usage, error) {
	began := time.Now()
	u, err := s.count(ctx, t, filestore.Root)
	s.budget.counted(began, time.Now())
	return u, err
}

// hold is the ledger's, with a refusal that was verified as far as the budget
// allows: others may have made room. locked tells that the caller holds s.change.
func (s *Store) hold(ctx context.Context, t tree, locked bool, held *filestore.Usage, delta filestore.Usage, l filestore.Limits) error {
	seen := s.ledger.Sets()
	err := s.ledger.Hold(held, delta, l)
	if err == nil || !s.ledger.Fits(*held, delta, l) || !s.verify(ctx, t, locked, seen) {
		return err
	}
	return s.ledger.Hold(held, delta, l)
}

// verify counts the whole tree for a refusal, and reports whether that, or
// another count since so many were seen, has set the ledger.
func (s *Store) verify(ctx context.Context, t tree, locked bool, seen uint64) bool {
	if !locked {
		if s.ledger.Sets() == seen && !s.budget.refuse(time.Now(), false) {
			return false // without waiting for others
		}
		if s.lock(ctx) != nil {
			return false
		}
		defer s.unlock()
	}
	if s.ledger.Sets() != seen {
		return true
	}
	if !s.budget.refuse(time.Now(), true) {
		return false
	}
	s.forgetCount()
	return s.recount(ctx, t) == nil
}

// reconcile counts the tree while everybody goes on, and corrects the ledger
// unless something was changed meanwhile: then it is counted another time.
func (s *Store) reconcile() {
	t, err := s.open(s.base)
	if err != nil {
		return
	}
	defer t.close()
	if s.lock(s.life) != nil {
		return
	}
	before := s.changes.Load() // of which all have ended
	s.unlock()
	u, err := s.countAll(s.life, t)
	if err != nil || s.lock(s.life) != nil {
		return
	}
	defer s.unlock()
	if s.changes.Load() == before && s.isCounted(t) && u != s.ledger.Stored() {
		s.usageTimes.Store(nil)
		s.ledger.Set(u)
	}
}

// Rescan counts the whole tree, and corrects what was changed behind the back
// of the store. It returns what the usage was taken for, which is after if it was
// not known, and what it is. Changes wait until it is done, reading goes on. The
// error is that of ctx or of the disk; the tree is then counted at the next
// change.
func (s *Store) Rescan(ctx context.Context) (before, after filestore.Usage, err error) {
	if before, after, err = s.rescan(ctx); err != nil {
		return filestore.Usage{}, filestore.Usage{}, fail("rescan", filestore.Root, err)
	}
	return before, after, nil
}

func (s *Store) rescan(ctx context.Context) (before, after filestore.Usage, err error) {
	t, err := s.open(s.base)
	if err != nil {
		return before, after, err
	}
	defer t.close()
	if err := s.lock(ctx); err != nil {
		return before, after, err
	}
	defer s.unlock()
	before, known := s.readUsage(t)
	if s.isCounted(t) {
		before, known = s.ledger.Stored(), true
	}
	s.forgetCount()
	if err := s.recount(ctx, t); err != nil {
		return before, after, err
	}
	if after = s.ledger.Stored(); !known {
		before = after
	}
	return before, after, nil
}
