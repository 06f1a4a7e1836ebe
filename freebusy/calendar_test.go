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

// Rules of time zones that hardly ever match must not keep anybody busy.
func TestManyTimeZonesThatTakeManySteps(t *testing.T) {
	t.Parallel()
	var object strings.Builder
	object.WriteString("BEGIN:VCALENDAR\n")
	for i := range 30 {
		fmt.Fprintf(&object, "BEGIN:VTIMEZONE\nTZID:/%[1]d/Europe/Berlin\nBEGIN:STANDARD\nDTSTART:20000101T0000%02[1]d\n"+
			"TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=HOURLY;BYSETPOS=2;UNTIL=20210901T000000Z\nEND:STANDARD\nEND:VTIMEZONE\n", i)
	}
	object.WriteString("BEGIN:VEVENT\nDTSTART;TZID=/29/Europe/Berlin:20090306T090000\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n")
	var calendar freebusy.Calendar
	require.ErrorContains(t, calendar.Add([]byte(object.String())), "rule of the time zone takes too many steps")
	periods, err := calendar.Busy(instant(t, "20090306T000000Z"), instant(t, "20090307T000000Z"), nil)
	require.NoError(t, err)
	require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T080000Z"), End: instant(t, "20090306T090000Z")}}, periods)
}

// Events that hardly ever happen must not keep anybody busy, nor hide others.
func TestManyEventsThatTakeManySteps(t *testing.T) {
	t.Parallel()
	object := "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:19880101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYSETPOS=2;COUNT=2\nEND:VEVENT\n", 1000) +
		"BEGIN:VEVENT\nDTSTART:20090302T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=100\nEND:VEVENT\nEND:VCALENDAR\n"
	var calendar freebusy.Calendar
	require.NoError(t, calendar.Add([]byte(object)))
	periods, err := calendar.Busy(instant(t, "20090306T000000Z"), instant(t, "20090307T000000Z"), nil)
	require.ErrorContains(t, err, "events takes too many steps")
	require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T090000Z"), End: instant(t, "20090306T100000Z")}}, periods)
}

func TestMorePeriodsThanALimit(t *testing.T) {
	t.Parallel()
	const limit, more = 100_000, 20_000
	start := instant(t, "20090306T000000Z")
	object := []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20090306T000000Z\nDURATION:PT1S\nRDATE:20090306T000000Z")
	for i := range limit + more {
		object = start.Add(time.Duration(i)*2*time.Second).AppendFormat(append(object, ','), "20060102T150405Z")
	}
	var calendar freebusy.Calendar
	require.NoError(t, calendar.Add(append(object, "\nEND:VEVENT\nEND:VCALENDAR\n"...)))
	periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), nil)
	require.ErrorContains(t, err, "more than 100000 periods")
	require.Len(t, periods, limit)
	require.Equal(t, freebusy.Period{Start: start, End: start.Add(time.Second)}, periods[0])
	periods, err = calendar.Busy(start, start.Add(2*limit*time.Second), nil)
	require.NoError(t, err)
	require.Len(t, periods, limit)
}

// What one item says about time zones must not decide about those of another one.
func TestManyNamesOfTimeZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Nowhere/%d", "/prefix/%d/Europe/Paris", "Nowhere/%d" + strings.Repeat("x", 100)} {
		var object strings.Builder
		object.WriteString("BEGIN:VCALENDAR\n")
		for i := range 12_000 {
			fmt.Fprintf(&object, "BEGIN:VEVENT\nDTSTART;TZID="+name+":20090306T090000\nEND:VEVENT\n", i)
		}
		object.WriteString("END:VCALENDAR\n")
		var calendar freebusy.Calendar
		_ = calendar.Add([]byte(object.String()))
		for range 2 {
			require.NoError(t, calendar.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20090306T090000\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n")))
		}
		periods, err := calendar.Busy(instant(t, "20090306T000000Z"), instant(t, "20090307T000000Z"), nil)
		require.NoError(t, err)
		require.Equal(t, []freebusy.Period{{Start: instant(t, "20090306T080000Z"), End: instant(t, "20090306T090000Z")}}, periods)
	}
}
