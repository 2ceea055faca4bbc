"""Tie layouts to registered sites, one to one, and say why.

A site is ground in which it must lie: a small disc, an outline, or a disc as wide as a town.  A
small disc or an outline can identify a layout, and then each takes at most one of the other.  A
town's disc identifies nothing: its layouts stay *new*, with a note.  Every site near the
imagery gets exactly one outcome, also when nothing can be said.

    compounds + Registry + seen ground ──► fits ──► one to one ──► Matches: outcome and sentence
                                            └─ towns ─► notes ─────┘        a compound, a site

Source: docs/decisions/0002-matching.md; minimum-cost assignment, Jonker and Volgenant 1987.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from odc.geo.crs import CRS
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from aoi.area import LONLAT, carry
from aoi.sites.assign import NOBODY, Pairs, Whole, assign
from aoi.sites.meet import ALONE, LIKELY, STEP, Geometries, Reals, fit, surround
from aoi.sites.site import Registry, Site, discs_of, placed_in
from aoi.sites.tell import Case, compound_rows, site_rows
from geo.errors import InputError, UnitsError

MARGIN = 1_000.0
"""Metres around the imagery; sites just outside are told of one by one, the rest counted."""

DEGREE = 110_000.0
"""Metres; a little less than any degree of latitude (110,574 m at the equator), so that a disc
counted in degrees is never too small."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What a run can say of its layouts and of the registered sites."""

    compounds: pd.DataFrame
    """A row per layout, in the caller's order and with its index: ``id``, ``outcome`` (new,
    known_seen, known_unchanged), ``site_id``, ``site_name`` (missing unless tied),
    ``match_distance_m`` (NaN unless tied), ``match_note``."""

    sites: gpd.GeoDataFrame
    """A row per site near the imagery, in the register's order: the columns of layer ``sites``
    (``id, name, aliases, status, outcome, precision_m, compound_ids, sources``), ``note`` and
    the disc or outline in the run's CRS."""

    outside: int
    """Placed sites far from the imagery; not in ``sites`` unless asked for."""

    unplaced: int
    """Sites registered without a place; not in ``sites`` unless asked for."""

    def counts(self) -> dict[str, int]:
        """Count the outcomes: ``new`` among layouts, all others among sites."""
        counts = Counter(self.sites["outcome"].tolist())
        counts["new"] = int((self.compounds["outcome"] == "new").sum())
        return {outcome: count for outcome, count in counts.items() if count}


def match(
    compounds: gpd.GeoDataFrame,
    sites: Registry,
    seen: BaseGeometry | None,
    *,
    previous: gpd.GeoDataFrame | None = None,
    outside: bool = False,
) -> Matches:
    """Tie layouts to sites, and say of every site near the imagery what the run can say.

    Args:
        compounds: layouts with ``id`` (unique), ``score`` (0 to 1, NaN counts as 0) and
            footprints in a CRS in metres, or in local metres.
        sites: a register; with a CRS where the compounds have one.
        seen: ground that was looked at and valid, in the compounds' CRS; ``None`` when nobody
            recorded it: then no site is ever called *not detected*.
        previous: layouts of the run before, with ``site_id``, in the same CRS; a site whose
            layout has kept its outline is *unchanged*.
        outside: give a row also to sites far from the imagery and to those without a place.

    Raises:
        InputError: columns are missing, or ids are not unique.
        UnitsError: footprints are in degrees, or register and footprints share no frame.
    """
    crs = _checked(compounds)
    # Sorted by name, ties are settled by name: the order of the files decides nothing.
    order = np.argsort(compounds["id"].to_numpy(dtype=str), kind="stable")
    footprints = compounds.geometry.to_numpy()[order]
    scores = np.nan_to_num(compounds["score"].to_numpy(dtype=float)[order])
    ground = None if seen is None else shapely.make_valid(seen)

    people = _near(sites, _extent(footprints, ground), crs)
    shapes = placed_in(people, sites.crs, crs)
    grounds = discs_of(people, shapes)
    tree = shapely.STRtree(footprints)
    precise = np.array([sites.identifies(site) for site in people], dtype=bool)
    fits = fit(people, shapes, tree, scores, precise=precise)
    taken = _tie(fits.pairs, len(people), scores)
    case = Case(
        sites=people,
        ids=[str(name) for name in compounds["id"].to_numpy()[order]],
        scores=scores,
        fits=fits,
        taken=taken,
        around=surround(people, shapes, tree, scores, precise=precise),
        grounds=grounds,
        shares=looked_at(grounds, ground),
        kept=_kept(people, taken, footprints, previous),
    )
    rows = compound_rows(case).iloc[np.argsort(order)].set_axis(compounds.index)
    told = site_rows(case, sites, everyone=outside, known=seen is not None)
    unplaced = sum(site.geometry is None for site in sites)
    log.info("%d layouts, %d sites near, %d tied", len(rows), len(people), (taken >= 0).sum())
    return Matches(
        compounds=rows,
        sites=gpd.GeoDataFrame(told, geometry="geometry", crs=compounds.crs),
        outside=len(sites) - len(people) - unplaced,
        unplaced=unplaced,
    )


def _tie(pairs: Pairs, sites: int, scores: Reals) -> Whole:
    """Give likely layouts away first, and weak ones only to sites that are still alone.

    In one go a weak layout would be given to one site so that its neighbour may have the
    likely one that fits them both.
    """
    alone = round(ALONE / STEP)
    likely = scores[pairs.col] >= LIKELY
    taken = assign(pairs.where(likely), sites, len(scores), alone=alone)
    rest = pairs.where(~likely & (taken[pairs.row] == NOBODY))
    return np.where(taken == NOBODY, assign(rest, sites, len(scores), alone=alone), taken)


def looked_at(grounds: Geometries, seen: BaseGeometry | None) -> Reals:
    """Measure which share of each site's ground was looked at.

    Args:
        grounds: (S,) polygons in metres.
        seen: valid ground that was looked at, or ``None`` when nobody recorded it.

    Returns:
        (S,) 0 to 1; NaN where ``seen`` is ``None``.
    """
    if seen is None:
        return np.full(len(grounds), np.nan)
    shapely.prepare(seen)
    shares: Reals = shapely.covers(seen, grounds).astype(float)
    part = np.flatnonzero((shares == 0) & shapely.intersects(seen, grounds))
    shared = shapely.area(shapely.intersection(grounds[part], seen))
    shares[part] = np.clip(shared / shapely.area(grounds[part]), 0, 1)
    return shares


def _checked(compounds: gpd.GeoDataFrame) -> CRS | None:
    """Check what came in; return its CRS."""
    missing = [column for column in ("id", "score") if column not in compounds.columns]
    if missing:
        there = ", ".join(map(str, compounds.columns))
        raise InputError(f"Compounds need the columns id and score; there are {there}.")
    twice = compounds["id"][compounds["id"].duplicated()].tolist()
    if twice:
        raise InputError(f"Compounds need ids of their own; {twice[0]!r} is there twice.")
    crs = None if compounds.crs is None else CRS(compounds.crs)
    if crs is not None and crs.geographic:
        raise UnitsError(
            f"Matching measures in metres, and the compounds are in degrees ({crs}). "
            "Put them into the UTM zone of the place first."
        )
    return crs


def _extent(footprints: Geometries, seen: BaseGeometry | None) -> Polygon:
    """Draw a box around what was looked at and found; empty when there was nothing."""
    shapes = [*footprints, *([] if seen is None else [seen])]
    drawn = [shape for shape in shapes if shape is not None and not shape.is_empty]
    return box(*shapely.total_bounds(drawn).tolist()) if drawn else Polygon()


def _near(sites: Registry, window: Polygon, crs: CRS | None) -> tuple[Site, ...]:
    """Find the placed sites whose ground may meet the extent, sorted by id.

    In degrees first: projecting a site of another continent into a UTM zone gives nonsense.
    """
    people = [site for site in sites if site.geometry is not None]
    if not people or window.is_empty:
        return ()
    if (sites.crs is None) != (crs is None):
        placed_in(people[:1], sites.crs, crs)  # raises the sentence
    radius = np.array([site.precision_m or 0.0 for site in people]) + MARGIN
    bounds = shapely.bounds(np.array([site.geometry for site in people], dtype=object))
    if crs is None:
        wide = high = radius
        centre = 0.0
    else:
        around = carry(np.array([window.segmentize(window.length / 100)]), crs, LONLAT)[0]
        centre = float(carry(np.array([window.centroid]), crs, LONLAT)[0].x)
        high = radius / DEGREE
        steepest = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1) + high, 89.0)
        wide = high / np.cos(np.radians(steepest))
        window = _turned(around, centre)
        bounds[:, [0, 2]] = _about(bounds[:, [0, 2]], centre)
    west, south, east, north = window.bounds
    meets = (bounds[:, 0] - wide <= east) & (bounds[:, 2] + wide >= west)
    meets &= (bounds[:, 1] - high <= north) & (bounds[:, 3] + high >= south)
    chosen = [people[i] for i in np.flatnonzero(meets)]
    return tuple(sorted(chosen, key=lambda site: site.id))


def _about(lon: Reals, centre: float) -> Reals:
    """Write longitudes as -180 to 180 about another meridian than Greenwich."""
    turned: Reals = (lon - centre + 540.0) % 360.0 - 180.0
    return turned


def _turned(outline: BaseGeometry, centre: float) -> Polygon:
    """Turn an outline so that its longitudes count from ``centre``: no seam runs through it."""
    corners = shapely.get_coordinates(outline)
    west, east = _about(corners[:, 0], centre).min(), _about(corners[:, 0], centre).max()
    return box(west, corners[:, 1].min(), east, corners[:, 1].max())


def _kept(
    sites: tuple[Site, ...],
    taken: Whole,
    footprints: Geometries,
    previous: gpd.GeoDataFrame | None,
) -> Reals:
    """Measure how far each tied layout covers the one tied to the same site last time.

    Returns:
        (S,) intersection over union, 0 to 1; NaN for sites tied now or then to nothing.
    """
    kept = np.full(len(sites), np.nan)
    if previous is None or "site_id" not in previous.columns:
        return kept
    last = dict(zip(previous["site_id"], previous.geometry, strict=True))
    for number in np.flatnonzero(taken != NOBODY).tolist():
        before, now = last.get(sites[number].id), footprints[taken[number]]
        if before is not None:
            before, now = shapely.make_valid(before), shapely.make_valid(now)
            whole = before.union(now).area
            kept[number] = before.intersection(now).area / whole if whole else 0.0
    return kept
