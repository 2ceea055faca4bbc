"""What an analyst asks of one scan, checked once at the door.

    words of the command ──► Request (frozen, complete) ──► parameters, part of the run's key

Two requests with the same key give the same outputs; what cannot change an outcome (progress,
device, number of threads) is not part of it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aoi.area import BBOX, Area
from geo.errors import InputError, UsageError
from geo.sources.links import plain_source
from geo.stretch import Stretch
from geo.tiles import Cut

CORNERS = "given by its corners"
"""What is said of a box where its corners must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything a scan depends on."""

    sources: tuple[str, ...] = field(repr=False)  # an address may hold a token
    """Files, folders, patterns or archives (``stac:…``, ``hub:…``), as they were given."""

    out: Path
    """Folder of the run."""

    area: str | None = None
    """A file, a box ``w,s,e,n`` or the name of a bundled area; ``None`` for the whole
    picture."""

    start: date | None = None
    """Only pictures taken on this day or later."""

    end: date | None = None
    """Only pictures taken on this day or earlier."""

    sites: Path | None = None
    """A register of the analyst's own; ``None`` for the bundled one."""

    gsd: float | None = None
    """Metres per pixel, for pictures that do not tell."""

    bands: tuple[int, ...] | None = None
    """Which bands are red, green and blue, counted from 1."""

    stats: Path | None = None
    """A manifest whose contrast statistics are to be used again."""

    weights: Path | None = None
    """Weights other than the shipped ones."""

    tile: int = Cut().size
    """Side of the largest square tile, in pixels."""

    batch: int = 1
    """Tiles judged together."""

    device: str = "auto"
    """``auto``, ``cpu`` or ``cuda``."""

    coordinates: float | None = None
    """Metres to which the report rounds coordinates, and then shows no picture; ``None`` for as
    they are."""

    licence: str = ""
    """Of the analyst's own pictures, in words; a file may tell its own."""

    credit: str = ""
    """Whom a publication of these must name."""

    collections: tuple[str, ...] = ()
    """What to take from an archive, as it names them; empty for its usual one."""

    cloud: float | None = None
    """Largest share of an archive's scene under cloud, 0 to 1."""

    cache: Path | None = None
    """Folder of everything fetched; ``None`` for the usual one."""

    offline: bool = False
    """Archives are not asked; only the cache may answer."""

    overwrite: bool = False
    """Throw away another run that lies in ``out``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 1 <= self.batch <= 64:
            raise UsageError(f"--batch takes 1 to 64 tiles, not {self.batch}.")
        if self.start and self.end and self.start > self.end:
            raise UsageError(f"--from {self.start} lies after --to {self.end}.")
        if self.coordinates is not None and not 0 < self.coordinates <= 100_000:
            raise UsageError("--coordinates takes metres to round to, from 1 to 100000.")
        if (self.licence or self.credit) and any(map(is_archive, self.sources)):
            raise UsageError(
                "--licence and --credit are for pictures of your own; what an archive sends "
                "brings its own. Scan the two apart."
            )

    def parameters(self) -> dict[str, Any]:
        """Tell every setting that can change the outcome, as JSON can hold it."""
        return {
            "area": self.area,
            "from": self.start and self.start.isoformat(),
            "to": self.end and self.end.isoformat(),
            "gsd": self.gsd,
            "bands": self.bands and list(self.bands),
            "tile": self.tile,
            "coordinates": self.coordinates,
            "stockade": version("stockade"),
        } | {name: value for name, value in self._of_archives().items() if value}

    def _of_archives(self) -> dict[str, Any]:
        """Tell what is asked of archives, and said of pictures; most scans do neither."""
        return {
            "archives": [plain_source(s) for s in self.sources if is_archive(s)],
            "collections": list(self.collections),
            "cloud": self.cloud,
            "licence": self.licence,
            "credit": self.credit,
        }

    def wants(self, taken: datetime | None) -> bool:
        """Tell whether a picture of this time was asked for; one without a time always is."""
        if taken is None:
            return True
        day = taken.astimezone(UTC).date()
        return not ((self.start and day < self.start) or (self.end and day > self.end))


def is_archive(source: str) -> bool:
    """Tell whether a source is an archive to be fetched from, not a file or folder."""
    return source.startswith(("stac:", "hub:"))


def typed(argv: Sequence[str]) -> str:
    """Write a command down as a person would type it, without what is secret in an address.

    Args:
        argv: of the program; anything but ``stockade`` called us from Python.

    Example:
        >>> typed(["stockade", "scan", "--source=stac:https://a.org/c?token=x", "my run"])
        "stockade scan --source=stac:https://a.org/c 'my run'"
    """
    if not Path(argv[0]).stem.startswith("stockade"):
        return "stockade, from Python"
    return shlex.join(["stockade", *map(_without_secrets, argv[1:])])


def _without_secrets(word: str) -> str:
    """Strip the address in a word, be it the word itself or the value of ``--option=value``."""
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    return f"{option}{equals}{plain_source(value)}"


def named(area: Area, rounding: float | None) -> str:
    """Name an area on a page; where coordinates are rounded, a box does not name itself.

    Args:
        area: whose name is the box itself where one was typed.
        rounding: metres to which the page rounds coordinates; none or 0 for as they are.
    """
    if rounding and is_box(area):
        return f"An area {CORNERS}"
    return area.title or area.name


def is_box(area: Area) -> bool:
    """Tell whether the name of an area is its coordinates."""
    return not area.title and BBOX.fullmatch(area.name) is not None


def day_of(text: str | None, option: str) -> date | None:
    """Read a day from the command line.

    Raises:
        UsageError: it is no ISO date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} takes a day like 2025-12-13, not {text!r}.") from error


def known_stretches(manifest: Path | None) -> Mapping[str, Stretch]:
    """Read the contrast statistics of another run, by scene; ``*`` serves any other scene.

    Raises:
        InputError: the file is no manifest, or holds no statistics.
    """
    if manifest is None:
        return {}
    try:
        inputs = json.loads(manifest.read_text())["inputs"]
        found = {
            str(entry["scene_id"]): Stretch.from_dict(entry["stretch"])
            for entry in inputs
            if entry.get("stretch")
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--stats wants the manifest.json of another run, and {manifest} is none that can "
            f"be read ({error})."
        ) from error
    if not found:
        raise InputError(f"--stats: {manifest} holds no contrast statistics.")
    if len(found) == 1:
        found["*"] = next(iter(found.values()))
    return found
