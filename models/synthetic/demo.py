"""Draw the demo place: two kilometres of invented country in the open sea.

    seed ──► fields ──► park, factory, school, estate, village ──► DemoPlace, 4000 x 4000
                                                       └───► three registered sites, drawn

Nobody can be accused by it: its coordinates lie in the Gulf of Thailand, 100 km from any land,
and every name in its register says that it is drawn.

Source: the project's own choice: a walled park, a factory, a school, a gated
estate, a village and fields, and three registered sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.random import Generator
from pyproj import Transformer
from shapely.geometry import LineString, Polygon

from geo.grid import Grid, local_grid
from models.synthetic.cells import Site
from models.synthetic.context import USES, village
from models.synthetic.degrade import Sensor
from models.synthetic.frame import Frame, bend, parcels, ring_of, shrink
from models.synthetic.plan import MARGIN, clear, finish, put
from models.synthetic.regions import REGIONS
from models.synthetic.scatter import car
from models.synthetic.scene import Drawn, draw_plan
from models.synthetic.shapes import Compound, Plan, Sketch

CRS = "EPSG:32648"
"""UTM zone 48 north."""

CORNER = (226_000.0, 1_052_000.0)
"""Easting and northing of the top-left corner: 9.5 N, 102.5 E, open sea."""

SIDE = 2000.0
"""Metres."""

GSD = 0.5
"""Metres per pixel."""

ROAD = -1000.0
"""y of the main road, metres from the top."""

CLEAR = Sensor(
    blur=0.55,
    colour_blur=0.0,
    haze=0.04,
    noise=0.006,
    sharpen=0.5,
    gamma=0.95,
    contrast=1.08,
    light=1.02,
    cast=(1.0, 1.0, 1.0),
    jpeg=0,
)
"""A good day and a good product."""

_LAND = {"fields": 4.0, "rice": 3.0, "orchard": 1.2, "scrub": 1.5, "forest": 1.2, "ponds": 0.5}
"""What lies between the compounds; none of it is walled."""

DRAWN = "This place is drawn: it does not exist, and its coordinates lie in the open sea."
"""Said with every file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlace:
    """A drawn place with its register."""

    drawn: Drawn
    """Picture, labels and plan in local metres."""

    grid: Grid
    """The same pixels in the open sea."""

    sites: Mapping[str, object]
    """A GeoJSON FeatureCollection in the register's format."""

    note: str = DRAWN
    """What a reader must know."""


def demo_place(seed: int = 5) -> DemoPlace:
    """Draw the demo place; the same seed gives the same pixels."""
    plan = demo_plan(seed)
    pixels = round(SIDE / GSD)
    drawn = draw_plan(
        plan, local_grid(pixels, pixels, GSD), seed=seed, climate="monsoon_dry", sensor=CLEAR
    )
    grid = Grid((pixels, pixels), Affine(GSD, 0, CORNER[0], 0, -GSD, CORNER[1]), CRS)
    return DemoPlace(drawn=drawn, grid=grid, sites=demo_sites(plan))


def demo_plan(seed: int = 5) -> Plan:
    """Plan the demo place: one each of park, factory, school, estate and village."""
    rng = np.random.default_rng([seed, 77])
    sheet = _land(rng)
    road = _road(sheet, rng)
    _village(sheet, rng)
    where = {
        "walled_park": (560, 300, 270),
        "gated_estate": (590, 300, 250),
        "factory": (1480, 210, 200),
        "school": (1450, 140, 115),
    }
    for kind, (x, width, depth) in where.items():
        above = kind in {"walled_park", "factory"}
        drive = float(rng.uniform(60, 150))
        y = ROAD + (drive + depth / 2) * (1 if above else -1)
        frame = Frame(x + rng.uniform(-40, 40), y, (0 if above else 180) + rng.uniform(-6, 6))
        size = rng.uniform(0.95, 1.05, 2)
        site = Site(frame=frame, width=width * size[0], depth=depth * size[1])
        put(sheet, kind, site, rng, stage="roofed", drive=drive - 4)
    sheet.lay(road, cover="asphalt")
    return finish(sheet, rng, "monsoon", (SIDE, SIDE))


def _land(rng: Generator) -> Sketch:
    """Fill the whole ground with fields, paddies, orchards and woods."""
    sheet = Sketch()
    reach = SIDE + 2 * MARGIN
    ring = ring_of(
        Frame(SIDE / 2, -SIDE / 2, rng.uniform(-10, 10)).block(reach * 1.2, reach * 1.2)
    )
    sheet.lay(Polygon(ring), cover="dust")
    share = np.array(list(_LAND.values()))
    manner = REGIONS["monsoon"].manner
    for part in parcels(ring, rng, area=4e4, gaps=(7, 6, 5), skew=5):
        sheet.lay(Polygon(part), cover="scrub", soft=True)
        use = str(rng.choice(list(_LAND), p=share / share.sum()))
        inner = shrink(part, 1.5)
        if len(inner):
            sheet.add(USES[use](inner, rng, manner))
    return sheet


def _road(sheet: Sketch, rng: Generator) -> Polygon:
    """Lead the main road through the middle, with some traffic."""
    line = bend([(-MARGIN, ROAD), (SIDE + MARGIN, ROAD)], rng, sway=14, step=90)
    clear(sheet, line.buffer(9))
    sheet.lay(line.buffer(8), cover="dust", soft=True)
    for d in rng.uniform(0, line.length - 2, 35):
        a, b = line.interpolate(d), line.interpolate(d + 1)
        turn = float(np.degrees(np.arctan2(b.y - a.y, b.x - a.x)))
        sheet.props.append(
            car(Frame(a.x, a.y, turn).shift(0, float(rng.choice([-2.2, 2.2]))), rng)
        )
    road: Polygon = line.buffer(5)
    return road


def _village(sheet: Sketch, rng: Generator) -> None:
    """Put the village below the road, on a lane of its own."""
    frame = Frame(1030 + rng.uniform(-20, 20), ROAD - 130 - rng.uniform(60, 90), 82)
    outline = frame.block(230, 130)
    clear(sheet, outline.buffer(6))
    lane = LineString([(frame.x, ROAD), *frame.at([(60, 0)])]).buffer(2.4)
    clear(sheet, lane)
    sheet.lay(lane, cover="track", soft=True)
    sheet.add(village(ring_of(outline), rng, REGIONS["monsoon"].manner))
    sheet.compounds.append(Compound(kind="village", outline=outline, gates=0))


def demo_sites(plan: Plan) -> dict[str, object]:
    """Write the register of the place: one site on the park, one town, one with nothing."""
    [park] = [c.outline.centroid for c in plan.compounds if c.kind == "walled_park"]
    features = [
        _site(
            "drawn-park",
            "Drawn Park (demo)",
            (park.x + 18, park.y - 22),
            150,
            precision="source",
            status_class="reported",
            kind="walled park, drawn",
        ),
        _site(
            "drawn-town",
            "Drawn Town (demo)",
            (SIDE * 0.72, -SIDE * 0.62),
            2500,
            precision="place",
            status_class="suspected",
            kind="somewhere in a drawn town",
        ),
        _site(
            "drawn-nothing",
            "Drawn Nothing (demo)",
            (SIDE * 0.9, -SIDE * 0.1),
            100,
            precision="source",
            status_class="suspected",
            kind="fields, drawn",
        ),
    ]
    return {
        "type": "FeatureCollection",
        "name": "drawn_sites",
        "metadata": {"note": DRAWN},
        "features": features,
    }


def _site(
    name_id: str, name: str, at: tuple[float, float], radius: float, **words: str
) -> dict[str, object]:
    """Write one record in the register's format."""
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(CORNER[0] + at[0], CORNER[1] + at[1])
    source = {
        "publisher": "Stockade demo",
        "title": "A drawn place",
        "date": "2026",
        "url": "https://example.org/drawn",
    }
    properties: dict[str, object] = {
        "id": name_id,
        "name": name,
        "aliases": [],
        "aliases_unverified": [],
        "related_names": [],
        "country": "",
        "province": "",
        "town": "",
        **words,
        "status": "drawn for the demo; nothing is there",
        "precision_m": radius,
        "coord_source": "drawn",
        "sources": [source],
        "notes": DRAWN,
    }
    point = {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}
    return {"type": "Feature", "geometry": point, "properties": properties}
