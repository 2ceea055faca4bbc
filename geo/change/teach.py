"""Fit what ``geo.change.weights`` holds to units and patches whose truth is known.

    patches, best overlap with a true roof ──logistic──► Looks
    evidence, states that are possible     ──likelihood──► Weights
    evidence of what stands, altered?      ──logistic──► the part of Weights that tells altered

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

from geo.change.decide import altered_terms, chances
from geo.change.evidence import Evidence
from geo.change.weights import Weights
from geo.looks import Looks

NAMES = tuple(f.name for f in fields(Evidence))
"""Columns of evidence, in the order of a row; four flags of possible states and whether the
building was altered follow, the last NaN where nobody knows."""

RIDGE = 1e-3
"""Prior: weights near nought, in units of the spread of their feature."""

FOUND = 0.5
"""Overlap (IoU) from which a patch is one roof."""

START = np.array([0.5, 1, -0.5, 0.3, 0.3, 0, 0, 0, 2, 2, 0, 0, 0, 0], float)
"""Of roof (3), form, rim, shape (2), both, cost (4), head (2)."""

Flat = NDArray[np.float64]
"""Weights in a row."""

Altered = tuple[float, float, float, float, float]
"""``Weights.altered``."""

UNTOLD: Altered = (0.0, 0.0, 0.0, 0.0, 0.0)
"""Before anything is known of what was altered."""


def fit_looks(table: Flat, overlap: Flat, share: Flat, *, price: float) -> Looks:
    """Fit what a roof looks like.

    Args:
        table: (N, F) features of patches.
        overlap: (N,) best IoU of each with a true roof.
        share: (N,) weight of each.
        price: chance from which a patch is outlined.
    """
    mean, spread = table.mean(0), table.std(0) + 1e-6
    b = _logistic((table - mean) / spread, overlap >= FOUND, share)
    weights = b[1:] / spread
    return Looks(
        at_all=float(b[0] - (weights * mean).sum()),
        weights=tuple(float(w) for w in weights),
        price=price,
    )


def fit_weights(
    rows: Flat, share: Flat, *, listed: bool, headed: bool, altered: Altered
) -> Weights:
    """Fit the formula.

    Args:
        rows: (N, E + 5): evidence by ``NAMES``, four flags of possible states, altered or not.
        share: (N,) weight of each.
        listed: the units are footprints of a list, which knows its buildings whatever their
            shape.
        headed: a change head had its say.
        altered: what ``fit_altered`` found.
    """
    evidence, possible, _ = parted(rows)
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
        altered=altered,
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


def fit_altered(rows: Flat, share: Flat) -> Altered:
    """Fit what tells *altered*, among what stands on both dates and is known to.

    Args:
        rows: (N, E + 5): evidence by ``NAMES``, four flags of possible states, altered or not.
        share: (N,) weight of each.
    """
    evidence, possible, altered = parted(rows)
    terms = altered_terms(evidence)
    stood = (possible[:, 3] > 0) & (possible[:, :3].sum(1) == 0)
    known = stood & np.isfinite(altered) & np.isfinite(terms).all(1)
    terms = terms[known, 1:]
    spread = terms.std(0) + 1e-6
    b = _logistic(terms / spread, altered[known] > 0, share[known])
    light, painted, odd, part = (float(w) for w in b[1:] / spread)
    return float(b[0]), light, painted, odd, part


def _logistic(z: Flat, truth: NDArray[np.bool_], share: Flat) -> Flat:
    """Fit log-odds: a constant, then a weight for each column of ``z`` (N, K), spread 1."""
    whole = max(float(share.sum()), 1e-9)

    def cost(b: Flat) -> tuple[float, Flat]:
        """Give the loss of these weights and its slope."""
        p = expit(b[0] + z @ b[1:])
        loss = -(share * np.log(np.where(truth, p, 1 - p) + 1e-9)).sum() / whole
        slope = share * (p - truth) / whole
        return float(loss + RIDGE * (b[1:] ** 2).sum()), np.concatenate(
            [[slope.sum()], z.T @ slope + 2 * RIDGE * b[1:]]
        )

    best: Flat = minimize(cost, np.zeros(z.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return best


def _weights(y: Flat, *, altered: Altered = UNTOLD, nothing: float = 1.0) -> Weights:
    x = [float(v) for v in y]
    return Weights(
        roof=(x[0], x[1], x[2]), form=x[3], rim=x[4], shape=(x[5], x[6]), both=x[7],
        cost=(x[8], x[9], x[10], x[11]), head=(x[12], x[13]),
        altered=altered, nothing=nothing,
    )  # fmt: skip
