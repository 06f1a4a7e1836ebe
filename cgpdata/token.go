package cgpdata

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

// hash reads the value at i, which begins with '#': the byte after it tells its kind.
func (p *parser) hash(i int) (v Value, end int) {
	switch c := p.at(i + 1); {
	case i+1 == len(p.src):
		return v, p.fail(i+1, truncated("value after #"))
	case isDigit(c) || c == '-':
		v, end = p.number(i)
	case c == 'T':
		v, end = p.timeStamp(i)
	case c == 'I' && p.at(i+2) == '[':
		v, end = p.address(i)
	case c == '(':
		v, end = p.opaque(i)
	case i+6 <= len(p.src) && bytes.EqualFold(p.src[i:i+6], []byte("#NULL#")):
		v, end = Null(), i+6
	default:
		return v, p.fail(i, errHash)
	}
	// Nothing may stick to the end: our choice.
	if end >= 0 && end < len(p.src) && !p.ends(p.src[end]) {
		return v, p.fail(end, p.unexpected(end, "the end of the value"))
	}
	return v, end
}

// leafOf makes a value of src[start:end].
func (p *parser) leafOf(k Kind, start, end int) Value {
	if p.text == "" {
		return Value{}
	}
	return leaf(k, p.text[start:end])
}

// usualNumber reads the Number at i, whose '#' has been seen, if it is of the usual sort:
// decimal, not negative, and too short to be out of range. Otherwise end is -1.
func (p *parser) usualNumber(i int) (n int64, end int) {
	src := p.src
	for end = i + 1; end < len(src) && isDigit(src[end]); end++ {
		n = n*10 + int64(src[end]-'0') // what overflows is too long
	}
	digits := end - i - 1
	if digits == 0 || digits > 18 || src[i+1] == '0' && digits > 1 || end == len(src) || class[src[end]]&classEnd == 0 {
		return 0, -1
	}
	return n, end
}

// number reads #-234657 (Guide, Data Formats, Numbers), and #0x1F, #0o17, #0b101
// of newer grammars.
func (p *parser) number(i int) (v Value, end int) {
	start := i + 1
	first, limit, negative := start, uint64(math.MaxInt64), p.src[start] == '-'
	if negative {
		first, limit = start+1, limit+1
	}
	base, most := uint64(10), limit/10
	if p.at(first) == '0' {
		switch p.at(first+1) | 0x20 {
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
	for end = first; end < len(p.src); end++ {
		d := uint64(hexDigit(p.src[end])) // the -1 of no digit becomes very big
		if d >= base {
			break
		}
		over := n > most // so n*base would be above the limit, if not above 64 bits
		if n = n*base + d; over || n > limit {
			return v, p.fail(i, errRange)
		}
	}
	switch {
	case end == first:
		return v, p.fail(end, errDigits)
	case base == 10 && p.at(end) == '.' && isDigit(p.at(end+1)):
		return p.fraction(i, end+1)
	case base == 10 && (p.src[first] != '0' || end == first+1 && !negative):
		return p.leafOf(KindNumber, start, end), end // canonical as it is
	case negative:
		n = -n
	}
	return leaf(KindNumber, strconv.FormatInt(int64(n), 10)), end
}

// fraction reads the rest of #12.5 from behind its point. One client writes such
// numbers, and no document knows them.
func (p *parser) fraction(i, end int) (Value, int) {
	if !p.tolerate(Fraction, i) {
		return Value{}, -1
	}
	for isDigit(p.at(end)) {
		end++
	}
	return p.leafOf(KindObject, i, end), end
}

// timeStamp reads #T22-10-2005_15:24:45 or #T22-10-2005 (Guide, Data Formats, Time
// Stamps), and #TPAST and #TFUTURE. The years are 1 to 9999.
func (p *parser) timeStamp(i int) (v Value, end int) {
	start := i + 2
	if end = start + len(timeLayout); end <= len(p.src) {
		if leap, ok := timeStamp(p.src[start:end]); ok && !leap && (end == len(p.src) || p.ends(p.src[end])) {
			return p.leafOf(KindTime, start, end), end // as it nearly always is
		}
	}
	for end = start; end < len(p.src) && !p.ends(p.src[end]); end++ {
	}
	text := p.src[start:end]
	if string(text) == pastText || string(text) == futureText {
		return p.leafOf(KindTime, start, end), end
	}
	leap, ok := timeStamp(text)
	switch {
	case !ok:
		return v, p.fail(i, errTime)
	case leap && !p.tolerate(LeapSecond, i):
		return v, -1
	case leap:
		return leaf(KindTime, string(text[:len(text)-2])+"59"), end
	}
	return p.leafOf(KindTime, start, end), end
}

// address reads #I[10.0.44.55] with or without :port.
func (p *parser) address(i int) (v Value, end int) {
	start := i + 2
	size := bytes.IndexByte(p.src[start:], ']')
	if size < 0 {
		return v, p.fail(len(p.src), truncated("IP address"))
	}
	end = start + size + 1
	addr := p.src[start+1 : end-1]
	port, canonical := 0, true
	if p.at(end) == ':' {
		canonical = p.at(end+1) != '0'
		if port, end = p.port(end + 1); end < 0 {
			return v, -1
		}
	}
	if canonical && isIPv4(addr) {
		return p.leafOf(KindIP, start, end), end
	}
	if len(addr) <= 45 { // no IPv6 address is longer
		if a, ok := parseAddress("[" + string(addr) + "]:" + strconv.Itoa(port)); ok {
			return leaf(KindIP, addressText(a)), end
		}
	}
	if !p.tolerate(BadAddress, i) || !p.checkUTF8(start, end) {
		return v, -1
	}
	return p.leafOf(KindIP, start, end), end
}

func (p *parser) port(i int) (port, end int) {
	for end = i; isDigit(p.at(end)); end++ {
		if port = port*10 + int(p.src[end]-'0'); port > math.MaxUint16 {
			return 0, p.fail(end, errPort)
		}
	}
	if port == 0 {
		return 0, p.fail(end, errPort)
	}
	return port, end
}

// opaque reads #( to the bracket that closes it. The text inside is not known.
func (p *parser) opaque(i int) (v Value, end int) {
	depth := 0
	for end = i + 1; end < len(p.src); end++ {
		switch p.src[end] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if end++; end > len(p.src) {
		return v, p.fail(len(p.src), truncated("object"))
	}
	if !p.checkUTF8(i, end) {
		return v, -1
	}
	return p.leafOf(KindObject, i, end), end
}

// data reads [HcqHfHI=] (Guide, Data Formats, DataBlocks), or several with only white
// space between, which are one. There may be white space inside, and the padding
// may be missing. The brackets may be empty: WRITESTORAGEFILE takes an empty
// datablock to make a directory.
func (p *parser) data(i int) (v Value, end int) {
	base := len(p.scratch)
	for end = i; p.at(end) == '['; end = p.skip(end) {
		if end = p.block(end); end < 0 {
			return v, -1
		}
	}
	if p.text != "" {
		v = leaf(KindData, p.slabs.string(p.scratch[base:], len(p.src)-i))
	}
	p.scratch = p.scratch[:base]
	return v, end
}

// block reads one [base64], and decodes it onto the scratch stack if values are made.
func (p *parser) block(i int) (end int) {
	base, symbols, padding := len(p.scratch), 0, 0
	for end = i + 1; end < len(p.src); end++ {
		if padding == 0 {
			start := end
			end = scan(p.src, end, classBase64)
			symbols += end - start
			if p.text != "" {
				p.scratch = append(p.scratch, p.src[start:end]...)
			}
		}
		switch c := p.at(end); {
		case c == '=':
			padding++
		case c == ']':
			if symbols%4 == 1 || padding > (4-symbols%4)%4 {
				return p.fail(i, errPadding)
			}
			p.decodeBlock(base)
			return end + 1
		case end < len(p.src) && class[c]&p.space == 0:
			return p.fail(end, p.unexpected(end, "base64 or ']'"))
		}
	}
	return p.fail(len(p.src), truncated("datablock"))
}

// decodeBlock replaces the base64 symbols on the scratch stack from base on by what
// they stand for.
func (p *parser) decodeBlock(base int) {
	symbols := len(p.scratch)
	p.scratch, _ = base64.RawStdEncoding.AppendDecode(p.scratch, p.scratch[base:]) // block has checked them
	p.scratch = append(p.scratch[:base], p.scratch[symbols:]...)
}
