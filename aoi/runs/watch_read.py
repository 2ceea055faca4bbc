"""Read what a watch is told, and refuse in a sentence what cannot be meant.

    CONFIG.toml ──► tables ──► unknown key? wrong kind? ──sentence──► UsageError
                                    └──► Watch, WatchedArea, Scanning, Telling (frozen)

Paths in the file start from the file's own folder.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from aoi.runs.watch_config import Scanning, Telling, Watch, WatchedArea, is_archive
from aoi.sites.identity_story import Rule
from geo.errors import InputError, UsageError

R = TypeVar("R")

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
"""What a length of time is counted in."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names of areas are names of folders."""


def read_config(path: Path) -> Watch:
    """Read a watch from TOML.

    Raises:
        InputError: there is no such file, or it is no TOML.
        UsageError: a key is unknown (the nearest is named), missing, or cannot be meant.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no TOML: {error}.") from error
    home = path.resolve().parent
    places = table.pop("areas", [])
    if not isinstance(places, list) or not places:
        raise UsageError(f"{path.name} watches nothing: it needs [[areas]] tables.")
    known = {"cadence", *(f.name for f in fields(Watch)), *(f.name for f in fields(Rule))}
    _refuse_unknown(table, known - {"rule"}, path.name)
    usual = {"cadence": table.pop("cadence", "7d")}
    rule = {f.name: table.pop(f.name) for f in fields(Rule) if f.name in table}
    scan, alerts = table.pop("scan", {}), table.pop("alerts", {})
    where = f"{path.name} [alerts]"
    told = _record(Telling, alerts, where, home)
    _refuse_status(told, where)
    areas = tuple(
        _area(usual | place if isinstance(place, dict) else place, n, path.name, home)
        for n, place in enumerate(places, start=1)
    )
    _refuse_twins(areas, path.name)
    table["rule"] = _record(Rule, rule, path.name, home)
    table |= {"scan": _record(Scanning, scan, f"{path.name} [scan]", home), "alerts": told}
    table.setdefault("name", path.stem)
    table["areas"] = areas
    return _record(Watch, table, path.name, home)


def duration(text: Any, where: str) -> timedelta:
    """Read a length of time: ``30m``, ``12h``, ``7d``, ``2w``.

    Raises:
        UsageError: it is none, or not longer than nothing.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mhdw])", str(text).strip())
    length = timedelta(**{UNITS[found[2]]: float(found[1])}) if found else timedelta()
    if length <= timedelta():
        raise UsageError(f"{where} takes a time like 12h, 7d or 2w, not {text!r}.")
    return length


def _area(place: Any, number: int, file: str, home: Path) -> WatchedArea:
    where = f"{file} [[areas]] {number}"
    if not isinstance(place, dict):
        raise UsageError(f"{where} must be a table.")
    if isinstance(place.get("source"), str):
        place = place | {"source": [place["source"]]}
    area = _record(WatchedArea, place, where, home)
    if not NAME.fullmatch(area.name):
        raise UsageError(f"{where}: a name is letters, digits, dots and dashes: {area.name!r}.")
    if area.cloud is not None and not 0 <= area.cloud <= 1:
        raise UsageError(f"{where}: cloud is a share from 0 to 1, not {area.cloud}.")
    archive = next(filter(is_archive, area.source), None)
    if archive and area.since is None:
        raise UsageError(
            f"{where}: {archive} goes back for decades. Say from when on to look, such as "
            "since = 2024-01-01."
        )
    sources = tuple(_placed(source, home) for source in area.source)
    bounds = re.fullmatch(r"[-+\d.,eE\s]+", area.area)
    drawn = area.area if bounds else _placed(area.area, home)
    return replace(area, area=drawn, source=sources)


def _placed(text: str, home: Path) -> str:
    """Let a path start from the file's folder; leave addresses and names as they are."""
    looks_like_path = ":" not in text and (home / text).exists()
    return str(home / text) if looks_like_path else text


def _record(kind: Callable[..., R], table: Any, where: str, home: Path) -> R:
    """Make a record of a table.

    Raises:
        UsageError: a key is unknown, missing or of the wrong kind.
    """
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table.")
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]  # a record's class
    _refuse_unknown(table, known.keys(), where)
    values = {
        name: _turned(value, str(known[name].type), f"{where}: {name}", home)
        for name, value in table.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        missing = ", ".join(re.findall(r"'(\w+)'", str(error)))
        raise UsageError(f"{where} lacks {missing}.") from error


def _refuse_unknown(table: Mapping[str, Any], known: Any, where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
            raise UsageError(f"{where} has an unknown key {key!r}. {hint}")


def _turned(value: Any, kind: str, where: str, home: Path) -> Any:
    """Bring a value to the kind of its field.

    Raises:
        UsageError: it does not fit.
    """
    own = next((turn for name, turn in TURNS.items() if kind.startswith(name)), None)
    if own is not None:
        return own(value, where)
    if kind.startswith("float") and value is False and "None" in kind:
        return None
    wanted: Any = {
        "float": (int, float),
        "int": int,
        "str": str,
        "Path": str,
        "tuple": (list, tuple),
    }.get(re.match(r"\w+", kind)[0])  # type: ignore[index]  # every annotation begins so
    if wanted is None:
        return value
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise UsageError(f"{where} takes {_spoken(kind)}, not {value!r}.")
    if kind.startswith("Path"):
        return home / value
    return tuple(value) if kind.startswith("tuple") and isinstance(value, list) else value


def _day(value: Any, where: str) -> date:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise UsageError(f"{where} takes a day like 2024-01-01, not {value!r}.")
    return value


def _yes_or_no(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{where} takes true or false, not {value!r}.")
    return value


TURNS: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType(
    {"timedelta": duration, "date": _day, "bool": _yes_or_no}
)
"""Kinds that are read in a way of their own."""


def _spoken(kind: str) -> str:
    words = {"float": "a number", "int": "a whole number", "tuple": "a list", "Path": "a path"}
    return words.get(kind.split("[", maxsplit=1)[0].split(" ", maxsplit=1)[0], "words")


def _refuse_status(told: Telling, where: str) -> None:
    if told.status not in {"confirmed", "provisional"}:
        raise UsageError(f"{where}: status is confirmed or provisional, not {told.status!r}.")


def _refuse_twins(areas: tuple[WatchedArea, ...], file: str) -> None:
    names = [area.name.lower() for area in areas]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin:
        raise UsageError(f"{file} has two areas called {twin}; their folders would be one.")
