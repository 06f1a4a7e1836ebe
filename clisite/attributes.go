package clisite

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// readAttributes answers READSTORAGEFILEATTR: all attributes, or those with
// the names in the list, in whatever namespace.
func readAttributes(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	var names []string
	for v := range a.list.Elements() {
		if v.Kind() != cgpdata.KindString {
			return none, errSyntax
		}
		names = append(names, v.Text())
	}
	view, t, err := o.open(a.file)
	if err == nil {
		err = t.need(ctx, view)
	}
	if err != nil {
		return none, err
	}
	all, err := view.Attributes(ctx, t.name)
	if err != nil {
		return none, err
	}
	var values []cgpdata.Value
	for _, attribute := range all {
		if a.given&optList != 0 && !slices.Contains(names, attribute.Name().Local) {
			continue
		}
		v, err := cgpdata.XML(oneLine(attribute.XML()))
		if err != nil {
			return none, fmt.Errorf("write attribute %v: %w", attribute, err)
		}
		values = append(values, v)
	}
	return cgpdata.Array(values...), nil
}

// updateAttributes answers UPDATESTORAGEFILEATTR.
func updateAttributes(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	var changes []meta.Change
	room := filestore.MaxSidecarBytes
	for v := range a.list.Elements() {
		// Elements come in quotes as well.
		if v.Kind() != cgpdata.KindXML && (v.Kind() != cgpdata.KindString || !strings.HasPrefix(v.Text(), "<")) {
			return none, errSyntax
		}
		if room -= len(v.Text()); room < 0 {
			return none, errElements
		}
		for rest := []byte(v.Text()); len(rest) > 0; {
			n := elementLength(rest)
			if n < 0 {
				return none, errSyntax
			}
			change, err := meta.ParseChange(string(rest[:n]))
			if err != nil {
				return none, fmt.Errorf("%w: %v", fs.ErrInvalid, err)
			}
			if changes = append(changes, change); len(changes) > meta.MaxElements {
				return none, errElements
			}
			rest = rest[n:]
		}
	}
	view, t, err := o.open(a.file)
	if err == nil && t.directory {
		err = t.need(ctx, view)
	}
	if err != nil {
		return none, err
	}
	return none, view.SetAttributes(ctx, t.name, changes...)
}

// elementLength returns the length of the XML element that text starts with;
// -1 if it has no end.
func elementLength(text []byte) int {
	d := xml.NewDecoder(bytes.NewReader(text)) // a ByteReader: reads no byte too many
	for depth := 0; ; {
		token, err := d.RawToken()
		if err != nil {
			return -1
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth <= 0 {
				return int(d.InputOffset())
			}
		}
	}
}

var (
	lineEnds   = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ")
	characters = strings.NewReplacer("\r\n", "&#10;", "\r", "&#10;", "\n", "&#10;")
)

// oneLine writes an XML element without line ends, as an answer needs it: in
// text as references, in tags and comments as blanks, which mean the same
// there (XML 1.0 §2.11, §3.3.3).
func oneLine(element string) string {
	if !strings.ContainsAny(element, "\r\n") {
		return element
	}
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(element))
	for start := int64(0); ; start = d.InputOffset() {
		token, err := d.RawToken()
		if err != nil {
			return b.String() // at its end: it was read before
		}
		raw := element[start:d.InputOffset()]
		text, isText := token.(xml.CharData)
		switch {
		case isText && strings.HasPrefix(raw, "<![CDATA["):
			xml.EscapeText(&b, text) // writes line ends as references
		case isText:
			characters.WriteString(&b, raw)
		default:
			lineEnds.WriteString(&b, raw)
		}
	}
}
