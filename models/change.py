"""See both dates at once: a small head on the shared features of the single-date net.

The net that judges one date looks at each of two with the same weights; a head of some 60,000
numbers compares what it saw, at three scales of its decoder, whatever its encoder is.  It asks
one question, *did a roof appear from the first picture to the second?*, and asks it both ways:
exchanged pictures exchange the answers, exactly.

    before ──body──► a: strides 8, 4, 2 ─┬─ [a, b, |a - b|] ──head──► appeared (N, 1, H, W)
    after  ──body──► b                  ─┴─ [b, a, |a - b|] ──head──► vanished (N, 1, H, W)

Source: shared weights and difference features, R. Caye Daudt et al., ICIP 2018; symmetry under
exchange as in ChangeStar, Z. Zheng et al., ICCV 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.zoo import Net as Body

HEADS = ("appeared", "vanished")
"""What the two outputs say of roofs, from the first date to the second."""

MIDDLE = 32
"""Channels of the head."""


class ChangeNet(nn.Module):
    """The body of a single-date net and a head for two."""

    def __init__(self, body: Body, *, middle: int = MIDDLE) -> None:
        """Wire the parts.

        Args:
            body: gives features at strides 8, 4 and 2; its own head is not used.
            middle: channels of the change head.
        """
        super().__init__()
        self.body = body
        widths = [_width(level) for level in body.decoder]
        self.meet = nn.ModuleList(
            nn.Conv2d(3 * width, middle, 1, bias=False) for width in widths
        )
        self.mix = nn.Sequential(
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            *_block(middle, spread=1),
            *_block(middle, spread=2),
        )
        self.out = nn.Conv2d(middle, 4, 3, padding=1)
        nn.init.constant_(self.out.bias, -3.0)  # type: ignore[arg-type]  # changes are rare

    def features(self, x: Tensor) -> list[Tensor]:
        """Look at one date: (N, 3, H, W) normalised in; features at strides 8, 4, 2 out."""
        below = self.body.encoder(x)
        y, seen = below[4], []
        for level, skip in zip(self.body.decoder, (below[3], below[2], below[1]), strict=True):
            y = F.interpolate(y, scale_factor=2.0, mode="nearest")
            y = level(torch.cat([y, skip], 1))
            seen.append(y)
        return seen

    def compare(self, a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
        """Compare the features of two dates; logits (N, 2, H, W) of ``HEADS``."""
        apart = [(one - other).abs() for one, other in zip(a, b, strict=True)]
        return torch.cat([self._appeared(a, b, apart), self._appeared(b, a, apart)], 1)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Look at both dates and compare: logits (N, 2, H, W)."""
        return self.compare(self.features(before), self.features(after))

    def _appeared(
        self, a: Sequence[Tensor], b: Sequence[Tensor], apart: Sequence[Tensor]
    ) -> Tensor:
        y: Tensor | None = None
        for meet, *scale in zip(self.meet, a, b, apart, strict=True):
            here = meet(torch.cat(scale, 1))
            if y is not None:
                here = here + F.interpolate(y, scale_factor=2.0, mode="nearest")
            y = here
        return F.pixel_shuffle(self.out(self.mix(y)), 2)

    def head(self) -> nn.ModuleDict:
        """Give what is taught: all but the body."""
        return nn.ModuleDict({"meet": self.meet, "mix": self.mix, "out": self.out})

    def head_tensors(self) -> dict[str, Tensor]:
        """Give the tensors of the head alone, by name."""
        return {k: v for k, v in self.state_dict().items() if not k.startswith("body.")}


def _width(level: nn.Module) -> int:
    """Tell how many channels a level of the decoder gives."""
    convs = [part for part in level.modules() if isinstance(part, nn.Conv2d)]
    return convs[-1].out_channels


def _block(width: int, *, spread: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(width, width, 3, padding=spread, dilation=spread, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )
