package freebusy

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of a Calendar; our choice.
const (
	// MaxObjectBytes is the size limit of an object that Calendar.Add reads.
	MaxObjectBytes = 16 << 20
	// MaxItems is how many events, rules and single dates a Calendar keeps.
	MaxItems = 1_000_000
	// maxZones is how many time zones a Calendar knows of those that objects
	// define. maxNames is how many names of others it looks up, and
	// maxObjectNames how many of them for one object, so that none uses up
	// what the next ones need.
	maxZones       = 1000
	maxNames       = 10_000
	maxObjectNames = 500
	// maxZoneBytes is the size limit of a VTIMEZONE without what is ignored.
	maxZoneBytes = 64 << 10
)

// Calendar collects calendar items and tells when their owner is busy. The zero
// value is an empty one. Of each event it keeps the times and nothing else.
//
// Busy may be called at the same time by several goroutines, Add may not.
type Calendar struct {
	// Host is the time zone of the server that keeps the calendar, which CommuniGate
	// Pro calls [HostZone]; nil: the owner's. Set it before anything is added.
	Host *time.Location

	series []series
	byUID  map[string]int // index in series
	items  int

	named   map[string]*zone      // by TZID; nil: there is none
	names   int                   // that were looked up for the present object
	defined map[string]definition // by the text of the VTIMEZONE

	onsetSteps int64 // that VTIMEZONEs have taken up to now
}

// series is an event with the changed instances of it.
type series struct {
	masters   []event // none: not known; several if one object has them
	overrides []override
	index     map[momentKey]int // in overrides
}

// override is an instance that was changed.
type override struct {
	id    instanceID
	event event
}

// momentKey is the same for the same time in any time zone.
type momentKey struct {
	instant int64
	date    bool
}

// Add takes the events of one iCalendar object, text as a message carries it;
// what else is in it is ignored. Lines may end in LF.
//
// A broken object is an error and changes nothing. What is wrong in an event is
// an error too, but everything else counts, and as much of that event as can be
// read: without its rule, it happens once. Such errors are *SyntaxError, several
// ones joined.
//
// A time that names no zone is in that of DTSTART, or else in X-WR-TIMEZONE of the
// object, or else, in an instance, in the zone of the event; only then it is floating.
// A VTIMEZONE counts as far as it tells, and beyond that the known zone of its name.
//
// The newest of what is said about a UID counts, and the newest is what is added
// last. A message of a mailbox is the whole item, with all its changed
// instances, so an event replaces the event of the same UID and the changed
// instances of that. An object that has only changed instances of a UID
// (RECURRENCE-ID) was sent to amend it and replaces just these; those of an
// event that is not known stand for themselves. Between objects SEQUENCE and DTSTAMP
// are not looked at: RFC 5546 §2.1.5 has them for messages that overtake each other
// on their way, and what is in a mailbox has arrived; a client that restores an old
// state stores it with an old SEQUENCE. Within one object the highest SEQUENCE counts,
// and events with the same UID and SEQUENCE that start at different times all do.
//
// Objects with METHOD:CANCEL take their events or instances away, those with
// METHOD:ADD add an instance (RFC 5546 §3.2.4, §3.2.5). REPLY, COUNTER,
// DECLINECOUNTER and REFRESH are letters about an event and change nothing.
func (c *Calendar) Add(object []byte) error {
	o, err := readObject(object)
	if err != nil {
		return err
	}
	return c.add(o)
}

// add takes the events of an object.
func (c *Calendar) add(o *object) error {
	zones := c.objectZones(o)
	var readers []*eventReader
	items := 0
	for i := range o.events {
		component := &o.events[i]
		switch component.method {
		case "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH":
			continue
		}
		r := &eventReader{zones: zones, faults: &o.faults, calendar: component.calendar}
		r.read(component)
		switch {
		case component.method == "CANCEL", r.cancelled && r.id != nil && !r.placed:
			r.event = event{kind: Free}
			if r.id != nil {
				r.event.start = r.id.moment
			}
		case !r.placed:
			continue
		case component.method == "ADD":
			r.id = &instanceID{moment: r.event.start, local: r.event.start.zone == nil && !r.event.start.date}
		}
		readers = append(readers, r)
		items += r.event.size()
	}
	if c.items+items > MaxItems {
		return &SyntaxError{Err: fmt.Errorf("calendar would have more than %d items", MaxItems)}
	}
	var newest revisions
	if len(readers) > 1 {
		newest = make(revisions, len(readers))
	}
	for _, r := range readers { // before the instances, which may stand in front
		if r.id == nil {
			c.replace(r, newest)
		}
	}
	for _, r := range readers {
		if r.id != nil {
			c.amend(r, newest)
		}
	}
	return o.faults.err()
}

// revisionKey is the same for all revisions of an event, or of an instance, or for
// an event and its start.
type revisionKey struct {
	uid  string
	what uint8 // one of those below
	at   momentKey
}

const (
	anEvent uint8 = iota
	anInstance
	aStart
)

// revision is the newest one up to now, of those in one VCALENDAR.
type revision struct {
	calendar int
	sequence int64
	index    int // of aStart: in series.masters
}

// revisions are those of one object. Within one VCALENDAR nothing tells what was said
// last but SEQUENCE (RFC 5546 §2.1.5).
type revisions map[revisionKey]revision

// take reports whether the VCALENDAR of r has had a newer revision of the same;
// again whether it has had one that is as new.
func (all revisions) take(r *eventReader, key revisionKey) (outdated, again bool) {
	if all == nil || r.uid == "" {
		return false, false
	}
	last, ok := all[key]
	ok = ok && last.calendar == r.calendar
	if ok && last.sequence > r.sequence {
		return true, false
	}
	again = ok && last.sequence == r.sequence
	all[key] = revision{r.calendar, r.sequence, last.index}
	return false, again
}

// of returns the series of a UID. Events without one are each on their own.
func (c *Calendar) of(uid string) *series {
	if i, ok := c.byUID[uid]; ok {
		return &c.series[i]
	}
	if c.byUID == nil {
		c.byUID = map[string]int{}
	}
	if uid != "" {
		c.byUID[strings.Clone(uid)] = len(c.series)
	}
	c.series = append(c.series, series{})
	return &c.series[len(c.series)-1]
}

// replace sets the event of a UID, without changed instances. Several in one
// VCALENDAR that start at different times, and are no revisions of each other, are
// all there.
func (c *Calendar) replace(r *eventReader, newest revisions) {
	outdated, again := newest.take(r, revisionKey{uid: r.uid, what: anEvent})
	if outdated {
		return
	}
	s := c.of(r.uid)
	c.items += r.event.size()
	start := revisionKey{uid: r.uid, what: aStart, at: r.event.start.key()}
	_, sameStart := newest.take(r, start)
	switch {
	case again && sameStart:
		m := &s.masters[newest[start].index]
		c.items -= m.size()
		*m = r.event
		return
	case !again:
		for i := range s.masters {
			c.items -= s.masters[i].size()
		}
		c.items -= len(s.overrides)
		*s = series{}
	}
	if newest != nil {
		newest[start] = revision{r.calendar, r.sequence, len(s.masters)}
	}
	s.masters = append(s.masters, r.event)
}

// amend sets a changed instance of a UID.
func (c *Calendar) amend(r *eventReader, newest revisions) {
	s := c.of(r.uid)
	o := override{*r.id, r.event}
	if len(s.masters) > 0 && s.masters[0].start != (moment{}) {
		zone := s.masters[0].start.zone
		if o.id.local {
			o.id.zone = zone // RFC 5545 §3.8.4.4: it is a start that the event would have
		}
		o.event.start, o.event.end = o.event.start.orIn(zone), o.event.end.orIn(zone)
	}
	o.event.recurrence = nil // an instance is one
	key := o.id.key()
	if outdated, _ := newest.take(r, revisionKey{uid: r.uid, what: anInstance, at: key}); outdated {
		return
	}
	if i, ok := s.index[key]; ok {
		s.overrides[i] = o
		return
	}
	if s.index == nil {
		s.index = map[momentKey]int{}
	}
	s.index[key] = len(s.overrides)
	s.overrides = append(s.overrides, o)
	c.items++
}

// key tells starts apart, in whatever zone they are.
func (m moment) key() momentKey { return momentKey{m.instant(utcZone), m.date} }

// Busy returns when the owner is busy from start up to but not including end:
// sorted periods in UTC that do not overlap, with the strongest type where
// events do, as [Merge] makes them. Floating times and dates are in the zone of
// the owner, nil for UTC.
//
// The work is limited. An event may take 5,000 steps, or where more than 1,000
// events recur an equal part of five million, and those that need more share
// another million. A day or shorter interval that a rule is tried on is a
// step, an instance in the window is ten. What lies outside of the window takes
// none, except that a rule with a COUNT is counted from its start. What lies
// behind the last step is left out, and so are periods beyond 200,000. That is an
// error, but what was found is returned with it.
func (c *Calendar) Busy(start, end time.Time, zone *time.Location) ([]Period, error) {
	if !end.After(start) {
		return nil, errors.New("freebusy: window does not end after its start")
	}
	w := newWindow(start, end, zone)
	recurring := 0
	for i := range c.series {
		for j := range c.series[i].masters {
			if c.series[i].masters[j].recurrence != nil {
				recurring++
			}
		}
	}
	w.share(recurring)
	for i := range c.series {
		w.add(&c.series[i])
	}
	return w.result()
}
