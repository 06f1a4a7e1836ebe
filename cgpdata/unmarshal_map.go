package cgpdata

import (
	"reflect"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

func (m planner) decodeMap(t reflect.Type) decodeFunc {
	if t == stringMapType {
		return decodeStringMap
	}
	elem := m.plan(t.Elem())
	return func(d *filler, i int, p place) int {
		outset := i
		i, due := d.dictionary(i, t)
		if i < 0 {
			return -1
		}
		to := d.members(t, elem, outset)
		for due {
			if i = to.read(d, d.Keys[len(d.Keys)-1], i); i < 0 {
				break
			}
			i, due = d.Next(i)
		}
		all := valueAt(t, p)
		isNew := to.putInto(d, all)
		if i >= 0 && isNew && all.Len() == to.n {
			d.Pop() // a map tells by its size that there are no keys twice
			return i
		}
		return d.leave(i)
	}
}

// decodeStringMap spares the most common maps reflection.
func decodeStringMap(d *filler, i int, p place) int {
	m := at[map[string]string](p)
	i, due := d.dictionary(i, stringMapType)
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
	plan   *plan
	typ    reflect.Type // of the map
	size   uintptr      // of an element
	outset int          // where they begin
	base   int          // where their names begin on the stack of these
	n      int
	elems  stretch
	row    *row // of elems
}

func (d *filler) members(t reflect.Type, elem *plan, outset int) members {
	m := members{plan: elem, typ: t, size: max(t.Elem().Size(), 1), outset: outset, base: len(d.names), row: d.row(t)}
	m.elems = m.row.stretch()
	return m
}

// read reads a pair, whose value is at i.
func (m *members) read(d *filler, key grammar.Span, i int) (end int) {
	if m.n == m.elems.len && !m.row.extend(&m.elems) {
		m.row.move(&m.elems, m.n+d.growth(m.n, i, m.outset, m.size), reflect.SliceOf(m.typ.Elem()), m.size)
	}
	name := d.textOf(key)
	if end = d.into(m.plan, i, element(m.elems.elems, m.elems.start+m.n, m.size)); end >= 0 {
		d.names = append(d.names, name)
		m.n++
	}
	return end
}

// putInto puts the pairs into all, and makes that if it is nil.
func (m *members) putInto(d *filler, all reflect.Value) (isNew bool) {
	if isNew = all.IsNil(); isNew {
		all.Set(reflect.MakeMapWithSize(all.Type(), m.n))
	}
	if m.elems.len == 0 {
		return isNew
	}
	elems := m.elems.slice.Slice(m.elems.start, m.elems.start+m.elems.len)
	key := reflect.New(m.typ.Key()).Elem()
	for n, name := range d.names[m.base:] {
		key.SetString(name)
		all.SetMapIndex(key, elems.Index(n))
	}
	d.names = d.names[:m.base]
	elems.Clear() // for others: the map has copies
	m.row.leave(m.elems, 0)
	return isNew
}
