package meta

import (
	"crypto/subtle"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Document is one metadata document, read by [Parse] or made by [New]. It is
// immutable and safe for concurrent use: [Document.Apply] returns another one.
// The zero value is an empty document in no namespace.
type Document struct {
	text   string
	root   *element
	keys   []string
	acl    ACL
	hasACL bool
	grants []*element // the accessPwd and ACL elements, in document order
}

// New returns a document without attributes. Its elements are in the given
// namespace, or in none if that is "". It returns an error if there can be no
// such namespace, or if its name is longer than [MaxNamespace].
func New(namespace string) (*Document, error) {
	if !utf8.ValidString(namespace) || strings.ContainsFunc(namespace, isForbidden) {
		return nil, errors.New("meta: namespace with a character that XML forbids")
	}
	declaration := ""
	if namespace != "" {
		declaration = declarationOf("", namespace)
	}
	return parse(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<meta" + declaration + ">\n</meta>\n")
}

// Parse reads a metadata document. The document has to be well-formed, in
// UTF-8, within the limits of this package, without a document type
// declaration, and its topmost element has to be named meta, in any namespace
// or in none. An error tells line and column; a document with an error grants
// nothing. Parse keeps no reference to src.
//
// accessPwd and ACL count only as direct children of the topmost element and
// only in its namespace. Anything else by these names is a plain attribute.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders"; the
// limits and the rule on namespaces are our choice.
func Parse(src []byte) (*Document, error) { return parse(string(src)) }

func parse(text string) (*Document, error) { return parseWith(text, false) }

// parseWith reads a document. A lean one knows its grants and nothing else.
func parseWith(text string, lean bool) (*Document, error) {
	root, err := parseDocument(text, lean)
	if err != nil {
		return nil, err
	}
	d := &Document{text: text, root: root}
	for _, child := range root.children {
		switch child.name {
		case d.name(sharesName):
			for _, key := range keysOf(child) {
				d.keys = append(d.keys, key.text)
			}
		case d.name(aclName):
			d.hasACL = true
			for _, written := range entriesOf(child) {
				if entry, ok := written.parse(); ok {
					d.acl = append(d.acl, entry)
				}
			}
		default:
			continue
		}
		d.grants = append(d.grants, child)
	}
	return d, nil
}

// Bytes returns the text of the document in new memory. That of a document
// from [Parse] is what was parsed, to the byte.
func (d *Document) Bytes() []byte { return []byte(d.text) }

// Namespace returns the namespace of the topmost element, "" for none. It is
// the one to use for a new document in the same storage.
func (d *Document) Namespace() string {
	if d.root == nil {
		return ""
	}
	return d.root.name.Space
}

// Keys returns the share keys of the document, trimmed, in their order; empty
// ones are left out. A key is a secret: show it to those who may administer the
// file, and to nobody else. To check a key use HasKey.
//
// Source: CommuniGate Pro Guide, File Storage, "Shared Private Files".
func (d *Document) Keys() []string { return slices.Clone(d.keys) }

// HasKey reports whether key is one of the share keys of the document. The
// time it takes depends on the number of keys and on their lengths, not on
// their content or on which of them matches. An empty key never matches.
func (d *Document) HasKey(key string) bool {
	found := 0
	for _, k := range d.keys {
		found |= subtle.ConstantTimeCompare([]byte(k), []byte(key))
	}
	return found == 1
}

// ACL returns the access control list of the document, and whether it has one.
// An ACL without entries is one too: it keeps a file from falling back to the
// ACL of its directory. Several ACL elements are read as one.
func (d *Document) ACL() (ACL, bool) { return slices.Clone(d.acl), d.hasACL }

// String describes the document without telling its keys, so that one which
// gets into a log gives nothing away.
func (d *Document) String() string {
	return fmt.Sprintf("meta document with %d share keys and %d ACL entries", len(d.keys), len(d.acl))
}

// name returns the name that an element of this kind has in the document.
func (d *Document) name(local string) xml.Name {
	return xml.Name{Space: d.Namespace(), Local: local}
}
