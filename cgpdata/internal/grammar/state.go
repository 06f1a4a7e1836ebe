package grammar

// The grammar of arrays, dictionaries and whole texts is an automaton that knows where it
// is in the innermost of them. Whoever reads or writes texts takes its steps: with the text
// in memory ([Parser.Advance]) or in pieces, to read on behind errors, to find the places of
// things, or to tell which token may be written next.

// A State is what stands before a place, and so what may stand there.
type State uint8

// The states.
const (
	BeforeText   State = iota // nothing
	AfterText                 // the value of the text
	InArray                   // the '('
	AfterElement              // an element
	AfterComma                // its ','
	InDictionary              // the '{', or the ';' of a pair
	AfterKey                  // a key
	AfterEquals               // its '='
	AfterValue                // the value of a pair
)

// A Symbol is what the automaton sees of the text: the first byte of what is neither white
// space nor comment.
type Symbol uint8

// The symbols.
const (
	Other      Symbol = iota // nothing that may begin anything
	End                      // of the text
	Quote                    // a string
	Open                     // a value that is no string
	CloseArray               // ')'
	CloseDict                // '}'; in a dictionary without braces the end of the text
	Comma
	Semicolon
	Equals
	symbols
)

// SymbolOf returns the symbol that begins with c.
func SymbolOf(c byte) Symbol {
	if Class[c]&ClassString != 0 {
		return Quote
	}
	switch c {
	case '(', '{', '[', '#', '<':
		return Open
	case ')':
		return CloseArray
	case '}':
		return CloseDict
	case ',':
		return Comma
	case ';':
		return Semicolon
	case '=':
		return Equals
	}
	return Other
}

// A Move is what to do in a state with a symbol.
type Move struct {
	Do    Action
	Fault Fault // what must be tolerated for it
}

// An Action is one of a few.
type Action uint8

// The actions.
const (
	Refuse  Action = iota // nothing may begin here with that symbol
	TakeKey               // read the key, and go on in AfterKey
	Take                  // read the value, which is missing if there is a fault, and go on in After
	Pass                  // go past the punctuation, and go on in Next
	Close                 // the array, dictionary or text ends
)

// moves is the automaton. It is never written.
var moves = [...][symbols]Move{
	BeforeText:   {Quote: {Take, 0}, Open: {Take, 0}, End: {Close, EmptyText}},
	AfterText:    {End: {Close, 0}},
	InArray:      {Quote: {Take, 0}, Open: {Take, 0}, CloseArray: {Close, 0}},
	AfterElement: {Comma: {Pass, 0}, CloseArray: {Close, 0}},
	AfterComma:   {Quote: {Take, 0}, Open: {Take, 0}, CloseArray: {Close, TrailingComma}},
	InDictionary: {Quote: {TakeKey, 0}, CloseDict: {Close, 0}},
	AfterKey:     {Equals: {Pass, 0}},
	AfterEquals:  {Quote: {Take, 0}, Open: {Take, 0}, Semicolon: {Take, MissingValue}},
	AfterValue:   {Semicolon: {Pass, 0}},
}

// Move returns what to do with a symbol.
func (s State) Move(next Symbol) Move { return moves[s][next] }

// Next returns the state behind the punctuation that may stand here.
func (s State) Next() State {
	switch s {
	case AfterElement:
		return AfterComma
	case AfterKey:
		return AfterEquals
	case AfterValue:
		return InDictionary
	}
	return s
}

// In returns the state behind an opening bracket; bracket 0 opens a dictionary without braces.
func In(bracket byte) State {
	if bracket == '(' {
		return InArray
	}
	return InDictionary
}

// After returns the state behind a value in what a bracket has opened.
func After(bracket byte) State {
	if bracket == '(' {
		return AfterElement
	}
	return AfterValue
}

// TakesValue reports whether a value may come.
func (s State) TakesValue() bool { return s.Move(Open).Do == Take }

// TakesKey reports whether a key may come.
func (s State) TakesKey() bool { return s.Move(Quote).Do == TakeKey }

// Closes reports whether what the bracket has opened may end.
func (s State) Closes(bracket byte) bool {
	closing := CloseDict
	if bracket == '(' {
		closing = CloseArray
	}
	return s.Move(closing) == Move{Close, 0}
}

// Want returns what should stand here, for an error. bracket is that of the innermost array
// or dictionary.
func (s State) Want(bracket byte) string {
	switch s {
	case AfterText:
		return "the end of the text"
	case AfterElement:
		return "',' or ')'"
	case AfterKey:
		return "'='"
	case AfterValue:
		return "';'"
	case InDictionary:
		if bracket == 0 {
			return "a key or the end of the text"
		}
		return "a key or '}'"
	}
	return "a value"
}

// Unfinished returns what a text leaves open that ends here; "" if what Want returns is
// missing rather.
func (s State) Unfinished() string {
	switch s {
	case InArray, AfterElement:
		return "array"
	case InDictionary, AfterKey, AfterValue:
		return "dictionary"
	}
	return ""
}
