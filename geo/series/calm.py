"""Take single strays out of series: what one look or two alone say is no state of the ground.

A look is held against the median of itself and its two neighbours on both sides, among those
that saw the pixel.  What lies farther off than chance allows is laid onto that median.  So a
missed cloud, a shadow or a fire's smoke on two looks leaves no trace, and three looks in a row
stay: that is the persistence rule of the whole house.

    values (T, F, N) ──own looks only──► median of five ──► strays laid onto it ──► (T, F, N)

NaN stays NaN.

Source: F. Hampel, JASA 69, 1974; median of five by comparing pairs, D. Knuth, TAOCP 3, 5.3.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.series.looks import Stack

FAR = 3.0
"""Standard deviations beyond which a look is a stray."""


def calmed(values: Stack, least: NDArray[np.float32]) -> Stack:
    """Lay strays onto the median of five.

    Args:
        values: (T, F, N); NaN in all F at once.
        least: (F,) least change; nothing closer than half of it is a stray.

    Returns:
        (T, F, N), NaN where ``values`` is.

    Raises:
        ShapeError: the arrays do not belong together.
    """
    if values.ndim != 3 or least.shape != values.shape[1:2]:
        raise ShapeError(
            f"values must be (T, F={len(least)}, N) for {len(least)} measures, "
            f"not {values.shape}"
        )
    middle = running_median(values)
    off = np.abs(values - middle)
    spread = restlessness(np.minimum(off, 3 * least[:, None]))
    with np.errstate(invalid="ignore"):
        far = off > FAR * np.maximum(spread, least[:, None] / 2)
    return np.where(far, middle, values).astype(np.float32)


def restlessness(off: Stack) -> Stack:
    """Turn distances from the running median into a standard deviation, (F, N).

    Args:
        off: (T, F, N) distances, none below 0.
    """
    count = np.maximum(np.isfinite(off).sum(axis=0), 1)
    total = np.where(np.isfinite(off), off, 0).sum(axis=0)
    spread: Stack = (1.2533 * total / count).astype(np.float32)  # of a normal distribution
    return spread


def running_median(values: Stack) -> Stack:
    """Take the median of each look and its two neighbours on both sides that saw the pixel.

    Args:
        values: (T, F, N); NaN in all F at once.

    Returns:
        (T, F, N); at both ends that of the first and of the last five; NaN where ``values``
        is.
    """
    seen = np.isfinite(values[:, 0])
    order = np.argsort(~seen, axis=0, kind="stable")  # (T, N): own looks first
    count = seen.sum(axis=0)
    own = np.take_along_axis(values, order[:, None], axis=0)
    last = np.maximum(count - 1, 0)
    index = np.arange(len(own))[:, None]
    end = np.take_along_axis(own, last[None, None], axis=0)
    own = np.where((index > last)[:, None], end, own)
    own = np.concatenate([own[:1], own[:1], own, end, end])
    out = median_of_five(*(own[step : step + len(values)] for step in range(5)))
    inner = np.clip(index, np.minimum(2, last // 2), np.maximum(last - 2, last // 2))
    out = np.take_along_axis(out, inner[:, None], axis=0)
    back = np.empty_like(out)
    np.put_along_axis(back, order[:, None].repeat(values.shape[1], axis=1), out, axis=0)
    return np.where(np.isfinite(values), back, np.float32("nan"))


def median_of_five(a: Stack, b: Stack, c: Stack, d: Stack, e: Stack) -> Stack:
    """Take the median of five arrays, element by element, without sorting them."""
    low, high = np.minimum, np.maximum
    (a, b), (c, d) = (low(a, b), high(a, b)), (low(c, d), high(c, d))
    first = high(a, c)  # the least of four cannot be the middle one
    last = low(b, d)  # nor the greatest
    middle: Stack = high(low(first, last), low(high(first, last), e))
    return middle
