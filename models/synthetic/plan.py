"""Lay out a place: country, roads, compounds on their sites, and what had to make room.

    kind, rng, extent ──► region ──► parcels and uses ──► sites cleared and filled ──► Plan
                                                          yards measured from what stands

A plan holds everything a label needs; it knows no pixels.  The same generator state gives the
same plan.

Source: ``compounds``, ``lookalikes`` and ``context`` for what there is; the draughtsman's order
(ground first, then roads, then sites) is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
import shapely.ops
from numpy.random import Generator
from shapely.geometry import LineString, Polygon, box

from geo.errors import InputError
from models.synthetic.cells import Site
from models.synthetic.closure import measure_yards
from models.synthetic.compounds import casino_hotel, walled_park
from models.synthetic.context import USES
from models.synthetic.frame import Frame, bend, parcels, ring_of, shrink
from models.synthetic.lookalikes import LOOKALIKES, SIZES
from models.synthetic.regions import REGIONS, Region
from models.synthetic.scatter import car
from models.synthetic.shapes import Plan, Sketch

SITED = ("walled_park", "casino_hotel", *LOOKALIKES)
"""Kinds that stand on a site of their own."""

KINDS = (*SITED, "plots", "country", "mix")
"""What can be asked for: ``plots`` is a town of walled plots, ``country`` has no compound,
``mix`` is anything."""

MARGIN = 40.0
"""Metres planned beyond the picture, so that its rim looks like the rest."""

STAGES = ("clearing", "walls", "building", "roofed")
"""How far a park has grown."""


def make_plan(kind: str, rng: Generator, width: float, height: float) -> Plan:
    """Draw up a place with the asked kind of compound in it.

    Args:
        kind: one of ``KINDS``.
        rng: everything that is not asked for.
        width: metres, east-west.
        height: metres, north-south.

    Raises:
        InputError: the kind is unknown; the message lists those that are known.
    """
    if kind not in KINDS:
        raise InputError(f"Nobody can draw {kind!r}; ask for one of {', '.join(KINDS)}.")
    name = _region(kind, rng)
    region = REGIONS[name]
    angle = float(rng.uniform(-90, 90))
    sites = _sites(kind, rng, width, height, angle)
    sheet = country(kind, rng, region, (width, height, angle))
    _highway(sheet, rng, width, height, [s for _, s in sites])
    for each, site in sites:
        put(sheet, each, site, rng)
    return finish(sheet, rng, name, (width, height))


def _region(kind: str, rng: Generator) -> str:
    """Choose where on Earth: plots where people wall them, parks mostly in monsoon lands."""
    weights = {
        "maghreb": 4.0,
        "gulf": 1.5,
        "highland": 2.5,
        "laterite": 2.5,
        "monsoon": 3.0,
        "suburb": 0.7,
    }
    if kind in SITED:
        weights |= {"monsoon": 6.0, "suburb": 0.4}
    if kind == "plots":
        weights |= {"monsoon": 1.0, "suburb": 0.3}
    share = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=share / share.sum()))


def _sites(
    kind: str, rng: Generator, width: float, height: float, angle: float
) -> list[tuple[str, Site]]:
    """Choose sites that do not overlap and lie mostly in the picture."""
    if kind in {"plots", "country"}:
        return []
    wanted = [kind]
    if kind == "mix":
        count = max(1, min(4, round(width * height / 9e4)))
        wanted = [str(k) for k in rng.choice(SITED, count)]
    elif rng.random() < 0.4 and width * height > 1.5e5:
        wanted.append(str(rng.choice(SITED)))
    found: list[tuple[str, Site]] = []
    for each in wanted:
        for _ in range(12):
            site = _site(each, rng, (width, height), angle)
            rim = site.outline().buffer(25)
            if all(not rim.intersects(s.outline()) for _, s in found):
                found.append((each, site))
                break
    return found


def _site(kind: str, rng: Generator, extent: tuple[float, float], angle: float) -> Site:
    """Choose size and place of one site; a park is held between 4 and 16 ha."""
    (w0, w1), (d0, d1) = SIZES[kind]
    room = max(extent) * 0.95
    w, d = min(rng.uniform(w0, w1), max(room, w0)), min(rng.uniform(d0, d1), max(room, d0))
    if kind == "walled_park" and w * d > 1.58e5:
        w, d = w * (1.58e5 / (w * d)) ** 0.5, d * (1.58e5 / (w * d)) ** 0.5
    reach = [max(0.0, (side - 0.75 * max(w, d)) / 2) for side in extent]
    x = extent[0] / 2 + rng.uniform(-reach[0], reach[0])
    y = -extent[1] / 2 + rng.uniform(-reach[1], reach[1])
    turn = angle + rng.normal(0, 5) + float(rng.choice([0, 90, 180, 270]))
    return Site(frame=Frame(float(x), float(y), turn), width=float(w), depth=float(d))


def country(
    kind: str, rng: Generator, region: Region, extent: tuple[float, float, float]
) -> Sketch:
    """Cut the whole ground into parcels between roads and fill each by its use."""
    width, height, angle = extent
    sheet = Sketch()
    reach = (width**2 + height**2) ** 0.5 + 2 * MARGIN
    ground = box(-MARGIN, -height - MARGIN, width + MARGIN, MARGIN)
    whole = ring_of(Frame(width / 2, -height / 2, angle).block(reach, reach))
    base = str(rng.choice(region.streets))
    sheet.lay(ground, cover=base)
    size = rng.uniform(9e3, 4e4) if kind != "plots" else rng.uniform(3e4, 9e4)
    streets = tuple(rng.uniform(5, 12, 3))
    weights = dict(region.uses)
    if kind == "plots":
        weights["town"] = 12.0
    elif kind != "mix":
        weights["town"] = weights.get("town", 0) * 0.35
    share = np.array(list(weights.values()))
    floor = str(rng.choice(["scrub", "dry", "soil", "dust"]))
    for ring in parcels(whole, rng, area=size, gaps=streets, skew=6):
        if not Polygon(ring).intersects(ground):
            continue
        use = str(rng.choice(list(weights), p=share / share.sum()))
        verge = shrink(ring, rng.uniform(0, 2.5))
        sheet.lay(Polygon(ring), cover=floor, soft=True)
        manner = replace(region.manner, green=region.manner.green * rng.uniform(0.4, 1.6))
        if len(verge):
            sheet.add(USES[use](verge, rng, manner))
    return sheet


def _highway(
    sheet: Sketch, rng: Generator, width: float, height: float, sites: Sequence[Site]
) -> None:
    """Lead a main road with traffic through the country, clear of the sites."""
    if rng.random() < 0.45:
        return
    ends = rng.permutation(
        [
            (-MARGIN, -height * rng.random()),
            (width + MARGIN, -height * rng.random()),
            (width * rng.random(), MARGIN),
            (width * rng.random(), -height - MARGIN),
        ]
    )
    line = bend(ends[:2], rng, sway=rng.uniform(0, 40), step=60)
    half = rng.uniform(3.5, 11)
    road = line.buffer(half)
    if any(road.buffer(8).intersects(s.outline()) for s in sites):
        return
    clear(sheet, road.buffer(1.5))
    cover = str(rng.choice(["asphalt", "asphalt", "concrete", "track"]))
    sheet.lay(line.buffer(half + rng.uniform(1, 5)), cover="dust", soft=True)
    sheet.lay(road, cover=cover)
    if cover == "asphalt":
        for d in np.arange(0, line.length - 4, 9):
            dash = shapely.ops.substring(line, d, d + 4).buffer(0.12, cap_style="flat")
            sheet.lay(dash, cover="paint")
    for d in rng.uniform(0, line.length - 2, int(line.length / 45)):
        a, b = line.interpolate(d), line.interpolate(d + 1)
        turn = float(np.degrees(np.arctan2(b.y - a.y, b.x - a.x)))
        side = half * float(rng.choice([-0.5, 0.5]))
        sheet.props.append(car(Frame(a.x, a.y, turn).shift(0, side), rng))


def put(
    sheet: Sketch,
    kind: str,
    site: Site,
    rng: Generator,
    *,
    stage: str | None = None,
    drive: float | None = None,
) -> None:
    """Clear a site and its drive, and draw the compound on it.

    Args:
        sheet: what is there already; it makes room.
        kind: one of ``SITED``.
        site: where.
        rng: how.
        stage: for a walled park, one of ``STAGES``; chosen when not given.
        drive: metres of road from its front; chosen when not given.
    """
    clear(sheet, site.outline().buffer(7))
    front, long = -site.depth / 2, drive or rng.uniform(30, 140)
    way = site.frame.line([(0, front), (rng.uniform(-0.15, 0.15) * long, front - long)])
    clear(sheet, way.buffer(4))
    verge = str(rng.choice(["dust", "scrub", "soil", "dry"]))
    rim = site.outline().buffer(rng.uniform(3, 9))
    sheet.lay(rim, cover=verge, soft=True)
    cover = str(rng.choice(["asphalt", "track", "concrete"]))
    sheet.lay(way.buffer(3.5), cover=cover, soft=cover == "track")
    if kind == "walled_park":
        stage = stage or str(rng.choice(STAGES, p=[0.06, 0.09, 0.2, 0.65]))
        one = walled_park(site, rng, stage=stage)
    elif kind == "casino_hotel":
        one = casino_hotel(site, rng)
    else:
        one = LOOKALIKES[kind](site, rng)
    floor = one.patches[0]
    if rng.random() < 0.4 and not floor.disturbed:  # inside as outside: only the wall tells
        one.patches[0] = replace(floor, cover=verge, soft=True)
    sheet.add(one)


def clear(sheet: Sketch, area: Polygon) -> None:
    """Take everything but the ground off an area; walls are cut where they enter it."""
    shapely.prepare(area)
    sheet.buildings[:] = [b for b in sheet.buildings if not area.intersects(b.footprint)]
    sheet.props[:] = [p for p in sheet.props if not area.intersects(p.polygon)]
    hit = shapely.contains_xy(area, [t.x for t in sheet.trees], [t.y for t in sheet.trees])
    sheet.trees[:] = [t for t, inside in zip(sheet.trees, hit, strict=True) if not inside]
    sheet.compounds[:] = [c for c in sheet.compounds if not area.intersects(c.outline)]
    walls = []
    for wall in sheet.walls:
        if not area.intersects(wall.line):
            walls.append(wall)
            continue
        rest = shapely.get_parts(wall.line.difference(area))
        walls += [
            replace(wall, line=p) for p in rest if isinstance(p, LineString) and p.length > 1
        ]
    sheet.walls[:] = walls
    sheet.rings[:] = [(r, g) for r, g in sheet.rings if not area.intersects(r)]
    sheet.patches[:] = [p for p in sheet.patches if not area.contains(p.polygon)]


def finish(sheet: Sketch, rng: Generator, region: str, extent: tuple[float, float]) -> Plan:
    """Cull what lies outside, take trees off roofs, measure the yards, freeze.

    Args:
        sheet: everything drawn.
        rng: which of the trees on walls stay.
        region: its name.
        extent: width and height, metres.
    """
    width, height = extent
    seen = box(-MARGIN, -height - MARGIN, width + MARGIN, MARGIN)
    shapely.prepare(seen)
    buildings = [b for b in sheet.buildings if seen.intersects(b.footprint)]
    walls = [w for w in sheet.walls if seen.intersects(w.line)]
    trees = [
        t
        for t in sheet.trees
        if -MARGIN < t.x < width + MARGIN and -height - MARGIN < t.y < MARGIN
    ]
    if trees and buildings:
        roofs = shapely.STRtree([b.footprint for b in buildings])
        points = shapely.points([(t.x, t.y) for t in trees])
        under = set(roofs.query(points, predicate="within")[0].tolist())
        trees = [t for i, t in enumerate(trees) if i not in under]
    rings = [(r, g) for r, g in sheet.rings if seen.intersects(r)]
    order = rng.permutation(len(trees))
    return Plan(
        width=width,
        height=height,
        region=region,
        base=sheet.patches[0].cover,
        buildings=tuple(buildings),
        walls=tuple(walls),
        yards=tuple(measure_yards(rings, walls, buildings)),
        patches=tuple(p for p in sheet.patches if seen.intersects(p.polygon)),
        trees=tuple(trees[i] for i in order),
        props=tuple(p for p in sheet.props if seen.intersects(p.polygon)),
        compounds=tuple(c for c in sheet.compounds if seen.intersects(c.outline)),
    )
