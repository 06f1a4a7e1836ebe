package freebusy_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/stretchr/testify/require"
)

type periods = []freebusy.Period

func TestUnionAndIntersection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		people              []periods
		union, intersection periods
	}{
		{"nobody", []periods{}, nil, nil},
		{"one", []periods{{span(5, 6, busy), span(1, 3, tentative), span(2, 4, tentative)}}, periods{span(1, 4, tentative), span(5, 6, busy)}, periods{span(1, 4, tentative), span(5, 6, busy)}},
		{"one is never busy", []periods{{span(1, 2, busy)}, nil}, periods{span(1, 2, busy)}, nil},
		{"apart", []periods{{span(1, 2, busy)}, {span(3, 4, busy)}}, periods{span(1, 2, busy), span(3, 4, busy)}, nil},
		{"touching", []periods{{span(1, 2, busy)}, {span(2, 4, busy)}}, periods{span(1, 4, busy)}, nil},
		{"overlapping", []periods{{span(1, 4, busy)}, {span(3, 6, busy)}}, periods{span(1, 6, busy)}, periods{span(3, 4, busy)}},
		{"strongest and weakest", []periods{{span(1, 5, busy)}, {span(1, 5, unavailable)}, {span(1, 5, tentative)}}, periods{span(1, 5, unavailable)}, periods{span(1, 5, tentative)}},
		{"weaker in the middle", []periods{{span(1, 5, unavailable)}, {span(0, 2, busy), span(2, 3, tentative), span(3, 6, busy)}},
			periods{span(0, 1, busy), span(1, 5, unavailable), span(5, 6, busy)}, periods{span(1, 2, busy), span(2, 3, tentative), span(3, 5, busy)}},
		{"one is busy twice at a time", []periods{{span(1, 5, busy), span(2, 3, unavailable)}, {span(1, 5, unavailable)}},
			periods{span(1, 5, unavailable)}, periods{span(1, 2, busy), span(2, 3, unavailable), span(3, 5, busy)}},
		{"joined again", []periods{{span(1, 5, busy)}, {span(1, 3, unavailable), span(3, 5, busy)}}, periods{span(1, 3, unavailable), span(3, 5, busy)}, periods{span(1, 5, busy)}},
		{"free is not busy", []periods{{span(1, 5, free), span(6, 7, busy)}, {span(2, 3, busy)}, {span(2, 3, free)}}, periods{span(2, 3, busy), span(6, 7, busy)}, nil},
		{"no time", []periods{{span(2, 2, busy)}, {span(3, 1, busy)}}, nil, nil},
		{"unknown type is busy", []periods{{span(1, 3, 9)}, {span(1, 2, unavailable)}}, periods{span(1, 2, unavailable), span(2, 3, busy)}, periods{span(1, 2, busy)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := make([]periods, len(tt.people))
			for i, p := range tt.people {
				before[i] = slices.Clone(p)
			}
			require.Equal(t, tt.union, none(freebusy.Union(tt.people...)))
			require.Equal(t, tt.intersection, none(freebusy.Intersection(tt.people...)))
			require.Equal(t, before, tt.people, "the arguments are left alone")
			slices.Reverse(tt.people)
			require.Equal(t, tt.union, none(freebusy.Union(tt.people...)), "in reverse")
			require.Equal(t, tt.intersection, none(freebusy.Intersection(tt.people...)), "in reverse")
		})
	}
}

// none makes nil of no periods.
func none(p periods) periods {
	if len(p) == 0 {
		return nil
	}
	return p
}

// TestUnionAndIntersectionAgainstHours compares with the types of each person
// in each hour.
func TestUnionAndIntersectionAgainstHours(t *testing.T) {
	t.Parallel()
	strength := []freebusy.Type{free, tentative, busy, unavailable}
	random := rand.New(rand.NewPCG(3, 4))
	at := func(all periods, h int) int { // 0: free
		strongest := 0
		for _, p := range all {
			if !hour(h).Before(p.Start) && hour(h).Before(p.End) {
				strongest = max(strongest, slices.Index(strength, p.Type))
			}
		}
		return strongest
	}
	for range 1000 {
		people := make([]periods, 1+random.IntN(4))
		for i := range people {
			for range random.IntN(8) {
				people[i] = append(people[i], span(random.IntN(24), random.IntN(24), strength[random.IntN(4)]))
			}
		}
		union, intersection := freebusy.Union(people...), freebusy.Intersection(people...)
		for h := range 24 {
			var types []int
			for _, p := range people {
				types = append(types, at(p, h))
			}
			require.Equal(t, slices.Max(types), at(union, h), "hour %d of %v", h, people)
			require.Equal(t, slices.Min(types), at(intersection, h), "hour %d of %v", h, people)
		}
		require.Equal(t, none(freebusy.Merge(union)), none(union), "sorted and joined")
		require.Equal(t, none(freebusy.Merge(intersection)), none(intersection), "sorted and joined")
	}
}

func TestCombine(t *testing.T) {
	t.Parallel()
	window := func(from, to int, p ...freebusy.Period) freebusy.Schedule {
		return freebusy.Schedule{Organizer: "mailto:x", Product: "x", Stamp: hour(from), Start: hour(from), End: hour(to), Periods: p}
	}
	open := freebusy.Schedule{Periods: periods{span(3, 4, busy), span(8, 9, busy)}}
	for _, tt := range []struct {
		name      string
		schedules []freebusy.Schedule
		want      freebusy.Schedule // of the union
	}{
		{"nobody", nil, freebusy.Schedule{}},
		{"one", []freebusy.Schedule{window(1, 9, span(2, 3, busy))}, freebusy.Schedule{Stamp: hour(1), Start: hour(1), End: hour(9), Periods: periods{span(2, 3, busy)}}},
		{"known where all are", []freebusy.Schedule{window(1, 9, span(1, 3, busy)), window(2, 12, span(8, 11, tentative))},
			freebusy.Schedule{Stamp: hour(1), Start: hour(2), End: hour(9), Periods: periods{span(2, 3, busy), span(8, 9, tentative)}}},
		{"periods outside of the window", []freebusy.Schedule{window(2, 9, span(1, 2, busy), span(5, 6, busy), span(9, 10, busy), span(11, 12, busy))},
			freebusy.Schedule{Stamp: hour(2), Start: hour(2), End: hour(9), Periods: periods{span(5, 6, busy)}}},
		{"windows apart", []freebusy.Schedule{window(1, 4, span(1, 3, busy)), window(4, 9, span(5, 6, busy))}, freebusy.Schedule{Stamp: hour(1)}},
		{"a window of no time", []freebusy.Schedule{window(1, 4), window(2, 2, span(1, 3, busy))}, freebusy.Schedule{Stamp: hour(1)}},
		{"no window: that of the periods", []freebusy.Schedule{open}, freebusy.Schedule{Start: hour(3), End: hour(9), Periods: open.Periods}},
		{"half a window", []freebusy.Schedule{window(1, 9), {Start: hour(2), Periods: periods{span(3, 4, busy), span(5, 5, busy)}}},
			freebusy.Schedule{Start: hour(2), End: hour(4), Periods: periods{span(3, 4, busy)}}},
		{"neither window nor periods", []freebusy.Schedule{window(1, 9, span(1, 3, busy)), {Start: hour(2)}}, freebusy.Schedule{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, freebusy.Combine(freebusy.Union, tt.schedules...))
		})
	}
	both := freebusy.Combine(freebusy.Intersection, window(1, 9, span(2, 6, busy)), window(0, 5, span(3, 7, tentative)))
	require.Equal(t, periods{span(3, 5, tentative)}, both.Periods)
}

// An operation of somebody else may return periods of any kind.
func TestCombineOwnOperation(t *testing.T) {
	t.Parallel()
	s := freebusy.Schedule{Start: hour(0), End: hour(5), Periods: periods{span(3, 9, 77), span(1, 2, busy)}}
	first := func(people ...[]freebusy.Period) []freebusy.Period { return people[0] }
	require.Equal(t, periods{span(1, 2, busy), span(3, 5, busy)}, freebusy.Combine(first, s, s).Periods)
}

func TestCombineOtherZones(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	s := freebusy.Schedule{Start: hour(1).In(zone), End: hour(5).In(zone), Periods: periods{{Start: hour(2).In(zone), End: hour(3).In(zone)}}}
	require.Equal(t, freebusy.Schedule{Start: hour(1), End: hour(5), Periods: periods{span(2, 3, busy)}}, freebusy.Combine(freebusy.Union, s))
}
