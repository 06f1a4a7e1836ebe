package cgpdata

import (
	"errors"
	"fmt"
	"reflect"
)

func (m planner) decodePointer(t reflect.Type) decodeFunc {
	elem := m.plan(t.Elem())
	return func(d *decoder, i int, v reflect.Value) int {
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return elem.decode(d, i, v.Elem())
	}
}

func decodeInterface(d *decoder, i int, v reflect.Value) int {
	d.items++ // any counts it again
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
func (d *decoder) any(i int) (v any, end int) {
	if i == missing {
		return nil, 0
	}
	if d.items--; d.items < 0 {
		return nil, d.fail(i, ErrItems)
	}
	switch d.kind(i) {
	case KindString:
		return d.word(i, nil)
	case KindArray:
		array := []any{}
		end = d.elements(i, nil, func(_, at int) int {
			e, end := d.any(at)
			array = append(array, e)
			return end
		})
		return array, end
	case KindDictionary:
		dictionary := map[string]any{}
		end = d.pairs(i, nil, func(key span, at int) int {
			name := d.stringOf(key)
			e, end := d.any(at)
			dictionary[name] = e
			return end
		})
		return dictionary, end
	}
	value, end := d.leaf(i)
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
	return func(d *decoder, i int, v reflect.Value) int {
		v.SetZero() // its elements may be in use elsewhere
		end := d.elements(i, t, func(n, at int) int {
			switch {
			case n == 0:
				v.Grow(first)
			case n == v.Cap():
				v.Grow(1) // which doubles
			}
			v.SetLen(n + 1)
			return d.into(elem, at, v.Index(n))
		})
		if v.IsNil() {
			v.Set(reflect.MakeSlice(t, 0, 0))
		}
		return end
	}
}

func decodeBytes(d *decoder, i int, v reflect.Value) int {
	if d.kind(i) != KindData {
		return d.mismatch(i, v.Type())
	}
	value, end := d.leaf(i)
	if end >= 0 {
		v.SetBytes(value.Bytes())
	}
	return end
}

var (
	stringType  = reflect.TypeFor[string]()
	stringsType = reflect.TypeFor[[]string]()
)

// decodeStrings spares the most common slices the growing.
func decodeStrings(d *decoder, i int, v reflect.Value) int {
	base := len(d.strings)
	end := d.elements(i, stringsType, func(_, at int) int {
		if d.items--; d.items < 0 {
			return d.fail(at, ErrItems)
		}
		text, end := "", 0
		if d.at(at) == '#' && d.kind(at) == KindNull {
			_, end = d.leaf(at)
		} else {
			text, end = d.word(at, stringType)
		}
		d.strings = append(d.strings, text)
		return end
	})
	switch n := len(d.strings) - base; {
	case end < 0:
	case n == 0:
		v.Set(reflect.ValueOf([]string{}))
	default:
		all := d.slabs.strings(n, len(d.src)-end)
		copy(all, d.strings[base:])
		*v.Addr().Interface().(*[]string) = all
	}
	d.strings = d.strings[:base]
	return end
}

func (m planner) decodeArray(t reflect.Type) decodeFunc {
	if isBytes(t) {
		return decodeByteArray
	}
	elem := m.plan(t.Elem())
	return func(d *decoder, i int, v reflect.Value) int {
		n := 0
		end := d.elements(i, t, func(_, at int) int {
			if n == t.Len() {
				return d.refuse(at, t, errors.New("too many elements"))
			}
			v.Index(n).SetZero()
			n++
			return d.into(elem, at, v.Index(n-1))
		})
		for ; end >= 0 && n < t.Len(); n++ {
			v.Index(n).SetZero()
		}
		return end
	}
}

func decodeByteArray(d *decoder, i int, v reflect.Value) int {
	if d.kind(i) != KindData {
		return d.mismatch(i, v.Type())
	}
	value, end := d.leaf(i)
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
	return func(d *decoder, i int, v reflect.Value) int {
		if v.IsNil() {
			v.Set(reflect.MakeMap(t))
		}
		to := newEntry(t, elem)
		return d.pairs(i, t, func(key span, at int) int { return to.put(d, v, key, at) })
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

func (e *entry) put(d *decoder, m reflect.Value, key span, at int) (end int) {
	e.key.SetString(d.stringOf(key))
	e.elem.SetZero()
	if end = d.into(e.plan, at, e.elem); end >= 0 {
		m.SetMapIndex(e.key, e.elem)
	}
	return end
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
	return func(d *decoder, i int, v reflect.Value) int {
		likely := 0 // the field behind the last one
		var done []bool
		if d.allow&DuplicateKey != 0 {
			done = make([]bool, len(r.fields))
		}
		var others *entry
		return d.pairs(i, t, func(key span, at int) int {
			n := r.find(d.keyText(key), likely)
			switch {
			case n >= 0:
			case rest != nil:
				all, _ := r.fields[r.rest].of(v, true)
				if others == nil {
					others = newEntry(all.Type(), rest)
				}
				if all.IsNil() {
					all.Set(reflect.MakeMap(all.Type()))
				}
				return others.put(d, all, key, at)
			case d.knownKeys:
				return d.refuse(int(key.at), t, ErrUnknownKey)
			case at == missing:
				return 0
			default:
				d.items--
				_, end := d.tree(at)
				return end
			}
			f := &r.fields[n]
			var to reflect.Value
			if len(f.index) == 1 { // spares a call
				to = v.Field(f.index[0])
			} else {
				to, _ = f.of(v, true)
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
