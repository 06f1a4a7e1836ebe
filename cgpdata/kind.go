package cgpdata

import (
	"strconv"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Kind tells what a [Value] holds. The zero Kind is KindString.
type Kind uint8

// The kinds of values.
const (
	KindString     Kind = Kind(grammar.KindString)     // text: an atom or a quoted string
	KindData       Kind = Kind(grammar.KindData)       // [HcqHfHI=], bytes
	KindNumber     Kind = Kind(grammar.KindNumber)     // #-5, a signed integer of 64 bits
	KindTime       Kind = Kind(grammar.KindTime)       // #T22-10-2005_15:24:45
	KindIP         Kind = Kind(grammar.KindIP)         // #I[10.0.44.55]:25
	KindNull       Kind = Kind(grammar.KindNull)       // #NULL#
	KindArray      Kind = Kind(grammar.KindArray)      // (a,b)
	KindDictionary Kind = Kind(grammar.KindDictionary) // {k=v;}
	KindXML        Kind = Kind(grammar.KindXML)        // <a>text</a>
	KindObject     Kind = Kind(grammar.KindObject)     // #(...), an object of the server that text cannot recreate
)

// String returns the name of the kind, such as "Dictionary"; an unknown kind
// prints as "Kind(17)".
func (k Kind) String() string {
	return name("Kind", int(k),
		"String", "Data", "Number", "Time", "IP", "Null", "Array", "Dictionary", "XML", "Object")
}

// name returns names[i], or "Kind(17)" for a number without a name.
func name(typ string, i int, names ...string) string {
	if i < len(names) {
		return names[i]
	}
	return typ + "(" + strconv.Itoa(i) + ")"
}
