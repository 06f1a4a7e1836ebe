package cgpdata

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Path names a value inside another: keys and array indexes, the outermost first,
// as in Listener.Ports[1].PortNumber. The empty Path names the whole value.
type Path []Step

// Step is one step of a [Path]: a key of a Dictionary or an index of an Array. Steps
// may be compared with ==. The zero Step is the empty key.
type Step struct {
	key     string
	index   int
	indexed bool
}

// Key returns the Step to the value of a key.
func Key(key string) Step { return Step{key: key} }

// Index returns the Step to element i of an Array, from 0. No Array has an element
// below 0.
func Index(i int) Step { return Step{index: i, indexed: true} }

// Key returns the key; ok is false for an index.
func (s Step) Key() (key string, ok bool) { return s.key, !s.indexed }

// Index returns the index; ok is false for a key.
func (s Step) Index() (i int, ok bool) { return s.index, s.indexed }

// errIndex is the error of an index that is no number or too great.
var errIndex = errors.New("want an index from 0 to 2147483647")

// ParsePath reads a path: keys with '.' between them, and indexes in brackets, as in
// AccountDefaults.MaxWebSize and Listener.Ports[1].PortNumber. A key is an atom
// without '.', or quoted as in the format: "mail.example.com".Limit. The empty text
// is the empty Path. The syntax is our choice; the error is a [*SyntaxError].
func ParsePath(text string) (Path, error) {
	p := pathParser{grammar.Parser{Src: []byte(text), Allow: grammar.EmptyKey | grammar.NULByte}}
	var path Path
	for i := 0; i < len(text); {
		var s Step
		switch {
		case text[i] == '[':
			s, i = p.index(i + 1)
		case len(path) == 0:
			s, i = p.key(i)
		case text[i] == '.':
			s, i = p.key(i + 1)
		default:
			i = p.Fail(i, p.Unexpected(i, "'.' or '['"))
		}
		if i < 0 {
			return nil, (*SyntaxError)(p.Err)
		}
		path = append(path, s)
	}
	return path, nil
}

// A pathParser reads the text of a path.
type pathParser struct{ grammar.Parser }

// key reads the key at i.
func (p *pathParser) key(i int) (s Step, end int) {
	if p.At(i) == '"' {
		p.Scratch = p.Scratch[:0]
		end = p.DecodeOne(i + 1)
		return Key(string(p.Scratch)), end
	}
	for end = i; end < len(p.Src) && p.Src[end] != '.'; end++ {
		if c := p.Src[end]; grammar.Class[c]&grammar.ClassAtom == 0 && c < utf8.RuneSelf {
			break
		}
	}
	if end == i || p.Src[i] == '#' {
		return s, p.Fail(i, p.Unexpected(i, "a key"))
	}
	if !p.CheckUTF8(i, end) {
		return s, -1
	}
	return Key(string(p.Src[i:end])), end
}

// index reads an index from behind its bracket.
func (p *pathParser) index(i int) (s Step, end int) {
	for end = i; grammar.IsDigit(p.At(end)); end++ {
	}
	n, err := strconv.ParseUint(string(p.Src[i:end]), 10, 31)
	switch {
	case end == len(p.Src):
		return s, p.Fail(end, grammar.Truncated("index"))
	case p.Src[end] != ']':
		return s, p.Fail(end, p.Unexpected(end, "a digit or ']'"))
	case err != nil:
		return s, p.Fail(i, errIndex)
	}
	return Index(int(n)), end + 1
}

// String returns the path as [ParsePath] reads it.
func (path Path) String() string {
	var text []byte
	for _, s := range path {
		text = s.append(text)
	}
	return string(text)
}

// append appends the step to the text of a path.
func (s Step) append(path []byte) []byte {
	if s.indexed {
		return append(strconv.AppendInt(append(path, '['), int64(s.index), 10), ']')
	}
	if len(path) > 0 {
		path = append(path, '.')
	}
	return grammar.AppendPathKey(path, s.key)
}

// Lookup returns the value that the path names inside v; ok is false if there is none.
func (v Value) Lookup(path Path) (found Value, ok bool) {
	for _, s := range path {
		if v, ok = v.step(s); !ok {
			return Value{}, false
		}
	}
	return v, true
}

// step returns the value to which a step leads from v.
func (v Value) step(s Step) (Value, bool) {
	if !s.indexed {
		return v.Get(s.key)
	}
	if v.Kind() != KindArray || s.index < 0 || s.index >= v.Len() {
		return Value{}, false
	}
	return v.n.elems[s.index], true
}
