"""See the layout of a place: how motley its ground is, and whether it stayed the same layout.

Buildings show in ten-metre pixels as neighbours of unlike colour: roofs, yards, shadows.  One
look is too noisy to tell; the median of all looks at a state is not.

    looks at a state ──median──► levels (3, H, W) ──spread in 5 x 5──► motley, least changes
    levels before, after ──likeness over the place──► the same layout? then it was only painted

Colours count as well as lightness: red roofs on reddish soil are as light as it.  Painted roofs
keep their places even where light becomes dark, so a likeness turned round counts too.

Source: measured on compounds drawn into real Sentinel-2 ground (docs/results/monitor.md):
fields and suburbs 0.3 to 1.0, cleared ground 0.2 to 0.6, rows of roofs 1.1 to 3.1; likeness of
painted compounds 0.6 and more, of all other changes 0.4 at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, uniform_filter

from geo.series.looks import WINDOW, Looks, Stack

COLOURS = ("green", "light", "warm")
"""Measures of single pixels."""

BUILT_UP = 1.1
"""Motley from which ground is built upon and nothing else."""

SAME = 0.5
"""Likeness from which the layout stayed."""

MOST = 25
"""Looks of a state that are asked, spread over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layout of a place before and after a step."""

    before: float
    """How motley it was, in least changes."""

    after: float
    """How motley it became."""

    likeness: float
    """Largest correlation of both over the place, by measure, without its sign; 0 to 1."""

    @property
    def stayed(self) -> bool:
        """Tell whether what stood there stands, in other colours."""
        return self.likeness >= SAME and self.before >= BUILT_UP / 2

    @property
    def rose(self) -> bool:
        """Tell whether ground became built-up."""
        return self.after >= BUILT_UP and self.after > 2 * self.before and not self.stayed

    @property
    def fell(self) -> bool:
        """Tell whether built-up ground became even."""
        even = self.after < BUILT_UP and self.before > 2 * self.after
        return self.before >= BUILT_UP and even and not self.stayed


def find_layout(
    looks: Looks,
    inside: NDArray[np.bool_],
    before: NDArray[np.intp],
    after: NDArray[np.intp],
) -> Layout | None:
    """Compare the layout of a place in two states.

    Args:
        looks: unveiled.
        inside: (H, W) pixels of the place.
        before: numbers of the looks at the state before.
        after: numbers of the looks at the state after.

    Returns:
        ``None`` for radar, and for places without a pixel that both states show.
    """
    if not set(COLOURS) <= set(looks.names):
        return None
    around, ground = _ground(inside)
    one, two = (_levels(looks, which, around) for which in (before, after))
    where = ground & np.isfinite(one).all(axis=0) & np.isfinite(two).all(axis=0)
    if where.sum() < WINDOW:
        return None
    least = _least(looks)
    return Layout(
        before=_motley(one, least, where),
        after=_motley(two, least, where),
        likeness=max(_likeness(a[where], b[where]) for a, b in zip(one, two, strict=True)),
    )


def unevenness(
    looks: Looks, inside: NDArray[np.bool_], which: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tell look by look how uneven a place is.

    Args:
        looks: unveiled.
        inside: (H, W) pixels of the place.
        which: numbers of looks.

    Returns:
        share: (len(which),) of the place that is as motley as ground built upon, 0 to 1.
        grain: (len(which),) spread of its lightness alone, in least changes: all that is left
            of roofs where a picture was compressed until colours ran.
        Both are NaN where a look shows too little, and for radar.
    """
    share, grain = np.full(len(which), np.nan), np.full(len(which), np.nan)
    if not set(COLOURS) <= set(looks.names):
        return share, grain
    around, ground = _ground(inside)
    least = _least(looks)
    for number, look in enumerate(which):
        level = _levels(looks, np.array([look]), around)
        where = ground & np.isfinite(level).all(axis=0)
        if where.sum() >= max(WINDOW, ground.sum() / 2):
            spread = _spread(level, least)[:, where]
            share[number] = (np.sqrt(np.square(spread).sum(axis=0)) >= BUILT_UP).mean()
            grain[number] = np.median(spread[COLOURS.index("light")])
    return share, grain


def _ground(inside: NDArray[np.bool_]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Cut out a place and what its windows reach; tell which pixels are its core, (h, w)."""
    rows, cols = np.nonzero(inside)
    around = _span(rows), _span(cols)
    core = binary_erosion(inside[around], iterations=WINDOW // 2)
    return around, core if core.sum() >= WINDOW else inside[around]


def _least(looks: Looks) -> NDArray[np.float32]:
    """Give the least change of each colour, (3,)."""
    return np.array([looks.least[looks.names.index(name)] for name in COLOURS], np.float32)


def _span(index: NDArray[np.intp]) -> slice:
    """Take the pixels from the first to the last, and what their windows reach."""
    return slice(max(0, int(index.min()) - WINDOW // 2), int(index.max()) + WINDOW // 2 + 1)


def _levels(
    looks: Looks, which: NDArray[np.intp], around: tuple[slice, slice]
) -> NDArray[np.float32]:
    """Take the median of some looks, (3, h, w); NaN where none of them saw the ground."""
    some = which[:: -(-len(which) // MOST)] if len(which) else which
    names = [looks.names.index(name) for name in COLOURS]
    part: Stack = looks.values[some][:, names][:, :, *around]
    ordered = np.sort(part, axis=0)  # NaN comes last
    count = np.isfinite(part).sum(axis=0)
    if not len(some):
        return np.full(part.shape[1:], np.nan, np.float32)
    middle = np.maximum(count - 1, 0) // 2
    level: NDArray[np.float32] = np.take_along_axis(ordered, middle[None], axis=0)[0]
    return level


def _motley(
    levels: NDArray[np.float32], least: NDArray[np.float32], where: NDArray[np.bool_]
) -> float:
    """Tell how unlike neighbours are, in least changes."""
    spread = _spread(levels, least)
    return float(np.sqrt(np.square(np.median(spread[:, where], axis=1)).sum()))


def _spread(levels: NDArray[np.float32], least: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure the spread of each colour around each pixel, (3, h, w) in least changes."""
    filled = np.where(
        np.isfinite(levels), levels, np.nanmean(levels, axis=(1, 2))[:, None, None]
    )
    size = (1, WINDOW, WINDOW)
    mean = uniform_filter(filled, size, mode="nearest")
    square = uniform_filter(np.square(filled), size, mode="nearest")
    spread = np.sqrt(np.maximum(square - np.square(mean), 0)) / least[:, None, None]
    return np.asarray(spread, np.float32)


def _likeness(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    """Correlate two pictures of a place, without the sign; 0 where one of them is even."""
    if min(float(one.std()), float(two.std())) < 1e-6:
        return 0.0
    return float(abs(np.corrcoef(one, two)[0, 1]))
