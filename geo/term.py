"""One line with bends: what a piece of evidence adds to the log-odds of a score.

A line promises its shape, and refuses to exist if it breaks the promise, so that a card, hand
written or trained, cannot make more wall speak against a walled compound.

    value in its unit ──► piecewise linear, flat beyond the last knots ──► log-odds
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geo.errors import ModelError
from geo.evidence import EVIDENCE

SHAPES = ("rising", "falling", "peaked")
"""How a line may run: up, down, or up to one knot and down from there; flat parts allowed."""

KNOWN = (*EVIDENCE, "roof_mean_m2", "buildings_per_ha")
"""What a term of a card may be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What one piece of evidence adds to the log-odds: a line with bends."""

    name: str
    """Of the evidence, or of one of its ratios."""

    shape: str
    """One of ``SHAPES``: the promise that ``values`` keep."""

    knots: tuple[float, ...]
    """Values of the evidence, in its unit, increasing; outside of them the line is flat."""

    values: tuple[float, ...]
    """Log-odds at each knot, against an average candidate."""

    def __post_init__(self) -> None:
        """Refuse lines that are no lines, or that break their promise."""
        if self.name not in KNOWN:
            raise ModelError(f"The score card speaks of {self.name!r}, which nobody measures.")
        if self.shape not in SHAPES:
            raise ModelError(
                f"{self.name}: a shape is one of {', '.join(SHAPES)}, not {self.shape!r}."
            )
        if len(self.knots) != len(self.values) or len(self.knots) < 2:
            raise ModelError(
                f"{self.name}: {len(self.knots)} knots need as many values, at least two, "
                f"not {len(self.values)}."
            )
        if not np.isfinite([*self.knots, *self.values]).all():
            raise ModelError(f"{self.name}: knots and values must be finite numbers.")
        if (np.diff(self.knots) <= 0).any():
            raise ModelError(f"{self.name}: knots must increase, not {list(self.knots)}.")
        if not self._keeps_shape():
            raise ModelError(f"{self.name}: {list(self.values)} is not {self.shape}.")

    def at(self, value: float) -> float:
        """Read the line; 0 where nothing was measured."""
        return 0.0 if math.isnan(value) else float(np.interp(value, self.knots, self.values))

    def _keeps_shape(self) -> bool:
        steps = np.diff(self.values)
        if self.shape == "rising":
            return bool((steps >= 0).all())
        if self.shape == "falling":
            return bool((steps <= 0).all())
        top = int(np.argmax(self.values))
        return bool((steps[:top] >= 0).all() and (steps[top:] <= 0).all())
