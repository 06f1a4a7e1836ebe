package freebusy

import (
	"fmt"
	"slices"
	"time"
)

// ProductID names this package in the files it writes (RFC 5545 §3.7.3). By it
// a program recognizes files that it may rebuild.
const ProductID = "-//cgpkit//freebusy//EN"

// Type says how busy somebody is (RFC 5545 §3.2.9). The zero value is Busy, as
// in the RFC. An unknown value counts as Busy.
type Type uint8

// The busy types. By strength they are ordered Free, BusyTentative, Busy,
// BusyUnavailable; the order is our choice.
const (
	Busy Type = iota
	Free
	BusyTentative
	BusyUnavailable
)

// typeNames holds the iCalendar name of each type.
var typeNames = [...]string{
	Busy:            "BUSY",
	Free:            "FREE",
	BusyTentative:   "BUSY-TENTATIVE",
	BusyUnavailable: "BUSY-UNAVAILABLE",
}

// String returns the name of t in iCalendar, or Type(7) for an unknown one.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Period is a stretch of time, from Start up to but not including End.
type Period struct {
	Start, End time.Time
	Type       Type
}

// Schedule is what an account publishes. Use field names: the struct may grow.
type Schedule struct {
	// Product is the PRODID of the file. Append writes ProductID if it is "".
	Product string
	// Organizer is the calendar address of the owner, such as
	// mailto:user@domain.dom. It is left out if it is "".
	Organizer string
	// Stamp is when the schedule was made.
	Stamp time.Time
	// Start and End are the window that the schedule covers.
	Start, End time.Time
	// Periods are the busy periods, in any order. Outside of them the owner is
	// free.
	Periods []Period
}

// Merge returns the same busy time as sorted periods in UTC that do not
// overlap. Where periods overlap the strongest type holds, and periods of one
// type that touch become one. Periods that do not end after their start are
// left out. The argument is not changed.
func Merge(periods []Period) []Period {
	type edge struct {
		at   time.Time
		kind Type
		step int // +1 where a period starts, -1 where it ends
	}
	edges := make([]edge, 0, 2*len(periods))
	for _, p := range periods {
		if p.End.After(p.Start) {
			kind := p.Type.known()
			edges = append(edges, edge{p.Start, kind, +1}, edge{p.End, kind, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return a.at.Compare(b.at) })

	var merged []Period
	var open [len(typeNames)]int // how many periods of each type hold just now
	inside := false              // whether the last merged period still runs
	for i := 0; i < len(edges); {
		at := edges[i].at
		for ; i < len(edges) && edges[i].at.Equal(at); i++ {
			open[edges[i].kind] += edges[i].step
		}
		kind, some := strongest(open)
		if inside {
			last := &merged[len(merged)-1]
			if some && last.Type == kind {
				continue
			}
			last.End = at.UTC()
		}
		if some {
			merged = append(merged, Period{Start: at.UTC(), Type: kind})
		}
		inside = some
	}
	return merged
}

// known returns t, or Busy for an unknown type.
func (t Type) known() Type {
	if int(t) < len(typeNames) {
		return t
	}
	return Busy
}

// strongest returns the strongest type of which at least one period is open.
func strongest(open [len(typeNames)]int) (kind Type, some bool) {
	for _, kind := range [...]Type{BusyUnavailable, Busy, BusyTentative, Free} {
		if open[kind] > 0 {
			return kind, true
		}
	}
	return Free, false
}
