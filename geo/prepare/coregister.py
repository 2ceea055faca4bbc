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
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, map_coordinates

from geo.agree import FEWEST, Matrix, Rule, agree, away, bend
from geo.correlate import Grey, brightness, directions, find_peak
from geo.errors import ShapeError, UnitsError
from geo.types import Mask, Picture

REACH = 16.0
"""Metres.  Two products of one place lie at most this far apart: 10 m is a poor one (CE90)."""

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


class Pictures(Protocol):
    """Whoever shows windows of a picture; ``geo.reader.Reader`` is one."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window, which may reach outside: (3, h, w) uint8 and (h, w) bool."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A picture in memory, shown by windows."""

    pixels: Picture
    """(3, H, W)."""

    valid: Mask
    """(H, W)."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window; what lies outside is not valid."""
        height, width = self.valid.shape
        pixels = np.zeros((3, rows.stop - rows.start, cols.stop - cols.start), np.uint8)
        valid = np.zeros(pixels.shape[1:], np.bool_)
        r0, r1 = max(rows.start, 0), min(rows.stop, height)
        c0, c1 = max(cols.start, 0), min(cols.stop, width)
        if r0 < r1 and c0 < c1:
            there = np.s_[r0 - rows.start : r1 - rows.start, c0 - cols.start : c1 - cols.start]
            pixels[:, *there] = self.pixels[:, r0:r1, c0:c1]
            valid[there] = self.valid[r0:r1, c0:c1]
        return pixels, valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where the ground of a fixed picture lies in a moving one."""

    matrix: Matrix
    """(2, 3): moving row, col from fixed row, col, 1."""

    shape: tuple[int, int]
    """Rows, cols of the fixed picture."""

    rule: str = "none"
    """``shift``, ``similarity``, ``affine``, ``field`` or ``none``."""

    quality: float = 0.0
    """Share of the windows with a clear answer that agree within a pixel, 0 to 1."""

    agreeing: int = 0
    """How many windows those are."""

    residual_px: float = math.nan
    """Median distance of the agreeing windows from the rule; NaN without any."""

    refused: str = ""
    """Why nothing is moved, as a sentence; empty when it is."""

    field: NDArray[np.float32] | None = None
    """(2, h, w) added to rows and cols, on nodes spread evenly over the picture."""

    @property
    def shift_px(self) -> tuple[float, float]:
        """Rows down and cols right by which the moving picture is off, at the middle."""
        row, col = ((side - 1) / 2 for side in self.shape)
        there = self.where(np.array([row]), np.array([col]))[:, 0, 0]
        return float(there[0] - row), float(there[1] - col)

    @property
    def turn(self) -> float:
        """Degrees by which the moving picture is turned, clockwise."""
        (a, b, _), (c, d, _) = self.matrix
        return math.degrees(math.atan2(b - c, a + d))

    def off_at(self, row: float, col: float) -> float:
        """Pixels by which the moving picture is off at a place of the fixed one."""
        there = self.where(np.array([row]), np.array([col]))[:, 0, 0]
        return float(np.hypot(there[0] - row, there[1] - col))

    def where(
        self, rows: NDArray[np.floating], cols: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Tell where fixed pixels lie in the moving picture.

        Args:
            rows: (h,) rows of the fixed picture.
            cols: (w,) cols.

        Returns:
            (2, h, w) rows and cols of the moving picture.
        """
        r, c = np.meshgrid(rows, cols, indexing="ij")
        there = np.stack([m[0] * r + m[1] * c + m[2] for m in self.matrix])
        if self.field is not None:
            at = [
                x * ((nodes - 1) / max(1, side - 1))
                for x, side, nodes in zip((r, c), self.shape, self.field.shape[1:], strict=True)
            ]
            for axis in (0, 1):
                there[axis] += map_coordinates(self.field[axis], at, order=1, mode="nearest")
        return there


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
        reach: metres; how far off the moving picture may be.

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


def moved(
    moving: Pictures, registration: Registration, rows: slice, cols: slice
) -> tuple[Picture, Mask]:
    """Show a window of the moving picture where its ground lies in the fixed one.

    Args:
        moving: shows the picture where its file would have it.
        registration: where its ground lies.
        rows: of the fixed picture; may reach outside.
        cols: likewise.

    Returns:
        (3, h, w) uint8, bilinear, and (h, w) bool, true where all four neighbours are real.
    """
    there = registration.where(
        np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop)
    )
    (top, left), (bottom, right) = (f((1, 2)) for f in (there.min, there.max))
    box = (
        slice(math.floor(top), math.floor(bottom) + 2),
        slice(math.floor(left), math.floor(right) + 2),
    )
    pixels, valid = moving.picture(*box)
    at = there - np.array([box[0].start, box[1].start])[:, None, None]
    low = np.floor(at).astype(np.intp)
    share = (at - low).astype(np.float32)
    r, c = low[0], low[1]
    weights = (
        ((0, 0), (1 - share[0]) * (1 - share[1])), ((0, 1), (1 - share[0]) * share[1]),
        ((1, 0), share[0] * (1 - share[1])), ((1, 1), share[0] * share[1]),
    )  # fmt: skip
    out = np.full((3, *r.shape), 0.5, np.float32)
    seen = np.ones(r.shape, np.bool_)
    for (down, across), weight in weights:
        out += pixels[:, r + down, c + across] * weight
        seen &= valid[r + down, c + across] | (weight < 1e-3)
    return out.astype(np.uint8), seen
