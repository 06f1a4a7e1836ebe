package freebusy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// event is what a VEVENT says about the time it takes.
type event struct {
	start      moment
	end        moment // if hasEnd
	hasEnd     bool
	length     span        // else
	kind       Type        // Free if it takes no time
	recurrence *recurrence // nil: only once
}

// recurrence is when an event comes again, and when not (RFC 5545 §3.8.5).
type recurrence struct {
	rules   []*rule
	dates   []moment // RDATE
	periods []event  // RDATE with a length of its own

	exceptRules []*rule  // EXRULE, of RFC 2445 §4.8.5.2
	exceptDates []moment // EXDATE
}

// size counts what e keeps, for the limit of a calendar.
func (e *event) size() int {
	if r := e.recurrence; r != nil {
		return 1 + len(r.rules) + len(r.dates) + len(r.periods) + len(r.exceptRules) + len(r.exceptDates)
	}
	return 1
}

// span returns how long each instance of e lasts for an owner in the zone home.
// DTEND makes an exact length, and DURATION a nominal one as far as it has days
// (RFC 5545 §3.8.5.3).
func (e *event) span(home *zone) span {
	switch {
	case !e.hasEnd:
		return e.length
	case e.start.date && e.end.date:
		return span{days: (e.end.wall - e.start.wall) / daySeconds}
	}
	return span{seconds: e.end.instant(home) - e.start.instant(home)}
}

// before reports whether e ends before its start, wherever its owner is.
func (e *event) before() bool {
	length := e.span(utcZone)
	return length.days < 0 || length.seconds < 0 && (e.start.zone == nil) == (e.end.zone == nil)
}

// instanceID is a RECURRENCE-ID (RFC 5545 §3.8.4.4).
type instanceID struct {
	moment
	future bool // RANGE=THISANDFUTURE
	local  bool // a time that names no zone
}

// eventReader makes an event of a VEVENT.
type eventReader struct {
	zones  *objectZones
	faults *faults

	uid      string
	calendar int         // the number of the VCALENDAR that it stands in
	sequence int64       // SEQUENCE
	id       *instanceID // nil: a master
	event    event
	placed   bool // has a DTSTART

	transparent, tentative, cancelled bool
	busyStatus                        string
}

// read takes all properties. What cannot be read is among the faults, and
// counts as not there, so that as much of the event is kept as can be.
func (r *eventReader) read(c *component) {
	missing := c.method != "CANCEL" // there it need not be
	for i := range c.properties {   // the others depend on it
		if p := &c.properties[i]; p.name == "DTSTART" && !r.placed {
			start, err := r.moment(p, p.value, nil)
			r.faults.add(p.line, err)
			r.event.start, r.placed = start, err == nil
			missing = false
		}
	}
	if missing {
		r.faults.add(c.line, errors.New("event has no DTSTART"))
	}
	for i := range c.properties {
		p := &c.properties[i]
		r.faults.add(p.line, r.property(p))
	}
	r.event.kind = r.kind()
	r.setEnd(c.line)
	if s := r.event.recurrence; s != nil {
		for _, rule := range s.rules {
			r.complete(rule)
			if rule.limited && !rule.has(r.event.start.wall) {
				rule.count-- // DTSTART is the first instance, in any case (RFC 5545 §3.8.5.3)
			}
		}
		for _, rule := range s.exceptRules {
			r.complete(rule)
		}
	}
}

// complete makes a rule one of this event.
func (r *eventReader) complete(rule *rule) {
	rule.complete(r.event.start.wall)
	if r.event.start.date {
		rule.until = rule.until.day()
	}
}

// has reports whether start, which the rule is completed with, is an instance.
func (r *rule) has(start int64) (found bool) {
	none := int64(0)
	r.instances(start, start, start, &budget{own: eventSteps, shared: &none}, func(int64) bool {
		found = true
		return false
	})
	return found
}

func (r *eventReader) property(p *property) (err error) {
	switch p.name {
	case "UID":
		r.uid = p.value
	case "SEQUENCE":
		if r.sequence, err = strconv.ParseInt(p.value, 10, 64); err != nil {
			err = fmt.Errorf("sequence is not a number: %.20q", p.value)
		}
	case "DTEND":
		r.event.end, err = r.moment(p, p.value, r.event.start.zone)
		r.event.hasEnd = err == nil
	case "DURATION":
		r.event.length, err = parseLooseSpan(p.value)
	case "STATUS":
		r.cancelled = strings.EqualFold(p.value, "CANCELLED")
		r.tentative = strings.EqualFold(p.value, "TENTATIVE")
	case "TRANSP":
		r.transparent = strings.EqualFold(p.value, "TRANSPARENT")
	case "X-MICROSOFT-CDO-BUSYSTATUS":
		r.busyStatus = strings.ToUpper(p.value)
	case "RECURRENCE-ID":
		var at moment
		if at, err = r.moment(p, p.value, r.event.start.zone); err == nil {
			local := !at.date && at.zone != utcZone && p.parameter("TZID") == ""
			r.id = &instanceID{at, strings.EqualFold(p.parameter("RANGE"), "THISANDFUTURE"), local}
			if around := p.parameter("RANGE"); around != "" && !r.id.future {
				err = fmt.Errorf("RANGE=%.40s is not known: only this instance changes", around) // RFC 5545 §3.2.13
			}
		}
	case "RRULE", "EXRULE", "RDATE", "EXDATE":
		if r.event.recurrence == nil {
			r.event.recurrence = &recurrence{}
		}
		if strings.HasSuffix(p.name, "DATE") {
			r.dates(p, r.event.recurrence)
		} else {
			err = r.rule(p, r.event.recurrence)
		}
	}
	return err
}

// rule takes an RRULE or EXRULE.
func (r *eventReader) rule(p *property, to *recurrence) error {
	rule, err := parseRule(p.value, r.event.start.zone)
	switch {
	case err != nil:
		return err
	case p.name == "RRULE":
		to.rules = append(to.rules, rule)
	default:
		to.exceptRules = append(to.exceptRules, rule)
	}
	return nil
}

// dates takes an RDATE or EXDATE. One value that cannot be read does not spoil
// the others, and one that is empty says nothing.
func (r *eventReader) dates(p *property, to *recurrence) {
	for value := range strings.SplitSeq(p.value, ",") {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		start, length, isPeriod := strings.Cut(value, "/")
		at, err := r.moment(p, start, r.event.start.zone)
		switch {
		case err != nil:
		case p.name == "EXDATE":
			to.exceptDates = append(to.exceptDates, at)
		case isPeriod:
			var period event
			if period, err = r.period(p, at, length); err == nil {
				to.periods = append(to.periods, period)
			}
		default:
			to.dates = append(to.dates, r.likeStart(at))
		}
		r.faults.add(p.line, err)
	}
}

// period returns what a start and an end or a duration stand for (RFC 5545
// §3.3.9).
func (r *eventReader) period(p *property, start moment, text string) (e event, err error) {
	e.start = start
	if isSpan(text) {
		e.length, err = parseLooseSpan(text)
		return e, err
	}
	e.hasEnd = true
	e.end, err = r.moment(p, text, start.zone)
	if err == nil && e.before() {
		err = errors.New("period ends before its start")
	}
	return e, err
}

// likeStart makes a date out of a time, or a time out of a date, as DTSTART has
// it. RFC 5545 §3.8.5.2 lets them differ and does not say what that means.
func (r *eventReader) likeStart(at moment) moment {
	start := r.event.start
	switch {
	case start.date:
		return at.day()
	case at.date:
		return moment{wall: at.wall + start.wall - floorDiv(start.wall, daySeconds)*daySeconds, zone: start.zone}
	}
	return at
}

// moment reads a date or a time in the zone that p names. Without one it is in the
// zone of what stands beside, which is DTSTART, or else floating, and so it is in a
// zone that nobody knows: that is the best guess, and the event is not lost.
func (r *eventReader) moment(p *property, text string, beside *zone) (moment, error) {
	if i := strings.IndexAny(text, "Tt"); i >= 0 && strings.EqualFold(p.parameter("VALUE"), "DATE") {
		text = text[:i]
	}
	at, err := parseMoment(text, nil)
	if err != nil || at.date || at.zone != nil {
		return at, err
	}
	name, known := p.parameter("TZID"), true
	if name != "" {
		if at.zone, known = r.zones.named(name); at.zone != nil {
			if at.zone.guessed {
				r.faults.add(p.line, fmt.Errorf("time zone is not known, its offset is taken: %.100q", name))
			}
			return at, nil
		}
	}
	taken := "the owner's"
	if at.zone = beside; beside != nil {
		taken = "that of DTSTART"
	} else if at.zone = r.zones.unnamed(p.line, r.calendar); at.zone != nil {
		taken = "that of the calendar"
	}
	if !known {
		r.faults.add(p.line, fmt.Errorf("time zone is not known, %s is taken: %.100q", taken, name))
	}
	return at, nil
}

// setEnd finds out how long the event lasts, and what of that is a mistake.
func (r *eventReader) setEnd(line int) {
	e := &r.event
	if e.hasEnd {
		e.end = r.likeEnd(e.end)
	}
	if e.hasEnd && e.length != (span{}) {
		r.faults.add(line, errors.New("event has DTEND and DURATION, DTEND counts")) // RFC 5545 §3.6.1
	}
	if e.hasEnd {
		switch length := e.span(utcZone); {
		case e.before():
			r.faults.add(line, errors.New("DTEND is before DTSTART"))
			e.hasEnd, e.length = false, span{}
		case e.start.date && e.end.date && length.days == 0:
			e.hasEnd = false // many write the last day, and mean all of it
		}
	}
	if !e.hasEnd && e.length == (span{}) && e.start.date {
		e.length.days = 1 // RFC 5545 §3.6.1
	}
}

// likeEnd makes of a DTEND what it means beside DTSTART, which RFC 5545 §3.8.2.2
// wants to be of the same type. Beside a date, midnight and the last minute of a
// day in UTC are the end of a day, whoever looks at it; a date beside a time begins
// in the zone of DTSTART.
func (r *eventReader) likeEnd(end moment) moment {
	start := r.event.start
	switch {
	case end.date && !start.date:
		end.zone = start.zone
	case start.date && end.zone == utcZone:
		if second := end.wall - floorDiv(end.wall, daySeconds)*daySeconds; second == 0 || second >= daySeconds-60 {
			return moment{wall: floorDiv(end.wall+60, daySeconds) * daySeconds, date: true}
		}
	}
	return end
}

// kind returns how busy somebody is during the event. What Exchange and Outlook
// say with a property of their own is more exact than TRANSP and STATUS, and
// counts more ([MS-OXCICAL] 2.1.3.1.1.20.25: TRANSP is looked at if it cannot be
// taken from X-MICROSOFT-CDO-BUSYSTATUS).
func (r *eventReader) kind() Type {
	if r.cancelled { // no matter what the other properties still say
		return Free
	}
	switch r.busyStatus {
	case "FREE":
		return Free
	case "TENTATIVE":
		return BusyTentative
	case "BUSY":
		return Busy
	case "OOF":
		return BusyUnavailable
	}
	switch {
	case r.transparent:
		return Free
	case r.tentative:
		return BusyTentative
	}
	return Busy
}
