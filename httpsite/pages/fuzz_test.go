package pages

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/meta"
)

// Whatever a form holds, it is refused or becomes changes that can be made, and no grant
// comes out of a description.
func FuzzAttributesForm(f *testing.F) {
	for _, seed := range []string{"field.title=x", "own=yes&subject=mary&may.0=r", "newName=ACL&newValue=x", "field.accesspwd=x", "subject=&may.99999=l&own=yes", "field.title=%00%ff&field.a=%EF%BF%BE", "subject=anyone%40&own=yes&may.0=a&may.0=a", "subject=%23x%40y&own=yes", "own=yes&subject=%87", "own=yes&subject=a%01b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		document, err := meta.Parse([]byte("<meta><title>old</title></meta>"))
		require.NoError(t, err)
		describing, err := describingChanges(document, values)
		if err == nil {
			for _, change := range describing {
				require.False(t, change.Protected(), body)
			}
			_, err = document.Apply(describing...)
			require.NoError(t, err, body)
		}
		rights, err := rightsChanges(values)
		if err == nil {
			_, err = document.Apply(rights...)
			require.NoError(t, err, body)
		}
	})
}

// Whatever a query asks for there is a week, and every bar is within its day.
func FuzzFreeBusyQuery(f *testing.F) {
	for _, seed := range []string{"week=2009-03-02&zone=Europe/Berlin&from=9&to=17&minutes=60&with=ann@client2.com", "week=0001-01-01", "week=9999-12-31&zone=Pacific/Auckland", "with=,,;", "from=23&to=24&minutes=1440", "week=2009-03-29&zone=Europe/Berlin"} {
		f.Add(seed)
	}
	now := time.Date(2009, time.March, 27, 8, 0, 0, 0, time.UTC)
	s := freebusy.Schedule{Start: now, End: now.AddDate(0, 0, 60), Periods: []freebusy.Period{{Start: now, End: now.AddDate(0, 0, 5)}, {Start: now.AddDate(0, 0, 7), End: now.AddDate(0, 0, 8), Type: freebusy.BusyTentative}}}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		v := &visit{Request: &Request{HTTP: &http.Request{}, Account: "john@client1.com"}, pages: &Pages{}, language: english}
		q, _ := v.busyQuery(values, now)
		page := busyPage{Query: q}
		page.fillWeek(v, s, now)
		page.fillSlots(v, s, now)
		require.Len(t, page.Days, 7)
		for _, day := range page.Days {
			for _, bar := range append(day.Work, day.Whole...) {
				require.GreaterOrEqual(t, bar.X, 0.0)
				require.LessOrEqual(t, bar.X+bar.Width, 100.6, query)
			}
		}
	})
}
