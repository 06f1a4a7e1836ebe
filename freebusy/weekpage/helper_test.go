package weekpage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
)

type periods = []freebusy.Period

const (
	busy        = freebusy.Busy
	free        = freebusy.Free
	tentative   = freebusy.BusyTentative
	unavailable = freebusy.BusyUnavailable
)

// hour returns the full hour h of 6 March 2009, UTC.
func hour(h int) time.Time {
	return time.Date(2009, time.March, 6, h, 0, 0, 0, time.UTC)
}

// span is a period between two full hours.
func span(from, to int, kind freebusy.Type) freebusy.Period {
	return freebusy.Period{Start: hour(from), End: hour(to), Type: kind}
}

// zone returns a time zone of the database.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// sampleText is what an account has published.
var sampleText = string(freebusy.Append(nil, freebusy.Schedule{
	Organizer: "mailto:user@domain.dom", Stamp: hour(-14), Start: hour(-24), End: hour(59 * 24),
	Periods: periods{span(9, 10, busy), span(12, 14, tentative), span(20, 22, unavailable)},
}))

// object puts lines into a VFREEBUSY.
func object(lines ...string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n" + strings.Join(lines, "\n") + "\nEND:VFREEBUSY\nEND:VCALENDAR\n"
}

// at reads a time such as 2009-03-29 01:30 in a zone.
func at(t testing.TB, z *time.Location, text string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	require.NoError(t, err)
	return when
}
