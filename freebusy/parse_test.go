package freebusy_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/stretchr/testify/require"
)

// object puts lines into a VFREEBUSY.
func object(lines ...string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n" + strings.Join(lines, "\n") + "\nEND:VFREEBUSY\nEND:VCALENDAR\n"
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		src  string
		want freebusy.Schedule
	}{
		{"what Append writes", sampleText, sample},
		{"with LF", strings.ReplaceAll(sampleText, "\r\n", "\n"), sample},
		{"byte order mark and empty lines", "\uFEFF" + strings.ReplaceAll(sampleText, "\r\n", "\r\n\r\n"), sample},
		{"folded in odd places", strings.ReplaceAll(sampleText, "0306T", "03\r\n 06\r\n\tT"), sample},
		{"names in lower case", "begin:vcalendar\nbegin:vfreebusy\nfreebusy;fbtype=free:20090306T010000Z/PT1H\nend:vfreebusy\nend:vcalendar\n",
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, free)}}},
		{"several periods in a line", object("FREEBUSY:20090306T010000Z/20090306T020000Z,20090306T050000Z/PT1H"),
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, busy), span(5, 6, busy)}}},
		{"order is kept", object("FREEBUSY:20090306T050000Z/PT1H", "FREEBUSY:20090306T010000Z/PT1H"),
			freebusy.Schedule{Periods: []freebusy.Period{span(5, 6, busy), span(1, 2, busy)}}},
		{"unknown type is busy", object("FREEBUSY;FBTYPE=X-LUNCH:20090306T010000Z/PT1H"),
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, busy)}}},
		{"type in quotes, other parameters", object(`FREEBUSY;X-A="b:c;FBTYPE=FREE";FBTYPE="BUSY-UNAVAILABLE":20090306T010000Z/PT1H`),
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, unavailable)}}},
		{"no periods", object("FREEBUSY:"), freebusy.Schedule{}},
		{"dates", object("DTSTART;VALUE=DATE:20090306", "DTEND;VALUE=DATE:20090307"),
			freebusy.Schedule{Start: hour(0), End: hour(24)}},
		{"values in lower case", object("dtstart:20090306t010000z", "freebusy:20090306t010000z/pt1h"),
			freebusy.Schedule{Start: hour(1), Periods: []freebusy.Period{span(1, 2, busy)}}},
		{"hour 24", object("DTEND:20090306T240000Z", "FREEBUSY:20090306T230000Z/20090306T240000Z"),
			freebusy.Schedule{End: hour(24), Periods: []freebusy.Period{span(23, 24, busy)}}},
		{"blanks between periods", object("FREEBUSY: 20090306T010000Z/PT1H, 20090306T050000Z/PT1H"),
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, busy), span(5, 6, busy)}}},
		{"blanks around parameters", object("FREEBUSY; FBTYPE = BUSY-TENTATIVE :20090306T010000Z/PT1H"),
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, tentative)}}},
		{"leap second", object("DTSTAMP:20081231T235960Z"),
			freebusy.Schedule{Stamp: time.Date(2008, time.December, 31, 23, 59, 59, 0, time.UTC)}},
		{"organizer with a name", object(`ORGANIZER;CN="User: Name; here":mailto:u@d`), freebusy.Schedule{Organizer: "mailto:u@d"}},
		{"escaped product", "BEGIN:VCALENDAR\nPRODID:a\\,b\\;\\N\\\\\\x\\\n" + object()[16:], freebusy.Schedule{Product: "a,b;\n\\x\\"}},
		{"other components", "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\nBEGIN:VFREEBUSY\nFREEBUSY:x\nEND:VFREEBUSY\nEND:VTIMEZONE\n" +
			object("BEGIN:X-A", "DTSTART:x", "END:X-A", "COMMENT:c", "DTSTART:20090306T010000Z")[16:], freebusy.Schedule{Start: hour(1)}},
		{"two components", "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nORGANIZER:a\nFREEBUSY:20090306T010000Z/PT1H\nEND:VFREEBUSY\n" +
			object("ORGANIZER:b", "FREEBUSY:20090306T050000Z/PT1H")[16:],
			freebusy.Schedule{Organizer: "a", Periods: []freebusy.Period{span(1, 2, busy), span(5, 6, busy)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(tt.src))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		text string
		want time.Duration // 0: refused
	}{
		{"P1W", 7 * day}, {"P1D", day}, {"P1DT2H3M4S", day + 2*time.Hour + 3*time.Minute + 4*time.Second},
		{"PT90M", 90 * time.Minute}, {"PT1H", time.Hour}, {"PT5S", 5 * time.Second}, {"+PT1H", time.Hour}, {"P15250W", 15250 * 7 * day},
		{"P", 0}, {"PT", 0}, {"P0D", 0}, {"PT0S", 0}, {"-PT1H", 0}, {"P1H", 0}, {"PT1D", 0}, {"PT1M1H", 0}, {"P1W1D", 0}, {"PT1", 0},
		{"PT1H ", time.Hour}, {"PT-1H", 0}, {"PT 1H", 0}, {"++PT1H", 0}, {"P15251W", 0}, {"P4294967295W", 0}, {"P99999999999999999999D", 0},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(object("FREEBUSY:20090306T000000Z/" + tt.text)))
			if tt.want == 0 {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, hour(0).Add(tt.want), got.Periods[0].End)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, wantErr string }{
		{"nothing", "", "freebusy: there is no VFREEBUSY"},
		{"no VFREEBUSY", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "there is no VFREEBUSY"},
		{"no VCALENDAR", "BEGIN:VFREEBUSY\nEND:VFREEBUSY\n", "line 1: object is no VCALENDAR"},
		{"property outside", "VERSION:2.0\n", "line 1: property outside"},
		{"property behind", object() + "X:1\n", "line 6: property outside"},
		{"no colon", "BEGIN:VCALENDAR\nX;A=b\n", "line 2: line without a colon"},
		{"quote without end", object(`FREEBUSY;A="b:c`), "line 3: period"},
		{"wrong end", "BEGIN:VCALENDAR\nEND:VFREEBUSY\n", "END does not match"},
		{"end alone", "END:VCALENDAR\n", "END does not match"},
		{"local time", object("FREEBUSY:20090306T010000/PT1H"), "line 3: time is not"},
		{"time with a zone", object("DTSTART;TZID=Nowhere:20090306T010000"), "time is not"},
		{"impossible date", object("DTEND:20090230T010000Z"), "time is not"},
		{"year 0", object("DTSTAMP:00000306T010000Z"), "time is not"},
		{"hour 25", object("DTSTAMP:20090306T250000Z"), "time is not"},
		{"a second behind hour 24", object("DTSTAMP:20090306T240001Z"), "time is not"},
		{"end that is no time", object("FREEBUSY:20090306T010000Z/x"), "time is not"},
		{"period without an end", object("FREEBUSY:20090306T010000Z"), "without a slash"},
		{"period of no time", object("FREEBUSY:20090306T010000Z/20090306T010000Z"), "does not end after its start"},
		{"period backwards", object("FREEBUSY:20090306T010000Z/20090306T000000Z"), "does not end after its start"},
		{"period out of the years", object("FREEBUSY:99991231T000000Z/P1D"), "years 1 to 9999"},
		{"line number behind folds", object("X:a", " b", "", "FREEBUSY:x"), "line 6: period"},
		{"too big", object(strings.Repeat("X:1\n", freebusy.MaxBytes/4)), "limit is 1048576"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(tt.src))
			require.ErrorContains(t, err, tt.wantErr)
			var bad *freebusy.SyntaxError
			require.ErrorAs(t, err, &bad)
			require.Zero(t, got)
		})
	}
}

// What cannot be read does not lose the rest.
func TestParsePart(t *testing.T) {
	t.Parallel()
	one := []freebusy.Period{span(1, 2, busy)}
	for _, tt := range []struct {
		name, src, wantErr string
		want               freebusy.Schedule
	}{
		{"semicolon for a comma", object("FREEBUSY:20090306T010000Z/PT1H", "FREEBUSY:20090306T010000Z/PT1H;20090306T030000Z/PT1H"), "line 4: duration is not", freebusy.Schedule{Periods: one}},
		{"period between others", object("FREEBUSY:20090306T010000Z/PT1H,soon/PT1H,20090306T030000Z/PT1H", "FREEBUSY:20090306T050000Z/PT1H"), "line 3: time is not",
			freebusy.Schedule{Periods: []freebusy.Period{span(1, 2, busy), span(3, 4, busy), span(5, 6, busy)}}},
		{"period backwards", object("FREEBUSY:20090306T010000Z/20090306T000000Z", "FREEBUSY:20090306T010000Z/PT1H"), "line 3: period does not end", freebusy.Schedule{Periods: one}},
		{"period in local time", object("FREEBUSY:20090306T010000/PT1H,20090306T010000Z/PT1H"), "line 3: time is not", freebusy.Schedule{Periods: one}},
		{"bad stamp", object("DTSTAMP:today", "DTEND:20090306T050000Z", "FREEBUSY:20090306T010000Z/PT1H"), "line 3: time is not", freebusy.Schedule{End: hour(5), Periods: one}},
		{"bad window", object("DTSTART;TZID=Nowhere:20090306T010000", "DTEND:20090306T050000Z", "FREEBUSY:20090306T010000Z/PT1H"), "line 3: time is not", freebusy.Schedule{End: hour(5), Periods: one}},
		{"line without a colon", object("COMMENT:wrapped by", "a mail program", "FREEBUSY:20090306T010000Z/PT1H"), "line 4: line without a colon", freebusy.Schedule{Periods: one}},
		{"quote without its end", object(`X;A="b`, "FREEBUSY:20090306T010000Z/PT1H"), "line 3: line without a colon", freebusy.Schedule{Periods: one}},
		{"many faults", object("FREEBUSY:20090306T010000Z/PT1H" + strings.Repeat(",x", 100)), "and 90 more faults", freebusy.Schedule{Periods: one}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(tt.src))
			require.ErrorContains(t, err, tt.wantErr)
			require.ErrorAs(t, err, new(*freebusy.PartError))
			require.ErrorAs(t, err, new(*freebusy.SyntaxError))
			require.Equal(t, tt.want, got)
		})
	}
}

// Blanks and empty values say nothing, and neither quotes without their end nor colons
// without quotes around them lose a line.
func TestParseLoose(t *testing.T) {
	t.Parallel()
	want := []freebusy.Period{span(1, 2, tentative)}
	for _, tt := range []struct{ name, src string }{
		{"blanks behind", strings.ReplaceAll(object("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090306T010000Z/PT1H"), "\n", " \t\n")},
		{"blanks in front", strings.ReplaceAll(object("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090306T010000Z/PT1H"), ":", ": ")},
		{"blanks beside commas and slashes", object("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090306T010000Z / PT30M\t,\t20090306T013000Z/ PT30M ")},
		{"blanks in parameters", object(`FREEBUSY; FBTYPE = "busy-tentative" ; VALUE=PERIOD:20090306T010000Z/PT1H`)},
		{"empty periods", object("FREEBUSY;FBTYPE=BUSY-TENTATIVE:,20090306T010000Z/PT1H,,")},
		{"quote without its end", object(`FREEBUSY;X-NOTE="a;FBTYPE=BUSY-TENTATIVE:20090306T010000Z/PT1H`)},
		{"colon without quotes", object("FREEBUSY;X-NOTE=http://a/b;FBTYPE=BUSY-TENTATIVE:20090306T010000Z/PT1H")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(tt.src))
			require.NoError(t, err)
			require.Equal(t, want, freebusy.Merge(got.Periods))
		})
	}
}

// Some say by FBTYPE alone that all of DTSTART to DTEND is busy.
func TestParseWhole(t *testing.T) {
	t.Parallel()
	both := []string{"DTSTART:20090306T010000Z", "DTEND:20090306T020000Z"}
	for _, tt := range []struct {
		name  string
		lines []string
		want  []freebusy.Period
	}{
		{"property", append(both, "FBTYPE:BUSY"), []freebusy.Period{span(1, 2, busy)}},
		{"property in front, in lower case", append([]string{"fbtype:busy-unavailable"}, both...), []freebusy.Period{span(1, 2, unavailable)}},
		{"parameter", []string{"DTSTART;FBTYPE=BUSY-TENTATIVE:20090306T010000Z", "DTEND:20090306T020000Z"}, []freebusy.Period{span(1, 2, tentative)}},
		{"free", append(both, "FBTYPE:FREE"), []freebusy.Period{span(1, 2, free)}},
		{"unknown type is busy", append(both, "FBTYPE:X-LUNCH"), []freebusy.Period{span(1, 2, busy)}},
		{"duration", []string{"DTSTART:20090306T010000Z", "DURATION:PT1H", "FBTYPE:BUSY"}, []freebusy.Period{span(1, 2, busy)}},
		{"no type", both, nil},
		{"periods beside", append(both, "FBTYPE:BUSY", "FREEBUSY:20090306T013000Z/PT30M"), []freebusy.Period{{Start: hour(1).Add(30 * time.Minute), End: hour(2)}}},
		{"no periods beside", append(both, "FREEBUSY;FBTYPE=BUSY:"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := freebusy.Parse([]byte(object(tt.lines...)))
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Periods)
		})
	}
	for _, lines := range [][]string{
		{"DTSTART:20090306T010000Z", "FBTYPE:BUSY"}, {"DTEND:20090306T010000Z", "FBTYPE:BUSY"}, {"FBTYPE:BUSY"},
		{"DTSTART:20090306T020000Z", "DTEND:20090306T010000Z", "FBTYPE:BUSY"}, {"DTSTART:99991231T000000Z", "DURATION:P5W", "FBTYPE:BUSY"},
	} {
		got, err := freebusy.Parse([]byte(object(lines...)))
		require.ErrorContains(t, err, "VFREEBUSY has FBTYPE, but no", lines)
		require.Empty(t, got.Periods)
	}
	got, err := freebusy.Parse([]byte("BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nDTSTART:20090306T000000Z\nDTEND:20090307T000000Z\nEND:VFREEBUSY\n" +
		"BEGIN:VFREEBUSY\nDTSTART:20090306T010000Z\nDTEND:20090306T020000Z\nFBTYPE:BUSY\nEND:VFREEBUSY\n" +
		"BEGIN:VFREEBUSY\nDTSTART:20090306T050000Z\nDTEND:20090306T060000Z\nFBTYPE:BUSY-TENTATIVE\nEND:VFREEBUSY\nEND:VCALENDAR\n"))
	require.NoError(t, err)
	require.Equal(t, freebusy.Schedule{Start: hour(0), End: hour(24), Periods: []freebusy.Period{span(1, 2, busy), span(5, 6, tentative)}}, got)
}

func TestParseOfACutFile(t *testing.T) {
	t.Parallel()
	_, err := freebusy.Parse([]byte(strings.TrimSuffix(sampleText, "END:VCALENDAR\r\n")))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "freebusy: VCALENDAR is not closed: unexpected EOF")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sampleText))
	f.Add([]byte(object(`FREEBUSY;X="a;b:c";FBTYPE=FREE:20090306T010000Z/P1DT1H,20090307T010000Z/P1W`, "ORGANIZER:\xffmailto\x01", " x")))
	f.Add([]byte("BEGIN:VCALENDAR\r\nPRODID:a\\n\\,b\r\nBEGIN:VFREEBUSY\r\nDTSTART:20090306\r\nEND:VFREEBUSY\r\nEND:VCALENDAR"))
	f.Fuzz(func(t *testing.T, src []byte) {
		read, err := freebusy.Parse(src)
		if err != nil && !errors.As(err, new(*freebusy.PartError)) {
			require.Zero(t, read)
			return
		}
		text := freebusy.Append(nil, read)
		again, err := freebusy.Parse(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, freebusy.Merge(read.Periods), again.Periods)
		require.True(t, read.Start.Equal(again.Start) && read.End.Equal(again.End) && read.Stamp.Equal(again.Stamp))
		require.Equal(t, text, freebusy.Append(nil, again))
		for line := range strings.SplitSeq(string(text), "\r\n") {
			require.LessOrEqual(t, len(line), 75)
		}
	})
}
