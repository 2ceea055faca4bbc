"""One acquisition as an archive tells of it, before any pixel is read.

A scene has a time, a footprint and assets; an asset is one file with one band or several, and
says what its numbers mean.  Nothing in it is secret: whatever opens a door (signatures, tokens)
is cut off an address before it comes here, and put on again only at the moment of asking.

    STAC item, folder, service ──► Scene: id, time, footprint (EPSG:4326), Assets by name

Source: the STAC item specification 1.1 with its eo, raster, projection and sat extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError

Kind = Literal["reflectance", "classes", "bits", "power", "decibel", "picture"]
"""What an asset's numbers are: surface reflectance, a class each, a flag a bit, radar
backscatter (linear or in dB), or plain brightness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of a scene."""

    key: str
    """Its name in the archive: ``red``, ``B04_10m``, ``visual``."""

    href: str
    """Where it lies, without anything secret: a URL, ``s3://bucket/key``, or a path."""

    bands: tuple[str, ...]
    """Common names, one a band of the file: ``red``, ``nir``, ``scl``, ``vv``."""

    kind: Kind = "picture"
    """What its numbers are."""

    scale: float = 1.0
    """A number times ``scale`` plus ``offset`` is the quantity."""

    offset: float = 0.0
    """See ``scale``; as the archive tells it, to be checked against the pixels."""

    offset_from: str = ""
    """Which word of the archive gave the offset; empty when nobody said anything."""

    nodata: float | None = None
    """The number that means nothing was seen; ``None`` when only the file may know."""

    gsd: float | None = None
    """Metres a pixel, as told."""

    crs: str = ""
    """As told: ``EPSG:32648``; empty when only the file knows."""

    extent: tuple[float, float, float, float] | None = None
    """left, bottom, right, top in ``crs``, as told: serves files that do not say where they
    lie."""

    size: int | None = None
    """Bytes of the whole file, as told."""

    secret: str = field(default="", repr=False, compare=False)
    """Signature that came with the address and cannot be had again; never written down."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a manifest keeps; nothing secret."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "secret"}
        return told | {"bands": list(self.bands), "extent": self.extent and list(self.extent)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what ``to_dict`` gave."""
        extent = kept["extent"] and tuple(kept["extent"])
        return cls(**dict(kept) | {"bands": tuple(kept["bands"]), "extent": extent})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One acquisition."""

    id: str
    """As the archive names it."""

    time: datetime
    """When it was taken, aware, UTC."""

    footprint: BaseGeometry
    """Ground it shows, EPSG:4326, cut at the 180th meridian."""

    assets: Mapping[str, Asset]
    """By key."""

    source: str = ""
    """Which archive told of it: ``stac:earth-search``."""

    collection: str = ""
    """The archive's own name for the kind of product."""

    sensor: str = ""
    """``sentinel-2``, ``sentinel-1``, ``landsat`` or ``vhr``."""

    platform: str = ""
    """The satellite, in lower case: ``sentinel-2b``."""

    tile: str = ""
    """Of a tiled product: ``48PXT``, or path and row."""

    orbit: int | None = None
    """Relative orbit."""

    direction: str = ""
    """``ascending`` or ``descending``."""

    cloud: float | None = None
    """Share of the whole scene under cloud as told, 0 to 1."""

    baseline: str = ""
    """Version of the maker's processing, two digits each: ``05.11``."""

    made: str = ""
    """When this version was made, ISO 8601; decides between two deliveries."""

    licence: str = ""
    """As the collection tells, or as known for the programme."""

    credit: str = ""
    """Whom a publication must name."""

    def __post_init__(self) -> None:
        """Refuse a time without a zone; everything that compares dates leans on it."""
        if self.time.tzinfo is None:
            raise InputError(f"Scene {self.id}: {self.time.isoformat()} has no zone; use UTC.")

    def asset_of(self, band: str) -> Asset | None:
        """Find the file that holds a band by its common name; ``None`` if there is none."""
        own = [a for a in self.assets.values() if band in a.bands]
        return min(own, key=lambda a: (len(a.bands), a.gsd or 0.0, a.key), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Give what a manifest keeps; nothing secret."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {
            "time": self.time.astimezone(UTC).isoformat(),
            "footprint": shapely.geometry.mapping(self.footprint),
            "assets": {key: asset.to_dict() for key, asset in self.assets.items()},
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what ``to_dict`` gave."""
        return cls(
            **dict(kept)
            | {
                "time": datetime.fromisoformat(kept["time"]),
                "footprint": shape(kept["footprint"]),
                "assets": {k: Asset.from_dict(a) for k, a in kept["assets"].items()},
            }
        )
