"""Score true objects the way a promise counts them: by the mean probability inside.

An object is *kept* by a threshold when the mean probability inside it reaches the threshold;
the higher the threshold, the fewer are kept, whatever else is in the picture.

    Judged ──► true buildings of 12 square metres and more ──► mean probability, (N,)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.card import GSD
from models.evaluate_judged import Judged
from models.evaluate_tally import SMALLEST
from models.metrics_objects import mostly, things_of


def object_scores(one: Judged, channel: int) -> NDArray[np.float64]:
    """Give the mean probability inside each true object of a picture.

    Args:
        one: judged.
        channel: of the head.

    Returns:
        (N,); objects mostly on unknown ground or too small to count are left out.
    """
    labels = one.labels[channel]
    things = things_of(labels == 1)
    sizes = np.bincount(things.ravel())
    small = sizes < SMALLEST / GSD**2
    small[0] = False
    things = mostly(things, (labels <= 1) & ~small[things])
    count = np.bincount(things.ravel())[1:]
    total = np.bincount(things.ravel(), one.chance[channel].ravel())[1:]
    scores: NDArray[np.float64] = total / np.maximum(count, 1)
    return scores
