"""Leave the folder of a comparison: GeoPackage, project, ledger, report, manifest.

    PairRun ──► layers, chips, words ──► files ──► PairOutcome

The audit leaves the same, and its own page beside it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from aoi.outputs.compare_page import PairPage, write_pair_page
from aoi.outputs.manifest import utc, write_manifest
from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer, score_layers
from aoi.outputs.spreadsheet import write_frame
from aoi.outputs.tables import LAYERS
from aoi.outputs.tables_csv import LEDGER
from aoi.runs.compare import PairRun, compare_run
from aoi.runs.compare_manifest import manifest_of
from aoi.runs.compare_outcome import FILES, PairOutcome
from aoi.runs.compare_places import compounds_of, owners_of, things_of
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_rows import coverage_of, ledger_of
from aoi.runs.compare_sights import (
    chips_of,
    dated,
    overviews_of,
    registration_words,
    title_of,
)
from aoi.runs.compare_sums import Sum, sums_of, table_of
from aoi.runs.scenes import Watcher
from geo.change.decide import Kind
from geo.change.observe import worst
from geo.grid import gsd_of
from geo.images import file_name_of

BRACKET = ("last_without", "first_with")
"""Columns of times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Rows and words of a pair, ready to be laid out."""

    ledger: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    sums: Sequence[Sum]
    """The whole place, and its compounds."""

    page: PairPage


def run_compare(request: PairRequest, *, progress: Watcher | None = None) -> PairOutcome:
    """Compare two pictures and leave a folder of results.

    Raises:
        InputError: the pictures cannot be compared; a sentence says why.
        ModelError: the weights or the device do not fit.
        OutputError: the folder cannot be written or holds another run.
    """
    run = compare_run(request, progress=progress)
    clock = time.perf_counter()
    told = told_of(run)
    leave(run, told)
    write_pair_page(run.folder.path / "report.html", told.page, template="compare.html")
    finish(run, told, clock)
    return outcome_of(run, told)


def told_of(run: PairRun) -> Told:
    """Put a run into rows and words."""
    things = things_of(run)
    compounds, ledger = compounds_of(things), ledger_of(run)
    ledger = ledger.assign(compound_id=owners_of(ledger, compounds))
    sums = sums_of(run, things, compounds, ledger)
    layers = {
        "compounds": compounds.assign(
            model=f"{run.judge.card.name} {run.judge.card.version}", run_id=run.folder.run_id
        ),
        "buildings": _both(things, "buildings"),
        "walls": things[1]["walls"],
        "yards": things[1]["yards"],
        "changes": ledger,
        "coverage": coverage_of(run),
    }
    return Told(
        ledger=ledger,
        layers={name: _columns(rows, name) for name, rows in layers.items()},
        sums=sums,
        page=PairPage(
            title=title_of(run),
            ledger=ledger,
            chips=chips_of(run, ledger),
            overview=overviews_of(run),
            dates=(dated(run, 0), dated(run, 1)),
            registration=registration_words(run),
            places=[one.words() for one in sums],
            unseen=_unseen(run),
            notes=run.notes,
            manifest=manifest_of(run, ledger, 0.0).to_dict(),
            rounding=run.request.coordinates or 0.0,
        ),
    )


def leave(run: PairRun, told: Told) -> None:
    """Write the GeoPackage, the project, and ledger and sums as tables."""
    folder, crs = run.folder.path, run.frames.grid.crs
    package = write_package(folder / "stockade.gpkg", told.layers, crs)
    write_project(
        folder / "stockade.qgz",
        package,
        crs=crs,
        title=f"Stockade {run.folder.run_id}",
        rasters=list(_rasters(run)),
    )
    write_ledger(folder / "ledger.csv", told.ledger)
    write_frame(folder / "places.csv", table_of(told.sums))


def finish(run: PairRun, told: Told, clock: float) -> None:
    """Write the manifest, which hashes everything else, and tidy up."""
    telling = time.perf_counter() - clock
    write_manifest(run.folder.path / "manifest.json", manifest_of(run, told.ledger, telling))
    run.folder.tidy()


def outcome_of(
    run: PairRun, told: Told, findings: Sequence[Mapping[str, Any]] = ()
) -> PairOutcome:
    """Tell the end."""
    kinds = told.ledger["kind"].value_counts()
    down, right = run.registration.shift_px
    return PairOutcome(
        run_id=run.folder.run_id,
        folder=run.folder.path,
        kinds={kind.value: int(kinds.get(kind.value, 0)) for kind in Kind},
        shift_m=round(math.hypot(down, right) * gsd_of(run.frames.grid), 3),
        quality=round(run.registration.quality, 3),
        gaps=run.gaps,
        findings=tuple(findings),
        files=FILES,
    )


def write_ledger(path: Path, ledger: gpd.GeoDataFrame) -> Path:
    """Write the ledger as a table, times in UTC, probabilities to three decimals."""
    table = ledger.drop(columns=["geometry", "unit"]).round(
        {c: 3 for c in ledger.columns if c.startswith(("p_", "roof_", "confidence"))}
        | {"area_m2": 1, "shift_m": 2}
    )
    for column in BRACKET:
        if column in table:
            times = pd.to_datetime(table[column], utc=True)
            table[column] = [utc(t.to_pydatetime()) if pd.notna(t) else "" for t in times]
    return write_frame(path, table[list(LEDGER.names)])


def _unseen(run: PairRun) -> dict[str, int]:
    """Count what is not observable by its reason; where nothing hid it, no roof was seen."""
    hid = worst(run.compared.hidden)
    faint = run.compared.decisions.kinds.count(Kind.NOT_OBSERVABLE) - sum(hid.values())
    return hid | ({"no roof seen on either date": faint} if faint else {})


def _both(things: Sequence[Mapping[str, gpd.GeoDataFrame]], layer: str) -> gpd.GeoDataFrame:
    one, two = (layers[layer] for layers in things)
    rows = [part for part in (one, two) if len(part)] or [two]
    return gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=two.crs)


def _columns(rows: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    known = [name for name in LAYERS[layer].names if name in rows.columns]
    return gpd.GeoDataFrame(rows[[*known, rows.geometry.name]], crs=rows.crs)


def _rasters(run: PairRun) -> Iterable[RasterLayer]:
    frames = run.frames
    for which in (1, 0):  # the later date on top
        name = file_name_of(frames.names[which])
        scores = run.folder.rasters / f"{name}_scores.tif"
        yield from score_layers(scores, frames.grid, run.judge.card.heads)
        copy = run.folder.rasters / f"{name}_moved.tif"
        image, stretch = frames.images[which], frames.stretches[which]
        if copy.exists():
            yield RasterLayer(path=copy.resolve(), title=frames.names[which], grid=frames.grid)
            continue
        plain = stretch.is_identity
        red, green, blue = (band + 1 for band in image.rgb)
        yield RasterLayer(
            path=image.path.resolve(),
            title=frames.names[which],
            grid=image.grid,
            rgb=(red, green, blue),
            low=None if plain else stretch.low,
            high=None if plain else stretch.high,
        )
