"""Fit what ``geo.change.weights`` holds to units and patches whose truth is known.

    patches, best overlap with a true roof ──logistic──► Looks
    evidence, states that are possible     ──likelihood──► Weights

Truth may be half known: a label of changes says of a unit that it changed, or that it did not,
but not whether a roof stood there all the time.  So each unit comes with the states that are
possible, and their probabilities are added up.

Source: maximum likelihood with partial labels (R. Jin and Z. Ghahramani, NIPS 2002), L2 prior.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from geo.change.decide import chances
from geo.change.evidence import Evidence
from geo.change.weights import Weights
from geo.looks import Looks
from geo.patches import FEATURES

NAMES = tuple(f.name for f in fields(Evidence))
"""Columns of evidence, in the order of a row; four flags of possible states and whether the
building was altered follow."""

RIDGE = 1e-3
"""Prior: weights near nought, in units of the spread of their feature."""

FOUND = 0.5
"""Overlap (IoU) from which a patch is one roof."""

START = np.array([0.5, 1, -0.5, 0.3, 0.3, 0, 0, 0, 2, 2, 0, 0, 0, 0], float)
"""Of roof (3), form, rim, shape (2), both, cost (4), head (2)."""

Flat = NDArray[np.float64]
"""Weights in a row."""


def fit_looks(table: Flat, overlap: Flat, share: Flat, *, price: float) -> Looks:
    """Fit what a roof looks like.

    Args:
        table: (N, F) features of patches.
        overlap: (N,) best IoU of each with a true roof.
        share: (N,) weight of each.
        price: chance from which a patch is outlined.
    """
    mean, spread = table.mean(0), table.std(0) + 1e-6
    z, truth = (table - mean) / spread, (overlap >= FOUND).astype(float)
    whole = share.sum()

    def cost(b: Flat) -> tuple[float, Flat]:
        """Give the loss of these weights and its slope."""
        p = expit(b[0] + z @ b[1:])
        loss = -(share * np.log(np.where(truth > 0, p, 1 - p) + 1e-9)).sum() / whole
        slope = share * (p - truth) / whole
        return float(loss + RIDGE * (b[1:] ** 2).sum()), np.concatenate(
            [[slope.sum()], z.T @ slope + 2 * RIDGE * b[1:]]
        )

    b = minimize(cost, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B").x
    weights = b[1:] / spread
    return Looks(
        at_all=float(b[0] - (weights * mean).sum()),
        weights=tuple(float(w) for w in weights),
        price=price,
    )


def fit_weights(rows: Flat, share: Flat, *, listed: bool, headed: bool) -> Weights:
    """Fit the formula.

    Args:
        rows: (N, E + 5): evidence by ``NAMES``, four flags of possible states, altered or not.
        share: (N,) weight of each.
        listed: the units are footprints of a list, which knows its buildings whatever their
            shape.
        headed: a change head had its say.
    """
    evidence, possible, altered = parted(rows)
    free = np.ones(len(START), np.bool_)
    free[5:7] = not listed
    free[12:] = headed

    def cost(x: Flat) -> float:
        """Give the loss of these numbers, those that are free."""
        y = START.copy()
        y[free] = x
        p = chances(evidence, _weights(y), listed=listed)
        loss = -(share * np.log((p * possible).sum(1) + 1e-9)).sum() / share.sum()
        return float(loss + RIDGE * (x**2).sum())

    best = START.copy()
    best[free] = minimize(cost, START[free], method="L-BFGS-B").x
    plain = _weights(best)
    return _weights(
        best,
        altered=_fit_altered(evidence, possible, altered, share),
        nothing=1.0 if listed else best_nothing(chances(evidence, plain), possible, share),
    )


def parted(rows: Flat) -> tuple[Evidence, Flat, Flat]:
    """Part rows into evidence, possible states (N, 4) and whether altered (N,)."""
    width = len(NAMES)
    evidence = Evidence(**{name: rows[:, i] for i, name in enumerate(NAMES)})
    return evidence, rows[:, width : width + 4], rows[:, -1]


def best_nothing(chance: Flat, possible: Flat, share: Flat) -> float:
    """Find the bar above which *no roof on either date* silences a unit: where F1 is best."""
    changed = (possible[:, 1:3].sum(1) > 0) & (possible[:, [0, 3]].sum(1) == 0)
    guess = chance[:, 1:].argmax(1)
    best, bar = -1.0, 0.5
    for tried in np.arange(0.2, 0.91, 0.05):
        said = (chance[:, 0] <= tried) & (guess < 2)
        right = (share * (said & changed)).sum()
        f1 = 2 * right / max((share * said).sum() + (share * changed).sum(), 1e-9)
        if f1 > best + 1e-6:
            best, bar = float(f1), float(tried)
    return bar


def _fit_altered(
    evidence: Evidence, possible: Flat, altered: Flat, share: Flat
) -> tuple[float, ...]:
    """Fit *altered* among what stands on both dates and is known to."""
    stood = (possible[:, 3] > 0) & (possible[:, :3].sum(1) == 0)
    columns = np.stack(
        [np.ones(len(altered)), evidence.edges, evidence.light, evidence.colour,
         np.abs(evidence.growth)], 1
    )[stood]  # fmt: skip
    truth, weight = altered[stood], share[stood]

    def cost(y: Flat) -> float:
        p = expit(columns @ y)
        loss = -(weight * np.log(np.where(truth > 0, p, 1 - p) + 1e-9)).sum()
        return float(loss / max(weight.sum(), 1e-9) + RIDGE * (y[1:] ** 2).sum())

    start = np.array([-3, -3, 0, 3, 1.0])
    return tuple(float(v) for v in minimize(cost, start, method="L-BFGS-B").x)


def _weights(
    y: Flat, *, altered: tuple[float, ...] = (0.0,) * 5, nothing: float = 1.0
) -> Weights:
    x = [float(v) for v in y]
    return Weights(
        roof=(x[0], x[1], x[2]), form=x[3], rim=x[4], shape=(x[5], x[6]), both=x[7],
        cost=(x[8], x[9], x[10], x[11]), head=(x[12], x[13]),
        altered=altered, nothing=nothing,  # type: ignore[arg-type]
    )  # fmt: skip
