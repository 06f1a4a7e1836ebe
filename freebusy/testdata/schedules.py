"""Reads VFREEBUSY objects by icalendar and by libical.

The input is the objects, with a line of "--" between them. For each the output
is a line of JSON by each library: the organizer, start and end, and the periods
with their types.
"""
import json
import sys

import gi
import icalendar

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402

FORMAT = "%Y%m%dT%H%M%SZ"


def by_icalendar(text):
    (busy,) = icalendar.Calendar.from_ical(text).walk("VFREEBUSY")
    periods = busy.get("FREEBUSY", [])
    if not isinstance(periods, list):
        periods = [periods]
    return [
        str(busy["ORGANIZER"]),
        busy["DTSTART"].dt.strftime(FORMAT),
        busy["DTEND"].dt.strftime(FORMAT),
        [f"{p.start.strftime(FORMAT)}/{p.end.strftime(FORMAT)} {p.params['FBTYPE']}" for p in periods],
    ]


def by_libical(text):
    calendar = ICalGLib.Component.new_from_string(text)
    busy = calendar.get_first_component(ICalGLib.ComponentKind.VFREEBUSY_COMPONENT)
    periods = []
    kind = ICalGLib.PropertyKind.FREEBUSY_PROPERTY
    found = busy.get_first_property(kind)
    while found is not None:
        period = found.get_freebusy()
        busy_type = found.get_first_parameter(ICalGLib.ParameterKind.FBTYPE_PARAMETER).get_fbtype()
        name = {
            ICalGLib.ParameterFbtype.BUSY: "BUSY",
            ICalGLib.ParameterFbtype.BUSYTENTATIVE: "BUSY-TENTATIVE",
            ICalGLib.ParameterFbtype.BUSYUNAVAILABLE: "BUSY-UNAVAILABLE",
        }[busy_type]
        periods.append(f"{period.get_start().as_ical_string()}/{period.get_end().as_ical_string()} {name}")
        found = busy.get_next_property(kind)
    organizer = busy.get_first_property(ICalGLib.PropertyKind.ORGANIZER_PROPERTY)
    return [
        organizer.get_organizer(),
        busy.get_dtstart().as_ical_string(),
        busy.get_dtend().as_ical_string(),
        periods,
    ]


for text in sys.stdin.buffer.read().decode().split("--\r\n"):
    for read in by_icalendar, by_libical:
        print(json.dumps(read(text)))
