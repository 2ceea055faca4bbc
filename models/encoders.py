"""The shipped net's encoder: EfficientNet-Lite0 to stride 16, as timm builds it.

    RGB ──stem──► stride 2 ──stages 0, 1──► 4 ──stage 2──► 8 ──stages 3, 4──► 16
         32 ch              24 ch             40 ch          112 ch

Lite means: no squeeze-and-excitation, ReLU6 instead of swish.  So nothing looks at the whole
tile, and bfloat16 keeps its scores.  At 0.9 M parameters it takes half as long as a ResNet-18,
and Google gave its ImageNet weights away under Apache-2.0.

segmentation-models-pytorch has it too, under names it will drop, or with the stages after
stride 16 built and run for nothing; hence this room.

Source: M. Tan and Q. Le, EfficientNet, ICML 2019; R. Liu, EfficientNet-Lite, 2020.
"""

from __future__ import annotations

import copy
from typing import cast

import timm
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

EPS = 1e-3
"""What TensorFlow, where the published weights were taught, adds to a variance before it
divides by its root.  With torch's 1e-5, channels that hardly move would be blown up a
hundredfold."""

STAGES = 5
"""Of seven; the others halve once more and hold 2.4 of 3.4 M parameters."""


FINE_REACH = 9
"""Pixels.  How far a feature at stride 4 looks up and down: 1 through the stem, 2 through each
of two convolutions of 3 x 3 at stride 2, 4 through one at stride 4."""


class EfficientNetLite0(nn.Module):
    """Stem and five stages; layers are named as timm names them."""

    out_channels = (3, 32, 24, 40, 112)
    """Of the features at strides 1, 2, 4, 8, 16."""

    def __init__(self) -> None:
        """Build the layers, untaught."""
        super().__init__()
        whole = timm.create_model("efficientnet_lite0", pretrained=False, bn_eps=EPS)
        self.conv_stem = cast("nn.Module", whole.conv_stem)
        self.bn1 = cast("nn.Module", whole.bn1)
        self.blocks = cast("nn.Sequential", whole.blocks)[:STAGES]

    def forward(self, x: Tensor) -> list[Tensor]:
        """Give the features at strides 1, 2, 4, 8, 16.

        Args:
            x: (N, 3, H, W) normalised; H and W multiples of 16.
        """
        stem = self.bn1(self.conv_stem(x))
        fourth = self.blocks[1](self.blocks[0](stem))
        eighth = self.blocks[2](fourth)
        sixteenth = self.blocks[4](self.blocks[3](eighth))
        return [x, stem, fourth, eighth, sixteenth]

    def halves(self) -> tuple[nn.Module, nn.Module]:
        """Part the layers at stride 4.

        Returns:
            fine: picture to features at strides 2 and 4, which look ``FINE_REACH`` pixels far.
            coarse: features at stride 4 to those at strides 8 and 16.
        """
        stem = nn.Sequential(self.conv_stem, self.bn1)
        return _Pair(stem, self.blocks[:2]), _Pair(self.blocks[2], self.blocks[3:])


class _Pair(nn.Module):
    """One part after the other; both outcomes are wanted."""

    def __init__(self, first: nn.Module, then: nn.Module) -> None:
        super().__init__()
        self.first, self.then = first, then

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give what the first part makes of ``x``, and what the second makes of that."""
        before = self.first(x)
        return before, self.then(before)


def part_norms(net: nn.Module) -> nn.Module:
    """Give a copy in which norm and activation, one layer in timm, are two layers again.

    Args:
        net: any; left as it is.

    Returns:
        The same function, of layers that PyTorch knows how to fold.
    """
    twin = copy.deepcopy(net)
    for parent in list(twin.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BatchNormAct2d):
                norm = nn.BatchNorm2d(child.num_features, child.eps)
                norm.load_state_dict(child.state_dict())
                norm.train(child.training)
                parent.set_submodule(name, nn.Sequential(norm, child.drop, child.act))
    return twin
