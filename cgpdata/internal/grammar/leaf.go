package grammar

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
)

// What lenient reading does not repair either.
var (
	errByteRange = errors.New("byte code above 255")
	errRuneRange = errors.New("no Unicode code point")
	errHash      = errors.New("unknown kind of value after #")
	errDigits    = errors.New("number without digits")
	errRange     = errors.New("number beyond 64 bits")
	errTime      = errors.New("no such date or time")
	errPort      = errors.New("port outside 1 to 65535")
	errPadding   = errors.New("datablock of wrong length or padding")
)

// A Leaf is a value that is neither string nor array nor dictionary: what package cgpdata
// keeps of it stands in the source from Start to End; or in Made, until the next read, if
// the source has it in another form.
type Leaf struct {
	Kind       Kind
	Start, End int
	Made       []byte
}

// Content returns what is kept of the leaf.
func (p *Parser) Content(l Leaf) []byte {
	if l.Made != nil {
		return l.Made
	}
	return p.Src[l.Start:l.End]
}

// made returns a leaf whose content is on the scratch stack from base on, and takes it off.
func (p *Parser) made(k Kind, base int) Leaf {
	content := p.Scratch[base:]
	if p.Scratch = p.Scratch[:base]; content == nil {
		content = []byte{}
	}
	return Leaf{Kind: k, Made: content}
}

// Leaf reads the value at i, which is neither string nor array nor dictionary. A value that
// is missing is Null, if that is tolerated.
func (p *Parser) Leaf(i int) (l Leaf, end int) {
	switch p.At(i) {
	case '#':
		return p.hash(i)
	case '[':
		return p.data(i)
	case '<':
		end = p.Elements(i)
		return Leaf{KindXML, i, end, nil}, end
	case ';':
		if !p.IsMissing(i) {
			break
		}
		if !p.Tolerate(MissingValue, i) {
			return l, -1
		}
		return Leaf{KindNull, i, i, nil}, i
	}
	return l, p.Fail(i, p.Unexpected(i, "a value"))
}

// hash reads the value at i, which begins with '#': the byte after it tells its kind.
func (p *Parser) hash(i int) (l Leaf, end int) {
	switch c := p.At(i + 1); {
	case i+1 == len(p.Src):
		return l, p.Fail(i+1, Truncated("value after #"))
	case IsDigit(c) || c == '-':
		l, end = p.number(i)
	case c == 'T':
		l, end = p.timeStamp(i)
	case c == 'I' && p.At(i+2) == '[':
		l, end = p.address(i)
	case c == '(':
		l, end = p.opaque(i)
	case i+6 <= len(p.Src) && bytes.EqualFold(p.Src[i:i+6], []byte("#NULL#")):
		l, end = Leaf{KindNull, i, i, nil}, i+6
	default:
		return l, p.Fail(i, errHash)
	}
	// Nothing may stick to the end: our choice.
	if end >= 0 && end < len(p.Src) && !p.Ends(p.Src[end]) {
		return l, p.Fail(end, p.Unexpected(end, "the end of the value"))
	}
	return l, end
}

// UsualNumber reads the Number at i, whose '#' has been seen, if it is of the usual sort:
// decimal, not negative, and too short to be out of range. Otherwise end is -1.
func (p *Parser) UsualNumber(i int) (n int64, end int) { return UsualNumber(p.Src, i) }

// UsualNumber is the method of that name for any text.
func UsualNumber(src []byte, i int) (n int64, end int) {
	for end = i + 1; end < len(src) && IsDigit(src[end]); end++ {
		n = n*10 + int64(src[end]-'0') // what overflows is too long
	}
	digits := end - i - 1
	if digits == 0 || digits > 18 || src[i+1] == '0' && digits > 1 || end == len(src) || Class[src[end]]&ClassEnd == 0 {
		return 0, -1
	}
	return n, end
}

// UsualTime returns the end of the time stamp at i, if it is one with a date and a time of day
// of the usual sort, or -1.
func (p *Parser) UsualTime(i int) (end int) { return UsualTime(p.Src, i, p.Blank) }

// UsualTime is the method of that name for any text; blank is that of a Parser.
func UsualTime(src []byte, i int, blank uint16) (end int) {
	end = i + len("#T") + len(TimeLayout)
	if end >= len(src) || src[i+1] != 'T' || Class[src[end]]&ClassEnd == 0 && Class[src[end]] < blank {
		return -1
	}
	if leap, ok := TimeStamp(src[i+len("#T") : end]); leap || !ok {
		return -1
	}
	return end
}

// number reads #-234657 (Guide, Data Formats, Numbers), and #0x1F, #0o17, #0b101
// of newer grammars.
func (p *Parser) number(i int) (l Leaf, end int) {
	start := i + 1
	first, limit, negative := start, uint64(math.MaxInt64), p.Src[start] == '-'
	if negative {
		first, limit = start+1, limit+1
	}
	base, most := uint64(10), limit/10
	if p.At(first) == '0' {
		switch p.At(first+1) | 0x20 {
		case 'x':
			base = 16
		case 'o':
			base = 8
		case 'b':
			base = 2
		}
		if base != 10 {
			first, most = first+2, limit/base
		}
	}
	var n uint64
	for end = first; end < len(p.Src); end++ {
		d := uint64(hexDigit(p.Src[end])) // the -1 of no digit becomes very big
		if d >= base {
			break
		}
		over := n > most // so n*base would be above the limit, if not above 64 bits
		if n = n*base + d; over || n > limit {
			return l, p.Fail(i, errRange)
		}
	}
	switch {
	case end == first:
		return l, p.Fail(end, errDigits)
	case base == 10 && p.At(end) == '.' && IsDigit(p.At(end+1)):
		return p.fraction(i, end+1)
	case base == 10 && (p.Src[first] != '0' || end == first+1 && !negative):
		return Leaf{KindNumber, start, end, nil}, end // canonical as it is
	case negative:
		n = -n
	}
	stack := len(p.Scratch)
	p.Scratch = strconv.AppendInt(p.Scratch, int64(n), 10)
	return p.made(KindNumber, stack), end
}

// fraction reads the rest of #12.5 from behind its point. One client writes such
// numbers, and no document knows them.
func (p *Parser) fraction(i, end int) (Leaf, int) {
	if !p.Tolerate(Fraction, i) {
		return Leaf{}, -1
	}
	for IsDigit(p.At(end)) {
		end++
	}
	return Leaf{KindObject, i, end, nil}, end
}

// timeStamp reads #T22-10-2005_15:24:45 or #T22-10-2005 (Guide, Data Formats, Time
// Stamps), and #TPAST and #TFUTURE. The years are 1 to 9999.
func (p *Parser) timeStamp(i int) (l Leaf, end int) {
	start := i + 2
	if end = p.UsualTime(i); end >= 0 {
		return Leaf{KindTime, start, end, nil}, end // as it nearly always is
	}
	for end = start; end < len(p.Src) && !p.Ends(p.Src[end]); end++ {
	}
	text := p.Src[start:end]
	if string(text) == PastText || string(text) == FutureText {
		return Leaf{KindTime, start, end, nil}, end
	}
	leap, ok := TimeStamp(text)
	switch {
	case !ok:
		return l, p.Fail(i, errTime)
	case leap && !p.Tolerate(LeapSecond, i):
		return l, -1
	case leap:
		stack := len(p.Scratch)
		p.Scratch = append(append(p.Scratch, text[:len(text)-2]...), "59"...)
		return p.made(KindTime, stack), end
	}
	return Leaf{KindTime, start, end, nil}, end
}

// address reads #I[10.0.44.55] with or without :port.
func (p *Parser) address(i int) (l Leaf, end int) {
	start := i + 2
	size := bytes.IndexByte(p.Src[start:], ']')
	if size < 0 {
		return l, p.Fail(len(p.Src), Truncated("IP address"))
	}
	end = start + size + 1
	addr := p.Src[start+1 : end-1]
	port, canonical := 0, true
	if p.At(end) == ':' {
		canonical = p.At(end+1) != '0'
		if port, end = p.port(end + 1); end < 0 {
			return l, -1
		}
	}
	if canonical && isIPv4(addr) {
		return Leaf{KindIP, start, end, nil}, end
	}
	if len(addr) <= 45 { // no IPv6 address is longer
		if a, ok := ParseAddress("[" + string(addr) + "]:" + strconv.Itoa(port)); ok {
			stack := len(p.Scratch)
			p.Scratch = append(p.Scratch, AddressText(a)...)
			return p.made(KindIP, stack), end
		}
	}
	if !p.Tolerate(BadAddress, i) || !p.CheckUTF8(start, end) {
		return l, -1
	}
	return Leaf{KindIP, start, end, nil}, end
}

func (p *Parser) port(i int) (port, end int) {
	for end = i; IsDigit(p.At(end)); end++ {
		if port = port*10 + int(p.Src[end]-'0'); port > math.MaxUint16 {
			return 0, p.Fail(end, errPort)
		}
	}
	if port == 0 {
		return 0, p.Fail(end, errPort)
	}
	return port, end
}

// opaque reads #( to the bracket that closes it. The text inside is not known.
func (p *Parser) opaque(i int) (l Leaf, end int) {
	depth := 0
	for end = i + 1; end < len(p.Src); end++ {
		switch p.Src[end] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if end++; end > len(p.Src) {
		return l, p.Fail(len(p.Src), Truncated("object"))
	}
	if !p.CheckUTF8(i, end) {
		return l, -1
	}
	return Leaf{KindObject, i, end, nil}, end
}

// data reads [HcqHfHI=] (Guide, Data Formats, DataBlocks), or several with only white
// space between, which are one. There may be white space inside, and the padding
// may be missing. The brackets may be empty: WRITESTORAGEFILE takes an empty
// datablock to make a directory.
func (p *Parser) data(i int) (l Leaf, end int) {
	base := len(p.Scratch)
	for end = i; p.At(end) == '['; end = p.Skip(end) {
		if end = p.Block(end); end < 0 {
			return l, -1
		}
	}
	return p.made(KindData, base), end
}

// Block reads one [base64], and decodes it onto the scratch stack if p.Data is set.
func (p *Parser) Block(i int) (end int) {
	base, symbols, padding := len(p.Scratch), 0, 0
	for end = i + 1; end < len(p.Src); end++ {
		if padding == 0 {
			start := end
			end = Scan(p.Src, end, ClassBase64)
			symbols += end - start
			if p.Data {
				p.Scratch = append(p.Scratch, p.Src[start:end]...)
			}
		}
		switch c := p.At(end); {
		case c == '=':
			padding++
		case c == ']':
			if symbols%4 == 1 || padding > (4-symbols%4)%4 {
				return p.Fail(i, errPadding)
			}
			p.decodeBlock(base)
			return end + 1
		case end < len(p.Src) && Class[c]&p.Space == 0:
			return p.Fail(end, p.Unexpected(end, "base64 or ']'"))
		}
	}
	return p.Fail(len(p.Src), Truncated("datablock"))
}

// decodeBlock replaces the base64 symbols on the scratch stack from base on by what
// they stand for.
func (p *Parser) decodeBlock(base int) {
	symbols := len(p.Scratch)
	p.Scratch, _ = base64.RawStdEncoding.AppendDecode(p.Scratch, p.Scratch[base:]) // Block has checked them
	p.Scratch = append(p.Scratch[:base], p.Scratch[symbols:]...)
}
