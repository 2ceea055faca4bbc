"""What an analyst asks of one monitor, checked once at the door.

words of the command ──► MonitorRequest (frozen) ──► one FetchRequest a source, key, parameters

The last day is no part of the run's key: the same command a month later finds its own folder,
keeps every prepared picture, and prepares only what is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aoi.runs.fetch_request import FetchRequest
from geo.errors import UsageError
from geo.sources.cache import usual_folder

MIN_AREA = 0.5
"""Hectares.  Nine of ten sites of the SMART programme are larger than 0.9 ha."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRequest:
    """Everything a monitor depends on."""

    area: str
    """A file, a box ``w,s,e,n`` or the name of a bundled area."""

    sources: tuple[str, ...] = field(repr=False)  # an address may hold a token
    """Folders, ``stac:NAME|URL`` or ``hub:NAME``, one or several."""

    start: date
    """First day, UTC."""

    end: date
    """Last day, UTC, inclusive."""

    out: Path
    """Folder of the run."""

    places: Path | None = None
    """Outlines to ask about; left out, what the looks show to have changed."""

    collections: tuple[str, ...] = ()
    """As the archives name them; empty for their usual ones."""

    cloud: float | None = None
    """Largest share of a scene under cloud, 0 to 1."""

    gsd: float | None = None
    """Metres a pixel; the scenes' own when ``None``."""

    min_area: float = MIN_AREA
    """Hectares; smaller places are not looked for."""

    most: int = 1000
    """Scenes of a source, at most."""

    cache: Path = field(default_factory=usual_folder)
    """Folder of everything fetched."""

    offline: bool = False
    """Only the cache may answer."""

    refresh: bool = False
    """Catalogues are asked again, even about days long past."""

    workers: int = 8
    """Files read at a time."""

    coordinates: float | None = None
    """Metres to which the page rounds coordinates; ``None`` for as they are."""

    overwrite: bool = False
    """Throw away another run that lies in ``out``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; the rest is checked where a fetch would check it."""
        if not self.sources:
            raise UsageError("--source is needed: a folder, stac:NAME or hub:NAME.")
        if not 0.05 <= self.min_area <= 10_000:
            raise UsageError(f"--min-area takes hectares from 0.05 up, not {self.min_area:g}.")
        if self.coordinates is not None and not 0 < self.coordinates <= 100_000:
            raise UsageError("--coordinates takes metres to round to, from 1 to 100000.")
        for source in self.sources:
            self.fetch(source)

    def fetch(self, source: str) -> FetchRequest:
        """Say the same to one source, as ``stockade fetch`` would."""
        return FetchRequest(
            area=self.area,
            source=source,
            start=self.start,
            end=self.end,
            out=self.out,
            collections=self.collections,
            cloud=self.cloud,
            gsd=self.gsd,
            most=self.most,
            cache=self.cache,
            offline=self.offline,
            refresh=self.refresh,
            workers=self.workers,
            overwrite=self.overwrite,
        )

    def parameters(self) -> dict[str, Any]:
        """Tell every setting that can change the outcome, as JSON can hold it."""
        plain = [self.fetch(source).parameters()["source"] for source in self.sources]
        return {
            "area": self.area,
            "sources": plain,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "places": None if self.places is None else self.places.name,
            "collections": list(self.collections),
            "cloud": self.cloud,
            "gsd": self.gsd,
            "min_area_ha": self.min_area,
            "coordinates": self.coordinates,
            "stockade": version("stockade"),
        }
