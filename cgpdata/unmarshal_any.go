package cgpdata

import (
	"reflect"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

func decodeInterface(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		if !d.bare {
			d.Items++ // any counts it again
		}
		x, end := d.any(i)
		switch {
		case end < 0:
			return -1
		case x == nil:
			valueAt(t, p).SetZero()
		default:
			valueAt(t, p).Set(reflect.ValueOf(x))
		}
		return end
	}
}

// any reads the value at i into what an interface holds of it.
func (d *filler) any(i int) (v any, end int) {
	if !d.count(i) {
		return nil, -1
	}
	switch d.kind(i) {
	case KindString:
		text, end := d.word(i, nil)
		if end < 0 {
			return nil, -1
		}
		return d.boxes.box(text, (len(d.Src)-i)/16), end
	case KindArray:
		return d.anyArray(i)
	case KindDictionary:
		return d.anyDictionary(i)
	}
	if d.At(i) == '#' {
		if n, end := d.UsualNumber(i); end >= 0 {
			return n, end
		}
	}
	value, end := d.other(i)
	return natural(value), end
}

// anyElements reads the elements or the values of pairs from i on, onto the stack of them.
func (d *filler) anyElements(i int, due bool) (end int) {
	var v any
	for due {
		if grammar.Class[d.At(i)]&grammar.ClassString != 0 && d.Items > 0 { // as most are
			if start, stop, end := d.Plain(i); end >= 0 {
				d.Items--
				d.anys = append(d.anys, d.boxes.box(d.text[start:stop], (len(d.Src)-i)/16))
				i, due = d.Next(end)
				continue
			}
		}
		if v, i = d.any(i); i < 0 {
			return -1
		}
		d.anys = append(d.anys, v)
		i, due = d.Next(i)
	}
	return i
}

// anyArray reads the array at i.
func (d *filler) anyArray(i int) (v any, end int) {
	base := len(d.anys)
	i = d.anyElements(d.enter('(', i))
	if i = d.leave(i); i < 0 {
		return nil, -1
	}
	elems := d.anys[base:]
	array := make([]any, len(elems))
	copy(array, elems)
	clear(elems)
	d.anys = d.anys[:base]
	return array, i
}

// anyDictionary reads the dictionary at i. A map tells by its size whether there were keys
// twice.
func (d *filler) anyDictionary(i int) (v any, end int) {
	bracket := byte('{')
	if d.bare {
		d.bare, bracket = false, 0
	}
	base := len(d.anys)
	if i = d.anyElements(d.enter(bracket, i)); i < 0 {
		return nil, -1
	}
	elems := d.anys[base:]
	keys := d.Keys[len(d.Keys)-len(elems):]
	dictionary := make(map[string]any, len(elems))
	for n, v := range elems {
		dictionary[d.textOf(keys[n])] = v
	}
	clear(elems)
	d.anys = d.anys[:base]
	if len(dictionary) == len(keys) {
		d.Pop()
		return dictionary, i
	}
	return dictionary, d.leave(i)
}

// natural returns what an interface holds of a value that is neither string nor array nor
// dictionary: such that Marshal writes it as it was.
func natural(v Value) any {
	switch v.Kind() {
	case KindNull:
		return nil
	case KindData:
		return v.Bytes()
	case KindNumber:
		n, _ := v.Int()
		return n
	case KindTime:
		if t, ok := v.Time(); ok && !v.IsDate() && !v.IsPast() && !v.IsFuture() {
			return t
		}
	case KindIP:
		switch a, ok := v.AddrPort(); {
		case ok && a.Port() == 0:
			return a.Addr()
		case ok:
			return a
		}
	}
	return v
}
