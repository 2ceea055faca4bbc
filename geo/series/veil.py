"""Find looks that hide or disguise the ground where no archive's mask says so.

Clouds, their shadows, smoke and snow share one thing that no building site has: they lie over
much more ground than a site, and they go again.  Two measures of that:

    passing   a look far lighter or darker than the five looks around it, over most of 300 m
    white     lighter than usual and without colour, over most of a kilometre, however long

    light, warm (T, H, W) ──► strays per pixel ──► their share around ──► usable (T, H, W)

A new white roof is neither: it stays, and the ground around it does not whiten.  What is left
in spite of this (a small cloud on one look) is a stray to ``geo.series.calm``.

Source: temporal cloud screening, O. Hagolle et al., RSE 114, 2010.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, uniform_filter

from geo.series.calm import running_median
from geo.series.looks import Looks, Stack

PASSING = 0.3
"""Change of ``light`` from the looks around that is no sun and no haze; a factor of 1.35."""

WHITENED = 0.35
"""Change of ``light`` from its usual that snow makes on any ground."""

COLOURLESS = 0.18
"""|ln (red / blue)| of what is white."""

BRIGHT = np.log(0.22)
"""Least ``light`` of a veil that is called white: 22 % reflectance."""

DARKER = 0.2
"""Quantile of all looks at which even a cloudy place shows its ground."""

LOOKS = 4
"""Looks before and after that tell what the ground around a look is like."""

NEAR, FAR_OFF = 31, 101
"""Pixels a side of the two windows: 300 m and a kilometre at 10 m."""

MOST = 0.5
"""Share of the ground in the window from which a look is a veil."""

MARGIN = 3
"""Pixels around strays inside a veil that are not trusted either: rims are thin."""

CROSS = np.ones((1, 3, 3), np.bool_)
"""A pixel and its eight neighbours on the same look."""

REACH = FAR_OFF // 2
"""Pixels of ground around a window that its answer depends on."""


def unveiled(looks: Looks) -> NDArray[np.bool_]:
    """Tell which pixels of which looks show the ground as it is.

    Args:
        looks: optical, with ``light`` and ``warm``.

    Returns:
        (T, H, W); false where nothing was seen as well.
    """
    seen = looks.seen
    if not {"light", "warm"} <= set(looks.names):
        return seen  # radar sees through weather
    light = looks.values[:, looks.names.index("light")]
    warm = looks.values[:, looks.names.index("warm")]
    with np.errstate(invalid="ignore"):
        cloudlike = (light > BRIGHT) & (np.abs(warm) < COLOURLESS)
        white = cloudlike & (light - _usual(light, 0.5) > WHITENED)
        whiter = cloudlike & (light - _usual(light, DARKER) > WHITENED)
        dull = np.where(_widespread(whiter, seen, NEAR), np.float32("nan"), light)
        passing = np.abs(light - _around(light, dull)) > PASSING
    veiled = _widespread(passing, seen, NEAR) | _widespread(white, seen, FAR_OFF)
    return seen & ~veiled


def _widespread(
    strays: NDArray[np.bool_], seen: NDArray[np.bool_], side: int
) -> NDArray[np.bool_]:
    """Keep strays where most of the ground around strays too, with a margin."""
    size = (1, side, side)
    share = uniform_filter((strays & seen).astype(np.float32), size, mode="nearest")
    there = uniform_filter(seen.astype(np.float32), size, mode="nearest")
    most = share > MOST * np.maximum(there, 1e-6)
    body = strays & binary_dilation(most, CROSS, iterations=side // 4)
    grown: NDArray[np.bool_] = binary_dilation(body, CROSS, iterations=MARGIN)
    return (grown & (strays | most)) | (most & grown)


def _around(light: Stack, dull: Stack) -> Stack:
    """Tell how light the ground is around each look, (T, H, W).

    In a cloudy month most looks are cloud, and the median of five is one.  So looks that are
    white far and wide are left out, as long as two others are near; where all are white for
    long, white is what the ground is.

    Args:
        light: (T, H, W).
        dull: the same without what is white far and wide.
    """
    flat = light.reshape(len(light), 1, -1)
    around = running_median(flat).reshape(light.shape)
    for look in range(len(light)):
        near = dull[max(0, look - LOOKS) : look + LOOKS + 1]
        known = np.isfinite(near).sum(axis=0) >= 2
        around[look] = np.where(known, _usual(near, 0.5), around[look])
    return around


def _usual(light: Stack, share: float) -> Stack:
    """Give each pixel a quantile over looks, (H, W); NaN where nothing was ever seen."""
    ordered = np.sort(light, axis=0)  # NaN comes last
    count = np.isfinite(light).sum(axis=0)
    index = (np.maximum(count - 1, 0) * share).astype(int)
    usual: Stack = np.take_along_axis(ordered, index[None], axis=0)[0]
    return usual
