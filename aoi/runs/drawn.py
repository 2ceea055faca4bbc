"""Put a drawn place on disk, so that it can be scanned like any other picture.

seed ──► models.synthetic.demo ──► place/drawn_<seed>.tif + place/drawn_sites_<seed>.geojson
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aoi.runs.folder import PLACE
from geo.write import beside, write_cog
from models.synthetic.demo import DRAWN, demo_place


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    """Where the picture and the register of a drawn place lie."""

    picture: Path
    """GeoTIFF, 0.5 m, uint8 RGB."""

    sites: Path
    """Register of three sites, GeoJSON; every one says that it is drawn."""


def draw_place(out: Path, *, seed: int) -> DrawnPlace:
    """Draw the demo place below ``out``, unless it is there already.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder = out / PLACE
    place = DrawnPlace(folder / f"drawn_{seed}.tif", folder / f"drawn_sites_{seed}.geojson")
    if place.picture.exists() and place.sites.exists():
        return place
    drawn = demo_place(seed)
    with beside(place.sites) as part:
        part.write_text(json.dumps(drawn.sites, indent=1))
    write_cog(
        place.picture,
        drawn.drawn.picture,
        grid=drawn.grid,
        band_names=("red", "green", "blue"),
        tags={"TIFFTAG_IMAGEDESCRIPTION": DRAWN},
    )
    return place
