"""Group yards and buildings into compounds, and measure each.

A walled place is rarely one yard: inner walls, guard courts and rows of blocks cut it up.
Which of them belong together :mod:`geo.subordination` tells; here each group gets its outline
and what can be measured of it.

    yards, buildings ──► host of each yard ──► outline (metres) ──► Candidate with evidence
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.candidate import Candidate, name_of
from geo.errors import InputError, UnitsError
from geo.evidence import EVIDENCE, ISOLATION, Roofs, Shapes, layout_of, roofs_of
from geo.subordination import WALL, find_contacts, find_hosts, group, settle

MIN_AREA = 1000.0
"""Square metres.  A tenth of a hectare: smaller yards are house plots; they stay in the layer
``yards``."""

PERIMETER = ("enclosure", "closure", "double_perimeter")
"""What the members' yards give to the compound in proportion to their outer perimeter."""

YARD_COLUMNS = (*PERIMETER, "largest_gap_m", "gates", "cut_by_edge")
"""What every row of ``yards`` must say about its yard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One scene's yards and buildings, ready to be asked."""

    yards: gpd.GeoDataFrame
    grounds: Shapes  # (Y,) yards with their holes filled
    roofs: Roofs  # (B,)
    tree: shapely.STRtree  # of the roofs
    owner: NDArray[np.intp]  # (B,) the main yard each roof belongs to, or -1
    seen: BaseGeometry | None


@np.errstate(divide="ignore", invalid="ignore")  # GEOS leaves flags up that mean nothing
def find_compounds(
    yards: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    *,
    scene_id: str,
    min_area: float = MIN_AREA,
    seen: BaseGeometry | None = None,
) -> list[Candidate]:
    """Group yards and the buildings in and between them into compounds with evidence.

    A compound needs no building: freshly walled ground is worth a look, and the score says
    what it lacks.

    Args:
        yards: polygons in metres with ``YARD_COLUMNS``; NaN where something was not measured.
        buildings: polygons in metres, in the same CRS.
        scene_id: the picture both come from; enters the names.
        min_area: square metres inside the outer perimeter; smaller ones are left out.
        seen: the ground that was looked at, same CRS; where its edge is nearer than the next
            building, ``isolation_m`` is NaN.  ``None``: everything around was seen.

    Returns:
        Candidates with outline and evidence, unscored, largest first; empty, never None.

    Raises:
        UnitsError: a layer is in degrees.
        InputError: a column is missing, the layers' CRS differ, or a coordinate is no number.
    """
    _check(yards, buildings)
    grounds, kept = _filled(np.asarray(yards.geometry.array, object))
    if not len(grounds):
        return []
    shapes, _ = _filled(np.asarray(buildings.geometry.array, object))
    roofs = roofs_of(shapes)
    tree = shapely.STRtree(roofs.shapes)
    contacts = find_contacts(grounds, roofs, tree)
    hosts = find_hosts(grounds, roofs, contacts)
    place = _Place(
        yards=yards.iloc[kept],
        grounds=grounds,
        roofs=roofs,
        tree=tree,
        owner=settle(grounds, len(roofs), contacts, hosts),
        seen=seen,
    )
    members = group(hosts)
    found = [c for m in members if (c := _compound(place, m, min_area, scene_id)) is not None]
    return sorted(found, key=lambda c: (-c.evidence["area_ha"], c.id))


def owners(compounds: Sequence[Candidate], things: gpd.GeoSeries) -> list[str]:
    """Name the compound each building, wall or yard lies in or along.

    Args:
        compounds: with outlines in metres.
        things: any geometries, same CRS.

    Returns:
        One id a thing, ``""`` for those more than a wall's thickness outside all of them.
    """
    names = [""] * len(things)
    if not compounds or not len(things):
        return names
    tree = shapely.STRtree(shapely.buffer([c.outline for c in compounds], WALL))
    inside = shapely.point_on_surface(np.asarray(things.array, object))
    thing, compound = tree.query(inside, predicate="intersects")
    for i, j in zip(thing[::-1], compound[::-1], strict=True):
        names[i] = compounds[j].id
    return names


def _check(yards: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    """Refuse layers that cannot be measured, with a sentence that names what is wrong."""
    if missing := [name for name in YARD_COLUMNS if name not in yards.columns]:
        raise InputError(f"Yards need the columns {', '.join(missing)}; find_yards gives them.")
    for name, layer in (("yards", yards), ("buildings", buildings)):
        if layer.crs is not None and layer.crs.is_geographic:
            raise UnitsError(
                f"The {name} are in degrees ({layer.crs.to_string()}); lengths need metres. "
                "Project them to the UTM zone of the place first."
            )
        if not np.isfinite(shapely.get_coordinates(np.asarray(layer.geometry.array))).all():
            raise InputError(f"The {name} have corners that are not numbers; draw them again.")
    if len(yards) and len(buildings) and yards.crs != buildings.crs:
        raise InputError(
            f"Yards lie in {yards.crs}, buildings in {buildings.crs}; bring both to one CRS."
        )


def _filled(shapes: Shapes) -> tuple[Shapes, NDArray[np.intp]]:
    """Fill the holes of each shape; return valid ones that have an area, and their indices."""
    valid = shapely.make_valid(shapes)
    parts, index = shapely.get_parts(valid, return_index=True)
    solid = np.isin(shapely.get_type_id(parts), (3,)) & (shapely.area(parts) > 0)
    nested = shapely.get_type_id(parts) > 3  # make_valid may hide polygons one level deeper
    if nested.any():
        deep, at = shapely.get_parts(parts[nested], return_index=True)
        parts, index = np.concatenate([parts, deep]), np.concatenate([index, index[nested][at]])
        solid = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)
    parts, index = parts[solid], index[solid]
    if not len(parts):
        return np.empty(0, object), np.empty(0, np.intp)
    parts = np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)), object)
    kept, counts = np.unique(index, return_counts=True)
    if (counts == 1).all():
        order = np.argsort(index, kind="stable")
        return parts[order], kept
    whole = [shapely.union_all(parts[index == i]) for i in kept]
    return np.array(whole, object), kept


def _compound(
    place: _Place, members: NDArray[np.intp], min_area: float, scene_id: str
) -> Candidate | None:
    """Draw and measure one compound; None where it is too small."""
    inside = np.flatnonzero(place.owner == members[0])
    outline = _outline(place.grounds[members], place.roofs.shapes[inside])
    if outline.area < min_area:
        return None
    evidence = {
        **_perimeter(place, members, outline),
        **layout_of(outline, place.roofs.take(inside)),
        "isolation_m": _isolation(place, outline, members[0]),
    }
    return Candidate(
        id=name_of(outline, scene_id),
        outline=outline,
        evidence={name: evidence[name] for name in EVIDENCE},
    )


def _outline(grounds: Shapes, roofs: Shapes) -> Polygon:
    """Draw the outer perimeter round yards and the buildings on their rim, walls included."""
    whole = shapely.union_all(np.concatenate([grounds, roofs]))
    if whole.geom_type != "Polygon":
        whole = shapely.buffer(whole, WALL, join_style="mitre", mitre_limit=2.0)
        whole = shapely.buffer(whole, -WALL, join_style="mitre", mitre_limit=2.0)
    largest = max(shapely.get_parts(whole), key=lambda part: part.area)
    return Polygon(largest.exterior)


def _perimeter(place: _Place, members: NDArray[np.intp], outline: Polygon) -> dict[str, float]:
    """Sum up what the yards say, each in proportion to its part of the outer perimeter.

    ``enclosure``, ``closure``, ``double_perimeter``: mean over the members, weighted by the
    metres of their edge that lie along the outline; where a yard within has its second wall
    outside, that wall is the outline, so ``double_perimeter`` is at least the metres so
    doubled over those of the outline.  ``largest_gap_m``: the widest of the members that reach
    the outline.  ``gates``: of the main yard, for an annex may open into it.  ``cut_by_edge``:
    1 where any member on the outline is cut.
    """
    yards = place.yards.iloc[members]
    rim = shapely.buffer(outline.exterior, WALL)
    edges = shapely.boundary(place.grounds[members])
    exposed = shapely.length(shapely.intersection(edges, rim))
    lengths = shapely.length(edges)
    outer = exposed > 0.05 * lengths  # more than a corner
    told = {name: _mean(yards[name].to_numpy(float), exposed) for name in PERIMETER}
    doubled = yards["double_perimeter"].to_numpy(float)[~outer] @ lengths[~outer]
    if doubled > told["double_perimeter"] * outline.exterior.length:
        told["double_perimeter"] = min(1.0, float(doubled) / outline.exterior.length)
    gaps = yards["largest_gap_m"].to_numpy(float)[outer]
    return {
        **told,
        "largest_gap_m": float(np.nanmax(gaps)) if np.isfinite(gaps).any() else math.nan,
        "gates": float(yards["gates"].iloc[0]),
        "cut_by_edge": float(yards["cut_by_edge"].to_numpy(bool)[outer].any()),
    }


def _mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Average what was measured; NaN where nothing was."""
    known = np.isfinite(values) & (weights > 0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else math.nan


def _isolation(place: _Place, outline: Polygon, main: int) -> float:
    """Measure metres to the nearest building outside, ``ISOLATION`` at most.

    NaN where the unseen begins nearer than the nearest building.
    """
    nearest = ISOLATION
    for radius in (25.0, 125.0, ISOLATION):  # most have neighbours: do not measure a town
        near = place.tree.query(outline, predicate="dwithin", distance=radius)
        outside = near[place.owner[near] != main]
        if len(outside):
            nearest = float(shapely.distance(outline, place.roofs.shapes[outside]).min())
            break
    if place.seen is not None and outline.distance(place.seen.boundary) < nearest:
        return math.nan
    return nearest
