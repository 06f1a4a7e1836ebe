package cgpdata

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// xml reads XML elements that follow each other directly, which are one value, as
// for the vendor's Perl client.
func (p *parser) xml(i int) (v Value, end int) {
	if end = p.elements(i); end < 0 {
		return v, -1
	}
	return p.leafOf(KindXML, i, end), end
}

// elements returns the end of the XML elements that begin at start. Anything but
// elements, such as a prolog, is refused between them, and a DOCTYPE inside them.
func (p *parser) elements(start int) (end int) {
	d := xml.NewDecoder(bytes.NewReader(p.src[start:])) // a ByteReader: reads no byte too many
	for depth := 0; ; {
		at := start + int(d.InputOffset())
		token, err := d.Token()
		end = start + int(d.InputOffset())
		if err != nil {
			return p.failXML(end, err)
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > p.maxDepth {
				return p.fail(at, ErrDepth)
			}
		case xml.EndElement:
			depth--
			if depth > 0 || p.at(end) == '<' {
				continue
			}
			if !p.checkUTF8(start, end) {
				return -1
			}
			return end
		case xml.Directive:
			return p.fail(at, errors.New("XML: DOCTYPE and its like are refused"))
		default:
			if depth == 0 {
				return p.fail(at, errors.New("XML: want an element"))
			}
		}
	}
}

func (p *parser) failXML(at int, err error) int {
	if at >= len(p.src) || errors.Is(err, io.EOF) {
		return p.fail(len(p.src), truncated("XML element"))
	}
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		err = errors.New(e.Msg) // its line counts from the element
	}
	return p.fail(at, fmt.Errorf("XML: %w", err))
}
