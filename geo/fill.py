"""Small masks: fill their holes, spread them, keep their largest piece, count their pieces.

    mask (h, w) bool ──► fill ──► mask      spread, keep_largest ──► the same mask, changed

A piece hangs together by its sides; where corners count as well, it is said.  Compiled by
numba, like :mod:`geo.rooms`, for what calls these is compiled, too.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.runlengths import Numbers

Flags = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def fill(ground: Flags) -> Flags:
    """Fill what cannot be reached from the rim of the array by sides."""
    tall, wide = ground.shape
    outside = np.zeros((tall, wide), np.int32)
    stack = np.empty(tall * wide, np.int32)
    empty = ~ground
    for row in range(tall):
        for col in range(wide):
            on_rim = row == 0 or row == tall - 1 or col == 0 or col == wide - 1
            if on_rim and empty[row, col] and outside[row, col] == 0:
                _flood(empty, outside, stack, row * wide + col, 1)
    filled: Flags = outside == 0
    return filled


@njit(cache=True, nogil=True)
def spread(ground: Flags, allowed: Flags, steps: int) -> None:
    """Let ground grow over allowed pixels, corners included.

    Args:
        ground: (h, w), changed in place.
        allowed: (h, w), where it may grow.
        steps: pixels, how far at most.
    """
    tall, wide = ground.shape
    front = np.empty(tall * wide, np.int32)
    count = 0
    for row in range(tall):
        for col in range(wide):
            if ground[row, col]:
                front[count] = row * wide + col
                count += 1
    done = 0
    for _ in range(steps):
        last = count
        for at in range(done, last):
            row, col = front[at] // wide, front[at] % wide
            for near_row in range(max(0, row - 1), min(tall, row + 2)):
                for near_col in range(max(0, col - 1), min(wide, col + 2)):
                    if allowed[near_row, near_col] and not ground[near_row, near_col]:
                        ground[near_row, near_col] = True
                        front[count] = near_row * wide + near_col
                        count += 1
        if count == last:
            break
        done = last


@njit(cache=True, nogil=True)
def keep_largest(ground: Flags) -> None:
    """Keep the largest piece of (h, w) ``ground``, the first of equals; changed in place."""
    tall, wide = ground.shape
    piece = np.zeros((tall, wide), np.int32)
    stack = np.empty(tall * wide, np.int32)
    number, best, best_size = 0, 0, 0
    for row in range(tall):
        for col in range(wide):
            if not ground[row, col] or piece[row, col]:
                continue
            number += 1
            size = _flood(ground, piece, stack, row * wide + col, number)
            if size > best_size:
                best, best_size = number, size
    if number > 1:
        for row in range(tall):
            for col in range(wide):
                ground[row, col] = piece[row, col] == best


@njit(cache=True, nogil=True)
def _flood(mask: Flags, piece: Numbers, stack: Numbers, start: int, number: int) -> int:
    """Number the pixels of a mask that hang together with one by their sides."""
    tall, wide = mask.shape
    stack[0], count, size = start, 1, 0
    piece[start // wide, start % wide] = number
    while count > 0:
        count -= 1
        row, col = stack[count] // wide, stack[count] % wide
        size += 1
        for side in range(4):
            near_row = row + (-1 if side == 0 else 1 if side == 1 else 0)
            near_col = col + (-1 if side == 2 else 1 if side == 3 else 0)
            if near_row < 0 or near_row >= tall or near_col < 0 or near_col >= wide:
                continue
            if mask[near_row, near_col] and piece[near_row, near_col] == 0:
                piece[near_row, near_col] = number
                stack[count] = near_row * wide + near_col
                count += 1
    return size


@njit(cache=True, nogil=True)
def count_pieces(mask: Flags) -> int:
    """Count pieces, corners touching."""
    tall, wide = mask.shape
    left = mask.copy()
    stack = np.empty(tall * wide, np.int32)
    number = 0
    for row in range(tall):
        for col in range(wide):
            if not left[row, col]:
                continue
            number += 1
            stack[0], count = row * wide + col, 1
            left[row, col] = False
            while count > 0:
                count -= 1
                r, c = stack[count] // wide, stack[count] % wide
                for near_row in range(max(0, r - 1), min(tall, r + 2)):
                    for near_col in range(max(0, c - 1), min(wide, c + 2)):
                        if left[near_row, near_col]:
                            left[near_row, near_col] = False
                            stack[count] = near_row * wide + near_col
                            count += 1
    return number
