package cgpdata

import (
	"reflect"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

func (m planner) decodeMap(t reflect.Type) decodeFunc {
	if t == reflect.TypeFor[map[string]string]() {
		return decodeStringMap
	}
	elem := m.plan(t.Elem())
	return func(d *filler, i int, p place) int {
		i, due := d.dictionary(i, t)
		if i < 0 {
			return -1
		}
		var to *members
		for due {
			if to == nil {
				to = newMembers(t, elem)
			}
			if i = to.read(d, d.Keys[len(d.Keys)-1], i); i < 0 {
				break
			}
			i, due = d.Next(i)
		}
		all := valueAt(t, p)
		isNew := to.putInto(all)
		if i >= 0 && isNew && all.Len() == to.len() {
			d.Pop() // a map tells by its size that there are no keys twice
			return i
		}
		return d.leave(i)
	}
}

// decodeStringMap spares the most common maps reflection.
func decodeStringMap(d *filler, i int, p place) int {
	m := at[map[string]string](p)
	i, due := d.dictionary(i, reflect.TypeFor[map[string]string]())
	if i < 0 {
		return -1
	}
	if *m == nil {
		*m = map[string]string{}
	}
	for due {
		key := d.textOf(d.Keys[len(d.Keys)-1])
		if !d.count(i) {
			return -1
		}
		text := ""
		if d.kind(i) == KindNull {
			_, i = d.other(i)
		} else {
			text, i = d.word(i, stringType)
		}
		if i < 0 {
			return -1
		}
		(*m)[key] = text
		i, due = d.Next(i)
	}
	return d.leave(i)
}

// members are pairs for a map. They are kept until all are there: a map of known size need
// not grow.
type members struct {
	plan  *plan
	size  uintptr // of an element
	keys  []string
	elems reflect.Value // a slice
	all   place         // its elements
}

func newMembers(t reflect.Type, elem *plan) *members {
	return &members{plan: elem, size: t.Elem().Size(), elems: reflect.New(reflect.SliceOf(t.Elem())).Elem()}
}

// read reads a pair, whose value is at i.
func (e *members) read(d *filler, key grammar.Span, i int) (end int) {
	n := len(e.keys)
	if n == e.elems.Len() {
		e.elems.Grow(max(n, 2))
		e.elems.SetLen(e.elems.Cap())
		e.all, _ = elements(placeOf(e.elems))
	}
	name := d.textOf(key)
	if end = d.into(e.plan, i, element(e.all, n, e.size)); end >= 0 {
		e.keys = append(e.keys, name)
	}
	return end
}

// len returns the number of pairs; of a nil *members it is 0.
func (e *members) len() int {
	if e == nil {
		return 0
	}
	return len(e.keys)
}

// putInto puts the pairs into m, and makes that if it is nil.
func (e *members) putInto(m reflect.Value) (isNew bool) {
	if isNew = m.IsNil(); isNew {
		m.Set(reflect.MakeMapWithSize(m.Type(), e.len()))
	}
	if e.len() == 0 {
		return isNew
	}
	key := reflect.New(m.Type().Key()).Elem()
	for n, text := range e.keys {
		key.SetString(text)
		m.SetMapIndex(key, e.elems.Index(n))
	}
	return isNew
}
