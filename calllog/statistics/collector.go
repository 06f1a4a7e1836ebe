package statistics

import (
	"errors"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
)

// Bounds of what a Collector tells apart. Our choice.
const (
	defaultMaxKeys = 10_000
	maxKeyBytes    = 1000
)

// Count is what there is to tell of some calls.
type Count struct {
	Calls   int64 `json:"calls"`
	Failed  int64 `json:"failed"`  // of them, those that never connected
	Seconds int64 `json:"seconds"` // how long they were connected, all together
	Longest int64 `json:"longest"` // the longest of them, in seconds
}

func (c *Count) add(r *calllog.Record) {
	c.Calls++
	if !r.Answered {
		c.Failed++
		return
	}
	seconds := max(int64(r.CallTime/time.Second), 0)
	c.Seconds += min(seconds, math.MaxInt64-c.Seconds) // without overflow
	c.Longest = max(c.Longest, seconds)
}

// Collector counts calls. The zero value has counted none. It is for one goroutine
// at a time. Use field names.
//
// It tells so many days, peers, error codes and programs apart as MaxKeys says:
// those that come first. Calls of further ones, and of those whose name is longer
// than 1,000 bytes, are counted together as others.
type Collector struct {
	// MaxKeys bounds each of the tables. 0 means 10,000.
	MaxKeys int

	total                                    Count
	days, directions, peers, codes, programs table
	badLines, otherFormats                   int64
}

// table counts calls by a key.
type table struct {
	rows  map[string]*Count
	other Count
}

// add counts a call under a key, if there may be a row for it.
func (t *table) add(key string, maxKeys int, r *calllog.Record) {
	row := t.rows[key]
	switch {
	case row != nil:
	case len(t.rows) >= maxKeys || len(key) > maxKeyBytes:
		row = &t.other
	default:
		if t.rows == nil {
			t.rows = map[string]*Count{}
		}
		row = &Count{}
		t.rows[strings.Clone(key)] = row // it may be a part of a long text
	}
	row.add(r)
}

// Add counts one call. Its day is that of the location which End carries; its peer
// is the address, or without one the real name, in the letters it has. A raw record
// is counted as one of another format, and nothing more.
func (c *Collector) Add(r calllog.Record) {
	if r.Raw != "" {
		c.otherFormats++
		return
	}
	maxKeys := c.MaxKeys
	if maxKeys <= 0 {
		maxKeys = defaultMaxKeys
	}
	peer := r.Peer.Address
	if peer == "" {
		peer = r.Peer.Name
	}
	c.total.add(&r)
	c.days.add(r.End.Format(time.DateOnly), maxKeys, &r)
	c.directions.add(direction(&r), maxKeys, &r)
	c.peers.add(peer, maxKeys, &r)
	c.codes.add(r.ErrorCode, maxKeys, &r)
	c.programs.add(r.Program, maxKeys, &r)
}

func direction(r *calllog.Record) string {
	if r.Outgoing {
		return "outgoing"
	}
	return "incoming"
}

// AddAll counts all calls of a log, as [calllog.Read] has it. A line that is no
// record is counted as a bad one and handed to bad, if that is not nil, as a
// *calllog.SyntaxError that tells its number. Any other error ends it and is
// returned; the calls before it are counted.
func (c *Collector) AddAll(calls iter.Seq2[calllog.Record, error], bad func(*calllog.SyntaxError)) error {
	for r, err := range calls {
		if err == nil {
			c.Add(r)
			continue
		}
		line, ok := errors.AsType[*calllog.SyntaxError](err)
		if !ok {
			return err
		}
		c.badLines++
		if bad != nil {
			bad(line)
		}
	}
	return nil
}
