package weekpage_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/weekpage"
)

// friday is a day in Berlin, in winter: the clocks show UTC+01:00.
func friday(hour, minute int) time.Time {
	return time.Date(2009, time.March, 6, hour, minute, 0, 0, time.FixedZone("Europe/Berlin", 3600))
}

var anna = freebusy.Schedule{Start: friday(0, 0), End: friday(24, 0), Periods: []freebusy.Period{
	{Start: friday(9, 0), End: friday(10, 30)},
	{Start: friday(13, 0), End: friday(14, 0), Type: freebusy.BusyTentative},
}}

func ExampleWrite() {
	var page bytes.Buffer
	err := weekpage.Write(&page, anna, &weekpage.Options{Week: friday(0, 0), Zone: friday(0, 0).Location()})
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(page.String()) {
		if strings.Contains(line, "<td>Busy</td>") || strings.Contains(line, "<td>Tentative</td>") {
			fmt.Print(line) // of the table; the drawing shows the same
		}
	}
	// Output:
	// <tr><th scope="rowgroup" rowspan="2">Friday 6 March</th><td>09:00</td><td>10:30</td><td>Busy</td></tr>
	// <tr><td>13:00</td><td>14:00</td><td>Tentative</td></tr>
}

func ExampleOptions_WithQuery() {
	query := url.Values{"week": {"2009-03-06"}, "zone": {"nonsense"}}
	o := (&weekpage.Options{Zone: time.UTC}).WithQuery(query)
	fmt.Println(o.Week.Format(time.DateOnly), o.Zone)
	// Output: 2009-03-06 UTC
}

// A Page shows itself for other weeks and zones: its links hold a query.
func ExamplePage() {
	file := freebusy.Append(nil, anna) // what an account has published
	page := weekpage.Page{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if err := page.Write(w, bytes.NewReader(file), r.URL.Query()); err != nil {
			http.Error(w, "no page", http.StatusInternalServerError)
		}
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("GET", "/freebusy.wssp?week=2009-03-06&zone=Europe/Berlin", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.Contains(line, "<title>") {
			fmt.Print(line)
			break
		}
	}
	// Output: <title>Free and busy times: 2 – 8 March 2009, week 10</title>
}
