"""Carry pictures of many dates onto one contrast, by the ground that stayed as it was.

What people save is drawn with whatever contrast a viewer chose: the same for all dates, or one
for each, stretched until the lightest cloud is white.  So several lines are tried, from doing
nothing to a gain and an offset a colour, and the simplest on which nearly as much of the ground
agrees as on any is taken.  Fields that ripen cannot pull a picture off its scale that way.

    pictures (T, 3, H, W), seen ──cells──► the middle picture ──lines──► Contrast: gain, offset
        ──► which are of one contrast; which cannot be carried over, where contrasts differ

Numbers are 0 to 255; carried over they may lie beyond, and are not cut off.

Source: pseudo-invariant features, J. Schott et al., RSE 26(1), 1988; consensus as in RANSAC,
M. Fischler and R. Bolles, CACM 24(6), 1981.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError

CELL = 4
"""Pixels a side of the cells that are compared: a pixel's misplacement must not matter."""

FEWEST = 30
"""Cells without which nothing is compared."""

NEAR = (3.0, 0.05)
"""Numbers, and part of the number, by which ground that stayed may still differ."""

AGREED = 0.3
"""Share of the ground that must agree before a picture's numbers are carried over."""

TRUST = 0.5
"""Least correlation of the ground that agrees: even ground agrees with anything, snow too."""

SIMPLER = 0.8
"""Part of the best line's ground that is enough for a simpler one."""

ROUNDS, TURNS = 8, 2
"""Of reweighting; of making the middle picture anew."""

GAINS = (0.4, 4.0)
"""Beyond, no contrast of a viewer is between two pictures of one ground."""

WEATHER = (0.8, 1.25), 14.0
"""Gains and offsets that sun and haze explain; a picture farther off was drawn otherwise."""

DRAWN = 0.34
"""Share of the pictures drawn otherwise from which contrasts differ by date."""

CLIPPED = (2, 253)
"""Numbers beyond hit the end of the scale."""

TINT = 1.5
"""Gain of one colour over that of another beyond which brightness alone is no reason: snow is
white and would be carried onto brown ground."""

Numbers = NDArray[np.float32]
"""(..., 3, H, W), 0 to 255."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a picture's numbers become those of the middle picture, a colour each."""

    gain: NDArray[np.float64]
    offset: NDArray[np.float64]
    agreed: float = 0.0
    """Share of the ground that agrees then."""

    def apply(self, picture: Numbers) -> Numbers:
        """Carry a picture over, (3, H, W); nothing is below 0, nothing cut off above."""
        line = self.gain[:, None, None] * picture + self.offset[:, None, None]
        return np.maximum(line, 0).astype(np.float32)

    @property
    def weather(self) -> bool:
        """Tell whether sun and haze explain it."""
        (low, high), off = WEATHER
        gains = (self.gain >= low) & (self.gain <= high)
        return bool(gains.all() and (np.abs(self.offset) <= off).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrasts:
    """The contrasts of a series."""

    lines: tuple[Contrast | None, ...]
    """(T,), ``None`` where too little agrees."""

    @property
    def differ(self) -> bool:
        """Tell whether pictures were drawn with a contrast of their own each."""
        known = [line for line in self.lines if line is not None]
        return sum(not line.weather for line in known) > DRAWN * max(len(known), 1)

    def comparable(self, look: int) -> bool:
        """Tell whether a picture's numbers mean what those of the others mean."""
        return self.lines[look] is not None or not self.differ


def find_contrasts(pictures: Numbers, seen: NDArray[np.bool_]) -> Contrasts:
    """Find how all pictures are carried onto their middle one.

    Args:
        pictures: (T, 3, H, W), 0 to 255.
        seen: (T, H, W), false where a picture shows nothing.

    Raises:
        ShapeError: the arrays do not belong together.
    """
    if pictures.shape[:1] + pictures.shape[2:] != seen.shape or pictures.shape[1] != 3:
        raise ShapeError(
            f"pictures must be (T, 3, H, W) and seen (T, H, W), not {pictures.shape} and "
            f"{seen.shape}"
        )
    cells = np.stack([_cells(*one) for one in zip(pictures, seen, strict=True)])  # (T, 3, N)
    middle = _middle(cells)
    for _ in range(TURNS):  # the first middle mixes contrasts
        lines = [_line(middle, one) for one in cells]
        level = [_on(k, c) for k, c in zip(lines, cells, strict=True) if k is not None]
        if level:
            middle = _middle(np.stack(level))
    return Contrasts(lines=tuple(_line(middle, one) for one in cells))


def _cells(picture: Numbers, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average cells, (3, N); NaN where a pixel is unseen or at the end of the scale."""
    rows, cols = (side // CELL for side in seen.shape)
    clipped = (picture < CLIPPED[0]).any(axis=0) | (picture > CLIPPED[1]).any(axis=0)
    good = np.where(seen & ~clipped, picture, np.nan)[:, : rows * CELL, : cols * CELL]
    parts = good.reshape(3, rows, CELL, cols, CELL)
    return np.asarray(parts.mean(axis=(2, 4)).reshape(3, -1), np.float64)


def _middle(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the median of each cell over the pictures that show it, (3, N)."""
    ordered = np.sort(cells, axis=0)  # NaN comes last
    rank = np.maximum(np.isfinite(cells[:, :1]).sum(axis=0) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, rank[None], axis=0)[0])


def _on(line: Contrast, cells: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(line.gain[:, None] * cells + line.offset[:, None])


def _line(middle: NDArray[np.float64], cells: NDArray[np.float64]) -> Contrast | None:
    """Choose the simplest line on which nearly as much agrees as on any."""
    both = np.isfinite(middle).all(axis=0) & np.isfinite(cells).all(axis=0)
    if both.sum() < max(FEWEST, AGREED * np.isfinite(middle).all(axis=0).sum()):
        return None
    one, two = middle[:, both], cells[:, both]
    tried = [Contrast(g, o, _agreed(one, two, g, o)) for g, o in _lines(one, two)]
    most = max(line.agreed for line in tried)
    if most < AGREED:
        return None
    return next(line for line in tried if line.agreed >= SIMPLER * most)


def _agreed(
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    gain: NDArray[np.float64],
    offset: NDArray[np.float64],
) -> float:
    """Tell which share of the cells agrees in all colours; 0 where they only seem to."""
    left = np.abs(one - gain[:, None] * two - offset[:, None])
    near = (left <= NEAR[0] + NEAR[1] * np.abs(one)).all(axis=0)
    as_is = bool((gain == 1).all() and (offset == 0).all())
    if as_is:
        return float(near.mean())
    if gain.min() < GAINS[0] or gain.max() > GAINS[1] or near.sum() < FEWEST:
        return 0.0
    if _likeness(one[:, near], two[:, near]) < TRUST:
        return 0.0
    return float(near.mean())


def _likeness(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Correlate two pictures of cells, (3, N); that of the colour that is least alike."""
    a, b = (side - side.mean(axis=1, keepdims=True) for side in (one, two))
    size = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    return float(((a * b).sum(axis=1) / np.maximum(size, 1e-9)).min())


def _lines(
    one: NDArray[np.float64], two: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Try nothing, a gain, and lines from the ground that agrees so far and from all of it."""
    still, none = np.ones(3), np.zeros(3)
    yield still, none
    gain = np.median(one / np.maximum(two, 1), axis=1)
    if gain.max() <= TINT * gain.min():
        yield gain, none
    for begin in ((still, none), (gain, none), None):
        fitted = _fitted(one, two, begin)
        if fitted is not None:
            yield fitted


def _fitted(
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    begin: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Fit reduced major axes, round by round to the ground that fits; None where none does."""
    weight = np.ones(one.shape[1])
    gain, offset = begin or (np.ones(3), np.zeros(3))
    for turn in range(ROUNDS):
        if turn or begin is not None:
            left = (one - gain[:, None] * two - offset[:, None]) / (NEAR[0] + NEAR[1] * one)
            away = np.sqrt(np.square(left).mean(axis=0))
            scale = np.maximum(np.median(away), 1.0)
            weight = np.square(np.clip(1 - np.square(away / (2 * scale)), 0, None))
        if (weight > 0.1).sum() < FEWEST:
            return None
        share = weight / weight.sum()
        mean_one, mean_two = one @ share, two @ share
        spread_one = np.square(one - mean_one[:, None]) @ share
        spread_two = np.square(two - mean_two[:, None]) @ share
        gain = np.sqrt((spread_one + 1e-6) / (spread_two + 1e-6))
        offset = mean_one - gain * mean_two
    return gain, offset
