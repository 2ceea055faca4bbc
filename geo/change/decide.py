"""Decide what became of each building, with a probability that means what it says.

Two dates, a roof or none on each: four states.  The net's score speaks for each date alone; the
likeness of the two pictures speaks for both together, for a place that looks the same has
hardly changed, whatever the net thought on a hazy day.

    state (no, no)  (roof, no)   (no, roof)   (roof, roof)
    weight    0     l1 - cost    l2 - cost     l1 + l2 + e      l = a logit(score) + b
                                               cost = how alike the two pictures look

    Evidence ──► softmax of the four ──► and was the standing roof altered? ──► Decisions

Exchange the dates and *built* becomes *demolished* with the same numbers: the formula has no
other side.  Its dozen numbers were fitted to drawn pairs and to pairs made of two single dates
(``scripts/fit-change``); no real pair was used.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The numbers of the formula."""

    roof: tuple[float, float]
    """a and b: what a score of roof is worth."""

    both: float
    """e: how much likelier roofs are that stand on both dates."""

    cost: tuple[float, float, float, float]
    """Of a change: at all, per likeness of edges, of light, per distance of colour."""

    altered: tuple[float, float, float, float, float]
    """At all, per likeness of edges, of light, per distance of colour, per growth."""


SHIPPED = Weights(
    roof=(1.0, 0.0),
    both=0.0,
    cost=(0.0, 3.0, 3.0, -5.0),
    altered=(-1.0, -3.0, -3.0, 5.0, 1.0),
)
"""Fitted 2026-11-22; see docs/results/change.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """One row a unit."""

    chance: NDArray[np.float64]
    """(N, 4) probabilities of ``SEEN``; rows sum to 1; NaN where nothing could be seen."""

    roofless: NDArray[np.float64]
    """(N,) probability that no roof stood there on either date; part of *unchanged*."""

    kinds: tuple[Kind, ...]
    """The likeliest kind, or *not observable*."""

    confidence: NDArray[np.float64]
    """(N,) probability of that kind; NaN for *not observable*."""


def decide(
    evidence: Evidence, hidden: Sequence[Hidden], weights: Weights = SHIPPED
) -> Decisions:
    """Decide every unit.

    Args:
        evidence: one row a unit.
        hidden: what hid each of them; those, and those never measured, are not decided.
        weights: of the formula.

    Raises:
        ShapeError: the two are not of the same units.
    """
    count = len(evidence.roof_one)
    if len(hidden) != count:
        raise ShapeError(f"{count} units cannot carry {len(hidden)} words on what hid them.")
    states = chances(evidence, weights)
    altered = expit(_altered(evidence, weights))
    stood = states[:, 3]
    chance = np.stack(
        [states[:, 0] + stood * (1 - altered), states[:, 2], states[:, 1], stood * altered], 1
    )
    unseen = np.array([bool(h) for h in hidden], np.bool_) | ~np.isfinite(chance).all(1)
    chance[unseen] = np.nan
    best = np.where(unseen, 0, np.nan_to_num(chance).argmax(1))
    kinds = tuple(
        Kind.NOT_OBSERVABLE if lost else SEEN[i] for i, lost in zip(best, unseen, strict=True)
    )
    return Decisions(
        chance=chance,
        roofless=np.where(unseen, np.nan, states[:, 0]),
        kinds=kinds,
        confidence=chance[np.arange(count), best],
    )


def chances(evidence: Evidence, weights: Weights) -> NDArray[np.float64]:
    """Give the probabilities of the four states.

    Returns:
        (N, 4): no roof on either date, on the first only, on the second only, on both.
    """
    a, b = weights.roof
    one, other = (
        a * logit(np.clip(roof, SURE, 1 - SURE)) + b
        for roof in (evidence.roof_one, evidence.roof_other)
    )
    at_all, edges, light, colour = weights.cost
    cost = at_all + edges * evidence.edges + light * evidence.light + colour * evidence.colour
    logits = np.stack([0 * one, one - cost, other - cost, one + other + weights.both], 1)
    answer: NDArray[np.float64] = softmax(logits, axis=1)
    return answer


def _altered(evidence: Evidence, weights: Weights) -> NDArray[np.float64]:
    at_all, edges, light, colour, growth = weights.altered
    answer: NDArray[np.float64] = (
        at_all
        + edges * evidence.edges
        + light * evidence.light
        + colour * evidence.colour
        + growth * np.abs(evidence.growth)
    )
    return answer
