"""What lies on the desk: layouts and changes of a run, its pictures, all the map can show.

    Layout (outline, words)  Sight (picture, date)  things {layer: GeoDataFrame}  ──►  Book
    Book.near(box) ──► what is drawn around a layout, in metres of the run's own frame

Words that come of the score are kept apart (``judged``), so that they can be withheld from a
reviewer who must not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.read import Image
from geo.stretch import Stretch

Box = tuple[float, float, float, float]
"""Left, bottom, right, top; metres of the run's frame."""

ROOM, LEAST, LEAST_PIXELS = 0.35, 40.0, 25
"""Ground shown on every side: a share of the longer side, and at least so many metres and
pixels of the finest picture.  What a layout stands in is half of the judgement."""

FINE = 0.05
"""Metres by which a drawn line may leave the true one; a tenth of a pixel."""

MOST = 3000
"""Shapes of one layer on one map; beyond that nobody sees a single one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout or change to judge, or a registered site at which nothing was found."""

    id: str
    """Its name in the run."""

    outline: BaseGeometry
    """As the run wrote it; a site's is its disc."""

    scene: str = ""
    """The picture it was found in."""

    rank: int | None = None
    """Place in the queue, from 1."""

    score: float | None = None
    """0 to 1; nothing where none was given or it does not count.  Of a change, how sure we are
    of its kind."""

    told: Mapping[str, Any] = field(default_factory=dict)
    """Words that say nothing of the score: where, which picture, the register's match."""

    judged: Mapping[str, Any] = field(default_factory=dict)
    """Words that come of the score: likeness, reasons, measurements."""

    flags: tuple[str, ...] = ()
    """What filters ask for: ``new``, ``known``, ``ambiguous``, ``changed``, ``cannot_tell``."""

    is_site: bool = False
    """True for a site at which nothing was found: it can be looked at, not judged."""

    is_change: bool = False
    """True for what two dates differ in: the question is whether it is as told."""

    kind: str = ""
    """Of a change: what was told, ``built``, ``demolished``, …"""

    before: str = ""
    """Of a change: the picture before it; ``scene`` is the one after."""

    waits: bool = True
    """Whether anybody needs to judge it; a building told to be unchanged can be judged, and
    waits for nobody."""


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


@dataclass(frozen=True, slots=True)
class Gap:
    """An opening in a layout's perimeter."""

    x: float
    y: float
    """Its middle; metres of the run's frame."""

    width: float
    """Metres."""

    gate: bool
    """True where it is no wider than a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What it costs to leave a layout, and through which gaps."""

    box: Box
    """What the picture covers."""

    cost: bytes
    """PNG: clear where leaving is free, denser the stronger the weakest wall in the way."""

    gaps: tuple[Gap, ...]
    """Every opening along the walk round its yards."""


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

    ways: Callable[[str], Ways] | None = None
    """Measures the ways out of a layout again; nothing where the run has no layouts."""

    def box_of(self, layout: Layout) -> Box:
        """Choose the square of ground to show around a layout, wide enough for its pixels."""
        finest = min((sight.gsd_m for sight in self.sights if sight.gsd_m), default=0.0)
        return box_of(layout.outline, least=max(LEAST, LEAST_PIXELS * finest))

    def dates_of(self, layout: Layout) -> list[int] | None:
        """Tell which two pictures a change lies between; nothing where one is not here."""
        known = {sight.scene: number for number, sight in enumerate(self.sights)}
        both = [known.get(scene) for scene in (layout.before, layout.scene)]
        return (
            None if None in both or not layout.is_change else [n for n in both if n is not None]
        )

    def sights_of(self, layout: Layout) -> list[int]:
        """Tell which pictures show a layout; its own first, then by time."""
        box = shapely.box(*self.box_of(layout))
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


def box_of(outline: BaseGeometry, *, least: float = LEAST) -> Box:
    """Choose the square of ground to show around an outline, ``least`` metres on every side."""
    left, bottom, right, top = outline.bounds
    longer = max(right - left, top - bottom)
    half = longer / 2 + max(least, ROOM * longer)
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
