"""Load a net, or refuse to: tensors and a card, nothing that could run.

A pickle is a program; a downloaded one is somebody else's program.  So weights are safetensors
only, anything else is refused before a byte of it is decoded, and the card beside the file must
name its hash.

    net.safetensors + net.toml ──► Net: module in eval mode, its logits already tempered; card

Source: safetensors, https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from geo.errors import ModelError
from models.card import Card
from models.resume import write_tensors
from models.zoo import build_net

SHIPPED = "stockade-vhr"
"""Name of the weights that come with the package."""

SUFFIX = ".safetensors"
"""Of weights."""


@dataclass(frozen=True, slots=True)
class Net:
    """Weights one can use, and the card that says how."""

    module: nn.Module
    """In eval mode; logits (N, C, H, W) from normalised pictures; a sigmoid gives calibrated
    probabilities."""

    card: Card
    """What is known of it."""


def load_net(path: str | Path | None = None) -> Net:
    """Load a net and its card.

    Args:
        path: of the weights, ``name.safetensors`` with ``name.toml`` beside it; by default the
            shipped ones.

    Raises:
        ModelError: no file, no card, not safetensors, broken, not the file the card speaks of,
            or tensors that do not fit the card's net; a sentence each.
    """
    weights = shipped_weights() if path is None else Path(path)
    if weights.suffix != SUFFIX:
        raise ModelError(
            f"{weights.name} is not read: only {SUFFIX} files are, because the pickles inside "
            ".pt, .pth and .ckpt files can run code. Convert it with "
            "safetensors and write its card."
        )
    content = _read(weights)
    card = read_card(weights)
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.weights_sha256:
        raise ModelError(
            f"{weights.name} is not the file its card speaks of: SHA-256 {digest[:12]}..., "
            f"the card says {card.weights_sha256[:12] or 'nothing'}.... Fetch both again."
        )
    try:
        tensors = read_tensors(content)
    except SafetensorError as error:
        raise ModelError(f"{weights.name} is broken: {error}. Fetch it again.") from error
    module = build_net(card.encoder, heads=len(card.heads), decoder=card.decoder)
    _fill(module, tensors, weights.name)
    _temper(module.head, [card.temperatures.get(head, 1.0) for head in card.heads])
    return Net(module.eval(), card)


def save_net(
    path: Path,
    tensors: Mapping[str, Tensor],
    card: Card,
    *,
    dtype: torch.dtype = torch.bfloat16,
) -> Card:
    """Write weights and card beside each other.

    Args:
        path: of the weights, ``name.safetensors``.
        tensors: the state of a net, untempered.
        card: what is known of it; its hash is filled in.
        dtype: of stored weights; half the bytes cost the fourth digit of a probability.

    Returns:
        The card as written.
    """
    small = {k: v.to(dtype) if v.is_floating_point() else v for k, v in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, small, {"name": card.name, "version": card.version})
    card = replace(card, weights_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    write_card(path, card)
    return card


def write_card(weights: Path, card: Card) -> None:
    """Write a card beside the weights it speaks of."""
    weights.with_suffix(".toml").write_text(card.to_toml(), encoding="utf-8")


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read bare tensors, to train on from or to measure.

    Raises:
        ModelError: missing, broken or not safetensors.
    """
    if path.suffix != SUFFIX:
        raise ModelError(
            f"{path.name} is not read: only {SUFFIX} files are; they cannot run code."
        )
    try:
        tensors = read_tensors(_read(path))
    except SafetensorError as error:
        raise ModelError(f"{path.name} is broken: {error}. Fetch it again.") from error
    return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}


def read_card(weights: Path) -> Card:
    """Read the card beside weights.

    Raises:
        ModelError: there is none, or it is not in order.
    """
    path = weights.with_suffix(".toml")
    if not path.exists():
        raise ModelError(
            f"{weights.name} has no card; {path.name} must lie beside it and say what "
            "the net is."
        )
    return Card.from_toml(path.read_text(encoding="utf-8"))


def shipped_weights() -> Path:
    """Tell where the weights of this installation lie."""
    return Path(str(resources.files("models") / "weights" / f"{SHIPPED}{SUFFIX}"))


def _read(weights: Path) -> bytes:
    try:
        return weights.read_bytes()
    except OSError as error:
        raise ModelError(
            f"There are no weights to read at {weights}: {error.strerror}."
        ) from error


def _fill(module: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Put tensors into a net, naming what is missing, strange or of another shape."""
    wanted = module.state_dict()
    if missing := sorted(set(wanted) - set(tensors)):
        raise ModelError(f"{name} lacks {len(missing)} tensors of its net, first {missing[0]}.")
    if strange := sorted(set(tensors) - set(wanted)):
        raise ModelError(
            f"{name} has {len(strange)} tensors its net does not know, first {strange[0]}."
        )
    for key, value in tensors.items():
        if value.shape != wanted[key].shape:
            raise ModelError(
                f"{name}: {key} should be {tuple(wanted[key].shape)}, not "
                f"{tuple(value.shape)}; the card speaks of another net."
            )
    module.load_state_dict({k: v.to(wanted[k].dtype) for k, v in tensors.items()})


def _temper(head: nn.Module, temperatures: list[float]) -> None:
    """Divide each head's logits by its temperature, once, in the last layer."""
    conv = cast("nn.Conv2d", head)
    divisor = torch.tensor(temperatures).repeat_interleave(4)  # four sub-pixels a head
    with torch.no_grad():
        conv.weight /= divisor.view(-1, 1, 1, 1)
        if conv.bias is not None:
            conv.bias /= divisor
