"""What the scripts that measure the eyes share: figures in words, rows as Markdown.

Measure ──► ".56 (.53 to .59)" ──► | a | row |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from models.metrics_interval import FEW, Measure

SEED = 0
"""Of all intervals."""


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as Markdown, or that there are none."""
    told = [list(map(str, row)) for row in rows]
    if not told:
        print("None.")
        return
    for row in [list(heads), ["---"] * len(heads), *told]:
        print(f"| {' | '.join(row)} |")


def figure(measure: Measure | None, *, sign: bool = False) -> str:
    """Write a value and its interval; a star for fewer than ten blocks, nothing for none."""
    if measure is None or not np.isfinite(measure.value):
        return ""
    mark = "+" if sign else ""
    low, high = measure.interval(seed=SEED)
    star = " *" if measure.blocks < FEW else ""
    return f"{measure.value:{mark}.3f} ({low:{mark}.2f} to {high:{mark}.2f}){star}"
