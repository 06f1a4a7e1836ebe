package mailbox

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// decodeTransfer decodes a transfer encoding (RFC 2045 §6). One that is not known is
// taken for none: what tells the time is ASCII, and stays so in most of them.
func decodeTransfer(encoding string, body io.Reader) io.Reader {
	encoding = strings.Trim(encoding, " \t\"'")
	if i := strings.IndexAny(encoding, " \t;(\"'"); i >= 0 {
		encoding = encoding[:i]
	}
	switch strings.ToLower(encoding) {
	case "base64":
		in := bufio.NewReader(body)
		if head, _ := in.Peek(128); beginsObject(head) { // somebody has decoded it, and not said so
			return in
		}
		return &base64Reader{in: in}
	case "quoted-printable":
		return &printableReader{bufio.NewReader(body)}
	}
	return body
}

// printableReader decodes quoted-printable. What is no encoding stands for itself,
// as RFC 2045 §6.7 advises, so that a control character or a sign "=" that a program
// left as it was does not lose an item, as it would by mime/quotedprintable.
type printableReader struct{ in *bufio.Reader }

// Read implements io.Reader.
func (q *printableReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c, err := q.in.ReadByte()
		if err != nil && n == 0 {
			return 0, err
		}
		if err != nil {
			break // the next call says so
		}
		if c == '=' {
			code, _ := q.in.Peek(2)
			if _, err := hex.Decode(p[n:n+1], code); err == nil && len(code) == 2 {
				_, _ = q.in.Discard(2) // they are there
				n++
				continue
			}
			if q.skipBreak() {
				continue
			}
		}
		p[n] = c
		n++
	}
	return n, nil
}

// skipBreak skips the end of a line, with blanks in front of it, and reports whether
// there was one.
func (q *printableReader) skipBreak() bool {
	rest, _ := q.in.Peek(76) // a line is no longer
	end := bytes.TrimLeft(rest, " \t")
	blanks := len(rest) - len(end)
	for _, ending := range []string{"\r\n", "\n", ""} {
		if bytes.HasPrefix(end, []byte(ending)) && (ending != "" || len(end) == 0) {
			_, _ = q.in.Discard(blanks + len(ending)) // they are there
			return true
		}
	}
	return false
}

// base64Reader decodes base64. Bytes of no meaning there are ignored (RFC 2045
// §6.8), and behind padding it begins anew. If the last characters are too few, it
// ends in io.ErrUnexpectedEOF.
type base64Reader struct {
	in   *bufio.Reader
	bits uint32 // of the characters
	n    int    // how many there are, up to 3
	rest []byte // decoded and not yet read
	out  [3]byte
	err  error
}

// Read implements io.Reader.
func (b *base64Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(b.rest) == 0 && !b.fill() {
			if n == 0 {
				return 0, b.err
			}
			return n, nil
		}
		copied := copy(p[n:], b.rest)
		b.rest = b.rest[copied:]
		n += copied
	}
	return n, nil
}

// fill decodes the next group of characters.
func (b *base64Reader) fill() bool {
	for b.err == nil {
		var c byte
		if c, b.err = b.in.ReadByte(); b.err != nil {
			break
		}
		value := base64Value(c)
		switch {
		case value >= 0:
			b.bits = b.bits<<6 | uint32(value)
			if b.n++; b.n == 4 && b.flush() {
				return true
			}
		case c == '=' && b.flush():
			return true
		}
	}
	if b.err == io.EOF && b.n > 0 {
		b.err = io.ErrUnexpectedEOF
		return b.flush()
	}
	return false
}

// flush passes on the bytes that the characters make.
func (b *base64Reader) flush() bool {
	n := b.n * 6 / 8
	bits := b.bits << (24 - 6*b.n)
	b.out = [3]byte{byte(bits >> 16), byte(bits >> 8), byte(bits)}
	b.rest = b.out[:n]
	b.bits, b.n = 0, 0
	return n > 0
}

// base64Value returns the value of a character (RFC 2045 §6.8), -1 for none.
func base64Value(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

var byteOrderMark = []byte("\uFEFF")

// decodeCharset makes a text UTF-8. A charset has the names that browsers know
// (WHATWG Encoding Standard §4.2). A byte order mark counts more than it (§6:
// "UTF-16" alone does not tell the order), and so does UTF-16 that is there for all
// to see, or is not: the first characters are ASCII. None is UTF-8 (RFC 5545 §3.1.4).
// One that is not known is left as it is: what tells the time is ASCII, and stays so
// in most of them.
func decodeCharset(text *bufio.Reader, charset string) io.Reader {
	var order string // of the bytes, if it is UTF-16
	switch head, _ := text.Peek(2); {
	case len(head) < 2:
	case string(head) == "\uFEFF"[:2]:
		charset = "utf-8"
	case string(head) == "\xFE\xFF", head[0] == 0 && head[1] != 0:
		order = "utf-16be"
	case string(head) == "\xFF\xFE", head[0] != 0 && head[1] == 0:
		order = "utf-16le"
	}
	if order != "" {
		charset = order
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "us-ascii":
		return text
	}
	known, err := htmlindex.Get(charset)
	if err != nil || known == encoding.Replacement {
		return text
	}
	if name, _ := htmlindex.Name(known); strings.HasPrefix(name, "utf-16") && order == "" {
		return text
	}
	return known.NewDecoder().Reader(text)
}

// readText reads a text in a charset as UTF-8 into to, without a byte order mark. It
// is no more than MaxBytes, or errBytes.
func readText(to *bytes.Buffer, r io.Reader, charset string) ([]byte, error) {
	if to.Cap() > keepBytes {
		*to = bytes.Buffer{}
	}
	to.Reset()
	text := decodeCharset(bufio.NewReader(r), charset)
	_, err := to.ReadFrom(io.LimitReader(text, MaxBytes+1))
	if to.Len() > MaxBytes {
		return nil, errBytes
	}
	return bytes.TrimPrefix(to.Bytes(), byteOrderMark), err
}

// keepBytes is how large a buffer is kept for the next part.
const keepBytes = 1 << 20
