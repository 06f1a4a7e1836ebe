package grammar

import (
	"bytes"
)

// At returns the byte at i, 0 at the end of the text.
func (p *Parser) At(i int) byte {
	if i < len(p.Src) {
		return p.Src[i]
	}
	return 0
}

// Skip returns the end of the white space and comments at i. Mostly there are none, and
// it is this that is worth an inlined function.
func (p *Parser) Skip(i int) int {
	if i < len(p.Src) && Class[p.Src[i]] >= p.Blank {
		return p.skipFar(i)
	}
	return i
}

func (p *Parser) skipFar(i int) int {
	for {
		i = Scan(p.Src, i, p.Space)
		if p.At(i) != '/' || p.Single {
			return i
		}
		end := p.Comment(i)
		if end == i {
			return i
		}
		i = end
	}
}

// Comment returns the end of the comment that begins with the '/' at i; i if there is
// none.
func (p *Parser) Comment(i int) int {
	switch rest := p.Src[i:]; {
	case bytes.HasPrefix(rest, []byte("//")):
		if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
			return i + end
		}
		return len(p.Src)
	case bytes.HasPrefix(rest, []byte("/*")):
		if end := bytes.Index(rest[2:], []byte("*/")); end >= 0 {
			return i + 2 + end + 2
		}
		p.Fail(len(p.Src), Truncated("comment"))
		return len(p.Src)
	}
	return i
}

// Ends reports whether c may stand behind a token that began with '#'.
func (p *Parser) Ends(c byte) bool { return Class[c]&ClassEnd != 0 || Class[c] >= p.Blank }
