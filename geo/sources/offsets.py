"""Say what an archive's numbers mean, from whichever of its words can be believed.

Since processing baseline 04.00 (January 2022) Sentinel-2 reflectance is stored with 0.1 added.
Some archives take it off again and keep saying that it is there; some leave it and say nothing.

    flag "applied" ──► 0      offset told ──► that      nothing told ──► by the baseline

What comes out is a first word, not the last: ``geo.prepare.numbers`` checks it against pixels.

Source: ESA, Sentinel-2 processing baseline 04.00; Element 84, earth-search issues 24 and 66.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.scene import Kind

ADDED = -0.1
"""Reflectance to be added to what files of baseline 04.00 and later hold."""

STEP = 1e-4
"""Reflectance; one count of a Sentinel-2 file."""

SINCE = "04.00"
"""The first baseline that adds it."""


def meaning_of(
    kind: Kind,
    file: Mapping[str, Any],
    said: Mapping[str, Any],
    *,
    sensor: str,
    baseline: str,
) -> tuple[float, float, str]:
    """Find scale and offset of a file.

    Args:
        kind: what its numbers are; only reflectance is scaled.
        file: the STAC asset.
        said: the item's properties.
        sensor: one of ours.
        baseline: of the processing, or empty.

    Returns:
        scale, offset, and the word they were taken from.
    """
    if kind != "reflectance":
        return 1.0, 0.0, ""
    told = told_of(file)
    scale = told.get("scale", told.get("raster:scale", file.get("raster:scale")))
    offset = told.get("offset", told.get("raster:offset", file.get("raster:offset")))
    if sensor == "landsat":
        return (
            float(scale or 2.75e-5),
            float(-0.2 if offset is None else offset),
            "collection 2",
        )
    step = float(scale or STEP)
    if said.get("earthsearch:boa_offset_applied"):
        return step, 0.0, "earthsearch:boa_offset_applied"
    if offset is not None:
        return step, float(offset), "raster offset"
    if baseline:
        return step, ADDED if baseline >= SINCE else 0.0, f"baseline {baseline}"
    return step, 0.0, ""


def told_of(file: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what an asset tells of its first band, under either of the names for it."""
    first = next(iter(file.get("raster:bands") or file.get("bands") or [{}]))
    return first if isinstance(first, Mapping) else {}
