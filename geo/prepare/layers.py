"""Give the numbers of one scene their meaning: quantities, what is real, and what the sky is.

    rasters by file ──► planes by band ──scale, offset──► reflectance, dB, brightness
                                       ──a pan band among them──► colours sharpened
                                       ──class or quality band, or s2cloudless──► sky (H, W)
                                       ──leaves, darkest ground──► Witness

Source: the rooms ``numbers``, ``masks``, ``pansharpen``, ``cloudless`` and ``radar`` here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geo.grid import Grid, gsd_of
from geo.prepare.cloudless import COMMON, sky_of
from geo.prepare.masks import CIRRUS, Sky, sky_from_bits, sky_from_scl
from geo.prepare.numbers import DARKEST, check_offset, reflectance
from geo.prepare.pansharpen import Sharpening, sharpen
from geo.prepare.radar import to_db
from geo.prepare.witness import Witness
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.types import Mask

QUALITY = ("scl", "qa_pixel")
"""Bands that say what the sky is, and are no measurement."""

CLEAR_SCL = (4, 5, 6)
"""SCL classes among which leaves are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done to pixels beyond reading them."""

    sharpen: Sharpening | None = "gram-schmidt"
    """How colours are sharpened where a panchromatic band helps; ``None`` for not at all."""

    clouds: Literal["archive", "s2cloudless"] = "archive"
    """Who says what is cloud: the archive's class or quality band, or s2cloudless."""

    helpers: tuple[str, ...] = ()
    """Bands that are read for the sake of others and not delivered."""


USUAL = Treatment()
"""What is done where nobody says otherwise."""

CLOUDLESS = "cloud by s2cloudless"
"""What is said of a pass whose sky s2cloudless judged; colours give no second opinion then."""


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
    """Reflectance added in the end; what leaves of all dates said may have changed it."""

    check: str = ""
    """What leaves said, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One scene of a pass."""

    bands: Mapping[str, NDArray[np.float32] | NDArray[Any]]
    valid: Mask
    sky: NDArray[np.uint8]
    sure: Mask
    used: tuple[Used, ...]
    kind: str
    witness: Witness | None
    trusted: bool = False
    """Whether the sky needs no second opinion from colours."""

    done: tuple[str, ...] = ()
    """What was done to its pixels, in words."""


Planes = Mapping[str, tuple[NDArray[Any], Mask]]
"""By band: numbers as the file has them, and where they are real."""

Files = Mapping[str, tuple[Asset, Raster]]
"""By band: the file that holds it, and what was read of it."""


def layer_of(
    scene: Scene,
    names: Sequence[str],
    rasters: Mapping[tuple[str, str], Raster],
    grid: Grid,
    *,
    step: float,
    treatment: Treatment = USUAL,
) -> Layer:
    """Give the numbers of one scene their meaning.

    Args:
        scene: whose they are.
        names: bands to deliver.
        rasters: what could be read, by scene and file.
        grid: of all rasters.
        step: reflectance to add beyond what the archive says.
        treatment: what else is to be done.

    Raises:
        InputError: s2cloudless is asked for and is not installed.
    """
    got = {
        name: (asset, rasters[scene.id, asset.key])
        for name in dict.fromkeys((*names, *QUALITY, *treatment.helpers))
        if (asset := scene.asset_of(name)) and (scene.id, asset.key) in rasters
    }
    planes = {name: _plane(raster, asset, name) for name, (asset, raster) in got.items()}
    kind = next((got[name][0].kind for name in names if name in got), "picture")
    valid = _all_real(planes, set(planes) & set(names), grid)
    sky, sure = _sky(planes, valid)
    witness, check = None, ""
    if kind == "reflectance" and scene.sensor == "sentinel-2":
        witness, check = _ask_leaves(scene, got, planes, sky)
    meant = {name: _meant(got[name][0], planes[name][0], step) for name in got}
    values = {name: meant[name] for name in names if name in meant}
    done = []
    if treatment.clouds == "s2cloudless" and set(COMMON) <= set(meant):
        sky = sky_of(np.stack([meant[name] for name in COMMON]), valid, gsd=gsd_of(grid))
        done.append(CLOUDLESS)
    if treatment.sharpen and "pan" in treatment.helpers and "pan" in got:
        ratio = _ratio(got, names, grid)
        if ratio >= 2:
            values |= _sharpened(values, planes["pan"], valid, ratio, treatment.sharpen)
            done.append(f"pan-sharpened, {treatment.sharpen}, {ratio} to 1")
    used = tuple(
        _used(scene, asset, raster, step if asset.kind == "reflectance" else 0.0, check)
        for asset, raster in {a.key: (a, r) for a, r in got.values()}.values()
    )
    return Layer(
        bands=values,
        valid=valid,
        sky=sky,
        sure=sure,
        used=used,
        kind=kind,
        witness=witness,
        trusted=CLOUDLESS in done,
        done=tuple(done),
    )


def _all_real(planes: Planes, names: set[str], grid: Grid) -> Mask:
    """Tell where all these bands are real; nowhere without any."""
    valid = np.full(tuple(grid.shape), bool(names), np.bool_)
    for name in names:
        valid &= planes[name][1]
    return valid


def _ratio(got: Files, names: Sequence[str], grid: Grid) -> int:
    """Tell how many pixels of the frame lie in one of the colours, a side; 0 where unknown."""
    coarse = [got[name][0].gsd for name in names if name in got]
    pan = got["pan"][0].gsd
    if pan is None or not coarse or None in coarse:
        return 0
    return round(max(gsd for gsd in coarse if gsd) / max(pan, gsd_of(grid)))


def _sharpened(
    values: Mapping[str, NDArray[Any]],
    pan: tuple[NDArray[Any], Mask],
    valid: Mask,
    ratio: int,
    way: Sharpening,
) -> dict[str, NDArray[Any]]:
    """Sharpen all bands at once; whole numbers stay whole, and what was seen stays above 0."""
    stack = np.stack([band.astype(np.float32) for band in values.values()])
    seen = valid & pan[1]
    sharp = sharpen(stack, pan[0].astype(np.float32), ratio=ratio, valid=seen, way=way)
    out: dict[str, NDArray[Any]] = {}
    for (name, band), plane in zip(values.items(), sharp, strict=True):
        if np.issubdtype(band.dtype, np.integer):
            top = np.iinfo(band.dtype).max
            whole = np.clip(np.rint(plane), 1, top).astype(band.dtype)
            out[name] = np.where(seen, whole, band)
        else:
            out[name] = plane
    return out


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


def _sky(planes: Planes, valid: Mask) -> tuple[NDArray[np.uint8], Mask]:
    """Ask the archive what the sky is; all clear where it has no such band."""
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
    got: Files,
    planes: Planes,
    sky: NDArray[np.uint8],
) -> tuple[Witness | None, str]:
    """Ask leaves and the darkest ground of a scene; also in words."""
    infrared = "nir" if "nir" in planes else "nir08"
    if "red" not in planes or infrared not in planes:
        return None, "not checked: red or infrared is missing"
    asked = [name for name in ("red", infrared, "blue", "green") if name in planes]
    clear = sky == Sky.CLEAR
    for name in asked:
        clear = clear & planes[name][1]
    if "scl" in planes:
        clear &= np.isin(planes["scl"][0], CLEAR_SCL)
    values = {
        name: reflectance(planes[name][0], got[name][0].scale, got[name][0].offset)
        for name in asked
    }
    check = check_offset(values["red"], values[infrared], clear, *list(values.values())[2:])
    known = bool(np.isfinite(check.floor))
    asset = got["red"][0]
    witness = Witness(
        scene=scene.id,
        series=f"{scene.source} {scene.collection}".strip(),
        told=asset.offset,
        told_by=asset.offset_from,
        baseline=scene.baseline,
        verdict=check.verdict,
        red=check.red if np.isfinite(check.red) else None,
        pixels=check.pixels,
        floor=check.floor if known else None,
        bare=known and check.bare,
        lows={
            name: round(float(np.percentile(band[clear], DARKEST)), 4)
            for name, band in values.items()
        }
        if known
        else {},
    )
    return witness, f"{check.verdict} (red of leaves {check.red:.3f}, {check.pixels} pixels)"


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
