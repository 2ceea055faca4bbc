"""Leave the folder of a monitor: GeoPackage, project, tables, curves, page, manifest.

MonitorRun ──► rows, sheets, chips, words ──► files ──► MonitorOutcome
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from aoi.outputs.curves import png_of
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
from aoi.outputs.rasters import RasterLayer
from aoi.outputs.series_page import write_series_page
from aoi.outputs.spreadsheet import write_frame
from aoi.outputs.tables_csv import CURVES, EVENTS
from aoi.runs.monitor import MonitorRun, monitor_run
from aoi.runs.monitor_gather import Watcher
from aoi.runs.monitor_judge import Judged
from aoi.runs.monitor_page import page_of, sheet_of
from aoi.runs.monitor_request import MonitorRequest
from aoi.runs.monitor_rows import changes_of, coverage_of, curves_of, events_of
from aoi.runs.outcome import DONE, GAPS
from aoi.runs.request import named
from geo.read import open_image
from geo.sources.base import Source
from geo.write import beside

FILES: Mapping[str, str] = {
    "report.html": "one page to read",
    "events.csv": "one row a change, for spreadsheets",
    "curves.csv": "one row a place and look",
    "curves": "the curve of each place as a picture",
    "stockade.qgz": "the map, in QGIS; the time slider moves through the brackets",
    "stockade.gpkg": "all layers, for QGIS and other programs",
    "rasters": "every picture as prepared, and what hid the ground",
    "manifest.json": "inputs, settings, versions and hashes",
}
"""What a monitor leaves, in the order a person would open it."""

DRAWN = 200
"""Places whose curves are drawn; curves.csv has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorOutcome:
    """The end of a monitor, for the terminal and for ``--json``."""

    run_id: str
    folder: Path
    looks: Mapping[str, int]
    """Dates by series."""

    events: tuple[Mapping[str, Any], ...]
    """Rows of events.csv."""

    unsure: tuple[str, ...]
    """Ground, spans and places of which nobody can tell, with the reason."""

    gaps: tuple[str, ...]
    """What could not be had, in sentences."""

    notes: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with gaps."""
        return GAPS if self.gaps or self.unsure else DONE


def run_monitor(
    request: MonitorRequest,
    *,
    archives: Mapping[str, Source] | None = None,
    watcher: Watcher | None = None,
) -> MonitorOutcome:
    """Monitor an area and leave a folder of results.

    Raises:
        InputError: nothing can be judged; a sentence says why.
        SourceError: an archive does not answer, or not one file could be had.
        OutputError: the folder cannot be written or holds another run.
    """
    run = monitor_run(request, archives=archives, watcher=watcher)
    clock = time.perf_counter()
    folder, crs = run.folder.path, run.plan.crs
    events = [event for one in run.judged for event in events_of(one)]
    changes = changes_of(run.judged, run.plan)
    coverage = coverage_of(run.looked, run.judged, run.plan)
    package = write_package(
        folder / "stockade.gpkg", {"changes": changes, "coverage": coverage}, crs
    )
    rasters = list(_rasters(run))
    title = f"Stockade {run.folder.run_id}"
    write_project(folder / "stockade.qgz", package, crs=crs, title=title, rasters=rasters)
    _write_table(folder / "events.csv", pd.DataFrame(events, columns=EVENTS.names))
    curves = list(curves_of(run.judged))
    _write_table(folder / "curves.csv", pd.DataFrame(curves, columns=CURVES.names))
    _write_curves(folder / "curves", run.judged)
    manifest = _manifest(run, len(changes), len(coverage), 0.0)
    write_series_page(folder / "report.html", page_of(run, manifest))
    telling = time.perf_counter() - clock
    done = _manifest(run, len(changes), len(coverage), telling)
    write_manifest(folder / "manifest.json", done)
    run.folder.tidy()
    return _outcome(run, events)


def _outcome(run: MonitorRun, events: Sequence[Mapping[str, Any]]) -> MonitorOutcome:
    unsure = [
        f"{one.place.id}: {' '.join(one.reasons)}"
        for one in run.judged
        if one.answer == "cannot_tell"
    ]
    return MonitorOutcome(
        run_id=run.folder.run_id,
        folder=run.folder.path,
        looks={one.series.name: len(one.records) for one in run.looked},
        events=tuple(events),
        unsure=(*run.untold, *unsure),
        gaps=run.gaps,
        notes=run.notes,
        files={name: what for name, what in FILES.items() if (run.folder.path / name).exists()},
    )


def _untold(run: MonitorRun) -> list[str]:
    return [f"Cannot tell: {why}" for why in run.untold]


def _write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table, times in ISO 8601 UTC."""
    for column in table:
        values = table[column]
        if any(isinstance(value, datetime) for value in values):
            table[column] = [utc(v) if isinstance(v, datetime) else "" for v in values]
    write_frame(path, table)


def _write_curves(folder: Path, judged: Sequence[Judged]) -> None:
    """Draw the curves of all places; those of an earlier end of the run go."""
    wanted = {}
    for one in judged[:DRAWN]:
        for told in one.told:
            name = f"{one.place.id}-{told.series}".replace(" ", "_")
            wanted["".join(c if c.isalnum() or c in "-_." else "_" for c in name)] = (one, told)
    for old in folder.glob("*.png"):
        if old.stem not in wanted:
            old.unlink()
    for name, (one, told) in wanted.items():
        with beside(folder / f"{name}.png") as part:
            part.write_bytes(png_of(sheet_of(one, told)))


def _rasters(run: MonitorRun) -> Iterable[RasterLayer]:
    """Show the first and the last clear picture of the main series in QGIS."""
    eyes = run.eyes[0]
    clear = sorted(eyes.looked.records, key=lambda r: (-round(r.clear_share, 1), r.observed_at))
    some = sorted(clear[: max(2, len(clear) // 3)], key=lambda r: r.observed_at)
    for record in dict.fromkeys((some[-1].picture, some[0].picture)):
        path = (run.folder.path / record).resolve()
        image = open_image(path)
        red, green, blue = (band + 1 for band in image.rgb)
        plain = image.dtype == "uint8"
        high = 3000.0 if image.dtype == "uint16" else 0.0
        low = 0.0 if image.dtype == "uint16" else -22.0
        yield RasterLayer(
            path=path,
            title=path.stem,
            grid=image.grid,
            rgb=(red, green, blue),
            low=None if plain else (low, low, low),
            high=None if plain else (high, high, high),
        )


def _manifest(run: MonitorRun, changes: int, coverage: int, telling: float) -> Manifest:
    """Record what was done, with what, and what came of it."""
    best = max((r.valid_share for one in run.looked for r in one.records), default=0.0)
    hectares = float(run.plan.outline.area) / 1e4
    kinds = Counter(change.kind for one in run.judged for change in one.changes)
    return Manifest(
        run_id=run.folder.run_id,
        command=run.command,
        started=utc(run.started),
        finished=utc(datetime.now(UTC)),
        parameters=run.request.parameters(),
        inputs=tuple(_inputs(run)),
        outputs=outputs_of(run.folder.path),
        versions=versions_of(),
        areas=(
            {
                "name": named(run.plan.area, run.request.coordinates),
                "asked_ha": round(hectares, 4),
                "seen_ha": round(hectares * best, 4),
            },
        ),
        timings={"looking_s": round(run.seconds, 3), "telling_s": round(telling, 3)},
        counts={"changes": changes, "coverage": coverage, **kinds},
        notes=(*run.notes, *_untold(run), *run.gaps),
    )


def _inputs(run: MonitorRun) -> Iterator[Input]:
    for one in run.looked:
        for record in one.records:
            yield from record.windows()
    if run.request.places is not None:
        yield input_of(run.request.places, role="places")
