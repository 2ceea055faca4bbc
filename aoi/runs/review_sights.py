"""Find every picture of a run again, for its reviewers.

    manifest.json, rasters ──► Sight(scene, when, credit, image, contrast, scores), by time

A scan and a comparison name their pictures among the inputs; a monitor keeps one prepared
picture a look in its own folder.  One that is missing costs a sentence, not the review.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.cards import day, rows_of
from aoi.outputs.leaving import Found
from aoi.outputs.manifest import Input, Manifest
from aoi.outputs.whereabouts import WINDOW
from aoi.review.book import Box, Sight
from aoi.runs.export_pictures import find_shots
from geo.errors import InputError, SourceError
from geo.images import file_name_of
from geo.read import Image, open_image
from geo.stretch import Stretch

REFLECTANCE, DECIBEL = (0.0, 3000.0), (-22.0, 0.0)
"""Black and white of prepared pictures: reflectance times 10 000, radar in decibel."""


def sights_of(
    folder: Path, manifest: Manifest, found: Found, *, places: Sequence[Path] = ()
) -> Iterator[Sight]:
    """Find every picture again, in order of time; before and after in a comparison.

    Args:
        folder: of the run.
        manifest: of the run.
        found: the run; its frame, and the looks of a monitor.
        places: files and folders where pictures are said to be by now.
    """
    if any(one.role == WINDOW for one in manifest.inputs):
        yield from _looks(folder, found)
        return
    shots, gaps = find_shots(folder, manifest, places=places)
    inputs = [one for one in manifest.inputs if one.scene_id]
    pair = "registration" in manifest.parameters
    roles = ("before", "after") if pair and len(inputs) == 2 else ("",) * len(inputs)
    both = list(zip(inputs, roles, strict=True))
    if not pair:
        both.sort(key=lambda two: two[0].observed_at or "")
    for one, role in both:
        shot = shots.get(one.scene_id)
        why = [gap for gap in gaps if gap.startswith(f"No picture of {one.scene_id}: ")]
        moved = _opened(folder, one, "moved")
        image = moved or (shot.image if shot else None)
        yield Sight(
            scene=one.scene_id,
            when=day(one.observed_at) if one.observed_at else "",
            credit=". ".join(word for word in (one.credit, one.licence) if word),
            gsd_m=one.gsd_m,
            role=role,
            image=image,
            stretch=Stretch.identity() if moved else shot.stretch if shot else None,
            scores=_opened(folder, one, "scores"),
            trouble=f"{' '.join(why)} Outlines are shown without it." if not image else "",
            box=_box(image, found.crs) if image else None,
        )


def _looks(folder: Path, found: Found) -> Iterator[Sight]:
    """Show the prepared pictures of a monitor, look by look."""
    looks = {
        (str(row["observed_at"] or ""), str(row["scene_id"]))
        for row in rows_of(found.layers["coverage"])
        if row["tile_id"] == "area" and row["scene_id"]
    }
    for when, scene in sorted(looks):
        path = folder / "rasters" / f"{file_name_of(scene)}.tif"
        try:
            image = open_image(path)
        except (InputError, SourceError):
            continue  # nothing of the area was in it; the layer coverage says so
        yield Sight(
            scene=scene,
            when=day(when),
            credit=". ".join(word for word in (image.credit, image.licence) if word),
            gsd_m=image.gsd_m,
            image=image,
            stretch=_contrast(image),
            box=_box(image, found.crs),
        )


def _contrast(image: Image) -> Stretch:
    """Show every look of a series with the same contrast."""
    if image.dtype == "uint8":
        return Stretch.identity()
    low, high = REFLECTANCE if image.dtype == "uint16" else DECIBEL
    return Stretch(low=(low,) * 3, high=(high,) * 3)


def _opened(folder: Path, one: Input, what: str) -> Image | None:
    """Open what the run left of a picture: its scores, or a copy moved onto the other date."""
    path = folder / "rasters" / f"{file_name_of(one.scene_id)}_{what}.tif"
    try:
        return open_image(path, gsd=one.gsd_m)
    except (InputError, SourceError):
        return None


def _box(image: Image, crs: Any) -> Box | None:
    """Tell what a picture covers in the run's frame."""
    extent: BaseGeometry = image.grid.extent.geom
    if image.grid.crs is None or crs is None:
        left, bottom, right, top = extent.bounds
    else:
        rim = shapely.segmentize(extent, extent.length / 64)
        moved = gpd.GeoSeries([rim], crs=image.grid.crs.proj).to_crs(crs)
        left, bottom, right, top = moved.total_bounds
    return (float(left), float(bottom), float(right), float(top))
