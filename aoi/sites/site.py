"""One reported site, and a register of them.

A site is a disc (a point and ``precision_m``) or an outline, never a bare point: public reports
name towns far more often than buildings.  A site without a place is still a site.

    Point + precision_m  ──►  disc  ┐
    Polygon              ──►  itself├─ .disc(crs): metres
    no place             ──►  None  ┘
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.crs import CRS
from shapely.geometry import MultiPolygon, Point, Polygon

from aoi.area import LONLAT, Outline, carry
from geo.errors import UnitsError

STATUS_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "reported": "named as a scam site by an investigation, embassy, police or survivor",
        "suspected": "alleged by one side, or inferred from features, and unverified",
        "sanctioned": "named in a government sanctions action",
        "raided": "an official raid or search is reported",
        "searched_nothing_reported": "searched; authorities said no crime",
        "emptied": "people reported leaving, buildings standing",
        "abandoned": "found empty",
        "demolished_partial": "independent imagery analysis shows part destroyed",
        "demolished_claimed": "demolition claimed by authorities only",
        "seized": "taken by an armed group",
        "closed": "reported shut",
    }
)
"""What was reported of a site, and what each word means; none of them is our finding."""

PRECISIONS: Mapping[str, str] = MappingProxyType(
    {
        "source": "a public source gives this coordinate",
        "place": "centre of the named town or district",
        "area": "computed from a distance in the source, or the nearest town",
        "province": "province capital only",
        "none": "not placed",
    }
)
"""How a site got its point."""

IDENTIFYING_M = 2000.0
"""Metres.  In a wider disc a layout is a neighbour, not an identification: the largest walled
park of the register fits in 2 km, and a town has many (docs/decisions/0002-matching.md)."""

DEGREE = 111_195.0
"""Metres; a degree of a great circle on a sphere of 6,371 km.  Good to half a per cent, which
is enough to say how wide an outline is, or how far a point was moved."""

CIRCLE = 64
"""Corners of a drawn disc; its area is then 0.16 % short of the true one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a report was published."""

    publisher: str
    """Who published it; never the name of a private person."""

    url: str
    """Its address."""

    title: str = ""
    """Its headline."""

    date: str = ""
    """ISO 8601, to the precision known: ``2025-12`` is a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that reports speak of."""

    id: str
    """Unique in its register, for instance ``mm-kk-park``."""

    name: str
    """As the reports write it."""

    geometry: Point | Outline | None = None
    """EPSG:4326, or local metres in a register without a CRS; none when nobody placed it."""

    precision_m: float | None = None
    """Metres; radius of the disc in which the site lies somewhere.  Positive for points."""

    precision: str = "none"
    """How it was placed: a key of ``PRECISIONS``."""

    status_class: str = "suspected"
    """What was reported: a key of ``STATUS_CLASSES``."""

    status: str = ""
    """The same in words, with dates."""

    aliases: tuple[str, ...] = ()
    """Other names seen in a source."""

    aliases_unverified: tuple[str, ...] = ()
    """Names from general knowledge that were seen in no source."""

    related_names: tuple[str, ...] = ()
    """Owners, wider zones, possible confusions."""

    country: str = ""
    """Empty when unknown, as all that follow."""

    province: str = ""
    """First-level division."""

    town: str = ""
    """Town or district named by the reports."""

    kind: str = ""
    """What the reports say stands there."""

    coord_source: str = ""
    """Who gives the coordinate."""

    sources: tuple[Source, ...] = ()
    """The reports."""

    notes: str = ""
    """Conflicts between sources, and whatever a reader must know."""

    @property
    def precise(self) -> bool:
        """Whether it was placed itself, and not its town: an outline, or a small disc."""
        if self.geometry is None or self.precision in {"place", "area", "province"}:
            return False
        drawn = not isinstance(self.geometry, Point)
        return drawn or (self.precision_m or np.inf) < IDENTIFYING_M

    def disc(self, crs: CRS | None) -> Outline | None:
        """Draw the ground in which the site lies, in metres.

        Args:
            crs: of the run, in metres; ``None`` for a register in local metres.

        Returns:
            A disc of radius ``precision_m``, or the outline; ``None`` for a site without a
            place.
        """
        frame = LONLAT if crs is not None else None
        outline = discs_of([self], placed_in([self], frame, crs))[0]
        return outline if isinstance(outline, Polygon | MultiPolygon) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A register of sites, all in one frame."""

    sites: tuple[Site, ...]
    """In the order of the file; ids are unique."""

    crs: CRS | None = LONLAT
    """EPSG:4326, or ``None`` for local metres."""

    name: str = ""
    """Where it was read from, for messages and manifests."""

    _by_id: Mapping[str, Site] = field(init=False, repr=False, compare=False)
    """Found by id."""

    def __post_init__(self) -> None:
        """Index the sites."""
        object.__setattr__(self, "_by_id", {site.id: site for site in self.sites})

    def __len__(self) -> int:
        """Count the sites."""
        return len(self.sites)

    def __iter__(self) -> Iterator[Site]:
        """Go through the sites in order."""
        return iter(self.sites)

    def __getitem__(self, site_id: str) -> Site:
        """Find a site by id; ``KeyError`` when it is not there."""
        return self._by_id[site_id]

    def identifies(self, site: Site) -> bool:
        """Tell whether a layout can be tied to this very site.

        An outline as wide as a disc that identifies nothing is that of a town or a province,
        whatever word stands beside it.
        """
        if site.geometry is None or not site.precise or isinstance(site.geometry, Point):
            return site.precise
        west, south, east, north = site.geometry.bounds
        if self.crs is None:
            return math.hypot(east - west, north - south) / 2 < IDENTIFYING_M
        width = (east - west) * math.cos(math.radians((south + north) / 2))
        return DEGREE * math.hypot(width, north - south) / 2 < IDENTIFYING_M


def placed_in(
    sites: Sequence[Site], source: CRS | None, target: CRS | None
) -> NDArray[np.object_]:
    """Put sites as registered (points and polygons) into the frame of a run.

    Args:
        sites: with or without a place.
        source: frame of their register.
        target: frame of the run; metres.

    Returns:
        (N,) geometries, ``None`` where a site has no place.

    Raises:
        UnitsError: ``target`` is in degrees, or only one of the two lies on Earth.
    """
    if (source is None) != (target is None):
        raise UnitsError(
            "The register and the picture do not share a frame: one has a CRS and the other is "
            "in local metres. Give both a CRS, or neither."
        )
    if target is not None and target.geographic:
        raise UnitsError(f"Discs are drawn in metres; {target} is in degrees. Use a UTM zone.")
    shapes = np.array([site.geometry for site in sites], dtype=object)
    if source is None or target is None or not len(shapes):
        return shapes
    return carry(shapes, source, target)


def discs_of(sites: Sequence[Site], shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Draw every site's ground: points become discs, outlines stay.

    Args:
        sites: (N,) with their precisions.
        shapes: (N,) the same sites as placed in a frame in metres.

    Returns:
        (N,) polygons, ``None`` where a site has no place.
    """
    grounds = shapes.copy()
    radii = np.array([site.precision_m or 0.0 for site in sites], dtype=float)
    points = shapely.get_type_id(shapes) == 0
    turn = np.linspace(0, 2 * np.pi, CIRCLE + 1)
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=-1)  # (CIRCLE + 1, 2)
    centres = shapely.get_coordinates(shapes[points])[:, None, :]
    grounds[points] = shapely.polygons(centres + radii[points, None, None] * unit)
    return grounds
