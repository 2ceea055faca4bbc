"""Judge pictures that are held in memory, just as a scan judges those on disk.

Pictures on a grid ──predict, in a folder that is thrown away──► (C, H, W) uint8
"""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from geo.grid import Grid
from geo.tiles import Cut
from geo.types import Scores
from models.judge import Judge
from models.predict import Job, predict
from models.predict_views import Pictures

TILE = 1024
"""Pixels a side of a tile, at most: what is held in memory is small."""


def judge_held(judge: Judge, pictures: Pictures, grid: Grid) -> Scores:
    """Judge pictures in memory.

    Args:
        judge: of one date, or of a pair.
        pictures: shows them.
        grid: the frame they lie on.

    Returns:
        (C, H, W) uint8, 0 to 254; 255 where nothing is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            open=lambda: nullcontext(pictures),
            grid=grid,
            stem=Path(folder) / "scores",
            cut=Cut(size=TILE, margin=judge.card.margin, stride=judge.card.stride),
        )
        store, _ = predict(judge, job)
        scores = np.array(store.pages())
        store.close(remove=True)
    return scores
