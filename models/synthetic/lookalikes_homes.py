"""Draw what people live in behind walls, or in rows, by their own will.

A gated estate has many small roofs and gardens, a resort a pool and curved paths, a condo town
no wall at all.

    Site, rng ──► gated_estate | resort | condo_town ──► Sketch

Source: reported sites lay inside a gated estate (newsinfo.inquirer.net/1956843), in a resort
(cyberscammonitor.net on Long Bay) and among condominiums (Camboja News on Sampov Poun); what
tells the others from them is the project's own choice.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from shapely.geometry import Polygon

from models.synthetic.cells import Site, court, slabs
from models.synthetic.fenced import STUB, fence, named
from models.synthetic.frame import bend, parcels, ring_of, rows, shrink
from models.synthetic.houses import Manner, house
from models.synthetic.scatter import car, scatter
from models.synthetic.shapes import Building, Sketch, Wall


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
    fence(sheet, site, rng, Wall(line=STUB, height=rng.uniform(1.8, 2.6)), gates)
    return named(sheet, site, "gated_estate", gates)


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
    return named(sheet, site, "resort", 2)


def _blob(rng: Generator, radius: float) -> list[tuple[float, float]]:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    a, b = rng.uniform(0, 2 * np.pi, 2)
    r = radius * (0.75 + 0.18 * np.cos(2 * angle + a) + 0.12 * np.cos(3 * angle + b))
    return list(zip(r * np.cos(angle), r * np.sin(angle), strict=True))


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
    return named(sheet, site, "condo_town", 4)
