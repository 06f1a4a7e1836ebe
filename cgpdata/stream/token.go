package stream

import (
	"strconv"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// TokenKind tells what a [Token] is.
type TokenKind uint8

// The kinds of tokens.
const (
	NoToken TokenKind = iota // the end of the text, or an error that the next read returns
	ValueToken
	KeyToken
	BeginArray
	EndArray
	BeginDictionary
	EndDictionary
)

var names = [...]string{"NoToken", "ValueToken", "KeyToken", "BeginArray", "EndArray", "BeginDictionary", "EndDictionary"}

// String returns the name of the kind, such as "BeginArray"; an unknown kind prints
// as "TokenKind(17)".
func (k TokenKind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return "TokenKind(" + strconv.Itoa(int(k)) + ")"
}

// Token is one step in reading or writing a text: a bracket, a key, or a value. The
// punctuation between them is left to [Decoder] and [Encoder]. The zero Token is
// none. Use field names: fields may be added.
type Token struct {
	Kind  TokenKind
	Key   string        // of a KeyToken
	Value cgpdata.Value // of a ValueToken; from a Decoder it is neither Array nor Dictionary
}
