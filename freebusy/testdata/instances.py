"""Expands recurrence rules by libical and by dateutil.

Each line of the input is "libical" or "dateutil", a DTSTART and a rule, with
tabs between them; each line of the output the first instances
before the year 2300. The number of them is the argument.
"""
import itertools
import re
import sys
from datetime import datetime

import gi
from dateutil.rrule import rrulestr

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402

COUNT = int(sys.argv[1])
FORMAT = "%Y%m%dT%H%M%S"

# dateutil looks for instances up to the year 9999, so it is asked about dates
# that are 19 times 400 years later, when the calendar is the same.
LATER = 7600


def libical(start, rule):
    recurrence = ICalGLib.Recurrence.new_from_string(rule)
    iterator = ICalGLib.RecurIterator.new(recurrence, ICalGLib.Time.new_from_string(start))
    for _ in range(COUNT):
        at = iterator.next()
        if at is None or at.is_null_time():
            return
        yield at.as_ical_string()


def dateutil(start, rule):
    rule = re.sub(r"UNTIL=(\d{4})", lambda year: f"UNTIL={int(year[1]) + LATER}", rule)
    start = datetime.strptime(start, FORMAT)
    start = start.replace(year=start.year + LATER)
    for at in itertools.islice(rrulestr(rule, dtstart=start), COUNT):
        yield at.replace(year=at.year - LATER).strftime(FORMAT)


for line in sys.stdin:
    library, start, rule = line.rstrip("\n").split("\t")
    found = {"libical": libical, "dateutil": dateutil}[library](start, rule)
    print(" ".join(itertools.takewhile(lambda at: at < "2300", found)))
