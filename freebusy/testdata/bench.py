"""Does what BenchmarkBusy does, with icalendar and recurring_ical_events.

The input is iCalendar objects, one behind the other. The output is the seconds
that it took to read them and to find the events of 60 days from 2009-03-01,
and their number.
"""
import sys
import time
from datetime import datetime, timedelta, timezone

import icalendar
import recurring_ical_events

END = "END:VCALENDAR\r\n"
objects = [text + END for text in sys.stdin.buffer.read().decode().split(END)[:-1]]

begin = time.perf_counter()
calendar = icalendar.Calendar()
for text in objects:
    for component in icalendar.Calendar.from_ical(text).subcomponents:
        calendar.add_component(component)
start = datetime(2009, 3, 1, tzinfo=timezone.utc)
events = recurring_ical_events.of(calendar).between(start, start + timedelta(days=60))
print(time.perf_counter() - begin, len(events))
