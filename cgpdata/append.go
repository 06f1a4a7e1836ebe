package cgpdata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
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
	SingleLine Layout = Layout(grammar.SingleLine)
	// Settings has each pair of the outermost dictionary on a line of its own, " a =
	// (b,c);", and what is inside them without blanks. Programs that read settings
	// line by line expect it.
	Settings Layout = Layout(grammar.Settings)
	// Indented has each pair of every dictionary on a line of its own, two blanks
	// deeper than what it is in, "  a =  (b, c);". An array has one line, or one for each
	// element if there are arrays or dictionaries with content among them.
	Indented Layout = Layout(grammar.Indented)
)

// String returns the name of the layout.
func (l Layout) String() string { return name("Layout", int(l), "SingleLine", "Settings", "Indented") }

// Atoms is the set of strings that are written without quotes. None of them has
// the empty string.
type Atoms uint8

// The sets of atoms.
const (
	AtomsWide Atoms = Atoms(grammar.AtomsWide) // letters, digits, '.', '_', '-' and '@', a letter or digit first: as in shipped settings files
	Atoms2005 Atoms = Atoms(grammar.Atoms2005) // letters, digits, '.' and '_' (Guide, Data Formats, Syntax Rules)
	Atoms1999 Atoms = Atoms(grammar.Atoms1999) // letters and digits (Guide, Account Data)
)

// String returns the name of the set.
func (a Atoms) String() string { return name("Atoms", int(a), "AtomsWide", "Atoms2005", "Atoms1999") }

// Escape is a way to write a line feed in a string.
type Escape uint8

// The escapes.
const (
	EscapeE Escape = Escape(grammar.EscapeE) // \e, the system-independent end of line
	EscapeN Escape = Escape(grammar.EscapeN) // \n, the line feed as a byte
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
	a := appender{f.Writer()}
	text, err := a.document(dst, v)
	if err != nil {
		if len(a.Steps) > 0 {
			err = fmt.Errorf("%w at %s", err, a.Path())
		}
		return dst, fmt.Errorf("cgpdata: append: %w", err)
	}
	if a.Layout != grammar.SingleLine {
		text = append(text, '\n')
	}
	return text, nil
}

// AppendWith is for the packages stream and edit, which write values inside of texts: it
// is Append without a line feed at the end, by a writer that only they can make use of.
func AppendWith(w *grammar.Writer, dst []byte, v Value) ([]byte, error) {
	return appender{w}.document(dst, v)
}

// LeafWith is for the package stream: it returns a value of a kind that is neither array nor
// dictionary, whose content the grammar has read.
func LeafWith(k grammar.Kind, content string) Value {
	if k == grammar.KindString {
		return String(content)
	}
	return leaf(Kind(k), content)
}

// Writer is for the packages stream and edit: see [AppendWith]. f may be nil.
func (f *Format) Writer() *grammar.Writer {
	if f == nil {
		f = &Format{}
	}
	return &grammar.Writer{
		Layout: grammar.Layout(f.Layout), Atoms: grammar.Atoms(f.Atoms), LF: grammar.Escape(f.LF),
		JoinCRLF: f.JoinCRLF, ASCII: f.ASCII, SortKeys: f.SortKeys, AllYears: f.AllYears,
		Allow: grammar.Fault(f.Allow), MaxDepth: grammar.OrDefault(f.MaxDepth, grammar.DefaultDepth, grammar.CeilingDepth),
	}
}

// An appender writes Values.
type appender struct{ *grammar.Writer }

func (a appender) document(dst []byte, v Value) ([]byte, error) {
	switch {
	case a.Layout == grammar.Indented:
		return a.indented(dst, v)
	case a.Layout == grammar.Settings && a.Depth == 0 && v.Kind() == KindDictionary:
		return a.settings(dst, v)
	}
	return a.value(dst, v)
}

// settings writes the outermost dictionary of the layout of that name.
func (a appender) settings(dst []byte, v Value) ([]byte, error) {
	line := cmp.Or(a.Line, "\n")
	dst, err := a.pairs(append(dst, '{'), v.n, line+cmp.Or(a.Unit, " "), cmp.Or(a.Equals, " = "), ";", a.value)
	return append(append(dst, line...), '}'), err
}

// value writes v without line breaks and blanks.
func (a appender) value(dst []byte, v Value) ([]byte, error) {
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
	return a.Leaf(dst, grammar.Kind(v.Kind()), v.s)
}

// indented writes v in the layout of that name, from behind the indent of its line.
func (a appender) indented(dst []byte, v Value) ([]byte, error) {
	isTree := func(v Value) bool { return v.Len() > 0 }
	switch {
	case v.Len() == 0:
		return a.value(dst, v)
	case v.Kind() == KindArray && !slices.ContainsFunc(v.n.elems, isTree):
		dst, err := a.elements(append(dst, '('), v.n, "", ", ", a.value)
		return append(dst, ')'), err
	}
	unit := cmp.Or(a.Unit, "  ")
	outer := cmp.Or(a.Line, "\n") + strings.Repeat(unit, a.Depth)
	inner := outer + unit
	if v.Kind() == KindArray {
		dst, err := a.elements(append(dst, '('), v.n, inner, ",", a.indented)
		return append(append(dst, outer...), ')'), err
	}
	dst, err := a.pairs(append(dst, '{'), v.n, inner, cmp.Or(a.Equals, " =  "), ";", a.indented)
	return append(append(dst, outer...), '}'), err
}

// elements writes the elements of an array by write, before in front of each and
// between them comma.
func (a appender) elements(dst []byte, n *node, before, comma string, write writer) (_ []byte, err error) {
	if a.Depth >= a.MaxDepth {
		return dst, ErrDepth
	}
	a.Depth++
	for i, e := range n.elems {
		if i > 0 {
			dst = append(dst, comma...)
		}
		if dst, err = write(append(dst, before...), e); err != nil {
			return dst, a.Failed("", i, err)
		}
	}
	a.Depth--
	return dst, nil
}

// pairs writes the pairs of a dictionary by write, before in front of each, equals
// between key and value and after behind it.
func (a appender) pairs(dst []byte, n *node, before, equals, after string, write writer) (_ []byte, err error) {
	if a.Depth >= a.MaxDepth {
		return dst, ErrDepth
	}
	a.Depth++
	var order []int32 // their own
	if a.SortKeys {
		order = n.keys.ordered()
	}
	for i := range n.keys.names {
		if order != nil {
			i = int(order[i])
		}
		dst = append(dst, before...)
		key := n.keys.names[i]
		if dst, err = a.Key(dst, key); err == nil {
			dst, err = write(append(dst, equals...), n.elems[i])
		}
		if err != nil {
			return dst, a.Failed(key, -1, err)
		}
		dst = append(dst, after...)
	}
	a.Depth--
	return dst, nil
}

// A writer appends the text of a value.
type writer func(dst []byte, v Value) ([]byte, error)
