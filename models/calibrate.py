"""Make probabilities mean what they say, and thresholds keep what they promise.

    logits, labels of validation places ──► one temperature a head, if it helps elsewhere
                                        ──► one threshold a head, where F1 is best
    object scores ──► the threshold that keeps a chosen share of true objects

Places weigh the same, however large: a temperature that suits one big city suits no other.

Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017; A. Angelopoulos
et al., Conformal Risk Control, ICLR 2024.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, logit

from geo.errors import InputError
from models.card import Promise

Samples = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Logits (N,) and truth (N,) of one place."""


def temperature(places: Mapping[str, Samples]) -> float:
    """Find the temperature with the least cross-entropy, each place weighing the same.

    Args:
        places: logits and truth by place.

    Returns:
        0.2 to 5; 1 where there is nothing to learn from.
    """
    known = [sample for sample in places.values() if len(sample[0])]
    if not known:
        return 1.0

    def cost(log_t: float) -> float:
        """Mean cross-entropy at a temperature, given as its logarithm."""
        return float(np.mean([_cross_entropy(z / math.exp(log_t), t) for z, t in known]))

    best = minimize_scalar(cost, bounds=(math.log(0.2), math.log(5)), method="bounded")
    return round(float(math.exp(best.x)), 4)


def kept_temperature(places: Mapping[str, Samples]) -> float:
    """Fit a temperature, and keep it only if it helps where it was not fitted.

    Each place is tried with the temperature of the others.  If the mean cross-entropy over
    places does not fall below that of the plain logits, dividing them is fitting places, not
    calibrating the net.

    Args:
        places: logits and truth by place.

    Returns:
        0.2 to 5; 1 where it does not help, or where fewer than two places can tell.
    """
    known = {place: sample for place, sample in places.items() if len(sample[0])}
    if len(known) < 2:
        return 1.0
    gain = 0.0
    for place, (logits, true) in known.items():
        others = {name: sample for name, sample in known.items() if name != place}
        fitted = temperature(others)
        gain += _cross_entropy(logits, true) - _cross_entropy(logits / fitted, true)
    return temperature(known) if gain > 0 else 1.0


def best_threshold(places: Mapping[str, Samples], *, steps: int = 41) -> float:
    """Find the probability where the mean over places of pixel F1 is highest.

    Args:
        places: logits, already tempered, and truth by place.
        steps: candidates between 0.1 and 0.9.
    """
    candidates = np.linspace(0.1, 0.9, steps)
    known = [(expit(z), t) for z, t in places.values() if t.any()]
    if not known:
        return 0.5
    f1 = [np.mean([_f1(chance >= keep, t) for chance, t in known]) for keep in candidates]
    return round(float(candidates[int(np.argmax(f1))]), 3)


def promise(scores: Sequence[float], *, recall: float, places: Sequence[str] = ()) -> Promise:
    """Find the threshold that keeps a chosen share of true objects.

    Args:
        scores: one a true object: the mean probability inside it.
        recall: share to keep, for instance 0.9.
        places: where they stood, to be printed beside the promise.

    Returns:
        On objects exchangeable with these, the expected share missed is at most
        ``1 - recall``.  Other places are not exchangeable: it is a measured hope there.

    Raises:
        InputError: too few objects to promise that much.
    """
    count = len(scores)
    rank = math.floor((1 - recall) * (count + 1) + 1e-9)
    if not 0 < recall < 1 or rank < 1:
        need = math.ceil(1 / (1 - recall) - 1e-9) - 1 if 0 < recall < 1 else 0
        raise InputError(
            f"A recall of {recall} cannot be promised from {count} objects; it needs {need}."
        )
    threshold = float(np.sort(np.asarray(scores, float))[rank - 1])
    return Promise(
        recall=recall, threshold=round(threshold, 4), objects=count, places=tuple(places)
    )


def place_threshold(places: Sequence[NDArray[np.float64]], *, recall: float) -> float | None:
    """Find the threshold that keeps a share of the objects of a *new place*, on average.

    Places are drawn, not objects: a new place may be as unlike these as they are unlike each
    other.  Conformal risk control over G places wants the mean share missed, the new place
    counted as if it missed all, to stay below what is promised.

    Args:
        places: scores of the true objects of each place.
        recall: share to keep.

    Returns:
        The highest such threshold; none where G is too small: 9 places for a recall of 0.9.
    """
    known = [np.sort(scores) for scores in places if len(scores)]
    allowed = (1 - recall) * (len(known) + 1) - 1  # of the sum over the places seen
    if allowed < -1e-9:
        return None
    candidates = np.unique(np.concatenate(known))
    missed = sum(np.searchsorted(scores, candidates) / len(scores) for scores in known)
    return float(candidates[np.flatnonzero(missed <= allowed + 1e-9)[-1]])


def to_logits(chance: NDArray[np.float32]) -> NDArray[np.float64]:
    """Turn probabilities back into logits, cut off at 16."""
    return np.clip(logit(chance.astype(np.float64)), -16, 16)


def _cross_entropy(logits: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    return float(-np.where(true, log_expit(logits), log_expit(-logits)).mean())


def _f1(yes: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return 2 * float((yes & true).sum()) / max(1, int(yes.sum()) + int(true.sum()))
