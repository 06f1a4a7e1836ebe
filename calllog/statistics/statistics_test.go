package statistics_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/statistics"
)

// months are logs of two months, with one bad line and one of another format.
var months = []struct{ name, text string }{
	{"calls-2008-Dec", "2\t31-Dec 23:59:58\tI\t\"Ann\" <ann@d5>\t1\t125\t7\t\n" +
		"2\t01-Jan 00:00:01\tO\t\"Bob\" <bob@d4>\t2\t\t20\t486\n"},
	{"calls-2009-Jan", "2\t01-Jan 10:00:00\tI\t\"Ann A.\" <ann@d5>\t3\t30\t1\t\tvoicemail\n" +
		"2\t01-Jan broken\n" +
		"3\tanother format\n" +
		"2\t02-Jan 11:00:00\tO\t<ann@d5>\t4\t12\t3\tdisconnected\n"},
}

func add(t testing.TB, c *statistics.Collector, name, text string, bad func(*calllog.SyntaxError)) {
	t.Helper()
	year, month, ok := calllog.ParseFileName(name)
	require.True(t, ok)
	o := &calllog.Options{Year: year, Month: month, Location: time.UTC}
	require.NoError(t, c.AddAll(calllog.Read(strings.NewReader(text), o), bad))
}

func TestReportOfSeveralMonths(t *testing.T) {
	t.Parallel()
	var c statistics.Collector
	var lines []int
	for _, m := range months {
		add(t, &c, m.name, m.text, func(e *calllog.SyntaxError) { lines = append(lines, e.Line) })
	}
	require.Equal(t, []int{2}, lines)
	count := func(calls, failed, seconds, longest int64) statistics.Count {
		return statistics.Count{Calls: calls, Failed: failed, Seconds: seconds, Longest: longest}
	}
	require.Equal(t, statistics.Report{
		Total:      count(4, 1, 167, 125),
		Days:       statistics.Table{Rows: []statistics.Row{{"2008-12-31", count(1, 0, 125, 125)}, {"2009-01-01", count(2, 1, 30, 30)}, {"2009-01-02", count(1, 0, 12, 12)}}},
		Directions: statistics.Table{Rows: []statistics.Row{{"incoming", count(2, 0, 155, 125)}, {"outgoing", count(2, 1, 12, 12)}}},
		Peers:      statistics.Table{Rows: []statistics.Row{{"ann@d5", count(3, 0, 167, 125)}, {"bob@d4", count(1, 1, 0, 0)}}},
		Errors:     statistics.Table{Rows: []statistics.Row{{"", count(2, 0, 155, 125)}, {"486", count(1, 1, 0, 0)}, {"disconnected", count(1, 0, 12, 12)}}},
		Programs:   statistics.Table{Rows: []statistics.Row{{"", count(3, 1, 137, 125)}, {"voicemail", count(1, 0, 30, 30)}}},
		BadLines:   1, OtherFormats: 1,
	}, c.Report())
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(new(statistics.Collector).Report())
	require.NoError(t, err)
	const zero, none = `{"calls":0,"failed":0,"seconds":0,"longest":0}`, `{"rows":[]}`
	require.JSONEq(t, `{"total":`+zero+`,"days":`+none+`,"directions":`+none+`,"peers":`+none+`,"errors":`+none+
		`,"programs":`+none+`,"badLines":0,"otherFormats":0}`, string(text))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 5 { // maps have a new order each time
		c := statistics.Collector{MaxKeys: 1}
		for _, m := range months {
			add(t, &c, m.name, m.text, nil)
		}
		text, err := json.Marshal(c.Report())
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		require.Equal(t, texts[0], text)
	}
	require.Contains(t, texts[0], `"peers":{"rows":[{"key":"ann@d5","calls":3,"failed":0,"seconds":167,"longest":125}],`+
		`"other":{"calls":1,"failed":1,"seconds":0,"longest":0}}`)
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	c := statistics.Collector{MaxKeys: 2}
	for _, m := range months {
		add(t, &c, m.name, m.text, nil)
	}
	var out bytes.Buffer
	require.NoError(t, c.Report().WriteCSV(&out))
	require.Equal(t, `group,key,calls,failed,seconds,longest
total,,4,1,167,125
day,2008-12-31,1,0,125,125
day,2009-01-01,2,1,30,30
other days,,1,0,12,12
direction,incoming,2,0,155,125
direction,outgoing,2,1,12,12
peer,ann@d5,3,0,167,125
peer,bob@d4,1,1,0,0
error,,2,0,155,125
error,486,1,1,0,0
other errors,,1,0,12,12
program,,3,1,137,125
program,voicemail,1,0,30,30
bad lines,,1,0,0,0
other formats,,1,0,0,0
`, out.String())

	broken := errors.New("disk is full")
	require.ErrorIs(t, c.Report().WriteCSV(brokenWriter{broken}), broken)
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// What a stranger calls himself is no formula in the owner's spreadsheet.
func TestWriteCSVDefusesFormulas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ peer, want string }{
		{"=1+1", "'=1+1"},
		{"+49123456", "'+49123456"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t'=1"},
		{"\r=1", "'\r'=1"},
		{"\n=1", "'\n'=1"},
		{"＝1", "'＝1"},
		{" =1", " '=1"},
		{`"=1`, `"'=1`},
		{"x;=1", "x;'=1"},
		{`x; "-1`, `x; "'-1`},
		{"x\t@1", "x\t'@1"},
		{";=1", ";'=1"},
		{"john@client1.com", "john@client1.com"},
		{"sip:john@client1.com;transport=udp", "sip:john@client1.com;transport=udp"},
		{"5551234", "5551234"},
		{"'=1", "'=1"},
		{"a, \"b\"", "a, \"b\""},
		{"\xff=", "\xff="},
	} {
		var c statistics.Collector
		c.Add(calllog.Record{Peer: calllog.Peer{Address: tt.peer}})
		var out bytes.Buffer
		require.NoError(t, c.Report().WriteCSV(&out))
		rows, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Equal(t, "peer", rows[4][0])
		require.Equal(t, tt.want, rows[4][1])
	}
}

func TestCollectorIsBounded(t *testing.T) {
	t.Parallel()
	c := statistics.Collector{MaxKeys: 3}
	end := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100 {
		id := fmt.Sprint(i % 10)
		c.Add(calllog.Record{End: end.AddDate(0, 0, i), Peer: calllog.Peer{Address: id}, ErrorCode: id, Program: id})
	}
	r := c.Report()
	for _, table := range []statistics.Table{r.Peers, r.Errors, r.Programs} {
		require.Len(t, table.Rows, 3)
		require.EqualValues(t, 70, table.Other.Calls)
	}
	require.Len(t, r.Days.Rows, 3)
	require.EqualValues(t, 97, r.Days.Other.Calls)

	c = statistics.Collector{}
	long := strings.Repeat("x", 1000)
	for _, peer := range []string{long, long + "y", long, long + "z"} {
		c.Add(calllog.Record{Peer: calllog.Peer{Address: peer}})
	}
	r = c.Report()
	require.Equal(t, []statistics.Row{{long, statistics.Count{Calls: 2, Failed: 2}}}, r.Peers.Rows)
	require.EqualValues(t, 2, r.Peers.Other.Calls)

	c = statistics.Collector{}
	for i := range 20_000 {
		c.Add(calllog.Record{Program: fmt.Sprint(i)})
	}
	r = c.Report()
	require.Len(t, r.Programs.Rows, 10_000)
	require.EqualValues(t, 10_000, r.Programs.Other.Calls)
}

func TestCountsDoNotOverflow(t *testing.T) {
	t.Parallel()
	var c statistics.Collector
	most := calllog.Record{Answered: true, CallTime: math.MaxInt64}
	for range 3 {
		c.Add(most)
	}
	c.Add(calllog.Record{Answered: true, CallTime: -time.Hour})
	require.Equal(t, statistics.Count{Calls: 4, Seconds: 3 * 9223372036, Longest: 9223372036}, c.Report().Total)
}

func TestPeerWithoutAddress(t *testing.T) {
	t.Parallel()
	var c statistics.Collector
	c.Add(calllog.Record{Peer: calllog.Peer{Name: "Ann"}})
	require.Equal(t, "Ann", c.Report().Peers.Rows[0].Key)
}

// A report is of the time it was made.
func TestReportIsACopy(t *testing.T) {
	t.Parallel()
	var c statistics.Collector
	c.Add(calllog.Record{})
	before := c.Report()
	c.Add(calllog.Record{})
	require.EqualValues(t, 1, before.Days.Rows[0].Calls)
	require.EqualValues(t, 2, c.Report().Days.Rows[0].Calls)
}

func TestAddAllEndsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk is gone")
	var c statistics.Collector
	src := io.MultiReader(strings.NewReader(months[0].text), iotest.ErrReader(broken))
	require.ErrorIs(t, c.AddAll(calllog.Read(src, &calllog.Options{Year: 2008}), nil), broken)
	require.EqualValues(t, 2, c.Report().Total.Calls)
}

// Whatever stands in a log: no call is counted twice or not at all, and the CSV
// has neither a formula nor another number of rows.
func FuzzCollector(f *testing.F) {
	for _, m := range months {
		f.Add(m.text, 2)
	}
	f.Add("2\t29-Feb 00:00:00\tI\t\"=1;=1\" <@x>\t\"\n\t9223372036\t\t-\t+\r\n\xff", 1)
	f.Fuzz(func(t *testing.T, text string, maxKeys int) {
		c := statistics.Collector{MaxKeys: maxKeys}
		var bad int64
		o := &calllog.Options{Year: 2009, Location: time.UTC, MaxLine: 4096}
		require.NoError(t, c.AddAll(calllog.Read(strings.NewReader(text), o), func(*calllog.SyntaxError) { bad++ }))
		r := c.Report()
		require.Equal(t, bad, r.BadLines)
		require.LessOrEqual(t, r.Total.Calls+r.BadLines+r.OtherFormats, int64(strings.Count(text, "\n")+1))
		rows := 1 + 1 + 2 // heading, total, bad lines, other formats
		for _, table := range []statistics.Table{r.Days, r.Directions, r.Peers, r.Errors, r.Programs} {
			sum := table.Other
			for _, row := range table.Rows {
				sum.Calls += row.Calls
				sum.Failed += row.Failed
				sum.Seconds += row.Seconds
				sum.Longest = max(sum.Longest, row.Longest)
			}
			require.Equal(t, r.Total, sum)
			if maxKeys > 0 {
				require.LessOrEqual(t, len(table.Rows), maxKeys)
			}
			rows += len(table.Rows)
			if table.Other.Calls > 0 {
				rows++
			}
		}
		var out bytes.Buffer
		require.NoError(t, r.WriteCSV(&out))
		for _, comma := range []rune{',', ';', '\t'} {
			lines := csv.NewReader(bytes.NewReader(out.Bytes()))
			lines.Comma, lines.LazyQuotes, lines.FieldsPerRecord = comma, true, -1
			cells, err := lines.ReadAll()
			require.NoError(t, err)
			if comma == ',' {
				require.Len(t, cells, rows)
			}
			for _, line := range cells {
				for _, cell := range line {
					require.NotRegexp(t, "^[=+@\\-\t\r]", cell)
				}
			}
		}
		_, err := json.Marshal(r)
		require.NoError(t, err)
	})
}

func BenchmarkCollector(b *testing.B) {
	var text []byte
	for i := range 10_000 {
		text = calllog.AppendRecord(text, calllog.Record{
			End: time.Date(2009, time.March, 1, 0, i*4, 0, 0, time.UTC), Answered: i%4 != 0, CallTime: 0,
			Peer: calllog.Peer{Address: fmt.Sprintf("caller%d@client1.com", i%100)}, CallID: fmt.Sprint(i),
		})
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var c statistics.Collector
		o := &calllog.Options{Year: 2009, Location: time.UTC}
		require.NoError(b, c.AddAll(calllog.Read(bytes.NewReader(text), o), nil))
		require.EqualValues(b, 10_000, c.Report().Total.Calls)
	}
}

func TestWriteCalls(t *testing.T) {
	t.Parallel()
	const text = "2\t31-Dec 23:59:58\tI\t\"=Ann; +1\" <ann@d5>\t@1\t125\t7\t\n" +
		"2\t01-Jan broken\n3\tanother format\n" +
		"2\t31-Dec 00:00:01\tO\t\"Bob, Jr\" <+49@d4>\t2\t\t20\t-486\tvoice\n"
	calls := calllog.Read(strings.NewReader(text), &calllog.Options{Year: 2008, Month: time.December, Location: time.FixedZone("", 3600)})
	var out bytes.Buffer
	require.NoError(t, statistics.WriteCalls(&out, calls))
	require.Equal(t, "end,direction,name,address,seconds,alert,error,program,call\n"+
		"2008-12-31T23:59:58+01:00,incoming,'=Ann; '+1,ann@d5,125,7,,,'@1\n"+
		"2008-12-31T00:00:01+01:00,outgoing,\"Bob, Jr\",'+49@d4,,20,'-486,voice,2\n", out.String())

	broken := errors.New("broken")
	require.ErrorIs(t, statistics.WriteCalls(io.Discard, calllog.Read(iotest.ErrReader(broken), nil)), broken)
	require.ErrorIs(t, statistics.WriteCalls(brokenWriter{broken}, calllog.Read(strings.NewReader(text), nil)), broken)
}
