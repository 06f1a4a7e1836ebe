package freebusy

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAppendIsReadByOthers lets icalendar and libical read what Append writes.
func TestAppendIsReadByOthers(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 6))
	day := time.Date(2009, time.March, 5, 0, 0, 0, 0, time.UTC)
	var texts []string
	var want [][]any
	for i, organizer := range []string{
		"mailto:user@domain.dom",
		"mailto:" + strings.Repeat("грüße-", 30) + "@domain.dom",
		"mailto:" + strings.Repeat("a", 61) + "😀😀😀@domain.dom",
	} {
		s := Schedule{Organizer: organizer, Stamp: day, Start: day, End: day.AddDate(0, 0, 60)}
		for range 100 * i {
			at := day.Add(time.Duration(random.IntN(60*24*60)) * time.Minute)
			s.Periods = append(s.Periods, Period{at, at.Add(time.Duration(1+random.IntN(180)) * time.Minute), []Type{Busy, BusyTentative, BusyUnavailable}[random.IntN(3)]})
		}
		periods := []any{}
		for _, p := range Merge(s.Periods) {
			periods = append(periods, p.Start.Format(utcLayout)+"/"+p.End.Format(utcLayout)+" "+p.Type.String())
		}
		texts = append(texts, string(Append(nil, s)))
		want = append(want, []any{organizer, s.Start.Format(utcLayout), s.End.Format(utcLayout), periods})
	}
	answers := strings.Split(strings.TrimSpace(python(t, "schedules.py", strings.Join(texts, "--\r\n"))), "\n")
	require.Len(t, answers, 2*len(texts))
	for i, answer := range answers {
		var got []any
		require.NoError(t, json.Unmarshal([]byte(answer), &got))
		require.Equal(t, want[i/2], got)
	}
}
