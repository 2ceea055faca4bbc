"""Lay two pictures of one place exactly onto each other, or say that it cannot be done.

Asked thrice (``geo.correlate``): coarsely of the whole, over turns and shifts; then of many
windows at full resolution, with the answer so far taken out; then a rule is sought on which the
windows agree.  The rule is the plainest that serves: a shift, else a similarity, else an
affine; and on top of it a smooth field where neighbours agree that the ground itself is bent
(terrain).

    fixed, moving ──pool──► turn, shift ──windows──► local shifts ──agree──► Registration
                                                                  └─ too few ─► refused

Open water, cloud and other places give windows that agree with nobody: then the registration is
*refused* with a sentence, and nobody moves anything.

Source: the tiles-and-consensus scheme of AROSICS (D. Scheffler et al., Remote Sensing 9(7),
2017); consensus by M. Fischler and R. Bolles, CACM 24(6), 1981.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from geo.agree import FEWEST, Matrix, Rule, agree, away, bend
from geo.correlate import Grey, brightness, directions, find_peak
from geo.errors import ShapeError, UnitsError
from geo.prepare.registration import Pictures, Registration, moved
from geo.types import Mask

REACH = 16.0
"""Metres along rows and along columns.  Two products of one place lie at most this far apart:
10 m is a poor one (CE90)."""

TURNS = tuple(range(-4, 5))
"""Degrees that are tried on the coarse pictures."""

COARSE = 384
"""Pixels a side of the coarse pictures; half a degree is two pixels at their rim."""

WINDOW = (96, 256)
"""Pixels; least and largest side of a local window."""

LARGE = 600
"""Pixels a side from which the second look takes smaller windows, which see bends."""

WINDOWS = 100
"""Windows at most."""

QUALITY = 0.35
"""Share of the believed windows that must agree."""

CLEAR = 4.8
"""Standard deviations that the peak of the whole must stand above all other shifts.  Pictures
of other places and of open water reach 4.3, true pairs 5.0 and more: docs/results/change.md."""

SURE = 2.5
"""The same for one window, which has fewer shifts to choose from; that windows agree is what
counts there."""


def coregister(
    fixed: Pictures,
    moving: Pictures,
    shape: tuple[int, int],
    gsd: float,
    *,
    reach: float = REACH,
) -> Registration:
    """Measure where the ground of one picture lies in another on the same grid.

    Args:
        fixed: shows the picture that stays.
        moving: shows the other, where its file would have it.
        shape: rows, cols of the grid.
        gsd: metres per pixel.
        reach: metres along rows and along columns by which the moving picture may be off.

    Returns:
        The registration; one with ``refused`` moves nothing.

    Raises:
        ShapeError: the frame is too small to ask several windows.
        UnitsError: ``gsd`` or ``reach`` is not a positive number of metres.
    """
    if not (0 < gsd < np.inf and 0 < reach < np.inf):
        raise UnitsError(f"gsd and reach must be positive metres, not {gsd} and {reach}")
    if min(shape) < WINDOW[0]:
        raise ShapeError(
            f"Two pictures need {WINDOW[0]} pixels a side in common to be laid onto each "
            f"other, and these share {shape[0]} x {shape[1]}."
        )
    matrix, stands = _coarse(fixed, moving, shape, reach / gsd)
    if stands < CLEAR:
        return _refusal(shape, 0, Rule(matrix=np.eye(2, 3)))
    found = Registration(matrix=matrix, shape=shape)
    local = np.zeros((0, 4))
    search = first = max(6.0, 0.012 * max(shape))
    for parts in (2, 5 if min(shape) >= LARGE else 2):
        local = np.array(list(_windows(fixed, moving, found, search, parts))).reshape(-1, 4)
        rule = agree(local[:, :2], local[:, 2:])
        if rule.agreeing < FEWEST or rule.share < QUALITY:
            return _refusal(shape, len(local), rule)
        found = _taken(rule, shape)
        # Windows that leave the rule where ground is bent must not be lost to the second look.
        off = away(rule.matrix, local[:, :2], local[:, 2:])
        search = float(np.clip(1.5 + np.percentile(off, 90), 4.0, first))
    field = bend(found.matrix, local[:, :2], local[:, 2:], shape)
    if field is None:
        return found
    return replace(found, rule="field", field=field[0], residual_px=field[1])


def _taken(rule: Rule, shape: tuple[int, int]) -> Registration:
    return Registration(
        matrix=rule.matrix,
        shape=shape,
        rule=rule.name,
        quality=rule.share,
        agreeing=rule.agreeing,
        residual_px=rule.residual,
    )


def _refusal(shape: tuple[int, int], sure: int, rule: Rule) -> Registration:
    return Registration(
        matrix=np.eye(2, 3),
        shape=shape,
        agreeing=rule.agreeing,
        quality=rule.share,
        refused=(
            "The two pictures could not be laid onto each other: "
            + (f"of {sure} windows {rule.agreeing} agree. " if sure else "nothing stands out. ")
            + "Water, cloud and fields give no answer; check that both show the same place, "
            "and how well it can be seen."
        ),
    )


def _coarse(
    fixed: Pictures, moving: Pictures, shape: tuple[int, int], reach: float
) -> tuple[Matrix, float]:
    """Find turn and shift on pooled pictures, and tell how clearly they stand out."""
    factor = max(1, math.ceil(max(shape) / COARSE))
    still = directions(*_pooled(fixed, shape, factor))
    two, seen = _pooled(moving, shape, factor)
    best, most = (0, 0.0, 0.0), -math.inf
    for turn in sorted(TURNS, key=abs):
        peak = find_peak(still, directions(*_turned(two, seen, turn)), max(3.0, reach / factor))
        if peak.stands > most * (1 if turn == 0 else 1.1):  # a turn must earn its place
            best, most = (turn, peak.row, peak.col), peak.stands
    # turned(p) = two(R (p - mid) + mid) and fixed(p) = turned(p + shift); a coarse pixel p has
    # its middle at factor * p + half.
    spin, mid = _spin(best[0]), (np.array(two.shape) - 1) / 2
    half = np.full(2, (factor - 1) / 2)
    offset = factor * (spin @ (np.array(best[1:]) - mid) + mid) + half - spin @ half
    return np.column_stack([spin, offset]), most


def _spin(turn: float) -> NDArray[np.float64]:
    angle = math.radians(turn)
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _turned(grey: Grey, valid: Mask, turn: float) -> tuple[Grey, Mask]:
    if turn == 0:
        return grey, valid
    spin, mid = _spin(turn), (np.array(grey.shape) - 1) / 2
    offset = mid - spin @ mid
    seen = affine_transform(valid.astype(np.float32), spin, offset, order=1) > 0.99
    return affine_transform(grey, spin, offset, order=1, mode="nearest"), seen


def _pooled(pictures: Pictures, shape: tuple[int, int], factor: int) -> tuple[Grey, Mask]:
    """Average blocks of ``factor`` pixels, strip by strip; half a block must be valid."""
    rows, cols = shape[0] // factor, shape[1] // factor
    grey, seen = np.zeros((rows, cols), np.float32), np.zeros((rows, cols), np.bool_)
    step = max(1, 512 // factor)
    for top in range(0, rows, step):
        stop = min(top + step, rows)
        pixels, valid = pictures.picture(
            slice(top * factor, stop * factor), slice(0, cols * factor)
        )
        blocks = (stop - top, factor, cols, factor)
        count = valid.reshape(blocks).sum((1, 3))
        total = (brightness(pixels) * valid).reshape(blocks).sum((1, 3))
        grey[top:stop] = total / np.maximum(count, 1)
        seen[top:stop] = count >= factor**2 / 2
    return grey, seen


def _windows(
    fixed: Pictures, moving: Pictures, known: Registration, search: float, parts: int
) -> Iterator[tuple[float, float, float, float]]:
    """Ask windows where they lie; yields row, col of their middle, here and there, if sure."""
    shape = known.shape
    side = int(np.clip(min(shape) // parts, *WINDOW)) // 2 * 2
    count = [int(np.clip(3 * length // side - 2, 1, WINDOWS**0.5)) for length in shape]
    starts = [
        np.linspace(0, length - side, n).round().astype(int)
        for length, n in zip(shape, count, strict=True)
    ]
    for top, left in itertools.product(*(s.tolist() for s in starts)):
        rows, cols = slice(top, top + side), slice(left, left + side)
        one, seen = fixed.picture(rows, cols)
        two, also = moved(moving, known, rows, cols)
        if min(seen.mean(), also.mean()) < 0.4:
            continue
        still, other = (directions(brightness(p), v) for p, v in ((one, seen), (two, also)))
        peak = find_peak(still, other, min(search, side / 4))
        if peak.stands < SURE:
            continue
        row, col = top + (side - 1) / 2, left + (side - 1) / 2
        there = known.where(np.array([row + peak.row]), np.array([col + peak.col]))[:, 0, 0]
        yield row, col, float(there[0]), float(there[1])
