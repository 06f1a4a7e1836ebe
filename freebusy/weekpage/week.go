package weekpage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/internal/clock"
)

//go:embed week.html
var weekText string

var weekTemplate = template.Must(template.New("week").Parse(weekText))

// Options say which week is drawn, and how. Use field names: the struct may
// grow. The zero value, and nil, is the present week in UTC.
type Options struct {
	// Week is any time of the week, which begins on a Monday (ISO 8601). What
	// counts is its date, in its own zone. The zero time is the same as Now.
	Week time.Time
	// Zone is where the clocks are by which the week is drawn; nil: UTC.
	Zone *time.Location
	// Now is the present; the zero time is the same as time.Now().
	Now time.Time

	unknownZone bool // somebody asked for a zone that there is not
	unreadable  bool // there is a file, but no schedule
	partial     bool // there is a schedule, but not all of the file is in it
}

// zoneForm is the form of those names in the time zone database that are meant
// for people. None of them leads out of it.
var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

const maxZoneName = 64

// zoneName reports whether a query may name a zone. Local would tell where the
// server is, and so would the file localtime, on systems that take any case.
func zoneName(name string) bool {
	return len(name) <= maxZoneName && zoneForm.MatchString(name) && name != "Local" && !strings.EqualFold(name, "localtime")
}

func (o *Options) orZero() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

// WithQuery returns a copy of o with what the query of a request asks for:
//
//	week=2009-03-06       the week of a day
//	zone=Europe/Berlin    a name in the time zone database
//
// What is missing, or makes no sense, is as in o; about a zone that is
// not known the page says so.
func (o *Options) WithQuery(query url.Values) *Options {
	with := o.orZero()
	if day, err := time.Parse(time.DateOnly, query.Get("week")); err == nil && writable(day) {
		with.Week = day
	}
	if name := strings.TrimSpace(query.Get("zone")); name != "" {
		with.unknownZone = true
		if zoneName(name) {
			if zone, err := time.LoadLocation(name); err == nil {
				with.Zone, with.unknownZone = zone, false
			}
		}
	}
	return &with
}

// Write writes one week of a schedule as an HTML page of its own: drawn as
// SVG, and as a table for those who cannot see the drawing. Time outside of the
// window of the schedule is shown as unknown, unless there is a period. If more
// than 200 periods fall into the week, they are shown in whole hours.
//
// The page holds links to itself for other weeks and time zones; see
// [Options.WithQuery]. It has no scripts, loads nothing, and has its styles
// in it. Whatever the schedule holds, it cannot become markup, and the page is
// smaller than 256 KiB. Errors are those of w.
func Write(w io.Writer, s freebusy.Schedule, o *Options) error {
	return weekTemplate.Execute(w, newWeek(s, o.orZero()))
}

// week is what the template shows.
type week struct {
	Owner, Title      string
	Grid              grid
	Zone              string
	ZoneQuery         string   // the same if a query can name it, or ""
	Zones             []string // for choice
	UnknownZone       bool
	Unreadable        bool
	Partial           bool
	Monday            string // as in a query
	Previous, Next    string // links; "" more than a week away from what is known
	Present           string // link to the present week; "" if it is this
	Published, Window string
}

func newWeek(s freebusy.Schedule, o Options) week {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	today := clock.Midnight(o.Now.In(o.Zone))
	monday := mondayOf(today)
	if !o.Week.IsZero() {
		monday = mondayOf(clock.Midnight(o.Week))
	}
	page := week{
		Owner:       owner(s.Organizer),
		Title:       weekTitle(monday),
		Grid:        newGrid(s, monday, today, o.Zone),
		Zone:        printable(o.Zone.String(), maxZoneName),
		Zones:       commonZones,
		UnknownZone: o.unknownZone,
		Unreadable:  o.unreadable,
		Partial:     o.partial,
		Monday:      monday.Format(time.DateOnly),
	}
	if zoneName(o.Zone.String()) {
		page.ZoneQuery = o.Zone.String()
	}
	const moment = "2 January 2006, 15:04"
	if writable(s.Stamp) {
		page.Published = s.Stamp.In(o.Zone).Format(moment)
	}
	first, last := mondayOf(today), mondayOf(today)
	if start, end := window(s); end.After(start) && writable(start) && writable(end) {
		page.Window = start.In(o.Zone).Format(moment) + " – " + end.In(o.Zone).Format(moment)
		first = clock.Earlier(first, mondayOf(clock.Midnight(start.In(o.Zone))))
		last = clock.Later(last, mondayOf(clock.Midnight(end.Add(-1).In(o.Zone))))
	}
	first, last = first.AddDate(0, 0, -7), last.AddDate(0, 0, 7) // so that both links are there on most days, and end somewhere
	if monday.After(first) {
		page.Previous = page.link(clock.Earlier(monday.AddDate(0, 0, -7), last))
	}
	if monday.Before(last) {
		page.Next = page.link(clock.Later(monday.AddDate(0, 0, 7), first))
	}
	if present := mondayOf(today); !present.Equal(monday) {
		page.Present = page.link(present)
	}
	return page
}

// link returns the address of another week on this page.
func (w week) link(monday time.Time) string {
	query := url.Values{"week": {monday.Format(time.DateOnly)}}
	if w.ZoneQuery != "" {
		query.Set("zone", w.ZoneQuery)
	}
	return "?" + query.Encode()
}

// writable reports whether t is set and its year has four digits.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && 1 <= year && year <= 9999
}

// mondayOf returns the Monday of the week of a date.
func mondayOf(date time.Time) time.Time {
	return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
}

// weekTitle names a week by its days.
func weekTitle(monday time.Time) string {
	sunday := monday.AddDate(0, 0, 6)
	first := "2 January 2006"
	switch {
	case monday.Month() == sunday.Month():
		first = "2"
	case monday.Year() == sunday.Year():
		first = "2 January"
	}
	_, number := monday.ISOWeek()
	return fmt.Sprintf("%s – %s, week %d", monday.Format(first), sunday.Format("2 January 2006"), number)
}

// owner returns whose schedule it is, as far as a person can read it.
func owner(organizer string) string {
	const scheme, longest = "mailto:", 100
	if len(organizer) >= len(scheme) && strings.EqualFold(organizer[:len(scheme)], scheme) {
		organizer = organizer[len(scheme):]
	}
	return printable(organizer, longest)
}

// printable drops what cannot be seen, such as characters that turn the
// direction of text, and cuts what is longer than a number of characters.
func printable(text string, longest int) string {
	var b strings.Builder
	for _, r := range text {
		if !unicode.IsPrint(r) {
			continue
		}
		if longest == 0 {
			return b.String() + "…"
		}
		longest--
		b.WriteRune(r)
	}
	return b.String()
}

// commonZones are offered for choice; any other zone may be typed in.
var commonZones = []string{
	"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "Asia/Dubai",
	"Asia/Hong_Kong", "Asia/Kolkata", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
	"Europe/Athens", "Europe/Berlin", "Europe/Istanbul", "Europe/London", "Europe/Madrid", "Europe/Moscow",
	"Europe/Paris", "Europe/Rome", "Europe/Warsaw", "Pacific/Auckland",
}
