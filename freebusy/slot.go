package freebusy

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/cgpkit/cgpkit/internal/clock"
)

// MaxSearch is how far from its begin a search for free time goes at most; our
// choice.
const MaxSearch = 10 * 366 * 24 * time.Hour

// ErrNoSlot is the error of a search that finds no free time.
var ErrNoSlot = errors.New("freebusy: no free time of this length")

// Search says which free time is looked for. Use field names: the struct may
// grow. Only Length must be set.
type Search struct {
	// Length is the shortest time that is good enough; it is more than 0.
	Length time.Duration
	// After and Before are the time to search. One that is zero, or lies
	// outside of the window of the schedule, is the border of the window: what
	// was not published is not free.
	After, Before time.Time
	// Hours are the hours in which people meet; none: at any time. They may be
	// in any order, and overlap. Hours with a break between them are two.
	Hours []Hours
	// Zone is where the clocks are by which people go; nil: UTC.
	Zone *time.Location
	// TentativeIsFree takes time that is BUSY-TENTATIVE as free.
	TentativeIsFree bool
}

// Hours are a part of some days of the week, by the clock on the wall: where a
// clock is put forward or back inside of them, they are shorter or longer.
type Hours struct {
	// Days are the days they are on; none: every day.
	Days []time.Weekday
	// From and To are counted from 00:00 up to 24h, From before To. Hours that
	// go on at midnight are two, up to 24h and from 0 on the next day.
	From, To time.Duration
}

// Slots returns the free time of a schedule that a search finds, in order and
// in UTC: from where somebody becomes free, or the hours begin, up to where one
// of the two ends, and each at least as long as asked for. The schedule may be
// the [Combine] of several people. The search ends [MaxSearch] after its begin
// at the latest. There is an error for a length that is not positive and for
// hours that are none.
func Slots(s Schedule, search Search) (iter.Seq[Period], error) {
	hours, err := search.week()
	if err != nil {
		return nil, err
	}
	start, end := s.window()
	if !search.After.IsZero() {
		start = clock.Later(start, search.After.UTC())
	}
	if !search.Before.IsZero() {
		end = clock.Earlier(end, search.Before.UTC())
	}
	end = clock.Earlier(end, start.Add(MaxSearch))
	taken := busy(s.Periods)
	if search.TentativeIsFree {
		taken = slices.DeleteFunc(taken, func(p Period) bool { return p.Type == BusyTentative })
	}
	return func(yield func(Period) bool) {
		for free := range subtract(joined(hours.between(start, end, search.zone())), taken) {
			if free.End.Sub(free.Start) >= search.Length && !yield(free) {
				return
			}
		}
	}, nil
}

// FirstFree returns the first free time of exactly the length that a search
// asks for, as [Slots] finds it, or ErrNoSlot.
func FirstFree(s Schedule, search Search) (Period, error) {
	slots, err := Slots(s, search)
	if err != nil {
		return Period{}, err
	}
	for slot := range slots {
		slot.End = slot.Start.Add(search.Length)
		return slot, nil
	}
	return Period{}, ErrNoSlot
}

func (search Search) zone() *time.Location {
	if search.Zone == nil {
		return time.UTC
	}
	return search.Zone
}

// weekHours are the hours of each day of the week, sorted by their begin.
type weekHours [7][]Hours

// week checks the search and sorts its hours to the days.
func (search Search) week() (week weekHours, err error) {
	if search.Length <= 0 {
		return week, fmt.Errorf("freebusy: length %v is not more than 0", search.Length)
	}
	hours := search.Hours
	if len(hours) == 0 {
		hours = []Hours{{To: 24 * time.Hour}}
	}
	for _, h := range hours {
		if h.From < 0 || h.From >= h.To || h.To > 24*time.Hour {
			return week, fmt.Errorf("freebusy: hours from %v to %v are not in order, from 0 to 24h", h.From, h.To)
		}
		days := h.Days
		if len(days) == 0 {
			days = []time.Weekday{0, 1, 2, 3, 4, 5, 6}
		}
		for _, day := range days {
			if day < time.Sunday || day > time.Saturday {
				return week, fmt.Errorf("freebusy: there is no %v", day)
			}
			week[day] = append(week[day], h)
		}
	}
	for _, hours := range week {
		slices.SortFunc(hours, func(a, b Hours) int { return cmp.Compare(a.From, b.From) })
	}
	return week, nil
}

// between returns the hours from one time to another, as Free periods sorted by
// their start.
func (week weekHours) between(from, to time.Time, zone *time.Location) iter.Seq[Period] {
	return func(yield func(Period) bool) {
		for s := range clock.Stretches(from, to, zone) {
			for day := clock.Midnight(s.Wall(s.Start)); s.When(day).Before(s.End); day = day.AddDate(0, 0, 1) {
				for _, h := range week[day.Weekday()] {
					p := Period{clock.Later(s.Start, s.When(day.Add(h.From))), clock.Earlier(s.End, s.When(day.Add(h.To))), Free}
					if p.End.After(p.Start) && !yield(p) {
						return
					}
				}
			}
		}
	}
}

// joined makes one of sorted periods of one type that overlap or touch.
func joined(periods iter.Seq[Period]) iter.Seq[Period] {
	return func(yield func(Period) bool) {
		var last Period
		for p := range periods {
			switch {
			case !p.Start.After(last.End) && last.End.After(last.Start):
				last.End = clock.Later(last.End, p.End)
				continue
			case last.End.After(last.Start) && !yield(last):
				return
			}
			last = p
		}
		if last.End.After(last.Start) {
			yield(last)
		}
	}
}
