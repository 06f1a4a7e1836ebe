package meta

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Apply returns the document after the changes, made one after the other; it
// stays itself as it is. What the changes do not touch is kept to the byte:
// unknown elements, namespaces, prefixes, comments, blanks, a byte order mark.
// A new attribute gets a line of its own if the others have one, and a deleted
// one takes its line along. If nothing changes, Apply returns d.
//
// If one change is wrong, or the result would be above the limits of this
// package ([ErrLimit]), Apply returns an error and no document.
func (d *Document) Apply(changes ...Change) (*Document, error) {
	if len(changes) > MaxElements {
		return nil, limitError(fmt.Sprintf("meta: more than %d changes", MaxElements))
	}
	if d.root == nil {
		var err error
		if d, err = New(""); err != nil {
			return nil, err
		}
	}
	e := newEditor(d)
	for _, c := range changes {
		if c.apply == nil {
			return nil, errors.New("meta: change that is none")
		}
		if err := c.apply(e); err != nil {
			return nil, fmt.Errorf("meta: %s: %w", c.what, err)
		}
	}
	text := e.text()
	if text == d.text {
		return d, nil
	}
	return parse(text)
}

// maxIndent is the longest line break with indentation that comes and goes with
// an attribute.
const maxIndent = 64

// editor changes the text of a document, cut into pieces.
type editor struct {
	namespace string            // of the topmost element
	inScope   string            // its default namespace
	declared  map[string]string // what it declares
	shares    xml.Name          // of accessPwd elements that count

	head   string // up to the content of the topmost element
	pieces []piece
	rest   string // the content behind the last piece, up to
	tail   string // the blanks at its end
	endTag string // of a topmost element that had none and needs one now
	end    string // what follows the content

	where  map[xml.Name][]int    // pieces by name
	keysAt map[string][]keyPlace // keys that are not revoked, by text; some in pieces that are deleted
	last   int                   // the last piece that is not deleted; -1: there is none
}

// piece is an attribute with what stands before it. The text of one that is
// deleted is "".
type piece struct {
	lead string
	text string
	keys []writtenKey // in text, if it is an accessPwd element
	left int          // how many of them are not revoked

	before, after int // the pieces next to it that are not deleted; -1: there is none
}

// keyPlace is one of the keys of a piece.
type keyPlace struct{ piece, key int }

func newEditor(d *Document) *editor {
	root := d.root
	inScope, _ := root.lookup("")
	e := &editor{
		namespace: d.Namespace(),
		inScope:   inScope,
		declared:  root.declared,
		shares:    d.name(sharesName),
		head:      d.text[:root.tagEnd],
		end:       d.text[root.innerEnd:],
		where:     make(map[xml.Name][]int),
		keysAt:    make(map[string][]keyPlace),
		last:      -1,
	}
	at := root.tagEnd
	for _, child := range root.children {
		p := piece{lead: d.text[at:child.start], text: d.text[child.start:child.end]}
		if child.name == e.shares {
			p.keys = keysOf(child)
		}
		e.add(child.name, p)
		at = child.end
	}
	e.rest = strings.TrimRight(d.text[at:root.innerEnd], blanks)
	e.tail = d.text[at+len(e.rest) : root.innerEnd]
	if root.tagEnd == root.end {
		e.endTag = "</" + d.text[root.start+len("<"):root.nameEnd()] + ">"
	}
	return e
}

// text puts the document together.
func (e *editor) text() string {
	var b strings.Builder
	for _, p := range e.pieces {
		join(&b, p.lead)
		at := 0
		for _, key := range p.keys {
			if key.revoked {
				join(&b, withoutLineBreak(p.text[at:key.start]))
				at = key.end
			}
		}
		join(&b, p.text[at:])
	}
	join(&b, e.rest)
	if b.Len() > 0 && e.endTag != "" {
		return strings.TrimSuffix(e.head, "/>") + ">" + b.String() + e.endTag + e.end
	}
	return e.head + b.String() + e.tail + e.end
}

func (e *editor) add(name xml.Name, p piece) {
	i := len(e.pieces)
	p.before, p.after = e.last, -1
	if e.last >= 0 {
		e.pieces[e.last].after = i
	}
	e.last = i
	e.where[name] = append(e.where[name], i)
	e.pieces = append(e.pieces, p)
	e.noteKeys(i)
}

// noteKeys makes the keys of a piece known.
func (e *editor) noteKeys(i int) {
	e.pieces[i].left = len(e.pieces[i].keys)
	for j, key := range e.pieces[i].keys {
		e.keysAt[key.text] = append(e.keysAt[key.text], keyPlace{i, j})
	}
}

// addLast adds a piece behind all content.
func (e *editor) addLast(name xml.Name, p piece) {
	p.lead = e.rest + e.indent()
	e.rest = ""
	e.add(name, p)
}

// indent returns what a new last piece has to have before it: what the last one
// has, or a line break with two blanks more than before the end tag.
func (e *editor) indent() string {
	if e.last >= 0 {
		return lineBreak(e.pieces[e.last].lead)
	}
	indent := lineBreak(e.tail)
	if indent == "" || len(indent) > maxIndent-len("  ") {
		return ""
	}
	return indent + "  "
}

// drop deletes a piece, if that is still to do.
func (e *editor) drop(i int) {
	p := e.pieces[i]
	if p.text == "" {
		return
	}
	if p.before >= 0 {
		e.pieces[p.before].after = p.after
	}
	if p.after >= 0 {
		e.pieces[p.after].before = p.before
	} else {
		e.last = p.before
	}
	e.pieces[i] = piece{lead: withoutLineBreak(p.lead)}
}

// remove deletes all pieces of a name.
func (e *editor) remove(name xml.Name) {
	for _, i := range e.where[name] {
		e.drop(i)
	}
	delete(e.where, name)
}

// keysIn returns the keys of an accessPwd element that is written for the
// document. One without a key is refused.
func (e *editor) keysIn(text string) ([]writtenKey, error) {
	accessPwd, err := parseFragment(text, e.inScope)
	if err != nil {
		return nil, err
	}
	keys := keysOf(accessPwd)
	if len(keys) == 0 {
		return nil, errors.New("no share key")
	}
	return keys, nil
}

// revoke takes keys out of all accessPwd elements. It returns the pieces that
// have lost their last key; they are not yet dropped.
func (e *editor) revoke(keys ...writtenKey) (emptied []int) {
	for _, key := range keys {
		for _, at := range e.keysAt[key.text] {
			p := &e.pieces[at.piece]
			if p.text == "" {
				continue
			}
			p.keys[at.key].revoked = true
			if p.left--; p.left == 0 {
				emptied = append(emptied, at.piece)
			}
		}
		delete(e.keysAt, key.text)
	}
	slices.Sort(emptied)
	return emptied
}

// setText sets an attribute that this package has written.
func (e *editor) setText(text string) error {
	a, err := ParseAttribute(text)
	if err != nil {
		return err
	}
	return e.set(a)
}

// set does what [Set] says.
func (e *editor) set(a Attribute) error {
	if a.text == "" {
		return errors.New("no attribute")
	}
	name := a.nameIn(e.namespace)
	p := piece{text: a.textIn(e.namespace, e.inScope)}
	places := e.where[name]
	if name == e.shares {
		var err error
		if p.keys, err = e.keysIn(p.text); err != nil {
			return err
		}
		for _, key := range p.keys {
			if err := checkKey(key.text); err != nil {
				return err
			}
		}
		places = e.revoke(p.keys...)
	}
	if len(places) == 0 {
		e.addLast(name, p)
		return nil
	}
	for _, i := range places[1:] {
		e.drop(i)
	}
	at := places[0]
	old := e.pieces[at]
	p.lead, p.before, p.after = old.lead, old.before, old.after
	e.pieces[at] = p
	e.noteKeys(at)
	if name != e.shares {
		e.where[name] = append(places[:0], at)
	}
	return nil
}

// lineBreak returns the last line break in the blanks at the end of s, with the
// indentation behind it, if they are not longer than maxIndent.
func lineBreak(s string) string { return s[len(withoutLineBreak(s)):] }

// withoutLineBreak returns s without that line break and indentation.
func withoutLineBreak(s string) string {
	end := s[max(0, len(s)-maxIndent):]
	i := strings.LastIndexByte(end, '\n')
	if i < 0 || strings.Trim(end[i:], blanks) != "" {
		return s
	}
	return strings.TrimSuffix(s[:len(s)-len(end)+i], "\r")
}
