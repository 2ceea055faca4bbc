"""Follow what is faint from where it is firm.

A net sees one wall firm here and faint there; who walks along it calls it one wall.

    scores (H, W) ──at least grow──► pieces ──one pixel of at least keep──► followed (H, W)

Source: hysteresis, J. Canny, IEEE Trans. Pattern Analysis and Machine Intelligence 8(6), 1986.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

from geo.escape import Heights
from geo.types import FULL, Mask

FAIR = 0.3
"""Barrier score down to which a wall is followed from where it is firm, as in ``geo.walls``."""


def follow(scores: Heights, *, keep: int, grow: int) -> Mask:
    """Mark pixels of at least ``grow`` that hang together with one of at least ``keep``."""
    pieces, count = label(scores >= max(1, grow), np.ones((3, 3)))
    sure = np.zeros(count + 1, np.bool_)
    sure[np.unique(pieces[scores >= max(1, keep, grow)])] = True
    sure[0] = False
    kept: Mask = sure[pieces]
    return kept


def firm(barrier: Heights, bar: int) -> Heights:
    """Lift what hangs together with a firm barrier to the bar.

    Args:
        barrier: (H, W) uint8, 0 to 254.
        bar: the barrier score from which on a way is barred.
    """
    followed = follow(barrier, keep=bar, grow=round(FAIR * FULL))
    return np.where(followed, np.maximum(barrier, bar), barrier).astype(np.uint8)
