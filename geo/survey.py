"""From labelled ground to yards: fill, walk round, nest, number.

Each piece of ground is cut out with a margin, its buildings and inner yards are filled in, and
its outline is walked.

    ground (H, W) int32 ──► region (h, w) bool, one each ──walk──► Yard ──► labels (H, W) int32
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.basins import CUT_AREA, Window, grow_window
from geo.escape import Heights, drive
from geo.perimeter import Perimeter, walk
from geo.types import FULL, Labels, Mask
from geo.yard import Yard

MARGIN = 20.0
"""Metres round a yard that are cut out with it: the outer fence of a double perimeter."""

SHARED = 3.0
"""Metres.  Yards nearer than this share their wall."""


LEAST_CLOSURE = (0.85, 0.7)
"""Least closure for ground to be told of: where a way out wider than the gate is known or what
lies beyond the edge is not, and where the gate holds.  Less is a street corner or a haze."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The place that is surveyed, on work pixels."""

    barrier: Heights
    """(H, W) uint8, 0 to 254."""

    firm: Heights
    """(H, W) uint8, the same with walls followed where they are faint, for who walks along."""

    seen: Mask
    """(H, W), false where nothing is known."""

    gsd: float
    """Metres per work pixel."""

    bar: int
    """Barrier score from which on a way is barred, 1 to 254."""

    gate: float
    """Metres, the widest gap that is still a gate."""

    corner: tuple[int, int] = (0, 0)
    """Row and column of its first pixel in the picture, work pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One surveyed piece: where it lies, filled; how hard it is to leave; and the walk."""

    window: Window
    """In work pixels of the picture."""

    region: Mask
    """(h, w) in the window, filled."""

    closed: bool
    """Whether the gate's vehicle is trapped."""

    enclosure: float
    """0 to 1; NaN where the edge cuts it."""

    round: Perimeter
    """The walk, in pixels of the window."""


@dataclass(frozen=True, slots=True)
class Pixel:
    """What a work pixel is."""

    gsd: float
    """Metres."""

    step: int
    """Pixels of the picture along it."""

    gate: float
    """Metres, the widest gap that is still a gate."""


def survey(
    ground: Labels, closed: Sequence[bool], place: Ground, min_area: float
) -> list[Plot]:
    """Measure every labelled piece of ground.

    Args:
        ground: (H, W), 0 outside, 1 to N on pieces of ground.
        closed: (N + 1,) whether the gate's vehicle is trapped on each.
        place: what lies around.
        min_area: square metres; smaller pieces are dropped.
    """
    windows = find_objects(ground) if ground.size else []
    plots = [
        _plot(ground, number, window, place, min_area, closed=closed[number])
        for number, window in enumerate(windows, start=1)
        if window is not None
    ]
    return [plot for plot in plots if plot is not None]


def number(
    plots: Sequence[Plot], shape: tuple[int, int], pixel: Pixel
) -> tuple[Labels, list[Yard]]:
    """Number surveyed plots by falling area, and tell which lie in and beside which.

    Args:
        plots: of the whole picture.
        shape: (H, W) of the picture in work pixels.
        pixel: what a work pixel is.

    Returns:
        labels (H, W), of nested plots the inner one shows; and the yards in order.
    """
    order = sorted(
        plots, key=lambda one: (-one.region.sum(), one.window[0].start, one.window[1].start)
    )
    labels = np.zeros(shape, np.int32)
    inside: list[int] = []
    # Largest first: inner yards paint over the outer ones that hold them.
    for label_, plot in enumerate(order, start=1):
        patch = labels[plot.window]
        inside.append(int(np.bincount(patch[plot.region]).argmax()))
        patch[plot.region] = label_
    groups = _groups(labels, order, max(1, int(np.ceil(SHARED / pixel.gsd))))
    yards = [
        replace(_yard(plot, pixel), label=at + 1, inside=inside[at], compound=int(groups[at]))
        for at, plot in enumerate(order)
    ]
    return labels, yards


def _plot(
    ground: Labels,
    mine: int,
    tight: tuple[slice, ...],
    place: Ground,
    min_area: float,
    *,
    closed: bool,
) -> Plot | None:
    """Cut one piece out, fill it, walk round it; None when it is no yard."""
    from geo.fill import fill  # noqa: PLC0415  compiled code

    window = grow_window(tight, int(np.ceil(MARGIN / place.gsd)), ground.shape)
    own = ground[window] == mine
    region = fill(own)
    pieces, count = label(region)
    if count > 1:
        region = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    barrier, seen = place.barrier[window], place.seen[window]
    walked = walk(region, place.firm[window], place.gsd, bar=place.bar, seen=seen)
    cut = walked.unseen > 0
    small = region.sum() * place.gsd**2 < min_area * (CUT_AREA if cut else 1)
    if small or walked.closure < LEAST_CLOSURE[int(closed)]:
        return None
    return Plot(
        window=_shifted(window, place.corner),
        region=region,
        closed=closed and not cut,
        enclosure=np.nan if cut else _enclosure(own, barrier, seen, place),
        round=walked,
    )


def _enclosure(own: Mask, barrier: Heights, seen: Mask, place: Ground) -> float:
    """Tell how high the easiest way out is, above the ground inside, 0 to 1."""
    escape = drive(barrier, seen, place.gate / 2 / place.gsd + 0.5)[2]
    free = own & (barrier < place.bar)
    return max(0.0, _median(escape[free]) - _median(barrier[free])) / FULL


def _median(heights: Heights) -> float:
    return float(np.median(heights)) if heights.size else 0.0


def _shifted(window: Window, corner: tuple[int, int]) -> Window:
    """Move a window from a sheet to the picture."""
    rows, cols = window
    return (
        slice(rows.start + corner[0], rows.stop + corner[0]),
        slice(cols.start + corner[1], cols.stop + corner[1]),
    )


def _groups(labels: Labels, plots: Sequence[Plot], reach: int) -> NDArray[np.int64]:
    """Number the groups of plots that lie within a shared wall of each other, (N,)."""
    pairs = [np.zeros((0, 2), np.int64)]
    for mine, plot in enumerate(plots, start=1):
        window = grow_window(_tight(plot), reach, labels.shape)
        here = labels[window]
        own = here == mine
        near = np.zeros_like(own)
        for step in range(1, reach + 1):  # straight across a wall, not round its corners
            near[step:] |= own[:-step]
            near[:-step] |= own[step:]
            near[:, step:] |= own[:, :-step]
            near[:, :-step] |= own[:, step:]
        met = np.unique(here[near])
        met = met[(met > 0) & (met != mine)].astype(np.int64)
        pairs.append(np.column_stack([np.full(len(met), mine), met]))
    row, col = np.concatenate(pairs).T - 1
    count = len(plots)
    graph = coo_array((np.ones(len(row), np.int8), (row, col)), shape=(count, count))
    _, group = connected_components(graph, directed=False)
    _, numbers = np.unique(group, return_inverse=True)
    return np.asarray(numbers + 1, np.int64)


def _tight(plot: Plot) -> Window:
    """Cut a plot's window down to the plot."""
    rows, cols = plot.window
    down, across = np.flatnonzero(plot.region.any(1)), np.flatnonzero(plot.region.any(0))
    return (
        slice(rows.start + int(down[0]), rows.start + int(down[-1]) + 1),
        slice(cols.start + int(across[0]), cols.start + int(across[-1]) + 1),
    )


def _yard(plot: Plot, pixel: Pixel) -> Yard:
    """Write down one yard; places move from the window to pixels of the picture."""
    corner = np.array([plot.window[0].start, plot.window[1].start], float)
    walked, step = plot.round, pixel.step
    gates = walked.gates(pixel.gate)
    points = [((gap.row, gap.col) + corner + 0.5) * step - 0.5 for gap in gates]
    return Yard(
        label=0,
        area_m2=float(plot.region.sum()) * pixel.gsd**2,
        closed=plot.closed,
        enclosure=plot.enclosure,
        closure=walked.closure,
        largest_gap_m=walked.largest_gap,
        gates=len(gates),
        gate_points=tuple((float(row), float(col)) for row, col in points),
        gate_widths=tuple(gap.width for gap in gates),
        double_perimeter=walked.double,
        strip_m=walked.strip,
        cut_by_edge=walked.unseen > 0,
        inside=0,
        compound=0,
        perimeter_m=walked.length,
        ring=(walked.ring + corner + 0.5) * step - 0.5,
    )
