"""Skip the work of convolving pixels that upsampling only repeated.

A decoder level doubles its coarse features (nearest neighbour), lays the skip beside them and
convolves 3 x 3.  Every second tap then reads the same coarse pixel twice.  The same sums come
from four 2 x 2 kernels at the coarse size, one for each phase of the fine pixel, and from the
skip alone; neither the doubled features nor the two laid together are ever written down.

    coarse (N, C, H, W) ──2 x 2, four phases──► interleave ──┐
    skip (N, S, 2H, 2W) ──3 x 3─────────────────────────────┴──► + ──► (N, out, 2H, 2W)

At each of the shipped net's levels this saves between a fifth and a third of the level's
multiplications, and two of its three largest arrays.

Source: sub-pixel decomposition of "resize-convolution", W. Shi et al., "Is the deconvolution
layer the same as a convolutional layer?", 2016.
"""

from __future__ import annotations

from itertools import product
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.device import fold_batchnorm
from models.zoo import Encoder, Net


class PhasedConv(nn.Module):
    """``conv(cat(double(coarse), skip))`` without doubling or laying together."""

    def __init__(self, conv: nn.Conv2d, coarse: int) -> None:
        """Split the kernel.

        Args:
            conv: 3 x 3, stride 1, padding 1, zeros; its first inputs are the coarse ones.
            coarse: how many of its inputs were doubled.
        """
        super().__init__()
        weight, self.out = conv.weight.detach(), conv.out_channels
        rows = _halves(weight[:, :coarse], 2)
        kernels = [half for row in rows for half in _halves(row, 3)]  # phases 00 01 10 11
        layout = torch.channels_last
        self.kernels = nn.Parameter(torch.cat(kernels).contiguous(memory_format=layout))
        self.skip = nn.Parameter(weight[:, coarse:].contiguous(memory_format=layout))
        self.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach())

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Convolve (N, C, H, W) and (N, S, 2H, 2W) to (N, out, 2H, 2W)."""
        height, width = coarse.shape[-2:]
        fine = F.conv2d(skip, self.skip, self.bias, padding=1)
        phases = F.conv2d(coarse, self.kernels, padding=1)  # one pixel more on each side
        for phase, (row, col) in enumerate(product((0, 1), (0, 1))):
            part = phases[:, phase * self.out : (phase + 1) * self.out]
            fine[:, :, row::2, col::2] += part[:, :, row : row + height, col : col + width]
        return fine


class Phased(nn.Module):
    """A net of the zoo that judges the same with less work; for inference only."""

    def __init__(self, net: Net) -> None:
        """Take over a net in eval mode, its batch norms folded into its convolutions.

        Args:
            net: left as it is.
        """
        super().__init__()
        self.stride, self.head = net.stride, net.head
        self.encoder = fold_batchnorm(net.encoder)
        self.first, self.rest = nn.ModuleList(), nn.ModuleList()
        skips = cast("Encoder", net.encoder).out_channels[-2:0:-1]  # strides 8, 4, 2
        for level, skip in zip(net.decoder, skips, strict=True):
            conv, *rest = fold_batchnorm(level).children()
            conv = cast("nn.Conv2d", conv)
            self.first.append(PhasedConv(conv, conv.in_channels - skip))
            self.rest.append(nn.Sequential(*rest))

    def forward(self, x: Tensor) -> Tensor:
        """Judge every pixel, as ``models.zoo.Net`` does."""
        features = self.encoder(x)
        y = features[4]
        for first, rest, skip in zip(
            self.first, self.rest, (features[3], features[2], features[1]), strict=True
        ):
            y = rest(first(y, skip))
        return F.pixel_shuffle(self.head(y), 2)


def lighten(net: nn.Module) -> nn.Module:
    """Give the same net with its batch norms folded and, if it is of the zoo, phased.

    Args:
        net: in eval mode; left as it is.
    """
    return Phased(net) if isinstance(net, Net) else fold_batchnorm(net)


def _halves(weight: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Fold three taps along ``axis`` into the two that an even and an odd fine pixel read.

    An even pixel's left neighbour is another coarse pixel, its right neighbour repeats its own;
    with an odd one it is the other way round.
    """
    before, here, after = weight.unbind(axis)
    even = torch.stack([before, here + after], axis)
    odd = torch.stack([before + here, after], axis)
    return even, odd
