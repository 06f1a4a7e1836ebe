package freebusy_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// messages returns the objects of so many calendar items as a client writes
// them, one in ten of them recurring.
func messages(n int) (objects []string) {
	rules := []string{
		"FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;COUNT=30", "FREQ=MONTHLY;BYDAY=1TU", "FREQ=YEARLY",
		"FREQ=DAILY;UNTIL=20090401T100000Z", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "FREQ=MONTHLY;BYMONTHDAY=15",
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;INTERVAL=3;COUNT=100", "FREQ=WEEKLY;BYDAY=TH;UNTIL=20091231T000000Z",
	}
	for i := range n {
		at := time.Date(2008, time.March, 1+i%700, 8+i%10, 0, 0, 0, time.UTC)
		extra := ""
		if i%10 == 0 {
			extra = "RRULE:" + rules[i/10%len(rules)] + "\n"
		}
		objects = append(objects, strings.ReplaceAll(fmt.Sprintf(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//CommuniGate Pro//EN
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:%d.20090305@domain.dom
DTSTAMP:20090305T101500Z
SUMMARY:Meeting about the meetings of the coming weeks
DESCRIPTION:What was said in the last meeting\, and what is to be said in t
 he next one.
ORGANIZER;CN=User Name:mailto:user@domain.dom
ATTENDEE;CN=Other Name;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mai
 lto:other@domain.dom
DTSTART;TZID=Europe/Berlin:%s
DTEND;TZID=Europe/Berlin:%s
%sSEQUENCE:1
PRIORITY:5
CLASS:PUBLIC
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
END:VCALENDAR
`, i, at.Format("20060102T150405"), at.Add(time.Hour).Format("20060102T150405"), extra), "\n", "\r\n"))
	}
	return objects
}

// BenchmarkBusy makes the busy time of 60 days out of the texts of 10,000
// calendar items, 1,000 of them recurring, and lets Python do the same.
func BenchmarkBusy(b *testing.B) {
	objects := messages(10_000)
	text := strings.Join(objects, "")
	start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(b, err)

	b.Run("cgpkit", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var calendar freebusy.Calendar
			for _, object := range objects {
				require.NoError(b, calendar.Add([]byte(object)))
			}
			periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), berlin)
			require.NoError(b, err)
			require.NotEmpty(b, periods)
		}
	})
	b.Run("python", func(b *testing.B) { // its start is in the time as well, less than 1 %
		python := fixture.Program(b, "/usr/bin/python3")
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			command := exec.CommandContext(b.Context(), python, "testdata/bench.py")
			command.Stdin, command.Stderr = strings.NewReader(text), os.Stderr
			out, err := command.Output()
			require.NoError(b, err)
			b.Logf("%s", out)
		}
	})
}
