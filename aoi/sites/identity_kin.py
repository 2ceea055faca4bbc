"""Find which found outline continues which known compound, and which are its parts.

Outlines of one compound overlap from look to look, whatever jitter or sensor; so everything
that shares at least half of the smaller outline is *kin*.  Among kin the heirs are chosen all
at once, for the most ground in common: two that grew together, or one that fell apart, are then
settled by what fits best as a whole, not by who came first.  What is left over inside an heir's
old ground is a part of it; what is left without a found outline went into another, or is
missing.  Outlines too small to overlap even so are tied by nearness, if both are alone.

    known (K,), found (F,) ──► shift ──► kin (k, f, shared) ──► heirs one to one ──► parts, lost
                                                           └─ alone and near ─┘

Source: assignment with leftovers, ``aoi.sites.assign`` (Jonker and Volgenant 1987); tested
against SciPy's dense solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from aoi.sites.assign import NOBODY, Pairs, Whole, assign
from aoi.sites.identity_overlap import (
    SAME,
    Flags,
    Geometries,
    Meet,
    Reals,
    meet_of,
    moved,
    shift_of,
)

KIN = 0.5
"""Share of the smaller of two outlines that both cover, from which on they are kin."""

ASLEEP = 0.9
"""Weight of a compound that is no longer there against one that is: where both fit as well,
the living goes on."""

REACH = 25.0
"""Metres.  As far as an outline may jump between pictures, when neither has any kin: Sentinel-2
is placed to 12.5 m, older VHR to 23 m (CE90)."""

ALIKE = 2.0
"""Times.  Two that are only near must also be about equally large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """Who continues whom."""

    heir: Whole
    """(F,) the known compound that each found outline continues, or ``NOBODY``."""

    parent: Whole
    """(F,) for outlines that continue nobody: the living compound they were a part of."""

    into: Whole
    """(K,) for living compounds without an outline: the one whose new outline covers it."""

    near: Flags
    """(K,) without an outline, but something found lies on half of its ground or less: what
    became of it cannot be told."""

    over: Whole
    """(F,) for outlines that were taken for growth of a neighbour before: that neighbour; else
    ``NOBODY``."""

    laid: Geometries
    """(F,) the outlines of the look, laid onto those of the first."""

    shift: Reals
    """(2,) metres east and north that the look lay off the first."""

    shared: Reals
    """(F,) share of the union that an heir's two outlines both cover; NaN for others."""


@dataclass(frozen=True, slots=True)
class Known:
    """All compounds ever named, as they were last seen; K of them."""

    outline: Geometries
    asleep: Flags
    """(K,) true for those no longer there."""

    joined: Flags
    """(K,) true for those that went into another."""

    shift: NDArray[np.float64]
    """(K, 2) metres that the look which showed the outline lay off the first."""


def kin_of(people: Known, found: Geometries, whole: Flags) -> Kin:
    """Settle all outlines of one look at once.

    Ties go to the lower numbers, so sort both by something that lasts.

    Args:
        people: all compounds ever named.
        found: (F,) outlines of this look.
        whole: (F,) false for those cut by cloud or by the picture's edge.
    """
    known, asleep = moved(people.outline, -people.shift), people.asleep
    shift = shift_of(known, asleep, found, whole)
    found = moved(found, -shift)
    meet = meet_of(known, found)
    # The shape of a piece says nothing: it cannot tell one of two that joined from the whole.
    fit = whole[meet.found] | ~people.joined[meet.known]
    heir = heirs_of(meet, asleep, fit, (len(known), len(found)))
    heir = _nearest(known, found, asleep, meet, heir)
    taken = np.full(len(known), NOBODY, dtype=np.int64)
    held = np.flatnonzero(heir != NOBODY)
    taken[heir[held]] = held
    lost = ~asleep & (taken == NOBODY)
    into = _into(meet, heir, lost, known)
    touched = np.zeros(len(known), dtype=bool)
    touched[meet.known[meet.of_known >= 0.1]] = True
    return Kin(
        heir=heir,
        parent=_parents(meet, heir, taken, asleep, found),
        into=into,
        near=lost & (into == NOBODY) & touched,
        over=np.full(len(found), NOBODY, dtype=np.int64),
        laid=found,
        shift=shift,
        shared=_overlap(meet, heir),
    )


def heirs_of(meet: Meet, asleep: Flags, fit: Flags, size: tuple[int, int]) -> Whole:
    """Choose heirs for the most ground in common, similar outlines before dissimilar ones.

    Args:
        meet: P overlaps of known and found outlines.
        asleep: (K,) true for compounds no longer there.
        fit: (P,) pairs that may be chosen.
        size: K and F.

    Returns:
        (F,) the known compound each found outline continues, or ``NOBODY``.
    """
    alike = meet.shared / meet.union
    sleeps = asleep[meet.known]
    kin = fit & (np.maximum(meet.of_known, meet.of_found) >= KIN)
    kin &= ~sleeps | (alike >= SAME)
    worth = meet.shared * (1 + alike) * np.where(sleeps, ASLEEP, 1.0)
    cost = -np.round(worth * 10).astype(np.int64)
    pairs = Pairs(meet.known[kin], meet.found[kin], cost[kin])
    taken = assign(pairs, *size, alone=0)
    return _turned(taken, size[1])


def _nearest(
    known: Geometries, found: Geometries, asleep: Flags, meet: Meet, heir: Whole
) -> Whole:
    """Tie outlines that overlap nothing to the nearest compound that overlaps nothing."""
    lonely_found = heir == NOBODY
    lonely_known = ~asleep
    lonely_known[heir[heir != NOBODY]] = False
    kin = np.maximum(meet.of_known, meet.of_found) >= KIN
    lonely_found[meet.found[kin]] = False
    lonely_known[meet.known[kin]] = False
    k, f = np.flatnonzero(lonely_known), np.flatnonzero(lonely_found)
    if not len(k) or not len(f):
        return heir
    here, there = shapely.centroid(known[k]), shapely.centroid(found[f])
    at_f, at_k = shapely.STRtree(here).query(there, predicate="dwithin", distance=REACH)
    ratio = shapely.area(found[f])[at_f] / shapely.area(known[k])[at_k]
    alike = (ratio >= 1 / ALIKE) & (ratio <= ALIKE)
    at_f, at_k = at_f[alike], at_k[alike]
    order = np.lexsort((at_f, at_k))
    at_f, at_k = at_f[order], at_k[order]
    far = np.round(shapely.distance(here[at_k], there[at_f]) * 100).astype(np.int64)
    taken = assign(Pairs(at_k, at_f, far), len(k), len(f), alone=int(REACH * 100) + 1)
    new = heir.copy()
    tied = np.flatnonzero(taken != NOBODY)
    new[f[taken[tied]]] = k[tied]
    return new


def _parents(meet: Meet, heir: Whole, taken: Whole, asleep: Flags, found: Geometries) -> Whole:
    """Find of which living compound a left-over outline was a part.

    One that lies in the heir's own new outline is something inside it, not a part broken off.
    """
    parent = np.full(len(found), NOBODY, dtype=np.int64)
    part = (heir[meet.found] == NOBODY) & (meet.of_found >= KIN) & ~asleep[meet.known]
    part &= taken[meet.known] != NOBODY
    at = np.flatnonzero(part)
    f, k = meet.found[at], meet.known[at]
    inside = shapely.area(shapely.intersection(found[f], found[taken[k]]))
    at = at[inside < KIN * shapely.area(found[f])]
    for i in at[np.lexsort((meet.known[at], meet.shared[at]))].tolist():  # the largest is last
        parent[meet.found[i]] = meet.known[i]
    return parent


def _into(meet: Meet, heir: Whole, lost: Flags, known: Geometries) -> Whole:
    """Find into which compound a lost one went; those that were nested before went nowhere."""
    into = np.full(len(known), NOBODY, dtype=np.int64)
    at = np.flatnonzero(
        lost[meet.known] & (meet.of_known >= KIN) & (heir[meet.found] != NOBODY)
    )
    k, other = meet.known[at], heir[meet.found[at]]
    nested = shapely.area(shapely.intersection(known[k], known[other]))
    at = at[nested < KIN * shapely.area(known[k])]
    for i in at[np.lexsort((meet.found[at], meet.shared[at]))].tolist():
        into[meet.known[i]] = heir[meet.found[i]]
    return into


def _overlap(meet: Meet, heir: Whole) -> Reals:
    """Look up how much of their union heirs and found outlines share."""
    shared = np.full(len(heir), np.nan)
    own = heir[meet.found] == meet.known
    shared[meet.found[own]] = (meet.shared / meet.union)[own]
    shared[(heir != NOBODY) & np.isnan(shared)] = 0.0  # tied by nearness alone
    return shared


def _turned(taken: Whole, found: int) -> Whole:
    heir = np.full(found, NOBODY, dtype=np.int64)
    held = np.flatnonzero(taken != NOBODY)
    heir[taken[held]] = held
    return heir
