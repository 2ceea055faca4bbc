"""Draw scenes ahead of training, and keep them: a picture costs a second, a crop a millisecond.

    count, seed ──► draw_scene, one file a seed ──► list of Patch, group ``drawn``

The same seeds give the same files; a broken or half-made cache mends itself, for files are
written beside and renamed, and what is missing or damaged is drawn again.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from geo.types import Picture
from models.card import HEADS
from models.kept import keep, take_up
from models.labels import Labels
from models.losses import UNKNOWN
from models.patch import Patch
from models.synthetic.scene import draw_scene

log = logging.getLogger(__name__)

PLACE = "drawn"
"""Where drawn scenes lie."""

FIRST_CHECK = 10_000_000
"""Seeds from here on are never trained on."""


def drawn_patches(
    count: int,
    folder: Path,
    *,
    first: int = 0,
    size: int = 896,
    gsd: float = 0.45,
    weight: float,
) -> list[Patch]:
    """Give drawn scenes, from the folder where they are there.

    Args:
        count: scenes.
        folder: where they are kept, one compressed file each.
        first: seed of the first; the others follow.
        size: pixels a side.
        gsd: metres per pixel; a little finer than the net's, for crops are jittered.
        weight: of all of them together, against the other groups.
    """
    patches = []
    for seed in range(first, first + count):
        picture, labels = _scene(folder / f"{seed}-{size}-{gsd}.npz", seed, size=size, gsd=gsd)
        patches.append(
            Patch(
                name=f"drawn {seed}", place=PLACE, group=PLACE, weight=weight,
                picture=picture, labels=labels, gsd=gsd,
            )
        )  # fmt: skip
    log.info("%d drawn scenes", count)
    return patches


def _scene(
    path: Path, seed: int, *, size: int, gsd: float
) -> tuple[Picture, dict[str, Labels]]:
    kept = take_up(path, "picture", *HEADS)
    if kept is None:
        scene = draw_scene("mix", seed=seed, gsd=gsd, size=size)
        kept = {head: np.packbits(scene.labels[head].astype(bool)) for head in HEADS}
        kept["picture"] = scene.picture
        keep(path, **kept)
    shape = kept["picture"].shape[1:]
    labels = {
        head: np.unpackbits(kept[head], count=shape[0] * shape[1]).reshape(shape)
        for head in HEADS
    }
    # Hand-drawn yards run on under their houses, drawn ones leave them out: say nothing.
    labels["yard"][labels["building"] == 1] = UNKNOWN
    return kept["picture"], labels
