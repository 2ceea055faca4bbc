"""Count what is right, one block of ground at a time.

Counts add up over blocks; ratios do not.  So this room counts, and only the last step divides.
Unknown ground is left out on both sides: a label that says nothing about a pixel makes no claim
there right or wrong.

    yes, labels (H, W) ──► marks, four (H, W) ──► counts (B, 4) ──► sums ──► IoU, F1, ...

Source: lines within a tolerance, C. Heipke et al., ISPRS 1997 (completeness, correctness).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from geo.types import Mask
from models.labels import Labels
from models.losses import UNKNOWN

TOLERANCE = 2.0
"""Metres within which a line counts as found."""

LINES = ("building_edge", "wall")
"""Heads that draw lines, and are measured by them."""

RIGHT, CLAIMED, FOUND, TRUE = range(4)
"""Columns of counts: claims that are true, all claims, true things found, all true things.  For
pixels ``FOUND`` is ``RIGHT``; for lines a claim of two pixels may find three."""

Counts = NDArray[np.float64]
"""(..., 4); the columns above."""

Marks = tuple[Mask, Mask, Mask, Mask]
"""The same four as pixels, (H, W) each."""

Window = tuple[slice, slice]
"""Rows and columns."""

Blocks = NDArray[np.int32]
"""(H, W) number of the block each pixel belongs to, from 0."""


def cut_blocks(known: Mask, side: int) -> Blocks:
    """Cut a picture into near-equal blocks and number those that hold a known pixel.

    Blocks without one belong to the first; nothing is ever counted there.

    Args:
        known: (H, W), where a label says anything.
        side: pixels; no block is longer than one and a half of it.

    Returns:
        Numbers from 0, in the order of ``windows_of``.
    """
    blocks = np.zeros(known.shape, np.int32)
    for number, window in enumerate(windows_of(known, side)):
        blocks[window] = number
    return blocks


def windows_of(known: Mask, side: int) -> list[Window]:
    """Give rows and columns of the blocks ``cut_blocks`` numbers, in their order."""
    height, width = known.shape
    rows, cols = max(1, round(height / side)), max(1, round(width / side))
    windows = [
        (
            slice(r * height // rows, (r + 1) * height // rows),
            slice(c * width // cols, (c + 1) * width // cols),
        )
        for r in range(rows)
        for c in range(cols)
    ]
    return [window for window in windows if known[window].any()] or windows[:1]


def mark_pixels(yes: Mask, labels: Labels) -> Marks:
    """Compare pixel by pixel where the label knows."""
    known, true = labels <= 1, labels == 1
    right = yes & true
    return right, yes & known, right, true


def mark_lines(yes: Mask, labels: Labels, gsd: float, *, tolerance: float = TOLERANCE) -> Marks:
    """Compare the middle lines of both, in pixels of line within a tolerance.

    Args:
        yes: (H, W), where a line is claimed; its thickness does not count.
        labels: (H, W); lines are drawn some pixels wide.
        gsd: metres per pixel.
        tolerance: metres between a line and its counterpart.
    """
    seen = labels != UNKNOWN
    middle, true = _middle(yes), _middle(labels == 1) & seen
    claimed = middle & seen
    right = claimed & _near(true, tolerance / gsd)
    found = true & _near(middle, tolerance / gsd)
    return right, claimed, found, true


def count_marks(marks: Marks, blocks: Blocks) -> Counts:
    """Count the marked pixels of each block, (B, 4)."""
    number = int(blocks.max(initial=-1)) + 1
    return np.stack([np.bincount(blocks[m], minlength=number) for m in marks], 1).astype(float)


def precision(counts: Counts) -> NDArray[np.float64]:
    """Share of claims that are true; NaN without claims."""
    return _share(counts[..., RIGHT], counts[..., CLAIMED])


def recall(counts: Counts) -> NDArray[np.float64]:
    """Share of true things found; NaN where there is nothing to find."""
    return _share(counts[..., FOUND], counts[..., TRUE])


def f1(counts: Counts) -> NDArray[np.float64]:
    """Harmonic mean of both; 0 if nothing is right, NaN where nothing is nor is claimed."""
    p, r = precision(counts), recall(counts)
    none = (counts[..., CLAIMED] == 0) & (counts[..., TRUE] == 0)
    p, r = np.nan_to_num(p), np.nan_to_num(r)
    return np.where(none, np.nan, 2 * p * r / np.maximum(p + r, 1e-12))


def iou(counts: Counts) -> NDArray[np.float64]:
    """Intersection over union of pixels; NaN where nothing is nor is claimed."""
    right = counts[..., RIGHT]
    return _share(right, counts[..., CLAIMED] + counts[..., TRUE] - right)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), np.nan)


def _middle(yes: Mask) -> Mask:
    return np.asarray(skeletonize(yes), np.bool_)  # type: ignore[no-untyped-call]


def _near(lines: Mask, pixels: float) -> Mask:
    if not lines.any():
        return np.zeros(lines.shape, np.bool_)
    return np.asarray(ndimage.distance_transform_edt(~lines) <= pixels)
