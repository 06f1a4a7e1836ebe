package grammar

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Text is mostly atoms and plain quoted strings, so these two scan it eight bytes at a
// time: a little-endian word holds the byte that comes first in its lowest bits, and
// a byte that ends the scan gets its highest bit set.
const (
	each uint64 = 0x01_01_01_01_01_01_01_01 // times a byte: that byte in all eight places
	high        = 0x80 * each
)

// ScanPlain returns the end of the bytes of ClassPlain from i on.
func ScanPlain(src []byte, i int) int {
	for i+8 <= len(src) {
		w := binary.LittleEndian.Uint64(src[i : i+8])
		// Below SPACE, and '"' and '\\' once XOR has made them 0, a subtraction
		// borrows; DEL overflows. Both may spoil the bytes behind, never those before.
		stop := w | (w - ' '*each) | (w + each) | ((w ^ '"'*each) - each) | ((w ^ '\\'*each) - each)
		if stop &= high; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		i += 8
	}
	return Scan(src, i, ClassPlain)
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
