package freebusy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxBytes is the size limit of what Parse reads; our choice.
const MaxBytes = 1 << 20

// SyntaxError tells what is wrong and where.
type SyntaxError struct {
	Line int // counted from 1; 0 if the fault is the whole
	Err  error
}

// Error returns one line of text.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "freebusy: " + e.Err.Error()
	}
	return fmt.Sprintf("freebusy: line %d: %v", e.Line, e.Err)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Parse reads an iCalendar object with free/busy information as any program may
// have published it. The periods come in the order of the file, in UTC, each
// with its end after its start; see [Merge] for the rest. If there are several
// VFREEBUSY components, Periods holds those of all, the other fields are of the
// first. Other components and properties are skipped.
//
// Lines may end in LF. Periods have to be in UTC, as RFC 5545 §3.8.2.6 demands:
// a time zone cannot be guessed without shifting somebody's hours. An unknown
// busy type is Busy (RFC 5545 §3.2.9). Errors are *SyntaxError, wrapping
// io.ErrUnexpectedEOF if the end is missing.
func Parse(src []byte) (Schedule, error) {
	if len(src) > MaxBytes {
		return Schedule{}, &SyntaxError{Err: fmt.Errorf("object of %d bytes, limit is %d", len(src), MaxBytes)}
	}
	var p parser
	for n, line := range unfold(bytes.TrimPrefix(src, []byte("\uFEFF"))) {
		if strings.Trim(line, " \t") == "" {
			continue
		}
		if err := p.line(line); err != nil {
			return Schedule{}, &SyntaxError{Line: n, Err: err}
		}
	}
	if len(p.open) > 0 {
		return Schedule{}, &SyntaxError{Err: fmt.Errorf("%s is not closed: %w", p.open[len(p.open)-1], io.ErrUnexpectedEOF)}
	}
	if p.components == 0 {
		return Schedule{}, &SyntaxError{Err: errors.New("there is no VFREEBUSY")}
	}
	return p.schedule, nil
}

// parser takes the content lines of an object one by one.
type parser struct {
	open       []string // the components around the line, outermost first
	components int      // VFREEBUSY components so far
	schedule   Schedule
}

func (p *parser) line(line string) error {
	name, params, value, ok := cutLine(line)
	if !ok {
		return errors.New("line without a colon")
	}
	switch name {
	case "BEGIN":
		return p.begin(strings.ToUpper(value))
	case "END":
		return p.end(strings.ToUpper(value))
	}
	switch {
	case len(p.open) == 0:
		return errors.New("property outside of VCALENDAR")
	case len(p.open) == 1 && name == "PRODID":
		p.schedule.Product = strings.Clone(unescape(value)) // without the rest of the file
	case len(p.open) == 2 && p.open[1] == "VFREEBUSY":
		return p.property(name, params, value)
	}
	return nil
}

func (p *parser) begin(component string) error {
	if len(p.open) == 0 && component != "VCALENDAR" {
		return errors.New("object is no VCALENDAR")
	}
	p.open = append(p.open, component)
	if len(p.open) == 2 && component == "VFREEBUSY" {
		p.components++
	}
	return nil
}

func (p *parser) end(component string) error {
	if len(p.open) == 0 || p.open[len(p.open)-1] != component {
		return errors.New("END does not match its BEGIN")
	}
	p.open = p.open[:len(p.open)-1]
	return nil
}

// property takes a property of a VFREEBUSY.
func (p *parser) property(name string, params []string, value string) (err error) {
	if name == "FREEBUSY" {
		p.schedule.Periods, err = appendPeriods(p.schedule.Periods, params, value)
		return err
	}
	if p.components > 1 {
		return nil
	}
	switch name {
	case "ORGANIZER":
		p.schedule.Organizer = strings.Clone(value)
	case "DTSTAMP":
		p.schedule.Stamp, err = parseTime(value)
	case "DTSTART":
		p.schedule.Start, err = parseTime(value)
	case "DTEND":
		p.schedule.End, err = parseTime(value)
	}
	return err
}

// cutLine takes a content line apart (RFC 5545 §3.1): its name, its parameters
// and its value. A colon or semicolon in quotes belongs to a parameter.
func cutLine(line string) (name string, params []string, value string, ok bool) {
	if i := strings.IndexAny(line, `:;"`); i >= 0 && line[i] == ':' {
		return strings.ToUpper(line[:i]), nil, line[i+1:], true
	}
	var head []string
	quoted := false
	start := 0
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		}
		if quoted || line[i] != ';' && line[i] != ':' {
			continue
		}
		head = append(head, line[start:i])
		start = i + 1
		if line[i] == ':' {
			return strings.ToUpper(head[0]), head[1:], line[start:], true
		}
	}
	return "", nil, "", false
}

// unescape reads a TEXT value (RFC 5545 §3.3.11). An unknown escape stands for
// the character behind it.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			i++
			if c = text[i]; c == 'n' || c == 'N' {
				c = '\n'
			}
		}
		plain.WriteByte(c)
	}
	return plain.String()
}
