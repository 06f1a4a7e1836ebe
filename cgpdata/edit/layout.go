package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// An edit is one change of a document: it finds the places in the text, and writes new
// text that looks like what is there.
type edit struct {
	*reader
	document *Document
	target   cgpdata.Path // the value that is written
	line     string       // a line break with the indentation of the item that is written
	unit     string       // what each level is indented by
	equals   string       // between key and value
}

// edit begins an edit of the value at path.
func (d *Document) edit(path cgpdata.Path) *edit {
	e := &edit{reader: d.reader(), document: d, target: path}
	if d.hints != nil {
		e.target = d.hints.target[:len(path)]
	}
	e.line, e.unit, e.equals = e.newLine(), " ", " = " // as in Settings
	at, braced := e.root()
	if braced && e.At(at) != '(' && e.At(at) != '{' {
		return e
	}
	if o := e.outline(at, braced); len(o.items) > 0 {
		first := o.items[0]
		lead, own := e.lead(&o, first)
		if own {
			e.unit = strings.TrimLeft(lead, "\r\n")
		}
		if o.bracket != '(' {
			e.equals = e.equalsOf(first)
		}
	}
	return e
}

// newLine returns a line break as the text has them.
func (e *edit) newLine() string {
	if e.document.hints != nil {
		return e.document.hints.line
	}
	if i := bytes.IndexAny(e.Src, "\r\n"); i >= 0 {
		return string(e.Src[i:e.nextLine(i)])
	}
	return "\n"
}

// nextLine returns the end of the line break at i; i if there is none.
func (e *edit) nextLine(i int) int {
	if e.At(i) == '\r' {
		i++
	}
	if e.At(i) == '\n' {
		i++
	}
	return i
}

// lineOf returns a line break with the indentation of the line on which i is.
func (e *edit) lineOf(i int) string {
	start := bytes.LastIndexAny(e.Src[:i], "\r\n") + 1
	start = max(start, grammar.Mark(e.Src))
	return e.newLine() + string(e.Src[start:grammar.Scan(e.Src[:i], start, grammar.ClassSpace)])
}

// lead returns what stands before an item of o: own tells that the item is the first
// one on its line; then it is the line break and the indentation, otherwise blanks.
func (e *edit) lead(o *outline, it item) (text string, own bool) {
	from := it.start
	for from > o.open && grammar.Class[e.Src[from-1]]&e.Space != 0 {
		from--
	}
	text = string(e.Src[from:it.start])
	if at := strings.LastIndexAny(text, "\r\n"); at >= 0 {
		if strings.HasSuffix(text[:at+1], "\r\n") {
			at--
		}
		return text[at:], true
	}
	if from == o.open && o.bracket == 0 && !e.Single {
		return e.newLine() + text, true // the text begins with it
	}
	return text, false
}

// equalsOf returns what stands between key and value of a pair.
func (e *edit) equalsOf(it item) string {
	if text := string(e.Src[it.keyEnd:it.at]); strings.Trim(text, " \t") == "=" {
		return text
	}
	return "=" // there are line breaks or comments
}

// indents reports whether the text has arrays or dictionaries on many lines inside
// others.
func (e *edit) indents() bool {
	if e.document.hints != nil {
		return e.document.hints.indents
	}
	i, braced := e.root()
	if !braced {
		return e.spreadsIn(i, 1)
	}
	return e.spreadsIn(i, 0)
}

// spreadsIn is indents for the text from i on, with arrays and dictionaries around it.
func (r *reader) spreadsIn(i, depth int) bool {
	for i = r.Skip(i); i < len(r.Src); i = r.Skip(i) {
		switch r.At(i) {
		case '(', '{':
			if depth++; depth > 1 && r.tail(i+1).lineEnds {
				return true
			}
			i++
		case ')', '}':
			depth--
			i++
		case ',', ';', '=':
			i++
		default:
			i = r.LeafEnd(i)
		}
	}
	return false
}

// spreads reports whether a value in place of the one at i goes on many lines; own
// tells that its item is the first one on its line.
func (e *edit) spreads(i int, own bool) bool {
	if c := e.At(i); c == '(' || c == '{' {
		if t := e.tail(i + 1); !t.closes {
			return t.lineEnds
		}
	}
	return own && e.indents()
}

// comments returns the end of the comments in o, which has no items; own tells that
// its closing bracket is on another line.
func (e *edit) comments(o *outline) (end int, own bool) {
	for end = o.open; ; {
		next := grammar.Scan(e.Src, end, e.Space)
		if next >= o.close {
			return end, bytes.ContainsAny(e.Src[end:o.close], "\r\n")
		}
		end = e.Comment(next)
	}
}

// behind inserts text, which begins with lead, behind what ends at i and the comments
// that belong to that.
func (e *edit) behind(i int, lead, text string) splice {
	t := e.tail(i)
	if t.commented && t.lineEnds && !strings.ContainsAny(lead, "\r\n") {
		lead = e.lineOf(i)
	}
	return splice{t.end, t.end, lead + text}
}

// newKey returns the text of a key.
func (e *edit) newKey(key string) (string, error) {
	w := e.writer(grammar.Inside)
	text, err := w.Key(nil, key)
	return string(text), e.refused(w, err)
}

// newPair returns the text of a pair.
func (e *edit) newPair(key string, v cgpdata.Value, spread bool) (string, error) {
	name, err := e.newKey(key)
	if err != nil {
		return "", err
	}
	text, err := e.newValue(v, spread)
	return name + e.equals + text + ";", err
}

// newValue returns the text of a value, on many lines if spread.
func (e *edit) newValue(v cgpdata.Value, spread bool) (string, error) {
	layout := grammar.Inside
	if e.Single {
		layout = grammar.SingleLine
	}
	if spread || v.Kind() == cgpdata.KindArray && v.Len() > 0 && !hasTree(v) && e.indents() {
		layout = grammar.Indented // which has an array without trees on one line
	}
	w := e.writer(layout)
	text, err := cgpdata.AppendWith(w, nil, v)
	return string(text), e.refused(w, err)
}

// hasTree reports whether there are arrays or dictionaries with content in v.
func hasTree(v cgpdata.Value) bool {
	for e := range v.Elements() {
		if e.Len() > 0 {
			return true
		}
	}
	return false
}

// newRoot returns the text of the whole value.
func (e *edit) newRoot(v cgpdata.Value) (string, error) {
	at, braced := e.root()
	spread := e.indents()
	if c := e.At(at); braced && (c == '(' || c == '{') {
		t := e.tail(at + 1)
		if !t.lineEnds && !t.closes {
			return e.newValue(v, false)
		}
	}
	if e.Single || spread || v.Kind() != cgpdata.KindDictionary {
		return e.newValue(v, spread)
	}
	w := e.writer(grammar.Settings)
	text, err := cgpdata.AppendWith(w, nil, v)
	return string(text), e.refused(w, err)
}

// firstLines returns the text of a first value as it follows on the comments of an
// empty text.
func (e *edit) firstLines(text string) string {
	if e.Single {
		return text
	}
	line := e.newLine()
	if len(e.Src) > grammar.Mark(e.Src) && !bytes.HasSuffix(e.Src, []byte(line)) {
		text = line + text
	}
	return text + line
}

// writer returns a writer for the target.
func (e *edit) writer(layout grammar.Layout) *grammar.Writer {
	return &grammar.Writer{Layout: layout, Line: e.line, Unit: e.unit, Equals: e.equals,
		AllYears: true, Allow: grammar.Fault(e.document.options.Allow), MaxDepth: e.MaxDepth - len(e.target)}
}

// refused adds the path of the value to an error of w.
func (e *edit) refused(w *grammar.Writer, err error) error {
	if err == nil {
		return nil
	}
	path := slices.Clone(e.target)
	for _, s := range slices.Backward(w.Steps) {
		if s.Index >= 0 {
			path = append(path, cgpdata.Index(s.Index))
		} else {
			path = append(path, cgpdata.Key(s.Key))
		}
	}
	return at(err, path)
}
