package stream

import (
	"math"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A stack holds the arrays and dictionaries that are open in a Decoder or an Encoder.
type stack struct {
	open []level
	// The keys of the open dictionaries, one after the other. Those that cannot
	// matter any more may be missing.
	keys []byte
	ends []int // where each of them ends
	// What tells most of them from others at a glance.
	heads []uint64
	used  int // what all of this takes, in bytes, roughly
	room  int // and may take
}

// A level is one open array or dictionary.
type level struct {
	bracket byte // '(' or '{', or 0 for a dictionary without braces
	state   grammar.State
	index   int64 // of the present element of an array, from 0; -1 before the first

	first     int                 // the number of its first key in stack.ends
	cost      int                 // its part of stack.used
	unordered bool                // a key was not greater than the one before
	forgetful bool                // only the last key is still there
	seen      map[string]struct{} // of many unordered keys
	layout    arrayLayout         // for an Encoder
}

// keyCost and seenCost are what a key takes beside its bytes.
const (
	keyCost  = 16
	seenCost = 64
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
	s.open = append(s.open, level{bracket: bracket, state: grammar.In(bracket), index: -1, first: len(s.ends)})
}

// pop leaves the innermost level, which becomes a value of the one around it.
func (s *stack) pop() {
	top := s.top()
	s.used -= top.cost
	s.cutKeys(top.first)
	*top = level{} // its map can be freed
	s.open = s.open[:len(s.open)-1]
	s.valueDone()
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
		start = s.ends[i-1]
	}
	return s.keys[start:s.ends[i]]
}

// cutKeys drops all keys from number n on.
func (s *stack) cutKeys(n int) {
	s.ends, s.heads = s.ends[:n], s.heads[:n]
	if n == 0 {
		s.keys = s.keys[:0]
	} else {
		s.keys = s.keys[:s.ends[n-1]]
	}
}

// isRepeated reports whether the innermost dictionary has had the key. Keys that
// ascend need only be compared with the last one.
func (s *stack) isRepeated(key string) (bool, error) {
	top := s.top()
	n := len(s.ends)
	if n == top.first || !top.unordered && key > string(s.key(n-1)) {
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
		head := grammar.Head(key)
		for i, other := range s.heads[top.first:n] {
			if head == other && key == string(s.key(top.first+i)) {
				return true, nil
			}
		}
		return false, nil
	}
	if top.seen == nil {
		top.seen = make(map[string]struct{}, 2*(n-top.first))
		for i := top.first; i < n; i++ {
			s.see(top, string(s.key(i)))
		}
	}
	_, repeated := top.seen[key]
	return repeated, nil
}

// addKey makes key the present one of the innermost dictionary. If there is no more
// room it forgets the others as long as they ascend.
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
	if top.seen != nil {
		s.see(top, key)
	}
	s.spend(top, len(key)+keyCost)
	s.keys = append(s.keys, key...)
	s.ends = append(s.ends, len(s.keys))
	s.heads = append(s.heads, grammar.Head(key))
	top.state = grammar.AfterKey
	return nil
}

// setKey makes key the present one of the innermost dictionary, and forgets all
// others.
func (s *stack) setKey(key string) {
	top := s.top()
	s.cutKeys(top.first)
	s.keys = append(s.keys, key...)
	s.ends = append(s.ends, len(s.keys))
	s.heads = append(s.heads, grammar.Head(key))
	s.spend(top, -top.cost)
	top.seen, top.forgetful, top.state = nil, true, grammar.AfterKey
}

func (s *stack) see(top *level, key string) {
	top.seen[strings.Clone(key)] = struct{}{} // not that of a whole window
	s.spend(top, len(key)+seenCost)
}

func (s *stack) spend(top *level, n int) {
	top.cost += n
	s.used += n
}

// path names the value that is being read or written.
func (s *stack) path() []byte {
	var path []byte
	for i := range s.open {
		switch f := &s.open[i]; {
		case f.bracket == '(' && f.index >= 0:
			path = grammar.AppendStep(path, "", int(min(f.index, math.MaxInt)))
		case f.bracket != '(' && f.hasKey():
			last := len(s.ends)
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
