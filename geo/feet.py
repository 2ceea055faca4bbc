"""Find the barrier within arm's length of each step of a walk.

    places (N, 2) + wall (H, W) ──► distance (N,), nearest wall pixel (N, 2)

A distance transform of everything round a yard tells the same and takes a hundred times as
long: only barriers beside the outline matter.  Compiled by numba, like :mod:`geo.rooms`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FAR = 4
"""Pixels looked at each way; what is further is out of reach."""


@njit(cache=True, nogil=True)
def feet_of(
    places: NDArray[np.float64], wall: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Find the nearest wall of each place.

    Args:
        places: (N, 2) row, col, between pixel centres.
        wall: (H, W).

    Returns:
        Pixels to the nearest wall, read between the four pixels round each place, (N,); and
        the wall pixel nearest to the best of these four, (N, 2), -1 where none is in reach.
    """
    rows, cols = wall.shape
    away = np.empty(len(places))
    feet = np.full((len(places), 2), -1, np.int32)
    for at in range(len(places)):
        low_row = min(max(int(np.floor(places[at, 0])), 0), rows - 1)
        low_col = min(max(int(np.floor(places[at, 1])), 0), cols - 1)
        down = min(max(places[at, 0] - low_row, 0.0), 1.0)
        right = min(max(places[at, 1] - low_col, 0.0), 1.0)
        best, total = 1e9, 0.0
        for corner in range(4):
            row = min(low_row + corner // 2, rows - 1)
            col = min(low_col + corner % 2, cols - 1)
            near, foot_row, foot_col = _nearest(wall, row, col)
            total += (
                near
                * (down if corner // 2 else 1 - down)
                * (right if corner % 2 else 1 - right)
            )
            if near < best:
                best = near
                feet[at, 0], feet[at, 1] = foot_row, foot_col
        away[at] = total
    return away, feet


@njit(cache=True, nogil=True)
def _nearest(wall: NDArray[np.bool_], row: int, col: int) -> tuple[float, int, int]:
    """Find the nearest wall within ``FAR`` pixels of a pixel each way."""
    rows, cols = wall.shape
    best, best_row, best_col = float((2 * FAR) ** 2), -1, -1
    for near_row in range(max(0, row - FAR), min(rows, row + FAR + 1)):
        for near_col in range(max(0, col - FAR), min(cols, col + FAR + 1)):
            if wall[near_row, near_col]:
                square = float((near_row - row) ** 2 + (near_col - col) ** 2)
                if square < best:
                    best, best_row, best_col = square, near_row, near_col
    return np.sqrt(best), best_row, best_col
