package edit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Format lays the text out anew, as [cgpdata.Append] does in the layout Settings, and keeps the
// comments. Arrays and dictionaries with comments inside have each element and each
// pair on a line of its own. A comment between two of them that begins on the line of
// the first one stays behind that; every other one gets a line of its own, or the lines that
// it has, before the element, pair or bracket that follows: one that stands inside a
// pair before that pair. All this is our choice.
//
// The value stays as it is, and to format the text again changes nothing. Of faults that the
// Options allow, those that Append can repair are repaired; of a key that is repeated, the
// last pair stays. The error is a limit of the Options, or a line end in an XML or Object
// of single-line text.
func (d *Document) Format() error { return failed("format", d.format()) }

func (d *Document) format() error {
	d.refresh()
	f := &formatter{reader: d.reader(), line: "\n"}
	f.a = &grammar.Writer{AllYears: true, Allow: grammar.Fault(d.options.Allow), MaxDepth: f.MaxDepth}
	f.findComments()
	if err := f.text(d.Value()); err != nil {
		return err
	}
	return d.apply(splice{0, len(d.src), string(f.out)})
}

// A formatter writes a text anew.
type formatter struct {
	*reader
	a        *grammar.Writer // of what has no comments inside
	comments []splice        // all of them, where they stand and what is written
	out      []byte
	line     string // a line break with the indentation
}

// findComments finds all comments of the text.
func (f *formatter) findComments() {
	for i := grammar.Mark(f.Src); i < len(f.Src); {
		switch c := f.Src[i]; {
		case grammar.Class[c]&f.Space != 0 || strings.IndexByte("(){},;=", c) >= 0:
			i++
		case c == '/':
			end := f.Comment(i)
			text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(f.Src[i:end]))
			f.comments = append(f.comments, splice{i, end, strings.TrimRight(text, " \t")})
			i = end
		default:
			i = f.PieceEnd(i)
		}
	}
}

// between returns the comments between two places.
func (f *formatter) between(start, end int) []splice {
	place := func(c splice, at int) int { return cmp.Compare(c.start, at) }
	from, _ := slices.BinarySearchFunc(f.comments, start, place)
	to, _ := slices.BinarySearchFunc(f.comments, end, place)
	return f.comments[from:max(from, to)]
}

// lead writes the comments between two places on lines of their own.
func (f *formatter) lead(start, end int) {
	for _, c := range f.between(start, end) {
		f.out = append(append(f.out, f.line...), c.text...)
	}
}

// trail writes the comments that stand on the line of what ends at i, and returns their
// end.
func (f *formatter) trail(i int) (end int) {
	end = f.tail(i).end
	for _, c := range f.between(i, end) {
		f.out = append(append(f.out, ' '), c.text...)
	}
	return end
}

// text writes the whole text, whose value is v.
func (f *formatter) text(v cgpdata.Value) (err error) {
	start, braced := f.root()
	end := len(f.Src)
	if braced {
		end = f.valueEnd(start)
		f.lead(0, f.opening(start, end))
	}
	if !f.Single {
		f.a.Layout = grammar.Inside
		f.out = append(f.out, f.line...)
	}
	if v.Kind() == cgpdata.KindDictionary && !f.Single {
		err = f.spread(v, f.outline(start, braced))
	} else {
		err = f.value(v, start, end)
	}
	if err != nil || f.Single {
		return err
	}
	f.lead(f.trail(end), len(f.Src))
	f.out = append(f.out[len(f.line):], '\n')
	return nil
}

// opening returns where the comments begin that are written inside the value between two
// places: those of an array or dictionary.
func (f *formatter) opening(start, end int) int {
	if c := f.At(start); c == '(' || c == '{' {
		return start
	}
	return end
}

// value writes the value that stands between two places.
func (f *formatter) value(v cgpdata.Value, start, end int) (err error) {
	if len(f.between(f.opening(start, end), end)) > 0 {
		return f.spread(v, f.outline(start, true))
	}
	f.out, err = cgpdata.AppendWith(f.a, f.out, v)
	return err
}

// spread writes the array or dictionary o, whose value is v, on many lines.
func (f *formatter) spread(v cgpdata.Value, o outline) error {
	brackets, comma := "()", ","
	if o.bracket != '(' {
		brackets, comma = "{}", ";"
		o.settle(v.Len())
	}
	outer := f.line
	f.line += " "
	f.out = append(f.out, brackets[0])
	done := o.open
	for i, it := range o.items {
		f.lead(done, f.opening(it.at, it.end))
		f.lead(it.end, it.stop)
		f.out = append(f.out, f.line...)
		e := v.Index(i)
		if o.bracket != '(' {
			var err error
			if f.out, err = f.a.Key(f.out, it.key); err != nil {
				return err
			}
			f.out = append(f.out, " = "...)
			e, _ = v.Get(it.key)
		}
		if err := f.value(e, it.at, it.end); err != nil {
			return err
		}
		if o.bracket != '(' || i < len(o.items)-1 {
			f.out = append(f.out, comma...)
		}
		done = f.trail(it.stop)
	}
	f.lead(done, o.close)
	f.line = outer
	f.out = append(append(f.out, f.line...), brackets[1])
	return nil
}

// settle takes out the pairs whose key comes again, if there are more than n.
func (o *outline) settle(n int) {
	if len(o.items) == n {
		return
	}
	last := make(map[string]int, n)
	for i, it := range o.items {
		last[it.key] = i
	}
	var kept []item
	for i, it := range o.items {
		if last[it.key] == i {
			kept = append(kept, it)
		}
	}
	o.items = kept
}
