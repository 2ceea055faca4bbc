"""Begin from an encoder that somebody else has taught, with their licence in our card.

    encoder.safetensors ──names matched──► encoder of a fresh net ──► start of a training
    licence, in words ──► card

Nothing is downloaded: the file is the user's, from timm, torchvision, torchgeo or elsewhere.
Layers the encoder has and the file lacks stay as chance made them; too many of those, or a
shape that does not fit, and the file is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from geo.errors import ModelError
from models.checkpoint import load_tensors
from models.plan import Plan
from models.zoo import build_net

log = logging.getLogger(__name__)

WRAPPERS = ("module.", "model.", "backbone.", "encoder.")
"""What checkpoints put before the names of an encoder's layers."""

ENOUGH = 0.8
"""Least share of the encoder's tensors that a file must fill."""


def begin_from(path: Path, plan: Plan) -> dict[str, Tensor]:
    """Build the plan's net with its encoder filled from a file.

    Args:
        path: tensors of an encoder, ``.safetensors``; pickles are refused.
        plan: which encoder, which seed for all else.

    Returns:
        The state of a whole net.

    Raises:
        ModelError: the file is missing, broken or pickled, or is of another encoder.
    """
    given = _bare(load_tensors(path))
    torch.manual_seed(plan.seed)
    net = build_net(plan.encoder, decoder=plan.decoder)
    own = {k: v for k, v in net.encoder.state_dict().items() if v.is_floating_point()}
    found = {name: given[name] for name in own if name in given}
    if len(found) < ENOUGH * len(own):
        raise ModelError(
            f"{path.name} fills {len(found)} of the {len(own)} tensors of {plan.encoder}; it "
            "is of another encoder. Name the one it belongs to with --encoder."
        )
    for name, tensor in found.items():
        if tensor.shape != own[name].shape:
            raise ModelError(
                f"{path.name} has {name} of shape {tuple(tensor.shape)}, {plan.encoder} wants "
                f"{tuple(own[name].shape)}: it was taught on other bands, or is of another "
                "encoder."
            )
    log.info("%s fills %d of %d tensors of %s", path.name, len(found), len(own), plan.encoder)
    state = net.state_dict()
    return {**state, **{f"encoder.{name}": tensor for name, tensor in found.items()}}


def _bare(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take the wrappers off the names, the innermost too."""
    bare = dict(tensors)
    for _ in WRAPPERS:
        for wrapper in WRAPPERS:
            if bare and all(name.startswith(wrapper) for name in bare):
                bare = {name.removeprefix(wrapper): tensor for name, tensor in bare.items()}
    return bare
