package grammar

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Writer writes strings, keys and leaves, and keeps account of where it is. Arrays and
// dictionaries are written by package cgpdata, which has them, and by tokens. The first
// fields are those of cgpdata.Format.
type Writer struct {
	Layout   Layout
	Atoms    Atoms
	LF       Escape
	JoinCRLF bool
	ASCII    bool
	SortKeys bool
	AllYears bool
	Allow    Fault
	MaxDepth int

	Print bool   // for people: line ends in raw text become spaces
	Depth int    // of the arrays and dictionaries that are being written
	Steps []Step // after an error: the way to the value, innermost first

	// How an edited text has it; empty for what the layout says:
	Line   string // a line break with the indentation of the value
	Unit   string // what each level is indented by
	Equals string // between key and value
}

// A Layout is the arrangement of a text in lines.
type Layout uint8

// The layouts.
const (
	SingleLine Layout = iota
	Settings
	Indented
	Inside // what stands inside the pairs of Settings
)

// Atoms is the set of strings that are written without quotes.
type Atoms uint8

// The sets of atoms.
const (
	AtomsWide Atoms = iota
	Atoms2005
	Atoms1999
)

// An Escape is a way to write a line feed in a string.
type Escape uint8

// The escapes.
const (
	EscapeE Escape = iota
	EscapeN
)

// A Step leads from an array or dictionary to what is in it: by an index, or by a key
// if the index is negative.
type Step struct {
	Key   string
	Index int
}

// Failed notes on the way out where an error was, and returns it.
func (w *Writer) Failed(key string, index int, err error) error {
	w.Steps = append(w.Steps, Step{key, index})
	return err
}

// Path names the value that could not be written.
func (w *Writer) Path() string { return string(w.AppendPath(nil)) }

// AppendPath appends the steps to the value that could not be written to a path.
func (w *Writer) AppendPath(path []byte) []byte {
	for _, s := range slices.Backward(w.Steps) {
		path = AppendStep(path, s.Key, s.Index)
	}
	return path
}

// Key writes a key.
func (w *Writer) Key(dst []byte, key string) ([]byte, error) {
	if key == "" && w.Allow&EmptyKey == 0 {
		return dst, errFault(EmptyKey)
	}
	// Keys are never joined: two that differ must not become one.
	join := w.JoinCRLF
	w.JoinCRLF = false
	dst, err := w.Text(dst, key)
	w.JoinCRLF = join
	return dst, err
}

// Leaf writes a value that is neither array nor dictionary, by its content.
func (w *Writer) Leaf(dst []byte, k Kind, content string) ([]byte, error) {
	switch k {
	case KindString:
		return w.Text(dst, content)
	case KindData:
		dst = append(dst, '[')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(content))
		return append(dst, ']'), nil
	case KindNumber:
		return append(append(dst, '#'), content...), nil
	case KindTime:
		return w.Time(dst, content)
	case KindIP:
		if _, ok := ParseAddress(content); !ok && w.Allow&BadAddress == 0 {
			return dst, errFault(BadAddress)
		}
		return w.raw(append(dst, "#I"...), content)
	case KindNull:
		return append(dst, "#NULL#"...), nil
	case KindObject:
		if !strings.HasPrefix(content, "#(") && w.Allow&Fraction == 0 {
			return dst, errFault(Fraction)
		}
	}
	return w.raw(dst, content)
}

// Time writes a time stamp, whose text is canonical.
func (w *Writer) Time(dst []byte, text string) ([]byte, error) {
	if text != PastText && text != FutureText {
		if _, ok := TimeStamp([]byte(text)); !ok {
			return dst, errors.New("year outside 1 to 9999")
		}
		if year := text[6:10]; !w.AllYears && (year < "1970" || year > "2038") {
			return dst, errors.New("year outside 1970 to 2038")
		}
	}
	return append(append(dst, "#T"...), text...), nil
}

// raw writes text that was read and cannot be written in another way.
func (w *Writer) raw(dst []byte, text string) ([]byte, error) {
	if w.Allow&InvalidUTF8 == 0 && !utf8.ValidString(text) {
		return dst, errFault(InvalidUTF8)
	}
	if w.Layout != SingleLine || !strings.ContainsAny(text, "\r\n") {
		return append(dst, text...), nil
	}
	if !w.Print {
		return dst, errors.New("line end in single-line text")
	}
	return append(dst, strings.NewReplacer("\r", " ", "\n", " ").Replace(text)...), nil
}
