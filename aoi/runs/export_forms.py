"""The forms in which a run may leave, and who writes each.

A writer of ``aoi.outputs`` knows one form and nothing of runs; what a form needs beyond the
layers that leave (pictures, scores, the log) is fetched here, from the run's own folder.

    Packing: what leaves, what it was cut from, pictures ──► FORMS[form] ──► files in its folder
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
from aoi.outputs.leaving import Found, Leaving, Level
from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer
from aoi.outputs.stac import write_stac
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import standing
from aoi.runs.export_pictures import Shot, cut_chip
from aoi.runs.export_stac import net_of, score_rasters


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
