package freebusy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is what an iCalendar object holds that says when somebody is busy.
type object struct {
	events []component
	zones  []component
	zone   map[int]string // X-WR-TIMEZONE, by the number of its VCALENDAR
	faults faults
}

// component is a VEVENT, a VTIMEZONE, or a STANDARD or DAYLIGHT in one, with the
// properties that count here.
type component struct {
	line       int
	calendar   int    // the number of the VCALENDAR that it stands in
	method     string // of the object, in upper case
	properties []property
	parts      []component
}

// property is a content line.
type property struct {
	line   int
	name   string
	params []string
	value  string
}

// parameter returns the value of a parameter, "" if there is none.
func (p *property) parameter(name string) string {
	for _, param := range p.params {
		if key, value, _ := strings.Cut(param, "="); strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(value, " \t\"")
		}
	}
	return ""
}

// faults collects what is wrong in an object.
type faults struct {
	list []error
	more int
}

// maxFaults is how many faults of an object are told one by one.
const maxFaults = 10

func (f *faults) add(line int, err error) {
	if err == nil {
		return
	}
	if len(f.list) == maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, &SyntaxError{Line: line, Err: err})
}

// err returns all faults as one error, nil if there are none.
func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.list, &SyntaxError{Err: fmt.Errorf("and %d more faults", f.more)})...)
	}
	return errors.Join(f.list...)
}

// readObject takes an object apart. An error says that it is none; what is
// wrong in a component is among the faults.
func readObject(src []byte) (*object, error) {
	if len(src) > MaxObjectBytes {
		return nil, &SyntaxError{Err: fmt.Errorf("object of %d bytes, limit is %d", len(src), MaxObjectBytes)}
	}
	r := objectReader{object: &object{}}
	for n, line := range unfold(bytes.TrimPrefix(src, []byte("\uFEFF"))) {
		if strings.Trim(line, " \t") == "" {
			continue
		}
		if err := r.line(n, line); err != nil {
			return nil, &SyntaxError{Line: n, Err: err}
		}
	}
	return r.end()
}

// end returns the object behind its last line.
func (r *objectReader) end() (*object, error) {
	if len(r.open) > 0 {
		return nil, &SyntaxError{Err: fmt.Errorf("%s is not closed: %w", r.open[len(r.open)-1], io.ErrUnexpectedEOF)}
	}
	if !r.calendar {
		return nil, &SyntaxError{Err: errors.New("object is no VCALENDAR")}
	}
	return r.object, nil
}

// objectReader takes the content lines of an object one by one.
type objectReader struct {
	*object
	open     []string // the components around the line, outermost first
	calendar bool     // there was a VCALENDAR
	number   int      // of this VCALENDAR
	method   string
	first    int // the first event of this VCALENDAR
	current  *component
}

// maxOpen is how deep components may stand in each other. iCalendar needs 3.
const maxOpen = 16

// line takes a line as it is written. Most lines say nothing about time, and are
// not looked at any further than to their name.
func (r *objectReader) line(n int, line string) error {
	name := strings.TrimSpace(line[:max(0, strings.IndexAny(line, ";:"))])
	if !counts(name) {
		switch {
		case len(r.open) == 0:
			return errOutside
		case r.current != nil && name == "":
			r.faults.add(n, errNoColon)
		}
		return nil
	}
	_, params, value, ok := cutLine(line)
	if !ok {
		if r.current != nil {
			r.faults.add(n, errNoColon)
		}
		return nil
	}
	return r.take(property{n, strings.ToUpper(name), params, strings.TrimSpace(value)})
}

var (
	errOutside = errors.New("property outside of VCALENDAR")
	errNoColon = errors.New("line without a colon")
)

// counts reports whether a property is looked at.
func counts(name string) bool {
	switch strings.ToUpper(name) {
	case "BEGIN", "END", "METHOD", "X-WR-TIMEZONE",
		"UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS",
		"TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "TZID", "TZOFFSETFROM", "TZOFFSETTO":
		return true
	}
	return false
}

// take takes a property with its name in upper case.
func (r *objectReader) take(p property) error {
	switch {
	case p.name == "BEGIN":
		return r.begin(p.line, strings.ToUpper(p.value))
	case p.name == "END":
		return r.close(strings.ToUpper(p.value))
	case len(r.open) == 0:
		return errOutside
	case len(r.open) == 1 && p.name == "METHOD":
		r.method = strings.ToUpper(p.value)
	case len(r.open) == 1 && p.name == "X-WR-TIMEZONE":
		if r.zone == nil {
			r.zone = map[int]string{}
		}
		r.zone[r.number] = zoneName(p.value)
	case r.current != nil && counts(p.name):
		switch p.name {
		case "DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID":
			p.mendColons()
		}
		r.current.properties = append(r.current.properties, p)
	}
	return nil
}

// maxHead is longer than what stands in front of a date by mistake.
const maxHead = 1024

// mendColons gives colons in front of a date back to the parameters, where some
// programs write them without the quotes that RFC 5545 §3.2 demands:
// TZID=GMT+05:30. No date has a colon.
func (p *property) mendColons() {
	i := strings.LastIndexByte(p.value, ':')
	if i < 0 || i > maxHead {
		return
	}
	value := strings.TrimLeft(p.value[i+1:], " \t")
	if _, ok := parseDigits(value[:min(len(value), len("20060102"))], len("20060102")); !ok {
		return
	}
	more := strings.Split(p.value[:i], ";")
	p.value = value
	if len(p.params) > 0 {
		p.params = slices.Clone(p.params)
		p.params[len(p.params)-1] += ":" + more[0]
		more = more[1:]
	}
	p.params = append(p.params, more...)
}

func (r *objectReader) begin(n int, name string) error {
	if len(r.open) == 0 && name != "VCALENDAR" {
		return errors.New("object is no VCALENDAR")
	}
	if len(r.open) == maxOpen {
		return fmt.Errorf("more than %d components stand in each other", maxOpen)
	}
	r.open = append(r.open, name)
	switch {
	case len(r.open) == 2 && name == "VCALENDAR":
		r.faults.add(n, errors.New("what stands in a VCALENDAR within another does not count"))
	case len(r.open) == 1:
		r.calendar, r.method, r.first = true, "", len(r.events)
		r.number++
	case len(r.open) == 2 && name == "VEVENT":
		r.events = append(r.events, component{line: n, calendar: r.number, properties: make([]property, 0, 8)})
	case len(r.open) == 2 && name == "VTIMEZONE":
		r.zones = append(r.zones, component{line: n})
	case len(r.open) == 3 && r.open[1] == "VTIMEZONE" && (name == "STANDARD" || name == "DAYLIGHT"):
		zone := &r.zones[len(r.zones)-1]
		zone.parts = append(zone.parts, component{line: n})
	}
	r.current = r.around()
	return nil
}

func (r *objectReader) close(name string) error {
	if len(r.open) == 0 || r.open[len(r.open)-1] != name {
		return errors.New("END does not match its BEGIN")
	}
	r.open = r.open[:len(r.open)-1]
	r.current = r.around()
	if len(r.open) == 0 {
		for i := r.first; i < len(r.events); i++ { // METHOD may stand behind them
			r.events[i].method = r.method
		}
	}
	return nil
}

// around returns the component that a line belongs to, nil if it does not count.
func (r *objectReader) around() *component {
	switch {
	case len(r.open) == 2 && r.open[1] == "VEVENT":
		return &r.events[len(r.events)-1]
	case len(r.open) == 2 && r.open[1] == "VTIMEZONE":
		return &r.zones[len(r.zones)-1]
	case len(r.open) == 3 && r.open[1] == "VTIMEZONE" && (r.open[2] == "STANDARD" || r.open[2] == "DAYLIGHT"):
		parts := r.zones[len(r.zones)-1].parts
		return &parts[len(parts)-1]
	}
	return nil
}
