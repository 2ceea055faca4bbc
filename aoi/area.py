"""Named outlines of ground to look at.

An area is a polygon and a name.  It comes from a file, from four numbers or from the bundled
list, and says nothing about what stands inside it.  Outlines are longitude and latitude
(EPSG:4326), or local metres (``crs`` is ``None``) for pictures that lie nowhere on Earth.

    text ──► a file?  four numbers?  a bundled name? ──► Area ──.to(crs)──► outline in metres
"""

from __future__ import annotations

import difflib
import json
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.crs import CRS
from pyproj import Transformer
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError, UnitsError
from geo.vectors import read_vectors

Outline: TypeAlias = Polygon | MultiPolygon
"""What ground looks like on a map."""

LONLAT = CRS("EPSG:4326")
"""Longitude and latitude in degrees; x is longitude."""

CHORD = 0.01
"""Share of an outline's longer side.  Edges are cut into pieces this long before they are
projected, so that a straight line in degrees bends as it should."""

NUMBER = r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*"
"""One number of a bounding box, as people type it."""

BBOX = re.compile(rf"{NUMBER}(?:,{NUMBER}){{3}}")
"""``west,south,east,north``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A named piece of ground."""

    name: str
    """Short, stable, kebab-case for bundled areas: ``kk-park``."""

    outline: Outline
    """Valid, not empty; EPSG:4326, or local metres where ``crs`` is ``None``."""

    crs: CRS | None = LONLAT
    """EPSG:4326, or ``None`` for local metres: x right, y up."""

    title: str = ""
    """As people write it: ``KK Park``."""

    aliases: tuple[str, ...] = ()
    """Other spellings that find it."""

    country: str = ""
    """Empty when nobody said."""

    basis: str = ""
    """One sentence: where the outline is from, and what it is not."""

    sites: tuple[str, ...] = ()
    """Ids of the bundled sites that lie or are reported in it."""

    def __post_init__(self) -> None:
        """Refuse outlines that enclose nothing, cross themselves or are not where they say."""
        if not isinstance(self.outline, Polygon | MultiPolygon) or self.outline.is_empty:
            raise InputError(f"Area {self.name} has no polygon; an area is a polygon.")
        if not self.outline.is_valid:
            why = shapely.is_valid_reason(self.outline)
            raise InputError(
                f"The outline of area {self.name} is not valid ({why}). "
                "Mend it first, in QGIS with 'Fix geometries'."
            )
        if self.crs is not None and not within_degrees(self.outline):
            raise InputError(
                f"Area {self.name} reaches beyond 180 degrees of longitude or 90 of latitude: "
                f"{_words(self.outline.bounds)}. Are its numbers metres, or swapped?"
            )

    def to(self, crs: CRS | None) -> Outline:
        """Return the outline in another frame.

        Args:
            crs: of a run; ``None`` for pictures in local metres.

        Raises:
            UnitsError: one of the two lies on Earth and the other nowhere.
        """
        if (crs is None) != (self.crs is None):
            lost, placed = ("picture", "area") if crs is None else ("area", "picture")
            raise UnitsError(
                f"Area {self.name} does not fit: the {lost} is in local metres and lies "
                f"nowhere on Earth, the {placed} has a CRS. Give both a CRS, or neither."
            )
        return self.outline if crs is None else project(self.outline, LONLAT, crs)


def within_degrees(geometry: BaseGeometry) -> bool:
    """Tell whether all coordinates can be longitudes and latitudes."""
    west, south, east, north = geometry.bounds
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90


def project(outline: Outline, source: CRS, target: CRS) -> Outline:
    """Carry an outline from one CRS to another, its edges bent where they should be.

    Raises:
        InputError: part of the outline cannot be drawn in ``target``.
    """
    if source == target:
        return outline
    west, south, east, north = outline.bounds
    step = max(east - west, north - south) * CHORD
    there = carry(np.array([outline.segmentize(step)], dtype=object), source, target)
    if not np.isfinite(shapely.get_coordinates(there)).all():
        raise InputError(f"An outline at {_words(outline.bounds)} cannot be drawn in {target}.")
    return _polygons(list(there))


def carry(shapes: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    """Carry the corners of many shapes from one CRS to another.

    Args:
        shapes: (N,) geometries; ``None`` stays ``None``.
        source: their CRS.
        target: where to; x stays x, in degrees longitude.

    Returns:
        (N,) new geometries, infinite where ``target`` cannot show them.
    """
    transformer = Transformer.from_crs(source.proj, target.proj, always_xy=True)

    def move(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry corners, (N, 2), all at once."""
        return np.column_stack(transformer.transform(corners[:, 0], corners[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(shapes, move)
    return moved


def find_area(text: str | Path, *, local: bool = False) -> Area:
    """Find the area that a person means.

    Args:
        text: a file (GeoJSON, GeoPackage, KML, any vector format), four numbers
            ``west,south,east,north`` in degrees (west > east crosses the 180th meridian), or
            the name of a bundled area in any spelling.
        local: the picture has no CRS: numbers and files are local metres, x right and y up.

    Raises:
        InputError: nothing fits; the sentence names the nearest bundled names.
    """
    words = str(text).strip()
    if Path(words).is_file():
        return _from_file(Path(words), local=local)
    if BBOX.fullmatch(words):
        return _from_bbox(words, local=local)
    for area in list_areas():
        if _key(words) in {_key(name) for name in (area.name, area.title, *area.aliases)}:
            return area
    raise InputError(_unknown(words))


def list_areas() -> list[Area]:
    """List the bundled areas, in the order of the file."""
    return list(_bundled())


@cache
def _bundled() -> tuple[Area, ...]:
    """Read the bundled areas once."""
    text = files("aoi").joinpath("data", "areas.geojson").read_text(encoding="utf-8")
    return tuple(_from_feature(feature) for feature in json.loads(text)["features"])


def _from_feature(feature: dict[str, dict[str, str]]) -> Area:
    words = feature["properties"]
    return Area(
        name=words["id"],
        outline=_polygons([shape(feature["geometry"])]),
        title=words["title"],
        aliases=tuple(words["aliases"]),
        country=words["country"],
        basis=words["basis"],
        sites=tuple(words["sites"]),
    )


def _from_bbox(words: str, *, local: bool) -> Area:
    """Make an area of four numbers; a box over the 180th meridian becomes two."""
    west, south, east, north = (float(number) for number in words.split(","))
    if south >= north or west == east or (local and west > east):
        raise InputError(
            f"The box {words} encloses nothing. Write west,south,east,north"
            f"{' in local metres, y up' if local else ', for instance 104.8,11.5,105.0,11.6'}."
        )
    if local:
        outline: Outline = box(west, south, east, north)
    elif west < east:
        outline = box(west, south, east, north)
    else:
        outline = MultiPolygon([box(west, south, 180, north), box(-180, south, east, north)])
    return Area(name=words, outline=outline, crs=None if local else LONLAT, basis="As typed.")


def _from_file(path: Path, *, local: bool) -> Area:
    """Make one area of all polygons in a file."""
    frame = read_vectors(path, need_crs=False)
    shapes = frame.geometry.dropna().to_numpy()
    ground = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    ground = ground[~shapely.is_empty(ground)]
    if not len(ground):
        kinds = Counter(str(s.geom_type) for s in shapes if not s.is_empty)
        found = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "nothing drawn"
        raise InputError(f"{path} holds no polygon ({found}); an area is a polygon.")
    outline = _polygons(list(ground))
    # GeoJSON is always in degrees, says RFC 7946; for a picture without a CRS that cannot be
    # meant, so there its numbers are metres.
    crs = None if local or frame.crs is None else CRS(frame.crs)
    if crs is not None:
        outline = project(outline, crs, LONLAT)
    basis = f"The polygons of {path.name}."
    return Area(name=path.stem, outline=outline, crs=crs and LONLAT, basis=basis)


def _polygons(shapes: list[BaseGeometry]) -> Outline:
    """Melt shapes into one outline; slivers of lines that projecting leaves are dropped."""
    whole = shapely.union_all(shapely.make_valid(np.array(shapes, dtype=object)))
    if isinstance(whole, Polygon | MultiPolygon):
        return whole
    parts = [part for part in shapely.get_parts(whole) if isinstance(part, Polygon)]
    return MultiPolygon(parts)


def _unknown(words: str) -> str:
    """Say that nothing fits, and what may have been meant."""
    if Path(words).suffix or "/" in words or "\\" in words:
        return f"There is no area file {words}. Check the path, or see 'stockade areas'."
    if words.count(",") == 3:
        return f"{words!r} is not a box. Write four numbers: west,south,east,north."
    names = {_key(n): a.name for a in list_areas() for n in (a.name, a.title, *a.aliases)}
    near = difflib.get_close_matches(_key(words), names, n=3, cutoff=0.5)
    nearest = " or ".join(dict.fromkeys(names[key] for key in near))
    hint = f"Did you mean {nearest}? " if nearest else ""
    return f"There is no area called {words!r}. {hint}'stockade areas' lists the bundled ones."


def _key(name: str) -> str:
    """Reduce a name to what its spellings share: ``O'Smach`` and ``o-smach`` are one."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _words(bounds: tuple[float, float, float, float]) -> str:
    """Write bounds as west,south,east,north, to a hundredth: an error is no place for more."""
    return ",".join(f"{v:.2f}" if math.isfinite(v) else "?" for v in bounds)
