package cgpdata

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Check returns what is wrong with a text, up to 100 errors in the order of their places;
// none if [Parse], strict and with the same limits, accepts it, and otherwise the error of
// that among others. Allow and Warn mean nothing.
//
// Behind an error Check goes on where the text makes sense again, at the next pair or
// element, and tells nothing of what is between. That is a guess: one bracket that is
// missing can lead to a few errors.
func Check(src []byte, o *Options) []*SyntaxError {
	rules := o.rules()
	rules.Allow = grammar.Lenient
	c := &checker{broken: make([]bool, 1), work: 1<<26 + 4*len(src)}
	rules.Warn = func(fault *grammar.Error) {
		if *c.isBroken() {
			c.Warnings-- // of those that count it is one less
		}
		c.add(fault)
	}
	c.Reset(src, rules)
	for more := c.begin(); more && c.Err == nil && len(c.faults) < grammar.MaxWarnings; {
		if more = c.skip(); more && c.lost {
			more = c.resume()
		} else if more {
			more = c.step()
		}
	}
	if c.Err != nil && len(c.faults) < grammar.MaxWarnings { // a limit, or a comment without an end
		c.faults = append(c.faults, (*SyntaxError)(c.Err))
	}
	slices.SortStableFunc(c.faults, func(a, b *SyntaxError) int { return cmp.Compare(a.Offset, b.Offset) })
	return c.faults
}

// A checker reads a text to its end, whatever is in it.
type checker struct {
	grammar.Parser
	state   grammar.State
	lost    bool // the state is not known, behind an error
	i       int  // how far it has read
	keyEnd  int  // where the last key ends
	comma   int  // where the last comma was
	faults  []*SyntaxError
	broken  []bool // for the whole and each open array and dictionary: an error of its present item has been told
	guessed bool   // brackets were added, closed or ignored
	work    int    // how many more bytes may be read in vain
}

// errWork is the last error of a text in which reading on behind errors takes too long.
var errWork = errors.New("the rest is not checked: it would take too long")

// add keeps an error, if it is the first one of the present item.
func (c *checker) add(fault *grammar.Error) {
	if !*c.isBroken() && len(c.faults) < grammar.MaxWarnings {
		c.faults = append(c.faults, (*SyntaxError)(fault))
	}
}

// isBroken is the flag of the innermost array or dictionary.
func (c *checker) isBroken() *bool { return &c.broken[len(c.Open)] }

// The methods below read on, and return false when that is impossible or the text is over.

// caught takes over an error of the parser, behind which it reads on at i.
func (c *checker) caught(i int) bool {
	read := i
	if c.Err != nil {
		read = max(read, int(c.Err.Offset))
		c.add(c.Err)
		c.Err = nil
	}
	c.work -= read - c.i
	*c.isBroken() = true
	c.i, c.lost = i, true
	if c.work < 0 {
		c.Fail(c.i, errWork)
		return false
	}
	return true
}

// wrong tells that something else should be here, or that an array or dictionary does not
// end. Closing brackets do not count for that any more after a guess.
func (c *checker) wrong() bool {
	at := c.At(c.i)
	surplus := c.guessed && (c.i == len(c.Src) || at == ')' || at == '}')
	if *c.isBroken() || surplus {
		*c.isBroken() = true
		c.lost = true
		return true
	}
	if what := c.state.Unfinished(); c.i == len(c.Src) && what != "" {
		c.Fail(c.i, grammar.Truncated(what))
	} else {
		c.Fail(c.i, c.Unexpected(c.i, c.state.Want('{')))
	}
	return c.caught(c.i)
}

// begin expects the whole text.
func (c *checker) begin() bool {
	if c.Err != nil {
		return false
	}
	var form grammar.Form
	switch c.i, form = c.Start(); {
	case c.i < 0 || form == grammar.Empty:
		return false
	case form == grammar.Bare:
		c.guessed = true
		return c.enter(0)
	}
	return true
}

func (c *checker) skip() bool {
	c.i = c.Skip(c.i)
	return c.Err == nil
}

// step takes one step of the automaton.
func (c *checker) step() bool {
	switch move := c.state.Move(c.Symbol(c.i)); {
	case move.Do == grammar.TakeKey:
		return c.key()
	case move.Do == grammar.Pass:
		c.pass()
		return true
	case move.Do == grammar.Close:
		if move.Fault != 0 {
			c.Tolerate(move.Fault, c.comma)
		}
		return c.leave()
	case move.Do == grammar.Take, c.state.TakesValue() && (c.i < len(c.Src) || c.state.Unfinished() == ""):
		return c.value()
	}
	end, at := c.keyEnd, c.At(c.i)
	more := c.wrong()
	switch {
	case c.state == grammar.AfterKey:
		if c.i = c.words(end); c.At(c.i) == '=' {
			c.lost = false
			c.pass()
			return true
		}
	case c.state == grammar.AfterElement && at == '=': // of a dictionary without its '{'
		c.guessed = true
		c.lost = false
		c.enter('{')
		c.state = grammar.AfterEquals
		return true
	}
	return more
}

// enter opens an array or dictionary.
func (c *checker) enter(bracket byte) bool {
	if c.Push(bracket, c.i) == nil {
		return false
	}
	c.broken = append(c.broken, false)
	if bracket != 0 {
		c.i++
	}
	c.state = grammar.In(bracket)
	return true
}

// leave closes the innermost array or dictionary, or the text.
func (c *checker) leave() bool {
	if len(c.Open) == 0 {
		return false
	}
	if c.i < len(c.Src) {
		c.i++
	}
	c.quit()
	c.done()
	return true
}

func (c *checker) quit() {
	*c.isBroken() = false // of its repeated keys it is told now
	c.Leave()
	c.broken = c.broken[:len(c.Open)+1]
}

// done goes on behind a value.
func (c *checker) done() {
	c.lost = false
	c.state = grammar.AfterText
	if n := len(c.Open); n > 0 {
		c.state = grammar.After(c.Open[n-1].Bracket)
	}
}

// pass goes on behind punctuation.
func (c *checker) pass() {
	switch c.state {
	case grammar.AfterElement:
		*c.isBroken() = false
		c.comma = c.i
		c.Open[len(c.Open)-1].Count++
	case grammar.AfterValue:
		c.pair()
	}
	c.i++
	c.state = c.state.Next()
}

// pair expects another pair.
func (c *checker) pair() {
	f := &c.Open[len(c.Open)-1]
	f.Count = int32(len(c.Keys)) - f.Keys
	*c.isBroken() = false
	c.lost = false
}

// key reads a key.
func (c *checker) key() bool {
	s, end := c.string()
	if end < 0 {
		return c.caught(c.pieceStop())
	}
	if s.Start == s.End {
		c.Tolerate(grammar.EmptyKey, int(s.At))
	}
	c.PushKey(&c.Open[len(c.Open)-1], s)
	c.i, c.keyEnd, c.state = end, end, grammar.AfterKey
	return true
}

// words returns the end of more atoms on the same line.
func (c *checker) words(i int) int {
	for i < len(c.Src) && (grammar.Class[c.Src[i]]&(grammar.ClassAtom|grammar.ClassBlank) != 0 || c.Src[i] >= utf8.RuneSelf) {
		i++
	}
	return i
}

// value reads a value.
func (c *checker) value() bool {
	if !c.Item(c.i) {
		return false
	}
	end := 0
	switch at := c.At(c.i); {
	case at == '(' || at == '{':
		return c.enter(at)
	case grammar.Class[at]&grammar.ClassString != 0:
		var s grammar.Span
		if s, end = c.string(); end >= 0 {
			c.Drop(s)
		}
	default:
		_, end = c.Leaf(c.i)
	}
	if end < 0 {
		return c.caught(c.pieceStop())
	}
	c.i = end
	c.done()
	return true
}

// resume goes on behind an error: with the next pair or element, or with a bracket that
// can be understood. Values on the way are read, as there may be brackets in them.
func (c *checker) resume() bool {
	if c.i == len(c.Src) {
		return false
	}
	if len(c.Open) == 0 { // as if there had been no value yet
		c.guessed = true
		if !c.enter(0) {
			return false
		}
		*c.isBroken() = true
	}
	f, at := &c.Open[len(c.Open)-1], c.Src[c.i]
	switch {
	case c.startsKey() && c.inside('{', 0):
		c.pair()
		c.state = grammar.InDictionary
		return true
	case grammar.Class[at]&grammar.ClassString != 0 || strings.IndexByte("({#[<", at) >= 0:
		return c.value()
	case at == ',' && f.Bracket == '(',
		(at == ';' || at == ',' && c.beforeKey()) && c.inside('{', 0):
		c.done()
		c.pass()
		return true
	case at == ')' && c.inside('(', '('), at == '}' && !c.isSurplus() && c.inside('{', '{'):
		return c.leave()
	}
	c.guessed = c.guessed || at == ')' || at == '}'
	c.i++
	return true
}

// inside closes what is open inside the innermost array or dictionary with one of two
// brackets; it returns false if there is none.
func (c *checker) inside(bracket, or byte) bool {
	n := len(c.Open) - 1
	for n >= 0 && c.Open[n].Bracket != bracket && c.Open[n].Bracket != or {
		n--
	}
	for n >= 0 && len(c.Open) > n+1 {
		c.guessed = true
		c.quit()
	}
	return n >= 0
}

// beforeKey reports whether a string or '}' is behind the ',' here.
func (c *checker) beforeKey() bool {
	next := c.At(grammar.Scan(c.Src, c.i+1, c.Space))
	return next == '}' || grammar.Class[next]&grammar.ClassString != 0
}

// isSurplus reports whether the '}' here would close the whole, but a ';' is behind it.
func (c *checker) isSurplus() bool {
	return len(c.Open) == 1 && c.At(grammar.Scan(c.Src, c.i+1, c.Space)) == ';'
}

// startsKey reports whether a key with its '=' begins here.
func (c *checker) startsKey() bool { return c.lostQuote() < 0 && c.StartsWithKey(c.i) }

// string reads the string here. One that has lost its last quote ends with its line.
func (c *checker) string() (s grammar.Span, end int) {
	lost := c.lostQuote()
	if lost < 0 {
		return c.Str(c.i)
	}
	src := c.Src
	c.Src = src[:lost+1]
	s, end = c.Str(c.i)
	c.Src = src
	if c.Err != nil && int(c.Err.Offset) > lost {
		c.Err = nil // it is told that the line ends in the string
	}
	return s, end
}

// lostQuote returns where the line ends in the string here, if it seems to have no last
// quote: there is none, or nothing is behind the next one that may follow a string; -1
// otherwise.
func (c *checker) lostQuote() int {
	for i := c.i; c.At(i) == '"'; {
		end := c.PieceEnd(i)
		text := c.Src[i:min(end, len(c.Src))]
		next := grammar.Scan(c.Src, i+len(text), c.Space)
		rest := c.Src[next:]
		follows := end <= len(c.Src) && (len(rest) == 0 || grammar.Class[rest[0]]&grammar.ClassEnd != 0 ||
			bytes.HasPrefix(rest, []byte("//")) || bytes.HasPrefix(rest, []byte("/*")))
		if first := line(text); len(first) < len(text) && !follows {
			c.work -= len(text)
			return i + len(first)
		}
		i = next
	}
	return -1
}

// pieceStop returns where to read on behind a value that could not be read: where it seems
// to end, at the latest with its line.
func (c *checker) pieceStop() int {
	text := line(c.Src[c.i:])
	end := 1
	switch c.At(c.i) {
	case '"':
		end = c.PieceEnd(c.i) - c.i
	case '[':
		for end < len(text) && text[end] != ';' && text[end-1] != ']' {
			end++
		}
	case '<':
		for end < len(text) && (text[end-1] != '>' || grammar.Class[text[end]]&grammar.ClassEnd == 0) {
			end++
		}
	case '#':
		for end < len(text) && !c.Ends(text[end]) {
			end++
		}
	default:
		end = 0
	}
	return c.i + min(end, len(text))
}

// line returns the first line of a text.
func line(text []byte) []byte {
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		return text[:end]
	}
	return text
}
