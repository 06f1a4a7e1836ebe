package cgpdata

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Marshaler is implemented by types that know their Value.
type Marshaler interface {
	MarshalCGP() (Value, error)
}

// Marshal returns the text of v on a single line, as [Append] with a nil Format. The
// same v always gets the same bytes.
//
//	string                     String
//	bool                       YES or NO, a String
//	integers                   Number; with the tag option string a String such as 5
//	floats                     a String such as 12.5; infinities and NaN are refused
//	[]byte, [N]byte            Data
//	other slices and arrays    Array
//	maps with string keys      Dictionary, the keys in byte order
//	structs                    Dictionary, the fields in their order
//	time.Time                  Time in GMT, the seconds rounded down; the times that
//	                           [Value.Time] gives for #TPAST and #TFUTURE are these
//	time.Duration, Duration    a String such as 7d; Size, Count: such as 100M, unlimited
//	netip.Addr, netip.AddrPort IP
//	Value                      itself
//	Marshaler                  what its method returns
//	encoding.TextMarshaler     String
//	nil pointer or interface   Null
//
// Others, such as channels, are refused. A method counts if it is that of the type or
// of a pointer to it. Pointers and interfaces stand for what they hold.
//
// A field has the tag `cgp:"Key,option,option"`. The key is the name of the field in Go
// if it is empty, and with the tag "-" there is none. The options are
//
//	omitempty   leave out the zero value, and what has no elements
//	string      write an integer as a String, as shipped settings files have it
//	inline      in place of a key: the fields of a struct become those of the struct
//	            around it, and so do the keys of a map, which Unmarshal fills with the
//	            keys that are no field. Embedded structs without a key are inline.
//
// Of fields with the same key the less deep one counts, as in Go; an inline map must
// not have the key of a field. What refers to itself is refused with [ErrDepth].
// The error has the path of the value in its text, and no value.
func Marshal(v any) ([]byte, error) { return MarshalAppend(nil, v, nil) }

// MarshalAppend appends what [Marshal] returns to dst, written as f says, and returns
// the longer slice; on an error it returns dst as it was. A nil f is the zero Format.
func MarshalAppend(dst []byte, v any, f *Format) ([]byte, error) {
	if f == nil {
		f = &Format{}
	}
	e := printers.Get().(*printer)
	defer e.release()
	e.Writer = *f.Writer()
	text, err := e.any(e.buffer[:0], v)
	if err != nil {
		if len(e.Steps) > 0 {
			err = fmt.Errorf("%w at %s", err, e.Path())
		}
		return dst, fmt.Errorf("cgpdata: marshal: %w", err)
	}
	e.buffer = text
	if f.Layout == SingleLine && !f.SortKeys {
		return append(dst, text...), nil
	}
	whole, err := Parse(text, &everything)
	if err != nil {
		return dst, fmt.Errorf("cgpdata: marshal: %w", err)
	}
	return Append(dst, whole, f)
}

// MarshalValue returns the Value whose text [Marshal] returns. It also takes what only
// lenient reading accepts, and years from 1 to 9999.
func MarshalValue(v any) (Value, error) {
	text, err := MarshalAppend(nil, v, &Format{AllYears: true, Allow: Lenient, MaxDepth: grammar.CeilingDepth})
	if err != nil {
		return Value{}, err
	}
	return Parse(text, &everything)
}

// everything accepts all that Append and Marshal write. It is never written.
var everything = Options{Allow: Lenient, MaxBytes: grammar.CeilingBytes, MaxDepth: grammar.CeilingDepth, MaxItems: grammar.CeilingBytes}

// A printer writes the text of one Go value.
type printer struct {
	grammar.Writer
	hops    int // pointers and interfaces on the way to the value
	buffer  []byte
	entries []entry  // of the maps that are being written
	order   []int32  // and in which order
	heads   []uint64 // for sorting
	spare   []uint64
}

// writeValue writes a Value.
func (e *printer) writeValue(dst []byte, v Value) ([]byte, error) {
	return appender{&e.Writer}.value(dst, v)
}

// encodeFunc appends the text of the value at p. It is of the type that the function was
// made for.
type encodeFunc func(e *printer, dst []byte, p place) ([]byte, error)

// printers keeps the buffers of printers for the next one, as parsers does.
var printers = sync.Pool{New: func() any { return new(printer) }}

func (e *printer) release() {
	const big = 8 << 20
	if cap(e.buffer) <= big && cap(e.entries) <= big/64 {
		clear(e.entries) // of a map that could not be written
		*e = printer{buffer: e.buffer[:0], entries: e.entries[:0], order: e.order[:0], heads: e.heads[:0], spare: e.spare[:0]}
		printers.Put(e)
	}
}

// errBeyond64 is the error of an integer that no Number holds.
var errBeyond64 = errors.New("number beyond 64 bits")

var (
	valueType    = reflect.TypeFor[Value]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	addrType     = reflect.TypeFor[netip.Addr]()
	addrPortType = reflect.TypeFor[netip.AddrPort]()

	marshalerType       = reflect.TypeFor[Marshaler]()
	unmarshalerType     = reflect.TypeFor[Unmarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()

	// What isLeaf asks for.
	special = []reflect.Type{valueType, timeType, durationType, addrType, addrPortType}
	methods = []reflect.Type{marshalerType, unmarshalerType, textMarshalerType, textUnmarshalerType}
)

// encoding chooses how values of type t are written.
func (m planner) encoding(t reflect.Type) encodeFunc {
	switch pointer := reflect.PointerTo(t); {
	case t == valueType:
		return encodeValue
	case t == timeType:
		return encodeTime
	case t == durationType:
		return encodeDuration
	case t == addrType:
		return encodeAddr
	case t == addrPortType:
		return encodeAddrPort
	case pointer.Implements(marshalerType):
		return encodeMarshaler(t)
	case pointer.Implements(textMarshalerType):
		return encodeText(t)
	}
	switch t.Kind() {
	case reflect.String:
		return encodeString
	case reflect.Bool:
		return encodeBool
	case reflect.Int64:
		return encodeInt64
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return encodeInt(t)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return encodeUint(t)
	case reflect.Float32, reflect.Float64:
		return encodeFloat(t)
	case reflect.Pointer:
		return m.encodePointer(t)
	case reflect.Interface:
		return encodeInterface(t)
	case reflect.Slice, reflect.Array:
		return m.encodeElements(t)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return m.encodeMap(t)
		}
	case reflect.Struct:
		return m.encodeStruct(t)
	}
	return encodeError(fmt.Errorf("%w: %v", errType, t))
}

func encodeError(err error) encodeFunc {
	return func(_ *printer, dst []byte, _ place) ([]byte, error) { return dst, err }
}

func encodeValue(e *printer, dst []byte, p place) ([]byte, error) {
	return e.writeValue(dst, *at[Value](p))
}

func encodeMarshaler(t reflect.Type) encodeFunc {
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		value, err := valueAt(t, p).Addr().Interface().(Marshaler).MarshalCGP()
		if err != nil {
			return dst, fmt.Errorf("%v: %w", t, err)
		}
		return e.writeValue(dst, value)
	}
}

func encodeText(t reflect.Type) encodeFunc {
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		text, err := valueAt(t, p).Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return dst, fmt.Errorf("%v: %w", t, err)
		}
		return e.Text(dst, string(text))
	}
}

func encodeTime(e *printer, dst []byte, p place) ([]byte, error) {
	return e.moment(dst, *at[time.Time](p))
}

// moment writes the common years itself, and leaves the rest to the writer.
func (e *printer) moment(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	year, month, day := t.Date()
	if year >= 1970 && year <= 2038 {
		hour, minute, second := t.Clock()
		dst = append(appendTwo(append(dst, "#T"...), day), '-')
		dst = append(appendTwo(dst, int(month)), '-')
		dst = append(appendTwo(appendTwo(dst, year/100), year%100), '_')
		dst = append(appendTwo(dst, hour), ':')
		dst = append(appendTwo(dst, minute), ':')
		return appendTwo(dst, second), nil
	}
	value := Time(t)
	for _, end := range [...]Value{Past(), Future()} {
		if moment, _ := end.Time(); moment.Equal(t.Truncate(time.Second)) {
			value = end
		}
	}
	return e.Time(dst, value.s)
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func encodeDuration(e *printer, dst []byte, p place) ([]byte, error) {
	text, err := at[Duration](p).MarshalText()
	if err != nil {
		return dst, err
	}
	return e.Text(dst, string(text))
}

func encodeAddr(e *printer, dst []byte, p place) ([]byte, error) {
	return e.writeValue(dst, IP(*at[netip.Addr](p)))
}

func encodeAddrPort(e *printer, dst []byte, p place) ([]byte, error) {
	return e.writeValue(dst, IPPort(*at[netip.AddrPort](p)))
}

func encodeString(e *printer, dst []byte, p place) ([]byte, error) {
	return e.Text(dst, *at[string](p))
}

const (
	yes = "YES"
	no  = "NO"
)

func encodeBool(_ *printer, dst []byte, p place) ([]byte, error) {
	return appendBool(dst, *at[bool](p)), nil
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, yes...)
	}
	return append(dst, no...)
}

func encodeInt64(_ *printer, dst []byte, p place) ([]byte, error) {
	return strconv.AppendInt(append(dst, '#'), *at[int64](p), 10), nil
}

func encodeInt(t reflect.Type) encodeFunc {
	return func(_ *printer, dst []byte, p place) ([]byte, error) {
		return strconv.AppendInt(append(dst, '#'), valueAt(t, p).Int(), 10), nil
	}
}

func encodeUint(t reflect.Type) encodeFunc {
	return func(_ *printer, dst []byte, p place) ([]byte, error) {
		n := valueAt(t, p).Uint()
		if n > math.MaxInt64 {
			return dst, errBeyond64
		}
		return strconv.AppendUint(append(dst, '#'), n, 10), nil
	}
}

// wordEncoding writes integers of type t as Strings.
func wordEncoding(t reflect.Type) encodeFunc {
	if t.Kind() >= reflect.Uint {
		return func(_ *printer, dst []byte, p place) ([]byte, error) {
			return strconv.AppendUint(dst, valueAt(t, p).Uint(), 10), nil
		}
	}
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		return e.Text(dst, strconv.FormatInt(valueAt(t, p).Int(), 10))
	}
}

func encodeFloat(t reflect.Type) encodeFunc {
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		return e.float(dst, valueAt(t, p).Float(), t.Bits())
	}
}

// float writes a floating-point number as a String.
func (e *printer) float(dst []byte, f float64, bits int) ([]byte, error) {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return dst, errors.New("not a finite number")
	case f == math.Trunc(f) && abs < 1<<53 && (f != 0 || !math.Signbit(f)):
		if f >= 0 { // digits are an atom in any format
			return strconv.AppendInt(dst, int64(f), 10), nil
		}
	}
	format := byte('f')
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	var text [32]byte
	return e.Text(dst, string(strconv.AppendFloat(text[:0], f, format, -1, bits)))
}

func (m planner) encodePointer(t reflect.Type) encodeFunc {
	if endless(t) {
		return encodeError(fmt.Errorf("%w: %v", errType, t))
	}
	elem := m.plan(t.Elem())
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		to, ok := follow(p)
		if !ok {
			return append(dst, "#NULL#"...), nil
		}
		return elem.encode(e, dst, to)
	}
}

// endless reports whether a pointer of type t points to pointers only, as type P *P does.
func endless(t reflect.Type) bool {
	for seen := []reflect.Type{}; t.Kind() == reflect.Pointer; t = t.Elem() {
		if slices.Contains(seen, t) {
			return true
		}
		seen = append(seen, t)
	}
	return false
}

func encodeInterface(t reflect.Type) encodeFunc {
	return func(e *printer, dst []byte, p place) ([]byte, error) {
		return e.any(dst, valueAt(t, p).Interface())
	}
}

// any writes what an interface holds.
func (e *printer) any(dst []byte, v any) (_ []byte, err error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "#NULL#"...), nil
	case string:
		return e.Text(dst, v)
	case bool:
		return appendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(append(dst, '#'), v, 10), nil
	case float64:
		return e.float(dst, v, 64)
	case time.Time:
		return e.moment(dst, v)
	case Value:
		return e.writeValue(dst, v)
	case map[string]any:
		return e.dictionary(dst, v)
	case []any:
		return e.array(dst, v)
	}
	// Interfaces and pointers can hold each other in turn without an end.
	if e.hops++; e.hops > 4*e.MaxDepth+4 {
		return dst, ErrDepth
	}
	r := reflect.ValueOf(v)
	copied := reflect.New(r.Type()).Elem() // what an interface holds has no address
	copied.Set(r)
	dst, err = planOf(r.Type()).encode(e, dst, placeOf(copied))
	e.hops--
	return dst, err
}

// array writes a slice of interfaces.
func (e *printer) array(dst []byte, elems []any) (_ []byte, err error) {
	if e.Depth >= e.MaxDepth {
		return dst, ErrDepth
	}
	e.Depth++
	dst = append(dst, '(')
	for i, v := range elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s, ok := v.(string); ok { // as most are
			dst, err = e.Text(dst, s)
		} else {
			dst, err = e.any(dst, v)
		}
		if err != nil {
			return dst, e.Failed("", i, err)
		}
	}
	e.Depth--
	return append(dst, ')'), nil
}

// isBytes reports whether a slice or array of type t is bytes.
func isBytes(t reflect.Type) bool { return t.Elem().Kind() == reflect.Uint8 && !isLeaf(t.Elem()) }

func (m planner) encodeElements(t reflect.Type) encodeFunc {
	if isBytes(t) {
		return func(e *printer, dst []byte, p place) ([]byte, error) {
			return e.writeValue(dst, Data(valueAt(t, p).Bytes()))
		}
	}
	if t == stringsType {
		return encodeStrings
	}
	elem, size, length := m.plan(t.Elem()), t.Elem().Size(), -1
	if t.Kind() == reflect.Array {
		length = t.Len()
	}
	return func(e *printer, dst []byte, p place) (_ []byte, err error) {
		if e.Depth >= e.MaxDepth {
			return dst, ErrDepth
		}
		e.Depth++
		elems, n := p, length
		if n < 0 {
			elems, n = elements(p)
		}
		dst = append(dst, '(')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = elem.encode(e, dst, element(elems, i, size)); err != nil {
				return dst, e.Failed("", i, err)
			}
		}
		e.Depth--
		return append(dst, ')'), nil
	}
}

// encodeStrings writes the most common slices.
func encodeStrings(e *printer, dst []byte, p place) (_ []byte, err error) {
	if e.Depth >= e.MaxDepth {
		return dst, ErrDepth
	}
	dst = append(dst, '(')
	for i, s := range *at[[]string](p) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = e.Text(dst, s); err != nil {
			return dst, e.Failed("", i, err)
		}
	}
	return append(dst, ')'), nil
}

func (m planner) encodeStruct(t reflect.Type) encodeFunc {
	r, err := m.record(t)
	if err != nil {
		return encodeError(fmt.Errorf("%v: %w", t, err))
	}
	var rest encodeFunc
	if r.rest >= 0 {
		rest = m.encodePairs(r.fields[r.rest].typ)
	}
	return func(e *printer, dst []byte, p place) (_ []byte, err error) {
		if e.Depth >= e.MaxDepth {
			return dst, ErrDepth
		}
		e.Depth++
		dst = append(dst, '{')
		for i := range r.fields {
			f := &r.fields[i]
			in, ok := f.inside(p)
			if !ok || f.omitEmpty && f.isEmpty(in) {
				continue
			}
			if f.inline {
				if err = r.disjoint(valueAt(f.typ, in)); err == nil {
					dst, err = rest(e, dst, in)
				}
				if err != nil {
					return dst, err
				}
				continue
			}
			if f.prefix.size > 0 {
				dst = f.prefix.appendTo(dst)
			} else if dst, err = e.Key(dst, f.name); err != nil {
				return dst, e.Failed(f.name, -1, err)
			} else {
				dst = append(dst, '=')
			}
			if f.plan.isText { // as most are
				dst, err = e.Text(dst, *at[string](in))
			} else {
				dst, err = f.plan.encode(e, dst, in)
			}
			if err != nil {
				return dst, e.Failed(f.name, -1, err)
			}
			dst = append(dst, ';')
		}
		e.Depth--
		return append(dst, '}'), nil
	}
}

// disjoint makes sure that the inline map has no key of a field.
func (r *record) disjoint(m reflect.Value) error {
	for all := m.MapRange(); all.Next(); {
		if _, ok := r.byName[all.Key().String()]; ok {
			return errors.New("inline map has the key of a field")
		}
	}
	return nil
}

// isEmpty reports whether the option omitempty leaves out the field, which is at p. Of the
// most common types that is known without reflection.
func (f *field) isEmpty(p place) bool {
	switch f.typ.Kind() {
	case reflect.String:
		return *at[string](p) == ""
	case reflect.Pointer:
		_, ok := follow(p)
		return !ok
	case reflect.Slice:
		_, n := elements(p)
		return n == 0
	case reflect.Map:
		return valueAt(f.typ, p).Len() == 0
	}
	if f.typ == timeType {
		return at[time.Time](p).IsZero()
	}
	return valueAt(f.typ, p).IsZero()
}
