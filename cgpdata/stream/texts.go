package stream

import (
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// texts makes the strings of tokens. Short ones come again and again, above all keys, so
// those that came last are kept for the next time; others share pieces of memory.
type texts struct {
	known [256]string
	piece strings.Builder // which never writes again where it has written
}

const (
	shortText = 32
	pieceSize = 4 << 10
)

// of returns the text as a string.
func (t *texts) of(text []byte) string {
	if len(text) > shortText {
		return t.fresh(text)
	}
	hash := grammar.Head(text) * 0x9E37_79B9_7F4A_7C15 // spreads what differs into the highest bits
	known := &t.known[hash>>56]
	if *known != string(text) {
		*known = t.fresh(text)
	}
	return *known
}

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
