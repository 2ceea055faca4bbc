"""Let a net judge batches of pictures, as fast as the machine allows.

The same net, tuned once: batch norms folded into convolutions, no work on doubled pixels
(``models.phased``), channels last, bf16 where the processor multiplies it natively, memory kept
instead of returned to the system.  What comes in are bytes, what goes out are bytes; nothing
here knows of tiles or files.

    (B, 3, H, W) uint8 + valid ──► normalise, blank ──► net ──► sigmoid ──► (B, C, H, W) uint8

Ground that is not valid is the mean colour to the net: the same nothing that its convolutions
pad with, so that an edge of the scene looks like an edge of the picture.

Source: measurements of the allocator and of memory formats on CPUs in ``docs/results.md``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from geo.types import FULL
from models.bands import PIXELS, bands
from models.card import Card
from models.checkpoint import Net
from models.device import autocast_dtype, choose_device, tune_allocator
from models.phased import lighten


class Judge:
    """A net made ready for one device."""

    views = 1
    """Pictures that are judged together, their bands laid one after the other."""

    heads: Sequence[str]
    """What the bands of an answer say, in order."""

    def __init__(
        self, net: Net, device: str = "auto", *, dtype: torch.dtype | None = None
    ) -> None:
        """Make the net ready; the first call may still take a moment longer.

        Args:
            net: weights and card, as ``models.checkpoint.load_net`` gives them.
            device: ``auto``, ``cpu`` or ``cuda``.
            dtype: what convolutions are computed in; by default the fastest that the device
                does natively (``models.device.autocast_dtype``), else float32.

        Raises:
            ModelError: CUDA was asked for and is not there.
        """
        self._set_up(net.card, device, dtype)
        self.heads = net.card.heads
        self.module = self._moved(lighten(net.module.eval(), band=self._band))

    def _set_up(self, card: Card, device: str, dtype: torch.dtype | None) -> None:
        """Choose device and type, and how bytes become numbers."""
        self.device = choose_device(device)
        self.dtype = dtype or autocast_dtype(self.device, half=True) or torch.float32
        self.card = card
        tune_allocator()
        self._band = PIXELS if self.device.type == "cpu" else None
        mean, std = (
            torch.tensor(numbers * self.views, device=self.device).view(1, -1, 1, 1) * 255
            for numbers in (tuple(card.mean), tuple(card.std))
        )
        self._mean, self._scale = mean, 1 / std

    def _moved(self, module: nn.Module) -> nn.Module:
        """Move a module to where it will work, in the layout that is fastest there."""
        return module.to(self.device).to(memory_format=torch.channels_last)

    def prepare(self, pictures: Tensor, valid: Tensor | None = None) -> Tensor:
        """Turn bytes into what the net was trained on.

        Args:
            pictures: (B, 3 views, H, W) uint8.
            valid: (B, H, W) bool; what is false becomes the mean colour.

        Returns:
            (B, 3 views, H, W) on the judge's device, of the type convolutions are computed in,
            channels last.
        """
        layout = torch.channels_last
        x = torch.empty(
            pictures.shape, dtype=self.dtype, device=self.device, memory_format=layout
        )
        for rows in self._bands(pictures):
            part = pictures[:, :, rows].to(self.device, non_blocking=True)
            part = part.to(dtype=torch.float32, memory_format=layout)
            part.sub_(self._mean).mul_(self._scale)
            if valid is not None and not bool(valid[:, rows].all()):
                part.mul_(valid[:, None, rows].to(self.device))
            x[:, :, rows] = part
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Run the tuned net alone: what ``prepare`` gives in, logits (B, C, H, W) out."""
        with torch.inference_mode(), self._precision():
            logits: Tensor = self.module(x)
        return logits

    def judge(
        self, pictures: Tensor, valid: Tensor | None = None, *, into: Tensor | None = None
    ) -> Tensor:
        """Judge a batch.

        Args:
            pictures: (B, 3 views, H, W) uint8; H and W multiples of the net's stride.
            valid: (B, H, W) bool, or ``None`` when every pixel is real.
            into: room for what is returned; by default it is made.

        Returns:
            (B, C, H, W) uint8 on the CPU: 0 to 254 for probabilities 0 to 1.
        """
        with torch.inference_mode():
            logits = self.forward(self.prepare(pictures, valid))
            scores = torch.empty(logits.shape, dtype=torch.uint8) if into is None else into
            for rows in self._bands(logits):
                share = torch.sigmoid(logits[:, :, rows].float()).mul_(FULL).add_(0.5)
                scores[:, :, rows] = share.to(torch.uint8)
            return scores

    def _bands(self, x: Tensor) -> Iterator[slice]:
        """Walk (N, C, H, W) in bands of rows; at once where memory is no matter."""
        number, _, height, width = x.shape
        rows = height if self._band is None else self._band // (number * width)
        return (band.own for band in bands(height, rows))

    def _precision(self) -> contextlib.AbstractContextManager[object]:
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)
