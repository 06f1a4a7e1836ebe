package clisite

import "bytes"

// extent finds out where a command ends: at the first end of a line outside of
// brackets. Within brackets white space may hold line ends (CommuniGate Pro Guide,
// Data Formats), and so may XML elements. A quote that is open outside of brackets
// ends with its line: no string holds a raw line end.
type extent struct {
	state state
	depth int     // of ( and {
	tags  int     // XML elements that are open
	quote byte    // that ends a value in a tag
	last  [2]byte // bytes of XML before the one at hand
}

// state is what the byte at hand belongs to.
type state uint8

const (
	inWords state = iota
	inQuotes
	atEscape // behind \
	inData   // a datablock
	inText   // of an XML element
	atTag    // behind <
	inStart  // in a start tag
	inValue  // in quotes there
	inEnd    // in an end tag
	atBang   // behind <!
	atRemark // behind <!-
	inRemark // <!-- -->
	inRaw    // <![CDATA[ ]]>
	inOther  // <? > and <! >
)

// feed takes the next part of a command. A line end is the end of a part. It
// reports whether the command ends there. White space that separates becomes
// blanks, as the text of one line has them.
func (e *extent) feed(part []byte) (ended bool) {
	line := bytes.HasSuffix(part, []byte("\n"))
	for i := 0; i < len(part); i++ {
		switch e.state {
		case inWords:
			part[i] = e.word(part[i])
		case inQuotes:
			e.quoted(part[i])
		case atEscape:
			e.state = inQuotes
		case inData:
			n := bytes.IndexByte(part[i:], ']')
			if n < 0 {
				blankEnd(part[i:])
				return false
			}
			i += n
			e.state = inWords
		default:
			e.xml(part[i])
		}
	}
	return line && e.depth == 0 && e.state <= atEscape
}

// blankEnd makes blanks of the line end of a part.
func blankEnd(part []byte) {
	for i := len(part) - 1; i >= 0 && (part[i] == '\n' || part[i] == '\r'); i-- {
		part[i] = ' '
	}
}

// word takes a byte between words, or of one, and returns what stands for it.
func (e *extent) word(c byte) byte {
	switch c {
	case '"':
		e.state = inQuotes
	case '[':
		e.state = inData
	case '(', '{':
		e.depth++
	case ')', '}':
		e.depth = max(e.depth-1, 0)
	case '<':
		if e.depth > 0 {
			e.state, e.tags = atTag, 0
		}
	case '\t', '\r', '\n':
		return ' '
	}
	return c
}

func (e *extent) quoted(c byte) {
	switch c {
	case '"':
		e.state = inWords
	case '\\':
		e.state = atEscape
	}
}

// xml takes a byte of an XML element (XML 1.0 §3.1, §2.5, §2.7).
func (e *extent) xml(c byte) {
	switch e.state {
	case inText:
		if c == '<' {
			e.state = atTag
		}
	case atTag:
		switch c {
		case '/':
			e.state = inEnd
		case '!':
			e.state = atBang
		case '?':
			e.state = inOther
		default:
			e.state = inStart
		}
	case inStart:
		switch {
		case c == '"' || c == '\'':
			e.state, e.quote = inValue, c
		case c == '>' && e.last[1] != '/':
			e.tags++
			e.state = inText
		case c == '>':
			e.leave()
		}
	case inValue:
		if c == e.quote {
			e.state = inStart
		}
	case inEnd:
		if c == '>' {
			e.tags--
			e.leave()
		}
	case atBang:
		switch c {
		case '-':
			e.state = atRemark
		case '[':
			e.state = inRaw
		case '>':
			e.leave()
		default:
			e.state = inOther
		}
	case atRemark:
		e.state, c = inRemark, 0
	case inRemark:
		if c == '>' && e.last == [2]byte{'-', '-'} {
			e.leave()
		}
	case inRaw:
		if c == '>' && e.last == [2]byte{']', ']'} {
			e.leave()
		}
	case inOther:
		if c == '>' {
			e.leave()
		}
	}
	e.last = [2]byte{e.last[1], c}
}

// leave is the end of a piece of markup, and of the value if no element is open.
func (e *extent) leave() {
	e.state = inText
	if e.tags <= 0 {
		e.state = inWords
	}
}
