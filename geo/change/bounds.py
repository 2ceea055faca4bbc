"""Count what is sure, what is doubtful and what nobody could see; and judge a claim by it.

    decisions of one zone ──► Tally: sure <= with doubtful <= with unseen ──► verdict of a claim

**At least** counts the buildings of the claimed kind that are sure (``SURE``).  **Probably**
adds the doubtful ones: less sure, or altered, for a half-pulled-down house is on somebody's
list of demolished ones.  **At most** adds those nobody could see.  A claim of *n* is
*supported* when at least n are sure, *not supported* when at most fewer than n can be, and else
nobody *can tell*. A claim of *none* turns this round: one that is sure refutes it, and only
where none can be is it supported.  Dates count as well: a picture taken before the claimed day
cannot tell what came after, one taken long after cannot tell what came before.  Where even the
first picture is from after the claimed day, only what stood on it speaks: that was not
demolished by then, and what was gone already nobody can see.

Source: the counts that AFP (November 2025) and the Centre for Information Resilience
(info-res.org, *Investigation into the destruction of KK Park*) made by hand on imagery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from geo.change.decide import SEEN, Decisions, Kind
from geo.errors import InputError

SURE = 0.8
"""Probability from which a change counts as sure."""

DOUBT = 0.1
"""Probability from which a change may still be."""

GRACE = 7
"""Days after the claimed date within which a picture still speaks for it."""

RULE = (
    f"A building counts as sure from a confidence of {SURE:.0%} on. A claim is supported when "
    "at least as many buildings as it names are sure; not supported when even with every "
    "doubtful and every unseen building fewer are possible; else nobody can tell. A picture "
    f"taken before the claimed date cannot refute a claim, and one taken over {GRACE} days "
    "after it cannot confirm it. A claim of none is supported when no building is possible and "
    "not supported when one is sure; there a picture from before the date cannot confirm, and "
    "one from long after cannot refute. Where the earlier picture too was taken after the "
    "claimed date, the changes between both came too late to count: what stood on it had not "
    "been demolished, what did not had not been built, and else nobody can tell."
)
"""The rule as a page prints it."""


class Verdict(StrEnum):
    """What can be said of a claim."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many buildings of a zone have one kind of change."""

    buildings: int
    """In all."""

    sure: int
    """Of the kind, and sure: at least so many."""

    doubtful: int
    """May be of the kind, or altered."""

    unseen: int
    """Could not be seen."""

    altered: int = 0
    """Standing but changed, sure or not; those of them that are doubtful are counted there."""

    stood: int = 0
    """Stood on the earlier picture, and sure, whatever became of them."""

    @property
    def at_least(self) -> int:
        """The lower bound."""
        return self.sure

    @property
    def probably(self) -> int:
        """With the doubtful ones."""
        return self.sure + self.doubtful

    @property
    def at_most(self) -> int:
        """The upper bound."""
        return self.sure + self.doubtful + self.unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody said."""

    number: int
    """How many buildings."""

    kind: Kind = Kind.DEMOLISHED
    """``demolished`` or ``built``."""

    of: int | None = None
    """Of how many, as they said."""

    by: date | None = None
    """By which day."""

    zone: str = ""
    """Where; empty for the whole place."""

    quote: str = ""
    """In their words."""

    source: str = ""
    """Who said it, where."""

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        if self.number < 0 or (self.of is not None and self.of < max(1, self.number)):
            raise InputError(
                f"A claim of {self.number} of {self.of} buildings cannot be meant: the part is "
                "larger than the whole, or negative."
            )
        if self.kind not in {Kind.BUILT, Kind.DEMOLISHED}:
            raise InputError(f"A claim says built or demolished, not {self.kind}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim beside what was seen."""

    claim: Claim
    tally: Tally
    verdict: Verdict
    why: str
    """One sentence."""

    notes: tuple[str, ...] = ()
    """What a reader must know besides."""


def tally(decisions: Decisions, kind: Kind, rows: Sequence[int] | None = None) -> Tally:
    """Count one kind of change among some units.

    Args:
        decisions: of every unit.
        kind: ``built`` or ``demolished``.
        rows: of the zone; all units when ``None``.
    """
    picked = np.arange(len(decisions.kinds)) if rows is None else np.asarray(rows, int)
    kinds = np.array([decisions.kinds[i] for i in picked], object)
    chance = decisions.chance[picked][:, SEEN.index(kind)] if len(picked) else np.zeros(0)
    unseen = kinds == Kind.NOT_OBSERVABLE
    sure = ~unseen & (chance >= SURE)
    altered = kinds == Kind.ALTERED
    doubtful = ~unseen & ~sure & ((chance >= DOUBT) | altered)
    bare = decisions.chance[picked, SEEN.index(Kind.BUILT)] + decisions.roofless[picked]
    stood = ~unseen & (1 - bare >= SURE)
    return Tally(
        buildings=len(picked), sure=int(sure.sum()), doubtful=int(doubtful.sum()),
        unseen=int(unseen.sum()), altered=int(altered.sum()), stood=int(stood.sum()),
    )  # fmt: skip


def judge(
    claim: Claim,
    counted: Tally,
    *,
    seen_until: date | None,
    seen_from: date | None = None,
) -> Finding:
    """Judge a claim by the rule.

    Args:
        claim: what was said.
        counted: what was seen of its kind in its zone.
        seen_until: day of the later picture, if known.
        seen_from: day of the earlier picture, if known.
    """
    by = claim.by
    if by is not None and seen_from is not None and by < seen_from:
        verdict, why = _of_before(counted, claim, seen_from)
    else:
        verdict, why = _of_between(counted, claim, seen_until)
    return Finding(
        claim=claim,
        tally=counted,
        verdict=verdict,
        why=why,
        notes=_notes(claim, counted, seen_from, seen_until),
    )


def _of_before(counted: Tally, claim: Claim, first: date) -> tuple[Verdict, str]:
    """Judge a claim of a day before both pictures by what stood on the first."""
    n, word = claim.number, claim.kind.value
    whole = claim.of
    if claim.kind is Kind.BUILT:
        whole = max(claim.of or 0, counted.buildings)
        still, state = counted.sure, "did not stand yet"
    else:
        # Of a part of the ledger as many may stand as lie outside it.
        beyond = max(0, counted.buildings - (whole or 0))
        still, state = max(0, counted.stood - beyond), "still stood"
    told = f"The earlier picture is of {first}, after {claim.by}"
    if whole is not None:
        most = whole - still
        told = f"{told}: {still} of {whole} {state}, so at most {most} were {word} by then"
        if most < n:
            return Verdict.NOT_SUPPORTED, f"{told}, fewer than {n}."
        if n == most == 0:
            return Verdict.SUPPORTED, f"{told}."
    return Verdict.CANNOT_TELL, f"{told}. What happened before it nobody can see."


def _of_between(counted: Tally, claim: Claim, seen_until: date | None) -> tuple[Verdict, str]:
    """Judge a claim by what changed between the pictures, and by the day of the later one."""
    early = claim.by is not None and seen_until is not None and seen_until < claim.by
    late = (
        claim.by is not None and seen_until is not None and (seen_until - claim.by).days > GRACE
    )
    if claim.number == 0:
        verdict, why = _of_none(counted, claim, early=early, late=late)
    else:
        verdict, why = _of_some(counted, claim, early=early, late=late)
    if verdict is Verdict.CANNOT_TELL and (early or late):
        why = f"{why} The later picture is of {seen_until}, the claim of {claim.by}."
    return verdict, why


def _of_some(counted: Tally, claim: Claim, *, early: bool, late: bool) -> tuple[Verdict, str]:
    n, low, high, word = claim.number, counted.at_least, counted.at_most, claim.kind.value
    if high < n:
        verdict = Verdict.CANNOT_TELL if early else Verdict.NOT_SUPPORTED
        return verdict, f"At most {high} can be {word}, fewer than {n}."
    if low >= n:
        verdict = Verdict.CANNOT_TELL if late else Verdict.SUPPORTED
        return verdict, f"At least {low} are {word}, no fewer than {n}."
    return Verdict.CANNOT_TELL, f"Between {low} and {high} are {word}; {n} may be true or not."


def _of_none(counted: Tally, claim: Claim, *, early: bool, late: bool) -> tuple[Verdict, str]:
    low, high, word = counted.at_least, counted.at_most, claim.kind.value
    if low > 0:
        verdict = Verdict.CANNOT_TELL if late else Verdict.NOT_SUPPORTED
        return verdict, f"At least {low} are {word}, and the claim is of none."
    if high == 0:
        verdict = Verdict.CANNOT_TELL if early else Verdict.SUPPORTED
        return verdict, f"None can be {word}."
    return Verdict.CANNOT_TELL, f"Up to {high} may be {word}, and none is sure."


def _notes(
    claim: Claim, counted: Tally, seen_from: date | None, seen_until: date | None
) -> tuple[str, ...]:
    notes = []
    if claim.of is not None and claim.of != counted.buildings:
        notes.append(
            f"The claim speaks of {claim.of} buildings; this ledger has {counted.buildings}."
        )
    if claim.by is None:
        notes.append("The claim names no date; it is judged by the later picture alone.")
    else:
        notes += [
            f"Nobody knows when the {which} picture was taken; its date was not weighed."
            for which, day in (("earlier", seen_from), ("later", seen_until))
            if day is None
        ]
    if counted.altered:
        notes.append(
            f"Standing, but altered: {counted.altered}. Such buildings count as doubtful."
        )
    return tuple(notes)
