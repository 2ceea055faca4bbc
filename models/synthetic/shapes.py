"""What a drawn place is made of.

A plan is pure geometry in local metres (x right, y up) that nobody has looked at yet: no sun,
no colours, no pixels.  Labels are cut from it, never from the picture, so they are exact.

    Sketch (lists being filled)  ──►  Plan (frozen; yards measured)  ──►  paint, labels

Source: the nouns are those of the press on single sites (``compounds``); the rest is a
draughtsman's box.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Ring = NDArray[np.float64]
"""(N, 2) x, y in metres, counter-clockwise, not closed."""


def largest(shape: BaseGeometry) -> Polygon:
    """Keep the largest polygon of a shape."""
    if isinstance(shape, Polygon):
        return shape
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: float(part.area), default=Polygon())


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One roof on its walls, or what is left of it, or what is to become it."""

    footprint: Polygon
    """Outline on the ground."""

    height: float
    """Metres to the eaves; about 3.1 a storey."""

    roof: str = "flat"
    """``flat``, ``gable``, ``hip`` or ``shed``."""

    skin: str = "concrete"
    """What the roof is made of: a name in ``materials.ROOFS``."""

    stage: str = "roofed"
    """``roofed``, ``shell`` (rooms without a roof), ``foundation`` or ``rubble``."""

    use: str = "house"
    """``house``, ``dormitory``, ``hall``, ``tower``, ``hut``, ``block`` ..."""

    @property
    def storeys(self) -> int:
        """Floors above ground, at 3.1 m each."""
        return max(1, round(self.height / 3.1))

    @property
    def stands(self) -> bool:
        """Tell whether it is a building to a mapper: it has a roof."""
        return self.stage == "roofed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A line that stops a person, or only looks as if it did."""

    line: LineString
    """Its centreline."""

    height: float = 2.5
    """Metres."""

    thickness: float = 0.25
    """Metres."""

    kind: str = "wall"
    """``wall``, ``fence``, ``gate`` (a closed leaf), ``hedge`` or ``bank``."""

    @property
    def bars(self) -> bool:
        """Tell whether it counts as a barrier in the labels: hedges and banks do not."""
        return self.kind in {"wall", "fence", "gate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """Ground that a ring of walls and facades encloses, or nearly does."""

    polygon: Polygon
    """The whole ring, buildings included."""

    closed: bool
    """Closure of 0.8 at least and no open stretch wider than a gate."""

    closure: float
    """Barred share of the perimeter, 0 to 1."""

    gaps: tuple[float, ...]
    """Open stretches in metres, widest first; gates that are mere openings are among them."""

    gates: int = 1
    """Gates that were planned: leaves and openings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A piece of ground of one cover."""

    polygon: Polygon
    """Where."""

    cover: str
    """A name in ``materials.COVERS``."""

    soft: bool = False
    """Natural edges wander; made ones do not."""

    disturbed: bool = False
    """Bare, cleared or under construction: the ``ground`` label."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One crown."""

    x: float
    y: float
    radius: float
    """Metres."""
    height: float
    """Metres to the top."""
    species: int = 0
    """0 broadleaf, 1 dark, 2 palm, 3 shrub, 4 bright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """A small thing with a height that is no building: a car, a container, a tank."""

    polygon: Polygon
    height: float
    """Metres."""
    colour: tuple[float, float, float]
    """Red, green, blue, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """One planned whole with its kind, so that ranking can be judged."""

    kind: str
    """``walled_park``, ``factory``, ``plot`` ..."""

    outline: Polygon
    """Its outer perimeter."""

    gates: int
    """Gates planned in the outer perimeter."""

    stage: str = "roofed"
    """``clearing``, ``walls``, ``building`` or ``roofed``."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A sheet of paper: lists that generators fill."""

    buildings: list[Building] = field(default_factory=list)
    walls: list[Wall] = field(default_factory=list)
    rings: list[tuple[Polygon, int]] = field(default_factory=list)
    """Candidate yards with the gates planned for each."""
    patches: list[Patch] = field(default_factory=list)
    """Painted in order; later ones lie on top."""
    trees: list[Tree] = field(default_factory=list)
    props: list[Prop] = field(default_factory=list)
    compounds: list[Compound] = field(default_factory=list)

    def lay(
        self, polygon: BaseGeometry, cover: str, *, soft: bool = False, disturbed: bool = False
    ) -> None:
        """Lay a patch of ground over what is there; of several parts, the largest."""
        self.patches.append(
            Patch(polygon=largest(polygon), cover=cover, soft=soft, disturbed=disturbed)
        )

    def build(self, footprint: BaseGeometry, height: float, **how: str) -> None:
        """Put up a building: ``roof``, ``skin``, ``stage`` and ``use`` as in ``Building``."""
        self.buildings.append(Building(footprint=largest(footprint), height=height, **how))

    def add(self, other: Sketch) -> None:
        """Lay another sheet on top."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A finished place."""

    width: float
    """Metres, x from 0 to ``width``."""

    height: float
    """Metres, y from ``-height`` to 0."""

    region: str
    """A name in ``regions.REGIONS``: how people build and what grows."""

    base: str
    """Cover where no patch lies."""

    buildings: tuple[Building, ...]
    walls: tuple[Wall, ...]
    yards: tuple[Yard, ...]
    patches: tuple[Patch, ...]
    trees: tuple[Tree, ...]
    props: tuple[Prop, ...]
    compounds: tuple[Compound, ...]
