package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/internal/clock"
)

// The page freebusy.wssp of an account: a week of its freebusy.vfb, and when several people
// are free (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders").

const (
	freeBusyPageName = "freebusy.wssp"
	freeBusyFile     = "freebusy.vfb"
)

// Bounds of the page. Our choice.
const (
	maxPeople      = 10 // beside the owner
	maxBusyOfDay   = 50 // times of one day that are listed
	maxSlots       = 20
	maxZoneName    = 64
	defaultFrom    = 9 // working hours
	defaultTo      = 17
	defaultMinutes = 60
)

type busyPage struct {
	Query          busyQuery
	Title          string // of the week
	Days           []busyDay
	Previous, Next string
	Present        string
	Zones          []string
	Lengths        []int64 // in minutes
	UnknownZone    bool
	Unreadable     bool
	Partial        bool
	Unread         []string // people whose busy time cannot be had
	CanAsk         bool     // for the time of others
	Slots          []freeSlot
}

// Minutes is how long people want to meet.
func (p busyPage) Minutes() int64 { return int64(p.Query.Minutes) }

// busyDay is one day of the week.
type busyDay struct {
	Name, Date  string
	Today       bool
	Work, Whole []busyBar
	Times       []busyTime
	More        bool // than are listed
}

// busyBar is a part of a day that is not free, in percent of the hours that are drawn.
type busyBar struct {
	X, Width float64
	Class    string
}

// busyTime is the same in words.
type busyTime struct{ From, To, Class, State string }

type freeSlot struct{ Day, From, To string }

// busyQuery is what is asked for:
//
//	week=2009-03-06        the week of a day
//	zone=Europe/Berlin     a name in the time zone database
//	from=9&to=17           working hours
//	minutes=60             how long people want to meet
//	with=ann@client2.com   people, with blanks or commas between them
type busyQuery struct {
	Monday   time.Time // at 00:00, as a date in UTC
	Zone     *time.Location
	ZoneName string // "" if the zone has no name that may be shown
	From, To int
	Minutes  int
	With     string
}

func (q busyQuery) link(monday time.Time) string {
	values := url.Values{"week": {monday.Format(time.DateOnly)}, "from": {strconv.Itoa(q.From)}, "to": {strconv.Itoa(q.To)}, "minutes": {strconv.Itoa(q.Minutes)}}
	if q.ZoneName != "" {
		values.Set("zone", q.ZoneName)
	}
	if q.With != "" {
		values.Set("with", q.With)
	}
	return "?" + values.Encode()
}

// zoneForm is the form of those names in the time zone database that are meant for people.
// None of them leads out of it.
var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

// zone returns the zone with a name, which is not the one that tells where the server is.
func zone(name string) (*time.Location, bool) {
	if len(name) > maxZoneName || !zoneForm.MatchString(name) || strings.EqualFold(name, "local") || strings.EqualFold(name, "localtime") {
		return nil, false
	}
	z, err := time.LoadLocation(name)
	return z, err == nil
}

func (v *visit) busyQuery(values url.Values, now time.Time) (q busyQuery, unknownZone bool) {
	number := func(key string, least, most, otherwise int) int {
		if n, err := strconv.Atoi(values.Get(key)); err == nil && n >= least && n <= most {
			return n
		}
		return otherwise
	}
	q = busyQuery{Zone: cmp.Or(v.pages.Location, time.UTC), Minutes: number("minutes", 5, 24*60, defaultMinutes), With: strings.TrimSpace(values.Get("with"))}
	if name := strings.TrimSpace(values.Get("zone")); name != "" {
		z, ok := zone(name)
		if unknownZone = !ok; ok {
			q.Zone = z
		}
	}
	if _, ok := zone(q.Zone.String()); ok {
		q.ZoneName = q.Zone.String()
	}
	if q.From, q.To = number("from", 0, 23, defaultFrom), number("to", 1, 24, defaultTo); q.From >= q.To {
		q.From, q.To = defaultFrom, defaultTo
	}
	day := now.In(q.Zone)
	if asked, err := time.Parse(time.DateOnly, values.Get("week")); err == nil && asked.Year() >= 1 {
		day = asked
	}
	q.Monday = mondayOf(day)
	return q, unknownZone
}

// mondayOf returns the Monday of the week of a date (ISO 8601), as a date in UTC.
func mondayOf(day time.Time) time.Time {
	date := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
}

// ServeFreeBusy answers a GET of the page freebusy.wssp, at the top of a storage.
func (p *Pages) ServeFreeBusy(r Request) error {
	r.Folder, r.Page = filestore.Root, ""
	v := p.visit(&r)
	v.self = freeBusyPageName
	if v.switchLanguage() {
		return nil
	}
	ctx := v.HTTP.Context()
	now := p.now()
	query, unknownZone := v.busyQuery(v.HTTP.URL.Query(), now)
	own, err := readBusy(ctx, v.View)
	page := busyPage{
		Query: query, UnknownZone: unknownZone, Zones: commonZones, Lengths: []int64{15, 30, 45, 60, 90, 120, 180, 240},
		Partial: errors.As(err, new(*freebusy.PartError)), CanAsk: v.Views != nil,
	}
	if page.Unreadable = errors.Is(err, errNotBusyTime); err != nil && !page.Partial && !page.Unreadable {
		return err
	}
	page.fillWeek(v, own, now)
	if !page.Unreadable {
		page.fillSlots(v, own, now)
	}
	return v.show(http.StatusOK, "freebusy.html", v.T("freebusy.title", v.Account)+": "+page.Title, page)
}

// buildsFreeBusy reports whether every account has the page.
func (v *visit) buildsFreeBusy() bool {
	if v.Views == nil {
		return false
	}
	_, ok := v.Views.Directory().(filestore.FreeBusyBuilder)
	return ok
}

// errNotBusyTime tells that somebody has stored something else in the place of a schedule.
var errNotBusyTime = errors.New("no free/busy information")

// readBusy reads what an account publishes, if the caller may.
func readBusy(ctx context.Context, files filestore.FS) (freebusy.Schedule, error) {
	file, err := files.Open(ctx, freeBusyFile)
	if err != nil {
		return freebusy.Schedule{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, freebusy.MaxBytes+1))
	if err != nil {
		return freebusy.Schedule{}, err
	}
	s, err := freebusy.Parse(text)
	if err != nil && !errors.As(err, new(*freebusy.PartError)) {
		return freebusy.Schedule{}, fmt.Errorf("%w: %v", errNotBusyTime, err)
	}
	return s, err
}

func (p *busyPage) fillWeek(v *visit, s freebusy.Schedule, now time.Time) {
	q := p.Query
	sunday := q.Monday.AddDate(0, 0, 6)
	p.Title = v.date(q.Monday) + " – " + v.date(sunday) + " " + strconv.Itoa(sunday.Year())
	p.Previous, p.Next = q.link(q.Monday.AddDate(0, 0, -7)), q.link(q.Monday.AddDate(0, 0, 7))
	today := now.In(q.Zone).Format(time.DateOnly)
	if present := mondayOf(now.In(q.Zone)); !present.Equal(q.Monday) {
		p.Present = q.link(present)
	}
	at := func(day time.Time, hour int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, q.Zone)
	}
	all := timeline(s, at(q.Monday, 0), at(q.Monday.AddDate(0, 0, 7), 0), p.Unreadable)
	for i := range 7 {
		date := q.Monday.AddDate(0, 0, i)
		day := busyDay{Name: v.language.days[i], Date: v.date(date), Today: date.Format(time.DateOnly) == today}
		start, end := at(date, 0), at(date, 24)
		for _, a := range all {
			if !a.End.After(start) || !a.Start.Before(end) {
				continue
			}
			if bar, ok := a.bar(at(date, q.From), at(date, q.To)); ok {
				day.Work = append(day.Work, bar)
			}
			if bar, ok := a.bar(start, end); ok {
				day.Whole = append(day.Whole, bar)
			}
			if day.More = len(day.Times) == maxBusyOfDay; day.More {
				break
			}
			until := clock.Earlier(a.End, end).In(q.Zone).Format("15:04")
			if !a.End.Before(end) {
				until = "24:00"
			}
			day.Times = append(day.Times, busyTime{clock.Later(a.Start, start).In(q.Zone).Format("15:04"), until, a.class, v.T(a.text)})
		}
		p.Days = append(p.Days, day)
	}
}

// busyState is time in which somebody is not free.
type busyState struct {
	freebusy.Period
	class, text string
}

// bar draws what of it is between two times.
func (s busyState) bar(start, end time.Time) (busyBar, bool) {
	from, to, whole := clock.Later(s.Start, start), clock.Earlier(s.End, end), end.Sub(start)
	if whole <= 0 || !to.After(from) {
		return busyBar{}, false
	}
	percent := func(d time.Duration) float64 { return float64(d*10_000/whole) / 100 }
	return busyBar{percent(from.Sub(start)), max(percent(to.Sub(from)), 0.5), s.class}, true
}

// timeline returns what is not free between two times, in order: what is not published is
// unknown.
func timeline(s freebusy.Schedule, from, to time.Time, unreadable bool) (all []busyState) {
	unknown := func(start, end time.Time) {
		if end.After(start) {
			all = append(all, busyState{freebusy.Period{Start: start, End: end}, "unknown", "freebusy.unknown"})
		}
	}
	if s.End.IsZero() || unreadable {
		unknown(from, to)
	} else {
		unknown(from, clock.Earlier(s.Start, to))
		unknown(clock.Later(s.End, from), to)
	}
	var near []freebusy.Period
	for _, p := range s.Periods {
		if p.End.After(from) && p.Start.Before(to) {
			near = append(near, p)
		}
	}
	for _, p := range freebusy.Merge(near) {
		state := busyState{p, "busy", "freebusy.busy"}
		switch p.Type {
		case freebusy.Free:
			continue
		case freebusy.BusyTentative:
			state.class, state.text = "tentative", "freebusy.tentative"
		case freebusy.BusyUnavailable:
			state.class, state.text = "away", "freebusy.away"
		}
		all = append(all, state)
	}
	slices.SortStableFunc(all, func(a, b busyState) int { return a.Start.Compare(b.Start) })
	return all
}

// fillSlots finds when the owner and the people who are asked for are free, in working
// hours of working days.
func (p *busyPage) fillSlots(v *visit, own freebusy.Schedule, now time.Time) {
	people := []freebusy.Schedule{own}
	names := strings.FieldsFunc(p.Query.With, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) })
	_, domain, _ := strings.Cut(v.Account, "@")
	for i, name := range names {
		if i == maxPeople || !p.CanAsk {
			p.Unread = append(p.Unread, filestore.Clip(name, 100))
			continue
		}
		s, err := readBusy(v.HTTP.Context(), v.Views.View(v.Caller, filestore.QualifyAccount(name, domain)))
		if err != nil && !errors.As(err, new(*freebusy.PartError)) {
			p.Unread = append(p.Unread, filestore.Clip(name, 100)) // not there, or not for everybody: the same
			continue
		}
		people = append(people, s)
	}
	if len(p.Unread) > 0 {
		return
	}
	hour := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	slots, err := freebusy.Slots(freebusy.Combine(freebusy.Union, people...), freebusy.Search{
		Length: time.Duration(p.Query.Minutes) * time.Minute, After: now, Zone: p.Query.Zone,
		Hours: []freebusy.Hours{{Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, From: hour(p.Query.From), To: hour(p.Query.To)}},
	})
	if err != nil {
		return // the query cannot make one
	}
	for slot := range slots {
		start, end := slot.Start.In(p.Query.Zone), slot.End.In(p.Query.Zone)
		p.Slots = append(p.Slots, freeSlot{v.language.days[(int(start.Weekday())+6)%7] + ", " + v.date(start), start.Format("15:04"), end.Format("15:04")})
		if len(p.Slots) == maxSlots {
			return
		}
	}
}

// date shows a day without its year.
func (v *visit) date(t time.Time) string {
	return fmt.Sprintf(v.language.dayMonth, t.Day(), v.language.months[t.Month()-1])
}

// commonZones are offered for choice; any other zone may be typed in.
var commonZones = []string{
	"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York",
	"America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin",
	"Europe/Istanbul", "Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Warsaw", "Pacific/Auckland",
}
