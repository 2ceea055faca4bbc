"""What it costs to leave: the strongest barrier on the easiest way out.

Think of a vehicle as wide as a gate.  Wherever it stands, it touches the barriers under it;
driving out, it must cross the highest of them.  The least such height over all ways to the edge
of the picture is the *escape cost* of that stand, and ground that only stands of cost ``f``
cover has escape cost ``f``.  With a vehicle of no width this is greyscale hole filling.

Why not close the barrier by a disc first?  Closing fills no gap in a thin wall: a disc pokes
through the middle of any gap from both sides, whatever its radius.  Widening before the flood
and narrowing after it asks whether the disc can *pass*.

    barrier (H, W) ──widen──► touched ──rise──► cost of a stand ──narrow──► cost of ground

Source: reconstruction by erosion, L. Vincent, IEEE Trans. Image Processing 2(2), 1993.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.types import Mask

Heights = NDArray[np.uint8]
"""(H, W) uint8, 0 to 254 for barrier scores 0 to 1."""

Pick = Callable[..., NDArray[np.uint8]]


def half_widths(reach: float) -> list[int]:
    """Tell how far a disc reaches left and right, row by row, from its middle row down.

    Args:
        reach: pixels; a pixel whose centre lies nearer than this is in the disc.
    """
    rows = int(np.ceil(reach)) - 1
    return [int(np.ceil(np.sqrt(reach**2 - row**2))) - 1 for row in range(rows + 1)]


def widen(heights: Heights, reach: float) -> Heights:
    """Give every pixel the highest height nearer than ``reach`` pixels."""
    return _over_disc(heights, reach, np.maximum)


def narrow(heights: Heights, reach: float) -> Heights:
    """Give every pixel the lowest height nearer than ``reach`` pixels."""
    return _over_disc(heights, reach, np.minimum)


def escape_cost(heights: Heights, exits: Mask | None = None) -> Heights:
    """Find the least, over all ways out, of the highest barrier crossed.

    Ways run over sides, not corners, so a diagonal line one pixel wide is a wall.

    Args:
        heights: (H, W) uint8.
        exits: (H, W), where one is out; the picture's outermost pixels always are.

    Returns:
        (H, W) uint8, nowhere below ``heights``.

    Raises:
        ShapeError: ``heights`` is not (H, W) uint8 or ``exits`` does not lie on it.
    """
    if heights.ndim != 2 or heights.dtype != np.uint8:
        raise ShapeError(f"heights must be (H, W) uint8, not {heights.shape} {heights.dtype}")
    if exits is not None and (exits.shape != heights.shape or exits.dtype != np.bool_):
        raise ShapeError(f"exits must be {heights.shape} bool, not {exits.shape}")
    if heights.size == 0:
        return heights.copy()
    from geo.flood import rise  # noqa: PLC0415  a quarter of a second, paid by those who flood

    ground = np.pad(heights, 1)
    out = np.zeros(ground.shape, np.bool_)
    if exits is not None:
        out[1:-1, 1:-1] = exits
    out[1, 1:-1] = out[-2, 1:-1] = out[1:-1, 1] = out[1:-1, -2] = True
    water = np.zeros_like(ground)
    rise(ground, out, water)
    return water[1:-1, 1:-1]


def drive(barrier: Heights, seen: Mask, reach: float) -> tuple[Heights, Heights, Heights]:
    """Let a vehicle try to leave every place.

    The picture gets a rim of nothing, wide enough to stand in: the vehicle may drive out over
    the edge wherever no barrier is seen.

    Args:
        barrier: (H, W) uint8, 0 where unseen.
        seen: (H, W); what is unseen is out.
        reach: pixels; half the vehicle's width and half a pixel, for a barrier owns the half
            pixel round its centre.

    Returns:
        what a stand touches, what leaving it costs, what leaving the ground costs; (H, W) each.
    """
    rim = int(np.ceil(reach)) + 1
    touched = widen(np.pad(barrier, rim), reach)
    cost = escape_cost(touched, np.pad(~seen, rim))
    escape = narrow(cost, reach)
    inner = (slice(rim, -rim), slice(rim, -rim))
    return touched[inner], cost[inner], escape[inner]


def _over_disc(heights: Heights, reach: float, pick: Pick) -> Heights:
    """Slide a disc over the picture, row by row of the disc, each row from the one shorter."""
    widths = half_widths(reach)
    lines = {0: heights}
    for width in range(1, max(widths) + 1):
        line = lines[width - 1].copy()
        pick(line[:, width:], heights[:, :-width], out=line[:, width:])
        pick(line[:, :-width], heights[:, width:], out=line[:, :-width])
        lines[width] = line
    best = lines[widths[0]].copy()
    for row, width in enumerate(widths[1:], start=1):
        pick(best[row:], lines[width][:-row], out=best[row:])
        pick(best[:-row], lines[width][row:], out=best[:-row])
    return best
