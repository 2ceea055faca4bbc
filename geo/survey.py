"""From labelled ground to yards: fill, walk round, nest, number.

Each piece of ground is cut out with a margin, its buildings and inner yards are filled in, and
its outline is walked.

    ground (H, W) int32 ──► region (h, w) bool, one each ──walk──► Yard ──► labels (H, W) int32
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, find_objects, label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.basins import CUT_AREA, Window, grow_window
from geo.escape import Heights
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

    escape: Heights
    """(H, W) uint8, 0 to 254, what it costs the gate's vehicle to leave."""

    seen: Mask
    """(H, W), false where nothing is known."""

    gsd: float
    """Metres per work pixel."""

    step: int
    """Pixels of the picture along one work pixel."""

    bar: int
    """Barrier score from which on a way is barred, 1 to 254."""

    gate: float
    """Metres, the widest gap that is still a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """One surveyed piece: where it lies, filled; how hard it is to leave; and the walk."""

    label: int
    window: Window
    region: Mask
    enclosure: float
    round: Perimeter


def survey(
    ground: Labels, closed: Mask, place: Ground, *, min_area: float
) -> tuple[Labels, list[Yard]]:
    """Measure every labelled piece of ground.

    Args:
        ground: (H, W), 0 outside, 1 to N on pieces of ground.
        closed: (N + 1,) whether the gate's vehicle is trapped on each.
        place: what lies around.
        min_area: square metres; smaller pieces are dropped.

    Returns:
        labels (H, W) numbered from 1 by falling area, and the yards in that order.
    """
    windows = find_objects(ground) if ground.size else []
    cut_out = (
        _plot(ground, number, window, place, min_area)
        for number, window in enumerate(windows, start=1)
        if window is not None
    )
    plots = [
        plot
        for plot in cut_out
        if plot and plot.round.closure >= LEAST_CLOSURE[int(closed[plot.label])]
    ]
    plots.sort(
        key=lambda plot: (-plot.region.sum(), plot.window[0].start, plot.window[1].start)
    )
    labels = np.zeros(ground.shape, np.int32)
    inside: list[int] = []
    # Largest first: inner yards paint over the outer ones that hold them.
    for number, plot in enumerate(plots, start=1):
        patch = labels[plot.window]
        under = patch[plot.region]
        inside.append(int(np.bincount(under).argmax()))
        patch[plot.region] = number
    groups = _groups(labels, len(plots), place)
    yards = [
        replace(
            _yard(plot, place, closed=bool(closed[plot.label])),
            label=number, inside=inside[number - 1], compound=int(groups[number]),
        )
        for number, plot in enumerate(plots, start=1)
    ]  # fmt: skip
    return labels, yards


def _plot(
    ground: Labels, number: int, tight: tuple[slice, ...], place: Ground, min_area: float
) -> _Plot | None:
    """Cut one piece out, fill it, walk round it; None when it is no yard."""
    margin = int(np.ceil(MARGIN / place.gsd))
    window = grow_window(tight, margin, ground.shape)
    own = ground[window] == number
    region = binary_fill_holes(own)
    pieces, count = label(region)
    if count > 1:
        region = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    walked = walk(
        region, place.barrier[window], place.gsd, bar=place.bar, seen=place.seen[window]
    )
    touches_edge = walked.unseen > 0
    if region.sum() * place.gsd**2 < min_area * (CUT_AREA if touches_edge else 1):
        return None
    free = own & (place.barrier[window] < place.bar)
    depth = _median(place.escape[window][free]) - _median(place.barrier[window][free])
    return _Plot(
        label=number,
        window=window,
        region=region,
        enclosure=max(0.0, depth) / FULL,
        round=walked,
    )


def _median(heights: Heights) -> float:
    return float(np.median(heights)) if heights.size else 0.0


def _groups(labels: Labels, count: int, place: Ground) -> NDArray[np.int64]:
    """Number the groups of yards that lie within a shared wall of each other, (N + 1,)."""
    reach = max(1, int(np.ceil(SHARED / place.gsd)))
    pairs = [np.zeros((0, 2), np.int32)]
    for step in range(1, reach + 1):
        for one, other in (
            (labels[step:], labels[:-step]),
            (labels[:, step:], labels[:, :-step]),
        ):
            meet = (one > 0) & (other > 0) & (one != other)
            pairs.append(np.column_stack([one[meet], other[meet]]))
    row, col = np.unique(np.concatenate(pairs), axis=0).T
    graph = coo_array((np.ones(len(row), np.int8), (row, col)), shape=(count + 1, count + 1))
    _, group = connected_components(graph, directed=False)
    _, numbers = np.unique(group[1:], return_inverse=True)
    return np.concatenate([[0], numbers + 1])


def _yard(plot: _Plot, place: Ground, *, closed: bool) -> Yard:
    """Write down one yard; places move from the window to pixels of the picture."""
    corner = np.array([plot.window[0].start, plot.window[1].start], float)
    walked, step = plot.round, place.step
    gates = walked.gates(place.gate)
    cut = walked.unseen > 0
    points = [((gap.row, gap.col) + corner + 0.5) * step - 0.5 for gap in gates]
    return Yard(
        label=plot.label,
        area_m2=float(plot.region.sum()) * place.gsd**2,
        closed=closed and not cut,
        enclosure=float("nan") if cut else plot.enclosure,
        closure=walked.closure,
        largest_gap_m=walked.largest_gap,
        gates=len(gates),
        gate_points=tuple((float(row), float(col)) for row, col in points),
        gate_widths=tuple(gap.width for gap in gates),
        double_perimeter=walked.double,
        strip_m=walked.strip,
        cut_by_edge=cut,
        inside=0,
        compound=0,
        perimeter_m=walked.length,
        ring=(walked.ring + corner + 0.5) * step - 0.5,
    )
