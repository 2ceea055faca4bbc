"""Run the change head on its body with little memory: what is fine is never held whole.

The body looks at each date as a scan does (``models.phased``), down to stride 4, and both are
compared there.  The finest level, where most numbers are, is computed band by band for both
dates at once, compared, and forgotten.

    one ───► strides 8, 4 ─┐                  ┌─ stride 2 of both ─┐
                           ├─ compare, 8, 4 ──┤   in bands         ├─ compare ──► (N, 2, H, W)
    other ─► strides 8, 4 ─┘                  └────────────────────┘
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.bands import run_banded
from models.change import ChangeNet
from models.device import fold_batchnorm
from models.phased import Phased

REACH = 3
"""Units of 4 pixels to either side on which an answer depends at strides 2 and 4: one for the
decoder's last level, two for the head's convolutions (1, 2 and 1 pixels at stride 2)."""


class PhasedPair(nn.Module):
    """A change head and its body that judge the same with less memory; for inference only."""

    def __init__(self, change: ChangeNet, *, band: int | None = None) -> None:
        """Take over a change net in eval mode, left as it is.

        Args:
            change: head and body.
            band: pixels that fine layers work on at once (``models.bands``); all by default.
        """
        super().__init__()
        self.body = Phased(change.body, band=band)
        self.meet, self.mix, self.out = change.meet, fold_batchnorm(change.mix), change.out
        self.band = band

    def forward(self, pair: Tensor) -> Tensor:
        """Judge both dates: (N, 6, H, W) normalised in, logits (N, 2, H, W) of the head out."""
        (a8, a4, a2), (b8, b4, b2) = (self.body.coarse(date) for date in pair.chunk(2, 1))
        coarse = self._both(0, a8, b8)
        coarse = self._both(1, a4, b4) + F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        inputs = {4: torch.cat([a4, b4, coarse], 1), 2: torch.cat([a2, b2], 1)}
        [logits] = run_banded(self._finish, inputs, self.band, context=REACH)
        return logits

    def _finish(self, fourth: Tensor, second: Tensor) -> tuple[Tensor]:
        """Go from strides 4 and 2, of both dates and of what was compared, to logits."""
        width = (fourth.shape[1] - 2 * self.out.in_channels) // 2
        *dates, compared = fourth.split_with_sizes([width, width, 2 * self.out.in_channels], 1)
        a, b = (
            self.body.last(date, skip)
            for date, skip in zip(dates, second.chunk(2, 1), strict=True)
        )
        y = self._both(2, a, b) + F.interpolate(compared, scale_factor=2.0, mode="nearest")
        ways = [F.pixel_shuffle(self.out(self.mix(way)), 2) for way in y.chunk(2, 1)]
        return (torch.cat(ways, 1),)

    def _both(self, scale: int, a: Tensor, b: Tensor) -> Tensor:
        """Compare the features of one scale both ways, one beside the other."""
        apart, meet = (a - b).abs(), self.meet[scale]
        return torch.cat([meet(torch.cat([*way, apart], 1)) for way in ((a, b), (b, a))], 1)
