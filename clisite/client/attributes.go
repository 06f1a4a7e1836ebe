package client

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// elements yields the XML elements of a text one by one; what is no element comes as
// it stands, for the reader to refuse.
func elements(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			n := elementLength(text)
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}

// elementLength returns the length of the element that text starts with; that of the
// text if it has no end.
func elementLength(text string) int {
	d := xml.NewDecoder(strings.NewReader(text))
	for depth := 0; depth < meta.MaxDepth; {
		token, err := d.RawToken()
		if err != nil {
			break
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
	return len(text)
}

// xmlOf returns an element as a value, which stands on one line.
func xmlOf(text string) (cgpdata.Value, error) {
	if _, err := meta.ParseAttribute(text); err != nil {
		return cgpdata.Null(), fmt.Errorf("%w: %v", fs.ErrInvalid, err)
	}
	v, err := cgpdata.XML(oneLine(strings.TrimSpace(text)))
	if err != nil {
		return cgpdata.Null(), fmt.Errorf("%w: %v", fs.ErrInvalid, err)
	}
	return v, nil
}

// difference returns the elements of a command that does the changes to these
// attributes.
func difference(old []meta.Attribute, changes []meta.Change) (sent []string, err error) {
	before, err := meta.New(namespaceOf(old))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrProtocol, err)
	}
	for _, a := range old {
		if before, err = before.Apply(meta.Set(a)); err != nil {
			return nil, fmt.Errorf("%w: %v", filestore.ErrConflict, err)
		}
	}
	after, err := before.Apply(changes...)
	switch {
	case errors.Is(err, meta.ErrLimit):
		return nil, &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: filestore.MaxSidecarBytes}
	case err != nil:
		return nil, fmt.Errorf("%w: %v", fs.ErrInvalid, err)
	}
	was, is := before.Attributes(), after.Attributes()
	for _, key := range before.Keys() {
		if !after.HasKey(key) {
			sent = append(sent, deletion(xml.Name{Space: before.Namespace(), Local: "accessPwd"}, "<key>"+escaped(key)+"</key>"))
		}
	}
	for _, a := range was {
		if a.Name().Local != "accessPwd" && !slices.ContainsFunc(is, func(b meta.Attribute) bool { return a.Name() == b.Name() }) {
			sent = append(sent, deletion(a.Name(), ""))
		}
	}
	for _, a := range is {
		if !slices.ContainsFunc(was, func(b meta.Attribute) bool { return a.XML() == b.XML() }) {
			sent = append(sent, a.XML())
		}
	}
	return sent, nil
}

// namespaceOf returns the namespace of the document that attributes come from: that of
// those which grant something, as they count in no other, or else of the first.
func namespaceOf(all []meta.Attribute) string {
	for _, a := range all {
		if a.Protected() {
			return a.Name().Space
		}
	}
	if len(all) > 0 {
		return all[0].Name().Space
	}
	return ""
}

func deletion(name xml.Name, content string) string {
	space := ""
	if name.Space != "" {
		space = ` xmlns="` + escaped(name.Space) + `"`
	}
	return "<" + name.Local + space + ` mode="delete">` + content + "</" + name.Local + ">"
}

func escaped(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text))
	return b.String()
}

var (
	lineEnds   = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ")
	characters = strings.NewReplacer("\r\n", "&#10;", "\r", "&#10;", "\n", "&#10;")
)

// oneLine writes an element without line ends, as a command needs it: in text as
// references, in tags and comments as blanks, which mean the same there (XML 1.0
// §2.11, §3.3.3).
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
