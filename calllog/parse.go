package calllog

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Options say how to read records.
type Options struct {
	// Year is the year of the calls. Records do not hold it; take it from the
	// file name.
	Year int
	// Location is the time zone of the server that wrote the log. Nil means
	// time.Local. That the times are local ones is our choice.
	Location *time.Location
	// Lenient also accepts records of 5 to 7 fields; the missing ones are
	// empty.
	Lenient bool
	// MaxLine is the limit of a line in bytes, without its end. 0 means 65,536.
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
	fieldVersion = iota
	fieldEnd
	fieldDirection
	fieldPeer
	fieldCallID
	fieldCallTime
	fieldAlertTime
	fieldErrorCode
	fieldProgram // optional
	fieldCount
)

const endLayout = "02-Jan 15:04:05"

// ParseRecord reads one record, given without its end of line. The strings of
// the record share the memory of line. A line whose version is a number other
// than 2 becomes a raw record. The error is a *SyntaxError.
func ParseRecord(line string, o Options) (Record, error) {
	r, err := parseRecord(line, o)
	if err != nil {
		return Record{}, &SyntaxError{Err: err}
	}
	return r, nil
}

func parseRecord(line string, o Options) (Record, error) {
	version, _, _ := strings.Cut(line, "\t")
	if version != "2" {
		if version == "" || strings.Trim(version, "0123456789") != "" {
			return Record{}, errors.New("record does not start with a version number")
		}
		return Record{Raw: line}, nil
	}
	var fields [fieldCount]string
	n := 0
	for rest, more := line, true; more; n++ {
		var field string
		field, rest, more = strings.Cut(rest, "\t")
		if n < fieldCount {
			fields[n] = field
		}
	}
	if n > fieldCount || n <= fieldErrorCode && !(o.Lenient && n > fieldCallID) {
		return Record{}, fmt.Errorf("record of %d fields", n)
	}
	r := Record{
		Outgoing:  fields[fieldDirection] == "O",
		Peer:      parsePeer(fields[fieldPeer]),
		CallID:    fields[fieldCallID],
		Answered:  fields[fieldCallTime] != "",
		ErrorCode: fields[fieldErrorCode],
		Program:   fields[fieldProgram],
	}
	if !r.Outgoing && fields[fieldDirection] != "I" {
		return Record{}, errors.New("direction is neither I nor O")
	}
	var err error
	if r.End, err = parseEnd(fields[fieldEnd], o); err != nil {
		return Record{}, err
	}
	if r.CallTime, err = parseSeconds(fields[fieldCallTime]); err != nil {
		return Record{}, fmt.Errorf("call time: %w", err)
	}
	if r.AlertTime, err = parseSeconds(fields[fieldAlertTime]); err != nil {
		return Record{}, fmt.Errorf("alert time: %w", err)
	}
	return r, nil
}

// parseEnd reads the end time, dd-mmm hh:mm:ss with all its digits.
func parseEnd(text string, o Options) (time.Time, error) {
	t, err := time.Parse(endLayout, text)
	if err != nil || string(t.AppendFormat(make([]byte, 0, len(endLayout)), endLayout)) != text {
		return time.Time{}, errors.New("end time is not dd-mmm hh:mm:ss")
	}
	day := t.Day() // of the year 0, which is a leap year
	if t = t.AddDate(o.Year, 0, 0); t.Day() != day {
		return time.Time{}, fmt.Errorf("29-Feb in %d", o.Year)
	}
	loc := o.Location
	if loc == nil {
		loc = time.Local
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc), nil
}

// parseSeconds reads a number of seconds, "" being none.
func parseSeconds(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 63)
	if err != nil || seconds > uint64(math.MaxInt64/time.Second) {
		return 0, errors.New("not a number of seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// parsePeer reads `"real name" <address>`, and without complaint the same
// without quotes, without the name, or the address alone. What has no such
// form is taken for an address as a whole, so that nothing is lost.
func parsePeer(text string) Peer {
	text = strings.Trim(text, " ")
	rest, closed := strings.CutSuffix(text, ">")
	if name, after, ok := cutQuoted(text); ok {
		after = strings.TrimLeft(after, " ")
		if after == "" {
			return Peer{Name: name}
		}
		if closed && after[0] == '<' {
			return Peer{Name: name, Address: after[1 : len(after)-1]}
		}
		return Peer{Address: text}
	}
	if address, ok := strings.CutPrefix(rest, "<"); ok && closed {
		return Peer{Address: address}
	}
	if i := strings.LastIndexByte(rest, '<'); i > 0 && closed && text[0] != '"' {
		return Peer{Name: strings.TrimRight(rest[:i], " "), Address: rest[i+1:]}
	}
	return Peer{Address: text}
}

// cutQuoted cuts a string in quotes from the start of text and removes its
// escapes.
func cutQuoted(text string) (value, after string, ok bool) {
	if text == "" || text[0] != '"' {
		return "", text, false
	}
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
