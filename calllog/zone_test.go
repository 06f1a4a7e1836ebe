package calllog_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones on every system

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
)

// Every local time of a log is the one that time.Date makes of it, on days of 23,
// 24 and 25 hours, and whichever day came before.
func TestReadLocalTimes(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"} {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		var log strings.Builder
		var want []time.Time
		for day := range 366 {
			for half := range 48 {
				civil := time.Date(2016, time.January, 1+day, half/2, half%2*30+day%30, half, 0, time.UTC)
				log.Write(calllog.AppendRecord(nil, calllog.Record{End: civil}))
				want = append(want, time.Date(2016, civil.Month(), civil.Day(), civil.Hour(), civil.Minute(), civil.Second(), 0, location))
			}
		}
		records, errs := collect(calllog.Read(strings.NewReader(log.String()), &calllog.Options{Year: 2016, Location: location}))
		require.Empty(t, errs)
		require.Len(t, records, len(want))
		for i, r := range records {
			require.True(t, want[i].Equal(r.End), "%v, not %v", r.End, want[i])
		}
	}
}
