package cgpdata

import (
	"encoding/binary"
	"math/bits"
)

// Text is mostly atoms and plain quoted strings, so these two scan it eight bytes at a
// time: a little-endian word holds the byte that comes first in its lowest bits, and
// a byte that ends the scan gets its highest bit set.
const (
	each uint64 = 0x01_01_01_01_01_01_01_01 // times a byte: that byte in all eight places
	high        = 0x80 * each
)

// scanPlain returns the end of the bytes of classPlain from i on.
func scanPlain(src []byte, i int) int {
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
	return scan(src, i, classPlain)
}
