"""Keep a change head beside the net it belongs to, and find it there.

The head is a file of tensors and a card of its own: ``<net>-change.safetensors`` and ``.toml``.
The card names the hash of the net whose features the head was taught on; beside another net the
head is not used, and a comparison goes without, as it can.

    net.safetensors, net-change.safetensors + card ──► Head | None
"""

from __future__ import annotations

import hashlib
import json
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from geo.errors import ModelError
from models.change import HEADS, ChangeNet
from models.checkpoint import Net, load_tensors, shipped_weights
from models.resume import write_tensors

log = logging.getLogger(__name__)

BESIDE = "-change"
"""What follows the name of a net in the name of its head."""


@dataclass(frozen=True, slots=True)
class Head:
    """A change head on its net, and what its card says."""

    module: ChangeNet
    """In eval mode."""

    card: Mapping[str, object]
    """Name, hashes, training, figures."""


def normaliser(net: Net, device: torch.device) -> tuple[Tensor, Tensor]:
    """Give mean and scale that turn bytes into what the body was trained on."""
    shape = (1, 3, 1, 1)
    mean = torch.tensor(net.card.mean, device=device).view(shape) * 255
    return mean, 1 / (torch.tensor(net.card.std, device=device).view(shape) * 255)


def save_head(
    path: Path, net: ChangeNet, body_sha256: str, told: str, figures: Mapping[str, float]
) -> Path:
    """Write the head and its card, which names the body it belongs to."""
    write_tensors(path, net.head_tensors(), {"body": body_sha256, "training": told})
    facts: dict[str, object] = {
        "name": path.stem,
        "body_sha256": body_sha256,
        "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "heads": list(HEADS),
        "training": told,
        **{name: round(float(value), 4) for name, value in figures.items()},
    }
    rows = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    path.with_suffix(".toml").write_text("\n".join([*rows, ""]), encoding="utf-8")
    return path


def find_head(net: Net, weights: Path | None = None, head: Path | None = None) -> Head | None:
    """Find the head that lies beside a net.

    Args:
        net: whose head.
        weights: where the net came from; the shipped one by default.
        head: the file itself, where it is known; then it must be there and belong to the net.

    Returns:
        ``None`` where there is none, or where it was taught on another net.

    Raises:
        ModelError: it is broken, has no card, or is not the file its card speaks of; or
            ``head`` was named and belongs to another net.
    """
    body = weights or shipped_weights()
    path = head or body.with_name(f"{body.stem}{BESIDE}{body.suffix}")
    if head is None and not path.exists():
        return None
    card = _card(path)
    if card.get("body_sha256") != net.card.weights_sha256:
        if head is not None:
            raise ModelError(
                f"{path.name} was taught on another net than {net.card.name} "
                f"{net.card.version}; teach it anew with scripts/train-change."
            )
        log.warning("%s belongs to another net and is not used", path.name)
        return None
    return Head(load_head(path, net), card)


def _card(path: Path) -> Mapping[str, object]:
    card = path.with_suffix(".toml")
    if not card.exists():
        raise ModelError(
            f"{path.name} has no card; {card.name} must lie beside it and name its net."
        )
    content = tomllib.loads(card.read_text(encoding="utf-8"))
    if content.get("weights_sha256") != hashlib.sha256(path.read_bytes()).hexdigest():
        raise ModelError(f"{path.name} is not the file its card speaks of. Fetch both again.")
    return content


def load_head(path: Path, net: Net) -> ChangeNet:
    """Put a head on a net.

    Raises:
        ModelError: missing, broken, or of another shape.
    """
    change = ChangeNet(net.module)  # type: ignore[arg-type]
    tensors, own = load_tensors(path), change.state_dict()
    wanted = {name: own[name].shape for name in change.head_tensors()}
    if wanted != {name: tensor.shape for name, tensor in tensors.items()}:
        raise ModelError(
            f"{path.name} does not fit a change head on {net.card.encoder}; teach it anew with "
            "scripts/train-change."
        )
    change.load_state_dict({**own, **tensors})
    return change.eval()
