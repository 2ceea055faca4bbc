"""Measure the ways out of a layout again, for its reviewers.

    scores of the run ──► barrier, cost of leaving, walk round its yards ──► PNG + gaps

The rooms of ``stockade explain`` do the measuring, so the page and that picture agree.  The
latest are kept.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from affine import Affine
from PIL import Image as Pixels

from aoi.outputs.explain import account_of
from aoi.outputs.explain_ground import Ground, ground_of
from aoi.review.book import Gap, Ways
from geo.types import FULL

KEPT = 64
"""Layouts whose ways are kept."""

FAINT, STRONG = (86, 180, 233), (213, 94, 0)
"""Colours of a weak and of a strong wall in the way: sky and vermillion."""

DENSEST = 170
"""Opacity, of 255, where the way out crosses the strongest wall; nothing where it is free."""


def ways_of(folder: Path) -> Callable[[str], Ways]:
    """Give a function that measures one layout of a run by its name."""

    @lru_cache(maxsize=KEPT)
    def measured(name: str) -> Ways:
        """Measure a layout.

        Raises:
            InputError: the run left no scores of its picture.
        """
        return ways(ground_of(account_of(folder, name), picture=False))

    return measured


def ways(ground: Ground) -> Ways:
    """Put what was measured into the run's frame."""
    affine = ground.grid.affine
    work = affine * Affine.scale(ground.step)
    left, top = work * (0, 0)
    right, bottom = work * (ground.escape.shape[1], ground.escape.shape[0])
    gaps = []
    for walked in ground.walks:
        gates = walked.gates(ground.gate)
        for gap in walked.gaps:
            x, y = work * (gap.col + 0.5, gap.row + 0.5)
            gaps.append(Gap(float(x), float(y), round(float(gap.width), 1), gap in gates))
    return Ways(
        box=(float(left), float(bottom), float(right), float(top)),
        cost=_png(ground),
        gaps=tuple(gaps),
    )


def _png(ground: Ground) -> bytes:
    """Draw the cost of leaving (h, w): clear where free, denser the stronger the wall."""
    share = ground.escape.astype(np.float32) / FULL
    picture = np.empty((*share.shape, 4), np.uint8)  # (h, w, 4)
    for band in range(3):
        picture[..., band] = np.interp(share, (0, 1), (FAINT[band], STRONG[band]))
    picture[..., 3] = share * DENSEST
    buffer = io.BytesIO()
    Pixels.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()
