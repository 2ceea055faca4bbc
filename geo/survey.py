"""From labelled ground to yards: fill, walk round, nest, number.

Each piece of ground is cut out with a margin, its buildings and inner yards are filled in, and
its outline is walked.  Ground cut by the edge is kept only where the part one sees looks like a
yard cut in two: barred on most of what is seen, and cut along one stretch.  (A street between
walls is cut along two.)

    ground (H, W) int32 ──► region (h, w) bool, one each ──walk──► Yard ──► labels (H, W) int32
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, find_objects, label, maximum
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.escape import Heights
from geo.perimeter import Perimeter, walk
from geo.types import FULL, Labels, Mask
from geo.yard import Yard

MARGIN = 20.0
"""Metres round a yard that are cut out with it: the outer fence of a double perimeter."""

SHARED = 3.0
"""Metres.  Yards nearer than this share their wall."""

CUT_CLOSURE = 0.75
"""Least closure of the seen perimeter for ground cut by the edge to be told of at all."""

CUT_UNSEEN = 0.5
"""Largest share of its perimeter that ground cut by the edge may have unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The place that is surveyed, on work pixels."""

    barrier: Heights
    """(H, W) uint8, 0 to 254."""

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
    """One surveyed piece: its window, its filled region there, and the walk."""

    label: int
    window: tuple[slice, slice]
    region: Mask
    round: Perimeter


def survey(
    ground: Labels,
    strength: NDArray[np.float64],
    place: Ground,
    min_area: float,
) -> tuple[Labels, list[Yard]]:
    """Measure every labelled piece of ground.

    Args:
        ground: (H, W), 0 outside, 1 to N on pieces of ground.
        strength: (N + 1,) enclosure of each, 0 to 1.
        place: what lies around.
        min_area: square metres; smaller pieces are dropped.

    Returns:
        labels (H, W) numbered from 1 by falling area, and the yards in that order.
    """
    plots = [
        plot
        for number, window in enumerate(find_objects(ground), start=1)
        if window is not None and (plot := _plot(ground, number, window, place, min_area))
    ]
    plots.sort(
        key=lambda plot: (-plot.region.sum(), plot.window[0].start, plot.window[1].start)
    )
    labels = np.zeros(ground.shape, np.int32)
    inside: list[int] = []
    for number, plot in enumerate(
        plots, start=1
    ):  # largest first: inner yards paint over outer
        patch = labels[plot.window]
        under = patch[plot.region]
        inside.append(int(np.bincount(under).argmax()) if under.size else 0)
        patch[plot.region] = number
    groups = _groups(labels, len(plots), place)
    yards = [
        replace(
            _yard(plot, float(strength[plot.label]), place),
            label=number, inside=inside[number - 1], compound=int(groups[number]),
        )
        for number, plot in enumerate(plots, start=1)
    ]  # fmt: skip
    return labels, yards


def strength_of(stands: Labels, touched: Heights, cost: Heights) -> NDArray[np.float64]:
    """Measure by how much the easiest way out stands above the ground inside, (N + 1,)."""
    numbers = np.arange(int(stands.max(initial=0)) + 1)
    inside = stands > 0
    total = np.bincount(stands[inside], minlength=len(numbers))
    floor = np.bincount(stands[inside], touched[inside].astype(float), minlength=len(numbers))
    top = np.zeros(len(numbers))
    top[1:] = maximum(cost, stands, numbers[1:]) if len(numbers) > 1 else 0
    strength: NDArray[np.float64] = (top - floor / np.maximum(total, 1)) / FULL
    return strength


def _plot(
    ground: Labels, number: int, tight: tuple[slice, ...], place: Ground, min_area: float
) -> _Plot | None:
    """Cut one piece out, fill it, walk round it; None when it is no yard."""
    margin = int(np.ceil(MARGIN / place.gsd))
    window = _window(tight, margin, ground.shape)
    region = binary_fill_holes(ground[window] == number)
    pieces, count = label(region)
    if count > 1:
        region = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    if region.sum() * place.gsd**2 < min_area:
        return None
    # Where the window ends inside the picture there is more to see, and it is seen: only the
    # picture's own edge is blind.  The margin keeps the walk off the window's edge.
    walked = walk(
        region, place.barrier[window], place.gsd, bar=place.bar, seen=place.seen[window]
    )
    if walked.unseen and not _is_cut_yard(walked):
        return None
    return _Plot(label=number, window=window, region=region, round=walked)


def _is_cut_yard(walked: Perimeter) -> bool:
    return (
        walked.unseen <= CUT_UNSEEN
        and walked.unseen_runs == 1
        and walked.closure >= CUT_CLOSURE
    )


def _window(
    tight: tuple[slice, ...], margin: int, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    rows, cols = tight
    return (
        slice(max(0, rows.start - margin), min(shape[0], rows.stop + margin)),
        slice(max(0, cols.start - margin), min(shape[1], cols.stop + margin)),
    )


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


def _yard(plot: _Plot, strength: float, place: Ground) -> Yard:
    """Write down one yard; places move from the window to pixels of the picture."""
    corner = np.array([plot.window[0].start, plot.window[1].start], float)
    walked, step = plot.round, place.step
    gates = walked.gates(place.gate)
    cut = walked.unseen > 0
    points = [((gap.row, gap.col) + corner + 0.5) * step - 0.5 for gap in gates]
    return Yard(
        label=plot.label,
        area_m2=float(plot.region.sum()) * place.gsd**2,
        enclosure=float("nan") if cut else strength,
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
