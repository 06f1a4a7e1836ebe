package meta

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of a document; our choice. Above them it is refused.
const (
	MaxBytes    = 1 << 20 // size in bytes
	MaxDepth    = 32      // elements inside each other, the topmost included
	MaxElements = 10_000  // elements, and attributes of elements, in the whole document
)

// xmlNamespace is what the prefix xml stands for without being declared
// (Namespaces in XML 1.0 §3).
const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

const byteOrderMark = "\uFEFF"

// element is one element of the tree of a document.
type element struct {
	name       xml.Name // Space holds the namespace, not the prefix
	attrs      []xml.Attr
	children   []*element
	text       []byte // its own text, without that of its children
	start, end int    // bytes of the document, from "<" to after the last ">"

	parent   *element
	tag      xml.Name          // as written, Space holds the prefix; the end tag repeats it
	declared map[string]string // prefix -> namespace, as declared at this element
}

// attribute returns the value of an attribute in no namespace, "" if absent.
func (e *element) attribute(local string) string {
	for _, a := range e.attrs {
		if a.Name == (xml.Name{Local: local}) {
			return a.Value
		}
	}
	return ""
}

// treeBuilder makes the tree out of raw tokens. encoding/xml checks single
// tokens; treeBuilder checks what is between them: tags match, prefixes are
// declared, attributes are unique, limits are kept. encoding/xml takes an
// undeclared prefix for a namespace, by which an element could pass for a grant.
type treeBuilder struct {
	src      []byte
	root     *element
	open     []*element // from the root down
	elements int
}

// parseTree reads a whole document and returns its topmost element.
func parseTree(src []byte) (*element, error) {
	if len(src) > MaxBytes {
		return nil, fmt.Errorf("meta: document of %d bytes, limit is %d", len(src), MaxBytes)
	}
	if !utf8.Valid(src) {
		return nil, errors.New("meta: document is not valid UTF-8")
	}
	if bytes.ContainsFunc(src, isForbidden) {
		return nil, errors.New("meta: document holds a character that XML forbids")
	}
	b := treeBuilder{src: src}
	skip := 0
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		skip = len(byteOrderMark)
	}
	dec := xml.NewDecoder(bytes.NewReader(src[skip:]))
	for {
		start := skip + int(dec.InputOffset())
		token, err := dec.RawToken()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = b.add(token, start, skip+int(dec.InputOffset()))
		}
		if err != nil {
			line, column := dec.InputPos()
			return nil, fmt.Errorf("meta: line %d, column %d: %w", line, column, err)
		}
	}
	if b.root == nil {
		return nil, errors.New("meta: document has no element")
	}
	if len(b.open) > 0 {
		return nil, fmt.Errorf("meta: element %s is not closed: %w", b.open[len(b.open)-1].name.Local, io.ErrUnexpectedEOF)
	}
	return b.root, nil
}

// isForbidden reports whether XML 1.0 §2.2 forbids r. encoding/xml tests text
// only, not comments and names.
func isForbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
}

// add takes the token that stands at src[start:end].
func (b *treeBuilder) add(token xml.Token, start, end int) error {
	switch token := token.(type) {
	case xml.StartElement:
		return b.startElement(token, start)
	case xml.EndElement:
		return b.endElement(token, end)
	case xml.CharData:
		if len(b.open) > 0 {
			top := b.open[len(b.open)-1]
			top.text = append(top.text, token...)
		} else if len(bytes.Trim(b.src[start:end], " \t\r\n")) > 0 {
			return errors.New("text outside of the topmost element")
		}
	case xml.ProcInst:
		if token.Target == "xml" && len(bytes.TrimPrefix(b.src[:start], []byte(byteOrderMark))) > 0 {
			return errors.New("XML declaration inside the document")
		}
	case xml.Directive:
		return errors.New("document type declaration")
	}
	return nil
}

func (b *treeBuilder) startElement(token xml.StartElement, start int) error {
	if b.elements += 1 + len(token.Attr); b.elements > MaxElements {
		return fmt.Errorf("more than %d elements and attributes", MaxElements)
	}
	if len(b.open) == MaxDepth {
		return fmt.Errorf("elements nested deeper than %d", MaxDepth)
	}
	e := &element{tag: token.Name, start: start}
	if len(b.open) > 0 {
		parent := b.open[len(b.open)-1]
		parent.children = append(parent.children, e)
		e.parent = parent
	} else if b.root == nil {
		b.root = e
	} else {
		return errors.New("second topmost element")
	}
	if err := e.resolve(token.Attr); err != nil {
		return err
	}
	if e == b.root && e.name.Local != "meta" {
		return fmt.Errorf("topmost element is %s, not meta", e.name.Local)
	}
	b.open = append(b.open, e)
	return nil
}

func (b *treeBuilder) endElement(token xml.EndElement, end int) error {
	if len(b.open) == 0 {
		return errors.New("end tag without start tag")
	}
	top := b.open[len(b.open)-1]
	if top.tag != token.Name {
		return errors.New("end tag does not match its start tag")
	}
	top.end = end
	b.open = b.open[:len(b.open)-1]
	return nil
}

// resolve reads the namespace declarations among attrs and sets the name and
// the attributes of e by them (Namespaces in XML 1.0 §2-6).
func (e *element) resolve(attrs []xml.Attr) (err error) {
	for _, a := range attrs {
		if prefix, ok := declaredPrefix(a.Name); ok {
			if err := e.declare(prefix, a.Value); err != nil {
				return err
			}
		}
	}
	if e.name, err = e.expand(e.tag); err != nil {
		return err
	}
	if e.tag.Space == "" {
		e.name.Space, _ = e.lookup("") // the default namespace is for elements only
	}
	seen := make(map[xml.Name]bool)
	for _, a := range attrs {
		if _, ok := declaredPrefix(a.Name); ok {
			continue
		}
		if a.Name, err = e.expand(a.Name); err != nil {
			return err
		}
		if seen[a.Name] {
			return fmt.Errorf("attribute %s given twice", a.Name.Local)
		}
		seen[a.Name] = true
		e.attrs = append(e.attrs, a)
	}
	return nil
}

// declaredPrefix returns the prefix that an attribute of this name declares,
// "" for the default namespace; ok is false for any other attribute.
func declaredPrefix(name xml.Name) (prefix string, ok bool) {
	if name.Space == "xmlns" {
		return name.Local, true
	}
	return "", name == xml.Name{Local: "xmlns"}
}

// declare binds a prefix, or the default namespace, for e and all below it.
func (e *element) declare(prefix, namespace string) error {
	reserved := prefix == "xmlns" || (prefix == "xml") != (namespace == xmlNamespace)
	if reserved || prefix != "" && namespace == "" {
		return fmt.Errorf("prefix %q cannot stand for this namespace", prefix)
	}
	if _, twice := e.declared[prefix]; twice {
		return fmt.Errorf("prefix %q declared twice", prefix)
	}
	if e.declared == nil {
		e.declared = make(map[string]string)
	}
	e.declared[prefix] = namespace
	return nil
}

// expand replaces the prefix of a name by its namespace.
func (e *element) expand(name xml.Name) (xml.Name, error) {
	if strings.Contains(name.Local, ":") {
		return name, fmt.Errorf("name %q with a misplaced colon", name.Local)
	}
	if name.Space == "" {
		return name, nil
	}
	namespace, ok := e.lookup(name.Space)
	if !ok {
		return name, fmt.Errorf("prefix %q is not declared", name.Space)
	}
	return xml.Name{Space: namespace, Local: name.Local}, nil
}

// lookup returns what a prefix stands for at e. It climbs MaxDepth elements at
// most.
func (e *element) lookup(prefix string) (namespace string, ok bool) {
	if prefix == "xml" {
		return xmlNamespace, true
	}
	for ; e != nil; e = e.parent {
		if namespace, ok = e.declared[prefix]; ok {
			return namespace, true
		}
	}
	return "", false
}
