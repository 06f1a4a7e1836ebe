package cgpdata

import (
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A plan tells how values of one Go type become text and back.
type plan struct {
	typ       reflect.Type
	encode    encodeFunc
	decode    decodeFunc
	isText    bool // a String as it is
	takesNull bool // decode knows what to do with a Null, or with a missing value
}

// plans keeps the plan of each type that was met, by [reflect.Type]. It is the one
// thing here that a package remembers: a plan is a pure function of its type, the
// program has a fixed number of types, and without the plans each call would
// read all tags again. A sync.Map is for exactly that: written once, read by all.
var plans sync.Map

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	made := planner{}
	p := made.plan(t)
	for t, p := range made { // only now: all of them are complete
		plans.LoadOrStore(t, p)
	}
	return p
}

// A planner makes plans. It holds those it has begun, so that a type may contain itself.
type planner map[reflect.Type]*plan

func (m planner) plan(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	if p := m[t]; p != nil {
		return p
	}
	p := &plan{typ: t}
	m[t] = p
	p.encode, p.decode = m.encoding(t), m.decoding(t)
	p.isText = t.Kind() == reflect.String && !isLeaf(t)
	p.takesNull = t == valueType || !slices.Contains(special, t) && reflect.PointerTo(t).Implements(unmarshalerType)
	return p
}

// A record is what a struct type looks like as a dictionary.
type record struct {
	fields []field        // in the order in which they are written
	byName map[string]int // all but the inline map, by name
	rest   int            // of fields: the inline map; -1 if there is none
	table  []int32        // the numbers of those in byName, from 1, at places that nameHash tells
}

// A field is a pair of that dictionary, or the inline map.
type field struct {
	name      string
	prefix    prefix
	index     []int     // the way to it through embedded structs
	pointers  []uintptr // on this way: where a pointer is in the struct before it
	offset    uintptr   // where the field is in the last struct
	typ       reflect.Type
	plan      *plan
	omitEmpty bool
	inline    bool
}

// A prefix is a name with its '=', where every format writes it alike. It is copied whole, with
// what is behind it, which is much faster than to copy some bytes; size is 0 for a name that
// is too long or needs a format.
type prefix struct {
	text [32]byte
	size int
}

// appendTo appends the prefix, if it has a size.
func (x *prefix) appendTo(dst []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(x.text))
	*(*[len(x.text)]byte)(dst[n : n+len(x.text)]) = x.text
	return dst[:n+x.size]
}

// tag is the parsed tag of a struct field.
type tag struct {
	name                    string
	omitEmpty, inline, word bool
}

// parseTag reads `cgp:"Name,option"`.
func parseTag(f reflect.StructField) (t tag, err error) {
	name, options, _ := strings.Cut(f.Tag.Get("cgp"), ",")
	t.name = name
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			t.omitEmpty = true
		case "inline":
			t.inline = true
		case "string":
			t.word = true
		default:
			return t, fmt.Errorf("tag of field %s: unknown option %q", f.Name, option)
		}
	}
	switch {
	case t.inline && (t.name != "" || t.omitEmpty || t.word):
		return t, fmt.Errorf("tag of field %s: inline goes with nothing else", f.Name)
	case t.word && !isInteger(f.Type):
		return t, fmt.Errorf("tag of field %s: string is for integers", f.Name)
	}
	return t, nil
}

// record reads the fields of t and of the structs embedded in it. As in Go, a field
// hides those of the same name that are deeper; two at the same depth are an error.
func (m planner) record(t reflect.Type) (*record, error) {
	r := &record{byName: map[string]int{}, rest: -1}
	type embedded struct {
		typ      reflect.Type
		index    []int
		pointers []uintptr
		offset   uintptr
	}
	seen := map[reflect.Type]bool{} // at this depth or above it
	for level := []embedded{{typ: t}}; len(level) > 0; {
		var deeper []embedded
		known := len(r.fields)
		for _, e := range level {
			seen[e.typ] = true
		}
		for _, e := range level {
			for i := range e.typ.NumField() {
				f := e.typ.Field(i)
				index := append(slices.Clone(e.index), i)
				tag, err := parseTag(f)
				switch {
				case f.Tag.Get("cgp") == "-":
					continue
				case err != nil:
					return nil, err
				}
				if inner := structIn(f, tag); inner != nil {
					if !f.IsExported() && (f.Type.Kind() == reflect.Pointer || !f.Anonymous) {
						return nil, fmt.Errorf("field %s is not exported: it cannot be inline", f.Name)
					}
					if !seen[inner] {
						next := embedded{inner, index, e.pointers, e.offset + f.Offset}
						if f.Type.Kind() == reflect.Pointer {
							next.pointers, next.offset = append(slices.Clone(e.pointers), next.offset), 0
						}
						deeper = append(deeper, next)
					}
					continue
				}
				if !f.IsExported() {
					if f.Tag.Get("cgp") != "" {
						return nil, fmt.Errorf("field %s has a tag and is not exported", f.Name)
					}
					continue
				}
				place := field{index: index, pointers: e.pointers, offset: e.offset + f.Offset}
				if err := r.add(m, f, tag, place, known); err != nil {
					return nil, err
				}
			}
		}
		level = deeper
	}
	r.arrange()
	return r, nil
}

// structIn returns the type of the struct whose fields f stands for; nil if f stands for
// itself.
func structIn(f reflect.StructField, t tag) reflect.Type {
	typ := f.Type
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || t.name != "" || isLeaf(typ) || !t.inline && !f.Anonymous {
		return nil
	}
	return typ
}

// add adds the field f, whose place is known. The first known fields of r are less deep
// than it.
func (r *record) add(m planner, f reflect.StructField, t tag, added field, known int) error {
	added.name, added.typ, added.plan = t.name, f.Type, m.plan(f.Type)
	if t.inline {
		switch {
		case f.Type.Kind() != reflect.Map || f.Type.Key().Kind() != reflect.String:
			return fmt.Errorf("field %s: inline is for structs and for maps with string keys", f.Name)
		case r.rest >= 0:
			return fmt.Errorf("field %s: a second inline map", f.Name)
		}
		r.rest = len(r.fields)
		added.name, added.inline = f.Name, true
		r.fields = append(r.fields, added)
		return nil
	}
	if added.name == "" {
		added.name = f.Name
	}
	if other, ok := r.byName[added.name]; ok {
		if other < known {
			return nil
		}
		return fmt.Errorf("field %s: a second one with the key %q", f.Name, added.name)
	}
	added.omitEmpty = t.omitEmpty
	if len(added.name) < len(added.prefix.text) && grammar.IsAtom(added.name, grammar.Atoms1999) {
		added.prefix.size = copy(added.prefix.text[:], added.name+"=")
	}
	if t.word {
		added.plan = &plan{typ: f.Type, encode: wordEncoding(f.Type), decode: m.decoding(f.Type)}
	}
	r.byName[added.name] = len(r.fields)
	r.fields = append(r.fields, added)
	return nil
}

// arrange brings the fields into the order of the struct's text in Go, an embedded
// struct's in its place.
func (r *record) arrange() {
	slices.SortFunc(r.fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	for i, f := range r.fields {
		if f.inline {
			r.rest = i
		} else {
			r.byName[f.name] = i
		}
	}
	r.table = make([]int32, 4<<bits.Len(uint(len(r.fields))))
	for name, i := range r.byName {
		at := nameHash(name)
		for r.table[at&uint32(len(r.table)-1)] > 0 {
			at++
		}
		r.table[at&uint32(len(r.table)-1)] = int32(i + 1)
	}
}

// nameHash returns a number that differs for most names of fields.
func nameHash[T string | []byte](name T) uint32 {
	n := uint32(len(name))
	if n == 0 {
		return 0
	}
	return n*31 + uint32(name[0])*37 + uint32(name[n/2])*41 + uint32(name[n-1])*43
}

// of returns the field in v, which holds the struct, and makes embedded structs whose
// pointer is nil.
func (f *field) of(v reflect.Value) reflect.Value {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v
}

var errType = errors.New("type that has no text")

// isInteger reports whether t is an integer that is written as a number.
func isInteger(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return !isLeaf(t)
	}
	return false
}

// isLeaf reports whether t is not mapped by what it is made of, but in a way of its own.
func isLeaf(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return slices.Contains(special, t) || slices.ContainsFunc(methods, p.Implements)
}
