package weekpage_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/weekpage"
)

// weekPage is a page taken apart by a parser of HTML.
type weekPage struct {
	text   string            // what a browser gets
	nodes  []*html.Node      // its elements
	rows   []string          // of the table: day|from|to|state
	blocks []string          // of the drawing: class left top width height
	links  map[string]string // by their text
	notes  []string
}

const maxPage = 256 << 10

// drawWeek writes a page and looks at whatever must hold for each of them.
func drawWeek(t testing.TB, s freebusy.Schedule, o *weekpage.Options) weekPage {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, weekpage.Write(&b, s, o))
	return readWeek(t, b.String())
}

func readWeek(t testing.TB, text string) weekPage {
	t.Helper()
	require.Less(t, len(text), maxPage)
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	p := weekPage{text: text, links: map[string]string{}}
	day := ""
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		p.nodes = append(p.nodes, n)
		harmless(t, n)
		switch {
		case n.Data == "a":
			p.links[textOf(n)] = attribute(n, "href")
		case attribute(n, "class") == "note":
			p.notes = append(p.notes, textOf(n))
		case n.Data == "tr" && n.Parent.Data == "tbody":
			var cells []string
			for cell := range n.ChildNodes() {
				if cell.Data == "th" {
					day = textOf(cell)
				} else {
					cells = append(cells, textOf(cell))
				}
			}
			p.rows = append(p.rows, day+"|"+strings.Join(cells, "|"))
		case strings.HasPrefix(attribute(n, "class"), "block "):
			for rect := range n.ChildNodes() {
				if rect.Data == "rect" {
					p.blocks = append(p.blocks, strings.Join([]string{strings.TrimPrefix(attribute(n, "class"), "block "),
						attribute(rect, "x"), attribute(rect, "y"), attribute(rect, "width"), attribute(rect, "height")}, " "))
				}
			}
		}
	}
	drawings(t, text)
	require.Equal(t, 7, strings.Count(text, "<tbody>"))
	return p
}

// What the template holds.
var (
	elements = strings.Fields("html head meta title style body h1 h2 small bdi nav a strong form input label datalist option button p " +
		"svg desc defs pattern rect path circle line g text tspan span table caption thead tbody tr th td footer")
	attributes = strings.Fields("lang charset name content rel href method type value list maxlength autocomplete spellcheck id class role " +
		"aria-label aria-labelledby aria-current aria-hidden width height x y x1 x2 y1 y2 dx dy rx cx cy r d stroke-width patternUnits " +
		"scope rowspan colspan xmlns")
	linkForm = regexp.MustCompile(`^\?week=\d{4}-\d{2}-\d{2}(&zone=[\w%+-]+)?$`)
)

// harmless fails on whatever the template does not hold, so that nothing of a
// schedule can have become an element or an attribute.
func harmless(t testing.TB, n *html.Node) {
	t.Helper()
	if !slices.Contains(elements, n.Data) {
		require.Fail(t, "element", n.Data)
	}
	for _, a := range n.Attr {
		if !slices.Contains(attributes, a.Key) || a.Key == "href" && !linkForm.MatchString(a.Val) {
			require.Fail(t, "attribute", "%s in %s: %q", a.Key, n.Data, a.Val)
		}
	}
}

// drawings reads the SVG of a page as XML.
func drawings(t testing.TB, text string) {
	t.Helper()
	for count := 0; ; count++ {
		start, end := strings.Index(text, "<svg"), strings.Index(text, "</svg>")+len("</svg>")
		if start < 0 {
			require.GreaterOrEqual(t, count, 6, "the week and its legend")
			return
		}
		for d := xml.NewDecoder(strings.NewReader(text[start:end])); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				require.NoError(t, err, text[start:end])
			}
		}
		text = text[end:]
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// march is a schedule for March and April 2009, published on the 5th.
func march(t testing.TB, p ...freebusy.Period) freebusy.Schedule {
	utc := time.UTC
	return freebusy.Schedule{Organizer: "mailto:john@client1.com", Stamp: at(t, utc, "2009-03-05 10:15"),
		Start: at(t, utc, "2009-03-05 00:00"), End: at(t, utc, "2009-04-15 00:00"), Periods: p}
}

func TestWriteWeek(t *testing.T) {
	t.Parallel()
	s := march(t, span(9, 10, busy), span(12, 14, tentative), span(22, 26, unavailable), span(10, 11, free))
	p := drawWeek(t, s, &weekpage.Options{Now: hour(12)})
	require.Equal(t, []string{
		"Monday 2 March|00:00|24:00|Unknown",
		"Tuesday 3 March|00:00|24:00|Unknown",
		"Wednesday 4 March|00:00|24:00|Unknown",
		"Thursday 5 March||Free",
		"Friday 6 March, today|09:00|10:00|Busy",
		"Friday 6 March, today|12:00|14:00|Tentative",
		"Friday 6 March, today|22:00|24:00|Unavailable",
		"Saturday 7 March|00:00|02:00|Unavailable",
		"Sunday 8 March||Free",
	}, p.rows)
	require.Equal(t, []string{
		"unknown 9.3% 48 12.4% 576",
		"unknown 22.3% 48 12.4% 576",
		"unknown 35.3% 48 12.4% 576",
		"busy 61.3% 264 12.4% 24",
		"tentative 61.3% 336 12.4% 48",
		"unavailable 61.3% 576 12.4% 48",
		"unavailable 74.3% 48 12.4% 48",
	}, p.blocks)
	require.Empty(t, p.notes)
	require.Equal(t, map[string]string{"← Previous week": "?week=2009-02-23&zone=UTC", "Next week →": "?week=2009-03-09&zone=UTC"}, p.links)
	for _, want := range []string{
		`<title>Free and busy times of john@client1.com: 2 – 8 March 2009, week 10</title>`,
		`<small><bdi>john@client1.com</bdi></small>`,
		`<title>Tentative: Friday 6 March, 12:00–14:00</title>`,
		`<input name="zone" list="zones" value="UTC" `,
		`<input type="hidden" name="week" value="2009-03-02">`,
		`<caption>Times are those of UTC. What is not listed is free.</caption>`,
		`Published for 5 March 2009, 00:00 – 15 April 2009, 00:00. Made on 5 March 2009, 10:15.`,
	} {
		require.Contains(t, p.text, want)
	}
}

// Screen readers get a drawing with a name and a table with headers.
func TestWriteWeekIsAccessible(t *testing.T) {
	t.Parallel()
	p := drawWeek(t, march(t, span(9, 10, busy), span(12, 14, tentative)), &weekpage.Options{Now: hour(12)})
	ids, today := map[string]string{}, 0
	for _, n := range p.nodes {
		if id := attribute(n, "id"); id != "" {
			require.NotContains(t, ids, id)
			ids[id] = textOf(n)
		}
		if attribute(n, "aria-current") == "date" {
			require.Equal(t, "th", n.Data)
			today++
		}
		switch {
		case n.Data == "svg" && attribute(n, "role") == "":
			require.Equal(t, "true", attribute(n, "aria-hidden"), "a swatch of the legend")
		case n.Data == "svg":
			require.Equal(t, "img", attribute(n, "role"))
			require.Equal(t, "grid-title grid-about", attribute(n, "aria-labelledby"))
		case n.Data == "th":
			require.Contains(t, []string{"col", "row", "rowgroup"}, attribute(n, "scope"))
		case n.Data == "table":
			require.Equal(t, "caption", n.FirstChild.NextSibling.Data)
		case n.Data == "input" && attribute(n, "type") != "hidden":
			require.Equal(t, "label", n.Parent.Data)
		}
	}
	require.Equal(t, "The week as a drawing: 2 – 8 March 2009, week 10", ids["grid-title"])
	require.Contains(t, ids["grid-about"], "The table below says the same.")
	require.Equal(t, 1, today)
	require.Contains(t, p.text, `<html lang="en">`)
	require.Contains(t, p.text, `name="viewport"`)
	require.Contains(t, p.text, "prefers-color-scheme: dark")
	require.Contains(t, p.text, "@media print")
}

func TestWriteWeekWindow(t *testing.T) {
	t.Parallel()
	week := func(text string) time.Time { return at(t, time.UTC, text+" 00:00") }
	allOf := func(what string) (rows []string) {
		for _, day := range []string{"Monday 2", "Tuesday 3", "Wednesday 4", "Thursday 5", "Friday 6", "Saturday 7", "Sunday 8"} {
			rows = append(rows, day+" March|"+what)
		}
		return rows
	}
	for _, tt := range []struct {
		name string
		s    freebusy.Schedule
		want []string
	}{
		{"empty dataset is free", freebusy.Schedule{Start: week("2009-03-01"), End: week("2009-04-01")}, allOf("|Free")},
		{"nothing is known", freebusy.Schedule{}, allOf("00:00|24:00|Unknown")},
		{"another week", freebusy.Schedule{Start: week("2009-04-01"), End: week("2009-05-01")}, allOf("00:00|24:00|Unknown")},
		{"backwards", freebusy.Schedule{Start: week("2009-05-01"), End: week("2009-01-01")}, allOf("00:00|24:00|Unknown")},
		{"ends within a day", freebusy.Schedule{Start: week("2009-03-01"), End: hour(15)},
			append(allOf("|Free")[:4:4], "Friday 6 March|15:00|24:00|Unknown", "Saturday 7 March|00:00|24:00|Unknown", "Sunday 8 March|00:00|24:00|Unknown")},
		{"periods outside are known", freebusy.Schedule{Start: week("2009-04-01"), End: week("2009-05-01"), Periods: periods{span(1, 2, busy), span(3, 4, free)}},
			append(append(allOf("00:00|24:00|Unknown")[:4:4], "Friday 6 March|00:00|01:00|Unknown", "Friday 6 March|01:00|02:00|Busy", "Friday 6 March|02:00|03:00|Unknown",
				"Friday 6 March|04:00|24:00|Unknown"), allOf("00:00|24:00|Unknown")[5:]...)},
		{"without a window: that of the periods", freebusy.Schedule{Periods: periods{span(0, 1, busy), span(23, 24, busy), span(8, 9, 7)}},
			append(append(allOf("00:00|24:00|Unknown")[:4:4], "Friday 6 March|00:00|01:00|Busy", "Friday 6 March|08:00|09:00|Busy", "Friday 6 March|23:00|24:00|Busy"), allOf("00:00|24:00|Unknown")[5:]...)},
		{"seconds", freebusy.Schedule{Start: week("2009-03-01"), End: week("2009-04-01"), Periods: periods{{Start: hour(1).Add(time.Second), End: hour(1).Add(2 * time.Second)}}},
			append(append(allOf("|Free")[:4:4], "Friday 6 March|01:00:01|01:00:02|Busy"), allOf("|Free")[5:]...)},
		{"longer than the week", freebusy.Schedule{Start: week("0002-01-01"), End: week("9999-01-01"), Periods: periods{{Start: week("0003-01-01"), End: week("9998-01-01")}}},
			allOf("00:00|24:00|Busy")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := drawWeek(t, tt.s, &weekpage.Options{Week: hour(0), Now: week("2020-01-01")})
			require.Equal(t, tt.want, p.rows)
		})
	}
}

func TestWriteWeekLinks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, week, zone     string
		previous, next, this string
	}{
		{name: "present", previous: "2009-02-23", next: "2009-03-09"},
		{name: "before the window", week: "2009-02-23", next: "2009-03-02", this: "2009-03-02"},
		{name: "in the window", week: "2009-03-20", previous: "2009-03-09", next: "2009-03-23", this: "2009-03-02"},
		{name: "last of the window", week: "2009-04-14", previous: "2009-04-06", next: "2009-04-20", this: "2009-03-02"},
		{name: "behind the window", week: "2009-04-20", previous: "2009-04-13", this: "2009-03-02"},
		{name: "far behind the window", week: "9999-12-31", previous: "2009-04-20", this: "2009-03-02"},
		{name: "far before the window", week: "0001-01-08", next: "2009-02-23", this: "2009-03-02"},
		{name: "in a zone", week: "2009-03-09", zone: "America/New_York", previous: "2009-03-02", next: "2009-03-16", this: "2009-03-02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := (&weekpage.Options{Now: hour(12)}).WithQuery(url.Values{"week": {tt.week}, "zone": {tt.zone}})
			want := map[string]string{}
			for text, monday := range map[string]string{"← Previous week": tt.previous, "Next week →": tt.next, "This week": tt.this} {
				if monday != "" {
					want[text] = "?" + url.Values{"week": {monday}, "zone": {o.Zone.String()}}.Encode()
				}
			}
			require.Equal(t, want, drawWeek(t, march(t), o).links)
		})
	}
	// A zone that no query can name is left out, and is that of the page anyway.
	p := drawWeek(t, march(t), &weekpage.Options{Now: hour(12), Zone: time.FixedZone("here & now", 3600)})
	require.Equal(t, map[string]string{"← Previous week": "?week=2009-02-23", "Next week →": "?week=2009-03-09"}, p.links)
	require.Contains(t, p.text, `list="zones" value=""`)
	require.Contains(t, p.text, `Times are those of here &amp; now (UTC&#43;01:00).`)
	p = drawWeek(t, march(t), &weekpage.Options{Now: hour(12), Zone: time.Local})
	require.NotContains(t, p.links["Next week →"], "Local")
	// The window ends on a Monday 00:00: that week holds nothing of it.
	s := march(t)
	s.End = at(t, time.UTC, "2009-03-16 00:00")
	require.NotContains(t, drawWeek(t, s, &weekpage.Options{Now: hour(12), Week: at(t, time.UTC, "2009-03-16 00:00")}).links, "Next week →")
}

func TestWithQuery(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for _, tt := range []struct {
		query    string
		week     string // "": the present one
		zone     string
		notKnown bool
	}{
		{query: "", zone: "Europe/Berlin"},
		{query: "week=2009-03-29", week: "2009-03-29", zone: "Europe/Berlin"},
		{query: "week=2009-02-29", zone: "Europe/Berlin"},
		{query: "week=0000-01-01", zone: "Europe/Berlin"},
		{query: "week=10000-01-01", zone: "Europe/Berlin"},
		{query: "week=9999-12-31", week: "9999-12-31", zone: "Europe/Berlin"},
		{query: "week=-1", zone: "Europe/Berlin"},
		{query: "week=<script>", zone: "Europe/Berlin"},
		{query: "week=2009-03-29T00:00:00Z", zone: "Europe/Berlin"},
		{query: "week=2009-03-29&week=2010-01-01", week: "2009-03-29", zone: "Europe/Berlin"},
		{query: "zone=UTC", zone: "UTC"},
		{query: "zone=", zone: "Europe/Berlin"},
		{query: "zone=+Asia/Kolkata+", zone: "Asia/Kolkata"},
		{query: "zone=Etc/GMT%2B5", zone: "Etc/GMT+5"},
		{query: "zone=Europe", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=Europe/Bonn", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=Local", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=Localtime", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=localtime", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=posix/Europe/Paris", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=../../etc/passwd", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=/etc/passwd", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=Europe/../UTC", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=A%00", zone: "Europe/Berlin", notKnown: true},
		{query: "zone=" + strings.Repeat("A", 5000), zone: "Europe/Berlin", notKnown: true},
		{query: "zone=<script>alert(1)</script>", zone: "Europe/Berlin", notKnown: true},
	} {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			o := (&weekpage.Options{Zone: berlin, Now: hour(0)}).WithQuery(query)
			require.Equal(t, tt.zone, o.Zone.String())
			week := ""
			if !o.Week.IsZero() {
				week = o.Week.Format(time.DateOnly)
			}
			require.Equal(t, tt.week, week)
			p := drawWeek(t, march(t), o)
			require.Equal(t, tt.notKnown, len(p.notes) > 0 && p.notes[0] == "The time zone that was asked for is not known here. Times are shown in Europe/Berlin.", p.notes)
		})
	}
}

func TestWriteWeekInZones(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone, from, to string // a busy period, in UTC
		rows, blocks         []string
		note                 string
	}{
		{name: "other day", zone: "Asia/Tokyo", from: "2009-03-06 14:00", to: "2009-03-06 16:00",
			rows:   []string{"Friday 6 March|23:00|24:00|Busy", "Saturday 7 March|00:00|01:00|Busy"},
			blocks: []string{"busy 61.3% 600 12.4% 24", "busy 74.3% 48 12.4% 24"}},
		{name: "clocks go forward", zone: "Europe/Berlin", from: "2009-03-29 00:00", to: "2009-03-29 02:00",
			rows:   []string{"Sunday 29 March|01:00|02:00|Busy", "Sunday 29 March|02:00|03:00|No such time", "Sunday 29 March|03:00|04:00|Busy"},
			blocks: []string{"busy 87.3% 72 12.4% 24", "skipped 87.3% 96 12.4% 24", "busy 87.3% 120 12.4% 24"},
			note:   "On Sunday 29 March clocks go from 02:00 to 03:00."},
		{name: "clocks go back", zone: "Europe/Berlin", from: "2009-10-24 23:30", to: "2009-10-25 02:30",
			rows: []string{"Sunday 25 October|01:30|02:00|Busy", "Sunday 25 October|02:00 (UTC+02:00)|03:00 (UTC+02:00)|Busy",
				"Sunday 25 October|02:00 (UTC+01:00)|03:00 (UTC+01:00)|Busy", "Sunday 25 October|03:00|03:30|Busy"},
			blocks: []string{"busy 87.3% 84 12.4% 12", "busy 87.3% 96 6.2% 24", "busy 93.5% 96 6.2% 24", "busy 87.3% 120 12.4% 12"},
			note:   "On Sunday 25 October clocks go from 03:00 to 02:00. Time that comes twice is drawn in halves: left the first time, right the second."},
		{name: "busy the second time only", zone: "Europe/Berlin", from: "2009-10-25 01:15", to: "2009-10-25 01:45",
			rows: []string{"Sunday 25 October|02:15 (UTC+01:00)|02:45 (UTC+01:00)|Busy"}, blocks: []string{"busy 93.5% 102 6.2% 12"},
			note: "On Sunday 25 October clocks go from 03:00 to 02:00. Time that comes twice is drawn in halves: left the first time, right the second."},
		{name: "at midnight", zone: "America/Sao_Paulo", from: "2008-10-19 02:00", to: "2008-10-19 04:00",
			rows:   []string{"Saturday 18 October|23:00|24:00|Busy", "Sunday 19 October|00:00|01:00|No such time", "Sunday 19 October|01:00|02:00|Busy"},
			blocks: []string{"busy 74.3% 600 12.4% 24", "skipped 87.3% 48 12.4% 24", "busy 87.3% 72 12.4% 24"},
			note:   "On Sunday 19 October clocks go from 00:00 to 01:00."},
		{name: "back over midnight", zone: "America/St_Johns", from: "2009-11-01 02:00", to: "2009-11-01 04:00",
			rows: []string{"Saturday 31 October|23:30 (UTC-02:30)|24:00 (UTC-02:30)|Busy", "Saturday 31 October|23:01 (UTC-03:30)|24:00 (UTC-03:30)|Busy",
				"Sunday 1 November|00:00 (UTC-02:30)|00:01 (UTC-02:30)|Busy", "Sunday 1 November|00:00 (UTC-03:30)|00:01 (UTC-03:30)|Busy", "Sunday 1 November|00:01|00:30|Busy"},
			blocks: []string{"busy 74.3% 612 6.2% 12", "busy 80.5% 600.4 6.2% 23.6", "busy 87.3% 48 6.2% 2", "busy 93.5% 48 6.2% 2", "busy 87.3% 48.4 12.4% 11.6"},
			note:   "On Sunday 1 November clocks go from 00:01 to Saturday, 23:01. Time that comes twice is drawn in halves: left the first time, right the second."},
		{name: "a day that is left out", zone: "Pacific/Apia", from: "2011-12-30 08:00", to: "2011-12-30 12:00",
			rows:   []string{"Thursday 29 December|22:00|24:00|Busy", "Friday 30 December|00:00|24:00|No such time", "Saturday 31 December|00:00|02:00|Busy"},
			blocks: []string{"busy 48.3% 576 12.4% 48", "skipped 61.3% 48 12.4% 576", "busy 74.3% 48 12.4% 48"},
			note:   "On Friday 30 December clocks go from 00:00 to Saturday, 00:00."},
		{name: "forward in the first hour of the week", zone: "Asia/Tehran", from: "2010-03-21 20:00", to: "2010-03-21 21:00",
			rows:   []string{"Monday 22 March|00:00|01:00|No such time", "Monday 22 March|01:00|01:30|Busy"},
			blocks: []string{"skipped 9.3% 48 12.4% 24", "busy 9.3% 72 12.4% 12"},
			note:   "On Monday 22 March clocks go from 00:00 to 01:00."},
		{name: "forward right behind the week", zone: "Asia/Tehran", from: "2010-03-21 19:30", to: "2010-03-21 20:30",
			rows: []string{"Sunday 21 March|23:00|24:00|Busy"}, blocks: []string{"busy 87.3% 600 12.4% 24"}},
		{name: "back at the end of the week", zone: "Asia/Tehran", from: "2014-09-21 19:00", to: "2014-09-21 20:00",
			rows:   []string{"Sunday 21 September|23:30 (UTC+04:30)|24:00 (UTC+04:30)|Busy", "Sunday 21 September|23:00 (UTC+03:30)|23:30 (UTC+03:30)|Busy"},
			blocks: []string{"busy 87.3% 612 6.2% 12", "busy 93.5% 600 6.2% 12"},
			note:   "On Monday 22 September clocks go from 00:00 to Sunday, 23:00. Time that comes twice is drawn in halves: left the first time, right the second."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			from, to := at(t, time.UTC, tt.from), at(t, time.UTC, tt.to)
			s := freebusy.Schedule{Start: from.AddDate(0, -1, 0), End: to.AddDate(0, 1, 0), Periods: periods{{Start: from, End: to}}}
			z := zone(t, tt.zone)
			p := drawWeek(t, s, &weekpage.Options{Week: to.Add(-time.Minute).In(z), Zone: z, Now: hour(0).AddDate(5, 0, 0)})
			var rows []string
			for _, row := range p.rows {
				if !strings.HasSuffix(row, "||Free") {
					rows = append(rows, row)
				}
			}
			require.Equal(t, tt.rows, rows)
			require.Equal(t, tt.blocks, p.blocks)
			require.Equal(t, tt.note, strings.Join(p.notes, "\n"))
		})
	}
}

// Nothing that stands in a file can become markup.
func TestWriteWeekEscapes(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title></style></svg><script>alert(1)</script>`, `javascript:alert(1)`,
		`mailto:"onmouseover="alert(1)`, `mailto:' style='x`, "mailto:<svg/onload=alert(1)>", "]]><x/>", "<!--", "{{.}}", "&lt;script&gt;", "\x00\x01\x1b[31m\x7f\xff\xfe",
		"mailto:a\u202eb\u2066c\ufffe\uffff", strings.Repeat("<b>", 1<<18),
	} {
		s := march(t, span(1, 2, busy))
		s.Organizer, s.Product = evil, evil
		p := drawWeek(t, s, &weekpage.Options{Now: hour(0), Zone: time.FixedZone(evil, 7200)})
		for _, c := range p.text {
			require.True(t, c == '\n' || c == '\t' || c >= ' ' && c != 0x7f && c != '\u202e' && c != '\u2066' && (c < 0xfff0 || c == 0xfffd), "%q of %q", c, evil)
		}
		plain := drawWeek(t, march(t, span(1, 2, busy)), &weekpage.Options{Now: hour(0), Zone: time.FixedZone("x", 7200)})
		require.Len(t, p.nodes, len(plain.nodes))
	}
}

// A page stays small, and never shows busy time as free.
func TestWriteWeekIsBounded(t *testing.T) {
	t.Parallel()
	week := at(t, time.UTC, "2009-03-02 00:00")
	kinds := []freebusy.Type{busy, tentative, unavailable}
	for _, tt := range []struct {
		name   string
		n      int
		step   time.Duration
		length time.Duration
		coarse bool
	}{
		{"as many as are drawn one by one", 200, 45 * time.Minute, 44 * time.Minute, false},
		{"one more", 201, 45 * time.Minute, 44 * time.Minute, true},
		{"100,000 short ones", 100_000, 6 * time.Second, time.Second, true},
		{"100,000 in 1,000 years", 100_000, 88 * time.Hour, time.Hour, false},
		{"100,000 that overlap", 100_000, time.Minute, 40 * 24 * time.Hour, false},
		{"one each hour", 24 * 7, time.Hour, 30 * time.Minute, false},
		{"one every other hour", 24 * 7, 2 * time.Hour, 30 * time.Minute, false},
	} {
		for _, outside := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, window elsewhere %t", tt.name, outside), func(t *testing.T) {
				t.Parallel()
				s := freebusy.Schedule{Start: week, End: week.AddDate(1000, 0, 0)}
				if outside {
					s.Start, s.End = s.End, s.End.AddDate(1, 0, 0)
				}
				for i := range tt.n {
					start := week.Add(time.Duration(i) * tt.step)
					s.Periods = append(s.Periods, freebusy.Period{Start: start, End: start.Add(tt.length), Type: kinds[i%3]})
				}
				p := drawWeek(t, s, &weekpage.Options{Now: week, Zone: zone(t, "Asia/Kathmandu")})
				require.Equal(t, tt.coarse, len(p.notes) == 1 && strings.Contains(p.notes[0], "too many periods"), p.notes)
				for i := range 24 * 7 * 2 { // each half of an hour, where it is busy
					moment := week.Add(time.Duration(i)*30*time.Minute + time.Second/2)
					taken := false
					for _, period := range s.Periods {
						if period.Start.After(moment) {
							break
						}
						taken = taken || period.End.After(moment)
					}
					if local := moment.In(zone(t, "Asia/Kathmandu")); taken && local.Before(at(t, local.Location(), "2009-03-09 00:00")) {
						require.True(t, shows(p, local), local)
					}
				}
			})
		}
	}
}

// shows reports whether the table has a time among those that are not free.
func shows(p weekPage, local time.Time) bool {
	for _, row := range p.rows {
		f := strings.Split(row, "|")
		clock := local.Format("15:04:05")
		if strings.HasPrefix(f[0], local.Format("Monday 2 January")) && len(f) == 4 && f[3] != "Unknown" && f[1] <= clock && clock < f[2] {
			return true
		}
	}
	return false
}

// Times at the ends of what can be represented do no harm.
func TestWriteWeekExtremeTimes(t *testing.T) {
	t.Parallel()
	for _, when := range []time.Time{{}, time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0), time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for _, name := range []string{"UTC", "Europe/Berlin", "Pacific/Apia"} {
			s := freebusy.Schedule{Stamp: when, Start: when, End: hour(5), Periods: periods{{Start: when, End: hour(1)}, {Start: hour(1), End: when}}}
			drawWeek(t, s, &weekpage.Options{Zone: zone(t, name), Now: hour(1)})
			s.Start, s.End = hour(5), when
			drawWeek(t, s, &weekpage.Options{Zone: zone(t, name), Now: hour(1)})
			o := &weekpage.Options{Zone: zone(t, name), Now: hour(1), Week: when}
			var b bytes.Buffer
			require.NoError(t, weekpage.Write(&b, s, o))
			require.Less(t, b.Len(), maxPage)
		}
	}
}

func TestWriteWeekReportsTheWriter(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	require.NoError(t, r.Close())
	require.ErrorIs(t, weekpage.Write(w, march(t), &weekpage.Options{}), io.ErrClosedPipe)
}

// FuzzWriteWeek draws any schedule for any query.
func FuzzWriteWeek(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 60, 0}, "mailto:john@client1.com", "week=2009-03-29&zone=Europe/Berlin", int64(1236333600), int64(0), int64(1<<31))
	f.Add([]byte{1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9}, "<script>", "zone=America/St_Johns&week=2009-11-01", int64(0), int64(1<<40), int64(-1))
	f.Add([]byte("000000111111222222"), "\"'><&\x00\xff", "zone=../x&week=9999-99-99", int64(-1<<40), int64(-1<<40), int64(1<<60))
	f.Add([]byte(""), "", "zone=Pacific/Apia&week=2011-12-30", int64(1<<33), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, data []byte, organizer, query string, now, start, end int64) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		o := (&weekpage.Options{Now: time.Unix(now, 0)}).WithQuery(values)
		base := o.Now
		if !o.Week.IsZero() {
			base = o.Week
		}
		s := freebusy.Schedule{Organizer: organizer, Product: organizer, Start: time.Unix(start, 0), End: time.Unix(end, 0), Stamp: time.Unix(start, 0)}
		for ; len(data) >= 6; data = data[6:] { // minutes around the week, and seconds
			from := base.Add(time.Duration(int(data[0])<<8|int(data[1]))*time.Minute - 20*24*time.Hour)
			to := from.Add(time.Duration(int(data[2])<<8|int(data[3]))*time.Minute + time.Duration(data[4])*time.Second)
			s.Periods = append(s.Periods, freebusy.Period{Start: from, End: to, Type: freebusy.Type(data[5])})
		}
		if year := base.Year(); year < 1 || year > 9999 {
			require.NoError(t, weekpage.Write(io.Discard, s, o)) // dates look otherwise there
			return
		}
		drawWeek(t, s, o)
	})
}

func BenchmarkWriteWeek(b *testing.B) {
	week := at(b, time.UTC, "2009-03-02 00:00")
	for _, n := range []int{0, 30, 200, 100_000} {
		s := freebusy.Schedule{Start: week, End: week.AddDate(0, 0, 60)}
		for i := range n {
			start := week.Add(time.Duration(i) * 7 * 24 * time.Hour / time.Duration(n))
			s.Periods = append(s.Periods, freebusy.Period{Start: start, End: start.Add(7 * 24 * time.Hour / time.Duration(2*n)), Type: freebusy.Type(i % 4)})
		}
		b.Run(fmt.Sprintf("%d periods", n), func(b *testing.B) {
			var page bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				page.Reset()
				require.NoError(b, weekpage.Write(&page, s, &weekpage.Options{Now: week}))
			}
			b.ReportMetric(float64(page.Len()), "bytes/page")
		})
	}
}
