package stream

import (
	"encoding/binary"
	"math"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A stack holds the arrays and dictionaries that are open in a Decoder or an Encoder.
type stack struct {
	open []level
	// The keys of the open dictionaries, one after the other. Those that cannot
	// matter any more may be missing.
	keys   []byte
	marks  []keyMark          // one for each of them
	tables []grammar.KeyTable // of those dictionaries that have many keys without order
	used   int                // what all of this takes, in bytes, roughly
	room   int                // and may take
}

// A keyMark tells of one key.
type keyMark struct {
	lead uint64 // its first bytes, the first one in the highest bits; zeros behind a short one
	end  int    // of its text
}

// A level is one open array or dictionary. It has no pointers, which would make it slow to
// come and go.
type level struct {
	bracket   byte // '(' or '{', or 0 for a dictionary without braces
	state     grammar.State
	unordered bool        // a key was not greater than the one before
	forgetful bool        // only the last key is still there
	layout    arrayLayout // for an Encoder
	table     int32       // its number in stack.tables, from 1
	index     int64       // of the present element of an array, from 0; -1 before the first

	first int // the number of its first key
	outer int // what the levels around it take of stack.used
}

// keyCost is what a key takes beside its bytes, and seenCost what it takes in a table.
const (
	keyCost  = 16
	seenCost = 32
)

// Of the tables this many are kept for the next dictionaries, if they have no more places.
const (
	keptTables = 8
	bigTable   = 1 << 14
)

// manyKeys is the number of keys up to which looking at each one is as fast as anything
// cleverer.
const manyKeys = 16

// tooManyKeys is the error of keys that cannot be compared with all others.
type tooManyKeys struct{}

func (tooManyKeys) Error() string { return "more keys without order than can be compared" }
func (tooManyKeys) Unwrap() error { return grammar.ErrSize }

// top returns the innermost level, nil if none is open.
func (s *stack) top() *level {
	if len(s.open) == 0 {
		return nil
	}
	return &s.open[len(s.open)-1]
}

func (s *stack) push(bracket byte) {
	s.open = append(s.open, level{bracket: bracket, state: grammar.In(bracket), index: -1, first: len(s.marks), outer: s.used})
}

// pop leaves the innermost level, which becomes a value of the one around it.
func (s *stack) pop() {
	n := len(s.open) - 1
	if top := &s.open[n]; top.bracket != '(' {
		s.used = top.outer
		s.cutKeys(top.first)
		s.cutTable(top)
	}
	if s.open = s.open[:n]; n > 0 {
		outer := &s.open[n-1]
		outer.state = grammar.After(outer.bracket)
	}
}

// valueDone notes that a value is complete.
func (s *stack) valueDone() {
	if top := s.top(); top != nil {
		top.state = grammar.After(top.bracket)
	}
}

// key returns key number i of the open dictionaries.
func (s *stack) key(i int) []byte {
	start := 0
	if i > 0 {
		start = s.marks[i-1].end
	}
	return s.keys[start:s.marks[i].end]
}

// cutKeys drops all keys from number n on.
func (s *stack) cutKeys(n int) {
	s.marks = s.marks[:n]
	if n == 0 {
		s.keys = s.keys[:0]
	} else {
		s.keys = s.keys[:s.marks[n-1].end]
	}
}

// cutTable drops the table of the innermost dictionary, if it has one. The memory of it is
// for the next one, unless it is big.
func (s *stack) cutTable(top *level) {
	if top.table == 0 {
		return
	}
	if last := &s.tables[top.table-1]; last.Size() > bigTable || len(s.tables) > keptTables {
		*last = grammar.KeyTable{}
	}
	s.tables, top.table = s.tables[:top.table-1], 0
}

// leadOf returns the lead of a key.
func leadOf(key string) uint64 {
	var first [8]byte
	copy(first[:], key)
	return binary.BigEndian.Uint64(first[:])
}

// isRepeated reports whether the innermost dictionary has had the key. Keys that
// ascend need only be compared with the last one.
func (s *stack) isRepeated(key string, lead uint64) (bool, error) {
	top := s.top()
	n := len(s.marks)
	if n == top.first {
		return false, nil
	}
	if last := s.marks[n-1].lead; !top.unordered && (lead > last || lead == last && key > string(s.key(n-1))) {
		return false, nil
	}
	if top.forgetful {
		if key == string(s.key(n-1)) {
			return true, nil
		}
		return false, tooManyKeys{}
	}
	top.unordered = true
	if n-top.first <= manyKeys {
		for i, other := range s.marks[top.first:] {
			if other.lead == lead && key == string(s.key(top.first+i)) {
				return true, nil
			}
		}
		return false, nil
	}
	if top.table == 0 {
		s.startTable(top)
	}
	// The number is that which addKey gives to it, or nobody asks again.
	return !s.see(top, key, n), nil
}

// addKey makes key the present one of the innermost dictionary, which has not had it. If there
// is no more room it forgets the others as long as they ascend.
func (s *stack) addKey(key string) error {
	top := s.top()
	if s.used+len(key)+keyCost > s.room {
		if top.unordered {
			return tooManyKeys{}
		}
		top.forgetful = true
	}
	if top.forgetful {
		s.setKey(key)
		return nil
	}
	s.used += len(key) + keyCost
	s.append(key)
	top.state = grammar.AfterKey
	return nil
}

func (s *stack) append(key string) {
	s.keys = append(s.keys, key...)
	s.marks = append(s.marks, keyMark{leadOf(key), len(s.keys)})
}

// setKey makes key the present one of the innermost dictionary, and forgets all
// others.
func (s *stack) setKey(key string) {
	top := s.top()
	s.cutKeys(top.first)
	s.cutTable(top)
	s.append(key)
	s.used = top.outer
	top.forgetful, top.state = true, grammar.AfterKey
}

// startTable puts the keys of the innermost dictionary into a table.
func (s *stack) startTable(top *level) {
	n := len(s.tables)
	if n < cap(s.tables) {
		s.tables = s.tables[:n+1]
	} else {
		s.tables = append(s.tables, grammar.KeyTable{})
	}
	top.table = int32(n + 1)
	s.tables[n].Reset(2 * (len(s.marks) - top.first))
	for i := top.first; i < len(s.marks); i++ {
		s.see(top, string(s.key(i)), i)
	}
}

// see puts the number of a key into the table, unless that has the key.
func (s *stack) see(top *level, key string, number int) bool {
	t := &s.tables[top.table-1]
	if !t.Add(t.HashString(key), number, func(other int) bool { return key == string(s.key(other)) }) {
		return false
	}
	s.used += seenCost
	return true
}

// path names the value that is being read or written.
func (s *stack) path() []byte {
	var path []byte
	for i := range s.open {
		switch f := &s.open[i]; {
		case f.bracket == '(' && f.index >= 0:
			path = grammar.AppendStep(path, "", int(min(f.index, math.MaxInt)))
		case f.bracket != '(' && f.hasKey():
			last := len(s.marks)
			if i+1 < len(s.open) {
				last = s.open[i+1].first
			}
			path = grammar.AppendStep(path, string(s.key(last-1)), -1)
		}
	}
	return path
}

// hasKey reports whether a pair of the dictionary is not finished.
func (f *level) hasKey() bool {
	return f.state == grammar.AfterKey || f.state == grammar.AfterEquals || f.state == grammar.AfterValue
}

// closes reports whether the level may end, in a text that is written: what stands between
// the tokens is no concern of their writer.
func (f *level) closes() bool {
	return f.state.Closes(f.bracket) || f.state.Next().Closes(f.bracket)
}
