package grammar

import (
	"math/bits"
	"unicode/utf8"
)

// Text is mostly plain quoted strings, so these are scanned eight bytes at a
// time: a little-endian word holds the byte that comes first in its lowest bits, and
// a byte that ends the scan gets its highest bit set.
const (
	each uint64 = 0x01_01_01_01_01_01_01_01 // times a byte: that byte in all eight places
	high        = 0x80 * each
)

// word returns the eight bytes from i on, which the compiler reads at once.
func word[T string | []byte](src T, i int) uint64 {
	s := src[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// ScanPlain returns the end of the bytes of ClassPlain from i on.
func ScanPlain[T string | []byte](src T, i int) int {
	for i+8 <= len(src) {
		w := word(src, i)
		// Below SPACE, and '"' and '\\' once XOR has made them 0, a subtraction
		// borrows; DEL overflows. Both may spoil the bytes behind, never those before.
		stop := w | (w - ' '*each) | (w + each) | ((w ^ '"'*each) - each) | ((w ^ '\\'*each) - each)
		if stop &= high; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		i += 8
	}
	for i < len(src) && Class[src[i]]&ClassPlain != 0 {
		i++
	}
	return i
}

// ScanAtom is Scan for ClassAtom.
func ScanAtom(src []byte, i int) int {
	for i+8 <= len(src) {
		w := word(src, i)
		low := w &^ high
		letters := low | ' '*each // as small ones
		letters = (letters + (0x80-'a')*each) &^ (letters + (0x80-'{')*each)
		digits := (low + (0x80-'0')*each) &^ (low + (0x80-';')*each) // and ':'
		stop := (^(letters | digits) | w) & high
		if stop == 0 {
			i += 8
			continue
		}
		if i += bits.TrailingZeros64(stop) / 8; Class[src[i]]&ClassAtom == 0 {
			return i
		}
		i++ // a sign that an atom may have
	}
	return Scan(src, i, ClassAtom)
}

// ScanText returns the end of what stands for itself between quotes, from i on: printable
// ASCII, and characters beyond ASCII in valid UTF-8.
func ScanText[T string | []byte](src T, i int) int {
	for {
		i = ScanPlain(src, i)
		if i == len(src) || src[i] < utf8.RuneSelf {
			return i
		}
		for i < len(src) && src[i] >= utf8.RuneSelf {
			// Two bytes, as most letters of Europe have, are worth no call.
			if c := src[i]; c >= 0xC2 && c < 0xE0 && i+1 < len(src) && src[i+1]&0xC0 == 0x80 {
				i += 2
				continue
			}
			r, size := utf8.DecodeRuneInString(string(src[i:min(len(src), i+utf8.UTFMax)]))
			if r == utf8.RuneError && size == 1 {
				return i
			}
			i += size
		}
	}
}

// Scan returns the end of the bytes of a class from i on.
func Scan(src []byte, i int, bit uint16) int {
	for i < len(src) && Class[src[i]]&bit != 0 {
		i++
	}
	return i
}

// ScanWide is Scan with the bytes beyond ASCII in the class.
func ScanWide(src []byte, i int, bit uint16) int {
	for i < len(src) && (Class[src[i]]&bit != 0 || src[i] >= utf8.RuneSelf) {
		i++
	}
	return i
}
