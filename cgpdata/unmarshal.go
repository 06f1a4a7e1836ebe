package cgpdata

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Unmarshaler is implemented by pointers to types that can be set from a Value.
// UnmarshalCGP may keep v, which shares memory with the text; see [Value.Clone].
type Unmarshaler interface {
	UnmarshalCGP(v Value) error
}

// ErrUnknownKey is the Err of an UnmarshalError for a key that is no field of the struct
// that is its Type. The Kind is KindString, and the position that of the key.
var ErrUnknownKey = errors.New("unknown key")

// UnmarshalOptions tell UnmarshalWith what to accept. The zero UnmarshalOptions are
// those of Unmarshal. Use field names: fields may be added.
type UnmarshalOptions struct {
	Options

	// KnownKeys refuses a key that is no field of its struct, unless the struct has
	// an inline map. Otherwise such a key is passed over.
	KnownKeys bool
}

// UnmarshalError tells where a value does not fit into the Go type that is to hold it.
type UnmarshalError struct {
	Offset int64        // of the value in the text, from 0
	Line   int          // from 1; 0 if there was no text, but a Value
	Column int          // from 1, in bytes
	Path   string       // of the value, as in SyntaxError
	Kind   Kind         // of the value
	Type   reflect.Type // of what was to hold it
	Err    error        // why, such as a number that is too big; nil if the Kind tells all
}

// Error returns one line, such as "cgpdata: line 3, column 14: String does not fit into
// uint16: number too big at Ports[0].PortNumber". It never has the value itself, which may
// be a secret, unless a method of the Go type puts it there.
func (e *UnmarshalError) Error() string {
	text := "cgpdata: "
	if e.Line > 0 {
		text += fmt.Sprintf("line %d, column %d: ", e.Line, e.Column)
	}
	switch {
	case errors.Is(e.Err, ErrUnknownKey):
		text += e.Err.Error()
	case e.Err != nil:
		text += fmt.Sprintf("%v does not fit into %v: %v", e.Kind, e.Type, e.Err)
	default:
		text += fmt.Sprintf("%v does not fit into %v", e.Kind, e.Type)
	}
	if e.Path != "" {
		text += " at " + e.Path
	}
	return text
}

// Unwrap returns Err.
func (e *UnmarshalError) Unwrap() error { return e.Err }

// Unmarshal reads a text as [Parse] with nil Options does, into what v points to; tags
// and types are those of [Marshal].
//
//	string                     a String, or the digits of a Number
//	bool                       YES or NO in letters of any case
//	integers                   a Number, or a String of decimal digits: #5 or 5
//	floats                     likewise, with point and exponent
//	[]byte, [N]byte            a Data; an array takes one of its length only
//	slices                     an Array; the slice is a new one
//	arrays                     an Array, which must not be longer; what is left becomes zero
//	maps with string keys      a Dictionary, whose pairs are added; an element is a new one
//	structs                    a Dictionary; a field without a key stays as it is
//	time.Time                  a Time
//	time.Duration, Duration, Size, Count   a String of their text, or a Number
//	netip.Addr, netip.AddrPort an IP, without a port for Addr; or a String of that text
//	Value                      anything
//	Unmarshaler                what its method takes
//	encoding.TextUnmarshaler   a String, or the digits of a Number
//	pointers                   what they point to, which is made if it is nil
//	any                        string, []byte, int64, time.Time, netip.Addr or (with a port)
//	                           netip.AddrPort, nil, []any, map[string]any; and Value for what
//	                           has no such type: dates, #TPAST, #TFUTURE, XML, Object
//
// Null sets any other than Value and Unmarshaler to its zero value. Keys are those of fields
// letter by letter. Integers, and the numbers that floats and texts take, are decimal.
//
// The error is a [*SyntaxError] or an [*UnmarshalError], the first one in the text; what v
// points to may then have been set in part. It keeps no pointer into src: like the
// strings of a [Value], those that are set point into one copy of it.
func Unmarshal(src []byte, v any) error { return UnmarshalWith(src, v, nil) }

// UnmarshalWith is Unmarshal with options; nil are the zero UnmarshalOptions.
func UnmarshalWith(src []byte, v any, o *UnmarshalOptions) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("cgpdata: unmarshal: want a pointer that is not nil, not %T", v)
	}
	if o == nil {
		o = &UnmarshalOptions{}
	}
	p := newParser(src, &o.Options)
	defer p.release()
	if p.Err != nil {
		return (*SyntaxError)(p.Err)
	}
	p.text = string(src)
	d := filler{parser: p, knownKeys: o.KnownKeys}
	i, form := d.Start()
	if i >= 0 {
		d.bare = form != grammar.Whole
		i = d.into(planOf(to.Type().Elem()), i, placeOf(to.Elem()))
	}
	switch {
	case d.finish(i):
		return nil
	case p.Err != nil:
		return (*SyntaxError)(p.Err)
	}
	return d.failure
}

// UnmarshalValue is Unmarshal for a Value, of any depth that [Append] takes. Positions in
// its error are 0.
func UnmarshalValue(value Value, v any) error {
	a := appender{&grammar.Writer{Layout: grammar.Inside, AllYears: true, Allow: grammar.Lenient, MaxDepth: grammar.CeilingDepth}}
	text, err := a.value(nil, value)
	if err != nil {
		return fmt.Errorf("cgpdata: unmarshal: %w at %s", err, a.Path())
	}
	err = UnmarshalWith(text, v, &UnmarshalOptions{Options: everything})
	if e, ok := errors.AsType[*UnmarshalError](err); ok {
		e.Offset, e.Line, e.Column = 0, 0, 0
	}
	return err
}

// A filler reads a text into Go values, without making Values of it. It goes through the
// text by the parser's steps, so that both accept the same.
type filler struct {
	*parser
	bare      bool  // the next value is a dictionary without braces
	knownKeys bool  // see UnmarshalOptions
	boxes     boxes // of strings for them
	rows      [8]row
	names     []string // of what is in members, all together
	failure   *UnmarshalError
}

// decodeFunc sets what is at p to the value at i and returns where it ends, or -1 after a
// failure, which is then in failure or err.
type decodeFunc func(d *filler, i int, p place) (end int)

// enter opens the array or dictionary at i, and goes on to its first value as advance
// does; bracket 0 opens a dictionary without braces.
func (d *filler) enter(bracket byte, i int) (end int, due bool) {
	if !d.push(bracket, i) {
		return -1, false
	}
	if bracket == 0 {
		return d.Advance(i, grammar.InDictionary)
	}
	return d.First(i + 1)
}

// into sets what is at to, for which there is the plan p, to the value at i.
func (d *filler) into(p *plan, i int, to place) (end int) {
	if !d.count(i) {
		return -1
	}
	c := d.At(i)
	if p.isText && grammar.Class[c]&grammar.ClassString != 0 && !d.bare {
		if start, stop, end := d.Plain(i); end >= 0 {
			*at[string](to) = d.text[start:stop]
			return end
		}
	}
	if (c == '#' || c == ';') && !p.takesNull && d.kind(i) == KindNull {
		if _, end = d.Leaf(i); end >= 0 {
			valueAt(p.typ, to).SetZero()
		}
		return end
	}
	return p.decode(d, i, to)
}

// count counts the value at i. Braces that are missing make no value: Parse does not count
// them either.
func (d *filler) count(i int) bool { return d.bare || d.Item(i) }

// kind returns the kind of the value at i. If there is none it is KindObject, which fits
// nothing but a Value.
func (d *filler) kind(i int) Kind {
	c := d.At(i)
	switch {
	case d.bare || c == '{':
		return KindDictionary
	case grammar.Class[c]&grammar.ClassString != 0:
		return KindString
	}
	switch c {
	case '(':
		return KindArray
	case '[':
		return KindData
	case '<':
		return KindXML
	case ';':
		if d.IsMissing(i) {
			return KindNull
		}
	case '#':
		switch c = d.At(i + 1); {
		case grammar.IsDigit(c) || c == '-':
			return KindNumber
		case c == 'T':
			return KindTime
		case c == 'I':
			return KindIP
		case c|0x20 == 'n':
			return KindNull
		}
	}
	return KindObject
}

// skip reads the value at i, which has been counted.
func (d *filler) skip(i int) (end int) {
	if d.bare {
		d.bare = false
		return d.WalkBare(i)
	}
	d.Items++ // Walk counts it again
	return d.Walk(i)
}

// value makes a Value of the value at i, which has been counted.
func (d *filler) value(i int) (v Value, end int) {
	outer := d.outer
	d.outer = len(d.Open)
	if d.bare {
		d.bare = false
		v, end = d.parser.bare(i)
	} else {
		d.Items++ // content counts it again
		v, end = d.content(i, true)
	}
	d.outer = outer
	return v, end
}

// refuse fails because of the value at i, which is well-formed and does not fit into t.
func (d *filler) refuse(i int, t reflect.Type, err error) int {
	at := d.ErrorAt(i, err)
	d.failure = &UnmarshalError{at.Offset, at.Line, at.Column, at.Path, d.kind(i), t, err}
	// A method that used UnmarshalValue knows better what does not fit.
	if inner, ok := errors.AsType[*UnmarshalError](err); ok && inner.Line == 0 {
		if inner.Path != "" && inner.Path[0] != '[' && at.Path != "" {
			at.Path += "."
		}
		d.failure.Path = at.Path + inner.Path
		d.failure.Kind, d.failure.Type, d.failure.Err = inner.Kind, inner.Type, inner.Err
	}
	return -1
}

// mismatch is refuse for a value of the wrong kind, unless it is not well-formed.
func (d *filler) mismatch(i int, t reflect.Type) int {
	bare := d.bare
	if d.skip(i) < 0 {
		return -1
	}
	d.bare = bare
	return d.refuse(i, t, nil)
}

// array opens the array at i and goes on to its first element. Then next goes from the end
// of an element to the one behind it as long as one is due, and leave closes the array.
func (d *filler) array(i int, t reflect.Type) (end int, due bool) {
	if d.kind(i) != KindArray {
		return d.mismatch(i, t), false
	}
	return d.enter('(', i)
}

// dictionary opens the dictionary at i, in the way of array.
func (d *filler) dictionary(i int, t reflect.Type) (end int, due bool) {
	if d.kind(i) != KindDictionary {
		return d.mismatch(i, t), false
	}
	bracket := byte('{')
	if d.bare {
		d.bare, bracket = false, 0
	}
	return d.enter(bracket, i)
}

// leave closes the array or dictionary that ends at i.
func (d *filler) leave(i int) (end int) {
	if i < 0 || !d.Leave() {
		return -1
	}
	return i
}
