"""Draw the eight things that are walled, or laid out in rows, and are not what is looked for.

Each generator keeps the feature by which a reviewer would tell it from a park: very large roofs
and several gates (factory), many small roofs and gardens (gated estate), a sports field and an
open gate (school), a parade ground (barracks), a pool and curved paths (resort), a double wall
and radial wings (prison), no wall at all (condo town), long thin sheds (poultry farm).

    Site, rng ──► LOOKALIKES[kind] ──► Sketch

Source: DOMAIN.md 2.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from shapely.geometry import LineString, Point, Polygon

from models.synthetic.cells import Site, court, slabs, sports
from models.synthetic.frame import bend, parcels, ring_of, rows, shrink
from models.synthetic.houses import Manner, house
from models.synthetic.scatter import car, scatter, tree
from models.synthetic.shapes import Building, Compound, Prop, Sketch, Wall
from models.synthetic.walls import wall_ring

_STUB = LineString([(0, 0), (1, 0)])


def _rim(sheet: Sketch, site: Site, rng: Generator, style: Wall, gates: int) -> None:
    """Wall a site with gates on the front and, from the second on, on other sides."""
    ring = ring_of(site.outline())
    holes = []
    for i in range(1, gates):
        edge = int(rng.integers(0, 4)) if i > 1 else 0
        at = float(rng.uniform(0.6, 0.85))
        half = rng.uniform(5, 7.5) / 2 / math.dist(ring[edge], ring[(edge + 1) % 4])
        holes.append((edge, at - half, at + half))
    gate = (0, float(rng.uniform(0.3, 0.5)), rng.uniform(5, 7.5))
    if rng.random() < 0.25:  # a stretch has fallen, or was never built
        start = float(rng.uniform(0, 0.5))
        holes.append((int(rng.integers(1, 4)), start, start + float(rng.uniform(0.15, 0.5))))
    sheet.walls.extend(wall_ring(ring, rng, style, gate=gate, missing=holes))
    sheet.rings.append((site.outline(), gates))


def _finish(sheet: Sketch, site: Site, kind: str, gates: int) -> Sketch:
    sheet.compounds.append(Compound(kind=kind, outline=site.outline(), gates=gates))
    return sheet


def factory(site: Site, rng: Generator) -> Sketch:
    """Draw one to three very large roofs, a lorry yard, an office and two or three gates."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    ground = str(rng.choice(["concrete", "gravel", "asphalt"]))
    sheet.lay(site.outline(), cover=ground)
    count = int(rng.integers(1, 4))
    each = (w - 30) / count
    skin = str(rng.choice(["white", "tin", "blue", "green", "rust"]))
    long = d * rng.uniform(0.5, 0.68)
    for i in range(count):
        at = frame.shift(-w / 2 + 15 + each * (i + 0.5), d / 2 - 12 - long / 2, 90)
        hall = at.block(long, each - rng.uniform(6, 14))
        sheet.build(hall, height=rng.uniform(7, 12), roof="gable", skin=skin, use="factory")
    office = frame.box(-w / 2 + 12, -d / 2 + 10, -w / 2 + 40, -d / 2 + 24)
    sheet.build(office, height=7, use="office")
    for _ in range(int(rng.integers(4, 16))):
        at = frame.shift(rng.uniform(-0.2, 0.45) * w, -d / 2 + rng.uniform(10, 30), 90)
        colour = tuple(float(c) for c in rng.uniform(0.2, 0.9, 3))
        sheet.props.append(Prop(polygon=at.block(12, 2.5), height=3.2, colour=colour[:3]))  # type: ignore[arg-type]
    gates = int(rng.integers(2, 4))
    style = Wall(
        line=_STUB, height=rng.uniform(2, 3), kind=str(rng.choice(["wall", "wall", "fence"]))
    )
    _rim(sheet, site, rng, style, gates)
    return _finish(sheet, site, "factory", gates)


def gated_estate(site: Site, rng: Generator) -> Sketch:
    """Draw streets of many alike houses with gardens behind one outer wall."""
    sheet = Sketch()
    sheet.lay(site.outline(), cover="asphalt")
    skin = str(rng.choice(["tile", "red", "concrete", "brown", "blue"]))
    manner = Manner(roofs=(("hip" if skin != "concrete" else "flat", skin),), storeys=(1, 2))
    inner = shrink(ring_of(site.outline()), 3)
    for street in parcels(
        inner, rng, area=rng.uniform(2500, 4000), gaps=(9, 8, 7, 7, 7), skew=0
    ):
        sheet.lay(Polygon(street), cover="grass")
        for plot in rows(street, rng, width=rng.uniform(13, 17), deep=True):
            free = shrink(plot, 2)
            if len(free):
                centre = Polygon(free).centroid
                at = site.frame.shift(0, 0)
                size = tuple(float(n) for n in rng.uniform(8.5, 11, 2))
                spot = type(at)(centre.x, centre.y, at.angle)
                sheet.buildings.append(house(spot, (size[0], size[1]), rng, manner))
                sheet.trees.extend(scatter(plot, rng, every=110, size=0.6))
    gates = int(rng.integers(1, 3))
    _rim(sheet, site, rng, Wall(line=_STUB, height=rng.uniform(1.8, 2.6)), gates)
    return _finish(sheet, site, "gated_estate", gates)


def school(site: Site, rng: Generator) -> Sketch:
    """Draw classroom slabs about a court, a sports field, a low wall that is often open."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    sheet.lay(site.outline(), cover=str(rng.choice(["soil", "dry", "grass"])), soft=True)
    roof, skin = [("gable", "red"), ("gable", "tin"), ("flat", "concrete"), ("gable", "blue")][
        int(rng.integers(4))
    ]
    t, height = 10.0, 3.3 * rng.integers(1, 4)
    for box in (
        frame.box(-w * 0.4, d / 2 - 8 - t, w * 0.1, d / 2 - 8),
        frame.box(-w * 0.4, -d * 0.25, -w * 0.4 + t, d / 2 - 14 - t),
        frame.box(w * 0.1 - t, -d * 0.2, w * 0.1, d / 2 - 14 - t),
    ):
        sheet.build(box, height=height, roof=roof, skin=skin, use="school")
    field = frame.shift(w * 0.31, 0)
    fw, fd = min(w * 0.3, 62), min(d * 0.8, 100)
    sheet.lay(field.block(fw, fd), cover=str(rng.choice(["grass", "soil", "sport_red"])))
    for part in (field.block(fw - 4, fd - 4), field.block(fw - 4.8, fd - 4.8)):
        sheet.lay(part, cover="paint" if part.area > (fw - 4.5) * (fd - 4.5) else "grass")
    sheet.trees.extend(scatter(ring_of(site.outline()), rng, every=350))
    sheet.trees[:] = [
        s for s in sheet.trees if not field.block(fw, fd).contains(Point(s.x, s.y))
    ]
    style = Wall(
        line=_STUB,
        height=rng.uniform(1.4, 2.2),
        kind=str(rng.choice(["wall", "wall", "fence"])),
    )
    ring = ring_of(site.outline())
    missing = [(0, 0.35, 0.35 + rng.uniform(0.1, 0.3))] if rng.random() < 0.6 else []
    if rng.random() < 0.4:
        missing.append((int(rng.integers(1, 4)), 0.0, float(rng.uniform(0.3, 1))))
    sheet.walls.extend(wall_ring(ring, rng, style, gate=(0, 0.2, 6), missing=missing))
    sheet.rings.append((site.outline(), 1))
    return _finish(sheet, site, "school", 1)


def barracks(site: Site, rng: Generator) -> Sketch:
    """Draw rows of long low huts beside a bare parade ground, behind a fence or a wall."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    sheet.lay(site.outline(), cover=str(rng.choice(["dry", "grass", "scrub"])), soft=True)
    parade = frame.box(-w * 0.42, -d * 0.38, -w * 0.02, d * 0.05)
    sheet.lay(parade, cover=str(rng.choice(["asphalt", "concrete", "soil"])))
    skin = str(rng.choice(["tin", "green", "red", "brown", "rust"]))
    like = Building(footprint=parade, height=3.2, roof="gable", skin=skin, use="barrack")
    for u, v, cw, ch in (
        (-0.23, 0.28, 0.42, 0.34),
        (0.25, 0.2, 0.4, 0.5),
        (0.25, -0.28, 0.4, 0.32),
    ):
        cell = Site(frame=frame.shift(u * w, v * d), width=cw * w, depth=ch * d)
        slabs(sheet, cell, rng, like)
    for x in np.arange(-0.4, 0.0, 0.05):
        if rng.random() < 0.5:
            sheet.props.append(car(frame.shift(float(x) * w, -d * 0.43, 90), rng))
    sheet.trees.extend(scatter(shrink(ring_of(site.outline()), 3), rng, every=500))
    gates = int(rng.integers(1, 3))
    _rim(
        sheet,
        site,
        rng,
        Wall(line=_STUB, height=2.4, thickness=0.2, kind=str(rng.choice(["wall", "fence"]))),
        gates,
    )
    return _finish(sheet, site, "barracks", gates)


def resort(site: Site, rng: Generator) -> Sketch:
    """Draw scattered bungalows and a hotel about a curved pool, in a park without a wall."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    sheet.lay(site.outline(), cover="grass", soft=True)
    for _ in range(5):
        a, b = rng.uniform(-0.45, 0.45, (2, 2)) * (w, d)
        path = bend(frame.at([a, (0, 0), b]), rng, sway=14, step=60)
        sheet.lay(path.buffer(1.6), cover="paving")
    deck = frame.polygon(_blob(rng, 26))
    sheet.lay(deck, cover="paving")
    sheet.lay(deck.buffer(-5), cover="pool")
    hotel = frame.box(-w * 0.3, d * 0.25, w * 0.3, d * 0.25 + 17)
    sheet.build(hotel, height=3.2 * rng.integers(3, 8), skin="white", use="hotel")
    manner = Manner(
        roofs=(("hip", "tile"), ("hip", "brown"), ("gable", "rust")), storeys=(1, 1)
    )
    for _ in range(int(rng.integers(12, 34))):
        u, v = rng.uniform(-0.46, 0.46, 2) * (w, d)
        if abs(u) > 32 or v < -32:
            sheet.buildings.append(
                house(
                    frame.shift(u, min(v, d * 0.18), rng.uniform(0, 180)), (8, 9), rng, manner
                )
            )
    sheet.trees.extend(scatter(ring_of(site.outline()), rng, every=90))
    line = frame.line([(-w / 2, -d / 2), (-w / 2, d / 2), (w / 2, d / 2), (w / 2, -d / 2)])
    sheet.walls.append(Wall(line=line, kind="hedge", height=2))
    return _finish(sheet, site, "resort", 2)


def _blob(rng: Generator, radius: float) -> list[tuple[float, float]]:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    a, b = rng.uniform(0, 2 * np.pi, 2)
    r = radius * (0.75 + 0.18 * np.cos(2 * angle + a) + 0.12 * np.cos(3 * angle + b))
    return list(zip(r * np.cos(angle), r * np.sin(angle), strict=True))


def prison(site: Site, rng: Generator) -> Sketch:
    """Draw wings about a hub or in a comb, a sterile strip between two walls, towers."""
    sheet = Sketch()
    frame = site.frame
    side = min(site.width, site.depth)
    site = Site(frame=frame, width=side, depth=side)
    sheet.lay(site.outline(), cover=str(rng.choice(["soil", "dry", "concrete"])))
    style = Wall(line=_STUB, height=rng.uniform(4, 6), thickness=0.5)
    ring = ring_of(site.outline())
    inner = shrink(ring, rng.uniform(8, 14))
    for line, tall in ((ring, style), (inner, style)):
        sheet.walls.extend(wall_ring(line, rng, tall, gate=(0, 0.5, 5), missing=[]))
        sheet.rings.append((Polygon(line), 1))
    for x, y in ring:
        sheet.build(
            Point(x, y).buffer(2.4, quad_segs=2),
            height=9,
            roof="hip",
            skin="tin",
            use="watchtower",
        )
    arm = side * 0.3
    if rng.random() < 0.6:
        count = int(rng.integers(3, 6))
        for i in range(count):
            at = frame.shift(0, 0, 360 / count * i + 15)
            sheet.build(
                at.box(10, -6, 10 + arm, 6), height=9, roof="gable", skin="tin", use="wing"
            )
        sheet.build(Point(frame.x, frame.y).buffer(11), height=10, use="hub")
    else:
        sheet.build(frame.box(-arm, -6, arm, 6), height=7, use="hub")
        for u in np.linspace(-arm + 7, arm - 7, 4):
            sheet.build(frame.box(u - 6, 9, u + 6, 9 + arm * 0.8), height=7, use="wing")
        sports(sheet, frame.shift(0, -arm * 0.7), rng)
    return _finish(sheet, site, "prison", 1)


def condo_town(site: Site, rng: Generator) -> Sketch:
    """Draw alike slabs or courts in an open grid of streets, with parking and no wall."""
    sheet = Sketch()
    ring = ring_of(site.outline())
    sheet.lay(site.outline(), cover="asphalt")
    height = 3.1 * rng.integers(4, 12)
    skin = str(rng.choice(["concrete", "white", "tile"]))
    for cell in parcels(
        ring, rng, area=rng.uniform(3500, 6500), gaps=(14, 11, 9, 9, 9), skew=0
    ):
        polygon = Polygon(cell)
        sheet.lay(polygon, cover=str(rng.choice(["grass", "paving", "soil"])))
        inner = shrink(cell, 6)
        if not len(inner):
            continue
        centre = Polygon(inner).centroid
        width, depth = np.ptp(site.frame.__class__(0, 0, -site.frame.angle).at(inner), axis=0)
        spot = Site(
            frame=type(site.frame)(centre.x, centre.y, site.frame.angle),
            width=float(width),
            depth=float(depth),
        )
        if rng.random() < 0.25:
            court(sheet, spot, height, skin)
        else:
            slabs(
                sheet,
                spot,
                rng,
                Building(footprint=polygon, height=height, skin=skin, use="block"),
            )
        for _ in range(int(rng.integers(2, 9))):
            u = rng.uniform(-0.5, 0.5) * width
            sheet.props.append(car(spot.frame.shift(float(u), -float(depth) / 2 - 3), rng))
        sheet.trees.extend(scatter(cell, rng, every=400, size=0.8))
    return _finish(sheet, site, "condo_town", 4)


def poultry_farm(site: Site, rng: Generator) -> Sketch:
    """Draw parallel long thin sheds with silos, one track, sometimes a fence."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    sheet.lay(site.outline(), cover=str(rng.choice(["dry", "grass", "gravel"])), soft=True)
    skin = str(rng.choice(["white", "tin", "rust", "blue"]))
    count = int(rng.integers(3, 9))
    long, thick = min(d - 24, rng.uniform(80, 130)), rng.uniform(10, 16)
    pitch = min(thick + rng.uniform(8, 20), (w - 10) / count)
    for i in range(count):
        u = (i - (count - 1) / 2) * pitch
        shed = frame.box(
            u - min(thick, pitch - 5) / 2, -long / 2, u + min(thick, pitch - 5) / 2, long / 2
        )
        sheet.build(shed, height=3.2, roof="gable", skin=skin, use="shed")
        [[x, y]] = frame.at([(u + thick / 2 + 2.2, -long / 2)])
        sheet.props.append(
            Prop(polygon=Point(x, y).buffer(1.3), height=6, colour=(0.8, 0.8, 0.82))
        )
    track = frame.box(-w / 2, -long / 2 - 9, w / 2, -long / 2 - 4)
    sheet.lay(track, cover="track", soft=True)
    corner = frame.shift(w * 0.4, d * 0.4)
    sheet.trees.append(tree(corner.x, corner.y, rng))
    if rng.random() < 0.6:
        _rim(sheet, site, rng, Wall(line=_STUB, height=1.8, thickness=0.15, kind="fence"), 1)
    return _finish(sheet, site, "poultry_farm", 1)


LOOKALIKES: Mapping[str, Callable[[Site, Generator], Sketch]] = {
    "factory": factory,
    "gated_estate": gated_estate,
    "school": school,
    "barracks": barracks,
    "resort": resort,
    "prison": prison,
    "condo_town": condo_town,
    "poultry_farm": poultry_farm,
}
"""Kind to generator."""

SIZES: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "walled_park": ((205, 400), (200, 380)),
    "casino_hotel": ((120, 190), (150, 230)),
    "factory": ((110, 240), (120, 240)),
    "gated_estate": ((180, 380), (160, 340)),
    "school": ((90, 160), (80, 130)),
    "barracks": ((180, 320), (160, 280)),
    "resort": ((150, 280), (140, 240)),
    "prison": ((120, 240), (120, 240)),
    "condo_town": ((200, 400), (180, 380)),
    "poultry_farm": ((90, 200), (110, 170)),
}
"""Kind to ranges of width and depth, metres; a park is held between 4 and 16 ha."""
