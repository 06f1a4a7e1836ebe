"""Converts local times to UTC by zoneinfo.

Each line of the input is the name of a time zone, a tab and a local time; each
line of the output the same time in UTC. With fold=0 zoneinfo does what RFC 5545
section 3.3.5 says: it takes the first of two times, and the offset before a gap.
"""
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

zones = {}
for line in sys.stdin:
    name, local = line.rstrip("\n").split("\t")
    zone = zones.setdefault(name, ZoneInfo(name))
    at = datetime.strptime(local, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    print(at.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ"))
