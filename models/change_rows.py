"""Turn judged pairs into rows that ``geo.change.teach`` fits to, and measure what came of it.

Material + Sides ──find_patches──► a row of features and the best true overlap a patch
                 ──compare_pair──► a row of evidence and the possible states a unit
                 ──compare_pair──► pixels and objects right, claimed, true
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import label

from geo.change.burn import burn, burnt
from geo.change.decide import Kind
from geo.change.pair import Compared, Side, compare_pair
from geo.change.teach import FOUND, NAMES
from geo.change.weights import Taught
from geo.grid import Grid, gsd_of
from geo.looks import Looks
from geo.outline import polygons
from geo.patches import LEAST, Patches, cuts, find_patches
from geo.roofs import choose, complete
from geo.types import Mask, Scores
from models.change_material import Material, listed

STANDS, GONE = 0.4, 0.15
"""Share of a unit under true roof from which it stands, and below which it does not."""

TOUCHED, WHOLE = 0.4, 0.7
"""Share of a unit under an altered roof from which it is that roof; share of the roof that it
must hold then, or it is only what stayed of it."""

CUT = 0.85
"""Share of a roof that stayed, below which it was cut short, else painted."""

CHANGED = (Kind.BUILT, Kind.DEMOLISHED)

Flat = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Claims that are true, all claims, all true things."""

    right: float = 0.0
    claimed: float = 0.0
    true: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        """Count both."""
        return Counts(
            self.right + other.right, self.claimed + other.claimed, self.true + other.true
        )

    @property
    def precision(self) -> float:
        """Share of claims that are true; NaN without claims."""
        return self.right / self.claimed if self.claimed else float("nan")

    @property
    def recall(self) -> float:
        """Share of true things that were claimed; NaN where there are none."""
        return self.right / self.true if self.true else float("nan")

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        whole = self.claimed + self.true
        return 2 * self.right / whole if whole else float("nan")


def patch_rows(side: Side, truth: Mask, gsd: float) -> tuple[Patches, Flat, int]:
    """Describe the patches of one date.

    Returns:
        The patches, the best overlap (IoU) of each with a true roof, and how many true roofs
        there are.
    """
    patches = find_patches(side.roof, side.edge, gsd)
    whole, count = label(truth)
    size = np.bincount(whole.ravel(), minlength=count + 1)
    overlap = np.zeros(len(patches.level))
    for cut in cuts(patches.levels):
        here = patches.level == cut.level
        if not here.any():
            continue
        swollen, pieces = cut.labels.copy(), len(cut.firsts)
        complete(swollen, side.roof)
        grown = swollen.astype(np.int64)
        both = np.bincount(
            (grown * (count + 1) + whole).ravel(), minlength=(pieces + 1) * (count + 1)
        ).reshape(pieces + 1, count + 1)
        own = np.bincount(grown.ravel(), minlength=pieces + 1)
        iou = both[:, 1:] / np.maximum(own[:, None] + size[None, 1:] - both[:, 1:], 1)
        best = iou.max(1) if count else np.zeros(pieces + 1)
        overlap[here] = best[patches.number[here]]
    return patches, overlap, int((size[1:] * gsd**2 >= LEAST).sum())


def found(patches: Patches, overlap: Flat, true: int, looks: Looks) -> Counts:
    """Count the roofs that a choice of patches finds."""
    taken, _ = choose(patches, looks)
    return Counts(float((overlap[taken] >= FOUND).sum()), float(taken.sum()), float(true))


def unit_rows(
    item: Material,
    sides: tuple[Side, Side],
    taught: Taught,
    turned: tuple[Scores, Scores] | None = None,
) -> dict[str, Flat]:
    """Compare a pair by its own outlines and by a list; a row a unit whose truth is known."""
    homes = listed(item.footprints, item.grid)
    tables = {}
    for way, footprints in (("outlined", None), ("listed", homes)):
        if footprints is not None and footprints.empty:
            continue
        compared = compare_pair(
            *sides, item.grid, footprints=footprints, taught=taught, turned=turned
        )
        rows = [
            row
            for number, (window, inside) in enumerate(burnt(compared.units, item.grid))
            if (row := _row(item, compared, number, window, inside)) is not None
            and not (way == "listed" and row[len(NAMES)] > 0)
        ]
        tables[way] = np.array(rows, float).reshape(-1, len(NAMES) + 5)
    return tables


def _row(
    item: Material, compared: Compared, number: int, window: tuple[slice, slice], inside: Mask
) -> list[float] | None:
    """Write one unit down: evidence, possible states, altered; ``None`` if nobody knows."""
    if not inside.any() or compared.hidden[number]:
        return None
    states = _states(item, window, inside)
    if states is None:
        return None
    shape = compared.units.geometry.iloc[number]
    evidence = [float(getattr(compared.evidence, name)[number]) for name in NAMES]
    return [*evidence, *states, _altered(item, shape)]


def _altered(item: Material, shape: shapely.Polygon) -> float:
    """Tell whether a unit was altered, 0 or 1; NaN where it is but what stayed of a roof."""
    for roofs in item.altered:
        small, large = sorted(roofs, key=lambda roof: float(roof.area))
        if large.union(small).intersection(shape).area > TOUCHED * shape.area:
            cut = small.area < CUT * large.area
            holds = large.intersection(shape).area >= WHOLE * large.area
            return 1.0 if holds or not cut else float("nan")
    return 0.0


def _states(
    item: Material, window: tuple[slice, slice], inside: Mask
) -> tuple[float, float, float, float] | None:
    """Tell which of the four states are possible."""
    if item.roofs is not None:
        cover = [float(roof[window][inside].mean()) for roof in item.roofs]
        if any(GONE < c < STANDS for c in cover):
            return None
        one, other = (c >= STANDS for c in cover)
        return (
            float(not one and not other), float(one and not other),
            float(other and not one), float(one and other),
        )  # fmt: skip
    assert item.changed is not None  # noqa: S101 - either is known
    share = float(item.changed[window][inside].mean())
    if GONE < share < STANDS:
        return None
    return (0.0, 1.0, 1.0, 0.0) if share >= STANDS else (1.0, 0.0, 0.0, 1.0)


def changed_mask(
    compared: Compared, grid: Grid, shape: tuple[int, int], kinds: Sequence[Kind] = CHANGED
) -> Mask:
    """Paint what is said to have changed, (H, W) on any frame of the same ground."""
    mask = np.zeros(shape, np.bool_)
    whole = slice(0, shape[0]), slice(0, shape[1])
    for outline in claimed_by(compared, kinds):
        mask |= burn(outline, grid, whole)
    return mask


def claimed_by(compared: Compared, kinds: Sequence[Kind] = CHANGED) -> list[shapely.Polygon]:
    """List the outlines that are said to have changed."""
    return [
        shape
        for shape, kind in zip(compared.units.geometry, compared.decisions.kinds, strict=True)
        if kind in kinds
    ]


def pixels(said: Mask, true: Mask) -> Counts:
    """Count pixels."""
    return Counts(float((said & true).sum()), float(said.sum()), float(true.sum()))


def objects(
    claimed: Sequence[shapely.Polygon], true: Sequence[shapely.Polygon], iou: float = FOUND
) -> Counts:
    """Match outlines one to one by overlap, the largest claim first."""
    used: set[int] = set()
    right = 0
    for shape in sorted(claimed, key=lambda s: -float(s.area)):
        best = max(
            (
                (shapely.intersection(shape, t).area / shapely.union(shape, t).area, i)
                for i, t in enumerate(true)
                if i not in used
            ),
            default=(0.0, -1),
        )
        if best[0] >= iou:
            used.add(best[1])
            right += 1
    return Counts(right, len(claimed), len(true))


def label_outlines(mask: Mask, grid: Grid) -> list[shapely.Polygon]:
    """Outline a label, one polygon a piece."""
    shapes: gpd.GeoSeries = polygons(label(mask)[0].astype(np.int32), grid).geometry
    return [s for s in shapes if s.area >= LEAST]


def measured(item: Material, compared: Compared) -> tuple[Counts, Counts]:
    """Measure a real pair against its label: pixels, objects."""
    assert item.label is not None  # noqa: S101 - a real pair has one
    assert item.own is not None  # noqa: S101
    height, width = item.label.shape
    said = changed_mask(compared, item.own, (height, width))
    return pixels(said, item.label), objects(
        claimed_by(compared), label_outlines(item.label, item.own)
    )


def area_of(compared: Compared, grid: Grid) -> float:
    """Share of the ground that is said to have changed, 0 to 1."""
    ground = gsd_of(grid) ** 2 * grid.shape[0] * grid.shape[1]
    return float(sum(s.area for s in claimed_by(compared)) / ground)
