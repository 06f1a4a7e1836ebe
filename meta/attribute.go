package meta

import (
	"encoding/xml"
	"iter"
	"strings"
	"unicode/utf8"
)

// Attributes of WebDAV clients (RFC 4918 §4, dead properties) stand together below one
// attribute in this namespace, never directly under the topmost element: a property may
// have any name. Our choice.
const (
	PropertiesSpace = "https://github.com/cgpkit/cgpkit/webdav"
	propertiesLocal = "props"
)

// Attribute is one attribute of a file: an XML element with all that is in it.
// It stands alone, with every namespace prefix it uses declared. Attributes
// come from [ParseAttribute] and [Document.Attributes]; they are immutable and
// safe for concurrent use. The zero value is no attribute.
//
// Source: CommuniGate Pro Guide (5.4 and later), File Storage, "File
// Attributes".
type Attribute struct {
	name       xml.Name // Space may be documentNamespace
	text       string
	nameEnd    int  // where declarations can be put into text
	hasDefault bool // declares a default namespace
}

// ParseAttribute reads one element, with nothing but blanks around it. It has
// to be well-formed by itself: with every prefix it uses declared, in UTF-8,
// without document type declaration and processing instructions, and within
// the limits that [Parse] has for a document.
//
// Clients that do not know the namespace of a document leave it out. So an
// element without prefix and without a declaration of a default namespace
// takes on, together with the unprefixed elements inside, the namespace of the
// document it is put into; xmlns="" says that no namespace is meant. Our choice.
func ParseAttribute(src string) (Attribute, error) {
	e, err := parseFragment(src, documentNamespace)
	if err != nil {
		return Attribute{}, err
	}
	return attributeOf(e, src), nil
}

// attributeOf makes an attribute of an element that was read from src.
func attributeOf(e *element, src string) Attribute {
	a := Attribute{name: e.name, text: src[e.start:e.end], nameEnd: e.nameEnd() - e.start}
	_, a.hasDefault = e.declared[""]
	return a
}

// Name returns the name of the element with its namespace. Space is "" if it is
// in none, and if it takes on that of a document, see [ParseAttribute].
func (a Attribute) Name() xml.Name {
	if a.name.Space == documentNamespace {
		return xml.Name{Local: a.name.Local}
	}
	return a.name
}

// XML returns the element. That of an accessPwd element tells share keys.
func (a Attribute) XML() string { return a.text }

// String returns the name of the attribute, so that a log does not get its
// content: "title", or "{http://example.com/}title" in a namespace.
func (a Attribute) String() string { return nameString(a.Name()) }

// Protected reports whether the attribute may be seen and changed only by those
// who may administer the file: it is called accessPwd or ACL, in whatever
// namespace.
//
// Source: CommuniGate Pro Guide (5.4 and later), File Storage, "File
// Attributes", for the ACL; the rest is our choice.
func (a Attribute) Protected() bool { return isProtected(a.name) }

func isProtected(name xml.Name) bool {
	return name.Local == sharesName || name.Local == aclName
}

func nameString(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return "{" + name.Space + "}" + name.Local
}

// nameIn returns the name of the attribute in a document in this namespace.
func (a Attribute) nameIn(namespace string) xml.Name {
	if a.name.Space == documentNamespace {
		return xml.Name{Space: namespace, Local: a.name.Local}
	}
	return a.name
}

// textIn returns the text of the attribute for a document in this namespace,
// where inScope is the default namespace of the topmost element.
func (a Attribute) textIn(namespace, inScope string) string {
	wanted := ""
	if a.name.Space == documentNamespace {
		wanted = namespace
	}
	if a.hasDefault || wanted == inScope {
		return a.text
	}
	return a.text[:a.nameEnd] + declarationOf("", wanted) + a.text[a.nameEnd:]
}

// without returns the attribute without what its start tag, which has so many
// attributes, says by the given name.
func (a Attribute) without(name string, attributes int) Attribute {
	at := a.nameEnd
	for range attributes {
		written := attributeAt(a.text, at)
		if written.name == name {
			a.text = a.text[:at] + a.text[written.end:]
			break
		}
		at = written.end
	}
	return a
}

// maxDeclared is how many bytes of declarations Attributes adds without asking
// whether what looks like a prefix is one. Our choice.
const maxDeclared = MaxBytes

// Attributes returns all attributes of the document in their order, the
// protected ones too. The namespaces that the topmost element declares for them
// are declared in each; apart from that they are as in the document. Its
// xml:lang and xml:space are not passed on.
//
// What stands before a colon in text counts as a prefix, too, as far as 1 MiB of
// declarations reaches: beyond that only the names of elements and attributes
// do. Together they are not longer than the document, that MiB, and the name of
// one namespace for each element and each of their attributes.
func (d *Document) Attributes() []Attribute {
	if d.root == nil {
		return nil
	}
	attributes := make([]Attribute, 0, len(d.root.children))
	room := maxDeclared
	for _, child := range d.root.children {
		attributes = append(attributes, d.attribute(child, &room))
	}
	return attributes
}

// attribute returns a child of the topmost element. room is what is left of
// maxDeclared.
func (d *Document) attribute(e *element, room *int) Attribute {
	a := attributeOf(e, d.text)
	var declarations strings.Builder
	if inScope, _ := d.root.lookup(""); !a.hasDefault {
		switch {
		case inScope != "", d.Namespace() != "" && e.tag.Space == "":
			declarations.WriteString(declarationOf("", inScope))
			a.hasDefault = true
		case e.tag.Space == "":
			a.name.Space = documentNamespace
		}
	}
	var seen, needed map[string]bool
	for prefix := range prefixesIn(a.text) {
		namespace, outside := d.root.declared[prefix]
		if _, inside := e.declared[prefix]; !outside || inside || seen[prefix] {
			continue
		}
		if seen == nil {
			seen = make(map[string]bool)
		}
		seen[prefix] = true
		declaration := declarationOf(prefix, namespace)
		if len(declaration) <= *room {
			*room -= len(declaration)
		} else {
			if needed == nil {
				needed = make(map[string]bool)
				e.usedPrefixes(d.text, needed)
			}
			if !needed[prefix] {
				continue
			}
		}
		declarations.WriteString(declaration)
	}
	a.text = a.text[:a.nameEnd] + declarations.String() + a.text[a.nameEnd:]
	return a
}

// usedPrefixes adds the prefixes in names of elements and attributes of e and
// all below it, which was read from src.
func (e *element) usedPrefixes(src string, used map[string]bool) {
	used[e.tag.Space] = true
	at := e.nameEnd()
	for range len(e.attrs) + len(e.declared) {
		written := attributeAt(src, at)
		if prefix, _, ok := strings.Cut(written.name, ":"); ok {
			used[prefix] = true
		}
		at = written.end
	}
	for _, child := range e.children {
		child.usedPrefixes(src, used)
	}
}

// declarationOf writes the declaration of a prefix, or of the default namespace
// for "", with the blank before it.
func declarationOf(prefix, namespace string) string {
	name := " xmlns"
	if prefix != "" {
		name += ":" + prefix
	}
	return name + `="` + escape(namespace) + `"`
}

// prefixesIn yields what stands before colons in an element and could be a
// prefix: in tags, but also in text, where it may be one without looking like
// it (xsi:type="xs:string"). It may yield one more than once.
func prefixesIn(raw string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for before, rest, found := strings.Cut(raw, ":"); found; before, rest, found = strings.Cut(rest, ":") {
			prefix := before[strings.LastIndexFunc(before, isNoNameRune)+1:]
			if prefix != "" && !yield(prefix) {
				return
			}
		}
	}
}

// isNoNameRune reports whether r ends a name. All characters beyond ASCII may
// be part of one here (XML 1.0 §2.3 is narrower).
func isNoNameRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-', r == '.', r >= utf8.RuneSelf:
		return false
	}
	return true
}
