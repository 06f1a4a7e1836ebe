package cgpdata

import (
	"bytes"
	"slices"
	"strings"
)

// An edit is one change of a document: it finds the places in the text, and writes new
// text that looks like what is there.
type edit struct {
	*parser
	document *Document
	target   Path   // the value that is written
	line     string // a line break with the indentation of the item that is written
	unit     string // what each level is indented by
	equals   string // between key and value
}

// edit begins an edit of the value at path.
func (d *Document) edit(path Path) *edit {
	o := d.options
	o.Allow = Lenient
	e := &edit{parser: newParser(d.src, &o), document: d, target: path}
	e.line, e.unit, e.equals = e.newLine(), " ", " = " // as in Settings
	at, braced := e.root()
	if braced && e.at(at) != '(' && e.at(at) != '{' {
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
	if i := bytes.IndexAny(e.src, "\r\n"); i >= 0 {
		return string(e.src[i:e.nextLine(i)])
	}
	return "\n"
}

// nextLine returns the end of the line break at i; i if there is none.
func (e *edit) nextLine(i int) int {
	if e.at(i) == '\r' {
		i++
	}
	if e.at(i) == '\n' {
		i++
	}
	return i
}

// lineOf returns a line break with the indentation of the line on which i is.
func (e *edit) lineOf(i int) string {
	start := bytes.LastIndexAny(e.src[:i], "\r\n") + 1
	if start == 0 && bytes.HasPrefix(e.src, []byte(bom)) {
		start = len(bom)
	}
	return e.newLine() + string(e.src[start:scan(e.src[:i], start, classSpace)])
}

// lead returns what stands before an item of o: own tells that the item is the first
// one on its line; then it is the line break and the indentation, otherwise blanks.
func (e *edit) lead(o *outline, it item) (text string, own bool) {
	from := it.start
	for from > o.open && class[e.src[from-1]]&e.space != 0 {
		from--
	}
	text = string(e.src[from:it.start])
	if at := strings.LastIndexAny(text, "\r\n"); at >= 0 {
		if strings.HasSuffix(text[:at+1], "\r\n") {
			at--
		}
		return text[at:], true
	}
	if from == o.open && o.bracket == 0 && !e.single {
		return e.newLine() + text, true // the text begins with it
	}
	return text, false
}

// equalsOf returns what stands between key and value of a pair.
func (e *edit) equalsOf(it item) string {
	if text := string(e.src[it.keyEnd:it.at]); strings.Trim(text, " \t") == "=" {
		return text
	}
	return "=" // there are line breaks or comments
}

// indents reports whether the text has arrays or dictionaries on many lines inside
// others.
func (e *edit) indents() bool {
	i, braced := e.root()
	depth := 0
	if !braced {
		depth = 1
	}
	for i = e.skip(i); i < len(e.src); i = e.skip(i) {
		switch e.at(i) {
		case '(', '{':
			if depth++; depth > 1 && e.tail(i+1).lineEnds {
				return true
			}
			i++
		case ')', '}':
			depth--
			i++
		case ',', ';', '=':
			i++
		default:
			i = e.leafEnd(i)
		}
	}
	return false
}

// spreads reports whether a value in place of the one at i goes on many lines; own
// tells that its item is the first one on its line.
func (e *edit) spreads(i int, own bool) bool {
	if c := e.at(i); c == '(' || c == '{' {
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
		next := scan(e.src, end, e.space)
		if next >= o.close {
			return end, bytes.ContainsAny(e.src[end:o.close], "\r\n")
		}
		end = e.comment(next)
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
	a := e.appender()
	text, err := a.key(nil, key)
	return string(text), e.refused(a, err)
}

// newPair returns the text of a pair.
func (e *edit) newPair(key string, v Value, spread bool) (string, error) {
	name, err := e.newKey(key)
	if err != nil {
		return "", err
	}
	text, err := e.newValue(v, spread)
	return name + e.equals + text + ";", err
}

// newValue returns the text of a value, on many lines if spread.
func (e *edit) newValue(v Value, spread bool) (string, error) {
	a := e.appender()
	write := a.value
	isTree := func(v Value) bool { return v.Len() > 0 }
	if spread || v.Kind() == KindArray && v.Len() > 0 && !slices.ContainsFunc(v.n.elems, isTree) && e.indents() {
		write = a.indented // which has an array without trees on one line
	}
	text, err := write(nil, v)
	return string(text), e.refused(a, err)
}

// newRoot returns the text of the whole value.
func (e *edit) newRoot(v Value) (string, error) {
	at, braced := e.root()
	spread := e.indents()
	if c := e.at(at); braced && (c == '(' || c == '{') {
		t := e.tail(at + 1)
		if !t.lineEnds && !t.closes {
			return e.newValue(v, false)
		}
	}
	if e.single || spread || v.Kind() != KindDictionary {
		return e.newValue(v, spread)
	}
	a := e.appender()
	text, err := a.settings(nil, v)
	return string(text), e.refused(a, err)
}

// firstLines returns the text of a first value as it follows on the comments of an
// empty text.
func (e *edit) firstLines(text string) string {
	if e.single {
		return text
	}
	line := e.newLine()
	if len(bytes.TrimPrefix(e.src, []byte(bom))) > 0 && !bytes.HasSuffix(e.src, []byte(line)) {
		text = line + text
	}
	return text + line
}

// appender returns an appender for the target.
func (e *edit) appender() *appender {
	a := &appender{line: e.line, unit: e.unit, equals: e.equals}
	a.Layout = Settings
	if e.single {
		a.Layout = SingleLine
	}
	a.AllYears, a.Allow = true, e.document.options.Allow
	a.MaxDepth = e.maxDepth - len(e.target)
	return a
}

// refused adds the path of the value to an error of a.
func (e *edit) refused(a *appender, err error) error {
	if err == nil {
		return nil
	}
	path := slices.Clone(e.target)
	for _, s := range slices.Backward(a.steps) {
		path = append(path, Step{s.key, max(s.index, 0), s.index >= 0})
	}
	return at(err, path)
}
