"""Search a picture for ground that traps vehicles, narrow ones first, and settle who owns what.

A vehicle as wide as the gate finds what is closed.  Wider ones then find, on ground nobody owns
yet, what is closed but for a wider opening, or what a net left open by missing a piece of wall:
yards all the same, but not closed ones.

    barrier (H, W) ──find_basins──► best first ──► ground (H, W) int32 ──adopt──► with roofs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label

from geo.basins import DIAGONALS, Basin, Rules, Scene, find_basins
from geo.types import Labels, Mask

Kind = TypeVar("Kind", np.uint8, np.bool_)

LEAST_BARRED = 0.7
"""How well an outline must be barred for its ground to be told of, 0 to 1."""

OVERLAP = 0.3
"""Largest share of a yard's ground that may already belong to another; it goes to the other."""

COARSE = 5.0
"""Pixels.  A vehicle reaching further is searched for at half the resolution, four times
quicker; what that loses, half a pixel of wall, is little against its width."""


@dataclass(frozen=True, slots=True)
class Trapped:
    """Ground found so far."""

    owner: Labels
    """(H, W), 1 to N, 0 where nobody owns it."""

    closed: tuple[bool, ...]
    """(N + 1,) whether the first vehicle is trapped on it; false for nobody's."""


def trap(scene: Scene, reaches: Sequence[float], rules: Rules, before: Trapped) -> Trapped:
    """Find the ground that traps vehicles.

    Args:
        scene: where to look; what it says of owned ground is put aside for ``before``.
        reaches: pixels from the middle of each vehicle to its side, the gate's first.
        rules: what to look for.
        before: what earlier searches found; it stays as it is.
    """
    owner, closed = before.owner.copy(), list(before.closed)
    for turn, reach in enumerate(reaches):
        asked = replace(rules, cut=turn == 0)
        basins = _search(replace(scene, owned=owner > 0), reach, asked)
        for basin in sorted(basins, key=lambda one: -one.barred):
            if basin.barred < LEAST_BARRED:
                break
            here = owner[basin.window]
            if np.count_nonzero(here[basin.filled]) > OVERLAP * np.count_nonzero(basin.filled):
                continue
            here[basin.ground & (here == 0)] = len(closed)
            closed.append(turn == 0 and not basin.cut)
    return Trapped(owner, tuple(closed))


def _search(scene: Scene, reach: float, rules: Rules) -> list[Basin]:
    """Search with one vehicle, at half the resolution if it is wide."""
    if reach <= COARSE:
        return find_basins(scene, reach + 0.5, rules)
    half = replace(
        scene,
        barrier=shrink(scene.barrier, 2),
        seen=~shrink(~scene.seen, 2),
        owned=shrink(scene.owned, 2),
        mine=None if scene.mine is None else shrink(scene.mine, 2),
    )
    fewer = replace(rules, least=rules.least / 4, span=rules.span // 2)
    free = (scene.barrier < rules.heights[-1]) & scene.seen
    return [_double(basin, free) for basin in find_basins(half, reach / 2 + 0.5, fewer)]


def _double(basin: Basin, free: Mask) -> Basin:
    """Bring a basin found at half the resolution back to the picture's pixels."""
    from geo.fill import fill  # noqa: PLC0415  compiled code

    rows, cols = (
        slice(2 * one.start, min(2 * one.stop, side))
        for one, side in zip(basin.window, free.shape, strict=True)
    )
    ground = basin.ground.repeat(2, axis=0).repeat(2, axis=1)
    ground = ground[: rows.stop - rows.start, : cols.stop - cols.start]
    ground = binary_dilation(ground, DIAGONALS, mask=free[rows, cols]) & free[rows, cols]
    return replace(basin, window=(rows, cols), ground=ground, filled=fill(ground), chosen=())


def shrink(picture: NDArray[Kind], step: int) -> NDArray[Kind]:
    """Keep the highest of every ``step`` x ``step`` pixels; the last ones may be short."""
    if step == 1:
        return picture
    rows, cols = picture.shape
    whole = np.pad(picture, ((0, -rows % step), (0, -cols % step)))
    wide = np.maximum.reduce([whole[first::step] for first in range(step)])
    best: NDArray[Kind] = np.maximum.reduce([wide[:, first::step] for first in range(step)])
    return best


def adopt(ground: Labels, roofs: Mask, free: Mask, margin: int = 2) -> Labels:
    """Give each building to the yard that at least half of the free ground around it is.

    Args:
        ground: (H, W) yards so far.
        roofs: (H, W), true on buildings.
        free: (H, W), ground that is neither roof nor wall.
        margin: pixels around a roof that count as around it.

    Returns:
        (H, W) labels with the roofs inside.
    """
    pieces, count = label(roofs, DIAGONALS)
    if count == 0 or not ground.any():
        return ground
    ring = _spread(pieces.astype(np.int32), margin)
    ring[~free] = 0
    here = ring > 0
    roof, yard = ring[here].astype(np.int64), ground[here]
    total = np.bincount(roof, minlength=count + 1)
    pairs, shares = np.unique(roof[yard > 0] << 32 | yard[yard > 0], return_counts=True)
    won = 2 * shares >= total[pairs >> 32]
    owner = np.zeros(count + 1, np.int32)
    owner[pairs[won] >> 32] = pairs[won] & 0xFFFFFFFF
    return np.where((pieces > 0) & (ground == 0), owner[pieces], ground).astype(np.int32)


def _spread(labels: Labels, margin: int) -> Labels:
    """Spread labels over a square of ``margin`` pixels each way."""
    for axis in (0, 1):
        still = labels.T if axis else labels
        wide = still.copy()
        for step in range(1, margin + 1):
            np.maximum(wide[step:], still[:-step], out=wide[step:])
            np.maximum(wide[:-step], still[step:], out=wide[:-step])
        labels = wide.T if axis else wide
    return labels
