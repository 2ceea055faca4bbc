"""Decide what became of each building, with a probability that means what it says.

Two dates, a roof or none on each: four states.  The net's score speaks for each date alone; the
likeness of the two pictures speaks for both together, for a place that looks the same has
hardly changed, whatever the net thought on a hazy day.

    neither        0
    first only     s + l1 - cost + h1   l = a logit(score) + f logit(form) + c contrast + b
    second only    s + l2 - cost + h2   s = the shape of the outline
    both           s + l1 + l2 + e      cost = how alike the two pictures look
                                        h = what a change head says, where there is one

    Evidence ──► softmax of the four ──► and was the standing roof altered? ──► Decisions

A standing roof was altered when a part of it went or came, or when it was painted anew.

Exchange the dates and *built* becomes *demolished* with the same numbers: the formula has no
other side.  Its numbers are fitted by ``scripts/fit-change`` (``geo/change/weights.toml``).

Source: a two-node Markov random field (S. Li, Markov Random Field Modeling, 2009) with a
contrast-sensitive coupling; temperature by maximum likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from geo.change.evidence import Evidence
from geo.change.observe import Hidden
from geo.change.weights import Weights, shipped
from geo.errors import ShapeError


class Kind(StrEnum):
    """What became of a building; the values of ``changes.kind``."""

    UNCHANGED = "unchanged"
    BUILT = "built"
    DEMOLISHED = "demolished"
    ALTERED = "altered"
    NOT_OBSERVABLE = "not_observable"


SEEN = (Kind.UNCHANGED, Kind.BUILT, Kind.DEMOLISHED, Kind.ALTERED)
"""Kinds that have a probability, in the order of its columns."""

SURE = 0.02
"""Scores nearer to 0 or 1 count as this near; a net is never surer than that."""

UNLISTED = 4.0
"""Log-odds against a footprint of a list being no building on either date: one in fifty."""


EVEN = 0.5
"""Probability up to which no building is called *altered*: a false word of damage is worse than
a missed one, which the note still tells."""

FAINT = 0.2
"""Score under which a net sees no roof.  What it sees on neither date is called *built* or
*demolished* above ``EVEN`` only: the likeness of the pictures may tell, a guess may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """One row a unit."""

    chance: NDArray[np.float64]
    """(N, 4) probabilities of ``SEEN``; rows sum to 1; NaN where nothing could be seen."""

    roofless: NDArray[np.float64]
    """(N,) probability that no roof stood there on either date; part of *unchanged*."""

    nothing: NDArray[np.bool_]
    """(N,) true where that is so likely that the unit is taken for no building at all."""

    kinds: tuple[Kind, ...]
    """The likeliest kind, given that it is a building, or *not observable*; *unchanged* stands
    for *altered* as well up to ``EVEN``."""

    confidence: NDArray[np.float64]
    """(N,) probability of that kind; NaN for *not observable*."""

    def exchanged(self) -> Decisions:
        """Tell the same with the dates exchanged: what was built was demolished."""
        other = {Kind.BUILT: Kind.DEMOLISHED, Kind.DEMOLISHED: Kind.BUILT}
        return Decisions(
            chance=self.chance[:, [0, 2, 1, 3]],
            roofless=self.roofless,
            nothing=self.nothing,
            kinds=tuple(other.get(kind, kind) for kind in self.kinds),
            confidence=self.confidence,
        )


def decide(
    evidence: Evidence,
    hidden: Sequence[Hidden],
    weights: Weights | None = None,
    *,
    listed: bool = False,
) -> Decisions:
    """Decide every unit.

    Args:
        evidence: one row a unit.
        hidden: what hid each of them; those, and those never measured, are not decided.
        weights: of the formula; those of ``geo.change.weights`` that belong to such units.
        listed: the units are footprints of somebody's list.

    Raises:
        ShapeError: the two are not of the same units.
    """
    count = len(evidence.roof_one)
    if len(hidden) != count:
        raise ShapeError(f"{count} units cannot carry {len(hidden)} words on what hid them.")
    headed = bool(np.isfinite(evidence.turned_one).any())
    weights = weights or shipped().weights(listed=listed, headed=headed)
    states = chances(evidence, weights, listed=listed)
    altered = expit(_altered(evidence, weights))
    stood = states[:, 3]
    chance = np.stack(
        [states[:, 0] + stood * (1 - altered), states[:, 2], states[:, 1], stood * altered], 1
    )
    unseen = np.array([bool(h) for h in hidden], np.bool_) | ~np.isfinite(chance).all(1)
    chance[unseen] = np.nan
    # The likeliest kind of what is a building at all; what never was one has not changed.
    nothing = ~unseen & (states[:, 0] > weights.nothing)
    told = chance - np.outer(np.where(nothing, 0, states[:, 0]), (1, 0, 0, 0))
    # Altered or not, it stood: both together are held against built and demolished.
    as_it_was, changed = SEEN.index(Kind.UNCHANGED), SEEN.index(Kind.ALTERED)
    hardly = chance[:, changed] <= EVEN
    told[hardly, as_it_was] += chance[hardly, changed]
    told[hardly, changed] = 0
    best = np.where(unseen, 0, np.nan_to_num(told).argmax(1))
    confidence = chance[np.arange(count), best]
    # Nobody saw a roof, and no change is likely: what became of it cannot be told.
    faint = np.fmax(evidence.roof_one, evidence.roof_other) < FAINT
    turned = np.isin(best, [SEEN.index(Kind.BUILT), SEEN.index(Kind.DEMOLISHED)])
    lost = unseen | (faint & turned & ~nothing & (confidence <= EVEN))
    kinds = tuple(
        Kind.NOT_OBSERVABLE if gone else SEEN[i] for i, gone in zip(best, lost, strict=True)
    )
    return Decisions(
        chance=chance,
        roofless=np.where(unseen, np.nan, states[:, 0]),
        nothing=nothing,
        kinds=kinds,
        confidence=np.where(lost, np.nan, confidence),
    )


def chances(
    evidence: Evidence, weights: Weights, *, listed: bool = False
) -> NDArray[np.float64]:
    """Give the probabilities of the four states.

    Args:
        evidence: one row a unit.
        weights: of the formula.
        listed: somebody says that these are buildings; then *none on either date* needs the
            net to see none at all.

    Returns:
        (N, 4): no roof on either date, on the first only, on the second only, on both.
    """
    score, out, at_all = weights.roof
    square, size = weights.shape
    one, other = (
        score * _logit(roof)
        + out * stands_out
        + weights.form * _logit(form)
        + weights.rim * rim
        + at_all
        for roof, stands_out, form, rim in (
            (evidence.roof_one, evidence.stands_out_one, evidence.form_one, evidence.rim_one),
            (evidence.roof_other, evidence.stands_out_other, evidence.form_other,
             evidence.rim_other),
        )
    )  # fmt: skip
    slope, headed = weights.head
    went, came = (
        np.where(np.isfinite(turned), slope * _logit(turned) + headed, 0)
        for turned in (evidence.turned_one, evidence.turned_other)
    )
    shape = square * (evidence.square - 0.7) + size * (evidence.size - 2)
    none, edges, light, colour = weights.cost
    cost = none + edges * evidence.edges + light * evidence.light + colour * evidence.colour
    logits = np.stack(
        [
            np.full(len(one), -UNLISTED if listed else 0.0),
            shape + one - cost + went,
            shape + other - cost + came,
            shape + one + other + weights.both,
        ],
        axis=1,
    )
    answer: NDArray[np.float64] = softmax(logits, axis=1)
    return answer


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = logit(np.clip(share, SURE, 1 - SURE))
    return answer


def _altered(evidence: Evidence, weights: Weights) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = altered_terms(evidence) @ np.array(weights.altered)
    return answer


def altered_terms(evidence: Evidence) -> NDArray[np.float64]:
    """Give what speaks for a standing roof having been altered, in the order of its weights.

    Returns:
        (N, 5): one, likeness of light, painted, odd, the larger part that went or came.
    """
    part = np.maximum(evidence.part_one, evidence.part_other)
    return np.stack(
        [np.ones(len(part)), evidence.light, evidence.painted, evidence.odd, part], axis=1
    )
