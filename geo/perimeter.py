"""Walk round a piece of ground and note what bars the way.

Every half-metre step or so of the outline looks for a barrier within arm's length.  Stretches
without one are gaps; a gap runs from barrier to barrier, so its width is what a driver would
measure with a tape.  A gap a vehicle fits through, and no wider than a gate, is a gate.
Looking further out from each step tells whether a second barrier runs along the first.

    region (H, W) bool + barrier (H, W) uint8 ──► ring (N, 2) ──► steps ──► Perimeter

Rows and columns are pixels, lengths are metres.  What is unseen (beyond the picture, nodata)
neither bars nor lets pass: it is left out of every share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from skimage.measure import find_contours

from geo.escape import Heights
from geo.types import Mask

NARROWEST_GATE = 2.0
"""Metres.  A car is 1.8 m wide; what is narrower is a door, or a break in the scores."""

ARM = 1.6
"""Pixels.  How far beside the outline a barrier may stand: the next pixel, corners included,
and a little for outlines that cut corners."""

STRIP = (3.0, 12.0)
"""Metres of clear ground between two fences of a double perimeter; narrower is one thick wall,
wider is a street (clear zones of prisons are 3 to 9 m)."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A stretch of the perimeter that nothing bars."""

    width: float
    """Metres, from barrier to barrier."""

    row: float
    """Pixels down, of its middle."""

    col: float
    """Pixels right, of its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Perimeter:
    """What was met on the walk."""

    ring: NDArray[np.float64]
    """(N, 2) row, col of the outline in pixels, closed: the last point is the first."""

    length: float
    """Metres, the unseen part included."""

    closure: float
    """Share of the seen part that is barred, 0 to 1; 0 when nothing was seen."""

    gaps: tuple[Gap, ...]
    """Widest first."""

    unseen: float
    """Share that runs along the edge of the picture or of nodata, 0 to 1."""

    unseen_runs: int
    """Number of separate stretches along that edge."""

    double: float
    """Share of the seen part with a second barrier outside, 0 to 1."""

    strip: float
    """Metres, median width of the clear ground between the two; NaN without a second."""

    barred: Mask
    """(N - 1,) whether each step of the ring is barred."""

    seen: Mask
    """(N - 1,) whether anything is known of it."""

    @property
    def largest_gap(self) -> float:
        """Metres; 0 when there is none."""
        return self.gaps[0].width if self.gaps else 0.0

    def gates(self, gate: float) -> tuple[Gap, ...]:
        """Return the gaps that a vehicle fits through and that are no wider than ``gate``."""
        return tuple(gap for gap in self.gaps if NARROWEST_GATE <= gap.width <= gate)


def walk(
    region: Mask,
    barrier: Heights,
    gsd: float,
    *,
    bar: int,
    seen: Mask | None = None,
    arm: float = ARM,
) -> Perimeter:
    """Walk round one piece of ground.

    Args:
        region: (H, W), one connected piece without holes.
        barrier: (H, W) uint8, 0 to 254.
        gsd: metres per pixel.
        bar: the barrier score from which on a way is barred, 1 to 254.
        seen: (H, W), false where nothing is known; beyond the array nothing is known either.
        arm: pixels beside the outline in which a barrier counts.

    Returns:
        The walk; of the longest outline, should ``region`` have several.
    """
    from geo.feet import feet_of  # noqa: PLC0415  compiled code

    seen = np.ones(region.shape, np.bool_) if seen is None else seen
    ring = outline_of(region)
    here, along = (ring[:-1] + ring[1:]) / 2, np.hypot(*np.diff(ring, axis=0).T)  # (N, 2), (N,)
    blind = _is_blind(here, seen)
    wall = barrier >= bar
    away, feet = feet_of(here, wall)
    barred = away <= arm
    shown = float(along[~blind].sum())
    gaps = [_gap(here, _Feet(feet, wall), run, gsd) for run in _runs(~barred & ~blind)]
    double, strip = _second(here, ring, region, wall, gsd, ~blind)
    return Perimeter(
        ring=ring,
        length=float(along.sum()) * gsd,
        closure=float(along[barred & ~blind].sum()) / shown if shown else 0.0,
        gaps=tuple(sorted((gap for gap in gaps if gap.width > 0), reverse=True)),
        unseen=float(along[blind].sum() / along.sum()),
        unseen_runs=len(_runs(blind)),
        double=float(along[double].sum()) / shown if shown else 0.0,
        strip=strip,
        barred=barred,
        seen=~blind,
    )


def outline_of(region: Mask) -> NDArray[np.float64]:
    """Trace the longest outline of a region, half way between inside and outside.

    Returns:
        (N, 2) row, col, closed, smoothed over about five pixels against staircases.
    """
    rings = find_contours(np.pad(region, 1).astype(np.uint8), 0.5)  # type: ignore[no-untyped-call]
    ring = max(rings, key=len)[:-1] - 1  # (N, 2)
    span = 2
    if len(ring) > 6 * span:
        turned = [np.roll(ring, shift, axis=0) for shift in range(-span, span + 1)]
        ring = np.mean(turned, axis=0)
    return np.vstack([ring, ring[:1]])


def _is_blind(here: NDArray[np.float64], seen: Mask) -> Mask:
    """Tell which steps touch ground that nobody saw, or the edge of the array."""
    rim = np.pad(seen, 2, constant_values=False)
    near = np.rint(here).astype(int) + 2
    blind = np.zeros(len(here), np.bool_)
    for row in (-1, 0, 1):
        for col in (-1, 0, 1):
            blind |= ~rim[
                np.clip(near[:, 0] + row, 0, rim.shape[0] - 1),
                np.clip(near[:, 1] + col, 0, rim.shape[1] - 1),
            ]
    return blind


@dataclass(frozen=True, slots=True)
class _Feet:
    """The wall pixel nearest to each step, (N, 2), -1 where none is near; and all walls."""

    near: NDArray[np.int32]
    wall: Mask

    def of(self, step: int, here: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the row and column of the wall nearest to a step."""
        foot: NDArray[np.float64] = self.near[step].astype(np.float64)
        if foot[0] < 0:
            walls = np.argwhere(self.wall).astype(np.float64)
            away = ((walls - here[step]) ** 2).sum(axis=1)
            foot = walls[away.argmin()] if len(walls) else here[step]
        return foot


def _runs(flags: Mask) -> list[NDArray[np.intp]]:
    """Cut a closed walk into the stretches where ``flags`` holds; positions in order."""
    if not flags.any():
        return []
    if flags.all():
        return [np.arange(len(flags))]
    start = int(np.flatnonzero(~flags)[0])
    order = (np.arange(len(flags)) + start) % len(flags)
    turned = flags[order].astype(np.int8)
    edges = np.diff(turned, prepend=0, append=0)
    pairs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    return [order[first:last] for first, last in pairs]


def _gap(here: NDArray[np.float64], feet: _Feet, run: NDArray[np.intp], gsd: float) -> Gap:
    """Measure a gap between the barriers at its two ends; a ring without any is one gap."""
    middle = here[run].mean(axis=0)
    if len(run) == len(here):
        span = np.ptp(here, axis=0)
        return Gap(float(span.max()) * gsd, float(middle[0]), float(middle[1]))
    before = feet.of((run[0] - 1) % len(here), here)
    behind = feet.of((run[-1] + 1) % len(here), here)
    width = float(np.hypot(*(before - behind))) - 1  # from the near face of one to the other's
    return Gap(width * gsd, float(middle[0]), float(middle[1]))


def _second(
    here: NDArray[np.float64],
    ring: NDArray[np.float64],
    region: Mask,
    wall: Mask,
    gsd: float,
    counted: Mask,
) -> tuple[Mask, float]:
    """Tell which steps have a clear strip outside their barrier and another barrier beyond.

    Returns:
        flags (N,) and the median width of the strip in metres, NaN when there is none.
    """
    normal = np.diff(ring, axis=0)[:, ::-1] * (1, -1)  # a quarter turn, (N, 2)
    normal /= np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    if _mean_at(region, here + normal) > _mean_at(region, here - normal):
        normal = -normal
    out = np.arange(0, (STRIP[1] + 4.0) / gsd, 0.5)  # pixels
    rays = here[:, None, :] + out[None, :, None] * normal[:, None, :]  # (N, S, 2)
    hit = map_coordinates(wall.astype(np.uint8), rays.transpose(2, 0, 1), order=0) > 0  # (N, S)
    hit[~counted] = False
    leaves = hit[:, :-1] & ~hit[:, 1:]  # last sample of a barrier
    enters = ~hit[:, :-1] & hit[:, 1:]
    first = np.where(leaves.any(1), leaves.argmax(1), len(out))
    beyond = enters & (np.arange(len(out) - 1)[None] > first[:, None])
    width = np.where(beyond.any(1), beyond.argmax(1) - first, 0) * 0.5 * gsd
    near = first * 0.5 * gsd <= 3.0  # the first barrier is the perimeter's own
    flags = near & (width >= STRIP[0]) & (width <= STRIP[1])
    return flags, float(np.median(width[flags])) if flags.any() else float("nan")


def _mean_at(region: Mask, points: NDArray[np.float64]) -> float:
    return float(map_coordinates(region.astype(np.float32), points.T, order=1).mean())
