"""Describe the net that judged as a STAC item, for machines that would run it.

    weights, card ──► model/*.safetensors, Item: what it reads, what it writes (mlm)

Source: STAC 1.1; extensions version 1.2 and mlm 1.5.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pystac

VERSION, MLM = (
    f"https://stac-extensions.github.io/{name}/schema.json"
    for name in ("version/v1.2.0", "mlm/v1.5.0")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetFiles:
    """The net that judged, as far as it may be handed on."""

    weights: Path
    """``.safetensors``."""

    card: Mapping[str, Any]
    """What its card says: ``name``, ``version``, ``heads``, ``encoder``, ``gsd_m``, …"""


def net_item(net: NetFiles, folder: Path, *, at: datetime) -> pystac.Item:
    """Write the net as an item; it lies nowhere, so it has no geometry.

    Args:
        net: weights and card.
        folder: of the catalogue; the weights are copied into it.
        at: time of the item; aware.
    """
    card = net.card
    path = folder / "model" / net.weights.name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(net.weights, path)
    colours = [{"name": band} for band in card["bands"]]
    item = pystac.Item(
        id=f"model-{card['name']}",
        geometry=None,
        bbox=None,
        datetime=at,
        properties={
            "title": f"Net {card['name']} {card['version']}",
            "description": str(card.get("intended", "")) or "What judged the pictures.",
            "version": str(card["version"]),
            "bands": colours,
            "mlm:name": str(card["name"]),
            "mlm:architecture": f"U-Net with {card['encoder']}",
            "mlm:framework": "PyTorch",
            "mlm:tasks": ["semantic-segmentation"],
            "mlm:accelerator": None,
            "mlm:input": [_reads(card)],
            "mlm:output": [_writes(card)],
        },
        stac_extensions=[MLM, VERSION],
    )
    item.add_asset(
        "weights",
        pystac.Asset(
            str(path),
            title="Weights, safetensors",
            media_type="application/octet-stream",
            roles=["mlm:model", "data"],
            extra_fields={  # the core allows bands of an item only beside those of an asset
                "mlm:artifact_type": "safetensors.torch.save_file",
                "bands": colours,
            },
        ),
    )
    return item


def _reads(card: Mapping[str, Any]) -> dict[str, Any]:
    scaling = [
        {"type": "z-score", "mean": 255 * mean, "stddev": 255 * spread}
        for mean, spread in zip(card["mean"], card["std"], strict=True)
    ]
    return {
        "name": f"RGB picture of about {card['gsd_m']:g} m a pixel",
        "bands": list(card["bands"]),
        "input": {
            "shape": [-1, 3, -1, -1],
            "dim_order": ["batch", "bands", "height", "width"],
            "data_type": "uint8",
        },
        "value_scaling": scaling,
        "resize_type": None,
    }


def _writes(card: Mapping[str, Any]) -> dict[str, Any]:
    heads = list(card["heads"])
    return {
        "name": "score a head, 0..254 for 0..1",
        "description": ", ".join(heads),
        "tasks": ["semantic-segmentation"],
        "result": {
            "shape": [-1, len(heads), -1, -1],
            "dim_order": ["batch", "channel", "height", "width"],
            "data_type": "uint8",
        },
        "classification:classes": [],
    }
