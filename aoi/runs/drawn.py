"""Put drawn places on disk, so that they can be looked at like any other picture.

    seed ──► draw_place   2 km x 2 km, the demo place    place/drawn_<seed>.tif, its register
    seed ──► draw_park    one walled park, in seconds    place/park_<seed>.tif, its register
    seed ──► draw_dates   a park on two days             place/park_<day>.tif, footprints

All of them lie in the open sea, and their files say that they are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely
from affine import Affine

from aoi.runs.folder import PLACE
from geo.bands import RGB
from geo.geopackage import write_layers
from geo.grid import Grid
from geo.types import Picture
from geo.write import beside, write_cog
from models.change_pairs import draw_pair
from models.synthetic.demo import CORNER, CRS, DRAWN, demo_place, demo_sites
from models.synthetic.scene import draw_scene

SIDE = 640
"""Pixels a side of a park: 320 m, enough for its walls and some ground outside."""

DAYS = ("2025-02-11", "2025-12-13")
"""On which the park is drawn."""

FATES = {"unchanged": 0.45, "demolished": 0.4, "built": 0.15}
"""Share of its buildings to which each thing happens in between."""


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    """Where the picture and the register of a drawn place lie."""

    picture: Path
    """GeoTIFF, 0.5 m, uint8 RGB."""

    sites: Path
    """Register of three sites, GeoJSON; every one says that it is drawn."""


@dataclass(frozen=True, slots=True)
class DrawnDates:
    """One drawn place on two days."""

    before: Path
    """GeoTIFF, 0.5 m, uint8 RGB; its day stands in its name."""

    after: Path
    """The same, ten months later."""

    buildings: Path
    """Footprints of all that stood before, GeoPackage."""

    demolished: int
    """How many of them really went: what an audit ought to find."""


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
    _write(place, drawn.drawn.picture, drawn.grid, drawn.sites)
    return place


def draw_park(out: Path, *, seed: int = 1) -> DrawnPlace:
    """Draw one walled park below ``out``, with a register of the same form as the demo's.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder = out / PLACE
    place = DrawnPlace(folder / f"park_{seed}.tif", folder / f"park_sites_{seed}.geojson")
    drawn = draw_scene("walled_park", seed=seed, size=SIDE)
    _write(place, drawn.picture, _at_sea(drawn.gsd), demo_sites(drawn.plan))
    return place


def draw_dates(out: Path, *, seed: int = 7) -> DrawnDates:
    """Draw a walled park on two days, between which buildings come and go.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder, gsd = out / PLACE, 0.5
    pair = draw_pair("walled_park", seed=seed, size=SIDE, gsd=gsd, happens=FATES)
    before, after = (folder / f"park_{day}.tif" for day in DAYS)
    for path, picture in zip((before, after), pair.pictures, strict=True):
        _write_picture(path, picture, _at_sea(gsd))
    shown = shapely.box(0, -SIDE * gsd, SIDE * gsd, 0)
    standing = [
        fate
        for fate in pair.fates
        if fate.seen[0] is not None and shown.contains(fate.footprint)
    ]
    outlines = gpd.GeoSeries([fate.footprint for fate in standing]).translate(*CORNER)
    footprints = gpd.GeoDataFrame(geometry=outlines.set_crs(CRS))
    return DrawnDates(
        before=before,
        after=after,
        buildings=write_layers(folder / "buildings.gpkg", {"buildings": footprints}),
        demolished=sum(fate.kind == "demolished" for fate in standing),
    )


def _at_sea(gsd: float) -> Grid:
    """Lay a park's pixels where the demo place lies."""
    return Grid((SIDE, SIDE), Affine(gsd, 0, CORNER[0], 0, -gsd, CORNER[1]), CRS)


def _write(
    place: DrawnPlace, picture: Picture, grid: Grid, sites: Mapping[str, object]
) -> None:
    with beside(place.sites) as part:
        part.write_text(json.dumps(sites, indent=1))
    _write_picture(place.picture, picture, grid)


def _write_picture(path: Path, picture: Picture, grid: Grid) -> None:
    tags = {"TIFFTAG_IMAGEDESCRIPTION": DRAWN}
    write_cog(path, picture, grid=grid, band_names=RGB, tags=tags)
