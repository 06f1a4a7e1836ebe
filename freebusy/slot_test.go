package freebusy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/stretchr/testify/require"
)

// zone returns a time zone of the database.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// at reads a time such as 2009-03-29 01:30 in a zone.
func at(t testing.TB, z *time.Location, text string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	require.NoError(t, err)
	return when
}

var (
	weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	office   = []freebusy.Hours{{Days: weekdays, From: 9 * time.Hour, To: 12 * time.Hour}, {Days: weekdays, From: 13 * time.Hour, To: 17*time.Hour + 30*time.Minute}}
)

// 6 March 2009, the day of hour and span, is a Friday.
func TestSlots(t *testing.T) {
	t.Parallel()
	day := func(p ...freebusy.Period) freebusy.Schedule {
		return freebusy.Schedule{Start: hour(0), End: hour(24), Periods: p}
	}
	berlin, minute := zone(t, "Europe/Berlin"), time.Minute
	for _, tt := range []struct {
		name   string
		s      freebusy.Schedule
		search freebusy.Search
		want   periods
	}{
		{"a free day", day(), freebusy.Search{Length: minute}, periods{span(0, 24, free)}},
		{"around a period", day(span(9, 10, busy)), freebusy.Search{Length: minute}, periods{span(0, 9, free), span(10, 24, free)}},
		{"long enough", day(span(1, 10, busy), span(12, 23, busy)), freebusy.Search{Length: 2 * time.Hour}, periods{span(10, 12, free)}},
		{"too short", day(span(1, 10, busy), span(12, 23, busy)), freebusy.Search{Length: 2*time.Hour + 1}, nil},
		{"busy all day", day(span(0, 24, busy)), freebusy.Search{Length: minute}, nil},
		{"overlapping and backwards", day(span(1, 20, busy), span(10, 12, tentative), span(23, 22, busy)), freebusy.Search{Length: minute}, periods{span(0, 1, free), span(20, 24, free)}},
		{"free periods are free", day(span(1, 20, free)), freebusy.Search{Length: minute}, periods{span(0, 24, free)}},
		{"tentative is busy", day(span(1, 20, tentative)), freebusy.Search{Length: minute}, periods{span(0, 1, free), span(20, 24, free)}},
		{"tentative is free", day(span(1, 20, tentative), span(5, 6, busy)), freebusy.Search{Length: minute, TentativeIsFree: true}, periods{span(0, 5, free), span(6, 24, free)}},
		{"after and before", day(span(9, 10, busy)), freebusy.Search{Length: minute, After: hour(4), Before: hour(12)}, periods{span(4, 9, free), span(10, 12, free)}},
		{"after, when busy", day(span(9, 11, busy)), freebusy.Search{Length: minute, After: hour(10), Before: hour(12)}, periods{span(11, 12, free)}},
		{"outside of the window nothing is free", day(), freebusy.Search{Length: minute, After: hour(-30), Before: hour(90)}, periods{span(0, 24, free)}},
		{"behind the window", day(), freebusy.Search{Length: minute, After: hour(30)}, nil},
		{"before is before after", day(), freebusy.Search{Length: minute, After: hour(5), Before: hour(4)}, nil},
		{"nothing is known", freebusy.Schedule{Start: hour(0)}, freebusy.Search{Length: minute}, nil},
		{"periods reach out of the window", day(span(-5, 3, busy), span(20, 40, busy)), freebusy.Search{Length: minute}, periods{span(3, 20, free)}},
		{"office hours", day(), freebusy.Search{Length: 4 * time.Hour, Hours: office}, periods{{Start: hour(13), End: hour(17).Add(30 * minute), Type: free}}},
		{"with a break", day(span(10, 15, busy)), freebusy.Search{Length: minute, Hours: office}, periods{span(9, 10, free), {Start: hour(15), End: hour(17).Add(30 * minute), Type: free}}},
		{"a meeting into the break", day(span(10, 11, busy), span(12, 14, busy)), freebusy.Search{Length: time.Hour, Hours: office},
			periods{span(9, 10, free), span(11, 12, free), {Start: hour(14), End: hour(17).Add(30 * minute), Type: free}}},
		{"office hours elsewhere", day(), freebusy.Search{Length: 4 * time.Hour, Hours: office, Zone: berlin}, periods{{Start: hour(12), End: hour(16).Add(30 * minute), Type: free}}},
		{"not on this day", day(), freebusy.Search{Length: minute, Hours: []freebusy.Hours{{Days: []time.Weekday{time.Monday, time.Saturday}, To: 24 * time.Hour}}}, nil},
		{"touching and overlapping hours", day(), freebusy.Search{Length: minute, Hours: []freebusy.Hours{{From: 8 * time.Hour, To: 11 * time.Hour}, {From: 2 * time.Hour, To: 3 * time.Hour}, {From: 3 * time.Hour, To: 5 * time.Hour}, {From: 9 * time.Hour, To: 10 * time.Hour}}},
			periods{span(2, 5, free), span(8, 11, free)}},
		{"a night", freebusy.Schedule{Start: hour(0), End: hour(48)}, freebusy.Search{Length: 7 * time.Hour, Hours: []freebusy.Hours{{From: 22 * time.Hour, To: 24 * time.Hour}, {To: 6 * time.Hour}}}, periods{span(22, 30, free)}},
		{"a day that a zone has not", freebusy.Schedule{Start: at(t, time.UTC, "2011-12-29 10:00"), End: at(t, time.UTC, "2012-01-01 10:00")},
			freebusy.Search{Length: minute, Zone: zone(t, "Pacific/Apia"), Hours: []freebusy.Hours{{Days: []time.Weekday{time.Friday}, To: 24 * time.Hour}}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.s.Periods)
			slots, err := freebusy.Slots(tt.s, tt.search)
			require.NoError(t, err)
			require.Equal(t, tt.want, slices.Collect(slots))
			require.Equal(t, tt.want, slices.Collect(slots), "once more")
			require.Equal(t, before, tt.s.Periods, "the argument is left alone")
			first, err := freebusy.FirstFree(tt.s, tt.search)
			if len(tt.want) == 0 {
				require.ErrorIs(t, err, freebusy.ErrNoSlot)
				return
			}
			require.NoError(t, err)
			require.Equal(t, freebusy.Period{Start: tt.want[0].Start, End: tt.want[0].Start.Add(tt.search.Length), Type: free}, first)
		})
	}
}

// Hours by the clock are one hour shorter or longer when it is changed.
func TestSlotsWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone, from, to string // by the clock
		hours                freebusy.Hours
		want                 []string // start in UTC and length
	}{
		{"forward", "Europe/Berlin", "2009-03-28 00:00", "2009-03-31 00:00", freebusy.Hours{From: 1 * time.Hour, To: 4 * time.Hour}, []string{"28 00:00 3h0m0s", "29 00:00 2h0m0s", "29 23:00 3h0m0s"}},
		{"back", "Europe/Berlin", "2009-10-24 00:00", "2009-10-27 00:00", freebusy.Hours{From: 1 * time.Hour, To: 4 * time.Hour}, []string{"23 23:00 3h0m0s", "24 23:00 4h0m0s", "26 00:00 3h0m0s"}},
		{"only in the hour that is missing", "Europe/Berlin", "2009-03-28 00:00", "2009-03-31 00:00", freebusy.Hours{From: 2 * time.Hour, To: 3 * time.Hour}, []string{"28 01:00 1h0m0s", "30 00:00 1h0m0s"}},
		{"part of the hour that comes twice", "Europe/Berlin", "2009-10-25 00:00", "2009-10-26 00:00", freebusy.Hours{From: 150 * time.Minute, To: 3 * time.Hour}, []string{"25 00:30 30m0s", "25 01:30 30m0s"}},
		{"office", "Europe/Berlin", "2009-10-23 00:00", "2009-10-27 00:00", office[0], []string{"23 07:00 3h0m0s", "26 08:00 3h0m0s"}},
		{"all day, 23 and 25 hours", "Europe/Berlin", "2009-03-29 00:00", "2009-03-30 00:00", freebusy.Hours{Days: []time.Weekday{time.Sunday}, To: 24 * time.Hour}, []string{"28 23:00 23h0m0s"}},
		{"half an hour", "Australia/Lord_Howe", "2009-10-04 00:00", "2009-10-05 00:00", freebusy.Hours{From: 1 * time.Hour, To: 4 * time.Hour}, []string{"03 14:30 2h30m0s"}},
		{"at midnight", "America/Sao_Paulo", "2008-10-18 12:00", "2008-10-19 12:00", freebusy.Hours{Days: []time.Weekday{time.Sunday}, To: 2 * time.Hour}, []string{"19 03:00 1h0m0s"}},
		{"over midnight", "America/St_Johns", "2009-10-31 12:00", "2009-11-01 12:00", freebusy.Hours{Days: []time.Weekday{time.Sunday}, To: 1 * time.Hour}, []string{"01 02:30 1m0s", "01 03:30 1h0m0s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, tt.zone)
			s := freebusy.Schedule{Start: at(t, z, tt.from), End: at(t, z, tt.to)}
			slots, err := freebusy.Slots(s, freebusy.Search{Length: time.Second, Zone: z, Hours: []freebusy.Hours{tt.hours}})
			require.NoError(t, err)
			var got []string
			for p := range slots {
				got = append(got, p.Start.Format("02 15:04 ")+p.End.Sub(p.Start).String())
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestSlotsRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		search  freebusy.Search
		wantErr string
	}{
		{freebusy.Search{}, "length 0s is not more than 0"},
		{freebusy.Search{Length: -1}, "length -1ns"},
		{freebusy.Search{Length: 1, Hours: []freebusy.Hours{{}}}, "hours from 0s to 0s"},
		{freebusy.Search{Length: 1, Hours: []freebusy.Hours{{From: 22 * time.Hour, To: 6 * time.Hour}}}, "hours from 22h0m0s to 6h0m0s"},
		{freebusy.Search{Length: 1, Hours: []freebusy.Hours{{From: -1, To: 6 * time.Hour}}}, "hours from -1ns"},
		{freebusy.Search{Length: 1, Hours: []freebusy.Hours{{To: 25 * time.Hour}}}, "to 25h0m0s"},
		{freebusy.Search{Length: 1, Hours: []freebusy.Hours{{Days: []time.Weekday{7}, To: time.Hour}}}, "there is no %!Weekday(7)"},
	} {
		t.Run(tt.wantErr, func(t *testing.T) {
			t.Parallel()
			slots, err := freebusy.Slots(freebusy.Schedule{}, tt.search)
			require.ErrorContains(t, err, tt.wantErr)
			require.Nil(t, slots)
			_, err = freebusy.FirstFree(freebusy.Schedule{}, tt.search)
			require.ErrorContains(t, err, tt.wantErr)
			require.NotErrorIs(t, err, freebusy.ErrNoSlot)
		})
	}
}

// A window of thousands of years is searched for some of them.
func TestSlotsEnd(t *testing.T) {
	t.Parallel()
	s := freebusy.Schedule{Start: at(t, time.UTC, "0001-01-02 00:00"), End: at(t, time.UTC, "9999-12-31 00:00")}
	_, err := freebusy.FirstFree(s, freebusy.Search{Length: 25 * time.Hour, Zone: zone(t, "Europe/Berlin"), Hours: office})
	require.ErrorIs(t, err, freebusy.ErrNoSlot)
	slots, err := freebusy.Slots(s, freebusy.Search{Length: 1, After: hour(0)})
	require.NoError(t, err)
	require.Equal(t, periods{{Start: hour(0), End: hour(0).Add(freebusy.MaxSearch), Type: free}}, slices.Collect(slots))
	slots, err = freebusy.Slots(s, freebusy.Search{Length: 1, After: hour(0), Hours: office})
	require.NoError(t, err)
	for range slots {
		break // an iterator may be left
	}
}

// FuzzSlots compares with a look at each minute: free is one in which nobody is
// busy and the clock on the wall shows one of the hours.
func FuzzSlots(f *testing.F) {
	var zones []*time.Location
	for _, name := range []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo"} {
		zones = append(zones, zone(f, name))
	}
	// Changes of clocks in these zones, and a day without.
	starts := []time.Time{at(f, time.UTC, "2009-03-28 00:00"), at(f, time.UTC, "2009-10-24 00:00"), at(f, time.UTC, "2011-12-29 00:00"),
		at(f, time.UTC, "2009-10-03 00:00"), at(f, time.UTC, "2008-10-18 12:00"), at(f, time.UTC, "2009-10-31 12:00"), hour(0)}
	f.Add([]byte{10, 3, 2, 200, 9, 1}, []byte{9, 17, 0x3e}, uint8(1), uint8(0), uint8(30), false)
	f.Add([]byte{100, 30, 0, 7, 200, 3}, []byte{0, 4, 0x7f, 22, 24, 0x7f}, uint8(1), uint8(1), uint8(60), true)
	f.Add([]byte{1, 1, 2, 3, 1, 0}, []byte{0, 24, 0x20}, uint8(4), uint8(2), uint8(1), true)
	f.Add([]byte{}, []byte{0, 2, 1}, uint8(5), uint8(4), uint8(90), false)
	f.Add([]byte{9, 9, 3}, []byte{0, 1, 1, 23, 24, 0x40}, uint8(3), uint8(5), uint8(5), false)
	f.Fuzz(func(t *testing.T, taken, working []byte, zoneIndex, startIndex, length uint8, tentativeIsFree bool) {
		start := starts[int(startIndex)%len(starts)]
		const minutes = 3 * 24 * 60
		minute := func(i int) time.Time { return start.Add(time.Duration(i) * time.Minute) }
		s := freebusy.Schedule{Start: start, End: minute(minutes)}
		for ; len(taken) >= 3 && len(s.Periods) < 20; taken = taken[3:] {
			from := int(taken[0]) * 17
			s.Periods = append(s.Periods, freebusy.Period{Start: minute(from), End: minute(from + int(taken[1])*7), Type: freebusy.Type(taken[2] % 4)})
		}
		search := freebusy.Search{Length: time.Duration(length%100+1) * time.Minute, Zone: zones[int(zoneIndex)%len(zones)], TentativeIsFree: tentativeIsFree}
		for ; len(working) >= 3 && len(search.Hours) < 10; working = working[3:] {
			h := freebusy.Hours{From: time.Duration(working[0]%24) * time.Hour, To: time.Duration(working[1]%24+1) * time.Hour}
			for day := range 7 {
				if working[2]>>day&1 == 1 {
					h.Days = append(h.Days, time.Weekday(day))
				}
			}
			if h.From < h.To {
				search.Hours = append(search.Hours, h)
			}
		}

		isFree := func(i int) bool {
			for _, p := range s.Periods {
				if p.Type != free && !(p.Type == tentative && tentativeIsFree) && !minute(i).Before(p.Start) && minute(i).Before(p.End) {
					return false
				}
			}
			local := minute(i).In(search.Zone)
			clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
			return len(search.Hours) == 0 || slices.ContainsFunc(search.Hours, func(h freebusy.Hours) bool {
				return h.From <= clock && clock < h.To && (len(h.Days) == 0 || slices.Contains(h.Days, local.Weekday()))
			})
		}
		var want periods
		for i := 0; i < minutes; {
			from := i
			for i < minutes && isFree(i) {
				i++
			}
			if p := (freebusy.Period{Start: minute(from), End: minute(i), Type: free}); p.End.Sub(p.Start) >= search.Length {
				want = append(want, p)
			}
			if i == from {
				i++
			}
		}
		slots, err := freebusy.Slots(s, search)
		require.NoError(t, err)
		require.Equal(t, want, slices.Collect(slots), "%v", search)
	})
}
