package freebusy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
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
// first. Other components and properties are skipped. A component that has no
// FREEBUSY, but FBTYPE beside DTSTART and DTEND, is one period.
//
// Lines may end in LF. Periods have to be in UTC, as RFC 5545 §3.8.2.6 demands:
// a time zone cannot be guessed without shifting somebody's hours. An unknown
// busy type is Busy (RFC 5545 §3.2.9).
//
// What is no such object, or not all of one, is a *SyntaxError, which wraps
// io.ErrUnexpectedEOF if the end is missing; the schedule is the zero one. What is
// wrong in a line is an error too, but everything else is in the schedule: the
// error is a *PartError.
func Parse(src []byte) (Schedule, error) {
	if len(src) > MaxBytes {
		return Schedule{}, &SyntaxError{Err: fmt.Errorf("object of %d bytes, limit is %d", len(src), MaxBytes)}
	}
	var p parser
	if err := p.parse(src); err != nil {
		if told := p.faults.err(); told != nil {
			err = errors.Join(told, err)
		}
		return Schedule{}, err
	}
	if err := p.faults.err(); err != nil {
		return p.schedule, &PartError{err}
	}
	return p.schedule, nil
}

// parse takes a whole object. An error says that it is none.
func (p *parser) parse(src []byte) error {
	for n, line := range unfold(bytes.TrimPrefix(src, []byte("\uFEFF"))) {
		if strings.Trim(line, " \t") == "" {
			continue
		}
		if err := p.line(n, line); err != nil {
			return &SyntaxError{Line: n, Err: err}
		}
	}
	if len(p.open) > 0 {
		return &SyntaxError{Err: fmt.Errorf("%s is not closed: %w", p.open[len(p.open)-1], io.ErrUnexpectedEOF)}
	}
	if p.components == 0 {
		return &SyntaxError{Err: errors.New("there is no VFREEBUSY")}
	}
	return nil
}

// PartError says that some lines could not be read, and all others were. Somebody
// may be busy at other times than those that are known.
type PartError struct {
	Err error // one *SyntaxError, or several joined ones
}

// Error returns a line of text for each fault, at most eleven.
func (e *PartError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *PartError) Unwrap() error { return e.Err }

// parser takes the content lines of an object one by one.
type parser struct {
	open       []string // the components around the line, outermost first
	components int      // VFREEBUSY components so far
	whole      whole    // the present one
	schedule   Schedule
	faults     faults
}

// whole is a VFREEBUSY that is one period, as far as it has no FREEBUSY.
type whole struct {
	start, end time.Time
	length     time.Duration
	kind       Type
	typed      bool // has an FBTYPE
	parted     bool // has a FREEBUSY
}

// line takes a line. An error says that the object is none.
func (p *parser) line(n int, line string) error {
	name, params, value, ok := cutLine(line)
	value = strings.TrimSpace(value)
	switch name = strings.TrimSpace(name); {
	case !ok && len(p.open) > 0:
		p.faults.add(n, errNoColon)
	case !ok:
		return errNoColon
	case name == "BEGIN":
		return p.begin(strings.ToUpper(value))
	case name == "END":
		return p.end(n, strings.ToUpper(value))
	case len(p.open) == 0:
		return errOutside
	case len(p.open) == 1 && name == "PRODID":
		p.schedule.Product = strings.Clone(unescape(value)) // without the rest of the file
	case len(p.open) == 2 && p.open[1] == "VFREEBUSY":
		p.property(&property{n, name, params, value})
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
		p.whole = whole{}
	}
	return nil
}

func (p *parser) end(n int, component string) error {
	if len(p.open) == 0 || p.open[len(p.open)-1] != component {
		return errors.New("END does not match its BEGIN")
	}
	p.open = p.open[:len(p.open)-1]
	if w := p.whole; len(p.open) == 1 && component == "VFREEBUSY" && w.typed && !w.parted {
		if w.end.IsZero() {
			w.end = w.start.Add(w.length)
		}
		if writable(w.start) && writable(w.end) && w.end.After(w.start) {
			p.schedule.Periods = append(p.schedule.Periods, Period{w.start, w.end, w.kind})
		} else {
			p.faults.add(n, errors.New("VFREEBUSY has FBTYPE, but no DTSTART and DTEND behind it"))
		}
	}
	return nil
}

// property takes a property of a VFREEBUSY.
func (p *parser) property(q *property) {
	first := p.components == 1
	var err error
	q.mendColons()
	if kind := q.parameter("FBTYPE"); kind != "" {
		p.whole.typed, p.whole.kind = true, busyType(kind)
	}
	switch q.name {
	case "FREEBUSY":
		p.whole.parted = true
		p.schedule.Periods = appendPeriods(p.schedule.Periods, busyType(q.parameter("FBTYPE")), q.value, func(err error) { p.faults.add(q.line, err) })
	case "FBTYPE":
		p.whole.typed, p.whole.kind = true, busyType(q.value)
	case "DTSTART":
		p.whole.start, err = parseTime(q.value)
		if first {
			p.schedule.Start = p.whole.start
		}
	case "DTEND":
		p.whole.end, err = parseTime(q.value)
		if first {
			p.schedule.End = p.whole.end
		}
	case "DURATION": // RFC 2445 §4.6.4
		p.whole.length, err = parseDuration(q.value)
	case "ORGANIZER":
		if first {
			p.schedule.Organizer = strings.Clone(q.value)
		}
	case "DTSTAMP":
		if first {
			p.schedule.Stamp, err = parseTime(q.value)
		}
	}
	p.faults.add(q.line, err)
}

// cutLine takes a content line apart (RFC 5545 §3.1): its name, its parameters
// and its value. A colon or semicolon in quotes belongs to a parameter, unless the
// quotes have no end.
func cutLine(line string) (name string, params []string, value string, ok bool) {
	if i := strings.IndexAny(line, `:;"`); i >= 0 && line[i] == ':' {
		return strings.ToUpper(line[:i]), nil, line[i+1:], true
	}
	if name, params, value, ok = cutParams(line, true); ok {
		return name, params, value, true
	}
	return cutParams(line, false)
}

// maxParams is how many parameters of a line are looked at.
const maxParams = 100

// cutParams takes a line with parameters apart, with or without regard to quotes.
func cutParams(line string, quotes bool) (name string, params []string, value string, ok bool) {
	var head []string
	quoted := false
	start := 0
	for i := range len(line) {
		if line[i] == '"' {
			quoted = quotes && !quoted
		}
		if quoted || line[i] != ';' && line[i] != ':' {
			continue
		}
		if len(head) < maxParams {
			head = append(head, line[start:i])
		}
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
