package jsonform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// The limits of cgpdata.Options.
const (
	defaultBytes = 64 << 20
	ceilingBytes = math.MaxInt32
	defaultDepth = 128
	ceilingDepth = 10_000
	defaultItems = 1 << 20
	maxWarnings  = 100
)

// Parse reads the JSON form of one value, with white space and a byte order mark around
// it, as people write it: objects that [Append] would not write, such as
// {"#bytes":"YQ=="} for "a", are read as well.
//
// The options are those of [cgpdata.Parse], with the same defaults: limits on the JSON
// text, and the faults that values may have, so that what was read leniently needs a
// lenient Parse here. A nil o allows none. SingleLine means nothing. An object with a
// reserved key is not one of the levels that MaxDepth limits.
//
// The error is a [*cgpdata.SyntaxError], whose places are those of the JSON text, and the
// Value is then the zero Value. src is not kept.
func Parse(src []byte, o *cgpdata.Options) (cgpdata.Value, error) {
	p := newParser(src, o)
	if limit := min(cmp.Or(max(p.o.MaxBytes, 0), defaultBytes), ceilingBytes); int64(len(src)) > limit {
		return cgpdata.Value{}, p.fail(int(limit), cgpdata.ErrSize)
	}
	v, err := p.document()
	if err != nil {
		return cgpdata.Value{}, err
	}
	return v, nil
}

// A parser reads one text.
type parser struct {
	src      []byte
	tokens   *json.Decoder
	base     int // where tokens begins in src
	at       int // where the present token begins in src
	o        cgpdata.Options
	depth    int // how many more levels there may be
	items    int // how many more values may come
	path     cgpdata.Path
	warnings int
}

func newParser(src []byte, o *cgpdata.Options) *parser {
	p := &parser{src: src}
	if o != nil {
		p.o = *o
	}
	p.depth = min(cmp.Or(max(p.o.MaxDepth, 0), defaultDepth), ceilingDepth)
	p.items = cmp.Or(max(p.o.MaxItems, 0), defaultItems)
	const mark = "\xEF\xBB\xBF"
	if bytes.HasPrefix(src, []byte(mark)) {
		p.base = len(mark)
	}
	p.tokens = json.NewDecoder(bytes.NewReader(src[p.base:]))
	p.tokens.UseNumber()
	return p
}

// document reads the whole text.
func (p *parser) document() (v cgpdata.Value, err error) {
	t, err := p.next()
	if err != nil {
		return v, err
	}
	if v, err = p.value(t); err != nil {
		return v, err
	}
	if p.skip(blanks); p.at < len(p.src) {
		return v, p.fail(p.at, errors.New("want the end of the JSON text"))
	}
	return v, nil
}

const blanks = " \t\r\n"

// skip goes past bytes of a set to the beginning of the next token.
func (p *parser) skip(set string) {
	p.at = p.base + int(p.tokens.InputOffset())
	for p.at < len(p.src) && strings.IndexByte(set, p.src[p.at]) >= 0 {
		p.at++
	}
}

// next reads the next token.
func (p *parser) next() (json.Token, error) {
	p.skip(blanks + ",:")
	t, err := p.tokens.Token()
	switch {
	case err == io.EOF:
		return nil, p.fail(len(p.src), fmt.Errorf("JSON: %w", io.ErrUnexpectedEOF))
	case err != nil:
		return nil, p.broken(err)
	}
	if s, ok := t.(string); ok && strings.ContainsRune(s, '\uFFFD') { // perhaps instead of something else
		if at, err := damage(p.src[p.at : p.base+int(p.tokens.InputOffset())]); err != nil {
			return nil, p.fail(p.at+at, err)
		}
	}
	return t, nil
}

// broken returns the error of a text that is no JSON. The tokens do not tell well where;
// a check of the whole does.
func (p *parser) broken(err error) error {
	at, text := p.at, append(bytes.Clone(p.src[p.base:]), '\n')
	var all json.RawMessage
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &all)); ok {
		at, err = p.base+int(syntax.Offset)-1, syntax
	}
	if at >= len(p.src) {
		at, err = len(p.src), io.ErrUnexpectedEOF
	}
	return p.fail(at, fmt.Errorf("JSON: %w", err))
}

// value reads the value that begins with the token t.
func (p *parser) value(t json.Token) (v cgpdata.Value, err error) {
	if p.items--; p.items < 0 {
		return v, p.fail(p.at, cgpdata.ErrItems)
	}
	switch t := t.(type) {
	case nil:
		return cgpdata.Null(), nil
	case bool:
		if t {
			return cgpdata.String("YES"), nil
		}
		return cgpdata.String("NO"), nil
	case json.Number:
		return p.number(string(t))
	case string:
		return cgpdata.String(t), p.checkNUL(t)
	}
	if t == json.Delim('[') {
		return p.array()
	}
	return p.object()
}

func (p *parser) number(text string) (v cgpdata.Value, err error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return v, p.fail(p.at, errors.New("number beyond 64 bits"))
	case err != nil:
		return v, p.fail(p.at, errors.New("number that is not written as an integer"))
	}
	return cgpdata.Number(n), nil
}

func (p *parser) array() (v cgpdata.Value, err error) {
	if err := p.open(p.at); err != nil {
		return v, err
	}
	var elems []cgpdata.Value
	for {
		p.path = append(p.path, cgpdata.Index(len(elems)))
		t, err := p.next()
		if err != nil {
			return v, err
		}
		if t == json.Delim(']') {
			p.path = p.path[:len(p.path)-1]
			p.depth++
			return cgpdata.Array(elems...), nil
		}
		e, err := p.value(t)
		if err != nil {
			return v, err
		}
		p.path = p.path[:len(p.path)-1]
		elems = append(elems, e)
	}
}

// object reads a dictionary, or an object with a reserved key.
func (p *parser) object() (v cgpdata.Value, err error) {
	start := p.at
	t, err := p.next()
	if err != nil {
		return v, err
	}
	if name, ok := t.(string); ok && isReserved(name) {
		return p.reserved(name)
	}
	return p.dictionary(start, t)
}

// dictionary reads the dictionary that begins at start, from behind t, its first key or
// its end.
func (p *parser) dictionary(start int, t json.Token) (v cgpdata.Value, err error) {
	if err := p.open(start); err != nil {
		return v, err
	}
	var pairs []cgpdata.Pair
	seen := map[string]bool{}
	for {
		name, ok := t.(string)
		if !ok { // the end
			p.depth++
			return cgpdata.Dictionary(pairs...), nil
		}
		key, err := p.key(name)
		if err != nil {
			return v, err
		}
		p.path = append(p.path, cgpdata.Key(key))
		if seen[key] {
			if err := p.tolerate(cgpdata.DuplicateKey); err != nil {
				return v, err
			}
		}
		seen[key] = true
		if t, err = p.next(); err != nil {
			return v, err
		}
		e, err := p.value(t)
		if err != nil {
			return v, err
		}
		p.path = p.path[:len(p.path)-1]
		pairs = append(pairs, cgpdata.Pair{Key: key, Value: e})
		if t, err = p.next(); err != nil {
			return v, err
		}
	}
}

// open goes one level deeper, at a bracket.
func (p *parser) open(at int) error {
	if p.depth--; p.depth < 0 {
		return p.fail(at, cgpdata.ErrDepth)
	}
	return nil
}

// key returns the key of a dictionary for a JSON key.
func (p *parser) key(name string) (key string, err error) {
	key = name
	if text, ok := strings.CutPrefix(name, bytesKey+":"); ok {
		if key, err = p.base64(text); err != nil {
			return "", err
		}
	} else if strings.HasPrefix(name, "#") {
		if key = name[1:]; !strings.HasPrefix(key, "#") {
			return "", p.fail(p.at, errors.New("a key that begins with '#' must have two of them in JSON"))
		}
	}
	if key == "" {
		return "", p.tolerate(cgpdata.EmptyKey)
	}
	return key, p.checkNUL(key)
}

func (p *parser) checkNUL(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return p.tolerate(cgpdata.NULByte)
	}
	return nil
}
