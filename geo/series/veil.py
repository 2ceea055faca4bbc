"""Find looks that hide or disguise the ground where no archive's mask says so.

Clouds, their shadows, smoke and snow share one thing that no building site has: they lie over
much more ground than a site, and they go again.  Two measures of that:

    passing   a look far lighter or darker than the five looks around it, over most of 300 m
    white     lighter than usual and without colour, over most of a kilometre, however long

Dry ground may be nearly as light as snow, and where the scale of a picture ends snow is no
lighter than that; but dry ground is warm.  So what lost its colour counts as whitened, too.

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

FADED = 0.22
"""Loss of ``warm`` by which ground that is light as well has whitened: two least changes."""

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
        white = cloudlike & _whitened(light, warm, _usual(light, 0.5), _usual(warm, 0.5))
        darkest, warmest = _usual(light, DARKER), _usual(warm, 1 - DARKER)
        whiter = cloudlike & _whitened(light, warm, darkest, warmest)
        dull = _widespread(whiter, seen, NEAR)
        before, colour = _around(light, dull), _around(warm, dull)
        passing = np.abs(light - before) > PASSING
        passing |= cloudlike & _whitened(light, warm, before, colour)
    veiled = _widespread(passing, seen, NEAR) | _widespread(white, seen, FAR_OFF)
    return seen & ~veiled


def _whitened(light: Stack, warm: Stack, dark: Stack, colour: Stack) -> NDArray[np.bool_]:
    """Tell where ground is lighter than it was, or no darker and without its colour."""
    lighter = light - dark
    return (lighter > WHITENED) | ((lighter > 0) & (colour - warm > FADED))


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


def _around(measure: Stack, dull: NDArray[np.bool_]) -> Stack:
    """Tell what the ground is like around each look, (T, H, W).

    In a cloudy month most looks are cloud, and the median of five is one.  So looks that are
    white far and wide are left out, as long as two others are near; where all are white for
    long, white is what the ground is.

    Args:
        measure: (T, H, W).
        dull: (T, H, W) what is white far and wide.
    """
    flat = measure.reshape(len(measure), 1, -1)
    around = running_median(flat).reshape(measure.shape)
    clear = np.where(dull, np.float32("nan"), measure)
    for look in range(len(measure)):
        near = clear[max(0, look - LOOKS) : look + LOOKS + 1]
        known = np.isfinite(near).sum(axis=0) >= 2
        around[look] = np.where(known, _usual(near, 0.5), around[look])
    return around


def _usual(measure: Stack, share: float) -> Stack:
    """Give each pixel a quantile over looks, (H, W); NaN where nothing was ever seen."""
    ordered = np.sort(measure, axis=0)  # NaN comes last
    count = np.isfinite(measure).sum(axis=0)
    index = (np.maximum(count - 1, 0) * share).astype(int)
    usual: Stack = np.take_along_axis(ordered, index[None], axis=0)[0]
    return usual
