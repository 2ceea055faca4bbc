"""Find the plainest rule on which most of many local answers agree, whatever the rest say.

Each answer says where one point here lies there; some are wrong by any distance.  Rules are
fitted to few points at a time and judged by how many others agree.  A shift is taken unless a
similarity serves clearly better, a similarity unless an affine does.  Where neighbours foretell
how a point leaves the rule, the ground itself is bent, and a smooth field may be added.

    here, there (N, 2) ──consensus──► Rule: matrix (2, 3), how many agree ──► bend ──► (2, 9, 9)

Source: M. Fischler and R. Bolles, CACM 24(6), 1981; cut-off costs, P. Torr and A. Zisserman,
CVIU 78(1), 2000.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""(2, 3): row, col there from row, col here, 1."""

Points = NDArray[np.float64]
"""(N, 2) rows, cols."""

AGREE = 1.0
"""Pixels within which a window agrees with a rule."""

FEWEST = 3
"""Windows that must agree; that three of ten believed by chance do so has odds of 1 in 500."""

BENT = 0.4
"""Pixels; ground is called bent only where windows leave the rule by more than this."""

NODES = 9
"""Nodes of the field a side."""

RULES = (("shift", 1, 1.0), ("similarity", 2, 0.8), ("affine", 3, 0.8))
"""Name, points it needs, and the share to which it must bring the cost of a plainer one."""

DRAWS = 300
"""Tries; with half the points astray, three good ones are drawn 37 times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where points lie there, as most of them say."""

    matrix: Matrix
    """(2, 3)."""

    name: str = "none"
    """``shift``, ``similarity``, ``affine``, or ``none`` where too few agree."""

    agreeing: int = 0
    """Points within ``AGREE`` of the rule."""

    share: float = 0.0
    """Share of all points that agree, 0 to 1."""

    residual: float = math.nan
    """Median distance of the agreeing points from the rule, pixels."""


def agree(here: Points, there: Points) -> Rule:
    """Find the plainest rule that serves.

    Args:
        here: (N, 2) rows, cols of points.
        there: (N, 2) where each of them is said to lie.

    Returns:
        The rule; ``none`` when fewer than ``FEWEST`` points agree on any.
    """
    best, least = Rule(matrix=np.eye(2, 3)), math.inf
    for name, need, gain in RULES:
        if len(here) < max(FEWEST, 5 * need if need > 1 else 1):
            continue
        matrix = _consensus(here, there, name, need)
        off = away(matrix, here, there)
        near = off <= AGREE
        # What is far off costs the same however far: few strays beat many half-right ones.
        cost = float(np.minimum(off, 2 * AGREE).mean())
        if near.sum() >= FEWEST and cost < gain * least - 0.02:
            least = cost
            best = Rule(
                matrix=matrix,
                name=name,
                agreeing=int(near.sum()),
                share=float(near.mean()),
                residual=float(np.median(off[near])),
            )
    return best


def bend(
    matrix: Matrix, here: Points, there: Points, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], float] | None:
    """Draw the smooth field by which points leave a rule, where their neighbours foretell it.

    Args:
        matrix: of the rule.
        here: (N, 2).
        there: (N, 2).
        shape: rows, cols of the ground on which ``here`` lies.

    Returns:
        The field (2, 9, 9) on nodes spread evenly over ``shape``, and the median distance of
        points from rule and field; ``None`` where the ground is not bent.
    """
    left = there - (here @ matrix[:, :2].T + matrix[:, 2])
    near = np.hypot(left[:, 0], left[:, 1]) < 5 * AGREE
    here, left = here[near], left[near]
    if len(here) < 12 or np.median(np.hypot(left[:, 0], left[:, 1])) < BENT:
        return None
    spread = 0.07 * max(shape)
    weight = _nearness(here, here, spread)
    np.fill_diagonal(weight, 0)  # a point does not foretell itself
    foretold = (weight @ left) / np.maximum(weight.sum(1), 1e-3)[:, None]
    after, before = (float(np.median(np.hypot(*x.T))) for x in (left - foretold, left))
    if after > 0.7 * before:
        return None
    nodes = [np.linspace(0, side - 1, NODES) for side in shape]
    at = np.stack(np.meshgrid(*nodes, indexing="ij"), -1).reshape(-1, 2)
    weight = _nearness(at, here, spread)
    field = (weight @ left) / (weight.sum(1) + 0.05)[:, None]  # far from all, no bend
    return field.T.reshape(2, NODES, NODES).astype(np.float32), after


def away(matrix: Matrix, here: Points, there: Points) -> NDArray[np.float64]:
    """Tell how far each point lies from where a rule has it, (N,) pixels."""
    left = there - (here @ matrix[:, :2].T + matrix[:, 2])
    distance: NDArray[np.float64] = np.hypot(left[:, 0], left[:, 1])
    return distance


def _nearness(one: Points, other: Points, spread: float) -> NDArray[np.float64]:
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    near: NDArray[np.float64] = np.exp(-0.5 * (apart / spread) ** 2)
    return near


def _consensus(here: Points, there: Points, rule: str, need: int) -> Matrix:
    """Fit a rule to few windows at a time, keep what most agree with, fit again to those."""
    rng = np.random.default_rng(0)
    count = len(here)
    draws = (
        np.arange(count)[:, None]
        if need == 1
        else np.array([rng.choice(count, need, replace=False) for _ in range(DRAWS)])
    )
    costs = [
        np.minimum(away(_fitted(here[d], there[d], rule), here, there), 2 * AGREE).sum()
        for d in draws
    ]
    best = draws[int(np.argmin(costs))]
    matrix = _fitted(here[best], there[best], rule)
    for _ in range(3):
        near = away(matrix, here, there) <= 1.5 * AGREE
        if near.sum() >= need:
            matrix = _fitted(here[near], there[near], rule)
    return matrix


def _fitted(here: Points, there: Points, rule: str) -> Matrix:
    """Fit one rule by least squares."""
    if rule == "shift":
        return np.column_stack([np.eye(2), np.median(there - here, axis=0)])
    one, two = here.mean(0), there.mean(0)
    a, b = here - one, there - two
    if rule == "similarity":  # as one complex number
        z, w = a @ (1, 1j), b @ (1, 1j)
        turn = (w @ z.conj()) / max(float((z @ z.conj()).real), 1e-9)
        linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    else:
        linear = np.linalg.lstsq(a, b, rcond=None)[0].T
    return np.column_stack([linear, two - linear @ one])
