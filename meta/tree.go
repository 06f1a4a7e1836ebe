package meta

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a document; our choice. What is above them is refused, by an error
// that is [ErrLimit].
const (
	MaxBytes     = 1 << 20 // size in bytes
	MaxDepth     = 32      // elements inside each other, the topmost included
	MaxElements  = 10_000  // elements, attributes of elements, comments and processing instructions in the whole document
	MaxNamespace = 256     // bytes of the name of a namespace, as it is written: & takes five
)

// ErrLimit is what [errors.Is] finds in the error for a document that is above
// one of the limits, or would be after a change.
var ErrLimit = errors.New("meta: limit exceeded")

// limitError tells which limit is exceeded. It is [ErrLimit].
type limitError string

func (e limitError) Error() string        { return string(e) }
func (e limitError) Is(target error) bool { return target == ErrLimit }

// The namespaces of the prefixes xml and xmlns, which are not declared; no
// other prefix may stand for them (Namespaces in XML 1.0 §3).
const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

const byteOrderMark = "\uFEFF"

// documentNamespace is the namespace of unprefixed names in an attribute that
// declares no default namespace: that of the document which the attribute is
// put into. XML forbids the character, so nothing else can have this name.
const documentNamespace = "\x00"

// element is one element of a tree. Its places are those of bytes in the text
// that the tree was read from: start is that of "<", tagEnd is behind the start
// tag, innerEnd at the end tag, end behind it. The last three are the same for
// an element without an end tag.
type element struct {
	name     xml.Name // Space holds the namespace, not the prefix
	attrs    []xml.Attr
	children []*element
	text     []byte // its own text, without that of its children

	start, tagEnd, innerEnd, end int

	parent   *element
	tag      xml.Name          // as written, Space holds the prefix; the end tag repeats it
	declared map[string]string // prefix -> namespace, as declared at this element
	outside  string            // of the topmost element: the default namespace around it
	dropped  bool              // its parent does not know it, nor it what is in it
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

// nameEnd returns the place behind the name in the start tag.
func (e *element) nameEnd() int {
	end := e.start + len("<") + len(e.tag.Local)
	if e.tag.Space != "" {
		end += len(e.tag.Space) + len(":")
	}
	return end
}

// treeBuilder makes the tree out of raw tokens. encoding/xml checks single
// tokens; treeBuilder checks what is between them: tags match, prefixes are
// declared, attributes are unique, limits are kept. encoding/xml takes an
// undeclared prefix for a namespace, by which an element could pass for a grant.
type treeBuilder struct {
	src      string
	fragment bool     // an element from a caller, not a document
	lean     bool     // keeps what may be a grant, and drops all else
	outside  string   // the default namespace around an unprefixed topmost element
	around   *element // whose declarations are in force around the topmost element; nil: none
	root     *element
	open     []*element // from the root down
	elements int
}

// parseDocument reads a whole document and returns its topmost element, lean or
// with all that is in it.
func parseDocument(src string, lean bool) (*element, error) {
	root, err := (&treeBuilder{src: src, lean: lean}).parse()
	if err != nil {
		return nil, err
	}
	if root.name.Local != "meta" {
		return nil, fmt.Errorf("meta: topmost element is %s, not meta", root.name.Local)
	}
	return root, nil
}

// parseFragment reads one element that stands alone. If it has no prefix, it is
// inside of the given default namespace.
func parseFragment(src, outside string) (*element, error) {
	return (&treeBuilder{src: src, fragment: true, outside: outside}).parse()
}

func (b *treeBuilder) parse() (*element, error) {
	if len(b.src) > MaxBytes {
		return nil, limitError(fmt.Sprintf("meta: document of %d bytes, limit is %d", len(b.src), MaxBytes))
	}
	if !utf8.ValidString(b.src) {
		return nil, errors.New("meta: document is not valid UTF-8")
	}
	if strings.ContainsFunc(b.src, isForbidden) {
		return nil, errors.New("meta: document holds a character that XML forbids")
	}
	skip := 0
	if !b.fragment && strings.HasPrefix(b.src, byteOrderMark) {
		skip = len(byteOrderMark)
	}
	dec := xml.NewDecoder(strings.NewReader(b.src[skip:]))
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

// checkReferences refuses references to surrogates, which are no characters (XML 1.0
// §4.1, well-formedness constraint "Legal Character"). encoding/xml makes U+FFFD of
// them; all others that are no characters it refuses itself.
func checkReferences(token xml.Token, text string) error {
	switch token.(type) {
	case xml.CharData, xml.StartElement:
	default:
		return nil
	}
	if strings.HasPrefix(text, "<![CDATA[") {
		return nil
	}
	for i := strings.Index(text, "&#"); i >= 0; i = strings.Index(text, "&#") {
		digits, rest, _ := strings.Cut(text[i+len("&#"):], ";")
		base := 10
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, base = hex, 16
		}
		if n, err := strconv.ParseUint(digits, base, 32); err == nil && 0xD800 <= n && n <= 0xDFFF {
			return errors.New("reference to a character that XML forbids")
		}
		text = rest
	}
	return nil
}

// add takes the token that stands at src[start:end].
func (b *treeBuilder) add(token xml.Token, start, end int) error {
	if err := checkReferences(token, b.src[start:end]); err != nil {
		return err
	}
	switch token := token.(type) {
	case xml.StartElement:
		return b.startElement(token, start, end)
	case xml.EndElement:
		return b.endElement(token, start, end)
	case xml.CharData:
		if len(b.open) > 0 {
			if top := b.open[len(b.open)-1]; !top.dropped {
				top.text = append(top.text, token...)
			}
		} else if strings.Trim(b.src[start:end], blanks) != "" {
			return errors.New("text outside of the topmost element")
		}
	case xml.Comment:
		if b.fragment && len(b.open) == 0 {
			return errors.New("comment outside of the element")
		}
		return b.count(1)
	case xml.ProcInst:
		if b.fragment {
			return errors.New("processing instruction in an attribute")
		}
		if token.Target != "xml" {
			return b.count(1)
		}
		if strings.TrimPrefix(b.src[:start], byteOrderMark) != "" {
			return errors.New("XML declaration inside the document")
		}
	case xml.Directive:
		return errors.New("document type declaration")
	}
	return nil
}

func (b *treeBuilder) count(n int) error {
	if b.elements += n; b.elements > MaxElements {
		return limitError(fmt.Sprintf("more than %d elements, attributes, comments and processing instructions", MaxElements))
	}
	return nil
}

func (b *treeBuilder) startElement(token xml.StartElement, start, end int) error {
	if err := b.count(1 + len(token.Attr)); err != nil {
		return err
	}
	if len(b.open) == MaxDepth {
		return limitError(fmt.Sprintf("elements nested deeper than %d", MaxDepth))
	}
	e := &element{tag: token.Name, start: start, tagEnd: end}
	if len(b.open) > 0 {
		parent := b.open[len(b.open)-1]
		e.dropped = parent.dropped || b.lean && len(b.open) == 1 && !isProtected(xml.Name{Local: e.tag.Local})
		if !e.dropped {
			parent.children = append(parent.children, e)
		}
		e.parent = parent
	} else if b.root == nil {
		b.root, e.parent = e, b.around
		if e.tag.Space == "" {
			e.outside = b.outside
		}
	} else {
		return errors.New("second topmost element")
	}
	if err := e.resolve(token.Attr); err != nil {
		return err
	}
	for at := e.nameEnd(); len(token.Attr) > 0; token.Attr = token.Attr[1:] {
		attr := attributeAt(b.src, at)
		if attr.start == at {
			return errors.New("no blank before an attribute")
		}
		at = attr.end
	}
	b.open = append(b.open, e)
	return nil
}

func (b *treeBuilder) endElement(token xml.EndElement, start, end int) error {
	if len(b.open) == 0 {
		return errors.New("end tag without start tag")
	}
	top := b.open[len(b.open)-1]
	if top.tag != token.Name {
		return errors.New("end tag does not match its start tag")
	}
	top.innerEnd, top.end = start, end
	b.open = b.open[:len(b.open)-1]
	return nil
}

// blanks is the white space of XML (XML 1.0 §2.3).
const blanks = " \t\r\n"

// writtenAttribute is where an attribute of an element stands in the text.
type writtenAttribute struct {
	name       string // with its prefix
	start, end int
}

// attributeAt returns the attribute that comes next in a start tag, behind
// blanks. There has to be one, and encoding/xml has to have read it.
func attributeAt(src string, at int) writtenAttribute {
	start := at + len(src[at:]) - len(strings.TrimLeft(src[at:], blanks))
	name := src[start : start+strings.IndexAny(src[start:], "="+blanks)]
	quote := start + strings.IndexAny(src[start:], `"'`)
	end := quote + 1 + strings.IndexByte(src[quote+1:], src[quote]) + 1
	return writtenAttribute{name: name, start: start, end: end}
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
	var seen map[xml.Name]bool
	if len(attrs) > 1 {
		seen = make(map[xml.Name]bool)
	}
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
		if seen != nil {
			seen[a.Name] = true
		}
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
	reserved := prefix == "xmlns" || namespace == xmlnsNamespace || (prefix == "xml") != (namespace == xmlNamespace)
	if reserved || prefix != "" && namespace == "" {
		return fmt.Errorf("prefix %q cannot stand for this namespace", prefix)
	}
	if escapedMax*len(namespace) > MaxNamespace && len(escape(namespace)) > MaxNamespace {
		return limitError(fmt.Sprintf("name of a namespace longer than %d bytes", MaxNamespace))
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

// lookup returns what a prefix, or "" for the default namespace, stands for at
// e. It climbs MaxDepth elements at most.
func (e *element) lookup(prefix string) (namespace string, ok bool) {
	if prefix == "xml" {
		return xmlNamespace, true
	}
	for {
		if namespace, ok = e.declared[prefix]; ok {
			return namespace, true
		}
		if e.parent == nil {
			break
		}
		e = e.parent
	}
	if prefix == "" {
		return e.outside, true
	}
	return "", false
}
