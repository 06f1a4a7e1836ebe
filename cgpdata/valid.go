package cgpdata

import "github.com/cgpkit/cgpkit/cgpdata/internal/grammar"

// Valid returns nil for a text that Parse would accept with the same options, and
// otherwise the error that Parse would return. It makes no values: apart from XML
// and IPv6 addresses, which the standard library reads, a valid text costs no
// allocation.
func Valid(src []byte, o *Options) error {
	p := newParser(src, o)
	defer p.release()
	if p.Err == nil {
		fresh := p.Parser
		if p.Valid() {
			return nil
		}
		p.Parser = fresh
		switch i, form := p.Start(); {
		case i < 0 || form == grammar.Empty:
		case form == grammar.Bare:
			p.finish(p.WalkBare(i))
		default:
			p.finish(p.Walk(i))
		}
	}
	if p.Err != nil { // not a nil *SyntaxError in an error
		return (*SyntaxError)(p.Err)
	}
	return nil
}

// finish makes sure that the text ends behind i, unless something has failed.
func (p *parser) finish(i int) bool { return i >= 0 && p.Finish(i) }
