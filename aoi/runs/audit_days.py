"""Find the day by which a claim says that something had happened.

    "by the 13th of December 2025, 413 of 635" ──► 2025-12-13, "by , 413 of 635"

A day that nobody can be sure of is refused, not left out, for without its day a claim is held
against any picture however late: 09/12/2025 is another day in London than in New York, a month
is thirty days, and of two days one is not the one that counts.
"""

from __future__ import annotations

import re
from datetime import date

from aoi.runs.audit_refusals import unread

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip

MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)

DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"

YEAR = r"(?:of\s+)?(?P<year>\d{4})(?!\d)"

DATES = tuple(
    re.compile(rf"(?<!\d){form}", re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<by>[-/.])(?P<number>\d{1,2})(?P=by)(?P<day>\d{1,2})(?!\d)",
        rf"(?:\bthe\s+)?{DAY}\s+(?:of\s+)?{MONTH}\.?,?\s+{YEAR}",
        rf"\b{MONTH}\.?\s+(?:the\s+)?{DAY},?\s+{YEAR}",
    )
)
"""How a day is written."""

NUMERIC = re.compile(r"(?<!\d)\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})(?!\d)")
"""A day of which nobody knows whether it begins with the month."""

LATER = MONTH.replace("month", "later")

YEARLESS = re.compile(
    rf"\b(?:{DAY}\s+(?:of\s+)?{MONTH}|{LATER}\s+(?:the\s+)?\d{{1,2}})\b",
    re.IGNORECASE,
)

DAYLESS = re.compile(
    rf"\b{MONTH}(?!\s+(?:have|be|well|not|yet)\b)|\b(?:by|before|until|till|since|in|during)\s+"
    r"(?:(?:the|early|mid|late|end|start|year|of)[\s-]+)*(?:19|20)\d\d\b",
    re.IGNORECASE,
)
"""A month or a year where a day is wanted."""

RELATIVE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:last|this|past|next)\s+(?:night|week|month|year))\b",
    re.IGNORECASE,
)
"""A day that depends on when it was said."""

NO_LATER = re.compile(r"\b(?:no|not)\s+later\s+than\s+$", re.IGNORECASE)

SINCE = re.compile(
    r"\b(?:since|after|from|starting|beginning|following|between|later\s+than)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
"""What makes a day the first instead of the last."""


def day_of(said: str) -> tuple[date | None, str]:
    """Find a day, and give the sentence without it.

    Raises:
        InputError: there are two, or one that is not whole, not certain or not the last.
    """
    found = next((found for form in DATES if (found := form.search(said))), None)
    if found is None:
        _refuse_half(said, said, beside=False)
        return None, said
    parts = found.groupdict()
    month = int(parts["number"]) if parts.get("number") else _month(parts["month"])
    try:
        day = date(int(parts["year"]), month, int(parts["day"]))
    except ValueError as error:
        raise unread(said, f"names a day that does not exist ({found.group(0)})") from error
    lead, rest = said[: found.start()], said[found.end() :]
    if any(form.search(f"{lead} {rest}") for form in DATES):
        raise unread(said, "names two days; name the one by which it had happened")
    lead = NO_LATER.sub("by ", lead)
    if SINCE.search(lead):
        raise unread(said, "names a day since which, and not by which, it happened")
    _refuse_half(f"{lead} {rest}", said, beside=True)
    return day, f"{lead} {rest}"


def _refuse_half(rest: str, said: str, *, beside: bool) -> None:
    """Refuse what else speaks of time, beside a day or in its place."""
    if found := NUMERIC.search(rest):
        raise unread(said, f"names a day as {found.group(0)}; write its year first")
    if not beside and (found := RELATIVE.search(rest)):
        raise unread(said, f"names a day that depends on when it was said ({found.group(0)})")
    if YEARLESS.search(rest):
        raise unread(said, "names a day without its year")
    if DAYLESS.search(rest):
        what = "a month or a year beside its day" if beside else "a month or a year, and no day"
        raise unread(said, f"names {what}")


def _month(word: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month[:3] == word[:3].lower())
