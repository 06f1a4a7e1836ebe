package goical_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/goical"
)

// decode reads an object by the library, which gives up at some of them and panics at
// others.
func decode(text string) (object *ical.Calendar, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return ical.NewDecoder(strings.NewReader(text)).Decode()
}

// busy returns the busy time of objects, and how many errors were told.
func busy(t *testing.T, zone *time.Location, add func(*freebusy.Calendar, int) error, objects int) ([]freebusy.Period, int) {
	t.Helper()
	var calendar freebusy.Calendar
	faults := 0
	for i := range objects {
		if err := add(&calendar, i); err != nil {
			require.ErrorAs(t, err, new(*freebusy.SyntaxError))
			faults += 1 + strings.Count(err.Error(), "\n")
		}
	}
	start := time.Date(1998, time.January, 1, 0, 0, 0, 0, time.UTC)
	periods, _ := calendar.Busy(start, start.AddDate(25, 0, 0), zone) // some have too many, in both ways
	return periods, faults
}

// TestLikeText compares the busy time of the objects with that of the texts that they
// were read from.
func TestLikeText(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/busy.txt")
	require.NoError(t, err)
	compared, skipped := 0, 0
	for part := range strings.SplitSeq(string(text), "\n== ") {
		name, rest, _ := strings.Cut(part, "\n")
		zone := time.UTC
		texts := []string{""}
		for line := range strings.SplitSeq(rest, "\n") {
			word, value, _ := strings.Cut(line, " ")
			switch {
			case strings.HasPrefix(line, "|"):
				texts[len(texts)-1] += line[1:] + "\r\n"
			case word == "--":
				texts = append(texts, "")
			case word == "zone":
				zone, err = time.LoadLocation(value)
				require.NoError(t, err)
			}
		}
		var objects []*ical.Calendar
		for i, object := range texts {
			if !strings.HasPrefix(object, "BEGIN:") {
				texts[i] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n" + object + "END:VEVENT\r\nEND:VCALENDAR\r\n"
			}
			decoded, err := decode(texts[i])
			if err != nil || strings.Count(texts[i], "VCALENDAR") > 2 || !strings.HasSuffix(texts[i], "END:VCALENDAR\r\n") { // it reads no further than to the first END
				break
			}
			objects = append(objects, decoded)
		}
		if len(objects) < len(texts) {
			skipped++
			continue
		}
		compared++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := fmt.Sprint(flat(objects[0].Component))
			want, wantFaults := busy(t, zone, func(c *freebusy.Calendar, i int) error { return c.Add([]byte(texts[i])) }, len(texts))
			got, faults := busy(t, zone, func(c *freebusy.Calendar, i int) error { return goical.Add(c, objects[i]) }, len(texts))
			require.Equal(t, want, got)
			require.Equal(t, wantFaults, faults)
			require.Equal(t, before, fmt.Sprint(flat(objects[0].Component)), "the object is not changed")
		})
	}
	require.Greater(t, compared, 270)
	require.Less(t, skipped, 30)
}

// flat lists what is in a component.
func flat(c *ical.Component) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Props)) {
		all = append(all, fmt.Sprint(c.Props[name]))
	}
	for _, child := range c.Children {
		all = append(all, flat(child)...)
	}
	return all
}

// Objects that programs make need not be like those that the library reads.
func TestStrangeObjects(t *testing.T) {
	t.Parallel()
	event := func() *ical.Component {
		return &ical.Component{Name: "vevent", Props: ical.Props{
			"dtstart":  {{Params: ical.Params{"tzid": {"Europe/Berlin"}}, Value: "20090306T090000"}},
			"DURATION": {{Name: "Duration", Value: "pt1h"}},
			"UID":      {{Name: "UID", Value: "1"}},
		}}
	}
	itself := event()
	itself.Children = []*ical.Component{itself}
	many := &ical.Component{Name: "VCALENDAR"}
	for range 20 { // more than there could be time for
		many = &ical.Component{Name: "X", Children: slices.Repeat([]*ical.Component{many}, 1000)}
	}
	wide := &ical.Component{Name: "VCALENDAR", Props: ical.Props{"X": slices.Repeat([]ical.Prop{{Name: "X", Value: strings.Repeat("x", 1<<20)}}, 17)}}
	for _, tt := range []struct {
		name      string
		component *ical.Component
		periods   int
		err       string
	}{
		{"names in lower case, event alone", event(), 1, ""},
		{"none", nil, 0, "there is no component"},
		{"no properties", &ical.Component{Name: "VEVENT"}, 0, "event has no DTSTART"},
		{"no name", &ical.Component{}, 0, ""},
		{"children that are none", &ical.Component{Name: "VCALENDAR", Children: []*ical.Component{nil, event(), nil}}, 1, ""},
		{"event in itself", itself, 0, "more than 16 components stand in each other"},
		{"too many", many, 0, "more than 16 components"},
		{"too large", wide, 0, "object of more than 16777216 bytes"},
		{"calendar in a calendar", &ical.Component{Name: "VCALENDAR", Children: []*ical.Component{{Name: "VCALENDAR", Children: []*ical.Component{event()}}}}, 0, "within another does not count"},
		{"parameter without a value", &ical.Component{Name: "VEVENT", Props: ical.Props{
			"DTSTART": {{Name: "DTSTART", Params: ical.Params{"TZID": nil, "VALUE": {}}, Value: "20090306T090000Z"}}, "DURATION": {{Value: "PT1H"}}}}, 1, ""},
		{"colon of a time zone, which the library cuts at", &ical.Component{Name: "VEVENT", Props: ical.Props{
			"DTSTART": {{Params: ical.Params{"TZID": {"Nowhere+05"}, "VALUE": {"DATE-TIME"}}, Value: "30:20090306T090000"}}, "DURATION": {{Value: "PT1H"}}}}, 1, `not known, the owner's is taken: "Nowhere+05:30"`},
		{"line break in a value", &ical.Component{Name: "VEVENT", Props: ical.Props{
			"DTSTART": {{Name: "DTSTART", Value: "20090306T090000Z\r\nDURATION:PT1H"}}}}, 0, "time is not hhmmss"},
		{"what makes the library panic", &ical.Component{Name: "VEVENT", Props: ical.Props{
			"DTSTART": {{Name: "DTSTART", Value: ""}, {Name: "DTSTART", Value: "20090306T090000Z"}}, "DURATION": {{Value: "P"}, {Value: "PT1H"}}, "RRULE": {{Value: "FREQ=;=;"}}}}, 1, "date is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calendar freebusy.Calendar
			err := goical.AddComponent(&calendar, tt.component)
			if tt.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.err)
			}
			start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
			periods, err := calendar.Busy(start, start.AddDate(0, 1, 0), nil)
			require.NoError(t, err)
			require.Len(t, periods, tt.periods)
		})
	}
	var calendar freebusy.Calendar
	require.Error(t, goical.Add(&calendar, nil))
	require.Error(t, goical.Add(&calendar, &ical.Calendar{}))
	require.True(t, errors.As(goical.Add(&calendar, &ical.Calendar{Component: itself}), new(*freebusy.SyntaxError)))
}
