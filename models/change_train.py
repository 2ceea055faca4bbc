"""Teach the change head from drawn pairs and from pairs made of single dates.

    PairSampler ──► before, after ──body, frozen──► features ──head──► loss ──► tensors, card

The body stays as it is (its features are computed without gradients), so a step costs little
more than judging, and the single-date scores do not change.  Every batch is a function of seed
and step; all state lies in one file that is written beside and renamed.
"""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from models.change import ChangeNet
from models.change_batches import ChangePlan, Drawn, PairSampler
from models.change_head import BESIDE, normaliser, save_head
from models.checkpoint import Net
from models.kept import hash_of
from models.losses import head_losses
from models.patch import Patch, fingerprint
from models.resume import load_state, save_state

log = logging.getLogger(__name__)

CHECK_EVERY = 50
"""Steps between two looks at the pairs that are not learnt from."""

POSITIVE = (2.0, 2.0)
"""Weight of ground that changed: it is rare."""


def train_change(
    plan: ChangePlan,
    net: Net,
    data: tuple[Sequence[Drawn], Sequence[Patch], Sequence[Drawn]],
    out: Path,
    *,
    device: torch.device,
) -> Path:
    """Train the head, or go on where a killed training stopped.

    Args:
        plan: the choices.
        net: the single-date net whose body is shared; it is not changed.
        data: drawn pairs and labelled pictures to learn from, drawn pairs to measure on.
        out: folder of state, curve and weights.
        device: where.

    Returns:
        ``<net>-change.safetensors`` in ``out``, its card beside it.

    Raises:
        ModelError: ``out`` holds the state of another plan, another body or other pictures.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    change = ChangeNet(net.module).to(device)  # type: ignore[arg-type]
    head, numbers = change.head(), normaliser(net, device)
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=0.01)
    average = {k: v.detach().clone() for k, v in head.state_dict().items()}
    sampler = PairSampler(data[0], data[1], plan)
    state, facts = out / "state.safetensors", _facts(plan, net, *data[:2])
    step, f1 = (
        load_state(state, (head, average, optimiser), facts) if state.exists() else (0, 0)
    )
    started = time.perf_counter()
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _pace(step, plan.steps)
        loss = _learn(change, optimiser, sampler.draw(step), numbers)
        step += 1
        _follow(average, head.state_dict(), min(plan.average, step / (step + 10)))
        if step % CHECK_EVERY == 0 or step == plan.steps:
            f1 = _measured(change, average, data[2], numbers)
            facts_now = {"step": step, "best": f1, "plan": facts}
            save_state(state, (head, average, optimiser), facts_now)
            _note(out / "curve.csv", step, loss, f1, time.perf_counter() - started)
    head.load_state_dict(average)
    told = (
        f"{plan.steps} batches of {plan.batch} pairs, half drawn ({len(data[0])}), a quarter "
        "relit, a quarter of two places; body frozen; no real pair"
    )
    path = out / f"{net.card.name}{BESIDE}.safetensors"
    return save_head(path, change, net.card.weights_sha256, told, {"drawn_f1": f1})


def _learn(
    change: ChangeNet,
    optimiser: torch.optim.Optimizer,
    batch: tuple[Tensor, Tensor, Tensor],
    numbers: tuple[Tensor, Tensor],
) -> float:
    """Take one step; the body looks, the head learns."""
    mean, scale = numbers
    before, after, labels = (x.to(mean.device) for x in batch)
    change.train()
    change.body.eval()
    with torch.no_grad():
        a, b = (change.features((x.float() - mean) * scale) for x in (before, after))
    losses = head_losses(change.compare(a, b), labels, positive=mean.new_tensor(POSITIVE))
    optimiser.zero_grad()
    losses.mean().backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(change.head().parameters(), 5.0)
    optimiser.step()
    return float(losses.mean().detach())


def _follow(average: Mapping[str, Tensor], now: Mapping[str, Tensor], keep: float) -> None:
    """Move the average towards the head as it is now."""
    for key, value in now.items():
        if value.is_floating_point():
            average[key].lerp_(value, 1 - keep)
        else:
            average[key].copy_(value)


def _facts(
    plan: ChangePlan, net: Net, drawn: Sequence[Drawn], patches: Sequence[Patch]
) -> dict[str, object]:
    """Tell what a state belongs to: the plan but for its length, the body, the pictures."""
    known = {key: value for key, value in asdict(plan).items() if key != "steps"}
    pictures = hash_of((fingerprint(patches), *(part for pair in drawn for part in pair)))
    return {**known, "body": net.card.weights_sha256, "pictures": pictures}


def _pace(step: int, steps: int) -> float:
    """Warm up over 30 steps, then fall as a cosine."""
    return min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def _measured(
    change: ChangeNet,
    average: Mapping[str, Tensor],
    checks: Sequence[Drawn],
    numbers: tuple[Tensor, Tensor],
) -> float:
    """Measure pixel F1 of appeared and vanished together, with the averaged head."""
    head = change.head()
    own = {k: v.detach().clone() for k, v in head.state_dict().items()}
    head.load_state_dict(dict(average))
    change.eval()
    right = both = 0.0
    mean, scale = numbers
    for pictures, labels in checks:
        side = 384
        inputs = [
            (torch.from_numpy(p[None, :, :side, :side]).to(mean.device).float() - mean) * scale
            for p in pictures
        ]
        with torch.inference_mode():
            yes = change(*inputs)[0].cpu().numpy() > 0
        true = labels[:, :side, :side] == 1
        right += float((yes & true).sum())
        both += float(yes.sum() + true.sum())
    head.load_state_dict(own)
    return 2 * right / max(both, 1.0)


def _note(path: Path, step: int, loss: float, f1: float, seconds: float) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "loss", "drawn_f1", "seconds"])
        writer.writerow([step, round(loss, 4), round(f1, 4), round(seconds, 1)])
    log.info("step %d: loss %.3f, F1 on drawn pairs %.3f", step, loss, f1)
