package stream

import "strings"

// texts makes the strings of tokens that are no pieces of a window: short ones share pieces of
// memory.
type texts struct {
	piece strings.Builder // which never writes again where it has written
	known knownTexts
}

const pieceSize = 4 << 10

// fresh returns a copy of the text.
func (t *texts) fresh(text []byte) string {
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
