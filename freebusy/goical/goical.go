// Package goical tells when somebody is busy out of calendars that a program holds
// as objects of github.com/emersion/go-ical, as CalDAV servers on go-webdav do.
//
//	var calendar freebusy.Calendar
//	for _, object := range objects {
//		if err := goical.Add(&calendar, object.Data); err != nil {
//			log.Print(err) // what could be read counts
//		}
//	}
//	periods, err := calendar.Busy(start, end, zone)
//
// Nothing is written as text on the way. No function of that library is called, so
// that what makes those panic, or calls itself for good, does no harm here. It is the
// only package of the suite that imports that library.
package goical

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-ical"

	"github.com/cgpkit/cgpkit/freebusy"
)

// Add takes the events of an object, as [freebusy.Calendar.Add] does those of a text,
// with the same limits and errors; a [freebusy.SyntaxError] counts properties instead
// of lines. The object is not changed and may be changed afterwards.
func Add(to *freebusy.Calendar, object *ical.Calendar) error {
	if object == nil {
		return errNone
	}
	return AddComponent(to, object.Component)
}

var errNone = errors.New("goical: there is no component")

// AddComponent does the same for a VCALENDAR, or for a component of one that stands
// alone, such as a VEVENT.
func AddComponent(to *freebusy.Calendar, component *ical.Component) error {
	if component == nil {
		return errNone
	}
	if !strings.EqualFold(component.Name, ical.CompCalendar) {
		component = &ical.Component{Name: ical.CompCalendar, Children: []*ical.Component{component}}
	}
	return to.AddProperties(func(yield func(freebusy.Property) bool) { properties(component, yield) })
}

// properties yields those of a component and of all below it. A component that stands
// in itself is cut by the one who takes them: there is a limit.
func properties(component *ical.Component, yield func(freebusy.Property) bool) bool {
	if component == nil {
		return true
	}
	if !yield(freebusy.Property{Name: "BEGIN", Value: component.Name}) {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(component.Props)) {
		for _, p := range component.Props[name] {
			if p.Name == "" {
				p.Name = name
			}
			if !yield(freebusy.Property{Name: p.Name, Params: params(p.Params), Value: p.Value}) {
				return false
			}
		}
	}
	for _, child := range component.Children {
		if !properties(child, yield) {
			return false
		}
	}
	return yield(freebusy.Property{Name: "END", Value: component.Name})
}

// params writes parameters as a content line has them. The library takes commas for
// the ends of values, also where a name of a time zone has them; and a colon for the
// end of the parameters, as in TZID=GMT+05:30, which is therefore the last one.
func params(of ical.Params) (written []string) {
	names := slices.Sorted(maps.Keys(of))
	if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), ical.ParamTimezoneID) }); i >= 0 {
		last := names[i]
		names = append(slices.Delete(names, i, i+1), last)
	}
	for _, name := range names {
		written = append(written, name+"="+strings.Join(of[name], ","))
	}
	return written
}
