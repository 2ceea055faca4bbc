"""Teach the change head from drawn pairs and from pairs made of single dates.

    drawn pairs ────────────────► appeared, vanished, exactly ───────────┐
    one picture, twice relit ───► nothing changed, whatever it looks like ─┼─► head ──► F1
    two pictures of two places ─► every roof of one vanished, of the other appeared ┘

The body stays as it is (its features are computed without gradients), so a step costs little
more than judging, and the single-date scores do not change.  Every batch is a function of seed
and step; all state lies in one file that is written beside and renamed.

Source: pseudo-pairs as in ChangeStar (Z. Zheng et al., ICCV 2021) and Changen2 (2024).
"""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from geo.change.evidence import burn
from geo.grid import local_grid
from geo.write import beside
from models.augment import relight
from models.change import ChangeNet, normaliser, save_head
from models.change_pairs import draw_pair
from models.checkpoint import Net
from models.crops import cut
from models.data import Patch
from models.losses import UNKNOWN, head_losses
from models.resume import load_state, save_state

log = logging.getLogger(__name__)

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
    if not path.exists():
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
        with beside(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, pictures=np.stack(pair.pictures), labels=labels
            )
    with np.load(path, allow_pickle=False) as kept:
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
        ``change.safetensors`` in ``out``.

    Raises:
        ModelError: ``out`` holds the state of another plan.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    change = ChangeNet(net.module).to(device)  # type: ignore[arg-type]
    head = torch.nn.ModuleDict({"mix": change.mix, "out": change.out})
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=0.01)
    average = {k: v.detach().clone() for k, v in head.state_dict().items()}
    mean, scale = normaliser(net, device)
    sampler = PairSampler(data[0], data[1], plan)
    state, facts = out / "state.safetensors", _facts(plan)
    step = load_state(state, (head, average, optimiser), facts)[0] if state.exists() else 0
    positive = torch.tensor([2.0, 2.0], device=device)
    started = time.perf_counter()
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _pace(step, plan.steps)
        *dates, labels = (x.to(device) for x in sampler.draw(step))
        change.body.eval()
        head.train()
        with torch.no_grad():
            a, b = (change.features((x.float() - mean) * scale) for x in dates)
        losses = head_losses(change.compare(a, b), labels, positive=positive)
        optimiser.zero_grad()
        losses.mean().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        optimiser.step()
        step += 1
        keep = min(plan.average, step / (step + 10))
        for key, value in head.state_dict().items():
            if value.is_floating_point():
                average[key].lerp_(value, 1 - keep)
            else:
                average[key].copy_(value)
        if step % 50 == 0 or step == plan.steps:
            f1 = _measured(change, head, average, data[2], (mean, scale))
            save_state(
                state, (head, average, optimiser), {"step": step, "best": f1, "plan": facts}
            )
            _note(
                out / "curve.csv",
                step,
                float(losses.mean().detach()),
                f1,
                time.perf_counter() - started,
            )
    head.load_state_dict(average)
    told = (
        f"{plan.steps} batches of {plan.batch} pairs, half drawn ({len(data[0])}), body frozen"
    )
    return save_head(out / "change.safetensors", change, net.card.weights_sha256, told)


def _facts(plan: ChangePlan) -> dict[str, object]:
    return {key: value for key, value in asdict(plan).items() if key != "steps"}


def _pace(step: int, steps: int) -> float:
    """Warm up over 30 steps, then fall as a cosine."""
    return min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def _measured(
    change: ChangeNet,
    head: torch.nn.ModuleDict,
    average: Mapping[str, Tensor],
    checks: Sequence[Drawn],
    numbers: tuple[Tensor, Tensor],
) -> float:
    """Measure pixel F1 of appeared and vanished together, with the averaged head."""
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
