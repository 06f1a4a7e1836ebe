package meta

import (
	"strings"
	"sync"
)

// WithoutGrants returns the document src without its accessPwd and ACL
// elements, which is what a copy of a file takes along. Only the elements that
// count as such are cut, see [Parse]; every other byte stays as it is, comments
// and blanks between the elements included. If there is nothing to cut it
// returns src itself, else new memory. The errors are those of Parse.
//
// Source: our choice; no Guide says what a copy does with a metadata file.
func WithoutGrants(src []byte) ([]byte, error) {
	doc, err := Parse(src)
	if err != nil {
		return nil, err
	}
	if len(doc.grants) == 0 {
		return src, nil
	}
	var rest strings.Builder
	at := 0
	for _, grant := range doc.grants {
		join(&rest, doc.text[at:grant.start])
		at = grant.end
	}
	join(&rest, doc.text[at:])
	return []byte(rest.String()), nil
}

// join writes what follows a cut. Text before and after it must not make "]]>"
// together, which XML 1.0 §2.4 forbids; an empty comment then keeps it apart.
func join(b *strings.Builder, s string) {
	before := b.String()
	seam := before[max(0, len(before)-2):] + s[:min(2, len(s))]
	if strings.Contains(seam, "]]>") {
		b.WriteString("<!---->")
	}
	b.WriteString(s)
}

// Inherit returns the document of a new directory whose parent directory has
// the document parent: the ACL of child becomes that of parent, with the
// entries that mean nothing to this package; everything else of child stays.
// Either of them may be nil. If child is nil, a new document is made in the
// given namespace, or in that of parent if it is ""; but if parent has no ACL,
// there is nothing to write and Inherit returns nil. If child does not change,
// it returns child itself, else new memory. The errors are those of [Parse],
// [New] and [Document.Apply].
//
// Source: CommuniGate Pro Guide (5.4 and later), File Storage, "File Access
// Rights".
func Inherit(child, parent []byte, namespace string) ([]byte, error) {
	h, err := NewHeritage(parent, namespace)
	if err != nil {
		return nil, err
	}
	return h.Inherit(child)
}

// Heritage is what new directories inherit from one directory: see [Inherit].
// It is immutable and safe for concurrent use.
type Heritage struct {
	from      *Document
	namespace string
	fresh     func() ([]byte, error) // for whoever has no document
}

// NewHeritage reads the document of the parent directory once for all its
// children; nil for none.
func NewHeritage(parent []byte, namespace string) (*Heritage, error) {
	h := &Heritage{from: &Document{}, namespace: namespace}
	if parent != nil {
		var err error
		if h.from, err = Parse(parent); err != nil {
			return nil, err
		}
	}
	h.fresh = sync.OnceValues(h.first)
	return h, nil
}

// Inherit does what the function [Inherit] does for a child, except that
// children that have no document may get the same memory.
func (h *Heritage) Inherit(child []byte) ([]byte, error) {
	if child == nil {
		return h.fresh()
	}
	to, err := Parse(child)
	if err != nil {
		return nil, err
	}
	changed, err := to.Apply(inheritACL(h.from))
	if err != nil {
		return nil, err
	}
	if changed == to {
		return child, nil
	}
	return changed.Bytes(), nil
}

// first returns the first document of a directory; nil if it needs none.
func (h *Heritage) first() ([]byte, error) {
	if !h.from.hasACL {
		return nil, nil
	}
	namespace := h.namespace
	if namespace == "" {
		namespace = h.from.Namespace()
	}
	to, err := New(namespace)
	if err != nil {
		return nil, err
	}
	changed, err := to.Apply(inheritACL(h.from))
	if err != nil {
		return nil, err
	}
	return changed.Bytes(), nil
}
