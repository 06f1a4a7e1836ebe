package weekpage

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/internal/clock"
)

// grid is a week by the clocks of a zone: seven days side by side, each from
// 00:00 at the top to 24:00. Where clocks are put forward there is a block of
// time that does not exist. Where they are put back the time that comes twice
// is halved: left the first time, right the second.
//
// What clocks show is written as a time in UTC.
type grid struct {
	Days    []day
	Changes []string // what happens to the clocks
	Coarse  bool     // there was too much to draw
	Skipped bool     // there is time that does not exist
	Offset  string   // of the clocks when the week begins

	monday time.Time
}

type day struct {
	Name, Date string // Mon, 2 Mar
	Full       string // Monday 2 March
	Today      bool
	Blocks     []block // in the order of time
	Left       float64 // of its column, in percent of the grid
	Middle     float64
}

// block is time of one day that is not free.
type block struct {
	state
	From, To            string  // what clocks show
	Pass                string  // of time that comes twice: which of the two it is
	Left, Width, Middle float64 // in percent of the grid
	Top, Height         float64 // in pixels
	Lines               []line  // what fits into it
}

type line struct {
	Top  float64 // of its base line, in pixels
	Text string
}

// state is what the time of a block is.
type state struct{ Class, Name string }

var (
	unknown = state{"unknown", "Unknown"}
	skipped = state{"skipped", "No such time"}

	states = [...]state{
		freebusy.Busy:            {"busy", "Busy"},
		freebusy.Free:            {"free", "Free"},
		freebusy.BusyTentative:   {"tentative", "Tentative"},
		freebusy.BusyUnavailable: {"unavailable", "Unavailable"},
	}
)

// The hours stand on the left of the seven columns. Widths are in percent of the
// grid and heights in pixels, so that text keeps its size on a small screen.
const (
	hoursWidth  = 9.0
	columnWidth = (100 - hoursWidth) / 7
	hourHeight  = 24.0
	topHeight   = 48.0 // above 00:00
	gap         = 0.3  // between a block and the border of its column
	minHeight   = 2.0  // of a block
	lineHeight  = 14.0 // of text in a block
)

// maxShown is how many periods are drawn one by one: more than anybody can tell
// apart.
const maxShown = 200

const wholeDay = 24 * time.Hour

// newGrid draws the week from a Monday on, by the clocks of a zone.
func newGrid(s freebusy.Schedule, monday, today time.Time, zone *time.Location) grid {
	g := grid{Days: make([]day, 7), monday: monday}
	for i := range g.Days {
		date := monday.AddDate(0, 0, i)
		g.Days[i] = day{
			Name: date.Format("Mon"), Date: date.Format("2 Jan"), Full: date.Format("Monday 2 January"),
			Today: date.Equal(today), Left: hoursWidth + columnWidth*float64(i), Middle: hoursWidth + columnWidth*(float64(i)+0.5),
		}
	}
	var timeline []activity
	parts := g.parts(zone)
	if len(parts) > 0 {
		timeline = g.timeline(s, parts[0].Start, parts[len(parts)-1].End)
		g.Offset = parts[0].Name()
	}
	shown := monday // how far the clocks have come
	for _, p := range parts {
		g.draw(skipped, part{}, shown, p.Wall(p.Start))
		for _, a := range timeline {
			g.draw(a.state, p, p.Wall(clock.Later(a.start, p.Start)), p.Wall(clock.Earlier(a.end, p.End)))
		}
		shown = p.Wall(p.End)
	}
	g.draw(skipped, part{}, shown, monday.AddDate(0, 0, 7))
	return g
}

// part is time of the week in which clocks run on, and show what they show all
// the time only once, or the first or second time.
type part struct {
	clock.Stretch
	pass int // 0: once
}

// parts returns the parts of the week in order, and notes changes of the clocks.
func (g *grid) parts(zone *time.Location) []part {
	end := g.monday.AddDate(0, 0, 7)
	local := func(day int) time.Time { // some day, counted from the Monday
		return time.Date(g.monday.Year(), g.monday.Month(), g.monday.Day()+day, 0, 0, 0, 0, zone)
	}
	all := slices.Collect(clock.Stretches(local(-2), local(9), zone)) // no clock jumps over more than a day
	var parts []part
	add := func(s clock.Stretch, pass int, from, to time.Time) { // by the clock
		s.Start, s.End = s.When(clock.Later(from, g.monday)), s.When(clock.Earlier(to, end))
		if s.End.After(s.Start) {
			parts = append(parts, part{s, pass})
		}
	}
	for i, s := range all {
		// By the clock: once comes what is between the two.
		from, to := s.Wall(s.Start), s.Wall(s.End)
		once, twice := from, to
		if i > 0 {
			before := all[i-1].Wall(s.Start)
			once = clock.Earlier(clock.Later(from, before), to)
			g.note(before, from)
		}
		if i+1 < len(all) {
			twice = clock.Later(clock.Earlier(to, all[i+1].Wall(s.End)), once)
		}
		add(s, 2, from, once)
		add(s, 0, once, twice)
		add(s, 1, twice, to)
	}
	return parts
}

// note tells of a change of the clocks in the week.
func (g *grid) note(before, after time.Time) {
	inWeek := func(t time.Time) bool { return !t.Before(g.monday) && t.Before(g.monday.AddDate(0, 0, 7)) }
	if before.Equal(after) || !inWeek(before) && !inWeek(after) {
		return
	}
	format := "15:04"
	if !clock.Midnight(before).Equal(clock.Midnight(after)) {
		format = "Monday, 15:04"
	}
	change := fmt.Sprintf("On %s clocks go from %s to %s.", before.Format("Monday 2 January"), before.Format("15:04"), after.Format(format))
	if after.Before(before) {
		change += " Time that comes twice is drawn in halves: left the first time, right the second."
	}
	g.Changes = append(g.Changes, change)
}

// activity is time in one state.
type activity struct {
	state
	start, end time.Time
}

// timeline returns what is not free between two times, in order.
func (g *grid) timeline(s freebusy.Schedule, from, to time.Time) []activity {
	var near []freebusy.Period
	for _, p := range s.Periods {
		if p.End.After(from) && p.Start.Before(to) {
			near = append(near, freebusy.Period{Start: clock.Later(p.Start, from), End: clock.Earlier(p.End, to), Type: p.Type})
		}
	}
	near = freebusy.Merge(near)
	if len(near) > maxShown {
		g.Coarse = true
		near = wholeHours(near)
	}
	var all []activity
	for _, p := range outside(s, near, from, to) {
		all = append(all, activity{unknown, p.Start, p.End})
	}
	for _, p := range near {
		if p.Type != freebusy.Free {
			all = append(all, activity{states[p.Type], p.Start, p.End})
		}
	}
	slices.SortFunc(all, func(a, b activity) int { return a.start.Compare(b.start) })
	return all
}

// outside returns the time between two others that is neither in the window of a
// schedule nor in one of the periods.
func outside(s freebusy.Schedule, near []freebusy.Period, from, to time.Time) (unknown []freebusy.Period) {
	all := []freebusy.Period{{Start: from, End: to, Type: freebusy.Free}}
	if start, end := window(s); end.After(start) {
		all = []freebusy.Period{{Start: from, End: clock.Earlier(start, to), Type: freebusy.Free}, {Start: clock.Later(end, from), End: to, Type: freebusy.Free}}
	}
	for _, p := range near {
		all = append(all, freebusy.Period{Start: p.Start, End: p.End}) // known, of whatever type
	}
	return slices.DeleteFunc(freebusy.Merge(all), func(p freebusy.Period) bool { return p.Type != freebusy.Free })
}

// window returns the time that a schedule tells about; end is not after start if
// there is none.
func window(s freebusy.Schedule) (start, end time.Time) {
	s = freebusy.Combine(func(...[]freebusy.Period) []freebusy.Period { return nil }, s)
	return s.Start, s.End
}

// wholeHours widens periods to whole hours, so that no busy time is lost.
func wholeHours(periods []freebusy.Period) []freebusy.Period {
	var whole []freebusy.Period
	for _, p := range freebusy.Union(periods) {
		whole = append(whole, freebusy.Period{Start: p.Start.Truncate(time.Hour), End: p.End.Add(time.Hour - 1).Truncate(time.Hour), Type: p.Type})
	}
	return freebusy.Merge(whole)
}

// draw adds the blocks, one for each day, of time between two that clocks show.
func (g *grid) draw(s state, p part, from, to time.Time) {
	for from.Before(to) {
		g.Skipped = g.Skipped || s == skipped
		date := clock.Midnight(from)
		end := clock.Earlier(to, date.Add(wholeDay))
		d := &g.Days[int(date.Sub(g.monday)/wholeDay)]
		d.Blocks = append(d.Blocks, newBlock(s, p, d.Left, from.Sub(date), end.Sub(date)))
		from = end
	}
}

// newBlock places a block in the column of its day, and writes into it what
// there is room for.
func newBlock(s state, p part, left float64, from, to time.Duration) block {
	b := block{
		state: s, From: clockTime(from), To: clockTime(to),
		Left: left + gap, Width: columnWidth - 2*gap,
		Top: topHeight + from.Hours()*hourHeight, Height: max(minHeight, (to-from).Hours()*hourHeight),
	}
	if p.pass > 0 {
		b.Pass = p.Name()
		b.Width /= 2
		b.Left += b.Width * float64(p.pass-1)
	}
	texts := []string{b.From + "–" + b.To, b.Name}
	if s == unknown || s == skipped {
		texts = texts[1:]
	}
	for i, text := range texts {
		if bottom := lineHeight * float64(i+1); p.pass == 0 && bottom < b.Height {
			b.Lines = append(b.Lines, line{round(b.Top + bottom), text})
		}
	}
	b.Middle = round(b.Left + b.Width/2)
	b.Left, b.Width, b.Top, b.Height = round(b.Left), round(b.Width), round(b.Top), round(b.Height)
	return b
}

// Hours returns the lines of the grid, one for each hour.
func (g grid) Hours() []line {
	var hours []line
	for h := range 25 {
		hours = append(hours, line{topHeight + float64(h)*hourHeight, fmt.Sprintf("%02d", h)})
	}
	return hours
}

// The measures of the grid, for the template.

func (g grid) HoursWidth() float64  { return hoursWidth }
func (g grid) ColumnWidth() float64 { return columnWidth }
func (g grid) Top() float64         { return topHeight }
func (g grid) DayHeight() float64   { return 24 * hourHeight }
func (g grid) Bottom() float64      { return g.Top() + g.DayHeight() }
func (g grid) Height() float64      { return g.Bottom() + 16 } // with half a line of text

func round(x float64) float64 { return math.Round(x*100) / 100 }

// clockTime writes the time of a day, with seconds if there are any.
func clockTime(d time.Duration) string {
	hours, minutes, seconds := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if seconds == 0 {
		return fmt.Sprintf("%02d:%02d", hours, minutes)
	}
	return fmt.Sprintf("%02d:%02d:%02d", hours, minutes, seconds)
}
