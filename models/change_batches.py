"""Make batches of pairs for the change head: drawn places, relit places, two places.

    drawn pairs ────────────────► appeared, vanished, exactly ───────────┐
    one picture, twice relit ───► nothing changed, whatever it looks like ─┼─► a batch
    two pictures of two places ─► every roof of one vanished, of the other appeared ┘

Every batch is a function of seed and step.

Source: pseudo-pairs as in ChangeStar (Z. Zheng et al., ICCV 2021) and Changen2 (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from geo.change.burn import burn
from geo.grid import local_grid
from models.augment import relight
from models.change_pairs import draw_pair
from models.crops import cut
from models.kept import keep, take_up
from models.losses import UNKNOWN
from models.patch import Patch

KINDS = ("walled_park", "plots", "factory", "barracks", "mix", "school", "gated_estate")
"""Kinds of drawn places, in turn."""

FIRST_CHECK = 20_000
"""Seeds from here on are never trained on."""

JITTER = 1.5
"""Pixels by which the second picture of a pair lies elsewhere, at most: what co-registration
leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """All choices of one training."""

    steps: int = 800
    """Batches in all."""

    batch: int = 8
    """Pairs a batch: half drawn, a quarter relit, a quarter of two places."""

    size: int = 256
    """Pixels a side of a crop."""

    rate: float = 2e-3
    """Highest learning rate."""

    average: float = 0.99
    """Share of the moving average that stays at each step."""

    seed: int = 1


Drawn = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Pictures (2, 3, H, W) and labels (2, H, W) of appeared and vanished."""


def drawn_pairs(count: int, folder: Path, *, first: int = 0, size: int = 512) -> list[Drawn]:
    """Give drawn pairs, from the folder where they are there.

    Args:
        count: how many.
        folder: where they are kept, one file each; half-made ones never have a final name.
        first: seed of the first.
        size: pixels a side.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _drawn(folder / f"pair-{seed}-{size}.npz", seed, size)
        for seed in range(first, first + count)
    ]


def _drawn(path: Path, seed: int, size: int) -> Drawn:
    kept = take_up(path, "pictures", "labels")
    if kept is None:
        pair = draw_pair(KINDS[seed % len(KINDS)], seed=seed, size=size)
        before, after = pair.roofs
        # A roof that nobody touched and that leans to another side has not moved.
        same = np.zeros((size, size), np.bool_)
        for fate in pair.fates:
            if fate.kind == "unchanged":
                for roof in fate.seen:
                    if roof is not None:
                        _fill(same, roof, pair.grid.affine.a)
        labels = np.stack([after & ~before & ~same, before & ~after & ~same]).astype(np.uint8)
        kept = {"pictures": np.stack(pair.pictures), "labels": labels}
        keep(path, **kept)
    return kept["pictures"], kept["labels"]


def _fill(mask: NDArray[np.bool_], roof: BaseGeometry, gsd: float) -> None:
    height, width = mask.shape
    mask |= burn(roof, local_grid(height, width, gsd), (slice(0, height), slice(0, width)))


@dataclass(frozen=True, slots=True)
class PairSampler:
    """Draws batches of pairs."""

    drawn: Sequence[Drawn]
    patches: Sequence[Patch]
    plan: ChangePlan

    def draw(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw the batch of one step; the same for the same seed and step.

        Returns:
            before and after, (N, 3, S, S) uint8; labels (N, 2, S, S) uint8, 255 unknown.
        """
        rng = np.random.default_rng([self.plan.seed, step])
        rows = [self._one(n, rng) for n in range(self.plan.batch)]
        torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
        before, after = (
            relight(torch.stack([row[i] for row in rows]), torch_rng) for i in (0, 1)
        )
        return before, after, torch.stack([row[2] for row in rows])

    def _one(self, number: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        if number % 2 == 0 or not self.patches:
            one, other, labels = self._drawn(rng)
        else:
            one, other, labels = self._pseudo(rng, same=number % 4 == 1)
        other = _nudged(other, rng.uniform(-JITTER, JITTER, 2))
        if rng.random() < 0.5:
            one, other, labels = other, one, labels.flip(0)
        return one, other, labels

    def _drawn(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        pictures, labels = self.drawn[int(rng.integers(len(self.drawn)))]
        size = self.plan.size
        top, left = (int(rng.integers(0, side - size + 1)) for side in labels.shape[1:])
        here = np.s_[:, top : top + size, left : left + size]
        turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
        parts = [torch.from_numpy(x[here].copy()) for x in (*pictures, labels)]
        parts = [torch.rot90(x, turns, (1, 2)) for x in parts]
        one, other, truth = (x.flip(2) if mirror else x for x in parts)
        return one, other, truth

    def _pseudo(self, rng: np.random.Generator, *, same: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Pair a real picture with itself, or with one of another place."""
        chosen = rng.choice(len(self.patches), 2, replace=len(self.patches) < 2)
        (one, first), (other, second) = (
            cut(self.patches[i], self.plan.size, rng) for i in chosen
        )
        if same:
            other, second = one, first
        a, b = first[0], second[0]
        known = (a <= 1) & (b <= 1)
        labels = torch.stack([(b == 1) & (a == 0), (a == 1) & (b == 0)]).to(torch.uint8)
        return one, other, torch.where(known, labels, torch.tensor(UNKNOWN, dtype=torch.uint8))


def _nudged(picture: Tensor, by: NDArray[np.float64]) -> Tensor:
    """Move a picture (3, S, S) by parts of a pixel."""
    side = picture.shape[-1]
    move = torch.tensor(by, dtype=torch.float32) * 2 / side
    matrix = torch.tensor([[[1.0, 0.0, float(move[1])], [0.0, 1.0, float(move[0])]]])
    lattice = F.affine_grid(matrix, [1, 3, side, side], align_corners=False)
    moved = F.grid_sample(
        picture[None].float(), lattice, padding_mode="border", align_corners=False
    )
    return moved[0].round().clamp(0, 255).to(torch.uint8)
