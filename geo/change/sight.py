"""Tell which ground could be seen on each of two dates, and what hid the rest.

Pictures of three colours carry no cloud mask.  But two dates tell more than one: what is far
brighter and greyer than the same ground on the other day, over more than a roof and without a
sharp edge, is cloud; what is far darker but shows the same ground, a cloud's shadow; where the
whole contrast of a neighbourhood is gone, haze.  A new white hall is bright and grey too; its
edges are sharp.

    picture ──glance──► cells of 4 m: colour, spread, steepness ─┐
    other   ──glance──► cells                                    ├─► codes (h, w) a date
                                                                 ┘

Both dates are asked alike; exchanged, they exchange their answers.

Source: multi-date cloud tests as in ATCOR and MAJA (O. Hagolle et al., RSE 114(8), 2010), with
thresholds of our own for 8-bit colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_dilation,
    binary_opening,
    find_objects,
    label,
    maximum_filter,
    uniform_filter,
)

from geo.change.glance import Glance, Triple
from geo.errors import ShapeError
from geo.types import Mask

CLEAR, UNSEEN, CLOUD, SHADOW, HAZE = range(5)
"""Codes."""

WORDS: Mapping[int, str] = {
    UNSEEN: "no pixels (off the scene or nodata)",
    CLOUD: "cloud",
    SHADOW: "a cloud's shadow",
    HAZE: "haze",
}
"""What hid the ground, as a reader is told."""

Codes = NDArray[np.uint8]
"""(h, w) cells."""

BRIGHTER = 35.0
"""Of 255, by which cloud outshines the same ground on the other day."""

WHITE = 205.0
"""Of 255; what is this bright and grey is cloud even where the other day shows no other
ground."""

BRIGHT = 140.0
"""Of 255; thin cloud over dark wood is hardly brighter than that."""

GREY = 0.22
"""Largest colour (max - min over mean) of cloud."""

DARKER = 0.6
"""Share of its brightness that ground keeps in a cloud's shadow, at most."""

SHARP = 0.25
"""Share of the whole step that a roof's edge makes within a pixel; a cloud's rim takes 7 m and
more, 0.07 of its step a pixel."""

EDGED = 0.75
"""Share of a rim that must be sharp for the patch to be a roof; what shows through the rim of a
cloud is sharp here and there."""

LEAST = 400.0
"""Square metres of cloud or shadow; smaller blots are roofs, lorries and ponds."""

EDGED_DARK = 0.5
"""The same for dark patches: dark yards beside a dark roof blur its rim."""

THROUGH = 0.5
"""Correlation of cells with the other day's, above which a dark patch is ground in shadow; a
new dark roof shows nothing of what was there."""

FLAT = 0.35
"""Share of the other day's contrast below which a neighbourhood is veiled."""

AROUND = 100.0
"""Metres a side of the neighbourhood whose contrast is measured; haze is no smaller."""

LIGHTER = 15.0
"""Of 255, by which haze lightens a neighbourhood."""


def tell_sight(
    one: Glance,
    other: Glance,
    cell: float,
    *,
    gain: Triple = (1.0, 1.0, 1.0),
    offset: Triple = (0.0, 0.0, 0.0),
) -> tuple[Codes, Codes]:
    """Tell what could be seen on each date.

    Each date is judged in its own numbers, for white is white only there; the other's ground is
    brought to them.

    Args:
        one: cells of one date.
        other: cells of the other date on the same frame.
        cell: metres a side of a cell.
        gain: how the other's numbers become the one's, per colour.
        offset: likewise.

    Returns:
        Codes of the first and of the second, (h, w) uint8 of ``CLEAR`` to ``HAZE``.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    if one.seen.shape != other.seen.shape:
        raise ShapeError(
            f"Cells of both dates must match: {one.seen.shape}, {other.seen.shape}"
        )
    back = tuple(1 / g for g in gain), tuple(-o / g for g, o in zip(gain, offset, strict=True))
    pairs = (one, other.matched(gain, offset)), (other, one.matched(*back))  # type: ignore[arg-type]
    blots = [_codes(own, expected, cell) for own, expected in pairs]
    for (own, expected), codes, theirs in zip(pairs, blots, blots[::-1], strict=True):
        codes[_veiled(own, expected, cell, theirs == CLEAR) & (codes == CLEAR)] = HAZE
    return blots[0], blots[1]


def _codes(one: Glance, other: Glance, cell: float) -> Codes:
    """Find what hides one date patch by patch: cloud, its shadow, the end of the scene."""
    codes = np.full(one.seen.shape, CLEAR, np.uint8)
    dark = (one.light < DARKER * other.light) & (np.minimum(one.seen, other.seen) > 0.5)

    def is_shadow(patch: Mask, near: tuple[slice, ...]) -> bool:
        """Tell whether a dark blot lets the ground show through, or has soft edges."""
        light = one.light[near]
        if _shows_through(patch, light, other.light[near]):
            return True
        return _fades(patch, -light, one.steep[near], one.seen[near] > 0.5, EDGED_DARK)

    def is_cloud(patch: Mask, near: tuple[slice, ...]) -> bool:
        """Tell whether a bright blot has soft edges."""
        return _fades(patch, one.light[near], one.steep[near], one.seen[near] > 0.5)

    codes[_blots(dark, cell, is_shadow)] = SHADOW
    codes[_blots(_cloudy(one, other), cell, is_cloud)] = CLOUD
    codes[one.seen < 0.5] = UNSEEN
    return codes


def _cloudy(one: Glance, other: Glance) -> Mask:
    """Find what is brighter and greyer than the same ground, or white by any measure."""
    light = one.light
    colour = (one.colour.max(0) - one.colour.min(0)) / np.maximum(light, 1)
    above = (light - other.light >= BRIGHTER) & (other.seen > 0.5)
    white = (light >= WHITE) & (colour <= GREY / 2)  # where the other day is cloudy as well
    return np.asarray(
        (above | white) & (light >= BRIGHT) & (colour <= GREY) & (one.seen >= 0.5)
    )


def _blots(mask: Mask, cell: float, is_one: Callable[[Mask, tuple[slice, ...]], bool]) -> Mask:
    """Keep patches that are wide, large and pass a test, and their rim with them."""
    core = binary_opening(mask, iterations=max(1, round(6.0 / cell)))
    labels, _ = label(binary_dilation(core, iterations=2) & mask)
    large = np.bincount(labels.ravel()) * cell**2 >= LEAST
    large[0] = False
    keep = np.zeros(mask.shape, np.bool_)
    for number, window in enumerate(find_objects(labels), start=1):
        if not large[number]:
            continue
        near = tuple(slice(max(0, s.start - 5), s.stop + 5) for s in window)
        patch = labels[near] == number
        if is_one(patch, near):
            keep[near] |= patch
    return binary_dilation(keep, iterations=max(1, round(8.0 / cell)))


def _shows_through(patch: Mask, light: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Tell whether the ground of the other day is still there, only darker, as in shadow."""
    here, there = light[patch], other[patch]
    if min(here.std(), there.std()) < 1:
        return False
    return bool(np.corrcoef(here, there)[0, 1] > THROUGH)


def _fades(
    patch: Mask,
    light: NDArray[np.float32],
    steep: NDArray[np.float32],
    seen: Mask,
    edged: float = EDGED,
) -> bool:
    """Tell whether a bright patch fades out rather than ends, as no roof does."""
    near = binary_dilation(patch)
    rim = patch & binary_dilation(~patch)
    outside = binary_dilation(patch, iterations=4) & ~near & seen
    if not (outside.any() and rim.any()):
        return True
    step = float(np.median(light[patch]) - np.median(light[outside]))
    sharp = maximum_filter(steep, 3)[rim] >= SHARP * max(step, 1.0)
    return bool(sharp.mean() < edged)


def _veiled(one: Glance, other: Glance, cell: float, clear: Mask) -> Mask:
    """Find haze: a wide neighbourhood turned grey, lighter and flat, and has no shadow left.

    Bare ground on which houses were built later is flat as well; but it has a colour, or the
    light of its own on both days.
    """
    width = max(3, round(AROUND / cell))
    known = (one.seen > 0.5) & (other.seen > 0.5) & clear
    share = np.maximum(uniform_filter(known.astype(np.float32), width), 1e-3)

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Average what is known around each cell."""
        return np.asarray(uniform_filter(np.where(known, values, 0), width) / share)

    def contrast(of: Glance) -> NDArray[np.float32]:
        """Spread of the light around each cell."""
        square = mean(of.light**2 + of.spread**2)
        return np.asarray(np.sqrt(np.maximum(square - mean(of.light) ** 2, 0)))

    mine, theirs = contrast(one), contrast(other)
    colour = mean(one.colour.max(0) - one.colour.min(0)) / np.maximum(mean(one.light), 1)
    flat = (mine < FLAT * theirs) & (theirs > 12)
    lighter = mean(one.light) > np.maximum(mean(other.light) + LIGHTER, BRIGHT - 30)
    return np.asarray(flat & lighter & (colour < GREY) & (one.seen > 0.5))
