package cgpdata

import "strconv"

// Kind tells what a [Value] holds. The zero Kind is KindString.
type Kind uint8

// The kinds of values.
const (
	KindString     Kind = iota // text: an atom or a quoted string
	KindData                   // [HcqHfHI=], bytes
	KindNumber                 // #-5, a signed integer of 64 bits
	KindTime                   // #T22-10-2005_15:24:45
	KindIP                     // #I[10.0.44.55]:25
	KindNull                   // #NULL#
	KindArray                  // (a,b)
	KindDictionary             // {k=v;}
	KindXML                    // <a>text</a>
	KindObject                 // #(...), an object of the server that text cannot recreate
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
