package cgpdata

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

func (m planner) decodePointer(t reflect.Type) decodeFunc {
	elem := m.plan(t.Elem())
	return func(d *filler, i int, v reflect.Value) int {
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return elem.decode(d, i, v.Elem())
	}
}

func decodeInterface(d *filler, i int, v reflect.Value) int {
	if !d.bare {
		d.Items++ // any counts it again
	}
	x, end := d.any(i)
	switch {
	case end < 0:
		return -1
	case x == nil:
		v.SetZero()
	default:
		v.Set(reflect.ValueOf(x))
	}
	return end
}

// any reads the value at i into what an interface holds of it.
func (d *filler) any(i int) (v any, end int) {
	if !d.count(i) {
		return nil, -1
	}
	switch d.kind(i) {
	case KindString:
		return d.word(i, nil)
	case KindArray:
		array := []any{}
		i, due := d.array(i, nil)
		for due {
			if v, i = d.any(i); i < 0 {
				return nil, -1
			}
			array = append(array, v)
			i, due = d.Next(i)
		}
		return array, d.leave(i)
	case KindDictionary:
		dictionary := map[string]any{}
		end = d.pairs(i, nil, func(key grammar.Span, at int) int {
			name := d.textOf(key)
			e, end := d.any(at)
			dictionary[name] = e
			return end
		})
		return dictionary, end
	}
	value, end := d.other(i)
	return natural(value), end
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

func (m planner) decodeSlice(t reflect.Type) decodeFunc {
	switch {
	case isBytes(t):
		return decodeBytes
	case t == stringsType:
		return decodeStrings
	}
	elem, first := m.plan(t.Elem()), 1
	if t.Elem().Size() <= 32 {
		first = 2
	}
	return func(d *filler, i int, v reflect.Value) int {
		v.SetZero() // its elements may be in use elsewhere
		i, due := d.array(i, t)
		for n := 0; due; n++ {
			switch {
			case n == 0:
				v.Grow(first)
			case n == v.Cap():
				v.Grow(1) // which doubles
			}
			v.SetLen(n + 1)
			if i = d.into(elem, i, v.Index(n)); i < 0 {
				return -1
			}
			i, due = d.Next(i)
		}
		if i = d.leave(i); i >= 0 && v.IsNil() {
			v.Set(reflect.MakeSlice(t, 0, 0))
		}
		return i
	}
}

func decodeBytes(d *filler, i int, v reflect.Value) int {
	if d.kind(i) != KindData {
		return d.mismatch(i, v.Type())
	}
	value, end := d.other(i)
	if end >= 0 {
		v.SetBytes(value.Bytes())
	}
	return end
}

var (
	stringType  = reflect.TypeFor[string]()
	stringsType = reflect.TypeFor[[]string]()
)

// decodeStrings spares the most common slices reflection and growing: it puts the strings
// where the slabs have room.
func decodeStrings(d *filler, i int, v reflect.Value) int {
	all := d.slabs.freeStrings[:0]
	i, due := d.array(i, stringsType)
	for due {
		if !d.Item(i) {
			return -1
		}
		if len(all) == cap(all) {
			all = slices.Grow(all, max(len(all), min((len(d.Src)-i)/16, maxSlab), 1))
		}
		var text string
		if d.At(i) == '#' && d.kind(i) == KindNull {
			_, i = d.other(i)
		} else {
			text, i = d.word(i, stringType)
		}
		if i < 0 {
			return -1
		}
		all = append(all, text)
		i, due = d.Next(i)
	}
	if i = d.leave(i); i < 0 {
		return -1
	}
	n := len(all)
	d.slabs.freeStrings = all[n:cap(all)]
	if all = all[:n:n]; n == 0 {
		all = []string{}
	}
	*v.Addr().Interface().(*[]string) = all
	return i
}

func (m planner) decodeArray(t reflect.Type) decodeFunc {
	if isBytes(t) {
		return decodeByteArray
	}
	elem := m.plan(t.Elem())
	return func(d *filler, i int, v reflect.Value) int {
		i, due := d.array(i, t)
		n := 0
		for ; due; n++ {
			if n == t.Len() {
				return d.refuse(i, t, errors.New("too many elements"))
			}
			v.Index(n).SetZero()
			if i = d.into(elem, i, v.Index(n)); i < 0 {
				return -1
			}
			i, due = d.Next(i)
		}
		if i = d.leave(i); i < 0 {
			return -1
		}
		for ; n < t.Len(); n++ {
			v.Index(n).SetZero()
		}
		return i
	}
}

func decodeByteArray(d *filler, i int, v reflect.Value) int {
	if d.kind(i) != KindData {
		return d.mismatch(i, v.Type())
	}
	value, end := d.other(i)
	switch {
	case end < 0:
		return -1
	case len(value.s) != v.Len():
		return d.refuse(i, v.Type(), fmt.Errorf("%d bytes", len(value.s)))
	}
	reflect.Copy(v, reflect.ValueOf(value.s))
	return end
}

func (m planner) decodeMap(t reflect.Type) decodeFunc {
	elem := m.plan(t.Elem())
	return func(d *filler, i int, v reflect.Value) int {
		to := newEntry(t, elem)
		end := d.pairs(i, t, func(key grammar.Span, at int) int { return to.put(d, v, key, at) })
		if end >= 0 && v.IsNil() {
			v.Set(reflect.MakeMap(t))
		}
		return end
	}
}

// An entry puts pairs into a map, one after the other.
type entry struct {
	plan      *plan
	key, elem reflect.Value
}

func newEntry(t reflect.Type, elem *plan) *entry {
	return &entry{elem, reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()}
}

// put puts a pair into m, which it makes if it is nil.
func (e *entry) put(d *filler, m reflect.Value, key grammar.Span, at int) (end int) {
	e.key.SetString(d.textOf(key))
	e.elem.SetZero()
	if end = d.into(e.plan, at, e.elem); end < 0 {
		return -1
	}
	if m.IsNil() {
		size := 0
		if len(d.Open) == 1 { // what is left of the text is left of the map
			size = e.likely(len(d.Src)-end, end-int(key.At))
		}
		m.Set(reflect.MakeMapWithSize(m.Type(), size))
	}
	m.SetMapIndex(e.key, e.elem)
	return end
}

// likely returns how many entries to expect when the first one took some bytes of text and
// others are left: so many that what they take at first is no more than that text.
func (e *entry) likely(left, first int) int {
	const indirect = 128 // elements above this size stand outside a map
	size := int(e.key.Type().Size() + e.elem.Type().Size())
	if e.elem.Type().Size() > indirect {
		size = int(e.key.Type().Size()) + 8
	}
	return 1 + left/max(first, size, 1)
}

func (m planner) decodeStruct(t reflect.Type) decodeFunc {
	r, err := m.record(t)
	if err != nil {
		return decodeError(err)
	}
	var rest *plan
	if r.rest >= 0 {
		rest = m.plan(r.fields[r.rest].typ.Elem())
	}
	return func(d *filler, i int, v reflect.Value) int {
		likely := 0 // the field behind the last one
		var done []bool
		if d.Allow&grammar.DuplicateKey != 0 {
			done = make([]bool, len(r.fields))
		}
		var others *entry
		return d.pairs(i, t, func(key grammar.Span, at int) int {
			n := r.find(d.KeyText(key), likely)
			switch {
			case n >= 0:
			case rest != nil:
				all := r.fields[r.rest].of(v)
				if others == nil {
					others = newEntry(all.Type(), rest)
				}
				return others.put(d, all, key, at)
			case d.knownKeys:
				return d.refuse(int(key.At), t, ErrUnknownKey)
			default:
				return d.Walk(at)
			}
			f := &r.fields[n]
			var to reflect.Value
			if len(f.index) == 1 { // spares a call
				to = v.Field(f.index[0])
			} else {
				to = f.of(v)
			}
			if done != nil {
				if done[n] { // the last one counts, and nothing of those before it
					to.SetZero()
				}
				done[n] = true
			}
			likely = n + 1
			return d.into(f.plan, at, to)
		})
	}
}

// find returns the number of the field with a key, which is likely at a place; -1 if
// there is none.
func (r *record) find(key []byte, likely int) int {
	if likely < len(r.fields) && string(key) == r.fields[likely].name && !r.fields[likely].inline {
		return likely
	}
	if n, ok := r.byName[string(key)]; ok {
		return n
	}
	return -1
}
