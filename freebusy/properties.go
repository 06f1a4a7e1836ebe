package freebusy

import (
	"fmt"
	"iter"
	"strings"
)

// Property is a content line of an iCalendar object, taken apart (RFC 5545 §3.1).
type Property struct {
	Name   string   // in any letters
	Params []string // each with its name, TZID=Europe/Berlin
	Value  string   // as it is written, with its escapes
}

// AddProperties takes the events of one iCalendar object, as Add does, whose lines
// somebody else has taken apart. They begin with BEGIN:VCALENDAR, and END stands
// behind each component. A *SyntaxError counts them from 1. Of the names, parameters
// and values there are up to MaxObjectBytes.
func (c *Calendar) AddProperties(lines iter.Seq[Property]) error {
	r := objectReader{object: &object{}}
	n, size := 0, 0
	for line := range lines {
		n++
		p := property{n, strings.ToUpper(strings.TrimSpace(line.Name)), line.Params, strings.TrimSpace(line.Value)}
		size += len(p.name) + len(p.value)
		for _, param := range p.params {
			size += len(param)
		}
		if size > MaxObjectBytes {
			return &SyntaxError{Line: n, Err: fmt.Errorf("object of more than %d bytes", MaxObjectBytes)}
		}
		if err := r.take(p); err != nil {
			return &SyntaxError{Line: n, Err: err}
		}
	}
	o, err := r.end()
	if err != nil {
		return err
	}
	return c.add(o)
}
