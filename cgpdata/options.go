package cgpdata

import "github.com/cgpkit/cgpkit/cgpdata/internal/grammar"

// Options tell Parse and Valid what to accept. A nil *Options is the zero Options:
// strict reading of multi-line text with all limits on. Use field names: fields may
// be added.
type Options struct {
	// SingleLine is for text that stands on one line, as in the command line
	// interface: only SPACE separates, and there are no comments. Otherwise every
	// byte up to SPACE separates, and comments // to the end of the line and
	// /* to the next */ may stand wherever white space may (Guide 6.0).
	SingleLine bool

	// Allow names the faults to repair instead of refusing the text. Lenient
	// allows all of them.
	Allow Tolerance

	// Warn, unless nil, is called with each fault that Allow has let pass, up to
	// 100 for one text, from within Parse or Valid. Repeated keys are told of when
	// their dictionary ends. A fault may have been tolerated in a text that
	// is refused in the end.
	Warn func(*SyntaxError)

	// MaxBytes limits the size of the text: 64 MiB if it is 0 or less, and never
	// more than 2 GiB less one byte.
	MaxBytes int64

	// MaxDepth limits how deep arrays and dictionaries may be nested, and XML
	// elements in one XML: 128 if it is 0 or less, and never more than 10,000.
	MaxDepth int

	// MaxItems limits the number of values of all kinds and depths: 1,048,576 if
	// it is 0 or less.
	MaxItems int
}

// rules returns the options as the grammar takes them. o may be nil.
func (o *Options) rules() *grammar.Options {
	if o == nil {
		return &grammar.Options{}
	}
	rules := &grammar.Options{SingleLine: o.SingleLine, Allow: grammar.Fault(o.Allow), MaxBytes: o.MaxBytes, MaxDepth: o.MaxDepth, MaxItems: o.MaxItems}
	if o.Warn != nil {
		rules.Warn = func(fault *grammar.Error) { o.Warn((*SyntaxError)(fault)) }
	}
	return rules
}

// Tolerance is a set of faults in text that can be repaired, and of contents of
// values that strict text cannot have. The zero Tolerance allows none. Which faults are on this
// list, and what becomes of them, is our choice; those with a source name it.
type Tolerance uint16

// The faults, and what they become.
const (
	TrailingComma Tolerance = Tolerance(grammar.TrailingComma) // (a,b,) is (a,b), as for the vendor's Perl client
	DuplicateKey  Tolerance = Tolerance(grammar.DuplicateKey)  // {a=1;a=2;} is {a=2;}, as for the vendor's Perl client
	EmptyKey      Tolerance = Tolerance(grammar.EmptyKey)      // {""=a;}
	MissingValue  Tolerance = Tolerance(grammar.MissingValue)  // {a=;} is {a=#NULL#;}
	UnknownEscape Tolerance = Tolerance(grammar.UnknownEscape) // "\x" is the two characters, as for the vendor's Perl client
	NULByte       Tolerance = Tolerance(grammar.NULByte)       // "\000" is a byte 0, which the Guide 5.2 forbids in strings
	InvalidUTF8   Tolerance = Tolerance(grammar.InvalidUTF8)   // bytes that are no valid UTF-8 are kept
	RawControl    Tolerance = Tolerance(grammar.RawControl)    // a byte below SPACE or DEL between quotes is kept
	LeapSecond    Tolerance = Tolerance(grammar.LeapSecond)    // second 60 is 59
	Fraction      Tolerance = Tolerance(grammar.Fraction)      // #12.5 is an Object with that text
	BadAddress    Tolerance = Tolerance(grammar.BadAddress)    // #I[text] that is no address is an IP without one
	MissingBraces Tolerance = Tolerance(grammar.MissingBraces) // a=b; is {a=b;}, for a whole text
	EmptyText     Tolerance = Tolerance(grammar.EmptyText)     // no value at all is {}, for a whole text

	Lenient Tolerance = Tolerance(grammar.Lenient) // all of them
)

// String returns the faults of the set, joined by ", ", such as "trailing comma, duplicate key".
func (t Tolerance) String() string { return grammar.Fault(t).String() }
