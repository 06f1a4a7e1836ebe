package grammar

import (
	"bytes"
	"errors"
)

// A Parser reads one text from start to end. It keeps the arrays and dictionaries
// that are open on a stack of its own, so depth costs no Go stack, and makes no values of
// what it reads: whoever wants some embeds it.
//
// Its methods take the position where something begins and return the one where it
// ends, or -1 after a failure, whose error is then in Err.
type Parser struct {
	Src      []byte
	Single   bool
	Data     bool   // decode datablocks
	Space    uint16 // the class of white space
	Blank    uint16 // the lowest class of what may begin white space or a comment
	Allow    Fault
	Warn     func(*Error)
	MaxDepth int
	Items    int // how many more values may come

	Warnings int
	Err      *Error // the first one

	// Of the open arrays and dictionaries, all together:
	Open    []Frame
	Keys    []Span
	Scratch []byte // the keys that had to be decoded

	table KeyTable // of hasTwice
}

// Options are those of package cgpdata.
type Options struct {
	SingleLine bool
	Allow      Fault
	Warn       func(*Error)
	MaxBytes   int64
	MaxDepth   int
	MaxItems   int
}

// A Frame is an open array or dictionary.
type Frame struct {
	Bracket   byte  // '(' or '{', or 0 for a dictionary without braces, up to the end of the text
	Unordered bool  // a key was not greater than the one before
	Count     int32 // finished elements
	Keys      int32 // where its part of the stacks begins
	Scratch   int32
	Elems     int32 // likewise, for who makes values
	Values    int32
}

// A Span is where a string stands: in the source, or decoded on the scratch stack.
type Span struct {
	At         int32 // where its text begins in the source
	Start, End int32
	Decoded    bool
}

// Reset makes p ready for a text. It keeps its stacks.
func (p *Parser) Reset(src []byte, o *Options) {
	*p = Parser{Src: src, Single: o.SingleLine, Space: ClassSpace, Blank: ClassComment, Allow: o.Allow, Warn: o.Warn,
		Open: p.Open[:0], Keys: p.Keys[:0], Scratch: p.Scratch[:0], table: p.table}
	if p.Single {
		p.Space, p.Blank = ClassBlank, ClassBlank
	}
	p.MaxDepth = OrDefault(o.MaxDepth, DefaultDepth, CeilingDepth)
	p.Items = OrDefault(o.MaxItems, DefaultItems, CeilingBytes)
	if limit := OrDefault(o.MaxBytes, DefaultBytes, CeilingBytes); int64(len(src)) > limit {
		p.Fail(int(limit), ErrSize)
	}
}

// IsBig reports whether the stacks of p are too big to be kept for another text.
func (p *Parser) IsBig() bool {
	const big = 1 << 14
	return cap(p.Keys) > big || cap(p.Scratch) > 16*big || p.table.Size() > 4*big
}

// bom is the byte order mark, with which a text may begin.
var bom = []byte("\xEF\xBB\xBF")

// Mark returns the size of the byte order mark with which a text begins, or 0.
func Mark(src []byte) int { return len(src) - len(bytes.TrimPrefix(src, bom)) }

// A Form is the form of a whole text.
type Form uint8

// The forms.
const (
	Whole Form = iota // one value
	Bare              // a dictionary without braces
	Empty             // nothing
)

// Start returns where the value of the text begins, and its form, if that is tolerated.
func (p *Parser) Start() (i int, form Form) {
	switch i = p.Skip(Mark(p.Src)); {
	case p.Err != nil:
	case i == len(p.Src):
		form = Empty
		p.Tolerate(EmptyText, i)
	case p.StartsWithKey(i):
		form = Bare
		p.Tolerate(MissingBraces, i)
	}
	if p.Err != nil {
		return -1, form
	}
	return i, form
}

// Finish makes sure that the text ends behind i.
func (p *Parser) Finish(i int) bool {
	if i = p.Skip(i); i < len(p.Src) {
		p.Fail(i, p.Unexpected(i, AfterText.Want(0)))
	}
	return p.Err == nil
}

// Push opens the array or dictionary whose bracket is at i; bracket 0 opens a
// dictionary without braces.
func (p *Parser) Push(bracket byte, i int) *Frame {
	if len(p.Open) >= p.MaxDepth {
		p.Fail(i, ErrDepth)
		return nil
	}
	p.Open = append(p.Open, Frame{})
	f := &p.Open[len(p.Open)-1] // filled in place: a copy of so many fields is slow
	f.Bracket, f.Keys, f.Scratch = bracket, int32(len(p.Keys)), int32(len(p.Scratch))
	return f
}

// Pop takes the innermost array or dictionary off the stacks.
func (p *Parser) Pop() {
	f := &p.Open[len(p.Open)-1]
	p.Keys, p.Scratch = p.Keys[:f.Keys], p.Scratch[:f.Scratch]
	p.Open = p.Open[:len(p.Open)-1]
}

// Symbol returns the symbol at i.
func (p *Parser) Symbol(i int) Symbol {
	bare := len(p.Open) > 0 && p.Open[len(p.Open)-1].Bracket == 0
	switch {
	case i < len(p.Src):
		if s := SymbolOf(p.Src[i]); s != CloseDict || !bare {
			return s
		}
		return Other
	case bare:
		return CloseDict
	}
	return End
}

// Advance goes on in the innermost array or dictionary, from state s at i, to its next
// value. due tells that a value begins at end, or is missing there; otherwise the closing
// bracket stands before it.
func (p *Parser) Advance(i int, s State) (end int, due bool) {
	f := &p.Open[len(p.Open)-1]
	for comma := i; ; {
		i = p.Skip(i)
		move := s.Move(p.Symbol(i))
		switch move.Do {
		case Take:
			return i, true
		case TakeKey:
			if i = p.key(f, i); i < 0 {
				return -1, false
			}
			s = AfterKey
		case Pass:
			if s != AfterKey {
				f.Count++
			}
			comma = i
			i++
			s = s.Next()
		case Close:
			if move.Fault != 0 && !p.Tolerate(move.Fault, comma) {
				return -1, false
			}
			if f.Bracket != 0 {
				i++
			}
			return i, false
		default:
			what := s.Unfinished()
			switch {
			case i == len(p.Src) && what != "":
				return p.Fail(i, Truncated(what)), false
			case s.TakesValue():
				return i, true // Leaf tells what is wrong with it
			}
			return p.Fail(i, p.Unexpected(i, s.Want(f.Bracket))), false
		}
	}
}

// key reads a key.
func (p *Parser) key(f *Frame, i int) (end int) {
	s, end := p.Str(i)
	if end < 0 || s.Start == s.End && !p.Tolerate(EmptyKey, int(s.At)) {
		return -1
	}
	p.PushKey(f, s)
	return end
}

// Item counts the value at i.
func (p *Parser) Item(i int) bool {
	if p.Items--; p.Items >= 0 {
		return true
	}
	if !p.IsMissing(i) || p.Tolerate(MissingValue, i) {
		p.Fail(i, ErrItems)
	}
	return false
}

// IsMissing reports whether a pair ends at i where its value should begin.
func (p *Parser) IsMissing(i int) bool {
	return p.At(i) == ';' && len(p.Open) > 0 && p.Open[len(p.Open)-1].Bracket != '('
}

// Leave takes the innermost array or dictionary off the stacks, if it has no key twice or
// that is tolerated.
func (p *Parser) Leave() bool {
	if f := &p.Open[len(p.Open)-1]; f.Unordered {
		if _, ok := p.RepeatedKeys(p.Keys[f.Keys:]); !ok {
			return false
		}
	}
	p.Pop()
	return true
}

// Walk reads the value at i, whole.
func (p *Parser) Walk(i int) (end int) { return p.walk(i, true, len(p.Open)) }

// WalkBare reads the rest of the text as a dictionary without braces.
func (p *Parser) WalkBare(i int) (end int) {
	outer := len(p.Open)
	if p.Push(0, i) == nil {
		return -1
	}
	i, due := p.Advance(i, InDictionary)
	return p.walk(i, due, outer)
}

func (p *Parser) walk(i int, due bool, outer int) (end int) {
	for i >= 0 {
		if !due {
			if !p.Leave() {
				return -1
			}
		} else if !p.Item(i) {
			return -1
		} else if c := p.At(i); c == '(' || c == '{' {
			if p.Push(c, i) == nil {
				return -1
			}
			i, due = p.First(i + 1)
			continue
		} else if i = p.PassLeaf(i); i < 0 {
			return -1
		}
		if len(p.Open) == outer {
			return i
		}
		i, due = p.Next(i)
	}
	return -1
}

// PassLeaf returns the end of the value at i, which is neither array nor dictionary.
func (p *Parser) PassLeaf(i int) (end int) {
	if Class[p.At(i)]&ClassString == 0 {
		_, end = p.Leaf(i)
		return end
	}
	s, end := p.Str(i)
	p.Drop(s)
	return end
}

// Drop takes a string just read off the scratch stack.
func (p *Parser) Drop(s Span) {
	if s.Decoded {
		p.Scratch = p.Scratch[:s.Start]
	}
}

// errFault is the error of a fault that is not tolerated.
func errFault(f Fault) error { return errors.New(f.String()) }
