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

from models.bands import UNIT, run_banded
from models.device import fold_batchnorm
from models.encoders import FINE_REACH, EfficientNetLite0
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

    def __init__(self, net: Net, *, band: int | None = None) -> None:
        """Take over a net in eval mode, its batch norms folded into its convolutions.

        Args:
            net: left as it is.
            band: pixels that fine layers work on at once (``models.bands``); all by default.
        """
        super().__init__()
        self.stride, self.head, self.band = net.stride, net.head, band
        self.encoder = _banded(net.encoder, band)
        self.first, self.rest = nn.ModuleList(), nn.ModuleList()
        skips = cast("Encoder", net.encoder).out_channels[-2:0:-1]  # strides 8, 4, 2
        for level, skip in zip(net.decoder, skips, strict=True):
            conv, *rest = fold_batchnorm(level).children()
            conv = cast("nn.Conv2d", conv)
            self.first.append(PhasedConv(conv, conv.in_channels - skip))
            self.rest.append(nn.Sequential(*(_in_place(part) for part in rest)))

    def forward(self, x: Tensor) -> Tensor:
        """Judge every pixel, as ``models.zoo.Net`` does."""
        _, fourth, second = self.coarse(x)
        [logits] = run_banded(self._finish, {4: fourth, 2: second}, self.band, context=1)
        return logits

    def coarse(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the decoder's features at strides 8 and 4, and the encoder's at 2."""
        _, second, fourth, eighth, y = self.encoder(x)
        eighth = self.rest[0](self.first[0](y, eighth))
        return eighth, self.rest[1](self.first[1](eighth, fourth)), second

    def last(self, fourth: Tensor, skip: Tensor) -> Tensor:
        """Give the decoder's features at stride 2."""
        fine: Tensor = self.rest[2](self.first[2](fourth, skip))
        return fine

    def _finish(self, fourth: Tensor, skip: Tensor) -> tuple[Tensor]:
        """Run the last level and the head: features at strides 4 and 2 to logits."""
        return (F.pixel_shuffle(self.head(self.last(fourth, skip)), 2),)


class _BandedEncoder(nn.Module):
    """This house's encoder, its fine layers band by band."""

    def __init__(self, encoder: EfficientNetLite0, band: int | None) -> None:
        super().__init__()
        fine, coarse = encoder.halves()
        self.fine, self.coarse = fold_batchnorm(fine), fold_batchnorm(coarse)
        self.band = band

    def forward(self, x: Tensor) -> list[Tensor]:
        context = -(-FINE_REACH // UNIT)
        second, fourth = run_banded(self.fine, {1: x}, self.band, context=context)
        return [x, second, fourth, *self.coarse(fourth)]


def lighten(net: nn.Module, *, band: int | None = None) -> nn.Module:
    """Give the same net with its batch norms folded and, if it is of the zoo, phased.

    Args:
        net: in eval mode; left as it is.
        band: pixels that fine layers of a net of the zoo work on at once; all by default.
    """
    return Phased(net, band=band) if isinstance(net, Net) else fold_batchnorm(net)


def _banded(encoder: nn.Module, band: int | None) -> nn.Module:
    """Fold an encoder; run it in bands where its halves are known."""
    if isinstance(encoder, EfficientNetLite0):
        return _BandedEncoder(encoder, band)
    return fold_batchnorm(encoder)


def _in_place(layer: nn.Module) -> nn.Module:
    """Let an activation overwrite what came: nobody else reads it."""
    return nn.ReLU(inplace=True) if isinstance(layer, nn.ReLU) else layer


def _halves(weight: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Fold three taps along ``axis`` into the two that an even and an odd fine pixel read.

    An even pixel's left neighbour is another coarse pixel, its right neighbour repeats its own;
    with an odd one it is the other way round.
    """
    before, here, after = weight.unbind(axis)
    even = torch.stack([before, here + after], axis)
    odd = torch.stack([before + here, after], axis)
    return even, odd
