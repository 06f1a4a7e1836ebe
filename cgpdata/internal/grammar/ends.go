package grammar

import (
	"bytes"
	"unicode/utf8"
)

// In a text that has been read, the end of a value is found faster.

// LeafEnd returns the end of the value at i, which is neither array nor dictionary,
// without the white space and the comments behind it.
func (p *Parser) LeafEnd(i int) int {
	c := p.At(i)
	for next := i; p.At(next) == c; next = p.Skip(i) {
		i = p.PieceEnd(next)
		if c != '"' && c != '[' {
			break
		}
	}
	return i
}

// PieceEnd is LeafEnd for one of the strings or datablocks that are one value.
func (p *Parser) PieceEnd(i int) int {
	switch p.At(i) {
	case '"':
		for i++; i < len(p.Src) && p.Src[i] != '"'; i++ {
			if p.Src[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '[':
		return i + bytes.IndexByte(p.Src[i:], ']') + 1
	case '#', '<':
		_, i = p.Leaf(i)
		return i
	}
	for i++; i < len(p.Src) && (Class[p.Src[i]]&ClassAtom != 0 || p.Src[i] >= utf8.RuneSelf); i++ {
	}
	return i
}
