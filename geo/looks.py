"""What a roof looks like, in numbers that were fitted to the scores of a net."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How the features of a patch make it look like one roof; a logistic formula."""

    at_all: float
    weights: tuple[float, ...]
    """One a feature, in the order of ``geo.patches.FEATURES``."""

    price: float
    """Chance of being one roof from which a patch is outlined, 0 to 1."""

    cover: float = 0.0
    """What it is worth to outline 100 square metres of ground that the net is sure of, in
    roofs found; nothing where only roofs count."""

    def chance(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tell how likely each patch is one roof, (N,) 0 to 1, from (N, F) features."""
        answer: NDArray[np.float64] = expit(self.at_all + table @ np.array(self.weights))
        return answer
