package cgpdata

import (
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Value is one value of any [Kind]. The zero Value is the empty string.
//
// A Value cannot be changed, is small enough to be passed by value, and may be
// read from several goroutines at once. Compare with [Value.Equal], not with ==.
// No method panics: asked for what it does not hold, a Value answers with a zero
// value.
//
// Values that came out of [Parse] share memory with each other; see [Value.Clone].
type Value struct {
	// s is the content of everything but arrays and dictionaries, in canonical
	// form, so that two such values are equal when kind and s are:
	// the text of a String, an XML or an Object, the bytes of a Data, the decimal
	// digits of a Number, what follows #T in a Time and #I in an IP.
	s string
	// n is nil for a String, points to one of leaves for a kind that needs no
	// more than s, and holds the content of an array or dictionary.
	n *node
}

// A node is the part of a Value that does not fit into a string. It is never
// written after it was made.
type node struct {
	kind  Kind
	keys  *keyList // of a dictionary; names[i] belongs to elems[i]
	elems []Value
}

// leaves are the nodes that need not be made. They are never written.
var leaves = [...]node{
	KindData: {kind: KindData}, KindNumber: {kind: KindNumber}, KindTime: {kind: KindTime},
	KindIP: {kind: KindIP}, KindNull: {kind: KindNull}, KindArray: {kind: KindArray},
	KindDictionary: {kind: KindDictionary, keys: &keyList{sorted: true}}, KindXML: {kind: KindXML}, KindObject: {kind: KindObject},
}

// leaf returns a value of kind k that needs no node of its own.
func leaf(k Kind, s string) Value { return Value{s, &leaves[k]} }

// String returns a String of any bytes, UTF-8 or not.
func String(s string) Value { return Value{s: s} }

// Data returns a Data with a copy of b.
func Data(b []byte) Value { return leaf(KindData, string(b)) }

// Number returns a Number.
func Number(n int64) Value { return leaf(KindNumber, strconv.FormatInt(n, 10)) }

// Null returns the Null.
func Null() Value { return leaf(KindNull, "") }

// IP returns an IP without a port. The zone of an IPv6 address is dropped, as text
// has no place for it. The zero Addr, which is no address, gives Null.
func IP(a netip.Addr) Value { return IPPort(netip.AddrPortFrom(a, 0)) }

// IPPort returns an IP with a port; port 0 means none. The zone of an IPv6 address
// is dropped. An AddrPort without a valid address gives Null.
func IPPort(a netip.AddrPort) Value {
	if !a.Addr().IsValid() {
		return Null()
	}
	return leaf(KindIP, grammar.AddressText(a))
}

// XML returns an XML of one or more elements that follow each other directly.
// Text that is anything else, holds a DOCTYPE or nests deeper than 128 elements
// gives a [*SyntaxError].
func XML(text string) (Value, error) {
	p := grammar.Parser{Src: []byte(text), MaxDepth: grammar.DefaultDepth}
	if end := p.Elements(0); end >= 0 && end < len(text) {
		p.Fail(end, p.Unexpected(end, "the end of the XML element"))
	}
	if p.Err != nil {
		return Value{}, (*SyntaxError)(p.Err)
	}
	return leaf(KindXML, text), nil
}

// Array returns an Array of a copy of elems.
func Array(elems ...Value) Value {
	if len(elems) == 0 {
		return leaf(KindArray, "")
	}
	return Value{n: &node{kind: KindArray, elems: slices.Clone(elems)}}
}

// Pair is one key of a Dictionary with its value. The zero Pair has the empty key,
// which [Append] refuses.
type Pair struct {
	Key   string
	Value Value
}

// Dictionary returns a Dictionary of the pairs in their order. Of pairs with the
// same key the last one counts, at the place of the first.
func Dictionary(pairs ...Pair) Value {
	keys, elems := make([]string, len(pairs)), make([]Value, len(pairs))
	for i, p := range pairs {
		keys[i], elems[i] = p.Key, p.Value
	}
	return dictionary(keys, elems)
}

// Kind returns what v holds.
func (v Value) Kind() Kind {
	if v.n == nil {
		return KindString
	}
	return v.n.kind
}

// Text returns the text of a String, or the raw text of an XML or an Object; "" for
// other kinds.
func (v Value) Text() string {
	switch v.Kind() {
	case KindString, KindXML, KindObject:
		return v.s
	}
	return ""
}

// Bytes returns a copy of the bytes of a Data, never nil; nil for other kinds.
func (v Value) Bytes() []byte {
	if v.Kind() != KindData {
		return nil
	}
	return append([]byte{}, v.s...)
}

// Int returns the integer of a Number; ok is false for other kinds. The strings 3
// and 10M are Strings: only #3 is a Number.
func (v Value) Int() (n int64, ok bool) {
	if v.Kind() != KindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(v.s, 10, 64)
	return n, err == nil
}

// AddrPort returns the address and port of an IP; the port is 0 if it has none.
// ok is false for other kinds and for a text that is no address, which Parse
// lets through only with [BadAddress].
func (v Value) AddrPort() (a netip.AddrPort, ok bool) {
	if v.Kind() != KindIP {
		return netip.AddrPort{}, false
	}
	return grammar.ParseAddress(v.s)
}

// Addr returns the address of an IP without its port; ok is as for AddrPort.
func (v Value) Addr() (a netip.Addr, ok bool) {
	ap, ok := v.AddrPort()
	return ap.Addr(), ok
}

// Len returns the number of elements of an Array or pairs of a Dictionary; 0 for
// other kinds.
func (v Value) Len() int {
	if v.n == nil {
		return 0
	}
	return len(v.n.elems)
}

// Index returns element i of an Array or the value of pair i of a Dictionary, from
// 0; the zero Value if there is none.
func (v Value) Index(i int) Value {
	if i < 0 || i >= v.Len() {
		return Value{}
	}
	return v.n.elems[i]
}

// Elements yields the elements of an Array, or the values of a Dictionary, in order.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for i := range v.Len() {
			if !yield(v.n.elems[i]) {
				return
			}
		}
	}
}

// Pairs yields the keys and values of a Dictionary in order; nothing for other kinds.
func (v Value) Pairs() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != KindDictionary {
			return
		}
		for i, key := range v.n.keys.names {
			if !yield(key, v.n.elems[i]) {
				return
			}
		}
	}
}

// Equal reports whether v and w have the same kind and content. The order of
// the keys of a Dictionary carries no meaning (Guide, Data Formats, Dictionaries:
// a list of pairs with unique keys), so it does not count. Values of any depth may
// be compared.
func (v Value) Equal(w Value) bool {
	type both struct{ v, w Value }
	for todo := []both{{v, w}}; len(todo) > 0; {
		v, w := todo[len(todo)-1].v, todo[len(todo)-1].w
		todo = todo[:len(todo)-1]
		if v.Kind() != w.Kind() || v.s != w.s || v.Len() != w.Len() {
			return false
		}
		if v.Len() == 0 || v.n == w.n {
			continue
		}
		for i, e := range v.n.elems {
			other, ok := w.n.elems[i], true
			if v.n.kind == KindDictionary && v.n.keys.names[i] != w.n.keys.names[i] {
				other, ok = w.Get(v.n.keys.names[i])
			}
			if !ok {
				return false
			}
			todo = append(todo, both{e, other})
		}
	}
	return true
}

// Clone returns a copy of v that shares no memory with it. Clone a small part
// that is to outlive the rest of what Parse returned. Values of any depth may be
// cloned.
func (v Value) Clone() Value {
	type job struct {
		to   *Value
		from Value
	}
	var clone Value
	for todo := []job{{&clone, v}}; len(todo) > 0; {
		to, from := todo[len(todo)-1].to, todo[len(todo)-1].from
		todo = todo[:len(todo)-1]
		*to = Value{strings.Clone(from.s), from.n}
		if from.Len() == 0 {
			continue
		}
		n := &node{kind: from.n.kind, elems: make([]Value, len(from.n.elems))}
		if keys := from.n.keys; keys != nil {
			n.keys = &keyList{names: make([]string, len(keys.names)), sorted: keys.sorted}
			for i, key := range keys.names {
				n.keys.names[i] = strings.Clone(key)
			}
		}
		for i, e := range from.n.elems {
			todo = append(todo, job{&n.elems[i], e})
		}
		to.n = n
	}
	return clone
}

// String returns v as single-line text, whole, for people to read. It is never
// refused: what [Append] would not write stands there as well as it can, and line
// ends in raw text become spaces.
func (v Value) String() string {
	a := appender{&grammar.Writer{Print: true, AllYears: true, Allow: grammar.Lenient, MaxDepth: grammar.CeilingDepth}}
	text, err := a.value(nil, v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
