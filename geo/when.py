"""Tell when a picture was taken, from what its file says about itself.

Three witnesses, best first: the acquisition tag (GDAL fills it from the maker's metadata), a
date in the file's name, and at last TIFF's own date, which many programs set to the hour they
wrote the file.  Nobody is asked twice and nothing is guessed: an impossible date is no date.  A
tag that tells its zone is set to UTC by it; one that does not speaks in UTC, as names do.

    tags + name ──► datetime, aware, UTC  or  None

Source: TIFF 6.0, tag 306; GDAL's ``IMAGERY`` metadata domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

FIRST_YEAR = 1960
"""The first pictures from space came back in August 1960 (CORONA); older digits are no date."""

LAST_YEAR = 2100
"""Larger digits are an order number."""

ACQUIRED = (
    "ACQUISITIONDATETIME",
    "ACQUISITION_DATETIME",
    "ACQUISITIONDATE",
    "ACQUISITION_DATE",
)
"""Tags that speak of the sensor, in the spellings met."""

WRITTEN = ("TIFFTAG_DATETIME",)
"""Tags that may speak of the program that wrote the file."""

DATE = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?P<sep>[-_.:/]?)(?P<month>\d{2})(?P=sep)(?P<day>\d{2})"
    r"(?:[T _-]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2}))?(?!\d)"
)
"""2024-05-17, 20240517, 2024:05:17 03:15:45, 20240517T031545; no part of a longer number."""

ZONE = re.compile(r"(?:\.\d+)? ?(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?(?!\d)")
"""Behind the seconds: +07:00, -0430, +07.  Only tags have one: in a name, -0700 is a number."""

EASTMOST, WESTMOST = timedelta(hours=14), timedelta(hours=-12)
"""Kiritimati and Baker Island; clocks differ from UTC by no more."""


def taken_at(tags: Mapping[str, str], name: str) -> datetime | None:
    """Find the acquisition time of a picture.

    Args:
        tags: the file's metadata, any case.
        name: the file's name, without its folder.

    Returns:
        Aware, UTC; midnight when only the day is known; ``None`` when nothing tells.
    """
    by_name = {key.upper(): value for key, value in tags.items()}
    for text, zoned in [
        *((by_name.get(tag, ""), True) for tag in ACQUIRED),
        (name, False),
        *((by_name.get(tag, ""), True) for tag in WRITTEN),
    ]:
        for time in _dates_in(text, zoned=zoned):
            return time
    return None


def _dates_in(text: str, *, zoned: bool) -> Iterator[datetime]:
    """Yield every possible date that stands in a text, which may tell its zone."""
    for found in DATE.finditer(text):
        zone = ZONE.match(text, found.end()) if zoned and found["hour"] else None
        part = {
            key: int(value or 0) for key, value in found.groupdict().items() if key != "sep"
        }
        if not FIRST_YEAR <= part["year"] <= LAST_YEAR:
            continue
        try:
            yield datetime(**part, tzinfo=_zone(zone)).astimezone(UTC)
        except ValueError:  # a 45th of May: an order number after all
            continue


def _zone(found: re.Match[str] | None) -> timezone:
    """Read a zone; UTC when none is told."""
    if found is None:
        return UTC
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    ahead = timedelta(hours=hours, minutes=minutes) * (1 if found["sign"] == "+" else -1)
    if minutes > 59 or not WESTMOST <= ahead <= EASTMOST:
        raise ValueError(found[0])
    return timezone(ahead)
