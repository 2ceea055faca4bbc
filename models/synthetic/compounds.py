"""Draw what the project looks for: walled parks and casino-hotels with rear blocks.

A park is 4 to 16 ha of dormitory rows and courts behind a wall of three to four metres with
towers and **one** guarded gate.  It grows: cleared ground, then the wall, then roofs.

    size, frame ──► perimeter, gate, towers ──► streets and cells ──► rows, courts, halls

Source: the press on single sites: Golden Fortune, 4 to 6 ha behind 3 m of concrete (RFA);
Baofu, 10 ha and 36 buildings (coverstory.ph/?p=32082); Lucky South 99, 10 ha and 46 buildings
(newsinfo.inquirer.net/1958616); Royal Hill, some 16 ha (Pattaya Mail); one gate (Hankook Ilbo).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from models.synthetic.cells import Site, fill_cell, slabs
from models.synthetic.frame import Frame, after, ring_of, shrink
from models.synthetic.scatter import car, scatter, tree
from models.synthetic.shapes import Building, Compound, Prop, Ring, Sketch, Wall
from models.synthetic.walls import wall_ring

TALL = Wall(line=LineString([(0, 0), (1, 0)]), height=3.5, thickness=0.3)
"""A park's wall: 3 to 4 m of concrete."""


FEWEST, MOST = 10, 50
"""Buildings of a park: the press counted 10 (China Project, Khmer Times) to 46, and 3 to 5 a
hectare."""


def walled_park(site: Site, rng: Generator, *, stage: str = "roofed") -> Sketch:
    """Draw a walled park.

    Args:
        site: about 200 to 400 m a side.
        rng: everything else.
        stage: ``clearing``, ``walls``, ``building`` or ``roofed``.
    """
    sheet = Sketch()
    ring = _perimeter(site, rng)
    polygon = Polygon(ring)
    bare = str(rng.choice(["concrete", "gravel", "soil", "yard"]))
    early = stage != "roofed"
    sheet.lay(
        polygon, cover="fresh" if early else bare, disturbed=early, soft=stage == "clearing"
    )
    gate = float(rng.uniform(-0.3, 0.3)) * site.width * (0.4 if len(ring) > 4 else 1)
    if stage != "clearing":
        _fortify(sheet, site, ring, rng, gate, whole=stage != "walls" or rng.random() < 0.4)
        sheet.rings.append((polygon, 1))
    if stage in {"building", "roofed"}:
        inner = Sketch()
        while not FEWEST <= len(inner.buildings) <= MOST:
            inner = Sketch()
            _settle(inner, site, rng, gate, polygon)
        sheet.add(inner)
    if stage == "building":
        _undo(sheet, rng)
    if stage == "roofed":
        strip = shrink(ring, 2)
        sheet.trees.extend(scatter(strip, rng, every=rng.uniform(250, 2500)))
    sheet.compounds.append(Compound(kind="walled_park", outline=polygon, gates=1, stage=stage))
    return sheet


def _perimeter(site: Site, rng: Generator) -> Ring:
    """Draw a rectangle, a skewed quadrangle or one with a corner cut."""
    w, d = site.width / 2, site.depth / 2
    corners = np.array([(-w, -d), (w, -d), (w, d), (-w, d)])
    shape = rng.choice(["box", "skew", "corner"], p=[0.45, 0.35, 0.2])
    if shape == "skew":
        corners[2:] *= rng.uniform(0.86, 1, (2, 2))
    if shape == "corner":
        a, b = rng.uniform(0.15, 0.35, 2) * (2 * w, 2 * d)
        corners = np.array([(-w, -d), (w, -d), (w, d - b), (w - a, d), (-w, d)])
    return site.frame.at(corners)


def _fortify(
    sheet: Sketch, site: Site, ring: Ring, rng: Generator, gate: float, *, whole: bool
) -> None:
    """Build the wall with its one gate on the front, towers, and sometimes a second wall."""
    missing = []
    if not whole:  # the wall is still being built
        missing = [
            (int(e), float(a), float(a) + 0.4)
            for e, a in zip(
                rng.choice(np.arange(1, len(ring)), 2, replace=False),
                rng.uniform(0, 0.6, 2),
                strict=True,
            )
        ]
    style = Wall(line=TALL.line, height=rng.uniform(3, 4), thickness=rng.uniform(0.25, 0.4))
    at = 0.5 + gate / site.width
    wide = rng.uniform(5, 7)
    sheet.walls.extend(wall_ring(ring, rng, style, gate=(0, at, wide), missing=missing))
    if whole and rng.random() < 0.3:
        inner = shrink(ring, rng.uniform(5, 8))
        fence = Wall(
            line=TALL.line, height=2.6, thickness=0.2, kind=str(rng.choice(["wall", "fence"]))
        )
        sheet.walls.extend(wall_ring(inner, rng, fence, gate=(0, at, wide), missing=[]))
        sheet.rings.append((Polygon(inner), 1))
    if rng.random() < 0.75:
        _towers(sheet, shrink(ring, 1.8), rng)
    house_at = site.frame.shift(gate + wide / 2 + 3, -site.depth / 2 + 3)
    sheet.build(house_at.block(4.5, 4), height=3, use="guard")
    if rng.random() < 0.6:  # a roofed gate
        over = site.frame.shift(gate, -site.depth / 2 - 1.5)
        skin = str(rng.choice(["red", "blue", "concrete", "tile"]))
        sheet.props.append(
            Prop(
                polygon=over.block(wide + 3, 4),
                height=5.5,
                colour=(0.6, 0.3, 0.25) if skin == "red" else (0.7, 0.7, 0.7),
            )
        )


def _towers(sheet: Sketch, ring: Ring, rng: Generator) -> None:
    """Put a watchtower on every corner and, along long sides, between them."""
    between = rng.random() < 0.4
    for a, b in zip(ring, after(ring), strict=True):
        count = max(1, round(math.dist(a, b) / 90)) if between else 1
        for t in np.arange(count) / count:
            x, y = a + (b - a) * t
            angle = math.degrees(math.atan2(*(b - a)[::-1]))
            sheet.build(
                Frame(float(x), float(y), angle).block(2.8, 2.8),
                height=6.5,
                roof="hip",
                skin="tin",
                use="watchtower",
            )


def _settle(sheet: Sketch, site: Site, rng: Generator, gate: float, rim: Polygon) -> None:
    """Lay the street from the gate and fill the cells on both sides of it."""
    frame, w, d = site.frame, site.width - 24, site.depth - 24
    street = frame.box(gate - 5, -site.depth / 2, gate + 5, d / 2 - 10)
    cover = str(rng.choice(["asphalt", "concrete"]))
    sheet.lay(street.intersection(rim), cover=cover)
    storeys = int(rng.integers(2, 8))
    skins = [str(s) for s in rng.choice(["concrete", "blue", "red", "white", "tin"], 2)]
    cell_d = rng.uniform(42, 60)
    lines = max(2, round(d / cell_d))
    for left, right in ((-w / 2, gate - 8), (gate + 8, w / 2)):
        if right - left < 22:
            continue
        cols = max(1, round((right - left) / rng.uniform(70, 110)))
        for i in range(lines):
            for j in range(cols):
                cw, ch = (right - left) / cols - 8, d / lines - 8
                cell = Site(
                    frame=frame.shift(
                        left + (j + 0.5) * (cw + 8), -d / 2 + (i + 0.5) * (ch + 8)
                    ),
                    width=cw,
                    depth=ch,
                )
                if rim.buffer(-5).contains(cell.outline()):
                    fill_cell(sheet, cell, rng, storeys=storeys, skins=skins)


def _undo(sheet: Sketch, rng: Generator) -> None:
    """Turn a finished park into one being built."""
    for i, b in enumerate(sheet.buildings):
        if b.use in {"guard", "watchtower"}:
            continue
        stage = str(rng.choice(["roofed", "shell", "foundation"], p=[0.45, 0.25, 0.3]))
        height = {"roofed": b.height, "shell": b.height, "foundation": 0.8}[stage]
        sheet.buildings[i] = Building(
            footprint=b.footprint,
            height=height,
            skin=b.skin,
            roof=b.roof,
            stage=stage,
            use=b.use,
        )


def casino_hotel(site: Site, rng: Generator) -> Sketch:
    """Draw a hotel tower on a podium, parking before it, a walled rear yard with blocks."""
    sheet = Sketch()
    frame, w, d = site.frame, site.width, site.depth
    sheet.lay(site.outline(), cover="paving")
    front = d * 0.42
    sheet.lay(frame.box(-w / 2, -d / 2, w / 2, -d / 2 + 30), cover="asphalt")
    podium = frame.box(-w * 0.32, -d / 2 + 32, w * 0.32, -d / 2 + front)
    sheet.build(podium, height=9, skin="white", use="podium")
    middle = frame.shift(0, -d / 2 + (front + 32) / 2)
    sheet.build(
        middle.block(w * 0.4, min(18, front - 36)),
        height=3.2 * rng.integers(8, 19),
        use="tower",
    )
    for u in np.arange(-w / 2 + 5, w / 2 - 5, 3):
        if rng.random() < 0.45:
            at = frame.shift(float(u), -d / 2 + float(rng.choice([6, 22])), 90)
            sheet.props.append(car(at, rng))
    rear = frame.box(-w / 2, -d / 2 + front + 4, w / 2, d / 2)
    ring = ring_of(rear)
    sheet.lay(rear, cover=str(rng.choice(["concrete", "soil", "yard"])))
    style = Wall(line=TALL.line, height=rng.uniform(2.8, 4), thickness=0.3)
    sheet.walls.extend(wall_ring(ring, rng, style, gate=(0, 0.12, 5.5), missing=[]))
    sheet.rings.append((rear, 1))
    depth = d - front - 4
    cell = Site(frame=frame.shift(0, d / 2 - depth / 2), width=w - 22, depth=depth - 22)
    slabs(
        sheet,
        cell,
        rng,
        Building(
            footprint=cell.outline(),
            height=3.1 * rng.integers(3, 7),
            skin=str(rng.choice(["concrete", "blue", "red"])),
            use="dormitory",
        ),
    )
    for t in np.linspace(-0.45, 0.45, 9):
        [[x, y]] = frame.at([(w * t, -d / 2 + 2)])
        sheet.trees.append(tree(float(x), float(y), rng, species=2))
    sheet.compounds.append(Compound(kind="casino_hotel", outline=rear, gates=1))
    return sheet
