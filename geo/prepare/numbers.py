"""Turn an archive's numbers into reflectance, and ask the pixels whether the archive was right.

Sentinel-2 files since 2022 may or may not still hold 0.1 that was added to them, and what the
archive says about it is known to be wrong at times.  Leaves tell: green plants swallow red
light, so the greenest tenth of any picture has a red reflectance of some 0.02 to 0.06.  How
green a pixel is shows in ``nir - red``, from which an added constant drops out; so the same
pixels are found whether it is there or not, and their red says which.

    red, nir (H, W), as the archive says ──► greenest ──► red of leaves ──┬─► fine, added,
    any band ──► darkest hundredth ──► floor ─────────────────────────────┘   removed, unknown

Haze brightens leaves by a few hundredths; between the two answers lies a gap in which the
archive is believed.  Dry grass is as red as leaves with 0.1 on top.  What tells them apart is
the floor: something in any picture is dark in some band (shade, water, tarmac, blue of soil),
and where 0.1 was added nothing is.  One date may still err; ``geo.prepare.witness`` asks all.

Source: J. W. Rouse et al., 1973 (the contrast of red and infrared in plants); ESA, Sentinel-2
processing baseline 04.00.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.types import Mask

ADDED = 0.1
"""Reflectance that processing baseline 04.00 and later adds."""

GREEN = 0.15
"""Reflectance.  Least ``nir - red`` of what counts as leaves."""

TENTH = 0.9
"""Quantile above which pixels are the greenest."""

ENOUGH = 200
"""Pixels of leaves without which nothing is said: two hectares at 10 m."""

LEAVES = (-0.015, 0.085)
"""Red reflectance of leaves from the clearest to hazy air."""

LEAVES_ADDED = (0.105, 0.185)
"""The same with 0.1 on top, less what haze makes doubtful."""

DARKEST = 1.0
"""Percentile of a band that is taken for its darkest ground."""

FLOOR = 0.09
"""Reflectance.  Where 0.1 was added nothing is darker: 0.120 to 0.124 in composites that still
carry it, 0.01 to 0.03 in clear pictures that do not (docs/results/imagery.md)."""

UNIT = 10_000
"""Counts of a file of ours for reflectance 1; 0 is nodata, so the darkest is 1."""


class Verdict(StrEnum):
    """What leaves say of the numbers."""

    FINE = "fine"
    ADDED = "0.1 is still added"
    REMOVED = "0.1 was taken off twice"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, and what it says."""

    verdict: Verdict
    """What leaves say."""

    red: float
    """Median red reflectance of the greenest tenth, as the archive's numbers have it; NaN
    without leaves."""

    pixels: int
    """How many pixels that is."""

    floor: float = float("nan")
    """Reflectance of the darkest hundredth in the darkest band; NaN where little was seen."""

    @property
    def bare(self) -> bool:
        """Whether something is so dark that nothing can have been added."""
        return self.floor < FLOOR


def check_offset(
    red: NDArray[np.float32],
    nir: NDArray[np.float32],
    valid: Mask,
    *others: NDArray[np.float32],
) -> Check:
    """Ask leaves, and the darkest ground, whether reflectance is what it says.

    Args:
        red: (H, W) reflectance by the archive's own scale and offset.
        nir: (H, W) likewise.
        valid: (H, W); clouds may be among it, for they are neither green nor dark.
        others: (H, W) likewise; further bands in which ground may be dark.

    Raises:
        ShapeError: the three are not of one shape.
    """
    if not red.shape == nir.shape == valid.shape:
        raise ShapeError(f"red, nir and valid differ: {red.shape}, {nir.shape}, {valid.shape}")
    there = valid & np.isfinite(red) & np.isfinite(nir)
    green = (nir - red)[there]
    leaves = green >= max(GREEN, float(np.quantile(green, TENTH))) if green.size else green > 0
    count = int(np.count_nonzero(leaves))
    floor = _floor(there, red, nir, *others)
    if count < ENOUGH:
        return Check(verdict=Verdict.UNKNOWN, red=float("nan"), pixels=count, floor=floor)
    seen = float(np.median(red[there][leaves]))
    verdict = _verdict(seen)
    if verdict == Verdict.ADDED and floor < FLOOR:
        verdict = Verdict.UNKNOWN  # what looks like leaves is dry
    return Check(verdict=verdict, red=round(seen, 4), pixels=count, floor=floor)


def _floor(there: Mask, *bands: NDArray[np.float32]) -> float:
    """Measure the darkest ground; NaN where too little was seen."""
    if np.count_nonzero(there) < ENOUGH:
        return float("nan")
    lows = [float(np.nanpercentile(band[there], DARKEST)) for band in bands]
    return round(min(lows), 4)


def _verdict(red: float) -> Verdict:
    if LEAVES[0] <= red <= LEAVES[1]:
        return Verdict.FINE
    if LEAVES_ADDED[0] <= red <= LEAVES_ADDED[1]:
        return Verdict.ADDED
    if LEAVES[0] <= red + ADDED <= LEAVES[1]:
        return Verdict.REMOVED
    return Verdict.UNKNOWN


def mended(offset: float, verdict: Verdict) -> float:
    """Give the offset that makes leaves look like leaves.

    Args:
        offset: reflectance the archive says to add.
        verdict: what leaves said of numbers made with it.
    """
    step = {Verdict.ADDED: -ADDED, Verdict.REMOVED: ADDED}.get(verdict, 0.0)
    return round(offset + step, 6)


def reflectance(counts: NDArray[Any], scale: float, offset: float) -> NDArray[np.float32]:
    """Turn an archive's numbers into reflectance, (…) float32; shadows may be below 0."""
    return counts.astype(np.float32) * np.float32(scale) + np.float32(offset)


def counts_of(values: NDArray[np.float32], valid: Mask) -> NDArray[np.uint16]:
    """Turn reflectance into what our files hold: 1 to 65535 in ``UNIT``, 0 where nothing is.

    Args:
        values: (C, H, W) or (H, W).
        valid: (H, W).
    """
    with np.errstate(invalid="ignore"):
        steps = np.clip(np.rint(values * UNIT), 1, np.iinfo(np.uint16).max)
    return np.where(valid & np.isfinite(values), steps, 0).astype(np.uint16)
