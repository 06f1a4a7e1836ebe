package pages_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

// tuesday is a time in Berlin, in winter.
func tuesday(hour int) time.Time {
	return time.Date(2009, time.March, 3, hour, 0, 0, 0, time.FixedZone("Europe/Berlin", 3600))
}

// newBusySite is a server on a Tuesday, at 8 in Berlin, on which John and Ann are busy, and
// what Mary has stored is no schedule.
func newBusySite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.handler.Pages = &pages.Pages{Now: func() time.Time { return tuesday(8) }}
	schedule := func(periods ...freebusy.Period) string {
		return string(freebusy.Append(nil, freebusy.Schedule{Start: tuesday(0), End: tuesday(0).AddDate(0, 0, 2), Periods: periods}))
	}
	s.Write(t, john, "freebusy.vfb", schedule(
		freebusy.Period{Start: tuesday(9), End: tuesday(11)}, freebusy.Period{Start: tuesday(15), End: tuesday(22), Type: freebusy.BusyUnavailable}))
	s.Write(t, "ann@client2.com", "freebusy.vfb", schedule(freebusy.Period{Start: tuesday(12), End: tuesday(14), Type: freebusy.BusyTentative}))
	s.Write(t, "mary@client1.com", "freebusy.vfb", `<script>alert(1)</script>`)
	return s
}

func TestFreeBusy(t *testing.T) {
	t.Parallel()
	s := newBusySite(t)
	b := s.browser(t)
	const zone = "zone=Europe/Berlin"
	got := b.get(t, "/~john/freebusy.wssp?"+zone)
	require.Equal(t, 200, got.code)
	text := oneLine(inspect(t, got.body))
	for _, want := range []string{
		"When john@client1.com is busy", "2 Mar – 8 Mar 2009", "Tuesday 3 Mar, today", "09:00–11:00 busy", "15:00–22:00 away", "9:00 to 17:00, Europe/Berlin",
		"Monday 2 Mar00:00–24:00 not published", "Tuesday, 3 Mar11:00–15:00", "Wednesday, 4 Mar09:00–17:00",
	} {
		require.True(t, strings.Contains(text, want), "%s in %s", want, text)
	}
	require.Contains(t, got.body, `<rect class="busy" x="0" width="25" height="10"/>`, "in the working hours")
	require.Contains(t, got.body, `<rect class="busy" x="37.5" width="8.33" height="10"/>`, "in the whole day")

	text = oneLine(inspect(t, b.get(t, "/~john/freebusy.wssp?"+zone+"&with=ann@client2.com,john&minutes=60&from=10&to=16").body))
	require.True(t, strings.Contains(text, "Tuesday, 3 Mar11:00–12:00Tuesday, 3 Mar14:00–15:00Wednesday, 4 Mar10:00–16:00"), text)
	text = oneLine(inspect(t, b.get(t, "/~john/freebusy.wssp?"+zone+"&minutes=240&from=10&to=16&with=ann@client2.com").body))
	require.True(t, strings.Contains(text, "Wednesday, 4 Mar10:00–16:00") && !strings.Contains(text, "Tuesday, 3 Mar11"), text)
	for _, with := range []string{"nobody", "mary", "off@client1.com", "<script>", "a@b@c", strings.Repeat("x ", 100)} {
		text := inspect(t, b.get(t, "/~john/freebusy.wssp?with="+url.QueryEscape(with)).body)
		require.True(t, strings.Contains(text, "The busy time of these cannot be had:"), with)
		require.NotContains(t, text, "not published – ", "and no time is told that some of them may not have")
	}
	require.Contains(t, b.get(t, "/~john/freebusy.wssp?week=2009-03-20").body, `href="?from=9&amp;minutes=60&amp;to=17&amp;week=2009-03-02&amp;zone=UTC">This week</a>`)
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "") }

// Whatever is asked for, and whatever somebody has stored, there is a page.
func TestFreeBusyOfNonsense(t *testing.T) {
	t.Parallel()
	s := newBusySite(t)
	b := s.browser(t)
	for _, query := range []string{"?week=nonsense", "?week=0000-01-01", "?week=9999-12-31", "?zone=../../etc/passwd", "?zone=Local", "?zone=localtime", "?from=20&to=3", "?minutes=-1", "?%ff=%00&week=%", "?" + strings.Repeat("week=1&", 5000)} {
		got := b.get(t, "/~john/FreeBusy.wssp"+query)
		require.Equal(t, 200, got.code, query)
		inspect(t, got.body)
	}
	require.Contains(t, b.get(t, "/~john/freebusy.wssp?zone=Mars/Olympus").body, "There is no such time zone here.")
	got := b.get(t, "/~mary/freebusy.wssp")
	require.Equal(t, 200, got.code)
	require.Contains(t, inspect(t, got.body), "cannot be read as free/busy information")
	require.NotContains(t, got.body, "alert(1)")
	require.Equal(t, 404, b.get(t, "/~nobody/freebusy.wssp").code)
	require.Equal(t, 404, b.get(t, "/~john/box/freebusy.wssp").code)
	require.Empty(t, b.do(t, "HEAD", "/~john/freebusy.wssp", nil, nil).body)
	require.Equal(t, "freebusy.wssp?week=2009-03-02", b.get(t, "/~john/freebusy.wssp?week=2009-03-02&language=de").header.Get("Location"))
	require.Contains(t, b.get(t, "/~john/freebusy.wssp?week=2009-03-02").body, "2. März – 8. März 2009")
}

// Where clocks are put forward or back a day is shorter or longer, and nothing is lost.
func TestFreeBusyWhenClocksChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, day := range []int{29, 25} {
		month := map[int]time.Month{29: time.March, 25: time.October}[day]
		start := time.Date(2009, month, day, 0, 0, 0, 0, berlin)
		s.Write(t, john, "freebusy.vfb", string(freebusy.Append(nil, freebusy.Schedule{Start: start, End: start.AddDate(0, 0, 1), Periods: []freebusy.Period{{Start: start, End: start.AddDate(0, 0, 1)}}})))
		got := s.browser(t).get(t, "/~john/freebusy.wssp?zone=Europe/Berlin&week="+start.Format(time.DateOnly))
		require.True(t, strings.Contains(oneLine(inspect(t, got.body)), "00:00–24:00 busy"))
		require.Contains(t, got.body, `<rect class="busy" x="0" width="100" height="10"/>`)
	}
}
