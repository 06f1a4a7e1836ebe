package grammar

import "strings"

// A Fault is a set of faults that lenient reading repairs, and of contents that strict text
// cannot have. What becomes of them is told of where package cgpdata names them.
type Fault uint16

// The faults.
const (
	TrailingComma Fault = 1 << iota
	DuplicateKey
	EmptyKey
	MissingValue
	UnknownEscape
	NULByte
	InvalidUTF8
	RawControl
	LeapSecond
	Fraction
	BadAddress
	MissingBraces
	EmptyText

	Lenient Fault = 1<<iota - 1 // all of them
)

var faultNames = [...]string{
	"trailing comma", "duplicate key", "empty key", "missing value", "unknown escape", "NUL byte in string",
	"invalid UTF-8", "control byte or line end in string", "leap second", "fraction in number", "invalid IP address",
	"missing braces around dictionary", "empty text",
}

// String returns the faults of the set, joined by ", ".
func (f Fault) String() string {
	var names []string
	for i, name := range faultNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
