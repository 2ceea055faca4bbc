"""Fill the cells between a compound's streets: rows of slabs, courts, halls, sports grounds.

    Site, a rectangle ──► slabs | court | sports | fill_cell: any of these, by lot ──► Sketch

Source: rows and grids of blocks as the press describes them (cyberscammonitor.net on Crown; The
Diplomat, 6 May 2025); sizes are the project's own choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from shapely.geometry import Polygon

from models.synthetic.frame import Frame
from models.synthetic.houses import Manner, house
from models.synthetic.scatter import car
from models.synthetic.shapes import Building, Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A rectangle someone wants something drawn in; its front (v low) faces the road."""

    frame: Frame
    width: float
    """Metres along u."""
    depth: float
    """Metres along v."""

    def outline(self) -> Polygon:
        """Draw its rim."""
        return self.frame.block(self.width, self.depth)


def fill_cell(
    sheet: Sketch, cell: Site, rng: Generator, *, storeys: int, skins: list[str]
) -> None:
    """Fill one cell of a park.

    Args:
        sheet: gains what is drawn.
        cell: between the streets.
        rng: what it holds.
        storeys: of the park's blocks, about.
        skins: of its roofs, the first one commoner.
    """
    kind = str(
        rng.choice(
            ["rows", "court", "hall", "sports", "bare", "villas"],
            p=[0.5, 0.17, 0.11, 0.08, 0.07, 0.07],
        )
    )
    frame, w, d = cell.frame, cell.width, cell.depth
    height = 3.1 * max(1, storeys + int(rng.integers(-1, 2)))
    skin = skins[int(rng.random() < 0.25)]
    roof = "gable" if skin in {"blue", "red", "tin"} and storeys < 5 else "flat"
    if kind == "rows":
        slabs(
            sheet,
            cell,
            rng,
            Building(
                footprint=cell.outline(), height=height, roof=roof, skin=skin, use="dormitory"
            ),
        )
    elif kind == "court":
        court(sheet, cell, height, skin)
    elif kind == "hall":
        sheet.build(
            frame.block(w * 0.8, min(d * 0.7, 32)),
            height=7,
            roof="gable",
            skin=skin,
            use="hall",
        )
    elif kind == "sports":
        sports(sheet, frame, rng)
    elif kind == "bare":
        sheet.lay(cell.outline(), cover="fresh", disturbed=True, soft=True)
        sheet.build(frame.block(w * 0.6, 12), height=0.8, stage="foundation")
    else:
        sheet.lay(cell.outline(), cover="grass")
        for u in np.arange(-w / 2 + 9, w / 2 - 8, 18):
            manner = Manner(roofs=(("hip", "tile"), ("flat", "concrete")), storeys=(2, 3))
            sheet.buildings.append(house(frame.shift(float(u), 0), (11, 12), rng, manner))
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 7))):
            at = frame.shift(rng.uniform(-w, w) / 2, -d / 2 - 1.5, rng.choice([0, 90]))
            sheet.props.append(car(at, rng))


def slabs(sheet: Sketch, cell: Site, rng: Generator, like: Building) -> None:
    """Fill a cell with parallel slabs."""
    thick = float(np.clip(rng.normal(13, 2), 8, 18))
    gap = rng.uniform(7, 13)
    count = max(1, int((cell.depth + gap) / (thick + gap)))
    pitch = cell.depth / count
    long = cell.width * rng.uniform(0.8, 1)
    for i in range(count):
        v = -cell.depth / 2 + pitch * (i + 0.5)
        pieces = 2 if long > 85 else 1
        for j in range(pieces):
            u = (j - (pieces - 1) / 2) * long / pieces
            box = cell.frame.shift(u, v).block(long / pieces - 6 * (pieces - 1), thick)
            sheet.build(box, height=like.height, roof=like.roof, skin=like.skin, use=like.use)


def court(sheet: Sketch, cell: Site, height: float, skin: str) -> None:
    """Draw a block around a court, open to the front or closed."""
    frame, w, d = cell.frame, min(cell.width, 60), min(cell.depth, 50)
    t = 11.0
    if min(w, d) < 3 * t:
        sheet.build(frame.block(w * 0.8, min(d, 14)), height=height, skin=skin, use="dormitory")
        return
    if w > 55:
        shape = frame.block(w, d).difference(frame.block(w - 2 * t, d - 2 * t))
    else:
        shape = frame.block(w, d).difference(frame.box(-w / 2 + t, -d, w / 2 - t, d / 2 - t))
    sheet.build(shape, height=height, skin=skin, use="court")


def sports(sheet: Sketch, at: Frame, rng: Generator) -> None:
    """Lay out one or two basketball courts with their lines."""
    cover = str(rng.choice(["sport_green", "sport_red", "sport_blue"]))
    for u in (-9.0, 9.0) if rng.random() < 0.5 else (0.0,):
        spot = at.shift(u, 0)
        sheet.lay(spot.block(16, 29), cover=cover)
        for box in (
            spot.box(-7.5, -0.15, 7.5, 0.15),
            spot.box(-7.5, -14, -7.2, 14),
            spot.box(7.2, -14, 7.5, 14),
            spot.box(-2.5, 8, 2.5, 8.3),
        ):
            sheet.lay(box, cover="paint")
