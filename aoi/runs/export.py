"""Let a run leave the house: in one of ten forms, cut to those who will read it.

    DIR ──► Found ──► cut to a level ──► pictures ──► one writer ──► OUT/…, OUT/export.json

What leaves is written in a folder beside its name and renamed when it is whole; ``export.json``
holds the hash of every file, the level, and what was withheld and why.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd

from aoi.outputs.dossier import write_dossier
from aoi.outputs.export_tables import (
    write_csv,
    write_flatgeobuf,
    write_geoparquet,
    write_pmtiles,
)
from aoi.outputs.iarpa import write_iarpa
from aoi.outputs.kml import write_kml, write_kmz
from aoi.outputs.labels import OPEN_GROUND, Lesson, write_labels
from aoi.outputs.leaving import Found, Leaving, Level, Withheld
from aoi.outputs.levels import CAREFUL, Wishes, cut
from aoi.outputs.manifest import outputs_of, read_manifest, utc
from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer
from aoi.outputs.stac import write_stac
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import standing
from aoi.runs.export_found import read_found
from aoi.runs.export_pictures import Shot, chips_for, cut_chip, find_shots
from aoi.runs.export_stac import net_of, score_rasters
from geo.errors import InputError, OutputError, UsageError

NOTE = "export.json"
"""Every export's own manifest; a folder that holds one may be replaced."""

SCHEMA = 1
"""Version of its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is asked."""

    folder: Path
    """Of the run."""

    form: str
    """One of ``FORMS``."""

    level: Level
    """Who will read it."""

    out: Path | None = None
    """Where to; below the run's folder if left out."""

    wishes: Wishes = CAREFUL
    """What was asked for beyond the level's care."""

    places: tuple[Path, ...] = ()
    """Files and folders where pictures are said to be by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOutcome:
    """What left."""

    run_id: str
    form: str
    level: str
    folder: Path
    files: tuple[str, ...]
    layouts: int
    """Layouts that left."""

    exact: int
    """Of these, with their exact outline."""

    withheld: tuple[Withheld, ...]
    gaps: tuple[str, ...] = field(default=())
    """What could not be put in, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """All a writer may ask for."""

    folder: Path
    """Where to write."""

    home: Path
    """The run's own folder."""

    leaving: Leaving
    found: Found
    shots: Mapping[str, Shot]
    licence: str


Writer = Callable[[Packing], list[Path]]


def run_export(request: ExportRequest, *, at: datetime) -> ExportOutcome:
    """Export a run.

    Args:
        request: what is asked.
        at: now; aware.

    Raises:
        InputError: no run lies there, its decisions are broken, a name of a person would leave,
            or the form cannot hold it.
        UsageError: an unknown form, labels for others than the desk, or a folder not ours.
        OutputError: the disk is full or the folder is not ours to write.
    """
    _refuse_misuse(request)
    found = read_found(request.folder)
    leaving = cut(found, request.level, request.wishes)
    manifest = read_manifest(request.folder / "manifest.json")
    shots, gaps = find_shots(request.folder, manifest, places=request.places)
    if request.form in PICTURED:
        leaving = replace(leaving, chips=chips_for(leaving, found, shots))
    else:
        gaps = []
    out = request.out or request.folder / "exports" / f"{request.form}-{request.level}"
    part = _begin(out)
    packing = Packing(
        folder=part,
        home=request.folder.resolve(),
        leaving=leaving,
        found=found,
        shots=shots,
        licence=request.wishes.licence,
    )
    try:
        FORMS[request.form](packing)
        _write_note(part, request, leaving, at)
        _finish(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return ExportOutcome(
        run_id=leaving.run_id,
        form=request.form,
        level=str(request.level),
        folder=out,
        files=tuple(one.path for one in outputs_of(out, skip=())),
        layouts=len(leaving.layers["compounds"]),
        exact=len(leaving.exact),
        withheld=leaving.withheld,
        gaps=tuple(gaps),
    )


def _refuse_misuse(request: ExportRequest) -> None:
    if request.form not in FORMS:
        raise UsageError(f"--as takes {', '.join(FORMS)}; {request.form!r} is none of them.")
    if request.form == "labels" and request.level is not Level.INTERNAL:
        raise UsageError(
            "Labels hold pictures and exact outlines, so they are for the desk itself: add "
            "--level internal."
        )


def _begin(out: Path) -> Path:
    """Make the folder in which the export is put together; refuse one that is not ours.

    Raises:
        UsageError: ``out`` holds something that no export left there.
        OutputError: it cannot be written.
    """
    if out.exists() and not (out / NOTE).is_file() and (out.is_file() or any(out.iterdir())):
        raise UsageError(f"{out} holds something that is no export. Choose another --out.")
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"Cannot write to {out.parent}: {error.strerror}.") from error
    return part


def _finish(part: Path, out: Path) -> None:
    """Give the whole export its name."""
    try:
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    except OSError as error:
        raise OutputError(f"{out} could not be replaced: {error.strerror}.") from error


def _write_note(part: Path, request: ExportRequest, leaving: Leaving, at: datetime) -> None:
    """Write down what left, with hashes, and what did not, with reasons."""
    record = {
        "schema": SCHEMA,
        "run_id": leaving.run_id,
        "form": request.form,
        "level": str(leaving.level),
        "made": utc(at),
        "decisions": leaving.decisions,
        "layouts": len(leaving.layers["compounds"]),
        "exact": len(leaving.exact),
        "withheld": [asdict(one) for one in leaving.withheld],
        "files": [asdict(one) for one in outputs_of(part)],
    }
    if leaving.level is Level.INTERNAL:
        record["manifest_sha256"] = leaving.facts.get("manifest_sha256")
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    (part / NOTE).write_text(text + "\n", encoding="utf-8")


def _qgis(packing: Packing) -> list[Path]:
    """Write a package that shows what was decided, and its project."""
    leaving = packing.leaving
    package = write_package(
        packing.folder / "stockade.gpkg",
        leaving.layers,
        leaving.crs,
        decisions=leaving.decisions,
    )
    project = write_project(
        packing.folder / "stockade.qgz",
        package,
        crs=leaving.crs,
        title=leaving.title,
        rasters=_pictures(packing) if leaving.level is Level.INTERNAL else [],
    )
    return [package, project]


def _pictures(packing: Packing) -> list[RasterLayer]:
    layers = []
    for scene, shot in packing.shots.items():
        if shot.image.grid.crs is None:
            continue
        red, green, blue = (band + 1 for band in shot.image.rgb)
        plain = shot.stretch.is_identity
        layers.append(
            RasterLayer(
                path=shot.image.path.resolve(),
                title=scene,
                grid=shot.image.grid,
                rgb=(red, green, blue),
                low=None if plain else shot.stretch.low,
                high=None if plain else shot.stretch.high,
            )
        )
    return layers


def _stac(packing: Packing) -> list[Path]:
    inside = packing.leaving.level is Level.INTERNAL
    return write_stac(
        packing.folder,
        packing.leaving,
        rasters=score_rasters(packing.home, packing.found, packing.shots) if inside else (),
        net=net_of(packing.found.facts),
    )


def _labels(packing: Packing) -> list[Path]:
    """Gather decided layouts with their pictures, as fine as they are."""
    found = packing.found
    known = standing(DecisionLog(packing.home, found.run_id).entries())
    rows = found.layers["compounds"].set_index("id")
    lessons = []
    for name, verdict in found.settled.items():
        scene = rows["scene_id"].get(name)
        shot = packing.shots.get(scene) if isinstance(scene, str) else None
        if shot is None and len(packing.shots) == 1 and name in rows.index:
            [shot] = packing.shots.values()  # drawn by a person on the only picture
        chip = shot and cut_chip(shot, rows.geometry[name], found.crs, longest=4096)
        if chip:
            outline = gpd.GeoSeries([rows.geometry[name]], crs=found.crs)
            frame = chip.grid.crs
            [shape] = outline if frame is None else outline.to_crs(frame.proj)
            lessons.append(
                Lesson(
                    id=name,
                    verdict=verdict,
                    chip=chip,
                    outline=shape,
                    open_ground=OPEN_GROUND in known[name].tags,
                )
            )
    licences = {scene.licence or packing.licence for scene in found.scenes}
    return write_labels(
        packing.folder, packing.leaving, lessons, licence="; ".join(sorted(licences - {""}))
    )


def _plain(writer: Callable[[Path, Leaving], list[Path]]) -> Writer:
    """Turn a writer that asks for nothing else into one of ours."""
    return lambda packing: writer(packing.folder, packing.leaving)


FORMS: Mapping[str, Writer] = {
    "qgis": _qgis,
    "kml": _plain(write_kml),
    "kmz": _plain(write_kmz),
    "geoparquet": _plain(write_geoparquet),
    "flatgeobuf": _plain(write_flatgeobuf),
    "pmtiles": _plain(write_pmtiles),
    "csv": _plain(write_csv),
    "stac": _stac,
    "iarpa": _plain(write_iarpa),
    "labels": _labels,
    "dossier": _plain(write_dossier),
}
"""What ``--as`` takes, and who writes it."""

PICTURED = ("kmz", "stac", "dossier", "labels")
"""Forms that hold pictures."""


def told_of(outcome: ExportOutcome) -> dict[str, Any]:
    """Turn an outcome into what JSON can hold."""
    return asdict(outcome) | {"folder": str(outcome.folder)}


def note_of(folder: Path) -> dict[str, Any]:
    """Read an export's own manifest.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        record = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / NOTE} cannot be read: {error}.") from error
    if not isinstance(record, dict) or "files" not in record:
        raise InputError(f"{folder / NOTE} is not the manifest of an export.")
    return record
