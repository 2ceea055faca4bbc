"""Leave a folder that people and programs can open.

    Record ──► stockade.gpkg ──► stockade.qgz ──► report.html ──► manifest.json (hashes all)

Every file is written beside its name and renamed, so a kill in here leaves only whole files;
the next start writes them again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from aoi.outputs.chips import Chip
from aoi.outputs.manifest import (
    Input,
    Manifest,
    input_of,
    outputs_of,
    utc,
    versions_of,
    write_manifest,
)
from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer, score_layers
from aoi.outputs.report import write_report
from aoi.outputs.tables import LAYERS
from aoi.palette import score_class
from aoi.runs.coverage import hectares
from aoi.runs.fingerprint import beside_inputs
from aoi.runs.folder import RunFolder
from aoi.runs.merge import Merged
from aoi.runs.outcome import Outcome
from aoi.runs.request import CORNERS, Request, is_box, named
from aoi.runs.scenes import SceneResult, Tools, placed_picture
from aoi.runs.sights import chips_of, overview_of
from aoi.sites.match import Matches
from aoi.sites.site import Registry

FILES: Mapping[str, str] = {
    "report.html": "one page to read",
    "stockade.qgz": "the map, in QGIS",
    "stockade.gpkg": "all layers, for QGIS and other programs",
    "rasters": "what the net scored",
    "manifest.json": "inputs, settings, versions and hashes",
}
"""What a run leaves, in the order a person would open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A run that has seen everything and has only to tell it."""

    request: Request
    folder: RunFolder
    tools: Tools
    results: tuple[SceneResult, ...]
    merged: Merged
    matches: Matches
    registry: Registry
    gaps: tuple[str, ...]
    fetches: tuple[Path, ...]
    """Manifests of what was fetched for this run."""

    command: str
    started: datetime
    judging_s: float


def hand_over(record: Record) -> Outcome:
    """Write every file of the run and tell the outcome.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    clock = time.perf_counter()
    folder, crs = record.folder.path, record.merged.crs
    layers = final_layers(record)
    package = write_package(folder / "stockade.gpkg", layers, crs)
    write_project(
        folder / "stockade.qgz",
        package,
        crs=crs,
        title=f"Stockade {record.folder.run_id}",
        rasters=list(_raster_layers(record.results, record.tools.judge.card.heads)),
    )
    manifest = _manifest(record, layers, time.perf_counter() - clock)
    write_report(
        folder / "report.html",
        title=_title(record),
        compounds=layers["compounds"],
        sites=layers["sites"],
        coverage=layers["coverage"],
        manifest=manifest.to_dict(),
        overview=overview_of(record.results, crs),
        chips=_chips(record),
        coordinates=record.request.coordinates or 0.0,
    )
    write_manifest(
        folder / "manifest.json", _manifest(record, layers, time.perf_counter() - clock)
    )
    return Outcome(
        run_id=record.folder.run_id,
        folder=folder,
        compounds=tuple(_told(layers["compounds"])),
        counts={name: len(rows) for name, rows in layers.items()},
        gaps=record.gaps,
        files=FILES,
    )


def final_layers(record: Record) -> dict[str, gpd.GeoDataFrame]:
    """Put together the layers of the contract: what was found, and what matching says."""
    found = dict(record.merged.layers)
    card = record.tools.judge.card
    compounds = found["compounds"]  # matching kept their order and index
    found["compounds"] = compounds.join(record.matches.compounds.drop(columns="id")).assign(
        model=f"{card.name} {card.version}", run_id=record.folder.run_id, verdict=None
    )
    found["sites"] = record.matches.sites
    return {name: _columns(rows, name) for name, rows in found.items()}


def _columns(rows: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Keep the columns of the contract; rooms may know more than the hand-over tells."""
    known = [name for name in LAYERS[layer].names if name in rows.columns]
    return gpd.GeoDataFrame(rows[[*known, rows.geometry.name]], crs=rows.crs)


def _raster_layers(
    results: Iterable[SceneResult], heads: tuple[str, ...]
) -> Iterable[RasterLayer]:
    for result in results:
        image = result.image
        yield from score_layers(result.scores, image.grid, heads)
        shown = placed_picture(result)
        copied = shown != image.path
        plain = copied or result.stretch.is_identity
        red, green, blue = (1, 2, 3) if copied else (band + 1 for band in image.rgb)
        yield RasterLayer(
            path=shown.resolve(),
            title=image.id,
            grid=image.grid,
            rgb=(red, green, blue),
            low=None if plain else result.stretch.low,
            high=None if plain else result.stretch.high,
        )


def _chips(record: Record) -> dict[str, Chip]:
    chips: dict[str, Chip] = {}
    compounds = record.merged.layers["compounds"]
    for result in record.results:
        own = compounds[compounds["scene_id"] == result.image.id]
        chips |= chips_of(result, own)
    return chips


def _title(record: Record) -> str:
    """Name the area, or else the pictures."""
    if record.tools.area is not None:
        return named(record.tools.area, record.request.coordinates)
    names = [result.image.path.name for result in record.results]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more pictures"


def _gaps(record: Record) -> tuple[str, ...]:
    """Tell what was not seen; where coordinates are rounded, a typed box is not named in it."""
    area = record.tools.area
    if area is None or not record.request.coordinates or not is_box(area):
        return record.gaps
    return tuple(gap.replace(area.name, CORNERS) for gap in record.gaps)


def _manifest(
    record: Record, layers: Mapping[str, gpd.GeoDataFrame], telling: float
) -> Manifest:
    card = record.tools.judge.card
    asked, seen = hectares(layers["coverage"])
    return Manifest(
        run_id=record.folder.run_id,
        command=record.command,
        started=utc(record.started),
        finished=utc(datetime.now(UTC)),
        parameters={**record.request.parameters(), "device": str(record.tools.judge.device)},
        inputs=(
            *(result.as_input() for result in record.results),
            *beside_inputs(result.image for result in record.results),
            *_other_inputs(record.request),
            *(input_of(path, role="fetch") for path in record.fetches),
        ),
        outputs=outputs_of(record.folder.path),
        versions=versions_of(),
        model={
            "name": card.name,
            "version": card.version,
            "card": card.digest,
            "weights": card.weights_sha256,
            "score": record.tools.scorer.name,
            "score_status": record.tools.scorer.status,
        },
        areas=(
            {
                "name": _title(record),
                "asked_ha": round(asked, 4),
                "seen_ha": round(seen, 4),
            },
        ),
        timings={"judging_s": round(record.judging_s, 3), "telling_s": round(telling, 3)},
        counts={name: len(rows) for name, rows in layers.items()},
        notes=_gaps(record),
    )


def _other_inputs(request: Request) -> Iterable[Input]:
    if request.sites is not None:
        yield input_of(request.sites, role="sites")
    if request.weights is not None:
        yield input_of(request.weights, role="weights")
    if request.area is not None and Path(request.area).is_file():
        yield input_of(Path(request.area), role="area")


def _told(compounds: gpd.GeoDataFrame) -> Iterable[dict[str, object]]:
    for row in compounds.itertuples():
        doubt = "" if pd.isna(row.cannot_tell) else str(row.cannot_tell)
        likeness = "cannot tell" if doubt else f"score {row.score:.2f}"
        match = "" if row.outcome == "new" else f", {row.site_name}"
        area = "" if np.isnan(row.area_ha) else f", {row.area_ha:.1f} ha"
        yield {
            "id": row.id,
            "rank": int(row.rank),
            "score": float(row.score),
            "likeness": score_class(row.score, doubt).key,
            "outcome": row.outcome,
            "site_id": None if pd.isna(row.site_id) else row.site_id,
            "words": f"{likeness}{area}, {int(row.buildings)} roofs{match}",
        }
