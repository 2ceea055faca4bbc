"""What lies on the desk: the layouts of a run, its pictures, and all else the map can show.

    Layout (outline, words)  Sight (picture, date)  things {layer: GeoDataFrame}  ──►  Book
    Book.near(box) ──► what is drawn around a layout, in metres of the run's own frame

Words that come of the score are kept apart (``judged``), so that they can be withheld from a
reviewer who must not know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.read import Image
from geo.stretch import Stretch

Box = tuple[float, float, float, float]
"""Left, bottom, right, top; metres of the run's frame."""

ROOM, LEAST = 0.35, 40.0
"""Ground shown on every side: a share of the longer side, and at least so many metres.  What a
layout stands in is half of the judgement."""

FINE = 0.05
"""Metres by which a drawn line may leave the true one; a tenth of a pixel."""

MOST = 3000
"""Shapes of one layer on one map; beyond that nobody sees a single one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Something to judge, or a registered site at which nothing was found."""

    id: str
    """Its name in the run."""

    outline: BaseGeometry
    """As the run wrote it; a site's is its disc."""

    scene: str = ""
    """The picture it was found in."""

    rank: int | None = None
    """Place in the queue, from 1."""

    score: float | None = None
    """0 to 1; nothing where none was given or it does not count."""

    told: Mapping[str, Any] = field(default_factory=dict)
    """Words that say nothing of the score: where, which picture, the register's match."""

    judged: Mapping[str, Any] = field(default_factory=dict)
    """Words that come of the score: likeness, reasons, measurements."""

    flags: tuple[str, ...] = ()
    """What filters ask for: ``new``, ``known``, ``ambiguous``, ``changed``, ``cannot_tell``."""

    is_site: bool = False
    """True for a site at which nothing was found: it can be looked at, not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One picture of the run, if it can still be opened."""

    scene: str
    """Its id in the run."""

    when: str = ""
    """The day it was taken, ISO 8601; empty if nobody knows."""

    credit: str = ""
    """Whom to name, and the licence."""

    gsd_m: float | None = None
    """Metres a pixel."""

    role: str = ""
    """``before`` or ``after`` in a comparison."""

    image: Image | None = None
    """Nothing where the file is missing or another one by now."""

    stretch: Stretch | None = None
    """How its numbers become bytes: as the net saw it."""

    scores: Image | None = None
    """What the net scored, a band a head."""

    trouble: str = ""
    """The sentence that says why there is no picture."""

    box: Box | None = None
    """What it covers, in the run's frame; nothing if it cannot be placed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A run, ready to be reviewed."""

    run_id: str
    title: str
    crs: Any
    """Of every outline; none for local metres."""

    layouts: Mapping[str, Layout]
    """By name, in order of rank; sites at the end."""

    sights: tuple[Sight, ...]
    """In order of time."""

    things: Mapping[str, gpd.GeoDataFrame]
    """Layers ``buildings, walls, yards, changes, sites``."""

    pair: bool = False
    """True where two dates were compared."""

    def sights_of(self, layout: Layout) -> list[int]:
        """Tell which pictures show a layout; its own first, then by time."""
        box = shapely.box(*box_of(layout.outline))
        seen = [
            number
            for number, sight in enumerate(self.sights)
            if sight.scene == layout.scene
            or (sight.box is not None and shapely.box(*sight.box).intersects(box))
        ]
        return sorted(seen, key=lambda n: (self.sights[n].scene != layout.scene, n))

    def near(self, box: Box) -> dict[str, list[dict[str, Any]]]:
        """Collect what is drawn within a box, layer by layer."""
        view = shapely.box(*box)
        return {name: list(_shapes(frame, view)) for name, frame in self.things.items()}


def box_of(outline: BaseGeometry) -> Box:
    """Choose the square of ground to show around an outline."""
    left, bottom, right, top = outline.bounds
    longer = max(right - left, top - bottom)
    half = longer / 2 + max(LEAST, ROOM * longer)
    x, y = (left + right) / 2, (bottom + top) / 2
    return (x - half, y - half, x + half, y + half)


def wider(box: Box, times: float) -> Box:
    """Grow a box about its middle."""
    left, bottom, right, top = box
    dx, dy = ((right - left) * (times - 1) / 2, (top - bottom) * (times - 1) / 2)
    return (left - dx, bottom - dy, right + dx, top + dy)


def lines_of(shape: BaseGeometry) -> list[list[list[float]]]:
    """Write a polygon's rings, or a line, as lists of corners, to the centimetre."""
    parts = shapely.get_parts(shapely.simplify(shape, FINE))
    lines = (
        shapely.get_rings(parts) if shape.geom_type.endswith("Polygon") else list(parts.ravel())
    )
    return [shapely.get_coordinates(line).round(2).tolist() for line in lines]


def _shapes(frame: gpd.GeoDataFrame, view: BaseGeometry) -> Iterator[dict[str, Any]]:
    """Write the shapes of one layer that lie in view."""
    rows = frame.iloc[sorted(frame.sindex.query(view, predicate="intersects"))[:MOST]]
    words = [name for name in ("compound_id", "scene_id", "kind", "name") if name in rows]
    for record in rows[[*words, rows.geometry.name]].to_dict("records"):
        shape = record.pop(rows.geometry.name)
        told = {key: value for key, value in record.items() if isinstance(value, str)}
        yield {**told, "lines": lines_of(shape)}
