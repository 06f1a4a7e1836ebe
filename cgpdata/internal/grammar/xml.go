package grammar

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Elements returns the end of the XML elements that begin at start: those that follow each
// other directly are one value, as for the vendor's Perl client. Anything but
// elements, such as a prolog, is refused between them, and a DOCTYPE inside them.
func (p *Parser) Elements(start int) (end int) {
	d := NewXMLDecoder(func(i int) (byte, bool) { return p.At(start + i), start+i < len(p.Src) })
	for depth := 0; ; {
		at := start + int(d.InputOffset())
		token, err := d.Token()
		end = start + int(d.InputOffset())
		if err != nil {
			return p.failXML(end, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > p.MaxDepth {
				return p.Fail(at, ErrDepth)
			}
			if repeats(token.Attr) {
				return p.Fail(at, errors.New("XML: attribute twice"))
			}
		case xml.EndElement:
			depth--
			if depth > 0 || p.At(end) == '<' {
				continue
			}
			if !p.CheckUTF8(start, end) {
				return -1
			}
			return end
		case xml.Directive:
			return p.Fail(at, errors.New("XML: DOCTYPE and its like are refused"))
		default:
			if depth == 0 {
				return p.Fail(at, errors.New("XML: want an element"))
			}
		}
	}
}

// repeats reports whether an element has an attribute twice, which the XML decoder does
// not mind.
func repeats(attributes []xml.Attr) bool {
	if len(attributes) < 2 {
		return false
	}
	seen := make(map[xml.Name]bool, len(attributes))
	for _, a := range attributes {
		if seen[a.Name] {
			return true
		}
		seen[a.Name] = true
	}
	return false
}

var errEncoding = errors.New("encoding other than UTF-8")

func (p *Parser) failXML(at int, err error) int {
	e, isSyntax := errors.AsType[*xml.SyntaxError](err)
	text := strings.TrimPrefix(err.Error(), "xml: ")
	switch {
	case errors.Is(err, io.EOF) || isSyntax && strings.HasPrefix(e.Msg, "unexpected EOF"):
		return p.Fail(len(p.Src), Truncated("XML element"))
	case isSyntax:
		text = e.Msg // its line counts from the element
	case errors.Is(err, errEncoding):
		text = errEncoding.Error()
	}
	return p.Fail(at, fmt.Errorf("XML: %s", text))
}

// NewXMLDecoder returns a decoder of the bytes that at returns, which reads none too many.
// It takes bytes that belong to no valid UTF-8 for letters: whether they may pass is for
// others to say.
func NewXMLDecoder(at func(i int) (c byte, ok bool)) *xml.Decoder {
	d := xml.NewDecoder(&xmlBytes{at: at})
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errEncoding }
	return d
}

type xmlBytes struct {
	at    func(i int) (c byte, ok bool)
	next  int
	valid int // up to here bytes beyond ASCII are valid UTF-8
}

// ReadByte implements [io.ByteReader].
func (b *xmlBytes) ReadByte() (byte, error) {
	c, ok := b.at(b.next)
	if !ok {
		return 0, io.EOF
	}
	if c >= utf8.RuneSelf && b.next >= b.valid {
		if size := b.runeSize(); size > 1 {
			b.valid = b.next + size
		} else {
			c = 'x'
		}
	}
	b.next++
	return c, nil
}

// runeSize returns the number of bytes of the next character, 1 if it is not valid UTF-8.
func (b *xmlBytes) runeSize() int {
	var char [utf8.UTFMax]byte
	n := 0
	for n < len(char) && !utf8.FullRune(char[:n]) {
		c, ok := b.at(b.next + n)
		if !ok {
			return 1
		}
		char[n] = c
		n++
	}
	_, size := utf8.DecodeRune(char[:n])
	return size
}

// Read implements [io.Reader], which the XML decoder asks for and does not use.
func (b *xmlBytes) Read(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	c, err := b.ReadByte()
	if err != nil {
		return 0, err
	}
	text[0] = c
	return 1, nil
}
