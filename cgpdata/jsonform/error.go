package jsonform

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// fail returns the error err at src[at].
func (p *parser) fail(at int, err error) error { return p.syntaxError(at, err) }

// tolerate returns nil if the fault t may pass at the present token.
func (p *parser) tolerate(t cgpdata.Tolerance) error {
	err := errors.New(t.String())
	if p.o.Allow&t == 0 {
		return p.fail(p.at, err)
	}
	p.warn(err)
	return nil
}

// warn tells of a fault that has passed.
func (p *parser) warn(err error) {
	if p.o.Warn != nil && p.warnings < maxWarnings {
		p.warnings++
		p.o.Warn(p.syntaxError(p.at, err))
	}
}

func (p *parser) syntaxError(at int, err error) *cgpdata.SyntaxError {
	before := p.src[:at]
	lines := bytes.Count(before, []byte{'\n'}) + bytes.Count(before, []byte{'\r'}) - bytes.Count(before, []byte("\r\n"))
	start := bytes.LastIndexAny(before, "\r\n") + 1
	return &cgpdata.SyntaxError{Offset: int64(at), Line: lines + 1, Column: at - start + 1, Path: pathText(p.path), Err: err}
}

var errSurrogate = errors.New("half of a surrogate pair")

// damage returns an error, and where in the JSON string raw it is, for what package json
// would replace: a byte that is no UTF-8, or an escape that is no Unicode code point.
func damage(raw []byte) (at int, err error) {
	for at < len(raw) {
		r, size := utf8.DecodeRune(raw[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at, errors.New(cgpdata.InvalidUTF8.String())
		case r == '\\' && raw[at+1] != 'u':
			size = 2
		case r == '\\':
			size = 6
			if r = codeUnit(raw[at:]); utf16.IsSurrogate(r) {
				if utf16.DecodeRune(r, codeUnit(raw[at+size:])) == utf8.RuneError {
					return at, errSurrogate
				}
				size = 12
			}
		}
		at += size
	}
	return at, nil
}

// codeUnit returns the code unit of the escape \u1234 with which raw begins; 0 if there
// is none.
func codeUnit(raw []byte) rune {
	digits, ok := strings.CutPrefix(string(raw[:min(6, len(raw))]), `\u`)
	n, err := strconv.ParseUint(digits, 16, 16)
	if !ok || err != nil {
		return 0
	}
	return rune(n)
}
