package meta

import (
	"encoding/xml"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Element is one element of an XML text, read by [ParseElement]. It is immutable and
// safe for concurrent use.
type Element struct {
	e   *element
	src string
}

// ParseElement reads the topmost element of an XML text that has nothing to do with
// metadata, such as the body of a WebDAV request, under the limits and rules of
// [Parse].
func ParseElement(src []byte) (Element, error) {
	text := string(src)
	root, err := (&treeBuilder{src: text}).parse()
	return Element{root, text}, err
}

// Name returns the name of the element with its namespace.
func (e Element) Name() xml.Name { return e.e.name }

// Text returns the text in the element, without that of elements in it.
func (e Element) Text() string { return string(e.e.text) }

// Children yields the elements in the element, in their order.
func (e Element) Children() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for _, child := range e.e.children {
			if !yield(Element{child, e.src}) {
				return
			}
		}
	}
}

// Attribute returns the element as one that stands alone: with what it uses of the
// namespaces declared around it, and with the xml:lang around it (RFC 4918 §4.3).
// What looks like a prefix in text counts as one.
func (e Element) Attribute() Attribute {
	used := make(map[string]bool)
	e.e.usedPrefixes(e.src, used)
	for prefix := range prefixesIn(e.src[e.e.start:e.e.end]) {
		used[prefix] = true
	}
	return e.e.standalone(e.src, used, e.e.language())
}

// standalone returns e, which was read from src, with declarations of those prefixes
// that are declared around it, and with a language; "": none.
func (e *element) standalone(src string, prefixes map[string]bool, language string) Attribute {
	a := attributeOf(e, src)
	var added strings.Builder
	for _, prefix := range slices.Sorted(maps.Keys(prefixes)) {
		if _, own := e.declared[prefix]; own || prefix == "xml" || prefix == "xmlns" {
			continue
		}
		if namespace, ok := e.lookup(prefix); ok && namespace != "" {
			added.WriteString(declarationOf(prefix, namespace))
			a.hasDefault = a.hasDefault || prefix == ""
		}
	}
	if language != "" {
		added.WriteString(` xml:lang="` + escape(language) + `"`)
	}
	a.text = a.text[:a.nameEnd] + added.String() + a.text[a.nameEnd:]
	return a
}

// language returns the xml:lang that is in force at e, "" if it has one itself.
func (e *element) language() string {
	for at := e; at != nil; at = at.parent {
		for _, attr := range at.attrs {
			if attr.Name == (xml.Name{Space: xmlNamespace, Local: "lang"}) {
				if at == e {
					return ""
				}
				return attr.Value
			}
		}
	}
	return ""
}
