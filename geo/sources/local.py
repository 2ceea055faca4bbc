"""Take an analyst's own folder for an archive: what lies there, where, and from which day.

Each picture is one scene, and so are the bands of one acquisition that lie in files of their
own (``geo.sources.bundles``).  Place, bands and day come from the file and its name; a table
``index.csv`` in the folder says what files do not know, or know wrongly.

    folder + index.csv ──► bundles ──open_image──► files understood ──► Scene

Pictures without a CRS have no place in a search and are named as gaps; so are those without a
day, unless the table tells it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shapely import union_all
from shapely.geometry import shape

from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.raster import Raster
from geo.read import Image, open_image
from geo.scene import Asset, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.sources.bundles import Bundle, Part, alone, bundles
from geo.sources.globe import mend
from geo.sources.items import PRODUCT
from geo.sources.local_files import StrangersError, part_of, whole
from geo.sources.local_table import INDEX, day_of, read_table, share_of
from geo.sources.vocabulary import PROGRAMMES, sensor_of
from geo.when import taken_at

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A folder of pictures."""

    folder: Path
    """Read flat, but for folders inside it that hold the bands of an acquisition."""

    @property
    def name(self) -> str:
        """The folder, as it was named."""
        return str(self.folder)

    def find(self, wish: Wish) -> Found:
        """Look into every picture of the folder.

        Raises:
            InputError: there is no such folder, no picture in it, or the table has a fault.
        """
        table = read_table(self.folder / INDEX)
        scenes, gaps = [], []
        todo = bundles(self.folder, table)
        while todo:
            bundle = todo.pop(0)
            try:
                bundle, lost = _readable(bundle)
                gaps += lost
                scenes.append(_scene(bundle, table, self.name))
            except StrangersError:
                todo += [alone(part.path) for part in bundle.parts]
            except (InputError, SourceError) as error:
                log.warning("%s", error)
                gaps.append(str(error))
        return found(scenes, wish, self.name, gaps)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read a picture onto a grid.

        Raises:
            SourceError: the file is gone, or damaged.
        """
        nearest = asset.kind in ("classes", "bits")
        try:
            image = open_image(asset.href)
        except InputError as error:  # it could be opened when the folder was looked through
            raise SourceError(str(error)) from error
        raster = image.read(grid, resampling="nearest" if nearest else "bilinear")
        names = asset.bands if len(asset.bands) == len(raster.bands) else ()
        valid = raster.valid
        if image.nodata is None and asset.nodata is not None:  # JPEG 2000 has no word for it
            valid = valid & (raster.bands != asset.nodata).any(axis=0)
        return replace(raster, names=names, valid=valid, time=scene.time)


def _readable(bundle: Bundle) -> tuple[Bundle, list[str]]:
    """Leave out files of an acquisition that cannot be opened; say which, in sentences.

    Raises:
        InputError: none of them can be opened.
    """
    kept: list[Part] = []
    lost: list[str] = []
    for part in bundle.parts:
        try:
            open_image(part.path)
            kept.append(part)
        except InputError as error:
            if len(lost) + 1 == len(bundle.parts):
                raise
            log.warning("%s", error)
            lost.append(str(error))
    return replace(bundle, parts=tuple(kept)), lost


def _scene(bundle: Bundle, table: Mapping[Path, Mapping[str, str]], source: str) -> Scene:
    """Make a scene of the files of one acquisition and what the table says of them.

    Raises:
        InputError: nobody knows where it lies, or when it was taken.
        StrangersError: the files are no bands of one acquisition.
    """
    said: dict[str, str] = {}
    for part in reversed(bundle.parts):
        said |= table.get(part.path, {})
    images = [open_image(part.path) for part in bundle.parts]
    for image in images:
        if image.grid.crs is None:
            raise InputError(
                f"{image.path.name} has no CRS, so nobody knows whether it is wanted."
            )
    sensor = said.get("sensor") or bundle.sensor or sensor_of("", bundle.id)
    product = next((p for word in bundle.words if (p := PRODUCT.search(f"{word}_"))), None)
    baseline = f"{product['base'][:2]}.{product['base'][2:]}" if product else ""
    if len(images) == 1 and not bundle.parts[0].band:
        own = table.get(images[0].path, {})
        assets = [whole(images[0], own, sensor)]
    else:
        assets = [
            part_of(image, part.band, sensor, baseline, table.get(part.path, {}))
            for image, part in zip(images, bundle.parts, strict=True)
        ]
    time = _time(images, bundle, said)
    known = PROGRAMMES.get(sensor)
    ground = [mend(shape(image.grid.extent.to_crs("EPSG:4326").json)) for image in images]
    return Scene(
        id=bundle.id,
        time=time,
        footprint=mend(union_all(ground)),
        assets=_keyed(assets),
        source=source,
        collection=images[0].path.parent.name,
        sensor=sensor,
        tile=product["tile"] if product else "",
        orbit=int(product["orbit"]) if product else None,
        baseline=baseline,
        cloud=share_of(images[0].path, said.get("cloud")),
        licence=said.get("licence") or (known.licence if known else ""),
        credit=said.get("credit") or (known.credit.format(year=time.year) if known else ""),
    )


def _keyed(assets: Sequence[Asset]) -> dict[str, Asset]:
    """Name files by key; of a band in several pixel sizes the finest stays."""
    kept: dict[str, Asset] = {}
    for asset in sorted(assets, key=lambda a: (a.gsd or 0.0, a.href)):
        kept.setdefault(asset.key, asset)
    return kept


def _time(images: Sequence[Image], bundle: Bundle, said: Mapping[str, str]) -> datetime:
    """Take the table's word, then the name's and the folders', then the file's own."""
    where = images[0].path.name
    if text := said.get("datetime"):
        return day_of(text, where)
    if bundle.parts[0].band:
        for word in bundle.words:
            if (taken := taken_at({}, word)) is not None:
                return taken
    if images[0].time is None:
        raise InputError(
            f"Nobody knows when {where} was taken: put the day into its name, or "
            f"into {INDEX} beside it."
        )
    return images[0].time


_: type[Source] = LocalSource
