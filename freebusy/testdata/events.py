"""Finds the instances of events by dateutil, libical and recurring_ical_events.

The input is iCalendar objects, with a line of "--" between them. Each line of the
output is JSON: for each library the starts and ends in UTC between 2009-03-01 and
2009-06-01, sorted, or null if it gives up. dateutil gets the first event alone, and
so does libical, which knows nothing of RECURRENCE-ID.
"""
import json
import re
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import gi
import icalendar
import recurring_ical_events
from dateutil.rrule import rruleset, rrulestr

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402

START, END = datetime(2009, 3, 1, tzinfo=timezone.utc), datetime(2009, 6, 1, tzinfo=timezone.utc)
FORMAT = "%Y%m%dT%H%M%SZ"


def pair(start, end):
    return f"{start.astimezone(timezone.utc):{FORMAT}}/{end.astimezone(timezone.utc):{FORMAT}}"


def moment(text, zone):
    if text.endswith("Z"):
        return datetime.strptime(text, FORMAT).replace(tzinfo=timezone.utc)
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=zone)


def lines(text, name):
    """Yields the values of a property, and their time zone: icalendar loses that of periods."""
    for line in text.split("END:VEVENT")[0].split("\r\n"):
        found = re.fullmatch(name + r"((?:;[^:]*)?):(.*)", line)
        if found:
            zone = re.search("TZID=([^;]*)", found[1])
            for value in found[2].split(","):
                yield value, zone and ZoneInfo(zone[1])


def by_dateutil(text):
    ((start, zone),) = lines(text, "DTSTART")
    ((end, end_zone),) = lines(text, "DTEND")
    start = moment(start, zone)
    length = moment(end, end_zone) - start
    found = rruleset()
    found.rdate(start)
    for rule, _ in lines(text, "RRULE"):
        found.rrule(rrulestr(rule, dtstart=start))
    lengths = {}
    for value, zone in lines(text, "RDATE"):
        at, _, end = value.partition("/")
        at = moment(at, zone)
        if end.startswith("P"):
            lengths[at.astimezone(timezone.utc)] = icalendar.vDuration.from_ical(end)
        elif end:
            lengths[at.astimezone(timezone.utc)] = moment(end, zone) - at
        found.rdate(at)
    for value, zone in lines(text, "EXDATE"):
        found.exdate(moment(value, zone))
    for at in found.between(START - timedelta(days=2), END, inc=True):
        at = at.astimezone(timezone.utc)
        yield pair(at, at + lengths.get(at, length))


def by_libical(text):
    component = ICalGLib.Component.new_from_string(text)
    event = component.get_first_component(ICalGLib.ComponentKind.VEVENT_COMPONENT)
    spans = []
    times = [ICalGLib.Time.new_from_string(f"{at:{FORMAT}}") for at in (START, END)]
    event.foreach_recurrence(*times, lambda _, span, data=None: spans.append((span.get_start(), span.get_end())), None)
    for start, end in spans:
        yield pair(datetime.fromtimestamp(start, timezone.utc), datetime.fromtimestamp(end, timezone.utc))


def by_recurring_ical_events(text):
    calendar = icalendar.Calendar.from_ical(text)
    for event in recurring_ical_events.of(calendar).between(START, END):
        yield pair(event["DTSTART"].dt, event["DTEND"].dt)


for text in sys.stdin.buffer.read().decode().split("--\r\n"):
    answer = {}
    for read in by_dateutil, by_libical, by_recurring_ical_events:
        try:
            answer[read.__name__[3:]] = sorted(set(read(text)))
        except (TypeError, ValueError, KeyError):
            answer[read.__name__[3:]] = None
    print(json.dumps(answer))
