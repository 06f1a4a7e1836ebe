package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// mirror makes one side like another.
type mirror struct {
	from, to  side
	journal   *journal
	report    *report
	dryRun    bool
	delete    bool
	verify    bool
	transfers int
}

// plan is what has to be done, in this order: removed because of its kind, made,
// copied, removed.
type plan struct {
	clear  []entry // a file where a directory is to be, or the reverse
	make   []entry // directories
	bare   map[string]bool
	copy   [][]pair // one after the other: a file, and its sidecar
	gone   []entry  // not in the source, the deepest first
	same   []pair
	whole  bool // all listings were
	source int  // entries of the source
}

// pair is a file of the source, and what stands in its place; the zero entry: nothing.
type pair struct{ from, to entry }

var errInterrupted = errors.New("interrupted; the next run goes on")

// run mirrors, and reports whether all of it is as it should be.
func (m *mirror) run(ctx context.Context) {
	p := &plan{whole: true, bare: map[string]bool{}}
	m.look(ctx, p, filestore.Root, true)
	if ctx.Err() != nil {
		m.report.failed("", errInterrupted)
		return
	}
	m.report.expect(p)
	for _, e := range p.clear {
		m.remove(ctx, e)
	}
	for _, e := range p.make {
		m.mkdir(ctx, e, p.bare[e.name])
	}
	m.work(ctx, p.copy, m.copyAll)
	m.removeGone(ctx, p)
	if m.verify {
		m.check(ctx, p)
	}
	if ctx.Err() != nil {
		m.report.failed("", errInterrupted)
	}
}

// look compares a directory of both sides, and plans what has to be done.
func (m *mirror) look(ctx context.Context, p *plan, dir string, there bool) {
	left := func(err error) { m.report.failed("", err) }
	from, whole := sorted(ctx, m.from, dir, left)
	p.source += len(from)
	var to []entry
	if there {
		var also bool
		to, also = sorted(ctx, m.to, dir, left)
		whole = whole && also
	}
	p.whole = p.whole && whole
	old := map[string]entry{}
	for _, e := range to {
		old[e.name] = e
	}
	jobs := map[string]int{}
	for _, e := range from {
		was, there := old[e.name]
		delete(old, e.name)
		if isLeftover(e.name) {
			m.report.note(e.name, "is left over from an interrupted run")
			continue
		}
		if there && was.dir != e.dir {
			if !m.delete {
				m.report.failed(e.name, errors.New("is a file on one side and a directory on the other; -delete would replace it"))
				continue
			}
			p.clear, was, there = append(p.clear, was), entry{}, false
		}
		switch {
		case e.dir:
			if !there {
				p.make = append(p.make, e)
				sidecar, ok := filestore.SidecarName(e.name)
				p.bare[e.name] = ok && !slices.ContainsFunc(from, func(o entry) bool { return o.name == sidecar })
			}
			m.look(ctx, p, e.name, there)
		case there && m.looksSame(e, was):
			p.same = append(p.same, pair{e, was})
			m.journal.remember(e, was)
		default:
			// A sidecar comes behind its file, whose coming would take another's place.
			of, ok := filestore.SidecarOf(e.name)
			if i, waits := jobs[of]; ok && waits {
				p.copy[i] = append(p.copy[i], pair{e, was})
				continue
			}
			jobs[e.name] = len(p.copy)
			p.copy = append(p.copy, []pair{{e, was}})
		}
	}
	for _, e := range to {
		if _, gone := old[e.name]; gone {
			m.lookGone(ctx, p, e)
		}
	}
}

// lookGone plans to remove something with all that is in it.
func (m *mirror) lookGone(ctx context.Context, p *plan, e entry) {
	if m.delete && e.dir {
		all, whole := sorted(ctx, m.to, e.name, func(err error) { m.report.failed("", err) })
		p.whole = p.whole && whole
		for _, each := range all {
			m.lookGone(ctx, p, each)
		}
	}
	p.gone = append(p.gone, e)
}

// looksSame reports whether a file need not be looked at.
func (m *mirror) looksSame(from, to entry) bool {
	if from.size != to.size {
		return false
	}
	return m.to.keepsTimes() && sameTime(from.time, to.time) || m.journal.same(from, to)
}

// work does jobs, some at a time.
func (m *mirror) work(ctx context.Context, jobs [][]pair, do func(context.Context, []pair)) {
	queue := make(chan []pair)
	var all sync.WaitGroup
	for range max(m.transfers, 1) {
		all.Go(func() {
			for job := range queue {
				do(ctx, job)
			}
		})
	}
	for _, job := range jobs {
		if ctx.Err() != nil {
			break
		}
		queue <- job
	}
	close(queue)
	all.Wait()
}

func (m *mirror) mkdir(ctx context.Context, e entry, bare bool) {
	m.report.does("mkdir", e.name, m.dryRun)
	if m.dryRun || ctx.Err() != nil {
		return
	}
	err := m.to.mkdir(ctx, e.name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		m.report.failed(e.name, err)
	}
	if err != nil || !bare {
		return
	}
	// A new directory may have got the access control list of the one above it, which
	// in the source it has not.
	sidecar, _ := filestore.SidecarName(e.name)
	if err := m.to.remove(ctx, sidecar); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.report.failed(sidecar, err)
	}
}

// attempts is how often a transfer is tried, and pause the time in between.
const (
	attempts = 4
	pause    = 500 * time.Millisecond
)

// copyAll copies a file, and its sidecar if that has to come, too.
func (m *mirror) copyAll(ctx context.Context, job []pair) {
	for _, p := range job {
		var err error
		for attempt := range attempts {
			if attempt > 0 {
				select {
				case <-time.After(pause << attempt):
				case <-ctx.Done():
				}
			}
			if err = m.copyOne(ctx, p); err == nil || ctx.Err() != nil || !passing(err) {
				break
			}
		}
		if ctx.Err() != nil {
			return // run tells
		}
		if err != nil {
			m.report.failed(p.from.name, err)
			return
		}
	}
}

// passing reports whether an error may be gone when one tries again.
func passing(err error) bool {
	var network *net.OpError
	return errors.Is(err, filestore.ErrExhausted) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

func (m *mirror) copyOne(ctx context.Context, p pair) error {
	if p.to.name != "" && p.from.size == p.to.size && !m.to.keepsTimes() {
		same, err := m.equal(ctx, p)
		if err != nil {
			return err
		}
		if same {
			m.journal.remember(p.from, p.to)
			m.report.done(p.from, 0)
			return nil
		}
	}
	m.report.does("copy", p.from.name, m.dryRun)
	if m.dryRun {
		return nil
	}
	u, err := m.to.create(ctx, p.from)
	if err != nil {
		return err
	}
	defer u.abort()
	in, err := m.from.open(ctx, p.from, u.there())
	if err != nil {
		return err
	}
	n, err := io.Copy(struct{ io.Writer }{io.MultiWriter(u, m.report)}, in)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	if n+u.there() != p.from.size {
		return filestore.ErrChanged
	}
	written, err := u.commit()
	if err != nil {
		return err
	}
	if written.size != p.from.size {
		return fmt.Errorf("%w: %d bytes have come of %d", filestore.ErrChanged, written.size, p.from.size)
	}
	m.journal.remember(p.from, written)
	m.report.done(p.from, u.there())
	return nil
}

// equal compares the content of both sides.
func (m *mirror) equal(ctx context.Context, p pair) (bool, error) {
	a, err := m.from.open(ctx, p.from, 0)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := m.to.open(ctx, p.to, 0)
	if err != nil {
		return false, err
	}
	defer b.Close()
	first, second := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(a, first)
		k, also := io.ReadFull(b, second)
		if !bytes.Equal(first[:n], second[:k]) {
			return false, nil
		}
		ended := func(err error) bool { return errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF }
		switch {
		case err == nil && also == nil:
		case ended(err) && ended(also):
			return true, nil
		default:
			return false, errors.Join(err, also)
		}
	}
}

// remove removes something with all that is in it.
func (m *mirror) remove(ctx context.Context, e entry) {
	p := &plan{whole: true}
	m.lookGone(ctx, p, e)
	if !p.whole {
		return // it was told
	}
	for _, each := range p.gone {
		m.removeOne(ctx, each)
	}
}

func (m *mirror) removeOne(ctx context.Context, e entry) {
	m.report.does("remove", e.name, m.dryRun)
	if m.dryRun || ctx.Err() != nil {
		return
	}
	// A sidecar may have gone with its file.
	if err := m.to.remove(ctx, e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.report.failed(e.name, err)
	}
}

// removeGone removes what the source does not have, if it is certain what that is.
func (m *mirror) removeGone(ctx context.Context, p *plan) {
	switch {
	case len(p.gone) == 0:
		return
	case !m.delete:
		for _, e := range p.gone {
			if !isLeftover(e.name) {
				m.report.extra++
			}
		}
		return
	case !p.whole:
		m.report.failed("", errors.New("nothing is removed, since not all could be listed"))
		return
	case p.source == 0:
		m.report.failed("", errors.New("nothing is removed, since the source is empty"))
		return
	}
	kept := map[string]bool{} // sidecars of the source whose file goes
	for _, job := range p.copy {
		for _, each := range job {
			kept[each.from.name] = true
		}
	}
	for _, each := range p.same {
		kept[each.from.name] = true
	}
	for _, e := range p.gone {
		m.removeOne(ctx, e)
		if sidecar, ok := filestore.SidecarName(e.name); ok && kept[sidecar] {
			m.report.failed(sidecar, errors.New("has no file; run again to have it copied"))
		}
	}
}

// check compares the content of all files.
func (m *mirror) check(ctx context.Context, p *plan) {
	now := map[string]entry{}
	var walk func(dir string)
	walk = func(dir string) {
		all, _ := sorted(ctx, m.to, dir, func(err error) { m.report.failed("", err) })
		for _, e := range all {
			now[e.name] = e
			if e.dir {
				walk(e.name)
			}
		}
	}
	walk(filestore.Root)
	var jobs [][]pair
	for _, job := range append(slices.Clone(p.copy), p.same) {
		for _, each := range job {
			jobs = append(jobs, []pair{{each.from, now[each.from.name]}})
		}
	}
	m.work(ctx, jobs, func(ctx context.Context, job []pair) {
		each := job[0]
		if each.to.name == "" {
			m.report.differs(each.from.name, "is missing")
			return
		}
		same, err := m.equal(ctx, each)
		switch {
		case err != nil:
			m.report.failed(each.from.name, err)
		case !same:
			m.report.differs(each.from.name, "differs")
		default:
			m.report.verified.Add(1)
		}
	})
}
