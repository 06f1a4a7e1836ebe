package statistics

import (
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
)

// WriteCalls writes calls themselves, one a line, as [Report.WriteCSV] writes what was
// counted, with the same care for spreadsheets. The columns are
//
//	end,direction,name,address,seconds,alert,error,program,call
//
// end is a time with its distance from UTC (RFC 3339), seconds are empty for a call that
// never connected, and call is the Call-ID. Lines that are no records, and records in
// another format, are left out. Any other error of calls ends it, and is returned.
func WriteCalls(w io.Writer, calls iter.Seq2[calllog.Record, error]) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"end", "direction", "name", "address", "seconds", "alert", "error", "program", "call"}) // Error has all errors
	for r, err := range calls {
		if _, bad := errors.AsType[*calllog.SyntaxError](err); bad || err == nil && r.Raw != "" {
			continue
		}
		if err != nil {
			return err
		}
		seconds := ""
		if r.Answered {
			seconds = strconv.FormatInt(int64(r.CallTime/time.Second), 10)
		}
		cells := []string{
			r.End.Format(time.RFC3339), direction(&r), r.Peer.Name, r.Peer.Address, seconds,
			strconv.FormatInt(int64(r.AlertTime/time.Second), 10), r.ErrorCode, r.Program, r.CallID,
		}
		for i := range cells {
			cells[i] = defuse(cells[i])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteCSV writes the report as CSV (RFC 4180, with LF), in the order it has. The
// columns are
//
//	group,key,calls,failed,seconds,longest
//
// and the groups total; day, direction, peer, error and program, each followed by
// what has no row of its own, as "other peers"; and at the end "bad lines" and
// "other formats", which have their number as calls.
//
// Peers and programs come from strangers. A key that a spreadsheet would take for a
// formula, since it begins with one of = + - @ (ASCII or full width), TAB, CR or LF,
// gets an apostrophe in front: "'=1+1". So a number such as +49123 stays text as
// well. Where a semicolon or a TAB in it would begin a new cell, in a spreadsheet
// that takes those for separators, the same goes for what follows. JSON has the keys
// as they are.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"group", "key", "calls", "failed", "seconds", "longest"}) // Error has all errors
	writeCount(out, "total", "", r.Total)
	for _, t := range []struct {
		group, others string
		Table
	}{
		{"day", "other days", r.Days},
		{"direction", "other directions", r.Directions},
		{"peer", "other peers", r.Peers},
		{"error", "other errors", r.Errors},
		{"program", "other programs", r.Programs},
	} {
		for _, row := range t.Rows {
			writeCount(out, t.group, row.Key, row.Count)
		}
		if t.Other != (Count{}) {
			writeCount(out, t.others, "", t.Other)
		}
	}
	writeCount(out, "bad lines", "", Count{Calls: r.BadLines})
	writeCount(out, "other formats", "", Count{Calls: r.OtherFormats})
	out.Flush()
	return out.Error()
}

func writeCount(out *csv.Writer, group, key string, c Count) {
	cells := []string{group, defuse(key)}
	for _, n := range []int64{c.Calls, c.Failed, c.Seconds, c.Longest} {
		cells = append(cells, strconv.FormatInt(n, 10))
	}
	_ = out.Write(cells)
}

// defuse makes sure that a spreadsheet takes no part of a cell for a formula.
func defuse(cell string) string {
	var b strings.Builder
	written, begins := 0, true // a cell
	for i, r := range cell {
		sign, separator := strings.ContainsRune("=+-@＝＋－＠", r), strings.ContainsRune(";\t\r\n", r)
		if begins && sign || i == 0 && separator && r != ';' {
			b.WriteString(cell[written:i])
			b.WriteByte('\'')
			written = i
		}
		begins = separator || begins && (r == ' ' || r == '"')
	}
	b.WriteString(cell[written:])
	return b.String()
}
