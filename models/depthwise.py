"""Take the gradients of depthwise convolutions in float32 on CPUs that multiply in bfloat16.

oneDNN runs a depthwise convolution forward in bfloat16 as fast as it should, but falls back to
reference code for its gradients wherever it has a stride or a kernel of five: six such layers
took a third of a training step of the shipped net.  Forward stays as it is; backward, what was
kept is widened first.

    forward   x ──bf16──► y            backward   x, dy ──float32──► dx, dw

Source: measured (docs/results/eyes.md, *Speed of training*).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812
from torch.nn.grad import conv2d_input, conv2d_weight


class Depthwise(nn.Conv2d):
    """A depthwise convolution whose gradients are taken in float32."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; (N, C, H, W) in and out."""
        return _Wide.apply(x, self.weight, self.stride, self.padding)  # type: ignore[no-any-return]


def widen_gradients(net: nn.Module) -> int:
    """Put a ``Depthwise`` in the place of every depthwise convolution, in place.

    Parameters stay the very same objects, under the same names.

    Args:
        net: any; convolutions with a bias, dilation or padding other than zeros stay.

    Returns:
        How many were replaced.
    """
    found = [(name, part) for name, part in net.named_modules() if _is_depthwise(part)]
    for name, part in found:
        wide = Depthwise.__new__(Depthwise)
        wide.__dict__.update(part.__dict__)
        net.set_submodule(name, wide)
    return len(found)


def _is_depthwise(part: nn.Module) -> bool:
    return (
        type(part) is nn.Conv2d
        and part.groups == part.in_channels == part.out_channels > 1
        and part.bias is None
        and part.dilation == (1, 1)
        and part.padding_mode == "zeros"
        and not isinstance(part.padding, str)
    )


class _Wide(torch.autograd.Function):
    """Depthwise convolution; forward as autocast likes it, backward in float32."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]
    ) -> Tensor:
        """Convolve in the dtype that autocast chose, and keep what the gradients need."""
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, None, stride, padding, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Widen what was kept, then take the gradients of picture and weights."""
        x, weight = ctx.saved_tensors
        over = (given.float(), ctx.stride, ctx.padding, (1, 1), len(weight))
        wide, narrow = x.float(), weight.float()
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            to_x = conv2d_input(x.shape, narrow, *over)  # type: ignore[no-untyped-call]
        if ctx.needs_input_grad[1]:
            to_weight = conv2d_weight(wide, weight.shape, *over)  # type: ignore[no-untyped-call]
        return to_x, to_weight, None, None
