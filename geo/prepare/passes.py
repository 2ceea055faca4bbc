"""Turn one pass into pixels an analyst can trust: right numbers, one grid, a sky that says why.

    Pass ──read each file──► numbers ──leaves asked──► reflectance, dB, brightness
         ──tile over tile──► bands (C, H, W), valid, sky (H, W) ──► Prepared, with failures

A file that cannot be had costs its own pixels, is named, and leaves the rest standing.

Source: the rooms ``numbers``, ``masks`` and ``radar`` beside this one.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import SourceError
from geo.grid import Grid, gsd_of
from geo.prepare.masks import CIRRUS, Colours, Sky, refine, sky_from_bits, sky_from_scl
from geo.prepare.numbers import (
    Verdict,
    check_offset,
    counts_of,
    mended,
    reflectance,
)
from geo.prepare.radar import to_db
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.base import Source
from geo.sources.choose import Pass
from geo.types import Mask

log = logging.getLogger(__name__)

QUALITY = ("scl", "qa_pixel")
"""Bands that say what the sky is, and are no measurement."""

CLEAR_SCL = (4, 5, 6)
"""SCL classes among which leaves are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One file that gave pixels."""

    scene: Scene
    asset: Asset
    sha256: str
    """Of the window's pixels and their mask, as read."""

    size: int
    """Bytes of that window."""

    offset: float
    """Reflectance added in the end; what leaves said may have changed it."""

    check: str = ""
    """What leaves said, in words."""


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

    valid: Mask
    """(H, W); where every band that could be had was seen."""

    sky: NDArray[np.uint8]
    """(H, W) ``Sky`` of the finished mask."""

    archive: NDArray[np.uint8]
    """(H, W) ``Sky`` as the archive has it, before roofs and margins."""

    used: tuple[Used, ...]
    failures: tuple[str, ...]
    """What could not be had, a sentence each."""

    notes: tuple[str, ...] = ()
    """What a reader should know, such as a mended offset."""


@dataclass(slots=True)
class Reading:
    """Files of a pass on their way."""

    one: Pass
    bands: tuple[str, ...]
    grid: Grid
    coming: dict[tuple[str, str], Future[Raster]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def start_reading(
    one: Pass, bands: Sequence[str], grid: Grid, *, source: Source, pool: Executor
) -> Reading:
    """Send for every file a pass needs; ``finish`` waits for them."""
    reading = Reading(one, tuple(bands), grid)
    for scene in one.scenes:
        for band in bands:
            asset = scene.asset_of(band)
            if asset is None:
                reading.missing.append(f"{scene.id} has no band {band}.")
            elif (scene.id, asset.key) not in reading.coming:
                job = pool.submit(source.read, scene, asset, grid)
                reading.coming[scene.id, asset.key] = job
    return reading


def finish(reading: Reading) -> Prepared:
    """Wait for the files of a pass and put them together."""
    failures, rasters = list(reading.missing), {}
    for key, job in reading.coming.items():
        try:
            rasters[key] = job.result()
        except SourceError as error:
            log.warning("%s", error)
            failures.append(f"{key[1]} of {key[0]}: {error}")
    names = tuple(name for name in reading.bands if name not in QUALITY)
    layers = [_scene_layer(s, names, rasters, reading.grid) for s in reading.one.scenes]
    return _mosaic(reading, names, layers, failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One scene of a pass."""

    bands: Mapping[str, NDArray[np.float32] | NDArray[Any]]
    valid: Mask
    sky: NDArray[np.uint8]
    sure: Mask
    used: tuple[Used, ...]
    kind: str
    notes: tuple[str, ...]


def _scene_layer(
    scene: Scene, names: Sequence[str], rasters: Mapping[tuple[str, str], Raster], grid: Grid
) -> _Layer:
    """Give the numbers of one scene their meaning."""
    got = {
        name: (asset, rasters[scene.id, asset.key])
        for name in (*names, *QUALITY)
        if (asset := scene.asset_of(name)) and (scene.id, asset.key) in rasters
    }
    planes = {name: _plane(raster, asset, name) for name, (asset, raster) in got.items()}
    kind = next((a.kind for n, (a, _) in got.items() if n not in QUALITY), "picture")
    valid = np.ones(tuple(grid.shape), np.bool_) & bool(set(planes) - set(QUALITY))
    for name, (_, seen) in planes.items():
        if name not in QUALITY:
            valid &= seen
    sky, sure = _sky(planes, valid)
    step, check = 0.0, ""
    notes: tuple[str, ...] = ()
    if kind == "reflectance" and scene.sensor == "sentinel-2":
        step, check, notes = _ask_leaves(scene, got, planes, sky)
    values = {
        name: _meant(asset, plane, step)
        for name, (asset, _) in got.items()
        if name not in QUALITY
        for plane in [planes[name][0]]
    }
    used = tuple(
        _used(scene, asset, raster, step if asset.kind == "reflectance" else 0.0, check)
        for asset, raster in {a.key: (a, r) for a, r in got.values()}.values()
    )
    return _Layer(
        bands=values, valid=valid, sky=sky, sure=sure, used=used, kind=kind, notes=notes
    )


def _plane(raster: Raster, asset: Asset, name: str) -> tuple[NDArray[Any], Mask]:
    """Take one band of a file; radar that is not positive was not seen."""
    index = asset.bands.index(name) if len(asset.bands) == len(raster.bands) else 0
    band: NDArray[Any] = raster.bands[index]
    seen = raster.valid & (band > 0) if asset.kind == "power" else raster.valid
    return band, seen


def _meant(asset: Asset, plane: NDArray[Any], step: float) -> NDArray[Any]:
    """Turn numbers into the quantity they stand for."""
    if asset.kind == "reflectance":
        return reflectance(plane, asset.scale, asset.offset + step)
    if asset.kind == "power":
        return to_db(plane.astype(np.float32))
    return plane


def _sky(
    planes: Mapping[str, tuple[NDArray[Any], Mask]], valid: Mask
) -> tuple[NDArray[np.uint8], Mask]:
    """Ask the archive what the sky is; all clear where it does not say."""
    sure = np.zeros(valid.shape, np.bool_)
    if "scl" in planes:
        scl, seen = planes["scl"]
        sky, sure = sky_from_scl(np.where(seen, scl, 0)), seen & (scl == CIRRUS)
    elif "qa_pixel" in planes:
        bits, seen = planes["qa_pixel"]
        sky = np.where(seen, sky_from_bits(bits.astype(np.uint16)), np.uint8(Sky.NOTHING))
    else:
        sky = np.zeros(valid.shape, np.uint8)
    return np.where(valid, sky, np.uint8(Sky.NOTHING)), sure


def _ask_leaves(
    scene: Scene,
    got: Mapping[str, tuple[Asset, Raster]],
    planes: Mapping[str, tuple[NDArray[Any], Mask]],
    sky: NDArray[np.uint8],
) -> tuple[float, str, tuple[str, ...]]:
    """Check the offset; give what to add, what leaves said, and a sentence if it matters."""
    infrared = "nir" if "nir" in planes else "nir08"
    if "red" not in planes or infrared not in planes:
        return 0.0, "not checked: red or infrared is missing", ()
    (asset, _), (red, seen) = got["red"], planes["red"]
    nir, nir_seen = planes[infrared]
    clear = seen & nir_seen & (sky == Sky.CLEAR)
    if "scl" in planes:
        clear &= np.isin(planes["scl"][0], CLEAR_SCL)
    other = got[infrared][0]
    check = check_offset(
        reflectance(red, asset.scale, asset.offset),
        reflectance(nir, other.scale, other.offset),
        clear,
    )
    step = mended(0.0, check.verdict)
    said = f"{check.verdict} (red of leaves {check.red:.3f}, {check.pixels} pixels)"
    if check.verdict in (Verdict.ADDED, Verdict.REMOVED):
        words = (
            f"{scene.id}: its archive says to add {asset.offset:g} "
            f"({asset.offset_from or 'unsaid'}), but leaves have a red reflectance of "
            f"{check.red:.3f}: {check.verdict}. {asset.offset + step:g} was added instead."
        )
        log.warning("%s", words)
        return step, said, (words,)
    return step, said, ()


def _used(scene: Scene, asset: Asset, raster: Raster, step: float, check: str) -> Used:
    digest = hashlib.sha256(np.ascontiguousarray(raster.bands).tobytes())
    digest.update(np.packbits(raster.valid).tobytes())
    return Used(
        scene=scene,
        asset=asset,
        sha256=digest.hexdigest(),
        size=raster.bands.nbytes,
        offset=round(asset.offset + step, 6),
        check=check if asset.kind == "reflectance" else "",
    )


def _mosaic(
    reading: Reading, names: tuple[str, ...], layers: Sequence[_Layer], failures: list[str]
) -> Prepared:
    """Lay tile over tile: the first that sees a pixel gives all its bands and its sky."""
    shape = tuple(reading.grid.shape)
    kind = layers[0].kind
    empty: float = np.nan if kind in ("reflectance", "power") else 0
    dtype = np.float32 if kind in ("reflectance", "power") else _common(layers, names)
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
    if colours is not None:
        finished = refine(sky, colours, gsd=gsd_of(reading.grid), sure=sure)
    nodata: float | None = float(empty)
    if kind == "reflectance":
        bands, nodata = counts_of(bands, valid), 0.0
    return Prepared(
        names=names,
        bands=bands,
        nodata=nodata,
        valid=valid,
        sky=finished,
        archive=np.where((sky == Sky.CLOUD) & sure, np.uint8(CIRRUS), sky),
        used=tuple(used for layer in layers for used in layer.used),
        failures=tuple(failures),
        notes=tuple(note for layer in layers for note in layer.notes),
    )


def colours_of(names: Sequence[str], bands: NDArray[np.float32]) -> Colours | None:
    """Pick the four bands that cloud is judged by; ``None`` if one is missing."""
    own = dict(zip(names, bands, strict=True))
    nir = own.get("nir", own.get("nir08"))
    if nir is None or not {"blue", "green", "red"} <= set(own):
        return None
    return Colours(blue=own["blue"], green=own["green"], red=own["red"], nir=nir)


def _common(layers: Sequence[_Layer], names: Sequence[str]) -> Any:
    kinds: Iterator[Any] = (
        layer.bands[name].dtype for layer in layers for name in names if name in layer.bands
    )
    return np.result_type(*kinds) if any(layer.bands for layer in layers) else np.uint8
