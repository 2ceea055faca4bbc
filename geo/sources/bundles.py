"""Tell which files of a folder are bands of one acquisition, from what they are called.

Archives hand out a band a file: ``B02.tif`` and ``B03.tif`` in a folder a date, or
``T48PXT_20251130T033239_B02_10m.jp2`` side by side.  What is left of a name without its band is
the acquisition's; files that share it, and show different bands, belong together.

    paths ──name: rest + band──► same folder, same rest, two bands and more ──► Bundle
                             └─► everything else ──► a Bundle of one file

One file alone is never renamed, whatever it is called; a table may join files by its column
``scene``.

Source: naming of SAFE products (ESA), Landsat Collection 2 (USGS), OPERA and ASF RTC,
    Copernicus Browser's and Earth Search's downloads, Maxar's and SpaceNet's bundles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.errors import InputError
from geo.images import find_images
from geo.sources.vocabulary import name_of, sensor_in

BAND = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<band>SR_B\d|QA_PIXEL|B8A|B\d{1,2}|SCL|TCI|VV|VH|HH|HV|coastal|blue"
    r"|green|red|nir0[89]|nir|rededge\d?|swir16|swir22|visual)"
    r"|(?P<pan>pan|panchromatic|P\dA?S|P\dBS)"
    r"|(?P<many>ms|mss|mul|multi|multispectral|M\dA?S|M\dBS)"
    r"|(?P<other>AOT|WVP|ST_\w+?|SR_QA_AEROSOL|QA_RADSAT))"
    r"(?:[_-](?:10|20|30|60)m)?(?![A-Za-z0-9])(?:[ _]*\(raw\))?",
    re.IGNORECASE,
)
"""A band's name, standing alone in a file's; the last one counts."""

INNER = re.compile(r"^(R(10|20|60)m|IMG_DATA)$")
"""Folders inside a SAFE product that part the bands of one acquisition."""

Table = Mapping[Path, Mapping[str, str]]
"""What is said of files, by path."""

DEEP = 5
"""Folders above a file that may tell of it: a SAFE product's bands lie four below its name."""

MANY = "many"
"""What stands for the band of a file that holds all colours."""

OTHER = "other"
"""What stands for a file that is beside the bands and none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of an acquisition."""

    path: Path
    band: str = ""
    """Common name of its only band as its name tells; ``many`` for the colours beside a
    panchromatic band; empty when it tells none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The files of one acquisition."""

    id: str
    parts: tuple[Part, ...]
    sensor: str = ""
    """As names tell; empty when they tell none."""

    @property
    def words(self) -> list[str]:
        """Names that may tell more of it: its own, then those of its folders."""
        above = list(self.parts[0].path.parents)[:DEEP]
        return [self.id, *(folder.name for folder in above)]


def bundles(folder: Path, table: Table) -> list[Bundle]:
    """Sort the pictures of a folder into acquisitions.

    Args:
        folder: read flat; of folders inside it only what is the bands of an acquisition.
        table: what is said of files; ``scene`` joins them, ``sensor`` tells what ``B4`` is.

    Raises:
        InputError: there is no picture.
    """
    inside = sorted(p for p in folder.rglob("*") if p.is_dir() and not _hidden(p, folder))
    below = [path for sub in inside for path in _pictures_in(sub)]
    gathered = [b for b in _together(below, table) if len(b.parts) > 1]
    here = _pictures_in(folder) if gathered else find_images([folder])
    return [*_together(here, table), *gathered]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _pictures_in(folder: Path) -> list[Path]:
    try:
        return find_images([folder])
    except InputError:  # none there, which is no fault of a folder inside another
        return []


def _together(paths: Iterable[Path], table: Table) -> list[Bundle]:
    """Bring together what shares a folder and the rest of a name, or what a table joins."""
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in paths:
        groups[_home(path), table.get(path, {}).get("scene") or _rest(path)].append(path)
    out = []
    for (home, rest), own in groups.items():
        named = [path for path in own if _token(path) or table.get(path, {}).get("scene")]
        joined = _joined(home, rest, named, table) if len(named) > 1 else None
        out += [joined] if joined else []
        out += [alone(path) for path in own if not joined or path not in named]
    return out


def alone(path: Path) -> Bundle:
    """Make an acquisition of one file; its name stays as it is."""
    return Bundle(id=path.stem, parts=(Part(path=path),))


def _joined(home: Path, rest: str, own: Sequence[Path], table: Table) -> Bundle | None:
    """Make one acquisition of several files; ``None`` if they do not show different bands."""
    folders = [above.name for above in (home, *list(home.parents)[:DEEP])]
    told = next((s for path in own if (s := table.get(path, {}).get("sensor"))), "")
    sensor = told or sensor_in([rest, *(path.stem for path in own), *folders])
    parts = [Part(path=path, band=_band(path, sensor)) for path in own]
    kept = tuple(part for part in parts if part.band != OTHER)
    asked = any(table.get(path, {}).get("scene") for path in own)
    if len({part.band for part in kept}) < 2 and not (asked and len(kept) > 1):
        return None
    return Bundle(id=rest or home.name, parts=kept, sensor=sensor)


def _home(path: Path) -> Path:
    """Name the folder of an acquisition, above those that part its bands."""
    home = path.parent
    while INNER.match(home.name):
        home = home.parent
    return home


def _last(stem: str) -> re.Match[str] | None:
    return next(iter(reversed(list(BAND.finditer(stem)))), None)


def _token(path: Path) -> str:
    """Give the band's name as it stands in the file's, in lower case; empty without one."""
    found = _last(path.stem)
    return found[0].lower() if found else ""


def _rest(path: Path) -> str:
    """Give a file's name without its band; all of it where it names none."""
    found = _last(path.stem)
    if found is None:
        return path.stem
    return re.sub(
        r"[ _.-]{2,}", "_", path.stem[: found.start()] + path.stem[found.end() :]
    ).strip(" _.-")


def _band(path: Path, sensor: str) -> str:
    """Give the common name of the band that a file's name tells."""
    found = _last(path.stem)
    if found is None:
        return ""
    if found["pan"] or found["many"]:
        return "pan" if found["pan"] else MANY
    return name_of(found["band"] or "", sensor) or OTHER
