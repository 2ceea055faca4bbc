"""Draw the country between compounds: fields, water, woods, villages, towns, works.

    ring of a parcel, rng, manner ──► USES[use] ──► Sketch

Nothing here is looked for, and much of it is mistaken for a wall: rice bunds, hedges, ditches,
field banks, tracks, the rims of fish ponds, the beds of a nursery.

Source: settings that the press names (rubber: SHAN on Tangyan; empty fields: Camboja News on
Sampov Poun; the bank of the Moei: Nikkei, AFP) and the look of the real sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from models.synthetic.frame import Frame, area_of, axes_of, bend, parcels, rows, shrink
from models.synthetic.houses import Manner, house
from models.synthetic.plots import block
from models.synthetic.scatter import car, inside, scatter, tree
from models.synthetic.shapes import Patch, Prop, Ring, Sketch, Wall

Use = Callable[[Ring, Generator, Manner], Sketch]
"""Fills a convex ring."""


def _ground(ring: Ring, cover: str, *, soft: bool = True, disturbed: bool = False) -> Patch:
    return Patch(polygon=Polygon(ring), cover=cover, soft=soft, disturbed=disturbed)


def fields(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Cut the parcel into fields with banks, some with hedges or rows of trees."""
    del manner
    sheet = Sketch()
    for part in parcels(ring, rng, area=rng.uniform(2500, 14000)):
        crop = f"crop{int(rng.integers(6))}"
        sheet.patches.append(_ground(part, "dry", soft=True))
        inner = shrink(part, rng.uniform(0.3, 1.2))
        if len(inner):
            sheet.patches.append(_ground(inner, crop, soft=False))
        if rng.random() < 0.25:
            sheet.walls.append(_hedge(part, rng))
        sheet.trees.extend(scatter(part, rng, every=3500))
    return sheet


def _hedge(ring: Ring, rng: Generator) -> Wall:
    i = int(rng.integers(len(ring)))
    line = LineString([ring[i], ring[(i + 1) % len(ring)]])
    return Wall(line=line, kind=str(rng.choice(["hedge", "bank"])), height=rng.uniform(0.6, 2))


def rice(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Cut small paddies between thin bunds; some are flooded."""
    del manner
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["dry", "grass", "soil"])), soft=False))
    wet = rng.random() < 0.4
    for part in parcels(ring, rng, area=rng.uniform(500, 2500), skew=7):
        inner = shrink(part, rng.uniform(0.35, 0.9))
        if len(inner):
            cover = "paddy_wet" if wet and rng.random() < 0.6 else f"crop{int(rng.integers(3))}"
            sheet.patches.append(_ground(inner, cover, soft=False))
    return sheet


def ponds(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Dig rows of fish ponds with banks between them."""
    del manner
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["soil", "dry", "grass"])), soft=False))
    for part in parcels(ring, rng, area=rng.uniform(2500, 7000), skew=2):
        inner = shrink(part, rng.uniform(2, 5))
        if len(inner):
            sheet.patches.append(_ground(inner, "water", soft=False))
            if rng.random() < 0.2:
                frame = axes_of(part)[0]
                hut = frame.shift(0, axes_of(part)[2] / 2 - 2)
                sheet.build(hut.block(4, 3), height=2.5, roof="gable", skin="rust", use="hut")
    return sheet


def orchard(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Plant trees of one kind in a grid."""
    del manner
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["soil", "dry", "grass", "crop1"]))))
    frame, w, d = axes_of(ring)
    pitch, size, species = rng.uniform(4, 9), rng.uniform(0.5, 1), int(rng.integers(0, 4))
    u, v = np.meshgrid(np.arange(-w / 2, w / 2, pitch), np.arange(-d / 2, d / 2, pitch))
    points = frame.at(np.stack([u.ravel(), v.ravel()], 1))
    points = points + rng.normal(0, pitch * 0.06, points.shape)
    polygon = Polygon(shrink(ring, 2)) if len(shrink(ring, 2)) else Polygon(ring)
    for x, y in _within(points, polygon):
        if rng.random() < 0.92:
            planted = tree(float(x), float(y), rng, size=size, species=species)
            sheet.trees.append(planted)
    return sheet


def _within(points: Ring, polygon: Polygon) -> Ring:
    kept: Ring = points[shapely.contains_xy(polygon, points)]
    return kept


def forest(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Close the canopy."""
    del manner
    sheet = Sketch()
    sheet.patches.append(_ground(ring, "forest_floor"))
    every = rng.uniform(18, 50)
    for x, y in inside(ring, min(6000, int(area_of(ring) / every)), rng):
        sheet.trees.append(
            tree(
                float(x),
                float(y),
                rng,
                size=rng.uniform(1, 1.5),
                species=int(rng.choice([0, 0, 1, 4])),
            )
        )
    return sheet


def scrub(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Leave the ground to shrubs and paths."""
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["scrub", "dry", "soil", "dust"]))))
    every = rng.uniform(60, 700) / (0.4 + manner.green)
    sheet.trees.extend(scatter(ring, rng, every=every, size=rng.uniform(0.4, 0.9)))
    for _ in range(int(rng.integers(0, 4))):
        ends = inside(ring, 2, rng)
        if len(ends) == 2 and np.ptp(ends, axis=0).max() > 5:
            path = bend(ends, rng, sway=12, step=50)
            sheet.lay(path.buffer(rng.uniform(0.6, 1.8)), cover="track", soft=True)
    return sheet


def village(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Line up houses with yards of trodden soil along a lane; few walls."""
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["soil", "scrub", "grass"]))))
    roofs = (
        ("gable", "rust"),
        ("gable", "tin"),
        ("hip", "tile"),
        ("gable", "red"),
        ("gable", "brown"),
        ("shed", "tin"),
        ("gable", "blue"),
    )
    folk = Manner(roofs=roofs, storeys=(1, 2), walled=0.12, green=manner.green, stepped=False)
    frame, w, _ = axes_of(ring)
    lane = bend(frame.at([(-w / 2, 0), (w / 2, 0)]), rng, sway=8)
    sheet.lay(lane.buffer(2.2), cover="track", soft=True)
    for part in rows(ring, rng, width=rng.uniform(14, 24), deep=True):
        inner = shrink(part, 3)
        if not len(inner) or rng.random() < 0.15:
            continue
        at, pw, pd = axes_of(inner)
        u, v = rng.uniform(-0.15, 0.15, 2) * (pw, pd)
        place = at.shift(u, v, rng.uniform(-9, 9))
        size = (min(pw, rng.uniform(7, 13)), min(pd, rng.uniform(5, 9)))
        if min(size) > 3:
            sheet.buildings.append(house(place, size, rng, folk))
        if rng.random() < 0.12:
            sheet.walls.append(_hedge(part, rng))
        sheet.trees.extend(scatter(part, rng, every=70 / (0.3 + manner.green)))
    return sheet


def town(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Cut streets and fill the blocks with walled plots."""
    sheet = Sketch()
    street = str(rng.choice(["asphalt", "track", "dust", "concrete"]))
    sheet.patches.append(_ground(ring, street, soft=street in {"track", "dust"}))
    floor = str(rng.choice(["soil", "scrub", "dry", "dust"]))
    widths = tuple(rng.uniform(6, 14, 6))
    deep = rng.uniform(22, 34)
    for part in parcels(ring, rng, area=deep * rng.uniform(120, 330), gaps=widths, skew=3):
        verge = shrink(part, rng.uniform(0, 1.5))
        odd = rng.random() < 0.2
        cover = str(rng.choice(["paving", "soil", "dust", "grass"])) if odd else floor
        sheet.patches.append(_ground(part, cover))
        if len(verge):
            sheet.add(block(verge, rng, manner, width=rng.uniform(15, 32)))
    return sheet


def works(ring: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Clear ground: heaps, tracks, foundations, a few containers."""
    del manner
    sheet = Sketch()
    sheet.patches.append(_ground(ring, str(rng.choice(["fresh", "soil"])), disturbed=True))
    frame, w, d = axes_of(ring)
    for _ in range(int(rng.integers(2, 6))):
        path = bend(frame.at(rng.uniform(-0.45, 0.45, (2, 2)) * (w, d)), rng, sway=10, step=45)
        sheet.lay(path.buffer(rng.uniform(1, 2.5)), cover="track", soft=True, disturbed=True)
    inner = shrink(ring, 12)
    for x, y in inside(inner, int(rng.integers(0, 7)), rng) if len(inner) else []:
        at = Frame(float(x), float(y), frame.angle)
        if rng.random() < 0.5:
            stage = str(rng.choice(["foundation", "shell"]))
            size = rng.uniform(9, 26, 2)
            sheet.build(
                at.block(*size), stage=stage, height=0.8 if stage == "foundation" else 3.2
            )
        else:
            sheet.props.append(
                Prop(polygon=at.block(6, 2.4), height=2.6, colour=(0.3, 0.4, 0.6))
            )
            sheet.props.append(car(at.shift(8, 3, 30), rng))
    return sheet


USES: Mapping[str, Use] = {
    "fields": fields,
    "rice": rice,
    "ponds": ponds,
    "orchard": orchard,
    "forest": forest,
    "scrub": scrub,
    "village": village,
    "town": town,
    "works": works,
}
"""Use to generator."""
