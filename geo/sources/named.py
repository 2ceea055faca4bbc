"""Open the archive that a word of the command line names.

    folder/                        LocalSource
    stac:earth-search | planetary-computer | cdse | URL | path/catalog.json    StacSource
    hub:cdse | hub:sentinel-hub    HubSource

Credentials come from the environment or a library's own profile, never from the command line.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import InputError, UsageError
from geo.retry import Patience
from geo.sources.assets import Door
from geo.sources.base import Source
from geo.sources.cache import Cache, usual_folder
from geo.sources.http import Client, Limits
from geo.sources.links import is_web, plain
from geo.sources.local import LocalSource
from geo.sources.stac import KNOWN, StacSource
from geo.sources.tokens import Doors, cdse_keys

HUBS = ("cdse", "sentinel-hub")
"""Names for ``hub:NAME``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How archives are asked."""

    cache: Path = field(default_factory=usual_folder)
    """Folder of everything fetched."""

    offline: bool = False
    """Only the cache may answer."""

    refresh: bool = False
    """Questions are asked again, even about days long past."""

    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)


def open_source(text: str, manner: Manner | None = None) -> Source:
    """Open the archive that ``text`` names.

    Raises:
        UsageError: it names none; the sentence names the nearest.
        InputError: what it wants (a folder, credentials) is missing.
    """
    manner = manner or Manner()
    kind, _, rest = text.partition(":")
    if kind == "stac" and rest:
        return _stac(rest, manner)
    if kind == "hub" and rest:
        return _hub(rest, manner)
    if is_web(text):
        raise UsageError(f"For a catalogue write stac:{plain(text)}.")
    folder = Path(text)
    if folder.is_dir():
        return LocalSource(folder)
    raise InputError(
        f"There is no folder {text}. A source is a folder, stac:{'|'.join(KNOWN)}, stac:URL, "
        f"or hub:{'|'.join(HUBS)}."
    )


def _stac(rest: str, manner: Manner) -> StacSource:
    url, usual = KNOWN.get(rest, (rest, ""))
    if not is_web(url) and not Path(url).exists():
        near = difflib.get_close_matches(rest, KNOWN, n=1)
        hint = f" Did you mean stac:{near[0]}?" if near else ""
        raise UsageError(
            f"stac:{rest} is no catalogue we know by name ({', '.join(KNOWN)}), no URL and no "
            f"file.{hint}"
        )
    doors = Doors(_client(manner), cdse_keys() if rest == "cdse" else None)
    client = _client(manner)
    client.signer = doors
    return StacSource(
        name=f"stac:{rest if rest in KNOWN else plain(url)}",
        url=url,
        door=Door(client=client, cache=Cache(manner.cache), offline=manner.offline),
        usual=(usual,) if usual else (),
        doors=doors,
        refresh=manner.refresh,
    )


def _client(manner: Manner) -> Client:
    return Client(limits=manner.limits, patience=manner.patience)


def _hub(rest: str, manner: Manner) -> Source:
    from geo.sources.hub import open_hub  # noqa: PLC0415 - sentinelhub takes a second to import

    return open_hub(rest, Cache(manner.cache), offline=manner.offline, refresh=manner.refresh)
