"""What is about to leave the house, already cut to what its readers may know.

Every writer of an export takes one ``Leaving`` and nothing else, so none of them can tell more
than the level allows: what was withheld is not in it.

    Found (a run and its decisions) ──► levels.cut ──► Leaving ──► KML, GeoParquet, STAC, …
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from aoi.counted import counted
from aoi.outputs.chips import Chip


class Level(StrEnum):
    """Who will read an export."""

    INTERNAL = "internal"  # the desk that made the run
    PARTNER = "partner"  # people who work on the same matter, under an agreement
    PUBLIC = "public"  # everybody, among them those whom it could harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture, as far as readers may know it."""

    id: str
    """As rows carry it."""

    observed_at: str | None
    """ISO 8601 UTC, or nobody knows."""

    gsd_m: float | None
    """Metres a pixel."""

    licence: str
    """In words; empty if not known."""

    credit: str
    """Whom to name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A run as it lies at home, with its decisions laid on it."""

    run_id: str
    title: str
    layers: Mapping[str, gpd.GeoDataFrame]
    """By name, with every column of the contract; ``compounds`` show what was decided."""

    crs: Any
    """Of all layers; none for local metres."""

    settled: Mapping[str, str]
    """Compound to verdict, for those on which one stands."""

    reviewers: Mapping[str, tuple[str, ...]]
    """Compound to those who judged it."""

    scenes: tuple[Scene, ...]
    facts: Mapping[str, Any]
    """What of the manifest concerns how, not where: ``finished``, ``model``, ``versions``,
    ``counts``, ``manifest_sha256``."""

    decisions: int
    """Entries of the log that the layers show."""

    own_register: bool
    """True where the sites come from a register given by hand, which may be confidential."""

    secret: bytes
    """Known to this folder only; names that leave are made with it."""

    written: Mapping[str, BaseGeometry] = field(default_factory=dict)
    """Compound to its outline as the run wrote it, before anybody moved it."""


ONE: Mapping[str, str] = MappingProxyType(
    {
        "tiles of what was looked at": "tile of what was looked at",
        "pictures of layouts": "picture of a layout",
        "layouts whose reviewers and notes": "layout whose reviewers and notes",
        "names of pictures": "name of a picture",
    }
)
"""What stayed, where it is one and dropping an s would not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Something that stayed at home."""

    what: str
    """In words, as of many."""

    count: int
    """How many."""

    why: str
    """The rule, as a sentence."""

    @property
    def words(self) -> str:
        """How many of what, for a reader."""
        return counted(self.count, ONE.get(self.what, self.what.removesuffix("s")), self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What leaves."""

    run_id: str
    level: Level
    title: str
    layers: Mapping[str, gpd.GeoDataFrame]
    """By name, every column of the contract; layers that stay at home are empty."""

    crs: Any
    """Of all layers; none for local metres."""

    exact: frozenset[str]
    """Compounds, by the name they leave under, whose outline is as it was found."""

    scenes: tuple[Scene, ...]
    facts: Mapping[str, Any]
    withheld: tuple[Withheld, ...]
    decisions: int
    pictured: Mapping[str, str] = field(default_factory=dict)
    """Compounds whose picture may leave: name they leave under to name at home."""

    finest: float = 0.0
    """Metres a pixel: pictures are made no finer than this; 0 as fine as they are."""

    chips: Mapping[str, Chip] = field(default_factory=dict)
    """Pictures by the name a compound leaves under."""

    reviewers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who judged, by the name a compound leaves under."""
