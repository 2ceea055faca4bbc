"""Show labelled pictures to a net, at the net's own pixels.

    Patch ──► resampled to 0.5 m, labels with it ──► net ──► Judged: picture, chance, labels

A picture much larger than asked for is judged by its middle.  Nothing here counts anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from geo.errors import ModelError
from models.card import GSD, HEADS, Card
from models.checkpoint import Net
from models.crops import mark_edges
from models.device import autocast_dtype, fold_batchnorm
from models.labels import Labels
from models.losses import UNKNOWN
from models.patch import Patch

ALIKE = 0.02
"""Share by which pixels may differ from the net's own and not be resampled."""

BEYOND = 144
"""Pixels of nothing laid around a picture: as far as the shipped net looks."""

Probabilities = NDArray[np.float32]
"""(C, H, W), 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One patch at the net's pixels, with what the net says and what is so."""

    patch: Patch
    """Where it came from."""

    picture: NDArray[np.uint8]
    """(3, H, W)."""

    chance: Probabilities
    """(C, H, W)."""

    labels: Labels
    """(C, H, W): 0 no, 1 yes, 254 rim, 255 unknown."""

    corner: tuple[float, float] = (0, 0)
    """Row and column, in the net's pixels, at which the picture begins in its patch."""

    scale: tuple[float, float] = (1.0, 1.0)
    """Net's pixels along one of the patch, down and right."""


def at_net_pixels(patch: Patch, gsd: float = GSD) -> tuple[Tensor, Tensor]:
    """Resample a patch to the net's pixels.

    Args:
        patch: any.
        gsd: metres per pixel of the net.

    Returns:
        picture (1, 3, H, W) uint8 and labels (1, C, H, W) uint8, building edges marked.
    """
    picture = torch.from_numpy(np.ascontiguousarray(patch.picture))[None].float()
    labels = torch.from_numpy(patch.stacked())[None].float()
    size = net_shape(patch, gsd)
    if size != tuple(picture.shape[2:]):
        picture = F.interpolate(picture, size, mode="bilinear", antialias=True)
        labels = F.interpolate(labels, size, mode="nearest-exact")
    labels = mark_edges(labels.to(torch.uint8))
    edges = labels[:, HEADS.index("building_edge")]
    if not (edges == 1).any():  # roofs drawn by eye have none that is known
        edges[:] = UNKNOWN
    return picture.round().clamp(0, 255).to(torch.uint8), labels


def net_shape(patch: Patch, gsd: float = GSD) -> tuple[int, int]:
    """Tell how many pixels of the net a patch has, down and right."""
    share = patch.gsd / gsd
    height, width = patch.picture.shape[1:]
    if abs(share - 1) <= ALIKE:
        return height, width
    return max(16, round(height * share)), max(16, round(width * share))


def refuse_others(card: Card) -> None:
    """Raise where a net's scores would be held against labels of other heads or pixels."""
    if (card.heads, card.gsd_m) != (HEADS, GSD):
        raise ModelError(
            f"{card.name} judges {', '.join(card.heads)} at {card.gsd_m:g} m. Only nets that "
            f"judge {', '.join(HEADS)}, in this order and at {GSD:g} m, can be measured and "
            "calibrated here."
        )


def middle_of(shape: tuple[int, int], most: int) -> tuple[int, int]:
    """Tell the first row and column of the middle, ``most`` pixels a side; 0 is all of it."""
    if not most:
        return 0, 0
    top, left = (max(0, (side - most) // 2) for side in shape)
    return top, left


def _near_middle(patch: Patch, most: int) -> tuple[Patch, tuple[int, int]]:
    """Cut away what lies too far from the middle to matter; tell the first row and column."""
    height, width = patch.picture.shape[1:]
    side = math.ceil((most + 2 * BEYOND) * GSD / patch.gsd) if most else max(height, width)
    top, left = (max(0, (n - side) // 2) for n in (height, width))
    rows, cols = slice(top, top + side), slice(left, left + side)
    labels = {head: label[rows, cols] for head, label in patch.labels.items()}
    return replace(patch, picture=patch.picture[:, rows, cols], labels=labels), (top, left)


def look(net: nn.Module, pictures: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Run the net on whole pictures as a scan does, with nothing known beyond their rim.

    Args:
        net: in eval mode, on the device of ``mean``.
        pictures: (N, 3, H, W) uint8.
        mean: (3,).
        std: (3,).

    Returns:
        Logits (N, C, H, W) float32 on the CPU.
    """
    height, width = pictures.shape[2:]
    device = mean.device
    x = (pictures.to(device).float() / 255 - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)
    beyond = (BEYOND, BEYOND + -width % 16, BEYOND, BEYOND + -height % 16)
    x = F.pad(x, beyond).to(memory_format=torch.channels_last)  # 0 is the mean colour: nothing
    dtype = autocast_dtype(device, half=True)
    with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=dtype is not None):
        logits = net(x)
    rows, cols = (slice(BEYOND, BEYOND + side) for side in (height, width))
    inner: Tensor = logits[:, :, rows, cols].float().cpu()
    return inner


def judge(
    net: nn.Module, patches: Iterable[Patch], mean: Tensor, std: Tensor, *, most: int = 0
) -> Iterator[Judged]:
    """Judge patches one by one, at the net's pixels.

    Args:
        net: in eval mode afterwards.
        patches: any.
        mean: (3,), on the device to judge on.
        std: (3,).
        most: pixels a side that are told of each patch, its middle; the net sees what lies
            around it all the same.  0 tells all.
    """
    net.eval()
    for patch in patches:
        near, (down, right) = _near_middle(patch, most)
        picture, labels = at_net_pixels(near)
        shape = net_shape(near)
        scale = (shape[0] / near.picture.shape[1], shape[1] / near.picture.shape[2])
        top, left = middle_of(shape, most)
        rows, cols = (
            slice(top, top + (most or shape[0])),
            slice(left, left + (most or shape[1])),
        )
        above, before = max(0, top - BEYOND), max(0, left - BEYOND)
        around = picture[:, :, above : rows.stop + BEYOND, before : cols.stop + BEYOND]
        logits = look(net, around, mean, std)[0, :, top - above :, left - before :]
        told = logits[:, : rows.stop - rows.start, : cols.stop - cols.start]
        yield Judged(
            patch=patch,
            picture=picture[0, :, rows, cols].numpy(),
            chance=torch.sigmoid(told).numpy(),
            labels=labels[0, :, rows, cols].numpy(),
            corner=(top + down * scale[0], left + right * scale[1]),
            scale=scale,
        )


def judge_with(net: Net, patches: Iterable[Patch], *, most: int = 0) -> Iterator[Judged]:
    """Judge patches with a loaded net, normalised as its card says; made ready only once.

    Raises:
        ModelError: the net judges other heads than labels are laid out for, or other pixels.
    """
    refuse_others(net.card)
    mean, std = torch.tensor(net.card.mean), torch.tensor(net.card.std)
    module = fold_batchnorm(net.module).to(memory_format=torch.channels_last)
    return judge(module, patches, mean, std, most=most)
