package freebusy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Limits of one call of Calendar.Busy; our choice.
const (
	eventSteps    = 5_000
	allSteps      = 5_000_000 // of eventSteps for all events that recur
	sharedSteps   = 1_000_000
	instanceSteps = 10 // it has to be converted, and may become a period
	maxPeriods    = 200_000
)

// window collects the busy periods of a stretch of time.
type window struct {
	start, end  time.Time
	from, to    int64 // Unix times around them
	home        *zone // of the owner
	ownSteps    int64 // of each event
	sharedSteps int64
	periods     []Period
	cut         int // events that took too many steps
	full        bool
}

func newWindow(start, end time.Time, location *time.Location) *window {
	home := utcZone
	if location != nil {
		home = &zone{location: location}
	}
	return &window{
		start: start.Round(0).UTC(), end: end.Round(0).UTC(), home: home,
		from: clampWall(start.Unix()), to: clampWall(end.Unix()) + 1,
		ownSteps: eventSteps, sharedSteps: sharedSteps,
	}
}

// share sets the steps of each of so many events that recur.
func (w *window) share(events int) {
	w.ownSteps = min(eventSteps, allSteps/max(1, int64(events)))
}

// clampWall keeps sums of times from overflowing.
func clampWall(t int64) int64 { return min(max(t, firstWall), lastWall) }

// result returns the periods, and as an error what is not among them.
func (w *window) result() ([]Period, error) {
	var cut, full error
	if w.cut > 0 {
		cut = fmt.Errorf("freebusy: recurrence of %d events takes too many steps, part of it is left out", w.cut)
	}
	periods := Merge(w.periods)
	if w.full || len(periods) > maxPeriods {
		full = fmt.Errorf("freebusy: more than %d periods, the rest is left out", maxPeriods)
		periods = periods[:min(len(periods), maxPeriods)]
	}
	return periods, errors.Join(cut, full)
}

// slack is more than two time zones can be apart.
const slack = 2 * daySeconds

// add adds the instances of a series.
func (w *window) add(s *series) {
	var changes [2]*changes // for events of whole days and for others
	for i := range s.masters {
		m := &s.masters[i]
		kind := 0
		if m.start.date {
			kind = 1
		}
		if changes[kind] == nil {
			changes[kind] = w.changes(s, m)
		}
		w.addMaster(m, changes[kind])
	}
	for _, o := range s.overrides {
		w.addInstance(o.event.start.in(w.home), o.event.start.wall, o.event.span(w.home), o.event.kind)
	}
}

// changes are what the changed instances of a series mean for its events.
type changes struct {
	gone     picks
	futures  []future
	from, to int64 // the wall times between which an event starts that they move into the window
}

var noChanges changes

// changes returns those of a series for events like m.
func (w *window) changes(s *series, m *event) *changes {
	if len(s.overrides) == 0 {
		return &noChanges
	}
	c := &changes{futures: w.futures(s, m), from: lastWall, to: firstWall}
	for _, f := range c.futures { // in other zones and moved
		c.from = min(c.from, w.from-f.shift-f.length.days*daySeconds-f.length.seconds-slack)
		c.to = max(c.to, w.to-f.shift+slack)
	}
	for _, o := range s.overrides {
		c.gone.add(o.id.moment, m, w.home)
	}
	return c
}

// addMaster adds the instances that are not overridden.
func (w *window) addMaster(m *event, changes *changes) {
	futures := changes.futures
	if m.kind == Free && futures == nil {
		return
	}
	var gone picks
	add := func(at moment, length span) {
		instant := at.instant(w.home)
		if gone.has(at.wall, instant) || changes.gone.has(at.wall, instant) {
			return
		}
		zone, wall, kind := at.in(w.home), at.wall, m.kind
		if i := sort.Search(len(futures), func(i int) bool { return futures[i].from > instant }); i > 0 {
			f := futures[i-1]
			zone, wall, length, kind = f.zone, f.zone.wall(instant)+f.shift, f.length, f.kind
		}
		w.addInstance(zone, wall, length, kind)
	}
	length := m.span(w.home)
	r := m.recurrence
	if r == nil {
		add(m.start, length)
		return
	}

	from, to := w.walls(m.start.in(w.home), length)
	if futures != nil {
		from, to = min(from, changes.from), max(to, changes.to)
	}
	b := budget{own: w.ownSteps, shared: &w.sharedSteps}

	for _, at := range r.exceptDates {
		gone.add(at, m, w.home)
	}
	for _, rule := range r.exceptRules {
		w.expand(rule, m, from, to, &b, func(at moment) { gone.add(at, m, w.home) })
	}
	add(m.start, length)
	for _, rule := range r.rules {
		w.expand(rule, m, from, to, &b, func(at moment) { add(at, length) })
	}
	for _, at := range r.dates {
		add(at, length)
	}
	for i := range r.periods {
		add(r.periods[i].start, r.periods[i].span(w.home))
	}
	if b.spent {
		w.cut++
	}
}

// walls returns the wall times between which an instance starts that reaches
// into the window. The offset of the day before is there for times that the clock
// leaps over or shows twice.
func (w *window) walls(zone *zone, length span) (from, to int64) {
	first, last := w.from-length.seconds, w.to
	from = min(zone.wall(first), zone.wall(first-daySeconds)+daySeconds) - length.days*daySeconds
	return from, max(zone.wall(last), zone.wall(last-daySeconds)+daySeconds)
}

// expand yields the instances of a rule of an event up to UNTIL.
func (w *window) expand(r *rule, m *event, from, to int64, b *budget, yield func(at moment)) {
	if r.bounded {
		to = min(to, r.until.wall+slack)
	}
	zone := m.start.in(w.home)
	r.instances(m.start.wall, from, to, b, func(wall int64) bool {
		if r.bounded && r.ended(wall, zone) {
			return false
		}
		yield(moment{wall, m.start.zone, m.start.date})
		return true
	})
}

// ended reports whether an instance is behind UNTIL. A date there means the end
// of that day, as RFC 5545 §3.3.10 has it for dates; that it is meant so beside
// a DTSTART with a time is our choice.
func (r *rule) ended(wall int64, zone *zone) bool {
	switch {
	case r.until.date:
		return wall >= r.until.wall+daySeconds
	case r.until.zone == utcZone:
		return zone.instant(wall) > r.until.wall
	}
	return wall > r.until.wall
}

// addInstance adds one instance, if it takes time in the window.
func (w *window) addInstance(zone *zone, wall int64, length span, kind Type) {
	if kind == Free || wall > w.to+slack || wall+length.days*daySeconds+length.seconds < w.from-slack {
		return
	}
	from := zone.instant(wall)
	to := from + length.seconds
	if length.days != 0 {
		to = zone.instant(wall+length.days*daySeconds) + length.seconds
	}
	p := Period{Start: time.Unix(from, 0).UTC(), End: time.Unix(to, 0).UTC(), Type: kind}
	if p.Start.Before(w.start) {
		p.Start = w.start
	}
	if p.End.After(w.end) {
		p.End = w.end
	}
	if p.End.After(p.Start) {
		w.addPeriod(p)
	}
}

// addPeriod keeps a period, joined with the last one if they touch.
func (w *window) addPeriod(p Period) {
	if n := len(w.periods); n > 0 {
		if last := &w.periods[n-1]; last.Type == p.Type && !p.Start.Before(last.Start) && !p.Start.After(last.End) {
			if p.End.After(last.End) {
				last.End = p.End
			}
			return
		}
	}
	if !w.full && len(w.periods) == 2*maxPeriods {
		w.periods = Merge(w.periods)
		w.full = len(w.periods) > maxPeriods
	}
	if !w.full {
		w.periods = append(w.periods, p)
	}
}

// picks are instances that EXDATE, EXRULE or RECURRENCE-ID name. Dates name all
// instances of a day, which RFC 5545 leaves open for events with a time.
type picks struct{ instants, days map[int64]bool }

func (p *picks) add(at moment, m *event, home *zone) {
	instant := at.instant(home)
	if !at.date && !m.start.date {
		if p.instants == nil {
			p.instants = map[int64]bool{}
		}
		p.instants[instant] = true
		return
	}
	if m.start.date {
		at = at.day()
	}
	if p.days == nil {
		p.days = map[int64]bool{}
	}
	p.days[floorDiv(at.wall, daySeconds)] = true
}

func (p *picks) has(wall, instant int64) bool {
	return p.instants[instant] || p.days[floorDiv(wall, daySeconds)]
}

// future is what RANGE=THISANDFUTURE makes of all instances from one on: they
// are moved by the same time and last as long as that one (RFC 5545 §3.2.13).
type future struct {
	from   int64 // Unix time of the first that it holds for
	zone   *zone
	shift  int64 // of the wall time
	length span
	kind   Type
}

// futures returns them in the order of time.
func (w *window) futures(s *series, m *event) (all []future) {
	for _, o := range s.overrides {
		if !o.id.future {
			continue
		}
		id, start := o.id.moment, o.event.start
		switch {
		case m.start.date:
			id = id.day()
		case id.date:
			id = moment{wall: id.wall, zone: m.start.zone}
		}
		f := future{from: id.instant(w.home), zone: start.in(w.home), length: o.event.span(w.home), kind: o.event.kind}
		f.shift = start.wall - f.zone.wall(f.from)
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b future) int { return cmp.Compare(a.from, b.from) })
	return all
}
