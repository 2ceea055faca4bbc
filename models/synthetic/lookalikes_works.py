"""Draw what is walled for work, lessons, drill or sentences.

A factory has very large roofs and several gates, a school a sports field and an open gate,
barracks a parade ground, a prison a double wall and radial wings, a poultry farm long sheds.

    Site, rng ──► factory | school | barracks | prison | poultry_farm ──► Sketch

Source: reported sites are billed as technology parks (RFA on Golden Fortune), and some were to
become schools or camps once closed (asiacasino.org); what tells the others from them is the
project's own choice.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from shapely.geometry import Point, Polygon

from models.synthetic.cells import Site, slabs, sports
from models.synthetic.fenced import STUB, fence, named
from models.synthetic.frame import ring_of, shrink
from models.synthetic.scatter import car, scatter, tree
from models.synthetic.shapes import Building, Prop, Sketch, Wall
from models.synthetic.walls import wall_ring


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
        line=STUB, height=rng.uniform(2, 3), kind=str(rng.choice(["wall", "wall", "fence"]))
    )
    fence(sheet, site, rng, style, gates)
    return named(sheet, site, "factory", gates)


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
        line=STUB,
        height=rng.uniform(1.4, 2.2),
        kind=str(rng.choice(["wall", "wall", "fence"])),
    )
    ring = ring_of(site.outline())
    missing = [(0, 0.35, 0.35 + rng.uniform(0.1, 0.3))] if rng.random() < 0.6 else []
    if rng.random() < 0.4:
        missing.append((int(rng.integers(1, 4)), 0.0, float(rng.uniform(0.3, 1))))
    sheet.walls.extend(wall_ring(ring, rng, style, gate=(0, 0.2, 6), missing=missing))
    sheet.rings.append((site.outline(), 1))
    return named(sheet, site, "school", 1)


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
    fence(
        sheet,
        site,
        rng,
        Wall(line=STUB, height=2.4, thickness=0.2, kind=str(rng.choice(["wall", "fence"]))),
        gates,
    )
    return named(sheet, site, "barracks", gates)


def prison(site: Site, rng: Generator) -> Sketch:
    """Draw wings about a hub or in a comb, a sterile strip between two walls, towers."""
    sheet = Sketch()
    frame = site.frame
    side = min(site.width, site.depth)
    site = Site(frame=frame, width=side, depth=side)
    sheet.lay(site.outline(), cover=str(rng.choice(["soil", "dry", "concrete"])))
    style = Wall(line=STUB, height=rng.uniform(4, 6), thickness=0.5)
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
    return named(sheet, site, "prison", 1)


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
        fence(sheet, site, rng, Wall(line=STUB, height=1.8, thickness=0.15, kind="fence"), 1)
    return named(sheet, site, "poultry_farm", 1)
