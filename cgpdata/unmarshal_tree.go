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
	return func(d *filler, i int, p place) int {
		to, ok := follow(p)
		if !ok {
			valueAt(t, p).Set(reflect.New(t.Elem()))
			to, _ = follow(p)
		}
		return elem.decode(d, i, to)
	}
}

func decodeBytes(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		if d.kind(i) != KindData {
			return d.mismatch(i, t)
		}
		value, end := d.other(i)
		if end >= 0 {
			valueAt(t, p).SetBytes(value.Bytes())
		}
		return end
	}
}

var (
	stringType  = reflect.TypeFor[string]()
	stringsType = reflect.TypeFor[[]string]()
)

// decodeStrings spares the most common slices growing: it puts the strings where the slabs
// have room.
func decodeStrings(d *filler, i int, p place) int {
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
	*at[[]string](p) = all
	return i
}

func (m planner) decodeArray(t reflect.Type) decodeFunc {
	if isBytes(t) {
		return decodeByteArray(t)
	}
	elem, size := m.plan(t.Elem()), t.Elem().Size()
	return func(d *filler, i int, p place) int {
		v := valueAt(t, p)
		i, due := d.array(i, t)
		n := 0
		for ; due; n++ {
			if n == t.Len() {
				return d.refuse(i, t, errors.New("too many elements"))
			}
			v.Index(n).SetZero()
			if i = d.into(elem, i, element(p, n, size)); i < 0 {
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

func decodeByteArray(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		if d.kind(i) != KindData {
			return d.mismatch(i, t)
		}
		value, end := d.other(i)
		switch {
		case end < 0:
			return -1
		case len(value.s) != t.Len():
			return d.refuse(i, t, fmt.Errorf("%d bytes", len(value.s)))
		}
		reflect.Copy(valueAt(t, p), reflect.ValueOf(value.s))
		return end
	}
}

func (m planner) decodeStruct(t reflect.Type) decodeFunc {
	r, err := m.record(t)
	if err != nil {
		return decodeError(t, err)
	}
	var rest *plan
	if r.rest >= 0 {
		rest = m.plan(r.fields[r.rest].typ.Elem())
	}
	return func(d *filler, i int, p place) int {
		likely := 0 // the field behind the last one
		var done []bool
		if d.Allow&grammar.DuplicateKey != 0 {
			done = make([]bool, len(r.fields))
		}
		var others members
		var seen uint64 // the fields that were set, by their numbers
		again, foreign := len(r.fields) > 64, 0
		i, due := d.dictionary(i, t)
		for due {
			key := d.Keys[len(d.Keys)-1]
			n := r.find(d.KeyText(key), likely)
			switch {
			case n >= 0:
				f := &r.fields[n]
				to, ok := f.inside(p)
				if !ok {
					to = placeOf(f.of(valueAt(t, p)))
				}
				if done != nil {
					if done[n] { // the last one counts, and nothing of those before it
						valueAt(f.typ, to).SetZero()
					}
					done[n] = true
				}
				likely = n + 1
				again = again || seen&(1<<n) != 0
				seen |= 1 << n
				if f.plan.isText && d.Items > 0 && grammar.Class[d.At(i)]&grammar.ClassString != 0 { // as most are
					if start, stop, end := d.Plain(i); end >= 0 {
						d.Items--
						*at[string](to) = d.text[start:stop]
						i, due = d.Next(end)
						continue
					}
				}
				i = d.into(f.plan, i, to)
			case rest != nil:
				foreign++
				if others.plan == nil {
					others = d.members(r.fields[r.rest].typ, rest, i)
				}
				i = others.read(d, key, i)
			case d.knownKeys:
				return d.refuse(int(key.At), t, ErrUnknownKey)
			default:
				foreign++
				i = d.pass(i)
			}
			if i < 0 {
				break
			}
			i, due = d.Next(i)
		}
		if others.plan != nil {
			others.putInto(d, r.fields[r.rest].of(valueAt(t, p)))
		}
		if i >= 0 && !again && foreign <= 1 { // so there is no key twice
			d.Pop()
			return i
		}
		return d.leave(i)
	}
}

// pass goes past the value at i.
func (d *filler) pass(i int) (end int) {
	if grammar.Class[d.At(i)]&grammar.ClassString != 0 && d.Items > 0 { // as most are
		if _, _, end = d.Plain(i); end >= 0 {
			d.Items--
			return end
		}
	}
	return d.Walk(i)
}

// find returns the number of the field with a key, which is likely at a place; -1 if
// there is none.
func (r *record) find(key []byte, likely int) int {
	if likely < len(r.fields) && string(key) == r.fields[likely].name && !r.fields[likely].inline {
		return likely
	}
	mask := uint32(len(r.table) - 1)
	for at := nameHash(key); ; at++ {
		n := int(r.table[at&mask]) - 1
		if n < 0 || string(key) == r.fields[n].name {
			return n
		}
	}
}
