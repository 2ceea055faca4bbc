"""See both dates at once: a small head on the shared features of the single-date net.

The net that judges one date looks at each of two with the same weights; a head of some 40,000
numbers compares what it saw.  It asks one question, *did a roof appear from the first picture
to the second?*, and asks it both ways: exchanged pictures exchange the answers, exactly.

    before ──body──► a (N, 48, H/2, W/2) ─┬─ [a, b, |a - b|] ──head──► appeared (N, 1, H, W)
    after  ──body──► b                   ─┴─ [b, a, |a - b|] ──head──► vanished (N, 1, H, W)

Source: shared weights and difference features, R. Caye Daudt et al., ICIP 2018; symmetry under
exchange as in ChangeStar, Z. Zheng et al., ICCV 2021.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from geo.prepare.coregister import Pictures
from geo.types import FULL, NODATA, Scores
from models.checkpoint import Net, load_tensors
from models.resume import write_tensors
from models.zoo import Net as Body

HEADS = ("appeared", "vanished")
"""What the two outputs say of roofs, from the first date to the second."""

MIDDLE = 32
"""Channels of the head."""

TILE = 768
"""Pixels a side that are judged at once, without the margin."""


class ChangeNet(nn.Module):
    """The body of a single-date net and a head for two."""

    def __init__(self, body: Body, *, middle: int = MIDDLE) -> None:
        """Wire the parts.

        Args:
            body: gives features at stride 2; its own head is not used.
            middle: channels of the change head.
        """
        super().__init__()
        self.body = body
        width = int(body.head.in_channels)
        self.mix = nn.Sequential(
            nn.Conv2d(3 * width, middle, 1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, middle, 3, padding=1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, middle, 3, padding=2, dilation=2, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
        )
        self.out = nn.Conv2d(middle, 4, 3, padding=1)
        nn.init.constant_(self.out.bias, -3.0)  # type: ignore[arg-type]  # changes are rare

    def features(self, x: Tensor) -> Tensor:
        """Look at one date: (N, 3, H, W) normalised in, (N, C, H/2, W/2) out."""
        below = self.body.encoder(x)
        y = below[4]
        for level, skip in zip(self.body.decoder, (below[3], below[2], below[1]), strict=True):
            y = F.interpolate(y, scale_factor=2.0, mode="nearest")
            y = level(torch.cat([y, skip], 1))
        return cast("Tensor", y)

    def compare(self, a: Tensor, b: Tensor) -> Tensor:
        """Compare the features of two dates; logits (N, 2, H, W) of ``HEADS``."""
        apart = (a - b).abs()
        return torch.cat([self._appeared(a, b, apart), self._appeared(b, a, apart)], 1)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Look at both dates and compare: logits (N, 2, H, W)."""
        return self.compare(self.features(before), self.features(after))

    def _appeared(self, a: Tensor, b: Tensor, apart: Tensor) -> Tensor:
        return F.pixel_shuffle(self.out(self.mix(torch.cat([a, b, apart], 1))), 2)

    def head_tensors(self) -> dict[str, Tensor]:
        """Give the tensors of the head alone, by name."""
        return {k: v for k, v in self.state_dict().items() if not k.startswith("body.")}


def normaliser(net: Net, device: torch.device) -> tuple[Tensor, Tensor]:
    """Give mean and scale that turn bytes into what the body was trained on."""
    shape = (1, 3, 1, 1)
    mean = torch.tensor(net.card.mean, device=device).view(shape) * 255
    return mean, 1 / (torch.tensor(net.card.std, device=device).view(shape) * 255)


def save_head(path: Path, net: ChangeNet, body_sha256: str, told: str) -> Path:
    """Write the head beside the name of the body it belongs to."""
    write_tensors(path, net.head_tensors(), {"body": body_sha256, "training": told})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".toml").write_text(
        f'name = "{path.stem}"\nbody_sha256 = "{body_sha256}"\nheads = {list(HEADS)!r}\n'
        f'weights_sha256 = "{digest}"\ntraining = "{told}"\n'.replace("'", '"'),
        encoding="utf-8",
    )
    return path


def load_head(path: Path, net: Net) -> ChangeNet:
    """Put a head on a net.

    Raises:
        ModelError: missing, broken, or of another shape.
    """
    change = ChangeNet(net.module)  # type: ignore[arg-type]
    tensors = load_tensors(path)
    change.load_state_dict({**change.state_dict(), **tensors})
    return change.eval()


def judge_pair(
    change: ChangeNet, net: Net, pair: tuple[Pictures, Pictures], shape: tuple[int, int]
) -> Scores:
    """Judge a pair tile by tile.

    Args:
        change: head and body.
        net: whose card says how bytes become numbers, and the margin a tile needs.
        pair: shows both dates on one grid.
        shape: rows, cols of that grid.

    Returns:
        (2, H, W) uint8 of ``HEADS``, 0 to 254; 255 where either date shows nothing.
    """
    device = next(change.parameters()).device
    mean, scale = normaliser(net, device)
    margin = -(-net.card.margin // net.card.stride) * net.card.stride
    side = TILE + 2 * margin
    out = np.full((2, *shape), NODATA, np.uint8)
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            rows = slice(top - margin, top - margin + side)
            cols = slice(left - margin, left - margin + side)
            seen = [date.picture(rows, cols) for date in pair]
            both = seen[0][1] & seen[1][1]
            if not both.any():
                continue
            inputs = [
                (torch.from_numpy(p)[None].to(device).float() - mean)
                * scale
                * torch.from_numpy(v)[None, None].to(device)
                for p, v in seen
            ]
            with torch.inference_mode():
                chance = torch.sigmoid(change(*inputs))[0].mul(FULL).add(0.5)
            scores = chance.to(torch.uint8).cpu().numpy()
            scores[:, ~both] = NODATA
            height, width = min(TILE, shape[0] - top), min(TILE, shape[1] - left)
            out[:, top : top + height, left : left + width] = scores[
                :, margin : margin + height, margin : margin + width
            ]
    return out
