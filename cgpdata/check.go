package cgpdata

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Check returns what is wrong with a text, up to 100 errors in the order of their places;
// none if [Parse], strict and with the same limits, accepts it, and otherwise the error of
// that among others. Allow and Warn mean nothing.
//
// Behind an error Check goes on where the text makes sense again, at the next pair or
// element, and tells nothing of what is between. That is a guess: one bracket that is
// missing can lead to a few errors.
func Check(src []byte, o *Options) []*SyntaxError {
	var all Options
	if o != nil {
		all = *o
	}
	all.Allow, all.Warn = Lenient, nil
	c := &checker{parser: newParser(src, &all), broken: make([]bool, 1), work: 1<<26 + 4*len(src)}
	defer c.release()
	c.warn = func(fault *SyntaxError) {
		if *c.isBroken() {
			c.warnings-- // of those that count it is one less
		}
		c.add(fault)
	}
	for next := state((*checker).text); next != nil && c.err == nil && len(c.faults) < maxWarnings; {
		next = next(c)
	}
	if c.err != nil && len(c.faults) < maxWarnings { // a limit, or a comment without an end
		c.faults = append(c.faults, c.err)
	}
	slices.SortStableFunc(c.faults, func(a, b *SyntaxError) int { return cmp.Compare(a.Offset, b.Offset) })
	return c.faults
}

// A checker reads a text to its end, whatever is in it.
type checker struct {
	*parser
	i       int // how far it has read
	faults  []*SyntaxError
	broken  []bool // for the whole and each open array and dictionary: an error of its present item has been told
	guessed bool   // brackets were added, closed or ignored
	work    int    // how many more bytes may be read in vain
}

// errWork is the last error of a text in which reading on behind errors takes too long.
var errWork = errors.New("the rest is not checked: it would take too long")

// A state is what a checker expects at the place to which it has read. It reads that and
// returns what to expect then; nil at the end.
type state func(*checker) state

// add keeps an error, if it is the first one of the present item.
func (c *checker) add(fault *SyntaxError) {
	if !*c.isBroken() && len(c.faults) < maxWarnings {
		c.faults = append(c.faults, fault)
	}
}

// isBroken is the flag of the innermost array or dictionary.
func (c *checker) isBroken() *bool { return &c.broken[len(c.open)] }

// caught takes over an error of the parser, behind which it reads on at i.
func (c *checker) caught(i int) state {
	read := i
	if c.err != nil {
		read = max(read, int(c.err.Offset))
		c.add(c.err)
		c.err = nil
	}
	c.work -= read - c.i
	*c.isBroken() = true
	c.i = i
	if c.work < 0 {
		c.fail(c.i, errWork)
		return nil
	}
	return (*checker).resume
}

// wrong tells that something else should be here, or that an array or dictionary does not
// end. Closing brackets do not count for that any more after a guess.
func (c *checker) wrong(want, open string) state {
	at := c.at(c.i)
	surplus := c.guessed && (c.i == len(c.src) || at == ')' || at == '}')
	if *c.isBroken() || surplus {
		*c.isBroken() = true
		return (*checker).resume
	}
	if c.i == len(c.src) && open != "" {
		c.fail(c.i, truncated(open))
	} else {
		c.fail(c.i, c.unexpected(c.i, want))
	}
	return c.caught(c.i)
}

// text expects the whole text.
func (c *checker) text() state {
	switch c.i = c.start(); {
	case c.err != nil:
		return nil
	case c.i == len(c.src):
		c.tolerate(EmptyText, c.i)
		return nil
	case c.startsWithKey(c.i):
		c.tolerate(MissingBraces, c.i)
		c.guessed = true
		return c.enter(0)
	}
	return (*checker).value
}

// enter opens an array or dictionary.
func (c *checker) enter(bracket byte) state {
	if !c.push(bracket, c.i) {
		return nil
	}
	c.broken = append(c.broken, false)
	if bracket != 0 {
		c.i++
	}
	return (*checker).item
}

// leave closes the innermost array or dictionary.
func (c *checker) leave() state {
	if c.i < len(c.src) {
		c.i++
	}
	c.quit()
	return (*checker).after
}

func (c *checker) quit() {
	*c.isBroken() = false // of its repeated keys it is told now
	c.close(c.i)
	c.broken = c.broken[:len(c.open)+1]
}

// item expects an element or pair, or the closing bracket.
func (c *checker) item() state {
	if c.i = c.skip(c.i); c.err != nil {
		return nil
	}
	f, at := &c.open[len(c.open)-1], c.at(c.i)
	switch {
	case f.bracket == '(' && at == ')', f.bracket == '{' && at == '}', f.bracket == 0 && c.i == len(c.src):
		return c.leave()
	case f.bracket == '(' && c.i < len(c.src):
		return (*checker).value
	case f.bracket == '(':
		return c.wrong("", "array")
	case class[at]&classString != 0:
		return c.key(f)
	}
	return c.wrong("a key or '}'", "dictionary")
}

// key reads a key with its '='.
func (c *checker) key(f *frame) state {
	s, end := c.string()
	if end < 0 {
		return c.caught(c.pieceStop())
	}
	if s.start == s.end {
		c.tolerate(EmptyKey, int(s.at))
	}
	c.pushKey(f, s)
	if c.i = c.skip(end); c.at(c.i) != '=' {
		next := c.wrong("'='", "dictionary")
		if c.i = c.words(end); c.at(c.i) != '=' {
			return next
		}
	}
	if c.i = c.skip(c.i + 1); c.at(c.i) != ';' {
		return (*checker).value
	}
	c.tolerate(MissingValue, c.i)
	if c.items--; c.items < 0 {
		c.fail(c.i, ErrItems)
	}
	return (*checker).after
}

// words returns the end of more atoms on the same line.
func (c *checker) words(i int) int {
	for i < len(c.src) && (class[c.src[i]]&(classAtom|classBlank) != 0 || c.src[i] >= utf8.RuneSelf) {
		i++
	}
	return i
}

// value expects a value.
func (c *checker) value() state {
	if c.items--; c.items < 0 {
		c.fail(c.i, ErrItems)
		return nil
	}
	end := 0
	switch at := c.at(c.i); {
	case at == '(' || at == '{':
		return c.enter(at)
	case class[at]&classString != 0:
		var s span
		if s, end = c.string(); end >= 0 {
			c.cut(s)
		}
	default:
		_, end = c.other(c.i)
	}
	if end < 0 {
		return c.caught(c.pieceStop())
	}
	c.i = end
	return (*checker).after
}

// after expects what may follow a value.
func (c *checker) after() state {
	if c.i = c.skip(c.i); c.err != nil {
		return nil
	}
	switch {
	case len(c.open) == 0 && c.i == len(c.src):
		return nil
	case len(c.open) == 0:
		return c.wrong("the end of the text", "")
	}
	f, at := &c.open[len(c.open)-1], c.at(c.i)
	switch {
	case f.bracket == '(' && at == ')':
		return c.leave()
	case f.bracket == '(' && at == ',':
		return c.comma(f)
	case f.bracket == '(':
		next := c.wrong("',' or ')'", "array")
		if at == '=' { // of a dictionary without its '{'
			c.guessed = true
			c.enter('{')
			next = (*checker).value
		}
		return next
	case at == ';':
		return c.semicolon()
	}
	return c.wrong("';'", "dictionary")
}

// comma goes on behind the ',' of an element.
func (c *checker) comma(f *frame) state {
	*c.isBroken() = false
	comma := c.i
	f.count++
	if c.i = c.skip(comma + 1); c.at(c.i) != ')' {
		return (*checker).value
	}
	c.tolerate(TrailingComma, comma)
	return c.leave()
}

// semicolon goes on behind the ';' of a pair.
func (c *checker) semicolon() state {
	c.i++
	return c.pair()
}

// pair expects another pair.
func (c *checker) pair() state {
	f := &c.open[len(c.open)-1]
	f.count = int32(len(c.keys)) - f.keys
	*c.isBroken() = false
	return (*checker).item
}

// resume goes on behind an error: with the next pair or element, or with a bracket that
// can be understood. Values on the way are read, as there may be brackets in them.
func (c *checker) resume() state {
	if c.i = c.skip(c.i); c.i == len(c.src) {
		return nil
	}
	if len(c.open) == 0 { // as if there had been no value yet
		c.guessed = true
		c.enter(0)
		*c.isBroken() = true
	}
	f, at := &c.open[len(c.open)-1], c.src[c.i]
	switch {
	case c.startsKey() && c.inside('{', 0):
		return c.pair()
	case class[at]&classString != 0 || strings.IndexByte("({#[<", at) >= 0:
		return (*checker).value
	case at == ',' && f.bracket == '(':
		return c.comma(f)
	case (at == ';' || at == ',' && c.beforeKey()) && c.inside('{', 0):
		return c.semicolon()
	case at == ')' && c.inside('(', '('), at == '}' && !c.isSurplus() && c.inside('{', '{'):
		return c.leave()
	}
	c.guessed = c.guessed || at == ')' || at == '}'
	c.i++
	return (*checker).resume
}

// inside closes what is open inside the innermost array or dictionary with one of two
// brackets; it returns false if there is none.
func (c *checker) inside(bracket, or byte) bool {
	n := len(c.open) - 1
	for n >= 0 && c.open[n].bracket != bracket && c.open[n].bracket != or {
		n--
	}
	for n >= 0 && len(c.open) > n+1 {
		c.guessed = true
		c.quit()
	}
	return n >= 0
}

// beforeKey reports whether a string or '}' is behind the ',' here.
func (c *checker) beforeKey() bool {
	next := c.at(scan(c.src, c.i+1, c.space))
	return next == '}' || class[next]&classString != 0
}

// isSurplus reports whether the '}' here would close the whole, but a ';' is behind it.
func (c *checker) isSurplus() bool {
	return len(c.open) == 1 && c.at(scan(c.src, c.i+1, c.space)) == ';'
}

// startsKey reports whether a key with its '=' begins here.
func (c *checker) startsKey() bool { return c.lostQuote() < 0 && c.startsWithKey(c.i) }

// string reads the string here. One that has lost its last quote ends with its line.
func (c *checker) string() (s span, end int) {
	lost := c.lostQuote()
	if lost < 0 {
		return c.str(c.i)
	}
	src := c.src
	c.src = src[:lost+1]
	s, end = c.str(c.i)
	c.src = src
	if c.err != nil && int(c.err.Offset) > lost {
		c.err = nil // it is told that the line ends in the string
	}
	return s, end
}

// lostQuote returns where the line ends in the string here, if it seems to have no last
// quote: there is none, or nothing is behind the next one that may follow a string; -1
// otherwise.
func (c *checker) lostQuote() int {
	for i := c.i; c.at(i) == '"'; {
		end := c.pieceEnd(i)
		text := c.src[i:min(end, len(c.src))]
		next := scan(c.src, i+len(text), c.space)
		rest := c.src[next:]
		follows := end <= len(c.src) && (len(rest) == 0 || class[rest[0]]&classEnd != 0 ||
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
	text := line(c.src[c.i:])
	end := 1
	switch c.at(c.i) {
	case '"':
		end = c.pieceEnd(c.i) - c.i
	case '[':
		for end < len(text) && text[end] != ';' && text[end-1] != ']' {
			end++
		}
	case '<':
		for end < len(text) && (text[end-1] != '>' || class[text[end]]&classEnd == 0) {
			end++
		}
	case '#':
		for end < len(text) && !c.ends(text[end]) {
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
