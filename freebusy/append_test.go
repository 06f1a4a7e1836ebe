package freebusy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/stretchr/testify/require"
)

// sample is a schedule as a server publishes it, sampleText what it looks like.
var sample = freebusy.Schedule{
	Product:   freebusy.ProductID,
	Organizer: "mailto:user@domain.dom",
	Stamp:     time.Date(2009, time.March, 5, 10, 15, 0, 0, time.UTC),
	Start:     time.Date(2009, time.March, 5, 0, 0, 0, 0, time.UTC),
	End:       time.Date(2009, time.May, 4, 0, 0, 0, 0, time.UTC),
	Periods:   []freebusy.Period{span(9, 10, busy), span(12, 14, tentative), span(20, 22, unavailable)},
}

var sampleText = strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//cgpkit//freebusy//EN
METHOD:PUBLISH
BEGIN:VFREEBUSY
UID:freebusy/mailto:user@domain.dom
ORGANIZER:mailto:user@domain.dom
DTSTAMP:20090305T101500Z
DTSTART:20090305T000000Z
DTEND:20090504T000000Z
FREEBUSY;FBTYPE=BUSY:20090306T090000Z/20090306T100000Z
FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090306T120000Z/20090306T140000Z
FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20090306T200000Z/20090306T220000Z
END:VFREEBUSY
END:VCALENDAR
`, "\n", "\r\n")

func TestAppend(t *testing.T) {
	t.Parallel()
	require.Equal(t, "kept "+sampleText, string(freebusy.Append([]byte("kept "), sample)))
}

func TestAppendEmptyDataset(t *testing.T) {
	t.Parallel()
	empty := sample
	empty.Product, empty.Periods = "", nil
	start := strings.Index(sampleText, "FREEBUSY;")
	end := strings.Index(sampleText, "END:VFREEBUSY")
	require.Equal(t, sampleText[:start]+sampleText[end:], string(freebusy.Append(nil, empty)))
}

func TestAppendTimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		schedule freebusy.Schedule
		want     []string // the lines with times
	}{
		{"no times", freebusy.Schedule{}, nil},
		{"other zone", freebusy.Schedule{Stamp: hour(1).In(time.FixedZone("", -3600))}, []string{"DTSTAMP:20090306T010000Z"}},
		{"year out of range", freebusy.Schedule{
			Start:   time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
			End:     time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
			Periods: []freebusy.Period{{Start: hour(0), End: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, {End: hour(0)}},
		}, nil},
		{"widened to seconds", freebusy.Schedule{Periods: []freebusy.Period{
			{Start: hour(1).Add(time.Nanosecond), End: hour(2).Add(time.Nanosecond)},
		}}, []string{"FREEBUSY;FBTYPE=BUSY:20090306T010000Z/20090306T020001Z"}},
		{"merged after widening", freebusy.Schedule{Periods: []freebusy.Period{
			{Start: hour(1), End: hour(2).Add(-time.Millisecond)}, {Start: hour(2), End: hour(3)},
		}}, []string{"FREEBUSY;FBTYPE=BUSY:20090306T010000Z/20090306T030000Z"}},
		{"no time stays no time", freebusy.Schedule{Periods: []freebusy.Period{
			{Start: hour(1).Add(time.Millisecond), End: hour(1).Add(time.Millisecond)},
		}}, nil},
		{"unknown type", freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, 9)}}, []string{"FREEBUSY;FBTYPE=BUSY:20090306T010000Z/20090306T020000Z"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for line := range strings.SplitSeq(string(freebusy.Append(nil, tt.schedule)), "\r\n") {
				if strings.HasPrefix(line, "DT") || strings.HasPrefix(line, "FREEBUSY") {
					got = append(got, line)
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAppendKeepsTextInItsLine(t *testing.T) {
	t.Parallel()
	evil := "a\r\nEND:VFREEBUSY\nBEGIN:VEVENT\r\x00\x7f\xff; \\,"
	s := sample
	s.Organizer, s.Product = evil, evil
	text := string(freebusy.Append(nil, s))
	require.Equal(t, strings.Count(sampleText, "\r\n"), strings.Count(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"))
	require.NotContains(t, strings.ReplaceAll(text, "\r\n", ""), "\n")
	require.NotContains(t, strings.ReplaceAll(text, "\r\n", ""), "\r")

	got, err := freebusy.Parse([]byte(text))
	require.NoError(t, err)
	require.Equal(t, "aEND:VFREEBUSYBEGIN:VEVENT\uFFFD; \\,", got.Organizer)
	require.Equal(t, "a\nEND:VFREEBUSY\nBEGIN:VEVENT\uFFFD; \\,", got.Product)
	require.Equal(t, sample.Periods, got.Periods)
}
