"""Find what a catalogue lists beside layouts: rasters of scores, and the net that judged.

manifest ──► ScoreRaster a picture, NetFiles of the shipped net (or none, if it was another)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from aoi.outputs.leaving import Found
from aoi.outputs.manifest import hash_file
from aoi.outputs.stac import ScoreRaster
from aoi.outputs.stac_net import NetFiles
from aoi.runs.export_pictures import Shot
from geo.images import file_name_of
from geo.read import open_image


def score_rasters(
    home: Path, found: Found, shots: Mapping[str, Shot]
) -> tuple[ScoreRaster, ...]:
    """Find the scores of every picture that lies on the Earth."""
    rasters = []
    for scene in found.scenes:
        path = home / "rasters" / f"{file_name_of(scene.id)}_scores.tif"
        if scene.id in shots and path.is_file():
            image = open_image(path)
            if image.grid.crs is not None:
                rasters.append(
                    ScoreRaster(
                        scene_id=scene.id, path=path, grid=image.grid, heads=image.names
                    )
                )
    return tuple(rasters)


def net_of(facts: Mapping[str, Any]) -> NetFiles | None:
    """Find the net that judged among those we ship; ``None`` if it was somebody's own."""
    model = facts.get("model", {})
    folder = resources.files("models") / "weights"
    weights = Path(str(folder / f"{model.get('name', '')}.safetensors"))
    card = weights.with_suffix(".toml")
    if not (weights.is_file() and card.is_file()) or hash_file(weights) != model.get("weights"):
        return None
    return NetFiles(weights=weights, card=tomllib.loads(card.read_text("utf-8")))
