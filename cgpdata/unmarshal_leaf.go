package cgpdata

import (
	"encoding"
	"errors"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// decoding chooses how values of type t are read.
func (m planner) decoding(t reflect.Type) decodeFunc {
	switch pointer := reflect.PointerTo(t); {
	case t == valueType:
		return decodeValue
	case t == timeType:
		return decodeTime
	case t == durationType:
		return decodeDuration
	case t == addrType:
		return decodeAddr
	case t == addrPortType:
		return decodeAddrPort
	case pointer.Implements(unmarshalerType):
		return decodeUnmarshaler(t)
	case pointer.Implements(textUnmarshalerType):
		return decodeText(t)
	}
	switch t.Kind() {
	case reflect.String:
		return decodeString(t)
	case reflect.Bool:
		return decodeBool(t)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt(t)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return decodeUint(t)
	case reflect.Float32, reflect.Float64:
		return decodeFloat(t)
	case reflect.Pointer:
		if !endless(t) {
			return m.decodePointer(t)
		}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return decodeInterface(t)
		}
	case reflect.Slice:
		return m.decodeSlice(t)
	case reflect.Array:
		return m.decodeArray(t)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return m.decodeMap(t)
		}
	case reflect.Struct:
		return m.decodeStruct(t)
	}
	return decodeError(t, errType)
}

func decodeError(t reflect.Type, err error) decodeFunc {
	return func(d *filler, i int, _ place) int { return d.refuse(i, t, err) }
}

func decodeValue(d *filler, i int, p place) int {
	value, end := d.value(i)
	if end >= 0 {
		*at[Value](p) = value
	}
	return end
}

func decodeUnmarshaler(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		value, end := d.value(i)
		if end < 0 {
			return -1
		}
		if err := valueAt(t, p).Addr().Interface().(Unmarshaler).UnmarshalCGP(value); err != nil {
			return d.refuse(i, t, err)
		}
		return end
	}
}

func decodeText(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		text, end := d.word(i, t)
		if end < 0 {
			return -1
		}
		if err := valueAt(t, p).Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return d.refuse(i, t, err)
		}
		return end
	}
}

func decodeTime(d *filler, i int, p place) int {
	if d.kind(i) != KindTime {
		return d.mismatch(i, timeType)
	}
	t := at[time.Time](p)
	if end := d.UsualTime(i); end >= 0 {
		*t = moment(d.Src[i+len("#T") : end])
		return end
	}
	value, end := d.other(i)
	if end >= 0 {
		*t, _ = value.Time()
	}
	return end
}

func decodeDuration(d *filler, i int, p place) int {
	text, end := d.word(i, durationType)
	if end < 0 {
		return -1
	}
	var duration Duration
	if err := duration.UnmarshalText([]byte(text)); err != nil {
		return d.refuse(i, durationType, err)
	}
	*at[time.Duration](p) = time.Duration(duration)
	return end
}

var (
	errAddress = errors.New("not an IP address")
	errHasPort = errors.New("IP address with a port")
)

func decodeAddr(d *filler, i int, p place) int {
	a, end, err := d.address(i, addrType, func(text string) (netip.AddrPort, error) {
		addr, err := netip.ParseAddr(text)
		return netip.AddrPortFrom(addr, 0), err
	})
	switch {
	case end < 0:
		return -1
	case err == nil && a.Port() != 0:
		err = errHasPort
	}
	if err != nil {
		return d.refuse(i, addrType, err)
	}
	*at[netip.Addr](p) = a.Addr()
	return end
}

func decodeAddrPort(d *filler, i int, p place) int {
	a, end, err := d.address(i, addrPortType, netip.ParseAddrPort)
	switch {
	case end < 0:
		return -1
	case err != nil:
		return d.refuse(i, addrPortType, err)
	}
	*at[netip.AddrPort](p) = a
	return end
}

// address reads the IP at i, or a String as parse does.
func (d *filler) address(i int, t reflect.Type, parse func(string) (netip.AddrPort, error)) (a netip.AddrPort, end int, err error) {
	ok := false
	switch d.kind(i) {
	case KindIP:
		var value Value
		if value, end = d.other(i); end >= 0 {
			a, ok = value.AddrPort()
		}
	case KindString:
		var text string
		if text, end = d.word(i, t); end >= 0 {
			a, err = parse(text)
			ok = err == nil && a.Addr().Zone() == "" // text has no place for it
		}
	default:
		end = d.mismatch(i, t)
	}
	if end < 0 || ok {
		return a, end, nil
	}
	return a, end, errAddress
}

func decodeString(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		text, end := d.word(i, t)
		if end >= 0 {
			*at[string](p) = text
		}
		return end
	}
}

var errBool = errors.New("want YES or NO")

func decodeBool(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		if d.kind(i) != KindString {
			return d.mismatch(i, t)
		}
		text, end := d.word(i, t)
		if end < 0 {
			return -1
		}
		is := strings.EqualFold(text, yes)
		if !is && !strings.EqualFold(text, no) {
			return d.refuse(i, t, errBool)
		}
		*at[bool](p) = is
		return end
	}
}

func decodeInt(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		n, end := int64(0), -1
		if d.At(i) == '#' {
			n, end = d.UsualNumber(i)
		}
		var err error
		if end < 0 {
			var text string
			if text, end = d.word(i, t); end < 0 {
				return -1
			}
			n, err = parseInt(text)
		}
		if err == nil && t.OverflowInt(n) {
			err = errBeyond
		}
		if err != nil {
			return d.refuse(i, t, err)
		}
		if t.Kind() == reflect.Int64 {
			*at[int64](p) = n
		} else {
			valueAt(t, p).SetInt(n)
		}
		return end
	}
}

func decodeUint(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) int {
		text, end := d.word(i, t)
		if end < 0 {
			return -1
		}
		n, err := parseUint(text)
		switch {
		case strings.HasPrefix(text, "-"):
			err = errNegative
		case err == nil && t.OverflowUint(n):
			err = errBeyond
		}
		if err != nil {
			return d.refuse(i, t, err)
		}
		valueAt(t, p).SetUint(n)
		return end
	}
}

func decodeFloat(t reflect.Type) decodeFunc {
	return func(d *filler, i int, p place) (end int) {
		var text string
		if d.kind(i) == KindNumber {
			var value Value
			value, end = d.other(i)
			text = strings.TrimPrefix(value.s, "#") // of a Fraction
		} else {
			text, end = d.word(i, t)
		}
		if end < 0 {
			return -1
		}
		if text == "" || strings.Trim(text, "0123456789.-+eE") != "" || text[0] == '+' {
			return d.refuse(i, t, errNotDecimal) // ParseFloat knows more than that
		}
		f, err := strconv.ParseFloat(text, t.Bits())
		if err != nil {
			return d.refuse(i, t, decimalError(err))
		}
		valueAt(t, p).SetFloat(f)
		return end
	}
}

var errFraction = errors.New("number with a fraction")

// word reads the String at i, or the digits of the Number at i.
func (d *filler) word(i int, t reflect.Type) (s string, end int) {
	if grammar.Class[d.At(i)]&grammar.ClassString != 0 && !d.bare {
		if start, stop, end := d.Plain(i); end >= 0 {
			return d.text[start:stop], end
		}
		at, end := d.Str(i)
		if end < 0 {
			return "", -1
		}
		s = d.textOf(at)
		d.Drop(at)
		return s, end
	}
	if d.kind(i) == KindNumber {
		v, end := d.other(i)
		if end >= 0 && v.Kind() != KindNumber {
			return "", d.refuse(i, t, errFraction)
		}
		return v.s, end
	}
	return "", d.mismatch(i, t)
}
