package cgpdata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Format tells Append how to write. A nil *Format is the zero Format: one line, for
// readers of today. Use field names: fields may be added.
type Format struct {
	Layout Layout // line breaks and blanks
	Atoms  Atoms  // which strings stand without quotes
	LF     Escape // how a line feed is written

	// JoinCRLF writes CR LF as one end of line. Such a string reads back with a
	// line feed only. Keys are written as they are.
	JoinCRLF bool

	// ASCII writes the characters of strings beyond ASCII as \u'hex', which servers
	// from version 6.4 on read (Guide 6.4). XML and Object stay as they are.
	ASCII bool

	// SortKeys writes dictionaries in byte order of their keys instead of the order
	// that they have.
	SortKeys bool

	// AllYears lets time stamps have the years 1 to 9999. Otherwise they are 1970
	// to 2038 (Guide, Data Formats, Syntax Rules).
	AllYears bool

	// Allow lets values have contents that a strict Parse refuses: EmptyKey,
	// NULByte, InvalidUTF8 (in XML and Object), Fraction and BadAddress.
	Allow Tolerance

	// MaxDepth limits how deep arrays and dictionaries may be nested: 128 if it is 0
	// or less, and never more than 10,000.
	MaxDepth int
}

// Layout is the arrangement of a text in lines.
type Layout uint8

// The layouts. The vendor's settings files have one of the last two; both end in a
// line feed.
const (
	// SingleLine is one line without blanks, {a=(b,c);}, as in the command line
	// interface. It never contains CR or LF: an XML or Object with one is refused.
	SingleLine Layout = iota
	// Settings has each pair of the outermost dictionary on a line of its own, " a =
	// (b,c);", and what is inside them without blanks. Programs that read settings
	// line by line expect it.
	Settings
	// Indented has each pair of every dictionary on a line of its own, two blanks
	// deeper than what it is in, "  a =  (b, c);". An array has one line, or one for each
	// element if there are arrays or dictionaries with content among them.
	Indented
)

// String returns the name of the layout.
func (l Layout) String() string { return name("Layout", int(l), "SingleLine", "Settings", "Indented") }

// Atoms is the set of strings that are written without quotes. None of them has
// the empty string.
type Atoms uint8

// The sets of atoms.
const (
	AtomsWide Atoms = iota // letters, digits, '.', '_', '-' and '@', a letter or digit first: as in shipped settings files
	Atoms2005              // letters, digits, '.' and '_' (Guide, Data Formats, Syntax Rules)
	Atoms1999              // letters and digits (Guide, Account Data)
)

// String returns the name of the set.
func (a Atoms) String() string { return name("Atoms", int(a), "AtomsWide", "Atoms2005", "Atoms1999") }

// Escape is a way to write a line feed in a string.
type Escape uint8

// The escapes.
const (
	EscapeE Escape = iota // \e, the system-independent end of line
	EscapeN               // \n, the line feed as a byte
)

// String returns the name of the escape.
func (e Escape) String() string { return name("Escape", int(e), "EscapeE", "EscapeN") }

// Append appends the text of v to dst and returns the longer slice; on an error it
// returns dst as it was. A nil f is the zero Format. Parse, strict and with limits
// that are wide enough, accepts whatever Append writes, and gives an equal value
// (see JoinCRLF and Allow for the exceptions); the same value always gets the same
// bytes. The error, which has the path of the value in its text, is [ErrDepth] or one
// of a content that the text cannot have.
func Append(dst []byte, v Value, f *Format) ([]byte, error) {
	if f == nil {
		f = &Format{}
	}
	a := appender{Format: *f}
	a.MaxDepth = orDefault(f.MaxDepth, defaultDepth, ceilingDepth)
	text, err := a.document(dst, v)
	if err != nil {
		if len(a.steps) > 0 {
			err = fmt.Errorf("%w at %s", err, a.path())
		}
		return dst, fmt.Errorf("cgpdata: append: %w", err)
	}
	return text, nil
}

// An appender writes one text.
type appender struct {
	Format
	print bool   // for people: line ends in raw text become spaces
	depth int    // of the arrays and dictionaries that are being written
	steps []step // after an error: the way to the value, innermost first

	// How an edited text has it; empty for what the layout says:
	line   string // a line break with the indentation of the value
	unit   string // what each level is indented by
	equals string // between key and value
}

// A step leads from an array or dictionary to what is in it: by an index, or by a key
// if the index is negative.
type step struct {
	key   string
	index int
}

// failed notes on the way out where an error was, and returns it.
func (a *appender) failed(key string, index int, err error) error {
	a.steps = append(a.steps, step{key, index})
	return err
}

// path names the value that could not be written.
func (a *appender) path() string {
	var path []byte
	for _, s := range slices.Backward(a.steps) {
		path = appendStep(path, s.key, s.index)
	}
	return string(path)
}

func (a *appender) document(dst []byte, v Value) (_ []byte, err error) {
	switch {
	case a.Layout == Indented:
		dst, err = a.indented(dst, v)
	case a.Layout == Settings && v.Kind() == KindDictionary:
		dst, err = a.settings(dst, v)
	default:
		dst, err = a.value(dst, v)
	}
	if a.Layout != SingleLine {
		dst = append(dst, '\n')
	}
	return dst, err
}

// settings writes the outermost dictionary of the layout of that name.
func (a *appender) settings(dst []byte, v Value) ([]byte, error) {
	line := cmp.Or(a.line, "\n")
	dst, err := a.pairs(append(dst, '{'), v.n, line+cmp.Or(a.unit, " "), cmp.Or(a.equals, " = "), ";", a.value)
	return append(append(dst, line...), '}'), err
}

// value writes v without line breaks and blanks.
func (a *appender) value(dst []byte, v Value) ([]byte, error) {
	switch v.Kind() {
	case KindArray:
		dst = append(dst, '(')
		dst, err := a.elements(dst, v.n, "", ",", a.value)
		return append(dst, ')'), err
	case KindDictionary:
		dst = append(dst, '{')
		dst, err := a.pairs(dst, v.n, "", "=", ";", a.value)
		return append(dst, '}'), err
	}
	return a.leaf(dst, v)
}

// indented writes v in the layout of that name, from behind the indent of its line.
func (a *appender) indented(dst []byte, v Value) ([]byte, error) {
	isTree := func(v Value) bool { return v.Len() > 0 }
	switch {
	case v.Len() == 0:
		return a.value(dst, v)
	case v.Kind() == KindArray && !slices.ContainsFunc(v.n.elems, isTree):
		dst, err := a.elements(append(dst, '('), v.n, "", ", ", a.value)
		return append(dst, ')'), err
	}
	unit := cmp.Or(a.unit, "  ")
	outer := cmp.Or(a.line, "\n") + strings.Repeat(unit, a.depth)
	inner := outer + unit
	if v.Kind() == KindArray {
		dst, err := a.elements(append(dst, '('), v.n, inner, ",", a.indented)
		return append(append(dst, outer...), ')'), err
	}
	dst, err := a.pairs(append(dst, '{'), v.n, inner, cmp.Or(a.equals, " =  "), ";", a.indented)
	return append(append(dst, outer...), '}'), err
}

// elements writes the elements of an array by write, before in front of each and
// between them comma.
func (a *appender) elements(dst []byte, n *node, before, comma string, write writer) (_ []byte, err error) {
	if a.depth >= a.MaxDepth {
		return dst, ErrDepth
	}
	a.depth++
	for i, e := range n.elems {
		if i > 0 {
			dst = append(dst, comma...)
		}
		if dst, err = write(append(dst, before...), e); err != nil {
			return dst, a.failed("", i, err)
		}
	}
	a.depth--
	return dst, nil
}

// pairs writes the pairs of a dictionary by write, before in front of each, equals
// between key and value and after behind it.
func (a *appender) pairs(dst []byte, n *node, before, equals, after string, write writer) (_ []byte, err error) {
	if a.depth >= a.MaxDepth {
		return dst, ErrDepth
	}
	a.depth++
	order := a.keyOrder(n.keys)
	for i := range n.keys.names {
		if order != nil {
			i = int(order[i])
		}
		dst = append(dst, before...)
		key := n.keys.names[i]
		if dst, err = a.key(dst, key); err == nil {
			dst, err = write(append(dst, equals...), n.elems[i])
		}
		if err != nil {
			return dst, a.failed(key, -1, err)
		}
		dst = append(dst, after...)
	}
	a.depth--
	return dst, nil
}

// A writer appends the text of a value.
type writer func(dst []byte, v Value) ([]byte, error)

// keyOrder returns the order in which to write the pairs; nil for their own.
func (a *appender) keyOrder(keys *keyList) []int32 {
	if !a.SortKeys || keys.sorted {
		return nil
	}
	if keys.order != nil {
		return keys.order
	}
	names := keys.names
	order, _ := arrange(nil, len(names), func(i, j int32) int { return strings.Compare(names[i], names[j]) })
	return order
}
