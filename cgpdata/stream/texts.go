package stream

import "strings"

// pieces makes copies of texts: short ones share pieces of memory.
type pieces struct {
	piece strings.Builder // which never writes again where it has written
}

const pieceSize = 4 << 10

// fresh returns a copy of the text.
func (t *pieces) fresh(text []byte) string {
	if len(text) > pieceSize/8 {
		return string(text)
	}
	start := t.piece.Len()
	if start+len(text) > t.piece.Cap() {
		t.piece.Reset()
		t.piece.Grow(pieceSize)
		start = 0
	}
	t.piece.Write(text)
	return t.piece.String()[start:]
}
