package freebusy_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/stretchr/testify/require"
)

// hour returns the full hour h of 6 March 2009, UTC.
func hour(h int) time.Time {
	return time.Date(2009, time.March, 6, h, 0, 0, 0, time.UTC)
}

// span is a period between two full hours.
func span(from, to int, kind freebusy.Type) freebusy.Period {
	return freebusy.Period{Start: hour(from), End: hour(to), Type: kind}
}

const (
	busy        = freebusy.Busy
	free        = freebusy.Free
	tentative   = freebusy.BusyTentative
	unavailable = freebusy.BusyUnavailable
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		in, want []freebusy.Period
	}{
		{"nothing", nil, nil},
		{"sorted", []freebusy.Period{span(5, 6, busy), span(1, 2, busy)}, []freebusy.Period{span(1, 2, busy), span(5, 6, busy)}},
		{"overlapping", []freebusy.Period{span(1, 3, busy), span(2, 5, busy)}, []freebusy.Period{span(1, 5, busy)}},
		{"touching", []freebusy.Period{span(1, 2, busy), span(2, 3, busy)}, []freebusy.Period{span(1, 3, busy)}},
		{"twice the same", []freebusy.Period{span(1, 2, busy), span(1, 2, busy)}, []freebusy.Period{span(1, 2, busy)}},
		{"inside", []freebusy.Period{span(1, 5, busy), span(2, 3, busy)}, []freebusy.Period{span(1, 5, busy)}},
		{"stronger inside", []freebusy.Period{span(1, 5, busy), span(2, 3, unavailable)}, []freebusy.Period{span(1, 2, busy), span(2, 3, unavailable), span(3, 5, busy)}},
		{"weaker inside", []freebusy.Period{span(1, 5, busy), span(2, 3, tentative)}, []freebusy.Period{span(1, 5, busy)}},
		{"weaker behind", []freebusy.Period{span(1, 3, busy), span(2, 5, tentative)}, []freebusy.Period{span(1, 3, busy), span(3, 5, tentative)}},
		{"touching, other type", []freebusy.Period{span(1, 2, busy), span(2, 3, tentative)}, []freebusy.Period{span(1, 2, busy), span(2, 3, tentative)}},
		{"free is weakest", []freebusy.Period{span(0, 9, free), span(1, 2, tentative)}, []freebusy.Period{span(0, 1, free), span(1, 2, tentative), span(2, 9, free)}},
		{"no time", []freebusy.Period{span(1, 1, busy)}, nil},
		{"backwards", []freebusy.Period{span(2, 1, busy), span(1, 4, tentative)}, []freebusy.Period{span(1, 4, tentative)}},
		{"unknown type is busy", []freebusy.Period{span(1, 2, freebusy.Type(7))}, []freebusy.Period{span(1, 2, busy)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := slices.Clone(tt.in)
			require.Equal(t, tt.want, freebusy.Merge(in))
			slices.Reverse(in)
			require.Equal(t, tt.want, freebusy.Merge(in), "in reverse")
			slices.Reverse(in)
			require.Equal(t, tt.in, in, "the argument is left alone")
		})
	}
}

func TestMergeConvertsToUTC(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	p := freebusy.Period{Start: hour(1).In(zone), End: hour(2).In(zone)}
	require.Equal(t, []freebusy.Period{span(1, 2, busy)}, freebusy.Merge([]freebusy.Period{p}))
}

// TestMergeAgainstHours compares with the type of each hour, found by looking
// at all periods.
func TestMergeAgainstHours(t *testing.T) {
	t.Parallel()
	strength := []freebusy.Type{free, tentative, busy, unavailable}
	random := rand.New(rand.NewPCG(1, 2))
	at := func(periods []freebusy.Period, h int) int {
		strongest := -1
		for _, p := range periods {
			if !hour(h).Before(p.Start) && hour(h).Before(p.End) {
				strongest = max(strongest, slices.Index(strength, p.Type))
			}
		}
		return strongest
	}
	for range 500 {
		var periods []freebusy.Period
		for range random.IntN(8) {
			periods = append(periods, span(random.IntN(24), random.IntN(24), strength[random.IntN(4)]))
		}
		merged := freebusy.Merge(periods)
		for h := range 24 {
			require.Equal(t, at(periods, h), at(merged, h), "hour %d of %v", h, periods)
		}
		for i := 1; i < len(merged); i++ {
			require.False(t, merged[i].Start.Before(merged[i-1].End), "%v", merged)
			require.False(t, merged[i].Start.Equal(merged[i-1].End) && merged[i].Type == merged[i-1].Type, "%v", merged)
		}
		require.Equal(t, merged, freebusy.Merge(merged))
	}
}

func TestTypeString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "BUSY", freebusy.Type(0).String())
	require.Equal(t, "FREE", free.String())
	require.Equal(t, "BUSY-TENTATIVE", tentative.String())
	require.Equal(t, "BUSY-UNAVAILABLE", unavailable.String())
	require.Equal(t, "Type(7)", freebusy.Type(7).String())
}
