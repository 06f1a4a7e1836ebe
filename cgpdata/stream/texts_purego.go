//go:build purego

package stream

import "github.com/cgpkit/cgpkit/cgpdata/internal/grammar"

// texts makes the strings of tokens.
type texts struct {
	pieces
	known [256]string // those that came last: short ones come again and again, above all keys
}

const shortText = 32

func view(text []byte) string { return string(text) }

// of returns a piece of a window as a string.
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
