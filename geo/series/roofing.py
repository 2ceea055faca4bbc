"""Date the roofs of a site: when the first stood, and when they covered it.

Cleared ground is the most even ground there is.  Roofs beside yards are the most motley, and
every block that goes up makes the ground around it so.  So the share of the place that is
motley, look by look, falls when it is cleared, rises with the first roofs and stays up.

    looks of one undertaking ──motley ground──► share (T,) ──median of three──► low, high
        ──► first roofs: above a fifth of the rise     ──► covered: above nine tenths

The share itself is in no unit of colour, so seasons, haze and paint hardly move it.

Source: measured on compounds drawn into real Sentinel-2 ground (docs/results/monitor.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.series.events import OPENINGS, Event
from geo.series.looks import Looks, Stack
from geo.series.names import Phase
from geo.series.texture import motley_share
from geo.series.years import HITS

COVERED = 0.7
"""Share of the place that is motley when roofs cover it.  Of real fields, suburbs and woods it
was .6 at most."""

RISE = 0.4
"""Least rise of the share from its lowest to its highest."""

FIRST, ALL = 0.2, 0.9
"""Parts of the rise at which the first roofs stand, and at which they cover the place."""


@dataclass(frozen=True, slots=True)
class Roofs:
    """Between which looks roofs went up; numbers of looks."""

    begun: tuple[int, int]
    """Last look without roofs, first with some."""

    covered: tuple[int, int]
    """Last look without roofs all over, first with them."""


def tell_roofs(
    events: Sequence[Event], looks: Looks, inside: NDArray[np.bool_], curve: Stack
) -> tuple[Event, ...]:
    """Date the phases of everything that was built.

    What was told as cleared or levelled, and is covered with roofs by and by without a step
    that stands out, is built as well.

    Args:
        events: of one place, oldest first.
        looks: unveiled.
        inside: (H, W) its pixels.
        curve: (T, F) mean of the place; NaN where a look is not usable.
    """
    usable = np.flatnonzero(np.isfinite(curve[:, 0]))
    ends = [*(event.first_with for event in events), len(curve)][1:]
    told = []
    for event, end in zip(events, ends, strict=True):
        if {phase for phase, _, _ in event.phases} <= OPENINGS:
            span = usable[(usable >= event.last_without) & (usable < end)]
            roofs = find_roofs(looks, inside, span)
            told.append(event if roofs is None else _with(event, roofs))
        else:
            told.append(event)
    return tuple(told)


def _with(event: Event, roofs: Roofs) -> Event:
    """Tell an event by its roofs; where looks show it without any, it was cleared first."""
    onset = event.last_without, event.first_with
    phases = [(Phase.BUILDING, *roofs.begun), (Phase.ROOFED, *roofs.covered)]
    if roofs.begun[0] >= event.first_with:
        phases.insert(0, (Phase.CLEARED, *onset))
    return replace(event, kind="built", phases=tuple(phases))


def find_roofs(
    looks: Looks, inside: NDArray[np.bool_], which: NDArray[np.intp]
) -> Roofs | None:
    """Find when roofs went up.

    Args:
        looks: unveiled.
        inside: (H, W) pixels of the place.
        which: numbers of usable looks: the last one without the change, and all from the first
            with it until something else becomes of the place; rising.

    Returns:
        ``None`` where none went up, where they do not last three looks, and for radar.
    """
    share = motley_share(looks, inside, which)
    told = np.isfinite(share)
    which, share = which[told], _calm(share[told])
    if len(which) < 1 + HITS:
        return None
    high = float(np.sort(share[1:])[-HITS])
    top = 1 + int(np.flatnonzero(share[1:] >= high)[0])
    low = float(share[1 : top + 1].min())
    if low > high / 2:  # no look shows it cleared and empty
        low = float(share[0])
    if high < COVERED or high - low < RISE:
        return None
    begun, covered = (_upward(share, low + part * (high - low)) for part in (FIRST, ALL))
    return Roofs(
        (int(which[begun - 1]), int(which[begun])),
        (int(which[covered - 1]), int(which[covered])),
    )


def _upward(share: NDArray[np.float64], level: float) -> int:
    """Find the look from which the share is above a level, until it is highest."""
    below = np.flatnonzero(share[: int(share.argmax())] <= level)
    return int(below[-1]) + 1 if len(below) else 1


def _calm(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the median of each look and its neighbours, so that no single one tells."""
    if len(share) < HITS:
        return share
    near = np.stack([share[:-2], share[1:-1], share[2:]])
    return np.concatenate([share[:1], np.median(near, axis=0), share[-1:]])
