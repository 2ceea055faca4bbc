"""Let Sentinel Hub find scenes and cut windows, by its own client.

The service sends pixels, not files: a small program (an evalscript) says which bands, and the
answer is a TIFF on exactly the grid asked for.  Windows larger than it allows are asked for in
pieces.  Numbers come as the service's ``DN`` with the 0.1 of newer baselines already taken off.

    Wish ──Catalog API──► Scenes        Scene, grid ──Process API, pieces──► Raster

Credentials come from SH_CLIENT_ID and SH_CLIENT_SECRET, or from a profile of sentinelhub's own
configuration file; the client renews its token by itself.  Answers are kept like any others.

Source: sentinelhub-py; Sentinel Hub Process API (limit of 2500 pixels a side).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from sentinelhub.api.catalog import SentinelHubCatalog
from sentinelhub.api.process import SentinelHubRequest
from sentinelhub.config import SHConfig
from sentinelhub.constants import CRS, MimeType
from sentinelhub.data_collections import DataCollection
from sentinelhub.download.sentinelhub_client import SentinelHubDownloadClient
from sentinelhub.download.session import SentinelHubSession
from sentinelhub.geometry import BBox

from geo.errors import InputError, SourceError, UsageError
from geo.grid import Grid
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.sources.cache import Cache
from geo.sources.catalogue import FRESH
from geo.sources.choose import MINUTES
from geo.sources.globe import boxes
from geo.sources.hub_errors import hub_errors, in_time
from geo.sources.hub_scenes import scenes_of
from geo.sources.products import PRODUCTS, Product
from geo.sources.stac import SETTLED
from geo.types import Mask

log = logging.getLogger(__name__)

SIDE = 2500
"""Pixels a side that the service gives at most."""

ATTEMPTS = 6
"""Tries of one request: of the client's own for failures, and of ours for too many requests."""

PATIENCE = 60.0
"""Seconds without an answer."""

for noisy in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(noisy).setLevel(logging.INFO)  # they log client secrets when debugging

HUBS: Mapping[str, tuple[str, str]] = {
    "cdse": (
        "https://sh.dataspace.copernicus.eu",
        "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token",
    ),
    "sentinel-hub": (
        "https://services.sentinel-hub.com",
        "https://services.sentinel-hub.com/auth/realms/main/protocol/openid-connect/token",
    ),
}
"""Names for ``hub:NAME``: where it is, and where tokens are had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A Sentinel Hub."""

    name: str
    """``hub:cdse``."""

    config: SHConfig = field(repr=False)
    """Where it is, and who asks; holds secrets."""

    cache: Cache
    offline: bool = False
    refresh: bool = False

    today: date | None = None
    """For tests; the day of the question."""

    def find(self, wish: Wish) -> Found:
        """Ask the catalogue; what was seen within minutes is one scene, for so it is sent.

        Raises:
            InputError: the credentials are not accepted, or the collection is none of ours.
            SourceError: the service does not answer.
        """
        products = [product_of(name) for name in wish.collections or ("sentinel-2-l2a",)]
        scenes = [
            scene
            for one in products
            for scene in scenes_of(self._features(one, wish), one, self.name)
        ]
        return found(scenes, wish, self.name)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Have a window cut.

        Raises:
            InputError: the credentials are not accepted.
            SourceError: the service does not answer, or not with a picture.
        """
        one = product_of(scene.collection)
        bands = np.zeros((len(asset.bands), *grid.shape), one.dtype(asset.key))
        valid = np.zeros(tuple(grid.shape), np.bool_)
        for rows, cols in _pieces(grid):
            piece, seen = self._piece(scene, asset, grid[rows, cols], one)
            bands[:, rows, cols], valid[rows, cols] = piece, seen
        return Raster(bands=bands, valid=valid, grid=grid, names=asset.bands, time=scene.time)

    def _features(self, one: Product, wish: Wish) -> list[dict[str, Any]]:
        """Ask the catalogue, or the cache about days long past."""
        today = self.today or datetime.now(UTC).date()
        final = wish.end + SETTLED < today
        told: list[dict[str, Any]] = []
        for corners in boxes(wish.outline):
            question = f"hub {self.config.sh_base_url} {one.id} {corners} {wish.span}"
            kept = self.cache.page(question)
            fresh = kept is not None and datetime.now(UTC) - kept.made < FRESH
            if kept and (self.offline or (not self.refresh and (final or fresh))):
                told += json.loads(kept.body)
                continue
            body = json.dumps(self._search(one, corners, wish)).encode()
            self.cache.keep_page(question, body)
            told += json.loads(body)
        return told

    def _search(
        self, one: Product, corners: tuple[float, float, float, float], wish: Wish
    ) -> list[dict[str, Any]]:
        self._may_ask()
        with hub_errors(self.name, ATTEMPTS):
            self._enter()
            catalogue = SentinelHubCatalog(self.config)
            hits = catalogue.search(
                self._collection(one), bbox=BBox(corners, CRS.WGS84), time=wish.span
            )
            return [dict(hit) for hit in hits]

    def _piece(
        self, scene: Scene, asset: Asset, grid: Grid, one: Product
    ) -> tuple[NDArray[Any], Mask]:
        """Have one piece cut, of ``SIDE`` pixels at most, or take it from the cache."""
        request = self._request(scene, asset, grid, one)
        payload = json.dumps(request.download_list[0].post_values, sort_keys=True, default=str)
        question = f"{self.config.sh_base_url} {payload}"
        kept = self.cache.page(question)
        if kept is not None:
            return _opened(kept.body, asset, grid, self.name)
        self._may_ask()
        with hub_errors(self.name, ATTEMPTS):
            self._enter()
            [response] = request.get_data(decode_data=False)
        answer = _opened(response.content, asset, grid, self.name)  # before it is kept
        self.cache.keep_page(question, response.content)
        return answer

    def _request(
        self, scene: Scene, asset: Asset, grid: Grid, one: Product
    ) -> SentinelHubRequest:
        if grid.crs is None or grid.crs.epsg is None:
            raise InputError("Sentinel Hub wants a frame with an EPSG code.")
        box = grid.boundingbox
        near = timedelta(seconds=30)
        last = scene.time + MINUTES
        data = SentinelHubRequest.input_data(
            self._collection(one),
            time_interval=(scene.time - near, last),
            mosaicking_order=None,
            other_args=dict(one.words),
        )
        return SentinelHubRequest(
            evalscript=one.evalscript(asset.key),
            input_data=[data],
            responses=[SentinelHubRequest.output_response("default", MimeType.TIFF)],
            bbox=BBox((box.left, box.bottom, box.right, box.top), CRS(grid.crs.epsg)),
            size=(grid.width, grid.height),
            config=self.config,
        )

    def _collection(self, one: Product) -> DataCollection:
        """Point the library's collection at this hub; else it goes to its own."""
        base = self.config.sh_base_url
        name = "".join(c if c.isalnum() else "_" for c in f"{one.collection}_{base}").upper()
        known: DataCollection = getattr(DataCollection, one.collection)
        return known.define_from(name, service_url=base)

    def _enter(self) -> None:
        """Have a token of this very client and secret, in time.

        The library keeps sessions by client alone, so that a wrong secret would pass on the
        token of a right one; a session of our own does not.  It also waits for a token for
        ever; a thread of our own does not.
        """
        key = (self.config.sh_client_id, self.config.sh_base_url)
        sessions = SentinelHubDownloadClient._CACHED_SESSIONS  # noqa: SLF001 - no other way

        def job() -> None:
            """Have the client hold a token that lives."""
            known = sessions.get(key)
            if known is None or known.config != self.config:
                known = sessions[key] = SentinelHubSession(config=self.config)
            _ = known.token  # renewed here when it is about to expire

        in_time(job, PATIENCE, f"{self.name} gave no token within {PATIENCE:.0f} seconds.")

    def _may_ask(self) -> None:
        if self.offline:
            raise SourceError(
                f"What {self.name} says to this is not in the cache, and --offline forbids to "
                "ask. Run it once without."
            )


def open_hub(
    name: str, cache: Cache, *, offline: bool = False, refresh: bool = False
) -> HubSource:
    """Open a hub by name, with credentials from the environment or the library's profile.

    Raises:
        UsageError: there is no hub of this name.
        InputError: there are no credentials.
    """
    if name not in HUBS:
        raise UsageError(f"hub:{name} is no hub we know; there are {', '.join(HUBS)}.")
    base, token = HUBS[name]
    config = configured(SHConfig(), base, token)
    if not (config.sh_client_id and config.sh_client_secret) and not offline:
        raise InputError(
            f"hub:{name} wants credentials: set SH_CLIENT_ID and SH_CLIENT_SECRET, or "
            "SH_PROFILE to a profile made with 'sentinelhub.config'. See docs/imagery.md."
        )
    return HubSource(
        name=f"hub:{name}", config=config, cache=cache, offline=offline, refresh=refresh
    )


def configured(config: SHConfig, base: str, token: str) -> SHConfig:
    """Point a configuration at a hub, and give it an end to its patience."""
    config.sh_base_url, config.sh_token_url = base, token
    config.max_download_attempts = config.max_retries = ATTEMPTS
    config.download_timeout_seconds = PATIENCE
    return config


def product_of(collection: str) -> Product:
    """Give what is known of a collection.

    Raises:
        InputError: nothing is.
    """
    if collection not in PRODUCTS:
        raise InputError(
            f"Sentinel Hub's {collection} is none we read; there are {', '.join(PRODUCTS)}."
        )
    return PRODUCTS[collection]


def _pieces(grid: Grid) -> list[tuple[slice, slice]]:
    """Cut a grid into pieces that the service gives."""
    return [
        (slice(r, min(r + SIDE, grid.height)), slice(c, min(c + SIDE, grid.width)))
        for r, c in product(range(0, grid.height, SIDE), range(0, grid.width, SIDE))
    ]


def _opened(body: bytes, asset: Asset, grid: Grid, name: str) -> tuple[NDArray[Any], Mask]:
    """Read an answer: the bands, and last of them which pixels are real."""
    try:
        with MemoryFile(body) as memory, memory.open() as file:
            bands: NDArray[Any] = file.read()
    except RasterioError:
        raise SourceError(f"{name} answered with something that is no picture.") from None
    if bands.shape != (len(asset.bands) + 1, *grid.shape):
        raise SourceError(f"{name} answered with {bands.shape}, not with what was asked for.")
    return bands[:-1], bands[-1] > 0


_: type[Source] = HubSource
