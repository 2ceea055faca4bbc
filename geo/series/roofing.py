"""Date the roofs of a site: when the first stood, and when they covered it.

Cleared ground is the most even ground there is.  Roofs beside yards are the most motley, and
every block that goes up makes the ground around it so.  So the share of the place that is
motley, look by look, falls when it is cleared, rises with the first roofs and stays up.

    looks of one undertaking ──uneven ground──► share (T,) ──median of three──► low, high
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
from geo.series.texture import unevenness
from geo.series.years import HITS

SHARE = 0.7, 0.4
"""Share of the place that is motley when roofs cover it (of real fields, suburbs and woods it
was .6 at most), and its least rise from what it was when the ground was bare."""

GRAIN = 0.35, 0.25
"""The same of the spread of its lightness, in least changes: of bare ground .05 to .15, of
roofs .35 to .9.  Fields have that too: it counts only where clearing and then another surface
were told."""

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
            roofs = find_roofs(looks, inside, span, steps=len(event.phases))
            if roofs and (event.kind == "built" or _was_empty(event, roofs)):
                told.append(_with(event, roofs))
                continue
        told.append(event)
    return tuple(told)


def _was_empty(event: Event, roofs: Roofs) -> bool:
    """Tell whether a look shows the ground without roofs, after the change began."""
    return roofs.begun[0] >= event.first_with


def _with(event: Event, roofs: Roofs) -> Event:
    """Tell an event by its roofs; where looks show it without any, it was cleared first."""
    onset = event.last_without, event.first_with
    phases = [(Phase.BUILDING, *roofs.begun), (Phase.ROOFED, *roofs.covered)]
    if _was_empty(event, roofs):
        phases.insert(0, (Phase.CLEARED, *onset))
    return replace(event, kind="built", phases=tuple(phases))


def find_roofs(
    looks: Looks, inside: NDArray[np.bool_], which: NDArray[np.intp], *, steps: int = 1
) -> Roofs | None:
    """Find when roofs went up.

    Args:
        looks: unveiled.
        inside: (H, W) pixels of the place.
        which: numbers of usable looks: the last one without the change, and all from the first
            with it until something else becomes of the place; rising.
        steps: of which the change is told to consist.

    Returns:
        ``None`` where none went up, where they do not last three looks, and for radar.
    """
    share, grain = unevenness(looks, inside, which)
    told = np.isfinite(share)
    found = _rise(which[told], _calm(share[told]), SHARE)
    if found is None and steps > 1:
        found = _rise(which[told], _calm(grain[told]), GRAIN)
    return found


def _rise(
    which: NDArray[np.intp], uneven: NDArray[np.float64], least: tuple[float, float]
) -> Roofs | None:
    """Date a rise from bare ground to roofs; None where it is none."""
    if len(which) < 1 + HITS:
        return None
    high = float(np.sort(uneven[1:])[-HITS])
    top = 1 + int(np.flatnonzero(uneven[1:] >= high)[0])
    low = float(uneven[1 : top + 1].min())
    if low > high / 2:  # no look shows it cleared and empty
        low = float(uneven[0])
    if high < least[0] or high - low < least[1]:
        return None
    rising = uneven[:top]
    begun, covered = (_upward(rising, low + part * (high - low)) for part in (FIRST, ALL))
    return Roofs(
        (int(which[begun - 1]), int(which[begun])),
        (int(which[covered - 1]), int(which[covered])),
    )


def _upward(rising: NDArray[np.float64], level: float) -> int:
    """Find the look from which it is above a level."""
    below = np.flatnonzero(rising <= level)
    return int(below[-1]) + 1 if len(below) else 1


def _calm(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the median of each look and its neighbours, so that no single one tells."""
    if len(curve) < HITS:
        return curve
    near = np.stack([curve[:-2], curve[1:-1], curve[2:]])
    return np.concatenate([curve[:1], np.median(near, axis=0), curve[-1:]])
