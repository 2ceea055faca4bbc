"""Find scenes in a STAC catalogue, live or static, and read their files.

    Wish ──► search (API) or walk (static) ──► items ──► Scenes that really meet the wish
    Scene, Asset, grid ──► geo.sources.assets ──► Raster

An archive's answer is sifted again here: servers ignore parts of a question, and some lose
pages. One that says how many scenes it has and gives fewer is named.

Source: the STAC specification 1.1 and its API 1.0.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import shapely
from pystac_client import Client as StacClient
from pystac_client.conformance import ConformanceClasses
from pystac_client.exceptions import APIError
from shapely.geometry import mapping

from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.assets import Door, read_asset
from geo.sources.base import Found, Source, Wish, found
from geo.sources.catalogue import CatalogueIO
from geo.sources.globe import boxes
from geo.sources.items import scene_of
from geo.sources.links import plain
from geo.sources.tokens import Doors
from geo.sources.walk import walk

log = logging.getLogger(__name__)

PAGE = 100
"""Items asked for at a time; most archives give no more."""

PAGES = 500
"""Pages; a catalogue that goes on longer sends us in circles."""

CORNERS = 200
"""Of an outline that is sent as it is; one with more is asked for by its box."""

SETTLED = timedelta(days=10)
"""After so long archives have received what they will receive of a day."""

KNOWN = {
    "earth-search": ("https://earth-search.aws.element84.com/v1", "sentinel-2-l2a"),
    "planetary-computer": (
        "https://planetarycomputer.microsoft.com/api/stac/v1",
        "sentinel-2-l2a",
    ),
    "cdse": ("https://stac.dataspace.copernicus.eu/v1", "sentinel-2-l2a"),
}
"""Names for ``stac:NAME``: address and usual collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StacSource:
    """One catalogue."""

    name: str
    """``stac:earth-search``."""

    url: str = field(repr=False)  # may hold a token
    """Of its landing page, root catalogue or a file of items; may be a path."""

    door: Door
    """How to ask."""

    usual: tuple[str, ...] = ()
    """Collections to look in when the wish names none."""

    doors: Doors | None = None
    """Opens files that want a signature; the same that ``door.client`` signs with."""

    refresh: bool = False
    """Ask again, even about days long past."""

    today: date | None = None
    """For tests; the day of the question."""

    def find(self, wish: Wish) -> Found:
        """Search or walk the catalogue.

        Raises:
            SourceError: it does not answer, or loses items on the way.
            InputError: it meets more scenes than wished for, or is no catalogue.
        """
        today = self.today or datetime.now(UTC).date()
        final = wish.end + SETTLED < today
        io = CatalogueIO(self.door, final=final, refresh=self.refresh)
        scenes, gaps = [], []
        for item, licence in self._items(io, wish):
            try:
                scenes.append(scene_of(item, source=self.name, base=self.url, licence=licence))
            except SourceError as error:
                log.warning("%s", error)
                gaps.append(str(error))
        if self.doors:
            self.doors.remember(scenes)
        return found(scenes, wish, self.name, [*io.gaps, *gaps])

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read one file onto a grid."""
        return replace(read_asset(asset, grid, self.door), time=scene.time)

    def _items(self, io: CatalogueIO, wish: Wish) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield items and the licence of their collection."""
        root = self._root(io)
        if root.get("type") == "FeatureCollection":
            yield from ((item, "") for item in root["features"])
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what pystac warns of, we look at ourselves
            if "item-search" in str(root.get("conformsTo")):
                yield from self._search(io, wish)
            else:
                yield from walk(root, self.url, io, wish)

    def _root(self, io: CatalogueIO) -> dict[str, Any]:
        """Read the first file of the catalogue.

        Raises:
            InputError: it is no catalogue.
        """
        root = io.read_object(self.url)
        listed = root is not None and root.get("type") == "FeatureCollection"
        if root is None or (listed and not isinstance(root.get("features"), list)):
            raise InputError(
                f"{plain(self.url)} is no STAC catalogue: one is a JSON object with links, or "
                "with a list of features. Give the address of its catalog.json."
            )
        return root

    def _search(self, io: CatalogueIO, wish: Wish) -> Iterator[tuple[Mapping[str, Any], str]]:
        client = StacClient.open(self.url, stac_io=io)
        wanted = wish.collections or self.usual
        licences = {name: _licence(client, name) for name in wanted}
        first, last = wish.span
        question: dict[str, Any] = {
            "collections": list(wanted) or None,
            "datetime": [first, last],
            "limit": PAGE,
            "method": _method(client),
        }
        if wish.cloud is not None and client.conforms_to(ConformanceClasses.QUERY):
            question["query"] = {"eo:cloud_cover": {"lte": round(wish.cloud * 100, 2)}}
        for place in _places(wish):
            try:
                for item in _paged(client, question | place, self.name, wish.most, io.gaps):
                    yield item, licences.get(str(item.get("collection")), "")
            except APIError as error:
                raise SourceError(
                    f"{self.name} did not understand the search: {error}"
                ) from None


def _method(client: StacClient) -> str:
    """Ask by POST where the landing page offers it."""
    methods = {
        str(link.extra_fields.get("method", "GET")) for link in client.get_links("search")
    }
    return "POST" if "POST" in methods else "GET"


def _places(wish: Wish) -> list[dict[str, Any]]:
    """Say where: by the outline if it is simple and whole, else by its boxes."""
    parts = boxes(wish.outline)
    simple = shapely.get_num_coordinates(wish.outline) <= CORNERS
    if len(parts) == 1 and simple:
        return [{"intersects": mapping(wish.outline)}]
    return [{"bbox": list(part)} for part in parts]


def _paged(
    client: StacClient,
    question: Mapping[str, Any],
    where: str,
    most: int,
    gaps: dict[str, None],
) -> Iterator[Mapping[str, Any]]:
    """Turn pages, and notice when a server loses items or goes in circles."""
    seen: set[tuple[str, str]] = set()
    told = None
    for number, page in enumerate(client.search(**question).pages_as_dicts(), start=1):
        features = page.get("features") or []
        told = _matched(page, told)
        fresh = {_name(f): f for f in features if _name(f) not in seen}
        seen |= set(fresh)
        yield from fresh.values()
        if number > PAGES or (features and not fresh):
            raise SourceError(f"{where} gives the same page again and again; it has a fault.")
        if len(seen) > 20 * most:
            raise InputError(
                f"{where} has far more than {most} scenes for this wish. Ask less."
            )
    if told is not None and len(seen) < told:
        gaps[
            f"{where} says it has {told} scenes for this wish and gave {len(seen)}: some were "
            "lost on the way. Ask again with --refresh."
        ] = None


def _name(feature: Mapping[str, Any]) -> tuple[str, str]:
    return str(feature.get("collection")), str(feature.get("id"))


def _matched(page: Mapping[str, Any], before: int | None) -> int | None:
    count = page.get("numberMatched", (page.get("context") or {}).get("matched"))
    return int(count) if str(count).isdecimal() else before


def _licence(client: StacClient, name: str) -> str:
    """Ask what a collection's licence is; not worth failing for."""
    try:
        collection = client.get_collection(name)
        return str(collection.license or "") if collection else ""
    except (SourceError, APIError, KeyError):
        return ""


_: type[Source] = StacSource
