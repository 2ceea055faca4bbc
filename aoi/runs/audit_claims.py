"""Read a claim as people make it: one sentence, or a TOML file with one or many.

    "413 of 635 buildings demolished by 13 December 2025 in zone A"  ──► Claim
    claims.toml: [[claim]] number, of, kind, by, zone, quote, source ──► list of Claim

Nothing is guessed: what cannot be read is refused, and the refusal shows how to say it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aoi.runs.audit_sentence import read_sentence
from geo.change.bounds import Claim
from geo.change.decide import Kind
from geo.errors import InputError

KEYS = {"number", "of", "kind", "by", "zone", "quote", "source"}
"""What a claim in TOML may say."""


def read_claims(text: str) -> list[Claim]:
    """Read what stands after ``--claim``: a sentence, or the path of a TOML file.

    Raises:
        InputError: it cannot be read as a claim; the message shows one that can.
    """
    path = Path(text)
    if path.suffix.lower() == ".toml":
        return _read_toml(path)
    return [read_sentence(text)]


def _read_toml(path: Path) -> list[Claim]:
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The claims file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is not TOML that can be read: {error}.") from error
    tables = record.get("claim")
    if not isinstance(tables, list) or not tables:
        raise InputError(
            f"{path.name} holds no claim. Write one [[claim]] table for each, with number and "
            "kind, and if known of, by, zone, quote and source."
        )
    return [_from_table(table, f"{path.name}, claim {n}") for n, table in enumerate(tables, 1)]


def _from_table(table: object, where: str) -> Claim:
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: a claim is a [[claim]] table, not {table!r}.")
    if unknown := set(table) - KEYS:
        raise InputError(
            f"{where}: unknown key {min(unknown)}. Known: {', '.join(sorted(KEYS))}."
        )
    number = table.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise InputError(
            f"{where}: number must be a whole number of buildings, not {number!r}."
        )
    kind = str(table.get("kind", Kind.DEMOLISHED.value))
    if kind not in {Kind.BUILT.value, Kind.DEMOLISHED.value}:
        raise InputError(f"{where}: kind must be built or demolished, not {kind!r}.")
    of, by, zone = table.get("of"), table.get("by"), str(table.get("zone", ""))
    if of is not None and not isinstance(of, int):
        raise InputError(f"{where}: of must be a whole number of buildings, not {of!r}.")
    quote = str(table.get("quote", "")) or " ".join(
        [f"{number}", *([f"of {of}"] if of else []), f"buildings {kind}",
         *([f"by {by}"] if by else []), *([f"in {zone}"] if zone else [])]
    )  # fmt: skip
    return Claim(
        number=number, kind=Kind(kind), of=of, by=_day(by, where), zone=zone, quote=quote,
        source=str(table.get("source", "")),
    )  # fmt: skip


def _day(value: Any, where: str) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InputError(
            f"{where}: by must be a day like 2025-12-13, not {value!r}."
        ) from error
