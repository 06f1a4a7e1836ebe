package cgpdata

import (
	"sync"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Parse reads a text that holds exactly one value, with white space and, in
// multi-line text, comments around it. A nil o is strict reading of multi-line
// text with all limits on. The error is a [*SyntaxError], and the Value is then
// the zero Value. src is not kept.
func Parse(src []byte, o *Options) (Value, error) {
	p := newParser(src, o)
	defer p.release()
	if p.Err == nil {
		p.text = string(src)
		if v, ok := p.document(); ok {
			return v, nil
		}
	}
	return Value{}, (*SyntaxError)(p.Err)
}

// A parser makes values of what the grammar's parser reads.
type parser struct {
	grammar.Parser
	text  string // a copy of the source for values to point into
	outer int    // how many arrays and dictionaries the value is in

	// Of the open arrays and dictionaries, all together:
	elems  []elem  // their finished elements
	values []Value // those of them that are no elem by themselves
	used   int     // how many values there have been at once
	anys   []any   // for Unmarshal: what interfaces will hold

	slabs slabs
	lists [64]*keyList // the keys of dictionaries before, at places that a few of these keys tell
}

// An elem is an element that is complete: a string of the source from start to end, or, if
// end is negative, a value at start on the stack of them. Most are such strings, and it is
// the copying of pointers, of which the garbage collector keeps account, that would cost
// most of the time.
type elem struct{ start, end int32 }

// parsers keeps the stacks of parsers for the next one, and nothing else of them.
var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(src []byte, o *Options) *parser {
	p := parsers.Get().(*parser)
	p.Reset(src, o.rules())
	p.Data = true
	return p
}

// release gives the stacks of p back, unless they have become big.
func (p *parser) release() {
	const big = 1 << 14
	if p.IsBig() || cap(p.elems) > big || cap(p.values) > big || cap(p.anys) > big {
		return
	}
	clear(p.values[:max(p.used, len(p.values))])
	clear(p.anys)
	p.Reset(nil, &grammar.Options{})
	*p = parser{Parser: p.Parser, elems: p.elems[:0], values: p.values[:0], anys: p.anys[:0]}
	parsers.Put(p)
}

// document reads the whole text.
func (p *parser) document() (v Value, ok bool) {
	switch i, form := p.Start(); {
	case i < 0:
		return v, false
	case form == grammar.Empty:
		return leaf(KindDictionary, ""), true
	case form == grammar.Bare:
		v, i = p.bare(i)
		return v, p.finish(i)
	default:
		v, i = p.content(i, true)
		return v, p.finish(i)
	}
}

// bare reads the rest of the text as a dictionary without braces.
func (p *parser) bare(i int) (v Value, end int) {
	if !p.push(0, i) {
		return v, -1
	}
	return p.content(p.Advance(i, grammar.InDictionary))
}

// content reads a value from i on. due tells that it begins there;
// otherwise the innermost array or dictionary ends there. This is the inner loop of
// everything, and spares calls.
func (p *parser) content(i int, due bool) (v Value, end int) {
	for i >= 0 {
		c := p.At(i)
		if !due {
			var ok bool
			if v, ok = p.close(i); !ok {
				return v, -1
			}
		} else if p.Items--; p.Items < 0 {
			p.Items++
			p.Item(i) // tells of it
			break
		} else if grammar.Class[c]&grammar.ClassString != 0 {
			if start, stop, end := p.Plain(i); end >= 0 && len(p.Open) > p.outer {
				p.elems = append(p.elems, elem{int32(start), int32(stop)})
				f := &p.Open[len(p.Open)-1]
				if f.Bracket == '(' && end+1 < len(p.Src) && p.Src[end] == ',' && grammar.Class[p.Src[end+1]]&grammar.ClassString != 0 {
					f.Count++ // what Next does
					i = end + 1
					continue
				}
				i, due = p.Next(end)
				continue
			}
			var s grammar.Span
			if s, i = p.Str(i); i < 0 {
				break
			}
			v = p.cut(s)
		} else if c == '(' || c == '{' {
			if !p.push(c, i) {
				break
			}
			i, due = p.First(i + 1)
			continue
		} else if v, i = p.other(i); i < 0 {
			break
		}
		// v is complete, and ends at i.
		if len(p.Open) == p.outer {
			return v, i
		}
		p.elems = append(p.elems, elem{int32(len(p.values)), -1})
		p.values = append(p.values, v)
		i, due = p.Next(i)
	}
	return Value{}, -1
}

// push opens the array or dictionary whose bracket is at i.
func (p *parser) push(bracket byte, i int) bool {
	f := p.Push(bracket, i)
	if f == nil {
		return false
	}
	f.Elems, f.Values = int32(len(p.elems)), int32(len(p.values))
	return true
}

// textOf returns the text of s as a string: a piece of the copied source, if it can.
func (p *parser) textOf(s grammar.Span) string {
	if s.Decoded {
		return p.slabs.string(p.Scratch[s.Start:s.End], len(p.Src)-int(s.At))
	}
	return p.text[s.Start:s.End]
}

// cut makes a String of the string just read, and takes it off the scratch stack.
func (p *parser) cut(s grammar.Span) Value {
	v := String(p.textOf(s))
	p.Drop(s)
	return v
}

// other reads the value at i, which is neither string nor array nor dictionary.
func (p *parser) other(i int) (v Value, end int) {
	l, end := p.Leaf(i)
	switch {
	case end < 0:
		return v, -1
	case l.Kind == grammar.KindNull:
		return Null(), end
	case l.Made != nil:
		return leaf(Kind(l.Kind), p.slabs.string(l.Made, len(p.Src)-i)), end
	}
	return leaf(Kind(l.Kind), p.text[l.Start:l.End]), end
}

// close takes the innermost array or dictionary, which ends at i, off the stacks.
func (p *parser) close(i int) (v Value, ok bool) {
	f := &p.Open[len(p.Open)-1]
	keys := p.Keys[f.Keys:]
	repeated := false
	place, list := p.seen(keys)
	if f.Unordered && list == nil {
		if repeated, ok = p.RepeatedKeys(keys); !ok {
			return v, false
		}
	}
	if list == nil && len(keys) > 0 && !repeated {
		list = p.slabs.keyList(len(p.Src) - i)
		list.names, list.sorted = p.newKeys(keys, len(p.Src)-i), !f.Unordered
		*place = list
	}
	v = p.build(i, f, keys, list)
	p.used = max(p.used, len(p.values))
	p.elems, p.values = p.elems[:f.Elems], p.values[:f.Values]
	p.Pop()
	return v, true
}

// build makes the value of the array or dictionary that ends at i.
func (p *parser) build(i int, f *grammar.Frame, keys []grammar.Span, list *keyList) Value {
	kind, elems := KindArray, p.elems[f.Elems:]
	if f.Bracket != '(' {
		kind = KindDictionary
	}
	if len(elems) == 0 {
		return leaf(kind, "")
	}
	left := len(p.Src) - i
	n := p.slabs.node(left)
	n.kind, n.elems = kind, p.slabs.values(len(elems), left)
	for j, e := range elems {
		if e.end < 0 {
			n.elems[j] = p.values[e.start]
		} else {
			n.elems[j].s = p.text[e.start:e.end]
		}
	}
	if kind == KindArray {
		return Value{n: n}
	}
	if list == nil { // there are repeated ones
		return dictionary(p.newKeys(keys, left), n.elems)
	}
	n.keys = list
	return Value{n: n}
}

func (p *parser) newKeys(keys []grammar.Span, left int) []string {
	list := p.slabs.strings(len(keys), left)
	for i, k := range keys {
		list[i] = p.textOf(k)
	}
	return list
}

// seen returns where the keys of a dictionary are kept that has the same ones, as with
// accounts, rules and listeners most have, and these if they are there.
func (p *parser) seen(keys []grammar.Span) (place **keyList, same *keyList) {
	n := len(keys)
	if n == 0 {
		return nil, nil
	}
	first, last := p.KeyText(keys[0]), p.KeyText(keys[n-1])
	hash := uint32(n) + 31*uint32(len(first)) + 37*uint32(len(last))
	if len(first) > 0 && len(last) > 0 {
		hash += 41*uint32(first[0]) + 43*uint32(last[len(last)-1])
	}
	place = &p.lists[hash%uint32(len(p.lists))]
	if *place == nil || len((*place).names) != n {
		return place, nil
	}
	for i, name := range (*place).names {
		if string(p.KeyText(keys[i])) != name {
			return place, nil
		}
	}
	return place, *place
}
