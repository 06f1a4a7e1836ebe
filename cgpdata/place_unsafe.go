//go:build !purego

package cgpdata

import (
	"reflect"
	"unsafe"
)

// A place is where a value of Go is that is written or read: its address, as a
// reflect.Value for each field would take a fifth of the time. The type of the value is
// known to whoever has the place.
type place = unsafe.Pointer

// placeOf returns the place of v, which has an address.
func placeOf(v reflect.Value) place { return v.Addr().UnsafePointer() }

// at returns a pointer to the value, whose type is T or has T as its underlying type.
func at[T any](p place) *T { return (*T)(p) }

// valueAt returns the value, of type t.
func valueAt(t reflect.Type, p place) reflect.Value { return reflect.NewAt(t, p).Elem() }

// inside returns the field in the struct at p; ok is false if it is in an embedded
// struct whose pointer is nil.
func (f *field) inside(p place) (in place, ok bool) {
	for _, offset := range f.pointers {
		if p = *(*unsafe.Pointer)(unsafe.Add(p, offset)); p == nil {
			return nil, false
		}
	}
	return unsafe.Add(p, f.offset), true
}

// follow returns what the pointer at p points to; ok is false if it is nil.
func follow(p place) (to place, ok bool) {
	to = *(*unsafe.Pointer)(p)
	return to, to != nil
}

// emptySlice sets the slice at p to one that is not nil and has no room.
func emptySlice(p place) { *at[[]struct{}](p) = []struct{}{} }

// setSlice sets the slice at p to n elements from start on of those in a room.
func setSlice(p place, in room, start, n int, size uintptr) {
	*at[[]struct{}](p) = unsafe.Slice((*struct{})(element(in.elems, start, size)), n)
}

// elementsOf returns the place of the elements of a slice.
func elementsOf(slice reflect.Value) place { return slice.UnsafePointer() }

// elements returns the place of the elements of the slice at p, and their number.
func elements(p place) (elems place, n int) {
	slice := (*[]struct{})(p)
	return unsafe.Pointer(unsafe.SliceData(*slice)), len(*slice)
}

// element returns element i of a slice or array whose elements are at elems.
func element(elems place, i int, size uintptr) place { return unsafe.Add(elems, uintptr(i)*size) }

// boxes are strings that interfaces hold, many in one allocation.
type boxes struct{ free []string }

// box returns s in an interface. left tells how many more strings may come.
func (b *boxes) box(s string, left int) any {
	if len(s) == 0 {
		return ""
	}
	kept := &take(&b.free, 1, left)[0]
	*kept = s
	var v any = ""
	(*[2]unsafe.Pointer)(unsafe.Pointer(&v))[1] = unsafe.Pointer(kept)
	return v
}
