package freebusy

import (
	"strings"
	"time"
)

// utcLayout is a time in UTC (RFC 5545 §3.3.5, form 2).
const utcLayout = "20060102T150405Z"

// Append appends s to dst as an iCalendar object with METHOD:PUBLISH and one
// VFREEBUSY, in UTC, with CRLF line ends, folded at 75 octets. Periods are
// widened to whole seconds and merged. A time that is zero or outside of the
// years 1 to 9999 is left out, and so is a period with one. Text cannot break
// out of its line: in Product a line feed is escaped, other control characters
// are dropped, and bytes that are not UTF-8 become U+FFFD.
//
// RFC 5545 §3.6.4 demands a UID; it is made out of Organizer.
func Append(dst []byte, s Schedule) []byte {
	product := escape(s.Product)
	if product == "" {
		product = ProductID
	}
	organizer := clean(s.Organizer)

	dst = appendFolded(dst, "BEGIN:VCALENDAR")
	dst = appendFolded(dst, "VERSION:2.0")
	dst = appendFolded(dst, "PRODID:"+product)
	dst = appendFolded(dst, "METHOD:PUBLISH")
	dst = appendFolded(dst, "BEGIN:VFREEBUSY")
	dst = appendFolded(dst, "UID:"+escape("freebusy/"+organizer))
	if organizer != "" {
		dst = appendFolded(dst, "ORGANIZER:"+organizer)
	}
	dst = appendTime(dst, "DTSTAMP:", s.Stamp)
	dst = appendTime(dst, "DTSTART:", s.Start)
	dst = appendTime(dst, "DTEND:", s.End)
	for _, p := range Merge(wholeSeconds(s.Periods)) {
		dst = appendFolded(dst, "FREEBUSY;FBTYPE="+p.Type.String()+":"+
			p.Start.Format(utcLayout)+"/"+p.End.Format(utcLayout))
	}
	dst = appendFolded(dst, "END:VFREEBUSY")
	return appendFolded(dst, "END:VCALENDAR")
}

func appendTime(dst []byte, property string, t time.Time) []byte {
	if !writable(t) {
		return dst
	}
	return appendFolded(dst, property+t.UTC().Format(utcLayout))
}

// wholeSeconds returns the periods that can be written, widened so that no
// busy time is lost.
func wholeSeconds(periods []Period) []Period {
	var whole []Period
	for _, p := range periods {
		if !p.End.After(p.Start) {
			continue
		}
		p.Start = p.Start.Truncate(time.Second)
		if end := p.End.Truncate(time.Second); !end.Equal(p.End) {
			p.End = end.Add(time.Second)
		}
		if writable(p.Start) && writable(p.End) {
			whole = append(whole, p)
		}
	}
	return whole
}

// writable reports whether t is set and its year has four digits.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && 1 <= year && year <= 9999
}

// clean drops control characters and makes text valid UTF-8.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// textEscapes are the escapes of a TEXT value (RFC 5545 §3.3.11).
var textEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// escape writes a TEXT value.
func escape(text string) string { return clean(textEscapes.Replace(text)) }
