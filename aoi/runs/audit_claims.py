"""Read a claim as people make it: one sentence, or a TOML file with one or many.

    "413 of 635 buildings demolished by 13 December 2025 in zone A"  ──► Claim
    claims.toml: [[claim]] number, of, kind, by, zone, quote, source ──► list of Claim

Nothing is guessed: a sentence without a number, without a verb we know, or with a date that has
no year is refused, and the refusal shows how to say it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from geo.change.bounds import Claim
from geo.change.decide import Kind
from geo.errors import InputError

EXAMPLE = "413 of 635 buildings demolished by 2025-12-13 in zone A"
"""A claim that can be read, for messages."""

VERBS: Mapping[Kind, str] = {
    Kind.DEMOLISHED: r"demolish\w*|destroy\w*|torn down|razed|flattened|pulled down|levell?ed|"
    r"dismantl\w*|removed",
    Kind.BUILT: r"built|erected|constructed|completed|new(?:ly)?",
}
"""What people say for it."""

NUMBER = r"\d{1,3}(?:[ ,.'\u2019]\d{3})+|\d+"
"""A whole number, its thousands parted as anybody parts them."""

COUNT = re.compile(
    rf"(?P<number>{NUMBER}|all|none|no)\b(?!\s*(?:%|per\s?cent))"
    rf"(?:\s+(?:out\s+)?of\s+(?:the\s+|its\s+|a\s+total\s+of\s+)?(?P<of>{NUMBER})\b)?",
    re.IGNORECASE,
)

SHARE = re.compile(
    rf"(?P<share>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)\s+of\s+(?:the\s+|its\s+)?(?P<of>{NUMBER})\b",
    re.IGNORECASE,
)

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip

MONTH = (
    r"(?P<month>jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)"
)

DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<number>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{MONTH}\.?,?\s+(?P<year>\d{{4}})", re.IGNORECASE
    ),
    re.compile(
        rf"{MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})", re.IGNORECASE
    ),
)
"""How a day is written."""

LATER = MONTH.replace("month", "later")

YEARLESS = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}|{LATER}\s+\d{{1,2}})\b", re.IGNORECASE
)

DAYLESS = re.compile(
    rf"\b(?:by|before|until|till|since|in)\s+(?:(?:the|early|mid|late|end|start|of)[\s-]+)*"
    rf"(?:{MONTH}|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
"""A month or a year where a day is wanted."""

BELOW_NOUGHT = re.compile(r"(?:^|\s)[-\u2212]\d")
"""A number with a minus before it; a dash between words and numbers has none before it."""

ZONE = re.compile(
    r"\bin\s+(?:the\s+)?((?:zone|sector|section|block|part|area)\s+[\w-]+)", re.IGNORECASE
)

KEYS = {"number", "of", "kind", "by", "zone", "quote", "source"}
"""What a claim in TOML may say."""


def read_claims(text: str) -> list[Claim]:
    """Read what stands after ``--claim``: a sentence, or the path of a TOML file.

    Raises:
        InputError: it cannot be read as a claim; the message shows one that can.
    """
    path = Path(text)
    if path.suffix.lower() == ".toml":
        return _read_toml(path)
    return [read_sentence(text)]


def read_sentence(text: str) -> Claim:
    """Read a claim from one sentence.

    Raises:
        InputError: number, verb or year are missing, or it says two things.
    """
    said = " ".join(text.split())
    kinds = [
        kind
        for kind, words in VERBS.items()
        if re.search(rf"\b(?:{words})\b", said, re.IGNORECASE)
    ]
    if len(kinds) != 1:
        why = (
            "says neither built nor demolished"
            if not kinds
            else "says both built and demolished"
        )
        raise _unread(said, why)
    by, rest = _date(said)
    zone = ZONE.search(rest)
    if zone:
        rest = rest.replace(zone.group(0), " ")
    number, of = _count(rest, said)
    return Claim(
        number=number,
        kind=kinds[0],
        of=of,
        by=by,
        zone=zone.group(1) if zone else "",
        quote=said,
    )


def _count(rest: str, said: str) -> tuple[int, int | None]:
    if BELOW_NOUGHT.search(rest):
        raise _unread(said, "names a number below nought")
    share = SHARE.search(rest)
    if share:
        whole = _whole(share["of"])
        return round(float(share["share"]) / 100 * whole), whole
    found = COUNT.search(rest)
    if found is None:
        raise _unread(said, "names no number of buildings")
    of = None if found["of"] is None else _whole(found["of"])
    word = found["number"].lower()
    if word in {"none", "no"}:
        return 0, of
    if word != "all":
        return _whole(word), of
    follows = re.match(rf"\s+(?:the\s+)?({NUMBER})\b", rest[found.end() :])
    if of is None and follows is None:
        raise _unread(said, "says all, and not of how many")
    every = of if of is not None or follows is None else _whole(follows.group(1))
    return every or 0, every


def _whole(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _date(said: str) -> tuple[date | None, str]:
    """Find a day, and give the sentence without it."""
    for form in DATES:
        found = form.search(said)
        if found is None:
            continue
        parts = found.groupdict()
        month = int(parts["number"]) if parts.get("number") else _month(parts["month"])
        try:
            day = date(int(parts["year"]), month, int(parts["day"]))
        except ValueError as error:
            raise _unread(
                said, f"names a day that does not exist ({found.group(0)})"
            ) from error
        return day, said[: found.start()] + " " + said[found.end() :]
    if YEARLESS.search(said):
        raise _unread(said, "names a day without its year")
    if DAYLESS.search(said):
        raise _unread(said, "names a month or a year, and no day")
    return None, said


def _month(word: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month[:3] == word[:3].lower())


def _unread(said: str, why: str) -> InputError:
    return InputError(
        f"The claim '{said}' cannot be read: it {why}. Say it like '{EXAMPLE}', or give a TOML "
        "file with [[claim]] tables."
    )


def _read_toml(path: Path) -> list[Claim]:
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The claims file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is not TOML that can be read: {error}.") from error
    tables = record.get("claim")
    if not isinstance(tables, list) or not tables:
        raise InputError(
            f"{path.name} holds no claim. Write one [[claim]] table for each, with number and "
            "kind, and if known of, by, zone, quote and source."
        )
    return [_from_table(table, f"{path.name}, claim {n}") for n, table in enumerate(tables, 1)]


def _from_table(table: object, where: str) -> Claim:
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: a claim is a [[claim]] table, not {table!r}.")
    if unknown := set(table) - KEYS:
        raise InputError(
            f"{where}: unknown key {min(unknown)}. Known: {', '.join(sorted(KEYS))}."
        )
    number = table.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise InputError(
            f"{where}: number must be a whole number of buildings, not {number!r}."
        )
    kind = str(table.get("kind", Kind.DEMOLISHED.value))
    if kind not in {Kind.BUILT.value, Kind.DEMOLISHED.value}:
        raise InputError(f"{where}: kind must be built or demolished, not {kind!r}.")
    of, by, zone = table.get("of"), table.get("by"), str(table.get("zone", ""))
    if of is not None and not isinstance(of, int):
        raise InputError(f"{where}: of must be a whole number of buildings, not {of!r}.")
    quote = str(table.get("quote", "")) or " ".join(
        [f"{number}", *([f"of {of}"] if of else []), f"buildings {kind}",
         *([f"by {by}"] if by else []), *([f"in {zone}"] if zone else [])]
    )  # fmt: skip
    return Claim(
        number=number, kind=Kind(kind), of=of, by=_day(by, where), zone=zone, quote=quote,
        source=str(table.get("source", "")),
    )  # fmt: skip


def _day(value: Any, where: str) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InputError(
            f"{where}: by must be a day like 2025-12-13, not {value!r}."
        ) from error
