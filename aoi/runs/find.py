"""From scores to things: roofs, walls, yards, and the compounds they make up.

    scores (C, H, W) ──► buildings, walls, yards ──► compounds with evidence ──► scored
    one Seen a tile  ──► coverage

Everything here is in metres on the picture's work grid; the hand-over brings it to the run's
CRS.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from aoi.outputs.tables import EVIDENCE
from aoi.runs.coverage import coverage, ground_seen
from aoi.runs.look import Judged
from geo.blocks import find_yards_in_blocks
from geo.candidate import Candidate, name_of
from geo.change.weights import seen_once
from geo.grid import gsd_of
from geo.layout import find_compounds, owners
from geo.rim import without_rim
from geo.roofs import outline_roofs
from geo.score import Scorer
from geo.types import NODATA
from geo.walls import wall_lines
from geo.yards import yard_table

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """All that was found in one picture, in the CRS of its work grid."""

    layers: Mapping[str, gpd.GeoDataFrame]
    """``compounds, buildings, walls, yards, coverage`` with the columns of the data dictionary;
    ``rank`` and matching are still to come."""


def find_things(judged: Judged, heads: Sequence[str], scorer: Scorer) -> Things:
    """Find everything in one judged picture.

    Args:
        judged: the picture and its scores.
        heads: names of the scores' bands, in order.
        scorer: judges compounds.
    """
    started = time.perf_counter()
    band = dict(zip(heads, judged.scores, strict=True))
    grid, scene = judged.grid, judged.image.id
    buildings = outline_roofs(
        np.asarray(band["building"]), np.asarray(band["building_edge"]), grid, seen_once()
    )
    scores = np.asarray(band["wall"])
    wall = without_rim(scores, scores != NODATA, gsd_of(grid))
    walls = wall_lines(wall, grid)
    yards = yard_table(
        find_yards_in_blocks(wall, np.asarray(band["building"]), gsd_of(grid)), grid
    )
    ground = coverage(grid, judged.seen, judged.scores)
    found = find_compounds(yards, buildings, scene_id=scene, seen=ground_seen(ground))
    compounds = [scorer.judge(c, gsd_m=judged.gsd_m) for c in found]
    log.info(
        "found %d buildings, %d yards, %d compounds in %.1f s",
        len(buildings), len(yards), len(compounds), time.perf_counter() - started,
    )  # fmt: skip
    when = judged.image.time
    common = {"scene_id": scene, "observed_at": when}
    layers = {
        "compounds": _compounds(compounds, yards, common | {"gsd_m": judged.gsd_m}),
        "buildings": _named(buildings, "b", compounds, scene).assign(**common),
        "walls": _named(walls, "w", compounds, scene),
        "yards": _named(yards, "y", compounds, scene),
        "coverage": ground.assign(**common),
    }
    return Things(layers=layers)


def _compounds(
    found: Sequence[Candidate], yards: gpd.GeoDataFrame, common: Mapping[str, object]
) -> gpd.GeoDataFrame:
    rows = [
        {
            "id": candidate.id,
            "score": candidate.score,
            **candidate.evidence,
            "reasons": "\n".join(map(str, candidate.reasons)),
            "cannot_tell": candidate.cannot_tell,
            **common,
        }
        for candidate in found
    ]
    columns = ["id", "score", *(column.name for column in EVIDENCE), "reasons", "cannot_tell"]
    frame = pd.DataFrame(
        rows, columns=[*columns, *common]
    )  # the columns also of no rows at all
    outlines = [candidate.outline for candidate in found]
    return gpd.GeoDataFrame(frame, geometry=outlines, crs=yards.crs)


def _named(
    things: gpd.GeoDataFrame, letter: str, compounds: Sequence[Candidate], scene: str
) -> gpd.GeoDataFrame:
    """Give things a name and the compound they belong to."""
    names = [name_of(shape, scene, letter=letter) for shape in things.geometry]
    return things.assign(id=names, compound_id=owners(compounds, things.geometry))
