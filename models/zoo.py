"""Build the net: one small encoder, a light decoder, one sub-pixel head for all judgements.

    RGB (N, 3, H, W) ──► encoder, strides 2 4 8 16 ──► decoder, strides 8 4 2
                     ──► (N, 4 heads, H/2, W/2) ──► pixel shuffle ──► logits (N, heads, H, W)

Full-resolution logits cost no full-resolution convolution: each pixel at stride 2 speaks for
the four below it.  Nothing in here looks at the whole tile (no global pooling, no squeeze, no
attention), so a pixel's scores depend on its neighbourhood alone; encoders that do look at it
are refused.

Source: sub-pixel convolution, W. Shi et al., CVPR 2016; U-Net, O. Ronneberger et al., 2015;
encoders of this house (models.encoders) and of segmentation-models-pytorch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol, cast

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from geo.errors import ModelError
from models.card import HEADS
from models.encoders import EfficientNetLite0

DEPTH = 4
"""Halvings in the encoder: stride 16.  A fifth costs 8 M parameters in a ResNet-18 and sees no
more than the yards room works out from the walls anyway."""

OWN = {"efficientnet_lite0": EfficientNetLite0}
"""Encoders of this house; all others are segmentation-models-pytorch's."""

FAR = 1024
"""Pixels between a change and where nothing may come of it: the deepest of smp's convolutional
encoders see less far at stride 16."""


class Encoder(Protocol):
    """What smp's encoders have in common."""

    out_channels: Sequence[int]

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Give the features at strides 1, 2, 4, 8, 16."""


class Net(nn.Module):
    """Encoder, decoder, head."""

    def __init__(
        self, encoder: nn.Module, channels: Sequence[int], decoder: Sequence[int], heads: int
    ) -> None:
        """Wire the parts.

        Args:
            encoder: gives features at strides 1, 2, 4, 8, 16.
            channels: of those features.
            decoder: channels at strides 8, 4, 2.
            heads: output channels.
        """
        super().__init__()
        self.stride = 2**DEPTH
        self.encoder = encoder
        skips = list(channels[-2:0:-1])  # strides 8, 4, 2
        inputs = [channels[-1], *decoder[:-1]]
        self.decoder = nn.ModuleList(
            _level(below + skip, out, convs=1 if skip == skips[-1] and i == 2 else 2)
            for i, (below, skip, out) in enumerate(zip(inputs, skips, decoder, strict=True))
        )
        self.head = nn.Conv2d(decoder[-1], 4 * heads, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Judge every pixel.

        Args:
            x: (N, 3, H, W) normalised; H and W multiples of ``stride``.

        Returns:
            Logits, (N, heads, H, W).
        """
        features = self.encoder(x)
        y = features[4]
        for level, skip in zip(
            self.decoder, (features[3], features[2], features[1]), strict=True
        ):
            y = F.interpolate(y, scale_factor=2.0, mode="nearest")
            y = level(torch.cat([y, skip], 1))
        return F.pixel_shuffle(self.head(y), 2)


def build_net(
    encoder: str = "resnet18",
    *,
    heads: int = len(HEADS),
    decoder: Sequence[int] = (128, 64, 48),
    prior: float = 0.1,
) -> Net:
    """Build an untrained net.

    Args:
        encoder: one of ``OWN`` or any name segmentation-models-pytorch knows; nothing is
            downloaded.
        heads: output channels.
        decoder: channels at strides 8, 4 and 2.
        prior: probability every head starts from, so that rare classes do not flood the first
            steps with loss.

    Raises:
        ModelError: nobody knows the encoder, it cannot stop at stride 16, or it looks at the
            whole tile.
    """
    if len(decoder) != DEPTH - 1:
        raise ModelError(f"The decoder needs {DEPTH - 1} channel counts, not {len(decoder)}.")
    body = OWN[encoder]() if encoder in OWN else _borrowed(encoder)
    net = Net(body, cast("Encoder", body).out_channels, decoder, heads)
    nn.init.constant_(cast("Tensor", net.head.bias), float(torch.logit(torch.tensor(prior))))
    return net


def _borrowed(encoder: str) -> nn.Module:
    """Build an encoder of segmentation-models-pytorch, without what it never runs."""
    try:
        body = smp.encoders.get_encoder(encoder, in_channels=3, depth=DEPTH, weights=None)
    except (KeyError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"--encoder {encoder} is neither {' nor '.join(OWN)}, nor an encoder of "
            f"segmentation-models-pytorch that can stop at stride {2**DEPTH}, such as resnet18 "
            "or mobilenet_v2."
        ) from error
    _drop_idle(body)
    if _looks_far(body):
        raise ModelError(
            f"--encoder {encoder} looks at the whole tile (squeeze, global pooling or "
            "attention), so scores would change with how a scene is cut. Take one that sees a "
            "neighbourhood, such as resnet18, mobilenet_v2 or efficientnet_lite0."
        )
    return cast("nn.Module", body)


def _looks_far(encoder: nn.Module) -> bool:
    """Tell whether ground far away can move a feature, by changing it.

    Gates and scales that begin at nought or one would hide it before anything is taught, so a
    copy gets random ones.  Costs a tenth of a second.
    """
    chance = torch.Generator().manual_seed(0)
    twin = copy.deepcopy(encoder).eval()
    picture = torch.rand(1, 3, 32, FAR + 32, generator=chance)
    changed = picture.clone()
    changed[..., :16] = 3 - changed[..., :16]
    with torch.inference_mode():
        for learned in twin.parameters():
            if learned.ndim <= 1:
                learned.uniform_(0.5, 1.5, generator=chance)
        pairs = zip(twin(picture), twin(changed), strict=True)
        return any(not torch.equal(one[..., -1], other[..., -1]) for one, other in pairs)


def _drop_idle(encoder: nn.Module) -> None:
    """Take away what is built and never run at this depth: 8 of 11 M in a ResNet-18."""
    ran: set[nn.Module] = set()
    hooks = [
        module.register_forward_pre_hook(lambda module, _inputs: ran.add(module))
        for module in encoder.modules()
    ]
    was = encoder.training
    with torch.inference_mode():
        encoder.eval()(torch.zeros(1, 3, 32, 32))
    encoder.train(was)
    for hook in hooks:
        hook.remove()
    for parent in list(encoder.modules()):
        for name, child in list(parent.named_children()):
            if ran.isdisjoint(child.modules()):
                delattr(parent, name)


def _level(inputs: int, out: int, *, convs: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for width in [inputs] + [out] * (convs - 1):
        parts += [
            nn.Conv2d(width, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(),
        ]
    return nn.Sequential(*parts)
