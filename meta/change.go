package meta

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Change is one change of the attributes of a file, for [Document.Apply]. The
// functions that return one accept everything; Apply refuses what is wrong.
// Changes are immutable and safe for concurrent use. The zero value is refused.
type Change struct {
	what      string // without values, for errors and logs
	protected bool
	apply     func(*editor) error
}

// String tells what the change does to which attribute, but no content of it.
func (c Change) String() string { return c.what }

// Protected reports whether the change is for those only who may administer the
// file, see [Attribute.Protected]. Any other change leaves share keys and ACL
// as they are.
func (c Change) Protected() bool { return c.protected }

// Set puts the attribute into the place of the one with its name, in the same
// namespace, or behind all others if there is none. If there are several, the
// first one gives its place and the others go.
//
// An accessPwd element is known by its key, not by its name: it takes the place
// of the one with the same key, and leaves others alone. Without a key, or with
// one that cannot be named in a path, it is refused.
func Set(a Attribute) Change {
	return Change{
		what:      "set attribute " + a.String(),
		protected: a.Protected(),
		apply:     func(e *editor) error { return e.set(a) },
	}
}

// Remove takes away all attributes of this name. A name without a namespace
// means that of the document as well as none. What is not there is removed
// already (as in RFC 4918 §14.23).
func Remove(name xml.Name) Change {
	return Change{
		what:      "remove attribute " + nameString(name),
		protected: isProtected(name),
		apply: func(e *editor) error {
			e.remove(name)
			if name.Space == "" {
				e.remove(xml.Name{Space: e.namespace, Local: name.Local})
			}
			return nil
		},
	}
}

// AddKey shares the file with whoever names the key; [NewKey] makes keys. If
// the key is there already, the recipients become those of s. A key is refused
// if it is empty, longer than [MaxKey], has blanks around it, a slash, a
// backslash or a control character in it, or is "." or "..": no path could name
// it.
func AddKey(s Share) Change {
	s.Recipients = slices.Clone(s.Recipients)
	return Change{
		what:      "add a share key",
		protected: true,
		apply: func(e *editor) error {
			text, err := s.element()
			if err != nil {
				return err
			}
			return e.setText(text)
		},
	}
}

// RevokeKey revokes a share key, wherever it stands in the document. Other keys
// stay, also those in the same element. A key that is not there is revoked
// already.
func RevokeKey(key string) Change {
	return Change{
		what:      "revoke a share key",
		protected: true,
		apply: func(e *editor) error {
			for _, i := range e.revoke(writtenKey{text: strings.TrimSpace(key)}) {
				e.drop(i)
			}
			return nil
		},
	}
}

// SetACL puts the list, in its order, into the place of the whole ACL of the
// document. A list without entries is an ACL too, see [Document.ACL]. A subject
// that is not of a form known to [Entry], or an unknown right, is refused.
func SetACL(acl ACL) Change {
	acl = slices.Clone(acl)
	return Change{
		what:      "set the ACL",
		protected: true,
		apply: func(e *editor) error {
			entries := make([]writtenEntry, 0, len(acl))
			for i, entry := range acl {
				written, err := entry.write()
				if err != nil {
					return fmt.Errorf("entry %d: %w", i+1, err)
				}
				entries = append(entries, written)
			}
			return e.setText(aclElement(entries))
		},
	}
}

// RemoveACL removes the ACL of the document.
func RemoveACL() Change { return Remove(xml.Name{Local: aclName}) }

// inheritACL makes the ACL the same as that of another document, with the
// entries that mean nothing here.
func inheritACL(from *Document) Change {
	if !from.hasACL {
		return RemoveACL()
	}
	return Change{
		what:      "inherit the ACL",
		protected: true,
		apply: func(e *editor) error {
			var entries []writtenEntry
			for _, grant := range from.grants {
				if grant.name.Local == aclName {
					entries = append(entries, entriesOf(grant)...)
				}
			}
			return e.setText(aclElement(entries))
		},
	}
}

// ParseChange reads a change as clients send it: an element of the list of the
// CLI command UPDATESTORAGEFILEATTR. The element is that of [ParseAttribute].
//
//	<accessPwd mode="add"><key>K</key></accessPwd>      adds the key, also without mode
//	<accessPwd mode="delete"><key>K</key></accessPwd>   revokes the key
//	<ACL><subKey key="john">lr</subKey></ACL>           is the new ACL
//	<title>Beach</title>                                sets an attribute
//	<title mode="delete"/>                              removes it; for ACL too
//
// Another mode of accessPwd or ACL is refused; elsewhere it is part of the
// attribute, as is mode="delete" of an element with content.
//
// Source: vendor clients for the modes of accessPwd and for the ACL; to delete
// other attributes by the same word is our choice.
func ParseChange(src string) (Change, error) {
	e, err := parseFragment(src, documentNamespace)
	if err != nil {
		return Change{}, err
	}
	a := attributeOf(e, src)
	mode, empty := e.attribute("mode"), e.tagEnd == e.innerEnd
	switch {
	case mode == "delete" && (empty || a.name.Local == sharesName):
		return a.removal(), nil
	case mode == "add" && a.name.Local == sharesName:
		return Set(a.without("mode", len(e.attrs)+len(e.declared))), nil
	case mode != "" && a.Protected():
		return Change{}, fmt.Errorf("meta: unknown mode of %s", a.name.Local)
	}
	return Set(a), nil
}

// removal removes what Set sets.
func (a Attribute) removal() Change {
	return Change{
		what:      "remove attribute " + a.String(),
		protected: a.Protected(),
		apply: func(e *editor) error {
			name := a.nameIn(e.namespace)
			if name != e.shares {
				e.remove(name)
				return nil
			}
			keys, err := e.keysIn(a.textIn(e.namespace, e.inScope))
			if err != nil {
				return err
			}
			for _, i := range e.revoke(keys...) {
				e.drop(i)
			}
			return nil
		},
	}
}
