package cgpdata

import "reflect"

func (m planner) decodeSlice(t reflect.Type) decodeFunc {
	switch {
	case isBytes(t):
		return decodeBytes(t)
	case t == stringsType:
		return decodeStrings
	}
	elem, size := m.plan(t.Elem()), max(t.Elem().Size(), 1)
	slice := reflect.SliceOf(t.Elem())
	return func(d *filler, i int, p place) int {
		emptySlice(p) // its old elements may be in use elsewhere
		outset := i
		i, due := d.array(i, t)
		if !due {
			return d.leave(i)
		}
		r := d.row(slice)
		held := r.stretch()
		n := 0
		for ; due; n++ {
			if n == held.len && !r.extend(&held) {
				more := d.growth(n, i, outset, size)
				r.move(&held, n+more, slice, size)
			}
			if i = d.into(elem, i, element(held.elems, held.start+n, size)); i < 0 {
				break
			}
			i, due = d.Next(i)
		}
		setSlice(p, held.room, held.start, n, size)
		r.leave(held, n)
		if r.len*int(size) > maxRow { // what keeps a small slice shall not keep a big one
			*r = row{typ: r.typ, room: room{number: r.number + 1}}
		}
		return d.leave(i)
	}
}

// A row hands out room for the elements of slices of one type, many in one allocation, or
// for those of maps until they are put there. While a slice takes room, those in its elements
// do, too.
type row struct {
	typ reflect.Type // of the slice, or the map
	room
	used, len int // places
}

// A room is one allocation.
type room struct {
	slice  reflect.Value
	elems  place
	number int // differs for each of a row
}

// A stretch is the room of one slice.
type stretch struct {
	room
	start, len int
}

// maxRow is the size of an allocation in bytes. Like maxSlab it bounds what a slice that is
// kept keeps alive beside itself.
const maxRow = 8 << 10

// row returns the row for a type.
func (d *filler) row(t reflect.Type) *row {
	for i := range d.rows {
		r := &d.rows[i]
		if r.typ == nil {
			r.typ = t
		}
		if r.typ == t {
			return r
		}
	}
	return &row{typ: t}
}

// growth returns for how many more elements or pairs there should be room, behind n of them
// from outset to i. The outermost array or dictionary has what is left of the text.
func (d *filler) growth(n, i, outset int, size uintptr) int {
	if n < 16 || len(d.Open) > 1 {
		return n + 1
	}
	left := len(d.Src) - i
	likely := left / ((i - outset) / n)
	return max(n/4, min(likely+likely/16, 2*left/int(size))) + 1
}

// stretch returns one without any room yet.
func (r *row) stretch() stretch { return stretch{room: r.room, start: r.used} }

// extend adds the place behind it to s, if that is free.
func (r *row) extend(s *stretch) bool {
	if r.used == r.len || r.number != s.number || r.used != s.start+s.len {
		return false
	}
	r.used++
	s.len++
	return true
}

// move takes room for n elements, and moves those of s there.
func (r *row) move(s *stretch, n int, slice reflect.Type, size uintptr) {
	if r.len-r.used < n {
		r.len = max(n, min(2*r.len, maxRow/int(size)))
		r.slice = reflect.MakeSlice(slice, r.len, r.len)
		r.elems = elementsOf(r.slice)
		r.number++
		r.used = 0
	}
	if s.len > 0 {
		reflect.Copy(r.slice.Slice(r.used, r.used+s.len), s.slice.Slice(s.start, s.start+s.len))
	}
	*s = stretch{r.room, r.used, n}
	r.used += n
}

// leave gives back what the first n elements of s do not need.
func (r *row) leave(s stretch, n int) {
	if r.number == s.number && r.used == s.start+s.len {
		r.used = s.start + n
	}
}
