"""Take an analyst's own folder for an archive: what lies there, where, and from which day.

Each picture is one scene, and so are the bands of one acquisition that lie in files of their
own (``geo.sources.bundles``).  Place, bands and day come from the file and its name; a table
``index.csv`` in the folder says what files do not know, or know wrongly.

    folder + index.csv ──► bundles ──open_image──► files understood ──► Scene

Pictures without a CRS have no place in a search and are named as gaps; so are those without a
day, unless the table tells it.  Whatever is read is named after its scene, so scenes of one
name are told apart by the folders, or the suffix, in which they differ.
"""

from __future__ import annotations

import logging
from collections import defaultdict
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
        made: list[tuple[Scene, Bundle]] = []
        gaps: list[str] = []
        todo = bundles(self.folder, table)
        while todo:
            bundle = todo.pop(0)
            try:
                bundle, lost = _readable(bundle)
                gaps += lost
                made.append((_scene(bundle, table, self.name), bundle))
            except StrangersError:
                todo += [alone(part.path) for part in bundle.parts]
            except (InputError, SourceError) as error:
                log.warning("%s", error)
                gaps.append(str(error))
        scenes, twins = _told_apart(made, self.folder)
        return found(scenes, wish, self.name, [*gaps, *twins])

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
        hidden = asset.nodata if image.nodata is None else None  # JPEG 2000 has no word for it
        if (
            hidden is not None and image.alpha is None
        ):  # GDAL heeds a mask or a number, not both
            image = _told(image, hidden)
        raster = image.read(grid, resampling="nearest" if nearest else "bilinear")
        names = asset.bands if len(asset.bands) == len(raster.bands) else ()
        valid = raster.valid
        if hidden is not None:
            valid = valid & (raster.bands != hidden).any(axis=0)
        return replace(raster, names=names, valid=valid, time=scene.time)


def _told(image: Image, nodata: float) -> Image:
    """Give nodata to the bands that leave it unsaid, so that it has no weight in warping."""
    bands = (replace(b, nodata=nodata) if b.nodata is None else b for b in image.bands)
    return replace(image, bands=tuple(bands))


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


def _told_apart(
    made: Sequence[tuple[Scene, Bundle]], folder: Path
) -> tuple[list[Scene], list[str]]:
    """Give scenes of one name what sets them apart; say which nothing does, in sentences."""
    alike: dict[str, list[tuple[Scene, Bundle]]] = defaultdict(list)
    for scene, bundle in made:
        alike[scene.id].append((scene, bundle))
    kept: dict[str, tuple[Scene, Path]] = {}
    lost = []
    for name, own in alike.items():
        shared = set.intersection(*(set(_way(bundle, folder)) for _, bundle in own)) | {name}
        for scene, bundle in own:
            full = "_".join((name, *(w for w in _way(bundle, folder) if w not in shared)))
            path = bundle.parts[0].path
            _, first = kept.setdefault(full, (replace(scene, id=full), path))
            if first != path:
                lost.append(
                    f"{path} is left out: it would be called {full}, as {first} is. Rename one "
                    "of them, or read their folders apart."
                )
    for sentence in lost:
        log.warning("%s", sentence)
    return [scene for scene, _ in kept.values()], lost


def _way(bundle: Bundle, folder: Path) -> tuple[str, ...]:
    """Name the folders that lead to an acquisition, and the suffix of one that is one file."""
    first = bundle.parts[0]
    above = first.path.parent.relative_to(folder).parts
    return above if first.band else (*above, first.path.suffix.removeprefix("."))


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
