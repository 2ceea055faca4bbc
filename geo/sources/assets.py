"""Read one file of a scene onto a grid, wherever it lies and whatever it says of itself.

The file is believed before the item: its own frame and size, then what the item tells of its
extent, then a sidecar beside it.  A ``.tif`` that is JPEG 2000 is read like one that is not.

    Asset + grid ──► open (path, or byte ranges of a server) ──► frame ──► window ──► Raster

Source: GDAL's raster data model; STAC's projection extension for what the file does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError

from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.inside import nodata_as_read
from geo.lattice import offset_of
from geo.place import Place, find_place
from geo.plain import Plain, staged
from geo.raster import Raster
from geo.reader import Opening, Reader, said
from geo.scene import Asset
from geo.sources.answers import Ask, MissingError
from geo.sources.cache import Cache
from geo.sources.http import Client
from geo.sources.links import is_web
from geo.sources.remote import ChangedError, Remote
from geo.sources.shelf import opened, quietly_open
from geo.vrt import placed_by_affine

KINDS = ("uint8", "uint16")
"""Number types that are read as they are; any other becomes a 32-bit float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How to reach files."""

    client: Client
    cache: Cache
    offline: bool = False
    """Whether only the cache may answer."""


def read_asset(asset: Asset, grid: Grid, door: Door) -> Raster:
    """Read all bands of a file onto a grid.

    Class and bit bands take the nearest pixel, others are warped as ``geo.reader`` does; on the
    file's own lines pixels are taken as they are.

    Raises:
        SourceError: it cannot be had, is no picture, or does not say where it lies.
    """
    try:
        return _read(asset, grid, door)
    except ChangedError:  # parts of an older file were in the cache, or it was just replaced
        return _read(asset, grid, door)


def _read(asset: Asset, grid: Grid, door: Door) -> Raster:
    resampling = "nearest" if asset.kind in ("classes", "bits") else "bilinear"
    with (
        _dataset(asset, door) as (source, place),
        _opening(asset, source, place, grid) as opening,
        Reader(opening, grid, resampling=resampling) as reader,
    ):
        bands, valid = reader.read(slice(0, grid.height), slice(0, grid.width))
    names = asset.bands if len(asset.bands) == len(bands) else ()
    return Raster(bands=bands, valid=valid, grid=grid, names=names)


@contextmanager
def _dataset(asset: Asset, door: Door) -> Iterator[tuple[Any, Place]]:
    """Open a file and find its frame, with its sidecar only if there is no other way."""
    if not (is_web(asset.href) or asset.href.startswith("s3://")):
        with _local(asset) as source:
            yield source, _place(asset, source)
        return
    remote = Remote(asset.href, door.client, door.cache, offline=door.offline)
    with opened(remote) as source:
        try:
            place = _place(asset, source)
        except SourceError:
            place = None
        if place is not None:
            yield source, place
            return
    with opened(remote, _sidecar(asset, door)) as source:
        yield source, _place(asset, source)


@contextmanager
def _local(asset: Asset) -> Iterator[Any]:
    try:
        with quietly_open(asset.href) as source:
            yield source
    except RasterioError as error:
        path = Path(asset.href)
        raise SourceError(f"{path} cannot be read: {said(error, path)}.") from error


def _sidecar(asset: Asset, door: Door) -> bytes:
    """Fetch ``.aux.xml``, where some archives keep the frame of their files."""
    where = f"{asset.href}.aux.xml"
    kept = door.cache.page(where)
    if kept is None:
        lost = SourceError(
            f"{asset.href} does not say where it lies, and neither does its item or a file "
            "beside it."
        )
        if door.offline:
            raise lost
        try:
            answer = door.client.ask(Ask(url=where, pages=False))
        except MissingError:
            raise lost from None
        door.cache.keep_page(where, answer.body)
        return answer.body
    return kept.body


def _place(asset: Asset, source: Any) -> Place:
    """Believe the file, then the item."""
    try:
        return find_place(Path(asset.href.rpartition("/")[2]), source, None)
    except InputError as error:
        if not (asset.crs and asset.extent):
            raise SourceError(str(error)) from error
    box = GeoBox.from_bbox(asset.extent, asset.crs, shape=source.shape, tight=True)
    crs = CRS(asset.crs)
    grid = Grid(source.shape, box.affine, crs)
    return Place(grid=grid, words=placed_by_affine(crs.to_wkt(), grid.affine))


@contextmanager
def _opening(asset: Asset, source: Any, place: Place, grid: Grid) -> Iterator[Opening]:
    """Say which bands to read, and what in them is real."""
    count = source.count
    hiding = source.colorinterp[-1] == ColorInterp.alpha and count > 1
    kind = source.dtypes[0] if source.dtypes[0] in KINDS else "float32"
    told = [asset.nodata if own is None else own for own in source.nodatavals]
    values = [nodata_as_read(value, kind) for value in told[: count - hiding]]
    known = [value for value in values if value is not None]
    flags = set(source.mask_flag_enums[0])
    plain = Plain(
        dataset=source,
        kind=kind,
        masked=MaskFlags.per_dataset in flags
        and not flags & {MaskFlags.nodata, MaskFlags.alpha},
        nodata=known[0] if known else None,
        grid=None if _says_so(source, place) else place.grid,
    )
    opening = Opening(
        path=Path(source.name),
        document=plain,
        grid=place.grid,
        straight=place.straight,
        nodata=tuple(known) if len(known) == len(values) else None,
    )
    if not plain.masked or not place.straight or offset_of(place.grid, grid):
        yield opening
        return
    with staged(plain, place.grid, grid) as (part, frame):
        yield replace(opening, document=part, grid=frame)


def _says_so(source: Any, place: Place) -> bool:
    """Tell whether a file lies where it says; else its item has told."""
    if not place.straight:
        return True
    return source.crs is not None and source.transform == place.grid.affine
