"""Count what is right, one block of ground at a time, so that every figure gets its interval.

Counts add up over blocks; ratios do not.  So rooms count per block, and only the last step
divides: IoU and F1 of pixels, F1 of lines within a tolerance, F1 of objects.  Unknown ground is
left out on both sides.

    scores, labels (H, W) ──► Counts a block ──► sum ──► value, and 95 % by drawing blocks again

Source: block bootstrap, P. Hall, Ann. Statist. 13, 1985; equal-mass calibration error,
A. Nixon et al., CVPR workshops 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from geo.errors import InputError
from geo.types import Labels as Things
from geo.types import Mask
from models.labels import Labels
from models.losses import UNKNOWN

TOLERANCE = 2.0
"""Metres within which a line counts as found."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the claimed are true, and how many of the true were found."""

    right: float
    """Claims that are true."""

    claimed: float
    """All claims."""

    found: float
    """True things that were found; for pixels and objects the same as ``right``."""

    true: float
    """All true things."""

    def __add__(self, other: Counts) -> Counts:
        """Add two blocks."""
        return Counts(
            self.right + other.right,
            self.claimed + other.claimed,
            self.found + other.found,
            self.true + other.true,
        )

    @property
    def precision(self) -> float:
        """Share of claims that are true; NaN without claims."""
        return self.right / self.claimed if self.claimed else float("nan")

    @property
    def recall(self) -> float:
        """Share of true things found; NaN where there is nothing to find."""
        return self.found / self.true if self.true else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 0 if one of them is, NaN where nothing is nor is claimed."""
        if not self.claimed and not self.true:
            return float("nan")
        if not self.right or not self.found:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def iou(self) -> float:
        """Intersection over union; only for pixels and objects."""
        union = self.claimed + self.true - self.right
        return self.right / union if union else float("nan")


NONE = Counts(0, 0, 0, 0)
"""Where to start adding."""


def count_pixels(yes: Mask, labels: Labels) -> Counts:
    """Compare pixel by pixel where the label knows."""
    known, true = labels <= 1, labels == 1
    right = float((yes & true).sum())
    return Counts(right, float((yes & known).sum()), right, float(true.sum()))


def count_lines(
    yes: Mask, labels: Labels, gsd: float, *, tolerance: float = TOLERANCE
) -> Counts:
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
    return Counts(*(float(m.sum()) for m in (right, claimed, found, true)))


def count_objects(
    claimed: Things, labels: Labels, *, true: Things | None = None, iou: float = 0.5
) -> Counts:
    """Match things one to one by overlap.

    Args:
        claimed: (H, W) int, 0 no thing, 1 to N things.
        labels: (H, W); things that lie half or more on unknown ground are left out.
        true: (H, W) int; without it, the connected yes of the labels.
        iou: overlap from which two are the same; at least 0.5, where a match is unique.

    Raises:
        InputError: ``iou`` below 0.5.
    """
    if iou < 0.5:
        raise InputError(f"Objects match one to one from an IoU of 0.5 on, not from {iou}.")
    drawn: Things = ndimage.label(labels == 1)[0].astype(np.int32) if true is None else true
    known = labels <= 1
    ours, theirs = _mostly(claimed, known), _mostly(drawn, known)
    n, m = int(ours.max(initial=0)), int(theirs.max(initial=0))
    pairs = np.bincount((ours * (m + 1) + theirs).ravel(), minlength=(n + 1) * (m + 1))
    table = pairs.reshape(n + 1, m + 1)
    union = table[1:].sum(1)[:, None] + table[:, 1:].sum(0)[None] - table[1:, 1:]
    matched = float((table[1:, 1:] / np.maximum(union, 1) > iou).sum())
    return Counts(matched, n, matched, m)


def calibration_error(chance: NDArray[np.float32], true: Mask, *, bins: int = 15) -> float:
    """Measure how far probabilities are from frequencies, in bins of equal mass.

    Args:
        chance: (N,) probabilities.
        true: (N,) what was so.
        bins: how many; equal probabilities may stand in two of them.
    """
    if not len(chance):
        return float("nan")
    order = np.argsort(chance, kind="stable")
    parts = zip(
        np.array_split(chance[order].astype(np.float64), bins),
        np.array_split(true[order].astype(np.float64), bins),
        strict=True,
    )
    return sum(abs(float(p.sum() - t.sum())) for p, t in parts) / len(chance)


def interval(
    blocks: Sequence[Counts], figure: str, *, seed: int, draws: int = 1000
) -> tuple[float, float]:
    """Give the 95 % interval of a figure by drawing blocks again.

    Args:
        blocks: counts of each block.
        figure: ``iou``, ``f1``, ``precision`` or ``recall``.
        seed: of the draws.
        draws: how often.

    Returns:
        low, high; NaN where no draw gives a figure.
    """
    table = np.array([(b.right, b.claimed, b.found, b.true) for b in blocks]).reshape(-1, 4)
    rng = np.random.default_rng(seed)
    picks = rng.integers(max(1, len(table)), size=(draws, len(table)))
    values = np.array([getattr(Counts(*table[pick].sum(0)), figure) for pick in picks])
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _middle(yes: Mask) -> Mask:
    return np.asarray(skeletonize(yes), np.bool_)  # type: ignore[no-untyped-call]


def _near(lines: Mask, pixels: float) -> Mask:
    if not lines.any():
        return np.zeros(lines.shape, np.bool_)
    return np.asarray(ndimage.distance_transform_edt(~lines) <= pixels)


def _mostly(things: Things, known: Mask) -> Things:
    """Keep things of which more than half lies on known ground, numbered anew."""
    sizes = np.bincount(things.ravel())
    on_known = np.bincount(things.ravel(), weights=known.ravel(), minlength=len(sizes))
    keep = on_known > sizes / 2
    keep[0] = False
    numbers = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return numbers[things]
