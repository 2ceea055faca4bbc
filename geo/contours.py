"""Follow the patches of a score from level to level; compiled, and only where there is score.

Patches are 4-connected.  What is cut at one level lies inside what was cut at the level below,
so each level visits only the pixels of the last one, and the roofless ground not at all.

    roof, edge (H, W) uint8 ──count_levels──► levels ──close_holes──► levels, huts' worth of
    holes filled ──number, level by level──► labels

Compiled by numba at first use and kept on disk.  Pixels are numbered row by row.

Source: nested patches as in a component tree (P. Salembier et al., IEEE TIP 7, 1998); filling a
hole at every level is an area closing (L. Vincent, 1993).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.types import FULL, NODATA, Labels, Scores

MINE = 255
"""Marks pixels of the hole that is being followed; above every level."""

Pixels = NDArray[np.int64]
"""Numbers of pixels, ascending."""


@njit(cache=True)
def count_levels(roof: Scores, edge: Scores, bars: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Count how many levels the score of being well inside a roof reaches, (H, W) uint8.

    Args:
        roof: (H, W), 255 nodata, which reaches none.
        edge: (H, W), 255 nodata, which counts as no edge.
        bars: (L,) ascending; the least score of each level.
    """
    height, width = roof.shape
    reached = np.zeros((height, width), np.uint8)
    for r in range(height):
        for c in range(width):
            body = np.int64(roof[r, c])
            if body == NODATA or body < bars[0]:
                continue
            lip = np.int64(edge[r, c])
            if lip != NODATA:
                body = body * (2 * FULL - lip) // (2 * FULL)
            level = 0
            while level < len(bars) and body >= bars[level]:
                level += 1
            reached[r, c] = level
    return reached


@njit(cache=True)
def close_holes(reached: NDArray[np.uint8], levels: int, least: int) -> NDArray[np.uint8]:
    """Fill the holes of fewer than ``least`` pixels of every level, (H, W) uint8.

    A hole that runs off the picture may be anything, and stays.
    """
    width = reached.shape[1]
    flat = reached.ravel()
    closed = flat.copy()
    seen = np.zeros(reached.shape, np.uint8)  # the last level at which a pixel was outside
    known = seen.ravel()
    hole = np.empty(least + 4, np.int64)
    starts = np.flatnonzero(flat)
    for level in range(1, levels + 1):
        for start in starts:
            # The first pixel of a hole, row by row, has roof on its left and above.
            pixel = start + 1
            if flat[start] < level or pixel % width == 0 or flat[pixel] >= level:
                continue
            if pixel < width or flat[pixel - width] < level or known[pixel] == level:
                continue
            count, whole = _follow(int(pixel), reached, level, least, seen, hole)
            for n in range(count):
                known[hole[n]] = level
                if whole:
                    closed[hole[n]] = max(closed[hole[n]], level)
    return closed.reshape(reached.shape)


@njit(cache=True)
def _follow(
    first: int,
    reached: NDArray[np.uint8],
    level: int,
    least: int,
    seen: NDArray[np.uint8],
    hole: Pixels,
) -> tuple[int, bool]:
    """List the pixels of a hole; tell how many, and whether these are all and few enough."""
    height, width = reached.shape
    flat, known = reached.ravel(), seen.ravel()
    count, done = 1, 0
    hole[0] = first
    known[first] = MINE
    while done < count:
        at = hole[done]
        done += 1
        row, col = at // width, at % width
        if row == 0 or col == 0 or row == height - 1 or col == width - 1:
            return count, False
        for step in (-width, -1, 1, width):
            near = at + step
            if flat[near] >= level or known[near] == MINE:
                continue
            if known[near] == level or count >= least - 1:
                return count, False
            known[near] = MINE
            hole[count] = near
            count += 1
    return count, count < least


@njit(cache=True)
def number(pixels: Pixels, labels: Labels, firsts: Pixels, outer: NDArray[np.int32]) -> int:
    """Number the patches of a level in the order of their first pixels.

    Args:
        pixels: of the level.
        labels: (H, W) int32, numbers of the level below, zero where this level is not; written
            over.
        firsts: room for the first pixel of each patch.
        outer: room for the number of the patch of the level below in which each lies.

    Returns:
        How many patches there are.
    """
    width = labels.shape[1]
    flat = labels.ravel()
    parent = np.empty(len(pixels) + 1, np.int32)
    found = 0
    for pixel in pixels:
        left = flat[pixel - 1] if pixel % width else 0
        up = flat[pixel - width] if pixel >= width else 0
        if left == 0 and up == 0:
            found += 1
            parent[found] = found
            firsts[found - 1] = pixel
            outer[found - 1] = flat[pixel]
            flat[pixel] = found
            continue
        while left and parent[left] != left:
            parent[left] = parent[parent[left]]
            left = parent[left]
        while up and parent[up] != up:
            parent[up] = parent[parent[up]]
            up = parent[up]
        if left and up:
            parent[max(left, up)] = min(left, up)
            flat[pixel] = min(left, up)
        else:
            flat[pixel] = left + up
    count = 0
    for label in range(1, found + 1):  # a parent is never above its children
        if parent[label] == label:
            firsts[count] = firsts[label - 1]
            outer[count] = outer[label - 1]
            count += 1
            parent[label] = count
        else:
            parent[label] = parent[parent[label]]
    for pixel in pixels:
        flat[pixel] = parent[flat[pixel]]
    return count


@njit(cache=True)
def paint(
    levels: NDArray[np.uint8], first: int, least: int, value: int, labels: Labels
) -> None:
    """Paint one patch.

    Args:
        levels: (H, W) as ``close_holes`` gives them.
        first: any of its pixels.
        least: levels that each of its pixels reaches.
        value: to paint it with, above 0.
        labels: (H, W) int32, 0 where the patch lies; painted in place.
    """
    height, width = levels.shape
    reached, painted = levels.ravel(), labels.ravel()
    stack = np.empty(64, np.int64)
    stack[0], count = first, 1
    painted[first] = value
    while count:
        count -= 1
        at = stack[count]
        row, col = at // width, at % width
        if count + 4 > len(stack):
            stack = np.append(stack, np.empty(len(stack), np.int64))
        for side in range(4):
            if side == 0 and row > 0:
                near = at - width
            elif side == 1 and row < height - 1:
                near = at + width
            elif side == 2 and col > 0:
                near = at - 1
            elif side == 3 and col < width - 1:
                near = at + 1
            else:
                continue
            if reached[near] >= least and painted[near] != value:
                painted[near] = value
                stack[count] = near
                count += 1
