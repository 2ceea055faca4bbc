"""Train the net: one loop, read from top to bottom.

    Sampler(seed, step) ──► pictures ──► net ──► masked loss ──► AdamW ──► moving average
    now and then: validation places ──► curves.csv, best.safetensors, state.safetensors

Every batch is a function of seed and step, and all state lies in one file that is written
beside and renamed: killed anywhere and started again, the training ends where it would have
ended.

Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay, ICLR 2019; B. Polyak and
A. Juditsky 1992 (averaging).
"""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.card import HEADS, Card, PlaceScore
from models.crops import Sampler
from models.curves import draw_curves
from models.depthwise import widen_gradients
from models.device import autocast_dtype, tune_allocator
from models.evaluate import judge, score
from models.kept import hash_of
from models.lanes import Cost, Lanes
from models.losses import head_losses, total_loss
from models.patch import Patch, fingerprint
from models.plan import Plan, learning_rate
from models.resume import load_state, save_state, write_tensors
from models.zoo import build_net

log = logging.getLogger(__name__)

GLANCE = 640
"""Pixels a side of each validation patch that are looked at while training."""

LARGEST_STEP = 5.0
"""Norm the gradient is clipped to; early Dice can be steep."""

CHOICE = {("building", "iou"): 0.5, ("wall", "f1_2m"): 0.3, ("yard", "iou"): 0.2}
"""What a checkpoint is chosen by."""


def train(
    plan: Plan,
    patches: Sequence[Patch],
    checks: Sequence[Patch],
    out: Path,
    *,
    device: torch.device,
    start: Mapping[str, Tensor] | None = None,
    stop_after: int | None = None,
) -> Path:
    """Train, or go on where a killed training stopped.

    Args:
        plan: the choices.
        patches: to learn from.
        checks: of the validation places; they choose the best weights and nothing else.
        out: folder of state, curves and weights.
        device: where.
        start: weights to begin from instead of chance; the same ones again when going on.
        stop_after: batches to stop at, as if killed; the schedule stays that of the plan.

    Returns:
        ``best.safetensors`` in ``out``.

    Raises:
        ModelError: ``out`` holds the state of another plan, or of one that learned from other
            pictures or began from other weights.
    """
    tune_allocator()
    out.mkdir(parents=True, exist_ok=True)
    net, average, optimiser = parts = _begin(plan, device, start)
    cost = _cost_of(plan, device)
    sampler = Sampler(patches, seed=plan.seed, size=plan.size, batch=plan.batch)
    state, best, step = out / "state.safetensors", -1.0, 0
    facts = _facts(plan, patches, start)
    if state.exists():
        step, best = load_state(state, parts, facts)
    last = plan.steps if stop_after is None else min(stop_after, plan.steps)
    began, first, running = time.monotonic(), step, torch.zeros(len(HEADS))
    lanes, ahead = Lanes(net, plan.lanes), ThreadPoolExecutor(1)  # twins copy what was loaded
    coming = ahead.submit(sampler.draw, step)
    while step < last:
        batch, coming = coming.result(), ahead.submit(sampler.draw, step + 1)
        losses = lanes.gradient(cost, batch.pictures, batch.labels)
        _move_along(net, optimiser, learning_rate(plan, step))
        step += 1
        _move(average, net, min(plan.average, (1 + step) / (10 + step)))
        running = running.lerp(losses.cpu(), max(0.02, 1 / (step - first)))

        if step % plan.validate_every == 0 or step == plan.steps:
            figures = {"step": step, **_validate(average, plan, checks, device)}
            if figures["figure"] >= best:
                best = figures["figure"]
                write_tensors(out / "best.safetensors", average, figures)
            _tell(out, figures, running, (time.monotonic() - began) / (step - first))
        if step % plan.save_every == 0 or step == last:
            save_state(state, parts, {"step": step, "best": best, "plan": facts})
    lanes.close()
    ahead.shutdown()
    return out / "best.safetensors"


def _begin(
    plan: Plan, device: torch.device, start: Mapping[str, Tensor] | None
) -> tuple[nn.Module, dict[str, Tensor], torch.optim.Optimizer]:
    """Build the net, its moving average and the optimiser."""
    torch.manual_seed(plan.seed)
    net = build_net(plan.encoder, decoder=plan.decoder).to(device)
    net = net.to(memory_format=torch.channels_last)
    if start is not None:
        net.load_state_dict(dict(start))
    if device.type == "cpu" and autocast_dtype(device):
        widen_gradients(net)
    average = {k: v.detach().clone() for k, v in net.state_dict().items()}
    return net, average, torch.optim.AdamW(_groups(net, plan.decay), lr=plan.rate)


def _facts(
    plan: Plan, patches: Sequence[Patch], start: Mapping[str, Tensor] | None
) -> dict[str, Any]:
    """Tell what a state belongs to: a net goes on with nothing but what it learned from."""
    begun = sorted((start or {}).items())
    tensors = ((name, value.detach().cpu().float().numpy()) for name, value in begun)
    known = {key: value for key, value in asdict(plan).items() if key != "steps"}
    return {
        **known,
        "pictures": fingerprint(patches),
        "start": hash_of(part for named in tensors for part in named),
    }


def _move_along(net: nn.Module, optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Take one step along the gradient the net holds."""
    nn.utils.clip_grad_norm_(net.parameters(), LARGEST_STEP)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def _tell(out: Path, figures: Mapping[str, float], losses: Tensor, pace: float) -> None:
    """Log one look at the validation places and add it to the curves."""
    log.info("step %d: figure %.3f, %.2f s a step", figures["step"], figures["figure"], pace)
    _append(out / "curves.csv", {**figures, **_named(losses)})
    draw_curves(out / "curves.csv", out / "curves.png")


def _cost_of(plan: Plan, device: torch.device) -> Cost:
    """Return the function from a net and a batch to its loss, and the losses of its heads."""
    card = Card(name="training", version="0")
    mean, std = (torch.tensor(v, device=device).view(3, 1, 1) for v in (card.mean, card.std))
    weights = torch.tensor(plan.head_weights, device=device)
    positive = torch.tensor(plan.positive, device=device)
    dtype = autocast_dtype(device)

    def cost(net: nn.Module, pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Judge a batch and count what it costs, in all and by head."""
        x = pictures.to(device, memory_format=torch.channels_last).float() / 255
        labels = labels.to(device)
        with torch.autocast(device.type, dtype, enabled=dtype is not None, cache_enabled=False):
            logits = net((x - mean) / std)  # (N, C, S, S)
        losses = head_losses(logits, labels, positive=positive)  # (C,)
        return total_loss(losses, weights, labels), losses

    return cost


def summary(scores: Sequence[PlaceScore]) -> float:
    """Fold the figures of the validation places into the one that chooses a checkpoint.

    The median over places of building IoU, wall F1 and yard IoU, weighted by ``CHOICE``; heads
    without any place are left out.
    """
    total = weight = 0.0
    for (head, metric), share in CHOICE.items():
        values = [s.value for s in scores if (s.head, s.metric) == (head, metric)]
        if values:
            total, weight = total + share * float(np.median(values)), weight + share
    return total / weight if weight else 0.0


def _validate(
    average: Mapping[str, Tensor], plan: Plan, checks: Sequence[Patch], device: torch.device
) -> dict[str, float]:
    """Judge the validation places with the averaged weights, by their middles only."""
    net = build_net(plan.encoder, decoder=plan.decoder).to(device)
    net.load_state_dict(dict(average))
    net = net.to(memory_format=torch.channels_last)
    card = Card(name="training", version="0")
    mean, std = (torch.tensor(v, device=device) for v in (card.mean, card.std))
    scores = score(list(judge(net.eval(), checks, mean, std, most=GLANCE)), {})
    named = {f"{s.head}.{s.metric}.{s.place}": s.value for s in scores if s.metric != "ece"}
    return {"figure": round(summary(scores), 4), **named}


def _move(average: dict[str, Tensor], net: nn.Module, keep: float) -> None:
    """Move the average towards the net; whole numbers (batch counters) are taken over."""
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value, 1 - keep)
            else:
                average[name].copy_(value)


def _groups(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Decay matrices only; a shrinking bias or norm says nothing."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _named(losses: Tensor) -> dict[str, float]:
    return {f"loss.{head}": round(float(v), 4) for head, v in zip(HEADS, losses, strict=True)}


def _append(path: Path, row: Mapping[str, float]) -> None:
    """Add one line to the learning curves; rows a killed run wrote twice are replaced."""
    old = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            old = [one for one in csv.DictReader(file) if int(one["step"]) < row["step"]]
    names = list(dict.fromkeys([name for one in [*old, row] for name in one]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows([*old, row])
