"""Decide once a series whether 0.1 is still in its numbers, from what each date has to say.

An archive keeps one habit for all it made alike, so its dates are asked together.  Each that
shows leaves, or ground too dark to have had anything added, has a voice; most voices win, and
where the archive's own words stand against it, twice as many are wanted.  A date of dry fields
is outvoted, a date without leaves is mended with the others.

    Witness a date ──by what the archive said──► series ──voices──► Settled: step a date, words
                                                  └─ a date that stands 0.1 apart in every band

Now and then one delivery differs from the rest of its series.  That is believed only if its
visible bands, which fields, haze and seasons change each in their own way, stand apart alike.

Source: ESA, Sentinel-2 processing baseline 04.00; Element 84, earth-search issues 24 and 66.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from geo.prepare.numbers import Verdict, mended

AGAINST = 2
"""Times as many voices as those against them, where the archive said something else."""

ALIKE = 0.015
"""Reflectance by which the darkest ground of a band may differ from 0.1 above its series."""

VISIBLE = ("blue", "green", "red")
"""Bands by which a date is held against its series."""

PEERS = 2
"""Dates without which none can be said to stand apart."""

SINCE = "04.00"
"""The first baseline that adds anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one scene has to say."""

    scene: str
    """Its id."""

    series: str
    """Archive and collection, which it shares with all that was made alike."""

    told: float
    """Reflectance that the archive says to add."""

    told_by: str
    """Which of its words said so; empty when none did."""

    baseline: str
    """Of the processing; empty when unknown."""

    verdict: Verdict
    red: float | None
    """Red reflectance of leaves by the archive's word; ``None`` without leaves."""

    pixels: int
    """Of leaves."""

    floor: float | None
    """Reflectance of the darkest ground in the darkest band; ``None`` where too little was
    seen."""

    bare: bool
    """Whether that is too dark for anything to have been added."""

    lows: Mapping[str, float] = field(default_factory=dict)
    """Reflectance of the darkest ground by band."""

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return asdict(self) | {"verdict": self.verdict.value, "lows": dict(self.lows)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what ``to_dict`` gave."""
        return cls(**dict(kept) | {"verdict": Verdict(kept["verdict"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was decided."""

    steps: Mapping[str, float]
    """By scene: reflectance to add beyond the archive's word; scenes without one get 0."""

    words: Mapping[str, str]
    """By scene: a sentence, at the first of those it speaks of; also for doubts that were not
    followed."""


def settle(witnesses: Sequence[Witness]) -> Settled:
    """Decide for every series, then for those of its dates that stand apart."""
    series: dict[tuple[str, float, str], list[Witness]] = defaultdict(list)
    for witness in witnesses:
        word = witness.told_by.partition(" ")[0]  # "baseline 05.11" and "05.10" are one habit
        series[witness.series, witness.told, word].append(witness)
    steps: dict[str, float] = {}
    words: dict[str, str] = {}
    for own in series.values():
        verdict = _common(own)
        if verdict is not None:
            steps |= {w.scene: mended(0.0, verdict) for w in own}
            words[own[0].scene] = _sentence(own, verdict)
        for one in own if verdict is None else ():
            if _apart(one, own):
                steps[one.scene] = mended(0.0, one.verdict)
                words[one.scene] = _sentence([one], one.verdict)
            elif _wrong(one):
                words[one.scene] = _doubt(one)
    return Settled(steps=steps, words=words)


def _common(own: Sequence[Witness]) -> Verdict | None:
    """Tell what most voices of a series say is wrong; ``None`` if nothing is."""
    content = sum(w.verdict == Verdict.FINE or (w.bare and not _wrong(w)) for w in own)
    weight = AGAINST if any(w.told_by for w in own) else 1
    for verdict in (Verdict.ADDED, Verdict.REMOVED):
        voices = sum(w.verdict == verdict for w in own)
        against = content + sum(_wrong(w) and w.verdict != verdict for w in own)
        if voices > weight * against and not (verdict == Verdict.ADDED and _before(own)):
            return verdict
    return None


def _before(own: Sequence[Witness]) -> bool:
    """Tell whether all is known to be made before anything was added."""
    return all(w.baseline and w.baseline < SINCE for w in own)


def _wrong(witness: Witness) -> bool:
    return witness.verdict in (Verdict.ADDED, Verdict.REMOVED)


def _apart(one: Witness, own: Sequence[Witness]) -> bool:
    """Tell whether a date stands 0.1 apart from its series, the same way in every band."""
    if not _wrong(one) or (one.verdict == Verdict.ADDED and _before([one])):
        return False
    peers = [w for w in own if w is not one and not _wrong(w) and set(w.lows) == set(one.lows)]
    # Infrared is left out: its darkest ground is water one day and leaf litter the next.
    bands = [band for band in one.lows if band in VISIBLE] or list(one.lows)
    if len(peers) < PEERS or len(bands) < 2:
        return False
    wanted = -mended(0.0, one.verdict)
    gaps = [
        one.lows[band] - float(np.median([w.lows[band] for w in peers])) - wanted
        for band in bands
    ]
    return max(abs(gap) for gap in gaps) <= ALIKE


def _sentence(own: Sequence[Witness], verdict: Verdict) -> str:
    """Say what was found, and what was done about it."""
    step = mended(0.0, verdict)
    loud = [w for w in own if w.verdict == verdict]
    red = float(np.median([w.red for w in loud if w.red is not None]))
    first = own[0]
    who = first.scene if len(own) == 1 else f"{first.series}, {len(own)} scenes"
    voices = "" if len(own) == 1 else f" on {len(loud)} of {_heard(own)} dates that can tell"
    return (
        f"{who}: the archive says to add {first.told:g} ({first.told_by or 'unsaid'}), but "
        f"leaves have a red reflectance of {red:.3f}{voices}: {verdict}. "
        f"{first.told + step:g} was added instead."
    )


def _doubt(one: Witness) -> str:
    """Say that a date was outvoted."""
    return (
        f"{one.scene}: leaves have a red reflectance of {one.red:.3f}, as if {one.verdict}; "
        f"the other dates do not bear that out, so {one.told:g} was added as its archive says. "
        "Look at its colours before you compare it with others."
    )


def _heard(own: Sequence[Witness]) -> int:
    return sum(w.verdict != Verdict.UNKNOWN or w.bare for w in own)
