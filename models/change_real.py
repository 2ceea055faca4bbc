"""Read the few real pairs whose changes somebody labelled, laid onto each other.

    A/, B/, label/ of a set ──half a metre──► later stays, earlier moved ──► Material

A label of changes says of the ground that a roof came or went, not whether one stood there all
the time; the fit knows that (``geo.change.teach``).

Source: LEVIR-CD (H. Chen and Z. Shi, 2020) and WHU-CD (S. Ji et al., 2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from scipy.ndimage import label

from geo.change.burn import burn
from geo.grid import Grid, gsd_of, work_grid
from geo.outline import polygons
from geo.prepare.coregister import coregister
from geo.prepare.registration import Held, moved
from geo.read import open_image
from geo.stretch import Stretch
from geo.types import Mask, Picture
from models.change_material import Material

REAL = {"levir": ("change_levir", 0.5), "whu": ("change_whu", 0.2)}
"""Folder and metres per pixel of the sets of real pairs."""


def real_pairs(data: Path, source: str, *, move: bool = True) -> Iterator[Material]:
    """Read the labelled pairs of a set, laid onto each other.

    Labels were drawn on the later picture, so that one stays; the earlier one is moved.

    Args:
        data: folder of real imagery.
        source: a key of ``REAL``.
        move: lay the earlier picture onto the later one; else their files are believed.
    """
    folder, gsd = REAL[source]
    root = data / "vhr" / folder
    for path in sorted((root / "A").iterdir()):
        images = [open_image(root / side / path.name, gsd=gsd) for side in "BA"]
        own, grid = images[0].grid, work_grid(images[0].grid, 0.5)
        later, earlier = (image.picture(grid, Stretch.identity())[0] for image in images)
        valid = np.ones(later.shape[1:], np.bool_)
        both = valid
        if move:
            earlier, both = laid_onto(later, earlier, gsd_of(grid))
        told = np.asarray(Pillow.open(root / "label" / path.name).convert("L")) > 127
        yield Material(
            name=f"{source}-{path.stem}", source=source, pictures=(later, earlier),
            valid=(valid, both), grid=grid, roofs=None, changed=_on(told, own, grid),
            label=told, own=own,
        )  # fmt: skip


def laid_onto(fixed: Picture, moving: Picture, gsd: float) -> tuple[Picture, Mask]:
    """Lay one picture onto another; where that is refused, leave it.

    Args:
        fixed: (3, H, W), all of it real.
        moving: likewise.
        gsd: metres per pixel of both.

    Returns:
        The second, moved, and where it shows anything, (H, W).
    """
    height, width = fixed.shape[1:]
    valid = np.ones((height, width), np.bool_)
    still, other = Held(fixed, valid), Held(moving, valid)
    found = coregister(still, other, (height, width), gsd)
    if found.refused:
        return moving, valid
    return moved(other, found, slice(0, height), slice(0, width))


def _on(mask: Mask, own: Grid, grid: Grid) -> Mask:
    """Bring a label to another frame of the same ground."""
    shapes = polygons(label(mask)[0].astype(np.int32), own).geometry
    out = np.zeros(tuple(grid.shape), np.bool_)
    whole = slice(0, out.shape[0]), slice(0, out.shape[1])
    for shape in shapes:
        out |= burn(shape, grid, whole)
    return out
