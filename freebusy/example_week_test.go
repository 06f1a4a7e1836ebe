package freebusy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
)

func ExampleWriteWeek() {
	var page bytes.Buffer
	err := freebusy.WriteWeek(&page, anna, freebusy.WeekOptions{Week: friday(0, 0), Zone: friday(0, 0).Location()})
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

func ExampleWeekOptions_WithQuery() {
	query := url.Values{"week": {"2009-03-06"}, "zone": {"nonsense"}}
	o := freebusy.WeekOptions{Zone: time.UTC}.WithQuery(query)
	fmt.Println(o.Week.Format(time.DateOnly), o.Zone)
	// Output: 2009-03-06 UTC
}

// A Page shows itself for other weeks and zones: its links hold a query.
func ExamplePage() {
	file := freebusy.Append(nil, anna) // what an account has published
	page := freebusy.Page{}
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
