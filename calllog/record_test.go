package calllog_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/stretchr/testify/require"
)

// march2009 are the options for the samples.
var march2009 = &calllog.Options{Year: 2009, Location: time.UTC}

// at returns a moment in March 2009.
func at(day, hour, minute, second int) time.Time {
	return time.Date(2009, time.March, day, hour, minute, second, 0, time.UTC)
}

// samples are lines in the form that AppendRecord gives them.
var samples = []struct {
	name   string
	line   string
	record calllog.Record
}{
	{"incoming", `2	05-Mar 14:03:22	I	"John Smith" <jsmith@client1.com>	a84b4c76@pc33.client1.com	125	7	`, calllog.Record{
		End: at(5, 14, 3, 22), Peer: calllog.Peer{Name: "John Smith", Address: "jsmith@client1.com"},
		CallID: "a84b4c76@pc33.client1.com", Answered: true, CallTime: 125 * time.Second, AlertTime: 7 * time.Second,
	}},
	{"outgoing", `2	05-Mar 14:20:10	O	"Sales" <sales@domain2.dom>	f81d4fae@10.0.1.5	31	4	`, calllog.Record{
		End: at(5, 14, 20, 10), Outgoing: true, Peer: calllog.Peer{Name: "Sales", Address: "sales@domain2.dom"},
		CallID: "f81d4fae@10.0.1.5", Answered: true, CallTime: 31 * time.Second, AlertTime: 4 * time.Second,
	}},
	{"with program", `2	05-Mar 15:00:41	I	"Guest" <guest@domain3.dom>	3848276298@10.0.1.9	62	0		voicemail`, calllog.Record{
		End: at(5, 15, 0, 41), Peer: calllog.Peer{Name: "Guest", Address: "guest@domain3.dom"},
		CallID: "3848276298@10.0.1.9", Answered: true, CallTime: 62 * time.Second, Program: "voicemail",
	}},
	{"failed", `2	06-Mar 09:12:55	O	"Bob" <bob@domain4.dom>	70710@10.0.1.5		20	486`, calllog.Record{
		End: at(6, 9, 12, 55), Outgoing: true, Peer: calllog.Peer{Name: "Bob", Address: "bob@domain4.dom"},
		CallID: "70710@10.0.1.5", AlertTime: 20 * time.Second, ErrorCode: "486",
	}},
	{"failed with program", `2	06-Mar 10:01:02	I	"Ann" <ann@domain5.dom>	99122@10.0.1.7		15	487	pbx`, calllog.Record{
		End: at(6, 10, 1, 2), Peer: calllog.Peer{Name: "Ann", Address: "ann@domain5.dom"},
		CallID: "99122@10.0.1.7", AlertTime: 15 * time.Second, ErrorCode: "487", Program: "pbx",
	}},
	{"disconnect reason", `2	06-Mar 11:30:00	O	"Ann" <ann@domain5.dom>	99123@10.0.1.5	12	3	disconnected`, calllog.Record{
		End: at(6, 11, 30, 0), Outgoing: true, Peer: calllog.Peer{Name: "Ann", Address: "ann@domain5.dom"},
		CallID: "99123@10.0.1.5", Answered: true, CallTime: 12 * time.Second, AlertTime: 3 * time.Second, ErrorCode: "disconnected",
	}},
	{"answered for no time", `2	01-Mar 00:00:00	I	<a@b>	x	0	0	`, calllog.Record{
		End: at(1, 0, 0, 0), Peer: calllog.Peer{Address: "a@b"}, CallID: "x", Answered: true,
	}},
	{"escapes in the name", `2	01-Mar 00:00:00	I	"A \"B\" \\ <C>" <a@b>		5	0	`, calllog.Record{
		End: at(1, 0, 0, 0), Peer: calllog.Peer{Name: `A "B" \ <C>`, Address: "a@b"}, Answered: true, CallTime: 5 * time.Second,
	}},
	{"other format", `3	anything	at all`, calllog.Record{Raw: "3\tanything\tat all"}},
	{"older format", `1`, calllog.Record{Raw: "1"}},
}

func TestParseAndAppend(t *testing.T) {
	t.Parallel()
	for _, tt := range samples {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := calllog.ParseRecord(tt.line, march2009)
			require.NoError(t, err)
			require.Equal(t, tt.record, got)
			require.Equal(t, "kept "+tt.line+"\n", string(calllog.AppendRecord([]byte("kept "), tt.record)))
		})
	}
}

func TestParsePeer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		text string
		want calllog.Peer
	}{
		{"no quotes", "John Smith <j@c>", calllog.Peer{Name: "John Smith", Address: "j@c"}},
		{"no name", "<j@c>", calllog.Peer{Address: "j@c"}},
		{"empty name", `"" <j@c>`, calllog.Peer{Address: "j@c"}},
		{"address alone", "j@c", calllog.Peer{Address: "j@c"}},
		{"number alone", " 5551234 ", calllog.Peer{Address: "5551234"}},
		{"name alone", `"John"`, calllog.Peer{Name: "John"}},
		{"no blank between", `"John"<j@c>`, calllog.Peer{Name: "John", Address: "j@c"}},
		{"bracket in an unquoted name", `a < b <j@c>`, calllog.Peer{Name: "a < b", Address: "j@c"}},
		{"bracket in a quoted name", `"a <b>" <j@c>`, calllog.Peer{Name: "a <b>", Address: "j@c"}},
		{"escapes", `"\\\"x\y" <j@c>`, calllog.Peer{Name: `\"xy`, Address: "j@c"}},
		{"escape first", `"\\" <j@c>`, calllog.Peer{Name: `\`, Address: "j@c"}},
		{"empty", "", calllog.Peer{}},
		{"quote without end", `"John <j@c>`, calllog.Peer{Address: `"John <j@c>`}},
		{"escape at the end", `"John\`, calllog.Peer{Address: `"John\`}},
		{"text after the name", `"John" x`, calllog.Peer{Address: `"John" x`}},
		{"bracket without end", `John <j@c`, calllog.Peer{Address: `John <j@c`}},
		{"end of bracket alone", `>`, calllog.Peer{Address: `>`}},
		{"name and end of bracket", `"John" >`, calllog.Peer{Address: `"John" >`}},
		{"start of bracket after the name", `"John" <`, calllog.Peer{Address: `"John" <`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := calllog.ParseRecord("2\t05-Mar 14:03:22\tI\t"+tt.text+"\tid\t\t\t", march2009)
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Peer)
		})
	}
}

func TestParseRecordRefuses(t *testing.T) {
	t.Parallel()
	line := func(end, direction, call, alert string) string {
		return strings.Join([]string{"2", end, direction, "<a@b>", "id", call, alert, ""}, "\t")
	}
	for _, tt := range []struct{ name, line, wantErr string }{
		{"empty", "", "calllog: record does not start with a version number"},
		{"no version", "x\ty", "version number"},
		{"version with more", "2 \t", "version number"},
		{"version alone", "2", "record of 1 fields"},
		{"seven fields", "2\t05-Mar 14:03:22\tI\t<a@b>\tid\t\t", "record of 7 fields"},
		{"ten fields", line("05-Mar 14:03:22", "I", "", "") + "\t\t", "record of 10 fields"},
		{"direction missing", line("05-Mar 14:03:22", "", "", ""), "direction"},
		{"direction in lower case", line("05-Mar 14:03:22", "i", "", ""), "direction"},
		{"no such month", line("05-Mrz 14:03:22", "I", "", ""), "end time"},
		{"month in lower case", line("05-mar 14:03:22", "I", "", ""), "end time"},
		{"no such day", line("32-Mar 14:03:22", "I", "", ""), "end time"},
		{"30th of February", line("30-Feb 14:03:22", "I", "", ""), "end time"},
		{"day 0 of no month", line("00-Mrz 14:03:22", "I", "", ""), "end time"},
		{"29th of February", line("29-Feb 14:03:22", "I", "", ""), "29-Feb in 2009"},
		{"short hour", line("05-Mar 4:03:22", "I", "", ""), "end time"},
		{"hour 24", line("05-Mar 24:00:00", "I", "", ""), "end time"},
		{"second 60", line("05-Mar 23:59:60", "I", "", ""), "end time"},
		{"fraction", line("05-Mar 14:03:22.5", "I", "", ""), "end time"},
		{"no end time", line("", "I", "", ""), "end time"},
		{"call time with a unit", line("05-Mar 14:03:22", "I", "5s", ""), "call time: not a number"},
		{"negative call time", line("05-Mar 14:03:22", "I", "-5", ""), "call time: not a number"},
		{"call time of a blank", line("05-Mar 14:03:22", "I", " ", ""), "call time: not a number"},
		{"call time with a sign", line("05-Mar 14:03:22", "I", "+5", ""), "call time: not a number"},
		{"call time in other digits", line("05-Mar 14:03:22", "I", "٥", ""), "call time: not a number"},
		{"alert time beyond time.Duration", line("05-Mar 14:03:22", "I", "", "9223372037"), "alert time: more seconds"},
		{"alert time beyond all numbers", line("05-Mar 14:03:22", "I", "", strings.Repeat("9", 400)), "alert time: more seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := calllog.ParseRecord(tt.line, march2009)
			require.ErrorContains(t, err, tt.wantErr)
			var bad *calllog.SyntaxError
			require.ErrorAs(t, err, &bad)
			require.Zero(t, bad.Line)
		})
	}
}

func TestParseRecordYearAndLocation(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	got, err := calllog.ParseRecord("2\t29-Feb 14:03:22\tI\t\t\t\t\t", &calllog.Options{Year: 2008, Location: zone})
	require.NoError(t, err)
	require.Equal(t, "2008-02-29T14:03:22+01:00", got.End.Format(time.RFC3339))

	got, err = calllog.ParseRecord("2\t01-Mar 14:03:22\tI\t\t\t\t\t", &calllog.Options{Year: 2009})
	require.NoError(t, err)
	require.Equal(t, time.Date(2009, time.March, 1, 14, 3, 22, 0, time.Local), got.End)
}

// The year changes between the end of a call and the next one in its file.
func TestParseRecordTurnOfTheYear(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		file string // of which month; empty: not known
		end  string
		want string
	}{
		{"January in December's log", "calls-2008-Dec", "01-Jan 00:00:03", "2009-01-01 00:00:03"},
		{"December in January's log", "calls-2009-Jan", "31-Dec 23:59:58", "2008-12-31 23:59:58"},
		{"December in its log", "calls-2008-Dec", "31-Dec 23:59:58", "2008-12-31 23:59:58"},
		{"January in its log", "calls-2009-Jan", "01-Jan 00:00:03", "2009-01-01 00:00:03"},
		{"February in December's log", "calls-2009-Dec", "01-Feb 00:00:00", "2009-02-01 00:00:00"},
		{"November in January's log", "calls-2009-Jan", "30-Nov 00:00:00", "2009-11-30 00:00:00"},
		{"January in November's log", "calls-2009-Nov", "01-Jan 00:00:00", "2009-01-01 00:00:00"},
		{"month not known", "", "01-Jan 00:00:00", "2009-01-01 00:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := *march2009
			if tt.file != "" {
				var ok bool
				o.Year, o.Month, ok = calllog.ParseFileName(tt.file)
				require.True(t, ok)
			}
			got, err := calllog.ParseRecord("2\t"+tt.end+"\tI\t\t\t\t\t", &o)
			require.NoError(t, err)
			require.Equal(t, tt.want, got.End.Format(time.DateTime))
		})
	}
}

func TestParseRecordLenient(t *testing.T) {
	t.Parallel()
	lenient := *march2009
	lenient.Lenient = true
	for _, tt := range []struct {
		name   string
		line   string
		answer bool
		ok     bool
	}{
		{"four fields", "2\t05-Mar 14:03:22\tI\t<a@b>", false, false},
		{"five fields", "2\t05-Mar 14:03:22\tI\t<a@b>\tid", false, true},
		{"six fields", "2\t05-Mar 14:03:22\tI\t<a@b>\tid\t5", true, true},
		{"seven fields", "2\t05-Mar 14:03:22\tI\t<a@b>\tid\t5\t0", true, true},
		{"ten fields", "2\t05-Mar 14:03:22\tI\t<a@b>\tid\t5\t0\t\t\t", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := calllog.ParseRecord(tt.line, &lenient)
			if !tt.ok {
				require.ErrorContains(t, err, "fields")
				return
			}
			require.NoError(t, err)
			require.Equal(t, "id", got.CallID)
			require.Equal(t, tt.answer, got.Answered)
			require.Empty(t, got.ErrorCode)
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*calllog.Record)
		want   string // empty: valid
	}{
		{"as it is", func(*calllog.Record) {}, ""},
		{"no peer, no Call-ID", func(r *calllog.Record) { r.Peer, r.CallID = calllog.Peer{}, "" }, ""},
		{"TAB and LF", func(r *calllog.Record) { r.Program = "a\tb\n" }, ""},
		{"raw", func(r *calllog.Record) { r.Raw = "3" }, "raw record"},
		{"no end", func(r *calllog.Record) { r.End = time.Time{} }, "without an end time"},
		{"year of five digits", func(r *calllog.Record) { r.End = r.End.AddDate(8000, 0, 0) }, "year 10009"},
		{"negative call time", func(r *calllog.Record) { r.CallTime = -1 }, "negative"},
		{"negative alert time", func(r *calllog.Record) { r.AlertTime = -time.Hour }, "negative"},
		{"not answered", func(r *calllog.Record) { r.Answered = false }, "did not connect"},
		{"too long", func(r *calllog.Record) { r.CallID = strings.Repeat("x", calllog.DefaultMaxLine) }, "longer than 65536 bytes"},
		{"line breaks alone", func(r *calllog.Record) { r.CallID = strings.Repeat("\n", calllog.DefaultMaxLine) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := samples[0].record
			tt.change(&r)
			err := r.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestAppendRecordKeepsToItsLine(t *testing.T) {
	t.Parallel()
	const bad = "a\tb\r\nc"
	line := string(calllog.AppendRecord(nil, calllog.Record{
		End: at(1, 0, 0, 0), Peer: calllog.Peer{Name: bad, Address: bad}, CallID: bad,
		AlertTime: -time.Second, CallTime: time.Hour, ErrorCode: bad, Program: bad,
	}))
	require.Equal(t, "2\t01-Mar 00:00:00\tI\t\"abc\" <abc>\tabc\t\t0\tabc\tabc\n", line)

	require.Equal(t, "3\tx2\ty\n", string(calllog.AppendRecord(nil, calllog.Record{Raw: "3\tx\r\n2\ty"})))
}

func TestLongestDurationSurvives(t *testing.T) {
	t.Parallel()
	line := calllog.AppendRecord(nil, calllog.Record{End: at(1, 0, 0, 0), AlertTime: math.MaxInt64})
	got, err := calllog.ParseRecord(strings.TrimSuffix(string(line), "\n"), march2009)
	require.NoError(t, err)
	require.Equal(t, 9223372036*time.Second, got.AlertTime)
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		file  string
		year  int
		month time.Month
		ok    bool
	}{
		{"sample", "calls-2009-Mar", 2009, time.March, true},
		{"first year", "calls-0000-Jan", 0, time.January, true},
		{"last year", "calls-9999-Dec", 9999, time.December, true},
		{"month in lower case", "calls-2009-mar", 0, 0, false},
		{"month as a number", "calls-2009-03", 0, 0, false},
		{"prefix in upper case", "Calls-2009-Mar", 0, 0, false},
		{"more behind", "calls-2009-Mar.meta", 0, 0, false},
		{"path", "private/logs/calls-2009-Mar", 0, 0, false},
		{"short year", "calls-209-Mar", 0, 0, false},
		{"long year", "calls-12009-Mar", 0, 0, false},
		{"nothing", "", 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			year, month, ok := calllog.ParseFileName(tt.file)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.year, year)
			require.Equal(t, tt.month, month)
			if ok {
				require.Equal(t, tt.file, calllog.FileName(time.Date(year, month, 28, 23, 59, 59, 0, time.UTC)))
			}
		})
	}
}

func TestFileNameIsOfTheLocationOfTheTime(t *testing.T) {
	t.Parallel()
	end := time.Date(2009, time.March, 31, 23, 30, 0, 0, time.UTC)
	require.Equal(t, "calls-2009-Mar", calllog.FileName(end))
	require.Equal(t, "calls-2009-Apr", calllog.FileName(end.In(time.FixedZone("", 3600))))
}
