"""Understand a STAC item, as the archives really write them.

Items of one standard differ from archive to archive and year to year: EPSG codes as numbers or
words, bands under two names, offsets told, applied or forgotten, footprints that jump round the
Earth, the same band as ``.tif`` and ``.jp2``.  Here, and nowhere else, they become one thing.

    item (dict) ──► Scene with Assets by key, each with common band names, scale and offset

Source: STAC 0.9 to 1.1; items of Earth Search v0 and v1, Planetary Computer and CDSE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from affine import Affine
from shapely.errors import ShapelyError
from shapely.geometry import box

from geo.errors import InputError, SourceError
from geo.scene import Asset, Kind, Scene
from geo.sources.globe import mend
from geo.sources.links import absolute, part, plain
from geo.sources.offsets import meaning_of, told_of
from geo.sources.vocabulary import PROGRAMMES, QUALITY, RADAR, name_of, sensor_of

PICTURES = ("tif", "tiff", "jp2", "j2k", "vrt", "png", "jpg")
"""Endings of files that are read."""

NOT_DATA = frozenset({"thumbnail", "overview", "metadata", "preview"})
"""Roles of files that are not."""

MALFORMED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What words that are not what the standard says come to: text for numbers, null for lists."""

PRODUCT = re.compile(r"_N(?P<base>\d{4})_R(?P<orbit>\d{3})_T(?P<tile>\w{5})_")
"""What the name of a Sentinel-2 product tells: baseline, relative orbit, tile."""


def scene_of(
    item: Mapping[str, Any], *, source: str = "", base: str = "", licence: str = ""
) -> Scene:
    """Understand an item.

    Args:
        item: as parsed from JSON.
        source: the archive's name.
        base: where it was read, for relative addresses in an item that does not tell its own.
        licence: of its collection, if known.

    Raises:
        SourceError: it has no id, time, footprint or file that can be read, or a word in it is
            malformed; the sentence says which.
    """
    name = str(item.get("id") or "") if isinstance(item, Mapping) else ""
    if not name:
        raise SourceError(f"{source or 'A catalogue'} gave an item without an id.")
    try:
        return _scene(name, item, source=source, base=base, licence=licence)
    except MALFORMED as error:
        raise SourceError(f"Item {name} cannot be understood ({error}).") from error


def _scene(
    name: str, item: Mapping[str, Any], *, source: str, base: str, licence: str
) -> Scene:
    said = item.get("properties") or {}
    collection = str(item.get("collection") or "")
    platform = str(said.get("platform") or said.get("constellation") or "").lower()
    sensor = sensor_of(platform, collection)
    time = _time(name, said)
    product = PRODUCT.search(
        " ".join(str(said.get(k, "")) for k in ("s2:product_uri", "sentinel2:product_title"))
        + f" {name}_"
    )
    baseline = _baseline(said, product)
    assets = _assets(item, sensor=sensor, baseline=baseline, base=_self(item) or base)
    if not assets:
        raise SourceError(f"Item {name} holds no picture that can be read.")
    known = PROGRAMMES.get(sensor)
    licence = str(said.get("license") or licence)
    if known and licence in ("", "proprietary", "other", "various"):
        licence = known.licence
    cloud = said.get("eo:cloud_cover")
    orbit = said.get("sat:relative_orbit", product and int(product["orbit"]))
    return Scene(
        id=name,
        time=time,
        footprint=_footprint(name, item),
        assets=assets,
        source=source,
        collection=collection,
        sensor=sensor,
        platform=platform,
        tile=_tile(said, name, product),
        orbit=None if orbit is None else int(orbit),
        direction=str(said.get("sat:orbit_state") or "").lower(),
        cloud=None if cloud is None else min(max(float(cloud) / 100, 0.0), 1.0),
        baseline=baseline,
        made=_made(said),
        licence=licence,
        credit=known.credit.format(year=time.year) if known else _providers(said),
    )


def _time(name: str, said: Mapping[str, Any]) -> datetime:
    """Take ``datetime``, or where that is null the beginning of the acquisition."""
    text = said.get("datetime") or said.get("start_datetime")
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise SourceError(f"Item {name} does not say when it was taken: {text!r}.") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _made(said: Mapping[str, Any]) -> str:
    words = ("s2:generation_time", "processing:datetime", "updated", "created")
    return next((str(said[word]) for word in words if said.get(word)), "")


def _footprint(name: str, item: Mapping[str, Any]) -> Any:
    """Take the geometry, or the box where there is none; west > east crosses the meridian."""
    corners = item.get("bbox") or ()
    try:
        if item.get("geometry"):
            return mend(item["geometry"])
        west, south, east, north = (
            corners[i] for i in ((0, 1, 2, 3), (0, 1, 3, 4))[len(corners) == 6]
        )
        return mend(box(west, south, east + 360 * (east < west), north))
    except (InputError, IndexError, ShapelyError, TypeError, ValueError) as error:
        raise SourceError(f"Item {name} does not say where it lies ({error}).") from error


def _baseline(said: Mapping[str, Any], product: re.Match[str] | None) -> str:
    text = str(
        said.get("s2:processing_baseline")
        or said.get("sentinel2:processing_baseline")
        or said.get("processing:version")
        or ""
    )
    if not re.fullmatch(r"\d\d\.\d\d", text) and product:
        text = f"{product['base'][:2]}.{product['base'][2:]}"
    return text


def _tile(said: Mapping[str, Any], name: str, product: re.Match[str] | None) -> str:
    if code := str(said.get("grid:code") or ""):
        zone, letters = re.match(r"(?:MGRS-)?(\d*)(.*)", code).groups()  # type: ignore[union-attr]
        return f"{int(zone):02d}{letters}" if zone else code
    if tile := said.get("s2:mgrs_tile"):
        return str(tile)
    if said.get("landsat:wrs_path"):
        return f"{said['landsat:wrs_path']}/{said.get('landsat:wrs_row', '')}"
    if product:
        return product["tile"]
    found = re.search(r"_T?(\d\d[A-Z]{3})_", name)
    return found[1] if found else ""


def _providers(said: Mapping[str, Any]) -> str:
    makers: Iterable[Mapping[str, Any]] = said.get("providers") or []
    return ", ".join(str(maker.get("name", "")) for maker in makers)


def _self(item: Mapping[str, Any]) -> str:
    links = item.get("links") or []
    return next((str(link["href"]) for link in links if link.get("rel") == "self"), "")


def _assets(
    item: Mapping[str, Any], *, sensor: str, baseline: str, base: str
) -> dict[str, Asset]:
    """Keep the pictures; of two files with the same bands the finest, then the one in TIFF."""
    said = item.get("properties") or {}
    found: dict[tuple[str, ...], tuple[tuple[float, bool, str], Asset]] = {}
    for key, file in (item.get("assets") or {}).items():
        if not _is_picture(file):
            continue
        bands = _bands(key, file, sensor)
        if not bands:
            continue
        asset = _asset(key, file, bands, said=said, sensor=sensor, baseline=baseline, base=base)
        rank = (asset.gsd or 0.0, not _file_of(asset.href).endswith(("tif", "tiff")), key)
        if bands not in found or rank < found[bands][0]:
            found[bands] = (rank, asset)
    return {asset.key: asset for _, asset in found.values()}


def _is_picture(file: Mapping[str, Any]) -> bool:
    href = _file_of(str(file.get("href") or ""))
    kind = str(file.get("type") or "")
    roles = set(file.get("roles") or ())
    named = href.rpartition(".")[2] in PICTURES or kind.startswith(("image/tiff", "image/jp2"))
    return bool(href) and named and not roles & NOT_DATA


def _file_of(href: str) -> str:
    """Give an address without its query, in lower case: how it ends tells the kind of file."""
    return plain(href).partition("?")[0].lower()


def _bands(key: str, file: Mapping[str, Any], sensor: str) -> tuple[str, ...]:
    """Name the bands of a file; one that tells of none is named by its key."""
    told = file.get("eo:bands") or file.get("bands") or []
    told = [band for band in told if isinstance(band, dict)]  # old items count bands instead
    names = []
    for band in told:
        common = str(band.get("common_name") or band.get("eo:common_name") or "")
        names.append(name_of(str(band.get("name") or ""), sensor, common) or common or "other")
    if len(names) > 1:
        return tuple(names)
    own = name_of(key, sensor, names[0] if names else "")
    if own == "visual" or "visual" in (file.get("roles") or ()):
        return ("red", "green", "blue") if len(names) != 1 else (names[0],)
    if own:
        return (own,)
    return tuple(names) if sensor == "vhr" and names else _radar_or_picture(key, sensor)


def _radar_or_picture(key: str, sensor: str) -> tuple[str, ...]:
    """Name what tells of no bands: a polarisation in the key, or the picture of a VHR scene."""
    for word in re.split(r"[^a-z]+", key.lower()):
        if word in RADAR:
            return (word,)
    return (key.lower(),) if sensor == "vhr" else ()


def _asset(
    key: str,
    file: Mapping[str, Any],
    bands: tuple[str, ...],
    *,
    said: Mapping[str, Any],
    sensor: str,
    baseline: str,
    base: str,
) -> Asset:
    """Understand one file."""
    href, secret = part(absolute(str(file["href"]), base))
    raster = told_of(file)
    gsd = file.get("gsd") or raster.get("spatial_resolution") or said.get("gsd")
    kind = _kind(bands, sensor)
    scale, offset, basis = meaning_of(kind, file, said, sensor=sensor, baseline=baseline)
    nodata = raster.get("nodata", file.get("nodata"))
    size = file.get("file:size")
    return Asset(
        key=key,
        href=href,
        secret=secret,
        bands=bands,
        kind=kind,
        scale=scale,
        offset=offset,
        offset_from=basis,
        nodata=None if nodata is None else float(nodata),
        gsd=None if gsd is None else float(gsd),
        crs=_crs(file, said),
        extent=_extent(file, said),
        size=None if size is None else int(size),
    )


def _kind(bands: tuple[str, ...], sensor: str) -> Kind:
    if bands[0] in QUALITY:
        return QUALITY[bands[0]]
    if bands[0] in RADAR:
        return "power"
    return (
        "reflectance" if sensor in ("sentinel-2", "landsat") and len(bands) == 1 else "picture"
    )


def _crs(file: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Read the CRS from either of the names it has had, as a number or as words."""
    for place in (file, said):
        for name in ("proj:code", "proj:epsg"):
            code = place.get(name)
            if code:
                return f"EPSG:{code}" if str(code).isdigit() else str(code)
    return ""


def _extent(
    file: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[float, float, float, float] | None:
    """Work out what a file covers from what is told: its box, or its corner and size."""
    for place in (file, said):
        corners = place.get("proj:bbox")
        if corners and len(corners) == 4:
            west, south, east, north = map(float, corners)
            return west, south, east, north
        numbers, shape = place.get("proj:transform"), place.get("proj:shape")
        if numbers and shape:
            affine = Affine(*map(float, numbers[:6]))
            left, top = affine @ (0, 0)
            right, bottom = affine @ (float(shape[1]), float(shape[0]))
            return (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    return None
