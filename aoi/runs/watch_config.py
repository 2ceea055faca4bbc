"""What a watch is told: which areas, from which pictures, how often, and whom to tell.

    CONFIG.toml ──aoi.runs.watch_read──► Watch, WatchedArea, Scanning, Telling (frozen)

Nothing secret stands in it: the webhook's key comes from the environment, under the name the
file gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from aoi.sites.identity_story import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanning:
    """How pictures are judged; table ``[scan]``."""

    gsd: float | None = None
    """Metres a pixel, for pictures that do not tell."""

    bands: tuple[int, ...] | None = None
    """Red, green and blue, counted from 1."""

    weights: Path | None = None
    """Others than the shipped ones."""

    tile: int = 3280
    """Side of the largest square tile, pixels."""

    batch: int = 1
    """Tiles judged together."""

    device: str = "auto"
    """``auto``, ``cpu`` or ``cuda``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When something is told, and to whom; table ``[alerts]``."""

    status: str = "confirmed"
    """``confirmed``, or ``provisional`` to hear also of what was seen only once."""

    cooldown: timedelta = timedelta(days=1)
    """An area is told of at most once in this time; what comes between is gathered."""

    quiet: timedelta = timedelta(days=60)
    """A first clear look after so long without one is told."""

    atom: Path | None = None
    """A feed for readers."""

    jsonl: Path | None = None
    """One line an alert, for programs."""

    mail: Path | None = None
    """Folder of messages ready to send."""

    sender: str = "stockade@localhost"
    """From whom those messages are."""

    to: str = ""
    """To whom."""

    webhook: str = ""
    """Address that digests are posted to."""

    secret: str = "STOCKADE_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable, no secret
    """Environment variable that holds the key of their signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedArea:
    """One place; table ``[[areas]]``."""

    name: str
    """Also the name of its folder."""

    area: str
    """A file, a box ``w,s,e,n`` or the name of a bundled area."""

    source: tuple[str, ...]
    """Folders of pictures, or whatever the eyes understand."""

    cadence: timedelta = timedelta(days=7)
    """How often to look whether there is something new."""

    cloud: float | None = None
    """Largest share of cloud of a picture worth a look, 0 to 1, where it is known."""

    since: date | None = None
    """First day whose pictures are looked at; an archive needs one, a folder may go without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """All that a watch is told."""

    name: str
    """For feeds and messages."""

    out: Path
    """Folder of everything it leaves."""

    areas: tuple[WatchedArea, ...]
    """In the order of the file."""

    sites: Path | None = None
    """Register; ``None`` for the bundled one."""

    coordinates: float | None = 1000.0
    """Metres to which places are rounded in everything that is told; ``None``: no places."""

    score: float = 0.5
    """Least score of a layout that is followed."""

    rule: Rule = field(default_factory=Rule)
    """When a difference counts."""

    changes: bool = True
    """Hold each picture against the one before it, building by building, and dates of ten
    metres a pixel against each other as a series; costs about twice the looks themselves."""

    scan: Scanning = field(default_factory=Scanning)
    alerts: Telling = field(default_factory=Telling)


def is_archive(source: str) -> bool:
    """Tell whether a source is an archive that is asked, not a folder."""
    return source.startswith(("stac:", "hub:"))
