package freebusy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
)

// busyCase is a case of testdata/busy.txt, whose head tells what its lines mean.
type busyCase struct {
	name, by, zone      string
	start, end          string
	objects             []string
	addError, busyError string
	want                []freebusy.Period
}

func readBusyCases(t testing.TB) (cases []*busyCase) {
	t.Helper()
	text, err := os.ReadFile("testdata/busy.txt")
	require.NoError(t, err)
	var c *busyCase
	for _, line := range strings.Split(string(text), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
		case word == "==":
			c = &busyCase{name: rest, zone: "UTC", start: "20090301T000000Z", end: "20090501T000000Z", objects: []string{""}}
			cases = append(cases, c)
		case line[0] == '|':
			c.objects[len(c.objects)-1] += line[1:] + "\n"
		case word == "--":
			c.objects = append(c.objects, "")
		case word == "by":
			c.by = rest
		case word == "zone":
			c.zone = rest
		case word == "window":
			c.start, c.end, _ = strings.Cut(rest, " ")
		case word == "!":
			c.addError = rest
		case word == "!!":
			c.busyError = rest
		case word == "=":
			times, kind, _ := strings.Cut(rest, " ")
			start, end, _ := strings.Cut(times, "/")
			p := freebusy.Period{Start: instant(t, start), End: instant(t, end)}
			for kind != "" && p.Type.String() != kind {
				p.Type++
			}
			c.want = append(c.want, p)
		default:
			require.Fail(t, "line of no kind", line)
		}
	}
	for _, c := range cases {
		for i, object := range c.objects {
			if !strings.HasPrefix(object, "BEGIN:") {
				c.objects[i] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n" + object + "END:VEVENT\nEND:VCALENDAR\n"
			}
		}
	}
	return cases
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("20060102T150405Z", text)
	require.NoError(t, err)
	return at
}

// busy returns the busy periods of a case whose objects are written in some way.
func (c *busyCase) busy(t testing.TB, write func(string) string) (periods []freebusy.Period, addError, busyError error) {
	t.Helper()
	var calendar freebusy.Calendar
	for _, object := range c.objects {
		if err := calendar.Add([]byte(write(object))); err != nil {
			addError = err
		}
	}
	zone, err := time.LoadLocation(c.zone)
	require.NoError(t, err)
	periods, busyError = calendar.Busy(instant(t, c.start), instant(t, c.end), zone)
	return periods, addError, busyError
}

func requireError(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
	} else {
		require.ErrorContains(t, err, want)
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	for _, c := range readBusyCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, c.by)
			periods, addError, busyError := c.busy(t, func(object string) string { return object })
			requireError(t, c.addError, addError)
			requireError(t, c.busyError, busyError)
			require.Equal(t, c.want, periods)

			for name, write := range otherWays {
				periods, _, _ := c.busy(t, write)
				require.Equal(t, c.want, periods, name)
			}
		})
	}
}

// TestBusyInPieces asks for short windows, which together are the whole one.
func TestBusyInPieces(t *testing.T) {
	t.Parallel()
	for _, c := range readBusyCases(t) {
		if c.busyError != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var calendar freebusy.Calendar
			for _, object := range c.objects {
				_ = calendar.Add([]byte(object)) // TestBusy looks at the errors
			}
			zone, err := time.LoadLocation(c.zone)
			require.NoError(t, err)
			start, end := instant(t, c.start), instant(t, c.end)
			var periods []freebusy.Period
			piece := end.Sub(start)/200 + time.Second
			for ; start.Before(end); start = start.Add(piece) {
				to := start.Add(piece)
				if to.After(end) {
					to = end
				}
				some, err := calendar.Busy(start, to, zone)
				require.NoError(t, err)
				periods = append(periods, some...)
			}
			require.Equal(t, c.want, freebusy.Merge(periods))
		})
	}
}

// otherWays write an object so that it means the same.
var otherWays = map[string]func(object string) string{
	"CRLF":            func(object string) string { return strings.ReplaceAll(object, "\n", "\r\n") },
	"byte order mark": func(object string) string { return "\uFEFF" + object },
	"empty lines":     func(object string) string { return strings.ReplaceAll(object, "\n", "\n\n") },
	"folded": func(object string) (folded string) {
		for line := range strings.Lines(object) {
			folded += strings.Join(strings.Split(strings.TrimSuffix(line, "\n"), ""), "\r\n ") + "\r\n"
		}
		return folded
	},
}

func FuzzCalendar(f *testing.F) {
	for _, c := range readBusyCases(f) {
		f.Add([]byte(strings.Join(c.objects, "")), c.zone, instant(f, c.start).Unix(), uint32(61*24*3600))
	}
	f.Fuzz(func(t *testing.T, object []byte, zone string, start int64, seconds uint32) {
		location, err := time.LoadLocation(zone)
		if err != nil || zone == "Local" {
			location = nil
		}
		from := time.Unix(start%(1<<38), 7)
		to := from.Add(time.Duration(seconds)*time.Second + 1)
		var calendar, again freebusy.Calendar
		addError := calendar.Add(object)
		periods, busyError := calendar.Busy(from, to, location)

		for i, p := range periods {
			require.True(t, p.End.After(p.Start) && !p.Start.Before(from) && !p.End.After(to), "%v", p)
			require.NotEqual(t, freebusy.Free, p.Type)
			require.Equal(t, time.UTC, p.Start.Location())
			if i > 0 {
				before := periods[i-1]
				require.False(t, p.Start.Before(before.End) || p.Start.Equal(before.End) && p.Type == before.Type, "%v %v", before, p)
			}
		}
		if addError != nil {
			require.LessOrEqual(t, len(addError.Error()), 10_000)
		}
		require.Equal(t, addError, again.Add(object))
		same, sameError := again.Busy(from, to, location)
		require.Equal(t, periods, same)
		require.Equal(t, busyError, sameError)
	})
}

// TestCalendarLimits meets each limit.
func TestCalendarLimits(t *testing.T) {
	t.Parallel()
	start := instant(t, "20090301T000000Z")
	event := func(lines string) string { return "BEGIN:VEVENT\nDTSTART:20090306T090000Z\n" + lines + "END:VEVENT\n" }
	object := func(events string) []byte { return []byte("BEGIN:VCALENDAR\n" + events + "END:VCALENDAR\n") }

	t.Run("bytes of an object", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		require.NoError(t, calendar.Add(object(strings.Repeat("X:\n", (freebusy.MaxObjectBytes-31)/3))))
		require.ErrorContains(t, calendar.Add(object(strings.Repeat("X:\n", freebusy.MaxObjectBytes/3))), "limit is 16777216")
	})
	t.Run("items of a calendar", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		dates := "DURATION:PT1H\nRDATE:" + strings.Repeat("20090307T090000Z,", 499_998) + "20090308T090000Z\n"
		require.NoError(t, calendar.Add(object(event("UID:1\n"+dates))))
		require.NoError(t, calendar.Add(object(event("UID:1\nDURATION:PT1H\n"))), "replaced, not added")
		require.NoError(t, calendar.Add(object(event("UID:2\n"+dates))))
		require.ErrorContains(t, calendar.Add(object(event("UID:3\n"+dates))), "more than 1000000 items")
		periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), nil)
		require.NoError(t, err)
		require.Len(t, periods, 3)
	})
	t.Run("faults that are told", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		err := calendar.Add(object(strings.Repeat(event("EXDATE:x,y\n"), 1000)))
		require.ErrorContains(t, err, "and 1990 more faults")
		require.Equal(t, 10, strings.Count(err.Error(), "\n"))
		var bad *freebusy.SyntaxError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, 4, bad.Line)
	})
	t.Run("components in each other", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		require.ErrorContains(t, calendar.Add(object(strings.Repeat("BEGIN:X\n", 16))), "more than 16 components")
	})
	t.Run("names of time zones", func(t *testing.T) { // what one item says must not decide about others
		t.Parallel()
		for _, name := range []string{"Nowhere/%d", "/prefix/%d/Europe/Paris", "Nowhere/%d" + strings.Repeat("x", 100)} {
			var events strings.Builder
			for i := range 12_000 {
				fmt.Fprintf(&events, "BEGIN:VEVENT\nDTSTART;TZID="+name+":20090306T090000\nEND:VEVENT\n", i)
			}
			var calendar freebusy.Calendar
			require.ErrorContains(t, calendar.Add(object(events.String())), "time zone is not known")
			for range 2 {
				require.NoError(t, calendar.Add(object("BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20090306T090000\nDURATION:PT1H\nEND:VEVENT\n")))
			}
			periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), nil)
			require.NoError(t, err)
			require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T080000Z"), End: instant(t, "20090306T090000Z")}}, periods)
		}
	})
	t.Run("steps of all time zones", func(t *testing.T) {
		t.Parallel()
		var zones strings.Builder
		for i := range 59 {
			fmt.Fprintf(&zones, "BEGIN:VTIMEZONE\nTZID:/%[1]d/Europe/Berlin\nBEGIN:STANDARD\nDTSTART:20000101T0000%02[1]d\n"+
				"TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=HOURLY;BYSETPOS=2;UNTIL=20100101T000000Z\nEND:STANDARD\nEND:VTIMEZONE\n", i)
		}
		var calendar freebusy.Calendar
		err := calendar.Add(object(zones.String() + "BEGIN:VEVENT\nDTSTART;TZID=/58/Europe/Berlin:20090306T090000\nDURATION:PT1H\nEND:VEVENT\n"))
		require.ErrorContains(t, err, "rule of the time zone takes too many steps")
		periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), nil)
		require.NoError(t, err)
		require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T080000Z"), End: instant(t, "20090306T090000Z")}}, periods)
	})
	t.Run("steps of all events", func(t *testing.T) { // none hides another
		t.Parallel()
		greedy := "BEGIN:VEVENT\nDTSTART:19980101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYSETPOS=2;COUNT=2\nEND:VEVENT\n"
		var calendar freebusy.Calendar
		require.NoError(t, calendar.Add(object(strings.Repeat(greedy, 2000)+
			"BEGIN:VEVENT\nDTSTART:20090302T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=100\nEND:VEVENT\n")))
		periods, err := calendar.Busy(instant(t, "20090306T000000Z"), instant(t, "20090307T000000Z"), nil)
		require.ErrorContains(t, err, "events takes too many steps")
		require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T090000Z"), End: instant(t, "20090306T100000Z")}}, periods)
	})
	t.Run("steps of one event", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		greedy := event("DURATION:PT1S\nRRULE:FREQ=SECONDLY;INTERVAL=2\n")
		require.NoError(t, calendar.Add(object(strings.Repeat(greedy, 20)+event("DURATION:PT1H\nRRULE:FREQ=DAILY\n"))))
		periods, err := calendar.Busy(start, start.AddDate(1, 0, 0), nil)
		require.EqualError(t, err, "freebusy: recurrence of 20 events takes too many steps, part of it is left out")
		hours := 0
		for _, p := range periods {
			if p.End.Sub(p.Start) > 59*time.Minute {
				hours++
			}
		}
		require.Equal(t, 360, hours, "the event behind the greedy ones is whole")
	})
	t.Run("periods", func(t *testing.T) {
		t.Parallel()
		var calendar freebusy.Calendar
		var dates strings.Builder
		for i := range 250_000 {
			dates.WriteString("," + start.Add(time.Duration(2*i)*time.Minute).Format("20060102T150405Z"))
		}
		require.NoError(t, calendar.Add(object(event("DURATION:PT1M\nRDATE:"+dates.String()[1:]+"\n"))))
		periods, err := calendar.Busy(start, start.AddDate(1, 0, 0), nil)
		require.EqualError(t, err, "freebusy: more than 200000 periods, the rest is left out")
		require.Len(t, periods, 200_000)
	})
}
