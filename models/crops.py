"""Cut training crops, each batch a pure function of the seed and the step.

So a killed training goes on with exactly the batches it would have seen.  Groups are balanced
by weight, not by size; places inside a group by the root of their area.  Every crop is
resampled to the net's pixels with a jitter of scale, turned, mirrored and relit.

    (seed, step) ──► patches, windows ──► resize, turn ──► pictures (N, 3, S, S) uint8
                                                           labels (N, C, S, S) uint8
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.augment import relight
from models.card import GSD, HEADS
from models.losses import UNKNOWN
from models.patch import NOTHING, Patch

JITTER = (0.7, 1.4)
"""Range of scale: ground per crop, against the net's own."""

TURNED = 0.4
"""Share of crops turned by any angle; the others by quarter turns only, which is sharper."""

BLANKED = 0.35
"""Share of crops with sides that nobody saw.  A net that never saw the end of a scene takes it
for a wall, and trees within a hundred pixels of it for roofs: on a chip of 154 pixels, judged
as a scan judges it, building IoU fell from .78 to .41."""

SIDES = (1, 1, 1, 2, 4)
"""How many sides are gone, drawn from these; four make a chip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step sees."""

    pictures: Tensor
    """(N, 3, S, S) uint8."""

    labels: Tensor
    """(N, C, S, S) uint8: 0, 1, 255 unknown."""


class Sampler:
    """Draws batches from patches in memory."""

    def __init__(
        self, patches: Sequence[Patch], *, seed: int, size: int = 256, batch: int = 16
    ) -> None:
        """Prepare the odds.

        Args:
            patches: all of the training split.
            seed: of everything drawn.
            size: side of a crop in pixels.
            batch: crops a step.
        """
        self.patches = list(patches)
        self.seed, self.size, self.batch = seed, size, batch
        roots = np.sqrt([p.picture.shape[1] * p.picture.shape[2] * p.gsd**2 for p in patches])
        groups = np.array([p.group for p in patches])
        shares = {g: float(roots[groups == g].sum()) for g in set(groups.tolist())}
        odds = np.array(
            [p.weight * r / shares[p.group] for p, r in zip(patches, roots, strict=True)]
        )
        self.odds = odds / odds.sum()

    def draw(self, step: int) -> Batch:
        """Draw the batch of one step; the same for the same seed and step."""
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.choice(len(self.patches), self.batch, p=self.odds)
        crops = [cut(self.patches[i], self.size, rng) for i in chosen]
        torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
        pictures = relight(torch.stack([picture for picture, _ in crops]), torch_rng)
        labels = mark_edges(torch.stack([labels for _, labels in crops]))
        for i in np.flatnonzero(rng.random(self.batch) < BLANKED):
            for _ in range(rng.choice(SIDES)):
                blank(pictures[i], labels[i], rng)
        return Batch(pictures=pictures, labels=labels)


def cut(patch: Patch, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Cut, resample, turn and mirror one crop.

    Returns:
        picture (3, S, S) uint8 and labels (C, S, S) uint8; ground beyond the patch has the
        colour of nothing and is unknown.
    """
    scale = float(np.exp(rng.uniform(*np.log(JITTER)))) * GSD / patch.gsd  # source px per px
    turned = rng.random() < TURNED
    canvas = int(np.ceil(size * 1.42)) if turned else size
    window = _window(patch, max(8, round(canvas * scale)), rng)
    picture, labels = _read(patch, *window)
    picture = F.interpolate(
        picture[None].float(), (canvas, canvas), mode="bilinear", antialias=True
    )
    labels = F.interpolate(labels[None].float(), (canvas, canvas), mode="nearest-exact")
    if turned:
        picture, labels = _turn(picture, labels, rng.uniform(0, 2 * np.pi), size)
    turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
    both = [torch.rot90(x[0], turns, (1, 2)) for x in (picture, labels)]
    both = [x.flip(2) if mirror else x for x in both]
    return both[0].round().clamp(0, 255).to(torch.uint8), both[1].round().to(torch.uint8)


def blank(picture: Tensor, labels: Tensor, rng: np.random.Generator) -> None:
    """Take one side of a crop away, as where a scene ends; in place.

    The side is a half-plane that covers up to a third of the way across, along the pixels or
    slanted.  What is gone is exactly what a judge puts where nothing is known.

    Args:
        picture: (3, S, S) uint8, lit as it shall be.
        labels: (C, S, S) uint8; unknown where nothing is seen.
        rng: all chance comes from here.
    """
    size = picture.shape[-1]
    angle = float(rng.integers(4)) * np.pi / 2
    if rng.random() < 0.5:
        angle += float(rng.uniform(0, np.pi / 2))
    along = torch.arange(size) - (size - 1) / 2
    reach = along[:, None] * float(np.sin(angle)) + along * float(np.cos(angle))
    gone = reach > float(rng.uniform(size / 6, size / 2))
    picture[:, gone] = torch.from_numpy(NOTHING.reshape(3, 1))
    labels[:, gone] = UNKNOWN


def mark_edges(labels: Tensor, heads: Sequence[str] = HEADS) -> Tensor:
    """Derive the building edge, two pixels wide, wherever the building is known all around.

    Sets that draw their own edges (touching buildings kept apart) keep them.

    Args:
        labels: (N, C, S, S) uint8.
        heads: names of the C heads.
    """
    building, edge = labels[:, heads.index("building")], heads.index("building_edge")
    yes = (building == 1).float()[:, None]
    unknown = (building == UNKNOWN).float()[:, None]
    grown, kept = F.max_pool2d(yes, 3, 1, 1), -F.max_pool2d(-yes, 3, 1, 1)
    derived = (grown - kept).to(torch.uint8)[:, 0]
    derived[F.max_pool2d(unknown, 3, 1, 1)[:, 0] > 0] = UNKNOWN
    out = labels.clone()
    out[:, edge] = torch.where(labels[:, edge] == UNKNOWN, derived, labels[:, edge])
    return out


def _window(patch: Patch, side: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Choose a square; one without a single yes is drawn again, once out of two times."""
    _, height, width = patch.picture.shape
    for _attempt in range(3):
        top = _start(height, side, rng)
        left = _start(width, side, rng)
        rows, cols = slice(max(top, 0), top + side), slice(max(left, 0), left + side)
        if any((label[rows, cols] == 1).any() for label in patch.labels.values()):
            break
        if rng.random() < 0.5:
            break
    return top, left, side


def _start(length: int, side: int, rng: np.random.Generator) -> int:
    """Where a window starts: anywhere inside, or so that a patch too small lies inside it."""
    low, high = sorted((0, length - side))
    return int(rng.integers(low, high + 1))


def _read(patch: Patch, top: int, left: int, side: int) -> tuple[Tensor, Tensor]:
    """Copy a window that may reach beyond the patch."""
    _, height, width = patch.picture.shape
    rows, cols = (
        slice(max(top, 0), min(top + side, height)),
        slice(max(left, 0), min(left + side, width)),
    )
    at = (
        slice(None),
        slice(rows.start - top, rows.stop - top),
        slice(cols.start - left, cols.stop - left),
    )
    picture = np.tile(NOTHING, (1, side, side))
    labels = np.full((len(HEADS), side, side), UNKNOWN, np.uint8)
    picture[at] = patch.picture[:, rows, cols]
    for i, head in enumerate(HEADS):
        if head in patch.labels:
            labels[i][at[1:]] = patch.labels[head][rows, cols]
    return torch.from_numpy(picture), torch.from_numpy(labels)


def _turn(picture: Tensor, labels: Tensor, angle: float, size: int) -> tuple[Tensor, Tensor]:
    """Turn about the middle and keep the inner square, which the turned canvas covers."""
    share = size / picture.shape[-1]
    cos, sin = float(np.cos(angle)) * share, float(np.sin(angle)) * share
    matrix = torch.tensor([[[cos, -sin, 0.0], [sin, cos, 0.0]]])
    lattice = F.affine_grid(matrix, [1, 1, size, size], align_corners=False)
    turned = F.grid_sample(picture, lattice, mode="bilinear", align_corners=False)
    nearest = F.grid_sample(labels - UNKNOWN, lattice, mode="nearest", align_corners=False)
    return turned, nearest + UNKNOWN
