package calllog_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/stretchr/testify/require"
)

// manyCalls is the log of a busy month: 10,000 calls, every fourth of them in
// vain, with 100 peers and Call-IDs of the usual length (RFC 3261 §8.1.1.4).
// The names have no quotes: encoding/csv would take what follows a quote, up to
// the next one before a TAB, for one field.
func manyCalls() (text string, records int) {
	const n = 10_000
	var b strings.Builder
	for i := range n {
		r := calllog.Record{
			End: at(1, 0, 0, 0).Add(time.Duration(i) * 4 * time.Minute), Outgoing: i%3 == 0,
			Peer:   calllog.Peer{Name: fmt.Sprintf("Caller %d", i%100), Address: fmt.Sprintf("caller%d@client%d.com", i%100, i%7)},
			CallID: fmt.Sprintf("f81d4fae-7dec-11d0-a765-%012x@10.0.1.5", i), AlertTime: time.Duration(i%30) * time.Second,
		}
		if i%4 == 0 {
			r.ErrorCode = "486"
		} else {
			r.Answered, r.CallTime = true, time.Duration(i%500)*time.Second
		}
		b.Write(calllog.AppendRecord(nil, r))
	}
	return strings.ReplaceAll(b.String(), `"`, ""), n
}

// BenchmarkRead reads a log; by encoding/csv the fields alone of the same text,
// with times, peers and numbers not looked at; and by encoding/csv the same
// records.
func BenchmarkRead(b *testing.B) {
	src, records := manyCalls()
	run := func(name string, read func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				n, err := read()
				require.NoError(b, err)
				require.Equal(b, records, n)
			}
		})
	}
	run("calllog", func() (n int, err error) {
		for _, err := range calllog.Read(strings.NewReader(src), march2009) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
	fields := func(reuse bool, use func([]string) error) func() (int, error) {
		return func() (n int, err error) {
			r := csv.NewReader(strings.NewReader(src))
			r.Comma, r.LazyQuotes, r.ReuseRecord = '\t', true, reuse
			for {
				fields, err := r.Read()
				if err == io.EOF {
					return n, nil
				}
				if err == nil {
					err = use(fields)
				}
				if err != nil {
					return n, err
				}
				n++
			}
		}
	}
	nothing := func([]string) error { return nil }
	run("csv fields", fields(false, nothing))
	run("csv fields reused", fields(true, nothing))
	run("csv records", fields(true, func(fields []string) error { _, err := recordOf(fields); return err }))
}

// recordOf makes a record of fields as they are without TAB.
func recordOf(fields []string) (r calllog.Record, err error) {
	if r.End, err = time.Parse("2006 02-Jan 15:04:05", "2009 "+fields[1]); err != nil {
		return r, err
	}
	name, address, _ := strings.Cut(fields[3], " <")
	r.Outgoing, r.CallID, r.ErrorCode = fields[2] == "O", fields[4], fields[7]
	r.Peer = calllog.Peer{Name: name, Address: strings.TrimSuffix(address, ">")}
	if r.Answered = fields[5] != ""; r.Answered {
		seconds, err := strconv.Atoi(fields[5])
		if err != nil {
			return r, err
		}
		r.CallTime = time.Duration(seconds) * time.Second
	}
	seconds, err := strconv.Atoi(fields[6])
	r.AlertTime = time.Duration(seconds) * time.Second
	return r, err
}
