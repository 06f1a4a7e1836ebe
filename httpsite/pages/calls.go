package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/statistics"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/pages/barchart"
)

// The page of an account's calls, a month at a time (CommuniGate Pro Guide, File Storage,
// "Special Files and Folders").

// Bounds of the page. Our choice.
const (
	maxCalls    = 20_000   // that are kept to be sorted; all are counted
	maxLog      = 64 << 20 // bytes of a log that are read
	maxMonths   = 600
	callsPart   = 100 // calls in the table
	callsOfNote = 10  // longest, and failed
)

type callsPage struct {
	Months         []month
	Title          string
	Report         statistics.Report
	ByDay, ByWay   template.HTML
	Longest, Fails []calllog.Record
	Columns        []callColumn
	Calls          []calllog.Record
	From, To, All  int64
	Previous, Next string
	CSV            string
	Cut            bool // there are more than are shown
}

// month is one log.
type month struct {
	Name    string // 2009-03
	Title   string
	Link    string
	Current bool
	file    string
	options calllog.Options
}

// callColumn is a column of the table, by which it can be sorted.
type callColumn struct {
	Title, Link string
	Sorted      string // ascending, descending or none
	Number      bool
}

// calls are what the log of a month holds.
type calls struct {
	records      []calllog.Record
	all, in, out statistics.Report
	cut          bool
}

func getCalls(v *visit) error {
	if v.Folder != filestore.Root {
		return fs.ErrNotExist
	}
	ctx := v.HTTP.Context()
	query := v.HTTP.URL.Query()
	months, err := v.months(ctx)
	if err != nil {
		return err
	}
	p := callsPage{Months: months}
	wanted := query.Get("month")
	i := slices.IndexFunc(months, func(m month) bool { return m.Name == wanted })
	switch {
	case i < 0 && wanted != "":
		return fs.ErrNotExist
	case len(months) == 0:
		return v.show(http.StatusOK, "calls.html", v.T("calls.title")+" – "+v.Account, p)
	case i < 0:
		i = 0
	}
	months[i].Current = true
	if query.Has("csv") {
		return v.sendCalls(months[i])
	}
	found, err := v.readCalls(ctx, months[i])
	if err != nil {
		return err
	}
	p.fill(v, months[i], found, query)
	return v.show(http.StatusOK, "calls.html", v.T("calls.title")+", "+p.Title+" – "+v.Account, p)
}

// months returns the logs that there are, the newest first.
func (v *visit) months(ctx context.Context) (all []month, err error) {
	for info, err := range v.View.List(ctx, calllog.Directory, "") {
		if errors.Is(err, fs.ErrNotExist) {
			continue // no call yet, or a log that goes at this moment
		}
		if err != nil {
			return nil, err
		}
		year, m, ok := calllog.ParseFileName(info.Name())
		if !ok || info.IsDir() {
			continue
		}
		name := fmt.Sprintf("%04d-%02d", year, m)
		all = append(all, month{
			Name: name, Title: v.monthTitle(year, m), Link: v.Link("calls") + "?month=" + name,
			file: filestore.Join(calllog.Directory, info.Name()), options: calllog.Options{Year: year, Month: m, Location: v.pages.Location, Lenient: true},
		})
	}
	slices.SortFunc(all, func(a, b month) int { return cmp.Compare(b.Name, a.Name) })
	return all[:min(len(all), maxMonths)], nil
}

func (v *visit) monthTitle(year int, m time.Month) string {
	return fmt.Sprintf("%s %d", v.language.monthNames[m-1], year)
}

// log returns the calls of a month one by one.
func (v *visit) log(ctx context.Context, m month) (calls iter.Seq2[calllog.Record, error], size int64, closer io.Closer, err error) {
	file, err := v.View.Open(ctx, m.file)
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, nil, err
	}
	return calllog.Read(io.LimitReader(file, maxLog), &m.options), info.Size(), file, nil
}

// readCalls reads the calls of a month.
func (v *visit) readCalls(ctx context.Context, m month) (calls, error) {
	log, size, closer, err := v.log(ctx, m)
	if err != nil {
		return calls{}, err
	}
	defer closer.Close()
	c := calls{cut: size > maxLog}
	var all, in, out statistics.Collector
	keep := func(yield func(calllog.Record, error) bool) {
		for r, err := range log {
			if err == nil && r.Raw == "" {
				if len(c.records) < maxCalls {
					c.records = append(c.records, r)
				}
				if r.Outgoing {
					out.Add(r)
				} else {
					in.Add(r)
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
	if err := all.AddAll(keep, nil); err != nil {
		return calls{}, err
	}
	c.all, c.in, c.out = all.Report(), in.Report(), out.Report()
	c.cut = c.cut || c.all.Total.Calls > int64(len(c.records))
	return c, nil
}

// sendCalls sends the calls of a month as a table for other programs.
func (v *visit) sendCalls(m month) error {
	log, _, closer, err := v.log(v.HTTP.Context(), m)
	if err != nil {
		return err
	}
	defer closer.Close()
	header := v.Writer.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", "attachment; filename=calls-"+m.Name+".csv")
	header.Set("Cache-Control", "private, no-store")
	v.Writer.WriteHeader(http.StatusOK)
	if v.HTTP.Method == http.MethodHead {
		return nil
	}
	return statistics.WriteCalls(v.Writer, log)
}

// callOrders compare calls by what a column shows.
var callOrders = map[string]func(a, b calllog.Record) int{
	"end":       func(a, b calllog.Record) int { return a.End.Compare(b.End) },
	"direction": func(a, b calllog.Record) int { return cmp.Compare(number(a.Outgoing), number(b.Outgoing)) },
	"peer": func(a, b calllog.Record) int {
		return cmp.Compare(strings.ToLower(cmp.Or(a.Peer.Name, a.Peer.Address)), strings.ToLower(cmp.Or(b.Peer.Name, b.Peer.Address)))
	},
	"duration": func(a, b calllog.Record) int {
		return cmp.Or(cmp.Compare(number(a.Answered), number(b.Answered)), cmp.Compare(a.CallTime, b.CallTime))
	},
	"error":   func(a, b calllog.Record) int { return cmp.Compare(a.ErrorCode, b.ErrorCode) },
	"program": func(a, b calllog.Record) int { return cmp.Compare(a.Program, b.Program) },
}

// callColumns are the columns of the table.
var callColumns = []struct{ name, text string }{
	{"end", "calls.end"}, {"direction", "calls.direction"}, {"peer", "calls.peer"}, {"duration", "calls.duration"}, {"error", "calls.error"}, {"program", "calls.program"},
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *callsPage) fill(v *visit, m month, c calls, query url.Values) {
	p.Title, p.Report, p.Cut = m.Title, c.all, c.cut
	p.CSV = m.Link + "&csv"
	p.chart(v, m, c)
	byLength := slices.Clone(c.records)
	slices.SortStableFunc(byLength, func(a, b calllog.Record) int { return callOrders["duration"](b, a) })
	for _, r := range byLength[:min(len(byLength), callsOfNote)] {
		if r.Answered {
			p.Longest = append(p.Longest, r)
		}
	}
	for _, r := range slices.Backward(c.records) { // as they came, the last ones
		if !r.Answered && len(p.Fails) < callsOfNote {
			p.Fails = append(p.Fails, r)
		}
	}
	key, descending := query.Get("sort"), query.Get("order") == "descending"
	if callOrders[key] == nil {
		key, descending = "end", true
	}
	slices.SortStableFunc(c.records, func(a, b calllog.Record) int {
		if descending {
			a, b = b, a
		}
		return callOrders[key](a, b)
	})
	order := map[bool]string{false: "ascending", true: "descending"}
	for _, c := range callColumns {
		name := c.name
		column := callColumn{Title: v.T(c.text), Sorted: "none", Number: name == "duration"}
		next := name == "end" || name == "duration" // the newest and the longest come first
		if name == key {
			column.Sorted, next = order[descending], !descending
		}
		column.Link = m.Link + "&" + url.Values{"sort": {name}, "order": {order[next]}}.Encode()
		p.Columns = append(p.Columns, column)
	}
	from, err := strconv.Atoi(query.Get("from"))
	if err != nil || from < 0 || from >= len(c.records) {
		from = 0
	}
	to := min(from+callsPart, len(c.records))
	p.Calls, p.From, p.To, p.All = c.records[from:to], int64(from+1), int64(to), int64(len(c.records))
	link := func(from int) string {
		return m.Link + "&" + url.Values{"sort": {key}, "order": {order[descending]}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if from > 0 {
		p.Previous = link(max(0, from-callsPart))
	}
	if to < len(c.records) {
		p.Next = link(to)
	}
}

// chart draws calls by day and by direction.
func (p *callsPage) chart(v *visit, m month, c calls) {
	byDay := barchart.Chart{Title: v.T("calls.byDay") + ", " + m.Title, Number: v.Number}
	in, out := barchart.Series{Name: v.T("calls.in")}, barchart.Series{Name: v.T("calls.out")}
	for day := time.Date(m.options.Year, m.options.Month, 1, 0, 0, 0, 0, time.UTC); day.Month() == m.options.Month; day = day.AddDate(0, 0, 1) {
		byDay.Labels = append(byDay.Labels, strconv.Itoa(day.Day()))
		in.Values = append(in.Values, callsOn(c.in, day))
		out.Values = append(out.Values, callsOn(c.out, day))
	}
	byDay.Series = []barchart.Series{in, out}
	byWay := barchart.Chart{
		Title: v.T("calls.byWay") + ", " + m.Title, Number: v.Number, Labels: []string{v.T("calls.in"), v.T("calls.out")},
		Series: []barchart.Series{
			{Name: v.T("calls.answered"), Values: []int64{c.in.Total.Calls - c.in.Total.Failed, c.out.Total.Calls - c.out.Total.Failed}},
			{Name: v.T("calls.failed"), Values: []int64{c.in.Total.Failed, c.out.Total.Failed}},
		},
	}
	p.ByDay, p.ByWay = template.HTML(byDay.SVG()), template.HTML(byWay.SVG())
}

func callsOn(r statistics.Report, day time.Time) int64 {
	i, ok := slices.BinarySearchFunc(r.Days.Rows, day.Format(time.DateOnly), func(row statistics.Row, date string) int { return cmp.Compare(row.Key, date) })
	if !ok {
		return 0
	}
	return r.Days.Rows[i].Calls
}

// Duration shows a length of time in hours, minutes and seconds.
func (v *visit) Duration(d time.Duration) string { return v.Seconds(int64(d / time.Second)) }

// Seconds is Duration for a number of seconds.
func (v *visit) Seconds(n int64) string {
	if n >= 3600 {
		return fmt.Sprintf("%s:%02d:%02d", v.Number(n/3600), n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// Local shows a time in the zone that it is in.
func (v *visit) Local(t time.Time) string { return v.language.when(t) }
