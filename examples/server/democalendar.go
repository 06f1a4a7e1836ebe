package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
)

// appointment is an event that comes every week, by the clocks of a zone.
type appointment struct{ zone, days, from, duration, more string }

var (
	johnsWeek = []appointment{
		{"Europe/Berlin", "MO,WE", "090000", "PT1H30M", "SUMMARY:Team"},
		{"Europe/Berlin", "MO,WE", "140000", "PT1H", "SUMMARY:Perhaps tea\r\nSTATUS:TENTATIVE"},
		{"Europe/Berlin", "TU,TH", "100000", "PT2H", "SUMMARY:Customers"},
		{"America/New_York", "TU,TH", "093000", "PT45M", "SUMMARY:Call with New York"},
		{"Europe/Berlin", "FR", "150000", "PT9H", "SUMMARY:Away\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"},
	}
	annsWeek = []appointment{
		{"Europe/Berlin", "MO,TU,WE,TH,FR", "113000", "PT1H", "SUMMARY:Lunch"},
		{"Europe/Berlin", "WE", "130000", "PT3H", "SUMMARY:Accounts"},
	}
)

// calendar is a mailbox with a message for each appointment. They began two weeks ago
// and do not end.
func calendar(now time.Time, week []appointment) []byte {
	start := now.UTC().AddDate(0, 0, -14)
	var b strings.Builder
	for i, a := range week {
		fmt.Fprintf(&b, "From <> %s\nMIME-Version: 1.0\nContent-Type: text/calendar; charset=utf-8\n\n", start.Format(time.ANSIC))
		fmt.Fprintf(&b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//cgpkit//demo//EN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:demo-%d\r\n", i)
		fmt.Fprintf(&b, "DTSTAMP:%s\r\nDTSTART;TZID=%s:%sT%s\r\nDURATION:%s\r\nRRULE:FREQ=WEEKLY;BYDAY=%s\r\n%s\r\n",
			start.Format("20060102T150405Z"), a.zone, start.Format("20060102"), a.from, a.duration, a.days, a.more)
		b.WriteString("END:VEVENT\r\nEND:VCALENDAR\r\n\n")
	}
	return []byte(b.String())
}

// callLogs are the logs of this month and the two before it, by name: some calls on
// every working day, the same whenever the demo is made on one day.
func callLogs(now time.Time) map[string][]byte {
	peers := []calllog.Peer{
		{Name: "Mary Major", Address: "mary@client1.com"}, {Name: "Ann Other", Address: "ann@client2.com"},
		{Name: "Sales", Address: "sales@domain2.dom"}, {Name: "Jörg Müller", Address: "joerg@domain3.dom"},
		{Name: "Анна Иванова", Address: "anna@domain4.dom"}, {Address: "+4930123456@pstn.client1.com"}, {Name: "Bob", Address: "bob@domain5.dom"},
	}
	failures := []string{"486", "487", "480", "404"} // RFC 3261 §21.4
	dice := rand.New(rand.NewPCG(5, 2))
	logs := map[string][]byte{}
	year, month, today := now.Date()
	for day := time.Date(year, month-2, 1, 0, 0, 0, 0, now.Location()); ; day = day.AddDate(0, 0, 1) {
		calls := 3 + dice.IntN(7)
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			calls = dice.IntN(2)
		}
		end := day.Add(8 * time.Hour)
		for range calls {
			end = end.Add(time.Duration(5+dice.IntN(90)) * time.Minute).Add(time.Duration(dice.IntN(60)) * time.Second)
			r := calllog.Record{
				End: end, Outgoing: dice.IntN(5) < 2, Peer: peers[dice.IntN(len(peers))], CallID: fmt.Sprintf("%08x@10.0.1.5", dice.Uint32()),
				AlertTime: time.Duration(2+dice.IntN(25)) * time.Second,
			}
			if r.Answered = dice.IntN(8) > 0; r.Answered {
				r.CallTime = time.Duration(10+dice.IntN(900)) * time.Second
				if dice.IntN(20) == 0 {
					r.CallTime += time.Hour
				}
			} else {
				r.ErrorCode = failures[dice.IntN(len(failures))]
			}
			if !r.Outgoing && dice.IntN(6) == 0 {
				r.Program = "voicemail"
			}
			if end.After(now) {
				continue
			}
			logs[calllog.FileName(end)] = calllog.AppendRecord(logs[calllog.FileName(end)], r)
		}
		if y, m, d := day.Date(); y == year && m == month && d == today {
			return logs
		}
	}
}
