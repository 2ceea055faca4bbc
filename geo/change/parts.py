"""Measure what became of a part of a building, and of its colour beside that of other roofs.

A house cut short is a whole one in the mean: half of it is as it was.  So its two halves are
asked apart.  Each date's roof is found first, for a tall house leans out of its outline by
metres, and a wall where the roof was is no damage.  Then: does a connected part show a roof on
one date only, did its colour move otherwise than that of the rest, and is there a rest?

    outline, scores, pictures ──lay on the roof of each date──► Part: went, came, colour moved
    colours of all units ──less what most roofs of the pair did──► painted, odd

A roof is painted anew when its colour moved and that of the other roofs did not: sun and season
move them all.  Where light moved each of them otherwise, one that moved far is not odd.

Source: relative radiometry by the roofs themselves, after pseudo-invariant features, J. Schott
et al., RSE 26(1), 1988.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, binary_opening, label, uniform_filter
from scipy.signal import correlate

from geo.types import FULL, NODATA, Mask, Picture, Scores

REACH = 6.0
"""Metres by which a roof may lie beside its outline: four storeys seen 25 degrees aslant."""

PULL = 0.02
"""Score that a metre beside the outline costs, so that of two equal places the nearer wins."""

RIM = 2
"""Pixels about an outline that must not be roof where the roof lies in it."""

SMOOTH = 2.5
"""Metres over which a colour is averaged: joints, boxes and half a pixel of misplacement."""

FELL = 0.35
"""Fall of the score, weighed by its colour, from which a pixel is gone."""

OTHERWISE = 0.06
"""Colour (0 to 1) by which a part must move otherwise than the rest to count in full."""

ENOUGH = 12
"""Pixels without which nothing stayed."""

MATCHED = 3.0
"""Roofs.  The match of brightness speaks with the voice of three that did not move."""

LEEWAY = 0.02
"""Colour (0 to 1) by which roofs of any pair move apart: noise, compression, half a pixel."""

Triple = NDArray[np.float64]
"""(3,) or (N, 3) colours, 0 to 255."""

Flat = NDArray[np.float64]
"""(N,), one value a unit."""


@dataclass(frozen=True, slots=True)
class Part:
    """What became of a part of one unit."""

    one: float
    """Share of the unit that is roof on the first date only, one connected part; at most the
    share that is roof on both, for where nothing stayed it is no part."""

    other: float
    """The same on the second date only."""

    moved: Triple
    """(3,) how far the mean colour moved from the first date to the second."""

    stood: float
    """How surely a roof is there on both dates, 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Date:
    """One date laid so that its roof lies in the outline."""

    roof: NDArray[np.float32]
    """(h, w), 0 to 1."""

    colour: NDArray[np.float32]
    """(3, h, w), 0 to 255."""


def measure_part(
    inside: Mask, roofs: tuple[Scores, Scores], pictures: tuple[Picture, Picture], gsd: float
) -> Part:
    """Measure one unit in a window about it.

    Args:
        inside: (h, w) its pixels.
        roofs: (h, w) scores of roof, by date.
        pictures: (3, h, w) by date, alike in brightness.
        gsd: metres per pixel.

    Returns:
        NaN throughout where nothing of it was judged on both dates.
    """
    seen = inside & (roofs[0] != NODATA) & (roofs[1] != NODATA)
    if not seen.any():
        return Part(np.nan, np.nan, np.full(3, np.nan), np.nan)
    rows, cols = (_span(seen.any(axis)) for axis in (1, 0))
    here = seen[rows, cols]
    one, other = (
        _laid(here, (rows, cols), roof, picture, gsd)
        for roof, picture in zip(roofs, pictures, strict=True)
    )
    eroded: Mask = binary_erosion(here)
    core = eroded if eroded.sum() > 8 else here
    tints = [date.colour[:, core].mean(1, dtype=float) for date in (one, other)]
    stood = float(one.roof[core].mean()) * float(other.roof[core].mean())
    return Part(*_gone(here, core, (one, other), gsd), tints[1] - tints[0], stood)


def painted(moved: Triple, stood: Flat) -> tuple[Flat, Flat]:
    """Tell how far each roof's colour moved beyond what roofs of this pair usually did.

    Args:
        moved: (N, 3) change of every unit's colour; NaN where unknown.
        stood: (N,) how surely a roof is there on both dates.

    Returns:
        (N,) the distance, 0 to 1; (N,) how many times as far as most roofs that is.
    """
    known = np.isfinite(moved).all(1)
    weight = np.append(stood[known], MATCHED)
    usual = [_middle(np.append(moved[known, band], 0.0), weight) for band in range(3)]
    paint = np.abs(moved - usual).mean(1) / 255
    most = _middle(paint[known], stood[known]) if known.any() else 0.0
    return paint, paint / (most + LEEWAY)


def _span(taken: NDArray[np.bool_]) -> slice:
    """Give the run of rows or columns that holds a unit, and its rim as far as there is one."""
    at = np.flatnonzero(taken)
    return slice(max(0, int(at[0]) - RIM), min(len(taken), int(at[-1]) + 1 + RIM))


def _laid(
    here: Mask, box: tuple[slice, slice], roof: Scores, picture: Picture, gsd: float
) -> _Date:
    """Find where the roof of one date lies, and cut it out there."""
    score = np.asarray(np.where(roof == NODATA, 0, roof) / FULL, np.float32)
    air = [
        min(side.start, size - side.stop) for side, size in zip(box, roof.shape, strict=True)
    ]
    far = min(round(REACH / gsd), *air)
    shift = _beside(here, score, box, far, gsd)
    rows, cols = (slice(s.start + by, s.stop + by) for s, by in zip(box, shift, strict=True))
    return _Date(score[rows, cols], picture[:, rows, cols].astype(np.float32))


def _beside(
    here: Mask, score: NDArray[np.float32], box: tuple[slice, slice], far: int, gsd: float
) -> tuple[int, int]:
    """Give the shift, rows and columns, where an outline holds most roof and its rim least."""
    rim = binary_dilation(here, iterations=RIM) & ~here
    wanted = here / here.sum() - rim / (2 * max(1, int(rim.sum())))
    rows, cols = (slice(side.start - far, side.stop + far) for side in box)
    held = correlate(score[rows, cols], wanted.astype(np.float32), mode="valid", method="fft")
    down, right = np.mgrid[-far : far + 1, -far : far + 1]
    best = np.argmax(held - PULL * gsd * np.hypot(down, right))
    return int(down.flat[best]), int(right.flat[best])


def _gone(
    here: Mask, core: Mask, dates: tuple[_Date, _Date], gsd: float
) -> tuple[float, float]:
    """Share of a unit that is roof on the first date only, and on the second only."""
    one, other = dates
    stays = core & (one.roof >= 0.5) & (other.roof >= 0.5)
    if stays.sum() < ENOUGH:
        return 0.0, 0.0
    wide = max(1, round(SMOOTH / gsd))
    moved = np.stack([uniform_filter(b, wide) for b in other.colour - one.colour])  # (3, h, w)
    usual = np.median(moved[:, stays], axis=1)[:, None, None]
    otherwise = np.minimum(1, np.abs(moved - usual).mean(0) / (255 * OTHERWISE))
    shares = [
        _largest(here, np.clip(a.roof - b.roof, 0, 1) * otherwise)
        for a, b in (dates, dates[::-1])
    ]
    most = float(stays.sum() / here.sum())
    return min(shares[0], most), min(shares[1], most)


def _largest(here: Mask, fell: NDArray[np.float32]) -> float:
    """Share of a unit in the largest connected part that fell, each pixel by how far."""
    pieces, count = label(binary_opening(here & (fell > FELL)))
    if not count:
        return 0.0
    sizes = np.bincount(pieces.ravel())
    piece = pieces == 1 + int(sizes[1:].argmax())
    return float(fell[piece].sum() / here.sum())


def _middle(values: Flat, weight: Flat) -> float:
    """Give the weighted median, the same from below and from above."""
    order = np.argsort(values)
    run = np.cumsum(weight[order])
    half = run[-1] / 2
    low = int(np.searchsorted(run, half * (1 - 1e-9)))
    high = min(int(np.searchsorted(run, half * (1 + 1e-9))), len(run) - 1)
    return float(values[order[low]] + values[order[high]]) / 2
