package statistics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Report is what a Collector has counted. Each table has all calls, so that its
// rows and Other add up to Total. Encoded as JSON (package encoding/json) it is the
// same text for the same calls in the same order.
type Report struct {
	Total      Count `json:"total"`
	Days       Table `json:"days"`       // by date, 2009-03-05
	Directions Table `json:"directions"` // incoming, outgoing
	Peers      Table `json:"peers"`
	Errors     Table `json:"errors"`   // by error code; "" is none
	Programs   Table `json:"programs"` // "" is none
	// BadLines are lines that are no records, OtherFormats are records in
	// another format than 2. They are counted nowhere else.
	BadLines     int64 `json:"badLines"`
	OtherFormats int64 `json:"otherFormats"`
}

// Table has calls by a key.
type Table struct {
	// Rows are those of days by date, and of the others with the most calls
	// first, and by key where they have equally many.
	Rows []Row `json:"rows"`
	// Other are the calls of all keys that have no row.
	Other Count `json:"other,omitzero"`
}

// Row is one line of a Table.
type Row struct {
	Key string `json:"key"`
	Count
}

// Report returns what has been counted up to now. It shares nothing with the
// Collector.
func (c *Collector) Report() Report {
	return Report{
		Total:        c.total,
		Days:         c.days.report(byKey),
		Directions:   c.directions.report(byCalls),
		Peers:        c.peers.report(byCalls),
		Errors:       c.codes.report(byCalls),
		Programs:     c.programs.report(byCalls),
		BadLines:     c.badLines,
		OtherFormats: c.otherFormats,
	}
}

func (t *table) report(order func(a, b Row) int) Table {
	rows := make([]Row, 0, len(t.rows))
	for key, count := range maps.All(t.rows) {
		rows = append(rows, Row{key, *count})
	}
	slices.SortFunc(rows, order)
	return Table{rows, t.other}
}

func byKey(a, b Row) int { return strings.Compare(a.Key, b.Key) }

func byCalls(a, b Row) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), byKey(a, b)) }
