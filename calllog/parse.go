package calllog

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Options say how to read records; nil is the zero value.
type Options struct {
	// Year and Month are those of the file name ([ParseFileName]). Records hold no
	// year, so all of them get this one. The exception is the turn of the year: a
	// record of January in a log of December is of the next year, and one of December
	// in a log of January of the year before. Without Month, or in any other month,
	// there is no such exception. Our choice.
	Year  int
	Month time.Month
	// Location is the time zone of the server that wrote the log. Nil means
	// time.Local. That the times are local ones is our choice. Of a time that
	// the clocks showed twice, or never, nothing tells which is meant: it is
	// off by the step that the clocks made at most, as [time.Date] has it.
	Location *time.Location
	// Lenient also accepts records of 5 to 7 fields; the missing ones are
	// empty.
	Lenient bool
	// MaxLine is the limit of a line in bytes, without its end. 0 means
	// DefaultMaxLine.
	MaxLine int
}

// SyntaxError tells what is wrong with one line. A wrong line says nothing
// about the others.
type SyntaxError struct {
	Line int // counted from 1; 0 for a record that does not come from Read
	Err  error
}

// Error returns one line of text that does not repeat content of the record.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "calllog: " + e.Err.Error()
	}
	return fmt.Sprintf("calllog: line %d: %v", e.Line, e.Err)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// The fields of a record in format 2, by their place in the line.
const (
	_ = iota // version
	_        // end time
	_        // direction
	fieldPeer
	fieldCallID
	_ // call time
	_ // alert time
	fieldErrorCode
	_ // program, optional
	fieldCount
)

// Where the first of them begin: they have a length of their own.
const (
	endAt       = len("2\t")
	directionAt = endAt + len(endLayout) + len("\t")
	peerAt      = directionAt + len("I\t")
)

// What can be wrong with one field.
var (
	errEnd       = errors.New("end time is not dd-mmm hh:mm:ss")
	errDirection = errors.New("direction is neither I nor O")
	errSeconds   = errors.New("not a number of seconds")
	errTooLong   = errors.New("more seconds than a time can have")
)

// ParseRecord reads one record, given without its end of line. The strings of
// the record share the memory of line. A line whose version is a number other
// than 2 becomes a raw record. The error is a *SyntaxError.
func ParseRecord(line string, o *Options) (Record, error) {
	r, err := newParser(o).parse(withoutMark(line))
	if err != nil {
		return Record{}, &SyntaxError{Err: err}
	}
	return r, nil
}

// parser reads the records of one log, and remembers the day of the last one:
// most are of the same day as the one before.
type parser struct {
	Options
	year     int
	month    time.Month
	day      int   // -1 before the first record
	midnight int64 // when that day began, in seconds since 1970
	even     bool  // it has 24 hours: the clocks are not changed
}

func newParser(o *Options) *parser {
	p := &parser{day: -1}
	if o != nil {
		p.Options = *o
	}
	if p.Location == nil {
		p.Location = time.Local
	}
	return p
}

// parse reads one record. After an error the Record is of no use.
func (p *parser) parse(line string) (r Record, err error) {
	if len(line) < peerAt || line[0] != '2' || line[endAt-1] != '\t' || line[directionAt-1] != '\t' || line[peerAt-1] != '\t' {
		return parseOther(line)
	}
	if r.End, err = p.parseEnd(line[endAt : directionAt-1]); err != nil {
		return r, err
	}
	switch line[directionAt] {
	case 'I':
	case 'O':
		r.Outgoing = true
	default:
		return r, errDirection
	}
	field, rest, more := cut(line[peerAt:])
	r.Peer = parsePeer(field)
	n := fieldPeer + 1 // how many fields there are up to here
	if more {
		r.CallID, rest, more = cut(rest)
		n++
	}
	if more {
		if r.CallTime, r.Answered, rest, more, err = cutSeconds(rest); err != nil {
			return r, fmt.Errorf("call time: %w", err)
		}
		n++
	}
	if more {
		if r.AlertTime, _, rest, more, err = cutSeconds(rest); err != nil {
			return r, fmt.Errorf("alert time: %w", err)
		}
		n++
	}
	if more {
		n++
	}
	if rest != "" { // it is empty in most records
		if r.ErrorCode, r.Program, more = cut(rest); more {
			n += 1 + strings.Count(r.Program, "\t")
		}
	}
	if n > fieldCount || n <= fieldErrorCode && !(p.Lenient && n > fieldCallID) {
		return r, fmt.Errorf("record of %d fields", n)
	}
	return r, nil
}

// parseOther reads a line that does not have the fields of a fixed length where
// a record of format 2 has them.
func parseOther(line string) (Record, error) {
	number, rest, _ := strings.Cut(line, "\t")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return Record{}, errors.New("record does not start with a version number")
	}
	if number != "2" {
		return Record{Raw: line}, nil
	}
	if n := strings.Count(line, "\t") + 1; n <= fieldPeer {
		return Record{}, fmt.Errorf("record of %d fields", n)
	}
	if end, _, _ := strings.Cut(rest, "\t"); len(end) != len(endLayout) {
		return Record{}, errEnd
	}
	return Record{}, errDirection
}

// cut cuts the first field from what is left of a line.
func cut(s string) (field, rest string, more bool) {
	i := strings.IndexByte(s, '\t')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// cutSeconds cuts a number of seconds, digits alone, from what is left of a
// line; ok is false for an empty field. The error holds nothing of the field.
func cutSeconds(s string) (d time.Duration, ok bool, rest string, more bool, err error) {
	const most = int64(math.MaxInt64 / time.Second)
	var seconds int64
	i := 0
	for ; i < len(s) && s[i] != '\t'; i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false, "", false, errSeconds
		}
		seconds = min(seconds*10+int64(s[i]-'0'), most+1) // without overflow
	}
	if seconds > most {
		return 0, false, "", false, errTooLong
	}
	if more = i < len(s); more {
		rest = s[i+1:]
	}
	return time.Duration(seconds) * time.Second, i > 0, rest, more, nil
}

// parsePeer reads `"real name" <address>`, and without complaint the same
// without quotes, without the name, or the address alone. What has no such
// form is taken for an address as a whole, so that nothing is lost.
func parsePeer(text string) Peer {
	text = strings.Trim(text, " ")
	if text == "" {
		return Peer{}
	}
	rest, closed := strings.CutSuffix(text, ">")
	switch {
	case text[0] == '"':
		name, after, ok := cutQuoted(text)
		after = strings.TrimLeft(after, " ")
		if ok && after == "" {
			return Peer{Name: name}
		}
		if ok && closed && after[0] == '<' {
			return Peer{Name: name, Address: after[1 : len(after)-1]}
		}
	case closed && text[0] == '<':
		return Peer{Address: rest[1:]}
	case closed:
		if i := lastAngle(rest); i > 0 {
			return Peer{Name: strings.TrimRight(rest[:i], " "), Address: rest[i+1:]}
		}
	}
	return Peer{Address: text}
}

// lastAngle returns where the last < of text is, which nearly always is the only
// one: to look for that from the start is faster.
func lastAngle(text string) int {
	i := strings.IndexByte(text, '<')
	if i >= 0 && strings.IndexByte(text[i+1:], '<') >= 0 {
		return strings.LastIndexByte(text, '<')
	}
	return i
}

// cutQuoted cuts a string in quotes from the start of text, which is one, and
// removes its escapes.
func cutQuoted(text string) (value, after string, ok bool) {
	end := 1
	for end < len(text) && text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return "", text, false
	}
	return unescape(text[1:end]), text[end+1:], true
}

// unescape drops each backslash and takes the byte behind it as it is.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		}
		plain = append(plain, text[i])
	}
	return string(plain)
}
