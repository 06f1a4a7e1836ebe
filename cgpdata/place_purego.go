//go:build purego

package cgpdata

import "reflect"

// A place is a value of Go that is written or read, and has an address.
type place = reflect.Value

func placeOf(v reflect.Value) place { return v }

func at[T any](p place) *T {
	return p.Addr().Convert(reflect.TypeFor[*T]()).Interface().(*T)
}

func valueAt(_ reflect.Type, p place) reflect.Value { return p }

func (f *field) inside(p place) (in place, ok bool) {
	for i, n := range f.index {
		if i > 0 && p.Kind() == reflect.Pointer {
			if p.IsNil() {
				return place{}, false
			}
			p = p.Elem()
		}
		p = p.Field(n)
	}
	return p, true
}

func follow(p place) (to place, ok bool) { return p.Elem(), !p.IsNil() }

func emptySlice(p place) { p.Set(reflect.MakeSlice(p.Type(), 0, 0)) }

func setSlice(p place, in room, start, n int, _ uintptr) {
	p.Set(in.slice.Slice3(start, start+n, start+n))
}

func elementsOf(slice reflect.Value) place { return slice }

func elements(p place) (elems place, n int) { return p, p.Len() }

func element(elems place, i int, _ uintptr) place { return elems.Index(i) }

type boxes struct{}

func (*boxes) box(s string, _ int) any { return s }
