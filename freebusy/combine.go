package freebusy

import (
	"iter"
	"slices"
	"time"

	"github.com/cgpkit/cgpkit/internal/clock"
)

// Union returns when at least one of several people is busy: sorted periods in
// UTC that do not overlap, each with the strongest type among those who are
// busy. Free periods say nothing that their absence would not, and are left
// out. The arguments are not changed.
func Union(people ...[]Period) []Period {
	return busy(slices.Concat(people...))
}

// Intersection returns when all of several people are busy: sorted periods in
// UTC that do not overlap, each with the weakest type among them. A Free period
// counts as none. Of nobody the intersection is empty. The arguments are not
// changed.
func Intersection(people ...[]Period) []Period {
	if len(people) == 0 {
		return nil
	}
	all := busy(people[0])
	for _, periods := range people[1:] {
		all = Merge(intersect(all, busy(periods)))
	}
	return all
}

// Combine applies [Union], [Intersection] or a function like them to the
// periods of several schedules. The result tells about the time that all of
// them tell about and nothing else: its window is what their windows have in
// common, and its periods are cut to it. If there is no such time, or no
// schedule, it has no window and no periods.
//
// A border of a window that is not set counts as the begin of the first period,
// or the end of the last. Stamp is that of the oldest schedule; Product and
// Organizer are empty.
func Combine(operation func(people ...[]Period) []Period, schedules ...Schedule) Schedule {
	var all Schedule
	var people [][]Period
	for i, s := range schedules {
		start, end := s.window()
		if i == 0 {
			all = Schedule{Stamp: s.Stamp, Start: start, End: end}
		}
		all.Stamp = clock.Earlier(all.Stamp, s.Stamp)
		all.Start, all.End = clock.Later(all.Start, start), clock.Earlier(all.End, end)
		people = append(people, s.Periods)
	}
	if !all.End.After(all.Start) {
		return Schedule{Stamp: all.Stamp}
	}
	common := []Period{{all.Start, all.End, BusyUnavailable}} // weaker than no other type
	all.Periods = intersect(Merge(operation(people...)), common)
	return all
}

// window returns the time that s tells about, in UTC; end is not after start if
// there is none.
func (s Schedule) window() (start, end time.Time) {
	var first, last time.Time
	for _, p := range s.Periods {
		if !p.End.After(p.Start) {
			continue
		}
		if last.IsZero() {
			first, last = p.Start, p.End
		}
		first, last = clock.Earlier(first, p.Start), clock.Later(last, p.End)
	}
	if (s.Start.IsZero() || s.End.IsZero()) && !last.After(first) {
		return time.Time{}, time.Time{}
	}
	if !s.Start.IsZero() {
		first = s.Start
	}
	if !s.End.IsZero() {
		last = s.End
	}
	return first.UTC(), last.UTC()
}

// busy merges periods and leaves out those that are free.
func busy(periods []Period) []Period {
	return slices.DeleteFunc(Merge(periods), func(p Period) bool { return p.Type == Free })
}

// intersect returns the time that is in both of two sorted lists without
// overlaps, with the weaker type.
func intersect(a, b []Period) []Period {
	var both []Period
	for i, j := 0, 0; i < len(a) && j < len(b); {
		p := Period{clock.Later(a[i].Start, b[j].Start), clock.Earlier(a[i].End, b[j].End), weaker(a[i].Type, b[j].Type)}
		if p.End.After(p.Start) {
			both = append(both, p)
		}
		if a[i].End.Before(b[j].End) {
			i++
		} else {
			j++
		}
	}
	return both
}

// weaker returns the one of two types that the other prevails over.
func weaker(a, b Type) Type {
	var open [len(typeNames)]int
	open[a]++
	open[b]++
	if strong, _ := strongest(open); strong == a {
		return b
	}
	return a
}

// subtract returns the time of the first sequence that is in none of the
// periods, with its type. Both are sorted and without overlaps.
func subtract(from iter.Seq[Period], periods []Period) iter.Seq[Period] {
	return func(yield func(Period) bool) {
		next := 0 // the first period that does not end before what comes
		for rest := range from {
			for ; next < len(periods) && periods[next].Start.Before(rest.End); next++ {
				if free := (Period{rest.Start, periods[next].Start, rest.Type}); free.End.After(free.Start) && !yield(free) {
					return
				}
				rest.Start = clock.Later(rest.Start, periods[next].End)
				if rest.Start.After(rest.End) {
					break // the period may reach into the next of the sequence
				}
			}
			if rest.End.After(rest.Start) && !yield(rest) {
				return
			}
		}
	}
}
