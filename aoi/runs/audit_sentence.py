"""Read a claim from one sentence as people say it.

    sentence ──► day, bounds, zone, verb taken out ──► one number, alone or of a whole ──► Claim

Nothing is guessed: what says no number, no verb we know or no day by which, and what says more
than one of them, is refused.  So is any number that is left over once the claim is taken out,
for nobody knows which of the two was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aoi.runs.audit_days import day_of
from aoi.runs.audit_refusals import refuse, unread
from geo.change.bounds import Claim
from geo.change.decide import Kind

VERBS: Mapping[Kind, str] = {
    Kind.DEMOLISHED: r"demolish\w*|destroy\w*|torn down|razed|flattened|pulled down|levell?ed|"
    r"dismantl\w*|removed",
    Kind.BUILT: r"built|erected|constructed|completed|new(?:ly)?",
}
"""What people say for it."""

NUMBER = r"(?<![\w.])(?<!\d,)(?:\d{1,3}(?:[ ,.'\u2019]\d{3})+|\d+)\b(?!\s*(?:%|per\s?cent))"
"""A whole number, its thousands parted as anybody parts them."""

WHOLE = rf"(?:out\s+)?of\s+(?:the\s+|its\s+|a\s+total\s+of\s+)?(?P<of>{NUMBER})"

COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w.,])(?P<share>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)\s+{WHOLE}",
        rf"(?P<number>{NUMBER}|\ball|\bnone)\s+{WHOLE}",
        rf"\b(?P<number>all)\s+(?:the\s+)?(?P<of>{NUMBER})",
        r"\b(?P<number>none|no(?!\s+longer)(?=\s+(?:\w+\s+)?(?:building|structure|house|roof)s?))\b",
        rf"(?P<number>{NUMBER})",
    )
)
"""How a number is said, the form that says most first."""

OF = re.compile(r"(?<!total )(?<!number )\bof\s+(?:all\s+)?(?:the\s+|its\s+)?$", re.IGNORECASE)
"""What makes the number that follows a whole of which no part was read."""

BELOW_NOUGHT = re.compile(r"(?:^|\s)[-\u2212]\d")
"""A number with a minus before it; a dash between words and numbers has none before it."""

AT_LEAST = re.compile(
    r"\b(?:at\s+(?:the\s+)?(?:very\s+)?least|(?:no|not)\s+(?:fewer|less)\s+than)\b",
    re.IGNORECASE,
)
"""What every claim means that names a number."""

YEARS = range(1900, 2100)
"""Numbers that are taken for a year, unless parted (2,025) or of a whole."""

ZONE = re.compile(
    r"\bin\s+(?:the\s+)?((?:zone|sector|section|block|part|area)\s+[\w-]+)", re.IGNORECASE
)

ZONES = re.compile(
    r"\b(?:zones|sectors)\b|\b(?:zone|sector)\s+[\w-]+,?\s+(?:and|or|&)\s+"
    r"(?:(?:in\s+)?(?:the\s+)?(?:zone|sector)\b|[a-z]\b)",
    re.IGNORECASE,
)
"""More zones than one."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number as it stands in a sentence."""

    number: int
    of: int | None
    left: str
    """The sentence without it."""


def read_sentence(text: str) -> Claim:
    """Read a claim from one sentence.

    Raises:
        InputError: number, verb or day cannot be read, or it says two things.
    """
    said = " ".join(text.split())
    kind = _kind(said)
    by, rest = day_of(said)
    bounded = AT_LEAST.search(rest) is not None
    rest = AT_LEAST.sub(" ", rest)
    refuse(rest, said)
    if ZONES.search(rest):
        raise unread(said, "names more than one zone; claim each by itself")
    zone = ZONE.search(rest)
    if zone:
        rest = rest.replace(zone.group(0), " ")
    count = _count(rest, said)
    if any(sign.isnumeric() for sign in count.left):
        raise unread(said, f"names another number beside {count.number}")
    if bounded and count.number == 0:
        raise unread(said, "says at least none, which is always true")
    return Claim(
        number=count.number,
        kind=kind,
        of=count.of,
        by=by,
        zone=zone.group(1) if zone else "",
        quote=said,
    )


def _kind(said: str) -> Kind:
    kinds = [
        kind
        for kind, words in VERBS.items()
        if re.search(rf"\b(?:{words})\b", said, re.IGNORECASE)
    ]
    if not kinds:
        raise unread(said, "says neither built nor demolished")
    if len(kinds) > 1:
        raise unread(said, "says both built and demolished")
    return kinds[0]


def _count(rest: str, said: str) -> Count:
    """Find the number, and give the sentence without it."""
    if BELOW_NOUGHT.search(rest):
        raise unread(said, "names a number below nought")
    found = next((found for form in COUNTS if (found := form.search(rest))), None)
    if found is None:
        every = re.search(r"\ball\b", rest, re.IGNORECASE)
        raise unread(
            said,
            "says all, and not of how many" if every else "names no number of buildings",
        )
    parts = found.groupdict()
    if OF.search(rest[: found.start()]):
        raise unread(said, f"names a whole of {found.group(0)} and no part of it")
    of = _whole(parts["of"]) if parts.get("of") else None
    word = (parts.get("number") or "").lower()
    if of is None and word.isdecimal() and int(word) in YEARS:
        raise unread(
            said, f"names {word}, which may be a year; a number is written {int(word):,}"
        )
    left = f"{rest[: found.start()]} {rest[found.end() :]}"
    return Count(_number(word, parts.get("share"), of), of, left)


def _number(word: str, share: str | None, of: int | None) -> int:
    if share is not None:
        return round(float(share) / 100 * (of or 0))
    if word in {"none", "no"}:
        return 0
    return of or 0 if word == "all" else _whole(word)


def _whole(text: str) -> int:
    return int(re.sub(r"\D", "", text))
