"""What one training is made of: the net, its batches, the learning rate, what losses weigh.

    warm-up ╱‾‾‾‾‾‾‾ level ‾‾‾‾‾‾‾╲ fall ╲____    the rate, batch by batch

Source: K. He et al., Bag of Tricks, CVPR 2019 (cosine, warm-up); J. Cha et al., SWAD, NeurIPS
2021 (weights averaged on a level, and other domains).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All choices of one training; the same plan on the same device gives the same weights."""

    encoder: str = "resnet18"
    """Name in segmentation-models-pytorch."""

    decoder: tuple[int, ...] = (128, 64, 48)
    """Channels at strides 8, 4, 2."""

    steps: int = 1500
    """Batches in all."""

    batch: int = 16
    """Crops a batch."""

    size: int = 256
    """Pixels a side of a crop."""

    rate: float = 2e-3
    """Highest learning rate."""

    warmup: int = 60
    """Batches until it is reached."""

    level: float = 0.0
    """Share of the batches after that for which it stays there, before it falls.  Weights
    averaged along a long level lie in a wider hollow, which suits other places too."""

    decay: float = 0.02
    """Weight decay."""

    lanes: int = 2
    """Shares a batch is computed in, side by side; 1 on a GPU or a machine of one's own."""

    average: float = 0.995
    """Share of the moving average that stays at each step, once it has settled."""

    seed: int = 1
    """Of weights and batches."""

    head_weights: tuple[float, ...] = (1.0, 0.5, 1.0, 0.7, 0.4)
    """How much each head matters to the loss."""

    positive: tuple[float, ...] = (1.0, 2.0, 3.0, 1.0, 1.0)
    """Weight of a yes in each head's cross-entropy; walls and edges are thin."""

    validate_every: int = 150
    """Batches between looks at the validation places."""

    save_every: int = 50
    """Batches between saved states."""


def learning_rate(plan: Plan, step: int) -> float:
    """Rise in a line to the plan's rate, stay, then fall along half a cosine to a hundredth."""
    if step < plan.warmup:
        return plan.rate * (step + 1) / plan.warmup
    share = (step - plan.warmup) / max(1, plan.steps - plan.warmup)
    fallen = min(1.0, max(0.0, share - plan.level) / max(1e-6, 1 - plan.level))
    return plan.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fallen)))
