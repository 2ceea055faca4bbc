"""Read the layers of a package as the run wrote them, whatever was done to it in QGIS since.

Only the decision log changes what stands.  A layout that was deleted in QGIS is told all the
same, one that was split is told once, and one that lost its outline has it back: the package
remembers name, outline and words of each.  What was measured of a deleted one it does not.

    stockade.gpkg ──► rows ──by stockade_base──► rows as written ──► every layer, conformed
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from aoi.outputs.base import Base, read_base
from aoi.outputs.schema import conform
from aoi.outputs.tables import LAYERS, REVIEWED
from geo.errors import InputError
from geo.vectors import OGR_ERRORS

log = logging.getLogger(__name__)


def read_written(package: Path, run_id: str) -> dict[str, gpd.GeoDataFrame]:
    """Read every layer of a package, conformed, without what somebody edited in the file.

    Args:
        package: ``stockade.gpkg`` of a run; an older one remembers nothing and stays as it is.
        run_id: of layouts whose rows were deleted.

    Raises:
        InputError: it is missing or no package of ours.
    """
    if not package.is_file():
        raise InputError(f"{package.parent} holds no {package.name}; is it a run's folder?")
    try:
        bases: Mapping[str, Base] | None = read_base(package)[0]
    except InputError:
        bases = None
    layers = {}
    for name in LAYERS:
        rows = _rows(package, name)
        if bases is not None and name in REVIEWED:
            own = {one.id: one for one in bases.values() if one.layer == name}
            rows = _unedited(name, rows, own, run_id)
        layers[name] = conform(name, rows)
    return layers


def _rows(package: Path, name: str) -> gpd.GeoDataFrame:
    """Read those columns of a layer that the contract knows."""
    try:
        rows = pyogrio.read_dataframe(package, layer=name)
    except OGR_ERRORS as error:
        raise InputError(f"{package} has no layer {name} that can be read.") from error
    if rows.crs is not None and rows.crs.is_engineering:  # local metres, said aloud
        rows = rows.set_crs(None, allow_override=True)
    known = [column for column in rows.columns if column in LAYERS[name].names]
    return rows[[*known, "geometry"]]


def _unedited(
    name: str, rows: gpd.GeoDataFrame, bases: Mapping[str, Base], run_id: str
) -> gpd.GeoDataFrame:
    """Put a layer back to how it was written, each layout and change once."""
    if not bases:
        return rows if name == "changes" else rows.iloc[:0]  # older packages knew no changes
    kept = rows[rows["id"].isin(list(bases))].drop_duplicates("id")
    lost = [one for one in bases if one not in set(kept["id"])]
    if lost:
        log.warning(
            "rows of layer %s were deleted or lost their id: %s; their outlines and words are "
            "told as they were written, what was measured of them is not known any more",
            name,
            ", ".join(lost),
        )
        kept = pd.concat([kept, _bare(name, lost, kept, run_id)], ignore_index=True)
    shapes = [bases[one].outline for one in kept["id"]]
    words: dict[str, Any] = {
        column: [bases[one].words[word] for one in kept["id"]]
        for word, column in REVIEWED[name].items()
    }
    plain = pd.DataFrame(kept.drop(columns="geometry")).assign(**words)
    return gpd.GeoDataFrame(plain, geometry=shapes, crs=rows.crs)


def _bare(name: str, lost: list[str], kept: gpd.GeoDataFrame, run_id: str) -> pd.DataFrame:
    """Make rows for those that were deleted, on the ranks that the others leave free."""
    told: dict[str, Any] = {"id": lost, "run_id": run_id}
    if "rank" in LAYERS[name].names:
        taken = set(kept["rank"])
        ranks = range(1, len(kept) + len(lost) + 1)
        told["rank"] = [rank for rank in ranks if rank not in taken][: len(lost)]
    return pd.DataFrame({c: v for c, v in told.items() if c in LAYERS[name].names})
