"""Turn one pass into pixels an analyst can trust: right numbers, one grid, a sky that says why.

    Pass ──read each file──► numbers ──► reflectance, dB, brightness; what leaves say of them
         ──tile over tile──► bands (C, H, W), valid, sky (H, W) ──► Prepared, with failures

A file that cannot be had is named, and costs all that its scene shows in this pass: a missing
band would be read as black ground, and a sky that nobody told as a clear one.  Other tiles
stand.  A band that a scene never had is named, and left empty.  Offsets are the archive's, plus
a step that the caller gives once ``geo.prepare.witness`` has heard all dates.

Source: the rooms ``layers``, ``masks`` and ``numbers`` beside this one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import SourceError
from geo.grid import Grid, gsd_of
from geo.prepare.layers import QUALITY, USUAL, Layer, Treatment, Used, layer_of
from geo.prepare.masks import CIRRUS, Colours, Sky, refine
from geo.prepare.numbers import counts_of
from geo.prepare.witness import Witness
from geo.raster import Raster
from geo.scene import Scene
from geo.sources.base import Source
from geo.sources.choose import Pass
from geo.types import Mask

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A pass on the grid."""

    names: tuple[str, ...]
    """One a band."""

    bands: NDArray[Any]
    """(C, H, W): uint16 reflectance in ten-thousandths, float32 dB, or brightness as
    delivered."""

    nodata: float | None
    """What stands where nothing was seen: 0, NaN."""

    unit: str
    """Of the bands, in words."""

    valid: Mask
    """(H, W); where a scene that came whole was seen in every band it has."""

    sky: NDArray[np.uint8]
    """(H, W) ``Sky`` of the finished mask."""

    archive: NDArray[np.uint8]
    """(H, W) ``Sky`` as the archive has it, before roofs and margins."""

    used: tuple[Used, ...]
    failures: tuple[str, ...]
    """What could not be had, a sentence each."""

    witnesses: tuple[Witness, ...] = ()
    """What leaves say of each scene, by the archive's own offsets."""

    done: tuple[str, ...] = ()
    """What was done to pixels beyond reading them, in words."""


@dataclass(slots=True)
class Reading:
    """Files of a pass on their way."""

    one: Pass
    bands: tuple[str, ...]
    grid: Grid
    treatment: Treatment = USUAL
    coming: dict[tuple[str, str], Future[Raster]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def start_reading(
    one: Pass,
    bands: Sequence[str],
    grid: Grid,
    *,
    source: Source,
    pool: Executor,
    treatment: Treatment = USUAL,
) -> Reading:
    """Send for every file a pass needs; ``finish`` waits for them.

    Args:
        one: the pass.
        bands: to deliver, and those that say what the sky is.
        grid: to read onto.
        source: reads the files.
        pool: reads several at a time.
        treatment: what is to be done to pixels, with what other bands.
    """
    reading = Reading(one, tuple(bands), grid, treatment)
    for scene in one.scenes:
        for band in (*bands, *treatment.helpers):
            asset = scene.asset_of(band)
            if asset is None and band in treatment.helpers:
                continue
            if asset is None:
                reading.missing.append(f"{scene.id} has no band {band}.")
            elif (scene.id, asset.key) not in reading.coming:
                job = pool.submit(source.read, scene, asset, grid)
                reading.coming[scene.id, asset.key] = job
    return reading


def finish(reading: Reading, steps: Mapping[str, float] | None = None) -> Prepared:
    """Wait for the files of a pass and put them together.

    Args:
        reading: the files.
        steps: by scene: reflectance to add beyond what its archive says.

    Raises:
        InputError: s2cloudless is asked for and is not installed.
    """
    failures, rasters = list(reading.missing), {}
    for key, job in reading.coming.items():
        try:
            rasters[key] = job.result()
        except SourceError as error:
            log.warning("%s", error)
            failures.append(f"{key[1]} of {key[0]}: {error}")
    names = tuple(name for name in reading.bands if name not in QUALITY)
    layers = [
        layer_of(
            scene,
            names,
            rasters,
            reading.grid,
            step=(steps or {}).get(scene.id, 0.0),
            treatment=reading.treatment,
        )
        for scene in reading.one.scenes
        if _whole(scene, reading, rasters)
    ]
    return _mosaic(reading, names, layers, failures)


def _whole(scene: Scene, reading: Reading, rasters: Mapping[tuple[str, str], Raster]) -> bool:
    """Tell whether all files of a scene came that its numbers and its sky rest on.

    Without its panchromatic band it is merely less sharp.
    """
    wanted = ({*reading.treatment.helpers} - {"pan"}) | {*reading.bands}
    files = [asset for band in wanted if (asset := scene.asset_of(band)) is not None]
    return all((scene.id, asset.key) in rasters for asset in files)


UNITS = {"reflectance": "reflectance x 10000", "power": "dB", "decibel": "dB"}
"""Of what is delivered, by what the files hold; pixels as delivered have none."""


def _mosaic(
    reading: Reading, names: tuple[str, ...], layers: Sequence[Layer], failures: list[str]
) -> Prepared:
    """Lay tile over tile: the first that sees a pixel gives all its bands and its sky."""
    shape = tuple(reading.grid.shape)
    kind = next((layer.kind for layer in layers if layer.bands), "picture")
    dtype = np.dtype(np.float32) if kind in ("reflectance", "power") else _common(layers, names)
    empty: float = np.nan if dtype.kind == "f" else 0
    bands = np.full((len(names), *shape), empty, dtype)
    valid, sure = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    sky = np.full(shape, Sky.NOTHING, np.uint8)
    for layer in layers:
        fresh = layer.valid & ~valid
        for index, name in enumerate(names):
            if name in layer.bands:
                bands[index, fresh] = layer.bands[name][fresh]
        sky[fresh], sure[fresh] = layer.sky[fresh], layer.sure[fresh]
        valid |= fresh
    colours = colours_of(names, bands) if kind == "reflectance" else None
    finished = sky
    if colours is not None and not any(layer.trusted for layer in layers):
        finished = refine(sky, colours, gsd=gsd_of(reading.grid), sure=sure)
    nodata = float(empty)
    if kind == "reflectance":
        bands, nodata = counts_of(bands, valid), 0.0
    return Prepared(
        names=names,
        bands=bands,
        nodata=nodata,
        unit=UNITS.get(kind, "as is"),
        valid=valid,
        sky=finished,
        archive=np.where((sky == Sky.CLOUD) & sure, np.uint8(CIRRUS), sky),
        used=tuple(used for layer in layers for used in layer.used),
        failures=tuple(failures),
        witnesses=tuple(layer.witness for layer in layers if layer.witness is not None),
        done=tuple(dict.fromkeys(word for layer in layers for word in layer.done)),
    )


def colours_of(names: Sequence[str], bands: NDArray[np.float32]) -> Colours | None:
    """Pick the four bands that cloud is judged by; ``None`` if one is missing."""
    own = dict(zip(names, bands, strict=True))
    nir = own.get("nir", own.get("nir08"))
    if nir is None or not {"blue", "green", "red"} <= set(own):
        return None
    return Colours(blue=own["blue"], green=own["green"], red=own["red"], nir=nir)


def _common(layers: Sequence[Layer], names: Sequence[str]) -> np.dtype[Any]:
    kinds = [
        layer.bands[name].dtype for layer in layers for name in names if name in layer.bands
    ]
    return np.result_type(*kinds) if kinds else np.dtype(np.uint8)
