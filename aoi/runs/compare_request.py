"""What an analyst asks of two pictures, checked once at the door.

words of the command ──► PairRequest (frozen, complete) ──► parameters, part of the run's key
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geo.errors import InputError, UsageError
from geo.read import Image

MIDNIGHT = time()
"""The hour of a picture of which only the day is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRequest:
    """Everything a comparison depends on."""

    before: Path
    """Picture of the earlier date."""

    after: Path
    """Picture of the later date."""

    out: Path
    """Folder of the run."""

    buildings: Path | None = None
    """Footprints to ask about; ``None`` for those the pictures show."""

    before_date: date | None = None
    """Day of the earlier picture, where its file does not tell or tells wrong."""

    after_date: date | None = None
    """Day of the later picture, likewise."""

    tilts: tuple[float | None, float | None] = (None, None)
    """Degrees off nadir of both, where known."""

    gsd: float | None = None
    """Metres per pixel, for pictures that do not tell."""

    bands: tuple[int, ...] | None = None
    """Which bands are red, green and blue, counted from 1."""

    reach: float = 16.0
    """Metres by which the pictures may be off each other, along rows and along columns."""

    move: bool = True
    """Lay the pictures onto each other; else their files are taken at their word."""

    credits: tuple[str, str] = ("", "")
    """Whom a publication must name for each picture."""

    sensors: tuple[str, str] = ("", "")
    """What took each picture."""

    weights: Path | None = None
    """Weights other than the shipped ones."""

    tile: int = 3280
    """Longest side of a tile, in pixels."""

    batch: int = 1
    """Tiles judged together."""

    device: str = "auto"
    """``auto``, ``cpu`` or ``cuda``."""

    coordinates: float | None = None
    """Metres to which reports round coordinates; ``None`` for as they are."""

    overwrite: bool = False
    """Throw away another run that lies in ``out``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 0 < self.reach <= 200:
            raise UsageError(f"--reach takes 1 to 200 metres, not {self.reach}.")
        if not 1 <= self.batch <= 64:
            raise UsageError(f"--batch takes 1 to 64 tiles, not {self.batch}.")
        if self.coordinates is not None and not 0 < self.coordinates <= 100_000:
            raise UsageError("--coordinates takes metres to round to, from 1 to 100000.")
        for source in (self.before, self.after):
            if str(source).startswith(("stac:", "hub:")):
                raise InputError(
                    f"{source} is a catalogue; compare takes two files. Download them first."
                )

    def parameters(self) -> dict[str, Any]:
        """Tell every setting that can change the outcome, as JSON can hold it."""
        return {
            "before_date": self.before_date and self.before_date.isoformat(),
            "after_date": self.after_date and self.after_date.isoformat(),
            "off_nadir": list(self.tilts),
            "gsd": self.gsd,
            "bands": self.bands and list(self.bands),
            "reach_m": self.reach,
            "move": self.move,
            "tile": self.tile,
            "coordinates": self.coordinates,
            "sensors": list(self.sensors),
            "credits": list(self.credits),
            "stockade": version("stockade"),
        }

    def times(self, before: Image, after: Image) -> tuple[datetime | None, datetime | None]:
        """Tell when both were taken, by the request or else by their files.

        Raises:
            InputError: the later one was taken first, both at one moment, or both on one day of
                which an hour is not known.
        """
        one = _moment(self.before_date) or before.time
        two = _moment(self.after_date) or after.time
        if one is None or two is None:
            return one, two
        vague = one.date() == two.date() and MIDNIGHT in (one.time(), two.time())
        if one == two or vague:
            when = f"on {one:%Y-%m-%d}" if vague else f"at {one:%Y-%m-%d %H:%M} UTC"
            raise InputError(
                f"Both pictures were taken {when}: nothing can be told of a change between "
                "them. If a file tells a wrong date, say --before-date and --after-date."
            )
        if one > two:
            raise InputError(
                f"{before.path.name} was taken on {one:%Y-%m-%d}, after {after.path.name} on "
                f"{two:%Y-%m-%d}. Name the earlier picture first, or say --before-date and "
                "--after-date."
            )
        return one, two


def _moment(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def known(values: Mapping[str, object]) -> dict[str, object]:
    """Drop what nobody knows."""
    return {key: value for key, value in values.items() if value not in (None, "", ())}
