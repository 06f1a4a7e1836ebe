package cgpdata

// class tells for each byte what it may be; a set of the bits below. It is never
// written after the program has started.
var class = classes()

const (
	classString uint16 = 1 << iota // begins a string: an atom that we read, or a quote
	classAtom                      // goes on in it, if ASCII
	classPlain                     // stands for itself between quotes, if ASCII
	classBase64                    // the base64 alphabet without '='
	classEnd                       // ends a token that began with '#'
	classAlnum                     // the atoms of 1999
	classDotted                    // the atoms of 2005
	classWide                      // the atoms of shipped settings files, after a first letter or digit

	// The last ones, so that one comparison finds all that separate: from classComment
	// on in multi-line text, classBlank in single-line text.
	classComment // begins a comment in multi-line text
	classSpace   // white space in multi-line text: all up to SPACE, as the vendor's Java client has it
	classBlank   // white space in single-line text: SPACE (Guide 6.0)
)

func classes() (table [256]uint16) {
	mark := func(bits uint16, chars string) {
		for i := range len(chars) {
			table[chars[i]] |= bits
		}
	}
	for c := range 256 {
		switch {
		case c <= ' ':
			table[c] |= classSpace
		case c >= 0x80:
			table[c] |= classString
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			table[c] |= classString | classAtom | classBase64 | classAlnum | classDotted | classWide
		}
		if c >= ' ' && c < 0x7F && c != '"' && c != '\\' {
			table[c] |= classPlain
		}
	}
	mark(classBlank, " ")
	mark(classComment, "/")
	// What shipped settings files and the vendor's clients read unquoted; the
	// documents name letters, digits, '.' and '_'.
	mark(classString|classAtom, "_.-@!%:")
	mark(classString, "\"")
	mark(classAtom, "#")
	mark(classBase64, "+/")
	mark(classEnd, ",;=)}")
	mark(classDotted|classWide, "._")
	mark(classWide, "-@")
	return table
}
