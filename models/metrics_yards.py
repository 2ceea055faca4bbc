"""Judge enclosed ground: which yards were found, whether they were called closed, how tightly.

Found and labelled yards are matched one to one by overlap.  Yards that the edge of the picture
cuts are nobody's fault: labelled ones need not be found, found ones are not false.  Then each
labelled yard is asked twice whether it is closed: inside the outline that was *found* (a yard
not found is called open), and on a walk round the *given* outline, which asks the net's walls
alone.

    labelled yards, found yards, barrier (H, W) ──► YardCounts ──► F1, balanced accuracy, error

Source: ``geo.perimeter`` for the walk; the labels' own bounds for closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from shapely.geometry.base import BaseGeometry

from geo.perimeter import walk
from geo.types import FULL, Mask, Surface
from geo.yard import Yard, Yards
from models.labels import burn
from models.metrics import Blocks, Counts, f1, precision, recall
from models.metrics_interval import Measure, of_counts

SAME = 0.5
"""IoU from which a found yard is the labelled one."""

CLOSED = 0.8
"""The labels' own bound: closure from which a yard may be closed."""

GAP = 9.0
"""Metres.  The labels call a yard open when an open stretch is longer than 20 px, 7 to 9 m."""

ARM = 2.5
"""Pixels beside a given outline in which a barrier counts; hand-drawn lines lie 0.8 off in the
median and 2.0 in the worst tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledYard:
    """One yard as somebody drew it, in pixels of the picture judged."""

    outline: shapely.Polygon
    """x right, y down, from the corner of the first pixel."""

    closed: bool
    """Barred all round but for gates."""

    closure: float
    """Share of the outline that is wall or facade, 0 to 1."""

    cut: bool
    """Cut by the edge of the picture, or of the part of it that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledYards:
    """All yards of one picture."""

    yards: tuple[LabelledYard, ...]
    """None is an answer too."""

    unknown: BaseGeometry
    """Ground where nobody looked."""

    def hides(self, outline: BaseGeometry) -> bool:
        """Tell whether half of an outline lies where nobody looked."""
        return bool(outline.intersection(self.unknown).area >= 0.5 * outline.area)


@dataclass(frozen=True, slots=True)
class YardCounts:
    """Sums of each block."""

    objects: Counts
    """(B, 4): right, claimed, found, true."""

    found: NDArray[np.float64]
    """(B, 6), asked of found outlines: closed called closed, closed, open called open, open,
    sum of closure errors, yards asked."""

    given: NDArray[np.float64]
    """(B, 6), asked of given outlines."""


def count_yards(
    labelled: LabelledYards, found: Yards, barrier: Surface, gsd: float, blocks: Blocks
) -> YardCounts:
    """Match and question the yards of one picture.

    Args:
        labelled: by hand.
        found: what ``geo.yards.find_yards`` made of the net's scores.
        barrier: (H, W), 0 to 1, the stronger of wall and building score.
        gsd: metres per pixel.
        blocks: (H, W); a yard belongs to the block of its centre.
    """
    outlines = [shapely.Polygon(y.ring[:, ::-1] + 0.5).buffer(0) for y in found.yards]
    kept = [i for i, o in enumerate(outlines) if o.area and not labelled.hides(o)]
    asked = [y for y in labelled.yards if y.outline.area and not labelled.hides(y.outline)]
    partner = match([y.outline for y in asked], [outlines[i] for i in kept])
    number = int(blocks.max(initial=-1)) + 1
    objects, seen, given = np.zeros((number, 4)), np.zeros((number, 6)), np.zeros((number, 6))
    for yard, at in zip(asked, partner, strict=True):
        if yard.cut:
            continue
        block = _block_of(yard.outline, blocks)
        mine = found.yards[kept[at]] if at >= 0 else None
        objects[block] += (mine is not None, mine is not None, mine is not None, 1)
        seen[block] += _asked_of_found(yard, mine)
        given[block] += _asked_of_given(yard, barrier, gsd, found.bar)
    for at in set(range(len(kept))) - set(partner.tolist()):
        if not found.yards[kept[at]].cut_by_edge:
            objects[_block_of(outlines[kept[at]], blocks), 1] += 1
    return YardCounts(objects, seen, given)


def match(
    labelled: Sequence[shapely.Polygon], found: Sequence[shapely.Polygon]
) -> NDArray[np.intp]:
    """Give each labelled yard the number of its partner, or -1; the most overlap in all."""
    iou = np.zeros((len(labelled), len(found)))
    for row, one in enumerate(labelled):
        for col, other in enumerate(found):
            common = one.intersection(other).area
            iou[row, col] = common / (one.area + other.area - common) if common else 0
    partner = np.full(len(labelled), -1, np.intp)
    rows, cols = linear_sum_assignment(-iou)
    same = iou[rows, cols] >= SAME
    partner[rows[same]] = cols[same]
    return partner


def yard_measures(parts: Sequence[YardCounts]) -> dict[str, Measure]:
    """Make the figures of a place from the counts of its pictures."""
    objects = np.concatenate([part.objects for part in parts])
    measures = {
        "yard_f1": of_counts(objects, f1),
        "yard_precision": of_counts(objects, precision),
        "yard_recall": of_counts(objects, recall),
    }
    for suffix, table in (
        ("", np.concatenate([part.found for part in parts])),
        ("_given", np.concatenate([part.given for part in parts])),
    ):
        measures[f"closed_accuracy{suffix}"] = of_counts(table, balanced_accuracy)
        measures[f"closure_error{suffix}"] = of_counts(table, closure_error)
    return measures


def balanced_accuracy(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the shares called rightly among closed and open; NaN unless there are both."""
    hit, closed, open_hit, opened = (sums[..., i] for i in range(4))
    both = (closed > 0) & (opened > 0)
    shares = hit / np.maximum(closed, 1), open_hit / np.maximum(opened, 1)
    return np.where(both, (shares[0] + shares[1]) / 2, np.nan)


def closure_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean absolute error of closure; NaN where no yard was asked."""
    return np.where(sums[..., 5] > 0, sums[..., 4] / np.maximum(sums[..., 5], 1), np.nan)


def _asked_of_found(yard: LabelledYard, mine: Yard | None) -> NDArray[np.float64]:
    if mine is None:
        return _answer(yard, called=False, closure=None)
    called = mine.closure >= CLOSED and mine.largest_gap_m <= GAP
    return _answer(yard, called=called, closure=mine.closure)


def _asked_of_given(
    yard: LabelledYard, barrier: Surface, gsd: float, bar: int
) -> NDArray[np.float64]:
    """Walk round the outline as drawn; a yard too thin for a pixel is not asked."""
    col, row, right, low = (round(v) for v in yard.outline.bounds)
    margin = round(ARM) + 4
    rows = slice(max(0, row - margin), low + margin)
    cols = slice(max(0, col - margin), right + margin)
    window = barrier[rows, cols]
    moved = shapely.transform(yard.outline, lambda xy: xy - (cols.start, rows.start))
    inside: Mask = burn([moved], (window.shape[0], window.shape[1]))
    if not inside.any():
        return np.zeros(6)
    heights = np.rint(np.nan_to_num(window) * FULL).astype(np.uint8)
    met = walk(inside, heights, gsd, bar=bar, arm=ARM)
    called = met.closure >= CLOSED and met.largest_gap <= GAP
    return _answer(yard, called=called, closure=met.closure)


def _answer(yard: LabelledYard, *, called: bool, closure: float | None) -> NDArray[np.float64]:
    closed, opened = float(yard.closed), float(not yard.closed)
    error = 0.0 if closure is None else abs(closure - yard.closure)
    return np.array(
        [closed * called, closed, opened * (not called), opened, error, closure is not None]
    )


def _block_of(outline: BaseGeometry, blocks: Blocks) -> int:
    spot = outline.representative_point()
    height, width = blocks.shape
    return int(blocks[int(np.clip(spot.y, 0, height - 1)), int(np.clip(spot.x, 0, width - 1))])
