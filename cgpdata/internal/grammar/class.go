package grammar

// Class tells for each byte what it may be; a set of the bits below. It is never
// written after the program has started.
var Class = classes()

const (
	ClassString uint16 = 1 << iota // begins a string: an atom that we read, or a quote
	ClassAtom                      // goes on in it, if ASCII
	ClassPlain                     // stands for itself between quotes, if ASCII
	ClassBase64                    // the base64 alphabet without '='
	ClassEnd                       // ends a token that began with '#'
	ClassAlnum                     // the atoms of 1999
	ClassDotted                    // the atoms of 2005
	ClassWide                      // the atoms of shipped settings files, after a first letter or digit

	// The last ones, so that one comparison finds all that separate: from ClassComment
	// on in multi-line text, ClassBlank in single-line text.
	ClassComment // begins a comment in multi-line text
	ClassSpace   // white space in multi-line text: all up to SPACE, as the vendor's Java client has it
	ClassBlank   // white space in single-line text: SPACE (Guide 6.0)
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
			table[c] |= ClassSpace
		case c >= 0x80:
			table[c] |= ClassString
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			table[c] |= ClassString | ClassAtom | ClassBase64 | ClassAlnum | ClassDotted | ClassWide
		}
		if c >= ' ' && c < 0x7F && c != '"' && c != '\\' {
			table[c] |= ClassPlain
		}
	}
	mark(ClassBlank, " ")
	mark(ClassComment, "/")
	// What shipped settings files and the vendor's clients read unquoted; the
	// documents name letters, digits, '.' and '_'.
	mark(ClassString|ClassAtom, "_.-@!%:")
	mark(ClassString, "\"")
	mark(ClassAtom, "#")
	mark(ClassBase64, "+/")
	mark(ClassEnd, ",;=)}")
	mark(ClassDotted|ClassWide, "._")
	mark(ClassWide, "-@")
	return table
}
