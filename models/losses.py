"""Learn only from what a label says: binary cross-entropy and Dice per head, unknown left out.

A set of building masks says nothing about walls.  Where a label is ``UNKNOWN`` neither the loss
nor its gradient exists; a head nobody labelled in a batch is left alone.

    logits, labels (N, C, H, W) ──► half cross-entropy, half Dice, per head (C,) ──► mean

Source: F. Milletari et al., V-Net, 3DV 2016, for the soft Dice of a whole batch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from geo.errors import ShapeError

UNKNOWN = 255
"""The label that means: nobody looked."""

RIM = 254
"""The label beside a thin line: somebody looked, yet a pixel more or less is no mistake.
Neither loss nor pixel counts see it; counts of lines within a tolerance do."""

SMOOTH = 1.0
"""Pixels added to both sides of Dice, so that an empty class divides by something."""


def head_losses(logits: Tensor, labels: Tensor, *, positive: Tensor) -> Tensor:
    """Measure each head by itself.

    Args:
        logits: (N, C, H, W).
        labels: (N, C, H, W) uint8: 0 no, 1 yes, 254 and 255 not to be learned.
        positive: (C,) weight of a yes in the cross-entropy; above 1 for thin things.

    Returns:
        (C,) float32; exactly 0, without gradient, for heads without a known pixel.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    if logits.shape != labels.shape:
        raise ShapeError(
            f"labels must lie on the logits {tuple(logits.shape)}, not {tuple(labels.shape)}"
        )
    logits = logits.float()
    known = (labels <= 1).float()
    truth = (labels == 1).float()
    weight = known * (1 + (positive.view(1, -1, 1, 1) - 1) * truth)
    over = (0, 2, 3)
    cross = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    cross = (cross * weight).sum(over) / weight.sum(over).clamp_min(1)
    chance = torch.sigmoid(logits) * known
    common, both = (chance * truth).sum(over), chance.sum(over) + truth.sum(over)
    dice = 1 - (2 * common + SMOOTH) / (both + SMOOTH)
    has_yes = truth.sum(over) > 0  # Dice of a class that is not there only adds noise
    return 0.5 * cross + 0.5 * dice * has_yes


def total_loss(losses: Tensor, weights: Tensor, labels: Tensor) -> Tensor:
    """Average the heads that were labelled at all.

    Args:
        losses: (C,) of ``head_losses``.
        weights: (C,) how much each head matters.
        labels: (N, C, H, W), to see which heads had a known pixel.
    """
    there = (labels <= 1).any(3).any(2).any(0).float() * weights
    return (losses * there).sum() / there.sum().clamp_min(1e-6)
