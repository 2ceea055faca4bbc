"""Say how good a net is, place by place, never pooled.

    patches of a split ──► resampled to the net's pixels ──► probabilities (C, H, W)
                       ──► counts a block ──► PlaceScore: value, interval

Each head is measured by what it is for: buildings by pixels and by objects, walls by their
lines within 2 m, yards and ground by pixels.  A place whose labels say nothing about a head
gets no figure for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit
from skimage.segmentation import watershed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from geo.types import Labels as Things
from geo.types import Mask
from models.calibrate import Samples, to_logits
from models.card import GSD, HEADS, PlaceScore
from models.checkpoint import Net
from models.crops import mark_edges
from models.data import Patch
from models.device import autocast_dtype, fold_batchnorm
from models.labels import Labels
from models.metrics import (
    NONE,
    Counts,
    calibration_error,
    count_lines,
    count_objects,
    count_pixels,
    interval,
)

BLOCK = 128.0
"""Metres; side of the blocks that intervals draw from.  Neighbouring houses share one."""

SMALLEST = 12.0
"""Square metres; smaller building claims and labels are not counted as objects."""

FIGURES = {
    "building": ("iou", "object_f1"),
    "building_edge": ("f1_2m",),
    "wall": ("f1_2m",),
    "yard": ("iou",),
    "ground": ("iou",),
}
"""What is measured of each head."""

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


def measure(net: Net, patches: Sequence[Patch], *, seed: int = 0) -> list[PlaceScore]:
    """Measure a net with its card's own thresholds.

    Args:
        net: as ``load_net`` gives it.
        patches: to measure on.
        seed: of the intervals.
    """
    card = net.card
    mean, std = torch.tensor(card.mean), torch.tensor(card.std)
    module = fold_batchnorm(net.module).to(memory_format=torch.channels_last)
    judged = list(judge(module, patches, mean, std))
    figures = score(judged, card.thresholds, heads=card.heads, seed=seed)
    return figures + calibration(judged, heads=card.heads)


def at_net_pixels(patch: Patch, gsd: float = GSD, *, most: int = 0) -> tuple[Tensor, Tensor]:
    """Resample a patch to the net's pixels, and cut out its middle where it is too large.

    Args:
        patch: any.
        gsd: metres per pixel of the net.
        most: pixels a side; 0 keeps all.

    Returns:
        picture (1, 3, H, W) uint8 and labels (1, C, H, W) uint8, building edges marked.
    """
    picture = torch.from_numpy(np.ascontiguousarray(patch.picture))[None].float()
    labels = torch.from_numpy(patch.stacked())[None].float()
    share = patch.gsd / gsd
    if abs(share - 1) > 0.02:
        size = [max(16, round(side * share)) for side in patch.picture.shape[1:]]
        picture = F.interpolate(picture, size, mode="bilinear", antialias=True)
        labels = F.interpolate(labels, size, mode="nearest-exact")
    if most:
        top, left = (max(0, (side - most) // 2) for side in picture.shape[2:])
        picture, labels = (
            x[:, :, top : top + most, left : left + most] for x in (picture, labels)
        )
    return picture.round().clamp(0, 255).to(torch.uint8), mark_edges(labels.to(torch.uint8))


def look(net: nn.Module, pictures: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Run the net on whole pictures, mirrored at the rim up to its stride.

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
    down, right = -height % 16, -width % 16
    mode = "reflect" if max(down, right) < min(height, width) else "constant"
    x = F.pad(x, (0, right, 0, down), mode=mode).to(memory_format=torch.channels_last)
    dtype = autocast_dtype(device)
    with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=dtype is not None):
        logits = net(x)
    inner: Tensor = logits[:, :, :height, :width].float().cpu()
    return inner


def judge(
    net: nn.Module, patches: Sequence[Patch], mean: Tensor, std: Tensor, *, most: int = 0
) -> Iterator[Judged]:
    """Judge patches one by one, at the net's pixels."""
    net.eval()
    for patch in patches:
        picture, labels = at_net_pixels(patch, most=most)
        chance = torch.sigmoid(look(net, picture, mean, std))[0].numpy()
        yield Judged(
            patch=patch, picture=picture[0].numpy(), chance=chance, labels=labels[0].numpy()
        )


def score(
    judged: Sequence[Judged],
    thresholds: Mapping[str, float],
    *,
    heads: Sequence[str] = HEADS,
    seed: int = 0,
) -> list[PlaceScore]:
    """Measure every head on every place that labels it.

    Args:
        judged: of any number of places.
        thresholds: probability from which a head says yes; 0.5 where not given.
        heads: in the order of the channels.
        seed: of the intervals.
    """
    scores = []
    for place in dict.fromkeys(one.patch.place for one in judged):
        here = [one for one in judged if one.patch.place == place]
        for channel, head in enumerate(heads):
            known = [one for one in here if (one.labels[channel] <= 1).any()]
            if known:
                keep = thresholds.get(head, 0.5)
                scores += _figures(place, head, channel, known, keep=keep, seed=seed)
    return scores


def calibration(judged: Sequence[Judged], *, heads: Sequence[str] = HEADS) -> list[PlaceScore]:
    """Measure how far probabilities are from frequencies, for every head and place."""
    scores = []
    for place in dict.fromkeys(one.patch.place for one in judged):
        for channel, head in enumerate(heads):
            logits, true = known_pixels(judged, channel, place)
            if len(true):
                error = round(calibration_error(expit(logits).astype(np.float32), true), 4)
                scores.append(
                    PlaceScore(
                        head=head, place=place, metric="ece", value=error, low=error,
                        high=error, blocks=0,
                    )
                )  # fmt: skip
    return scores


def known_pixels(
    judged: Sequence[Judged], channel: int, place: str, *, most: int = 300_000
) -> Samples:
    """Gather logits and truth of a place's known pixels, thinned evenly to at most ``most``."""
    here = [one for one in judged if one.patch.place == place]
    known = [one.labels[channel] <= 1 for one in here]
    count = sum(int(k.sum()) for k in known)
    step = max(1, count // most)
    chance = [one.chance[channel][k][::step] for one, k in zip(here, known, strict=True)]
    true = [(one.labels[channel] == 1)[k][::step] for one, k in zip(here, known, strict=True)]
    return to_logits(np.concatenate(chance)), np.concatenate(true)


def objects_of(chance: NDArray[np.float32], edge: NDArray[np.float32], keep: float) -> Things:
    """Part touching buildings along their edges: seeds inside, grown to the outline.

    Args:
        chance: (H, W) of ``building``.
        edge: (H, W) of ``building_edge``.
        keep: probability from which a pixel is building.
    """
    yes = chance >= keep
    seeds, _ = ndimage.label(yes & (edge < 0.5))
    grown = watershed(-chance, seeds, mask=yes)  # type: ignore[no-untyped-call]
    things: Things = grown.astype(np.int32)
    sizes = np.bincount(things.ravel())
    return np.where(sizes[things] >= SMALLEST / GSD**2, things, 0).astype(np.int32)


def _figures(
    place: str, head: str, channel: int, known: Sequence[Judged], *, keep: float, seed: int
) -> list[PlaceScore]:
    scores = []
    for metric in FIGURES[head]:
        blocks = [c for one in known for c in _blocks(one, channel, metric, keep)]
        name = "iou" if metric == "iou" else "f1"
        value = getattr(sum(blocks, NONE), name)
        if not np.isfinite(value):
            continue
        low, high = interval(blocks, name, seed=seed)
        scores.append(
            PlaceScore(
                head=head, place=place, metric=metric, value=round(float(value), 4),
                low=round(low, 4), high=round(high, 4), blocks=len(blocks),
            )
        )  # fmt: skip
    return scores


def _blocks(one: Judged, channel: int, metric: str, keep: float) -> Iterator[Counts]:
    """Count block by block; blocks without a known pixel are passed over."""
    labels, chance = one.labels[channel], one.chance[channel]
    side = round(BLOCK / GSD)
    for rows, cols in _windows(labels.shape, side):
        part = labels[rows, cols]
        if not (part <= 1).any():
            continue
        yes: Mask = chance[rows, cols] >= keep
        if metric == "f1_2m":
            yield count_lines(yes, part, GSD)
        elif metric == "object_f1":
            edge = one.chance[1][rows, cols]
            yield count_objects(
                objects_of(chance[rows, cols], edge, keep), part, true=_large(part == 1)
            )
        else:
            yield count_pixels(yes, part)


def _large(yes: Mask) -> Things:
    things, _ = ndimage.label(yes)
    sizes = np.bincount(things.ravel())
    return np.where(sizes[things] >= SMALLEST / GSD**2, things, 0).astype(np.int32)


def _windows(shape: tuple[int, ...], side: int) -> Iterator[tuple[slice, slice]]:
    """Cut into near-equal blocks no larger than ``side`` and a half."""
    rows, cols = (max(1, round(n / side)) for n in shape)
    for r in range(rows):
        for c in range(cols):
            yield (
                slice(r * shape[0] // rows, (r + 1) * shape[0] // rows),
                slice(c * shape[1] // cols, (c + 1) * shape[1] // cols),
            )
