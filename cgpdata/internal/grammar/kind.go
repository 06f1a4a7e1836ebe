package grammar

// A Kind is a kind of value.
type Kind uint8

// The kinds.
const (
	KindString Kind = iota
	KindData
	KindNumber
	KindTime
	KindIP
	KindNull
	KindArray
	KindDictionary
	KindXML
	KindObject
)
