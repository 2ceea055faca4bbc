"""What an analyst asks of one fetch, checked once at the door.

words of the command ──► FetchRequest (frozen) ──► Wish, Manner, parameters of the run's key
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from geo.errors import UsageError
from geo.prepare.composite import Way
from geo.prepare.pansharpen import Sharpening
from geo.prepare.radar import Calming
from geo.sources.base import Wish
from geo.sources.cache import usual_folder
from geo.sources.links import plain_source
from geo.sources.named import Manner

WAYS = get_args(Way)
"""Kinds of composites."""

SKIES = ("archive", "s2cloudless")
"""Who may say what is cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """Everything a fetch depends on."""

    area: str
    """A file, a box ``w,s,e,n`` or the name of a bundled area."""

    source: str = field(repr=False)  # its address may hold a token
    """A folder, ``stac:NAME|URL`` or ``hub:NAME``."""

    start: date
    """First day, UTC."""

    end: date
    """Last day, UTC, inclusive."""

    out: Path
    """Folder of the run."""

    collections: tuple[str, ...] = ()
    """As the archive names them; empty for its usual one."""

    bands: tuple[str, ...] = ()
    """Common names; empty for what the sensor is usually looked at with."""

    cloud: float | None = None
    """Largest share of a scene under cloud, 0 to 1."""

    gsd: float | None = None
    """Metres a pixel; the scenes' own when ``None``."""

    composite: Way | None = None
    """Whether, and how, one picture is made of all."""

    sharpen: Sharpening | None = "gram-schmidt"
    """How colours are sharpened where scenes have a finer panchromatic band; ``None``: not."""

    speckle: Calming | None = None
    """Whether, and how, radar is also written with its speckle smoothed."""

    clouds: Literal["archive", "s2cloudless"] = "archive"
    """Who says what is cloud."""

    most: int = 1000
    """Scenes, at most."""

    cache: Path = field(default_factory=usual_folder)
    """Folder of everything fetched."""

    offline: bool = False
    """Only the cache may answer."""

    refresh: bool = False
    """Catalogues are asked again, even about days long past."""

    workers: int = 8
    """Files read at a time."""

    overwrite: bool = False
    """Throw away another run that lies in ``out``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.start > self.end:
            raise UsageError(f"--from {self.start} lies after --to {self.end}.")
        if self.cloud is not None and not 0 <= self.cloud <= 1:
            raise UsageError("--cloud takes per cent, 0 to 100.")
        if self.composite is not None and self.composite not in WAYS:
            raise UsageError(f"--composite takes {', '.join(WAYS)}, not {self.composite!r}.")
        for option, value, known in (
            ("--sharpen", self.sharpen, get_args(Sharpening)),
            ("--speckle", self.speckle, get_args(Calming)),
            ("--clouds", self.clouds, SKIES),
        ):
            if value is not None and value not in known:
                *some, last = known if option == "--clouds" else (*known, "none")
                raise UsageError(f"{option} takes {', '.join(some)} or {last}, not {value!r}.")
        if not 1 <= self.workers <= 64:
            raise UsageError(f"--workers takes 1 to 64, not {self.workers}.")
        if self.offline and self.refresh:
            raise UsageError("--offline forbids to ask and --refresh wants it; choose one.")

    @property
    def manner(self) -> Manner:
        """How archives are asked."""
        return Manner(cache=self.cache, offline=self.offline, refresh=self.refresh)

    def wish(self, outline: Any) -> Wish:
        """Say what is looked for.

        Args:
            outline: of the area, EPSG:4326.
        """
        return Wish(
            outline=outline,
            start=self.start,
            end=self.end,
            collections=self.collections,
            cloud=self.cloud,
            most=self.most,
        )

    def parameters(self) -> dict[str, Any]:
        """Tell every setting that can change the outcome, as JSON can hold it."""
        return {
            "area": self.area,
            "source": plain_source(self.source),
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "collections": list(self.collections),
            "bands": list(self.bands),
            "cloud": self.cloud,
            "gsd": self.gsd,
            "composite": self.composite,
            "sharpen": self.sharpen,
            "speckle": self.speckle,
            "clouds": self.clouds,
            "stockade": version("stockade"),
        }
