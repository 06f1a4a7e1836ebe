package meta

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Document is one metadata document, read by [Parse]. It is immutable and safe
// for concurrent use. The zero value is a document that grants nothing.
type Document struct {
	namespace string
	keys      []string
	acl       ACL
	hasACL    bool
	grants    []*element // the accessPwd and ACL elements, in document order
}

// Parse reads a metadata document. The document has to be well-formed, in
// UTF-8, within [MaxBytes], [MaxDepth] and [MaxElements], without a document
// type declaration, and its topmost element has to be named meta, in any
// namespace or in none. An error tells line and column; a document with an
// error grants nothing. Parse keeps no reference to src.
//
// accessPwd and ACL count only as direct children of the topmost element and
// only in its namespace. Anything else by these names is a plain attribute.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders"; the
// limits and the rule on namespaces are our choice.
func Parse(src []byte) (*Document, error) {
	root, err := parseTree(src)
	if err != nil {
		return nil, err
	}
	d := &Document{namespace: root.name.Space}
	for _, child := range root.children {
		switch child.name {
		case d.name("accessPwd"):
			d.addKeys(child)
		case d.name("ACL"):
			d.addEntries(child)
		default:
			continue
		}
		d.grants = append(d.grants, child)
	}
	return d, nil
}

// Namespace returns the namespace of the topmost element, "" for none. It is
// the one to use for a new document in the same storage.
func (d *Document) Namespace() string { return d.namespace }

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

// NewKey returns a new random share key: 26 letters and digits that need no
// escaping in a URL, with at least 128 bits from crypto/rand. It is safe for
// concurrent use.
func NewKey() string { return rand.Text() }

// addKeys takes the keys of one accessPwd element.
func (d *Document) addKeys(accessPwd *element) {
	for _, child := range accessPwd.children {
		if child.name != d.name("key") || len(child.children) > 0 {
			continue // a key with elements inside is none: our choice
		}
		if key := strings.TrimSpace(string(child.text)); key != "" {
			d.keys = append(d.keys, key)
		}
	}
}

// addEntries takes the entries of one ACL element.
func (d *Document) addEntries(acl *element) {
	d.hasACL = true
	for _, child := range acl.children {
		if child.name != d.name("subKey") || len(child.children) > 0 {
			continue // likewise our choice
		}
		if entry, ok := parseEntry(child.attribute("key"), string(child.text)); ok {
			d.acl = append(d.acl, entry)
		}
	}
}

// name returns the name that an element of this kind has in the document.
func (d *Document) name(local string) xml.Name {
	return xml.Name{Space: d.namespace, Local: local}
}
