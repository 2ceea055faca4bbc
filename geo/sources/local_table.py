"""Read the table that says what the files of a folder do not know, or know wrongly.

    index.csv: file, scene, datetime, sensor, cloud, bands, licence, credit ──► row by path

Any column but ``file`` may be missing, and any cell empty.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from geo.errors import InputError

INDEX = "index.csv"
"""The table that says what files do not know."""

COLUMNS = ("file", "scene", "datetime", "sensor", "cloud", "bands", "licence", "credit")
"""What it may say; files of one ``scene`` are one acquisition, ``cloud`` is a share of 1,
``bands`` are names with spaces between."""


def read_table(path: Path) -> dict[Path, Mapping[str, str]]:
    """Read the table, by path.

    Raises:
        InputError: it has columns that mean nothing, or no column ``file``.
    """
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    names = {str(name) for row in rows for name in row if name is not None}
    if rows and ("file" not in names or not names <= set(COLUMNS)):
        strange = ", ".join(sorted(names - set(COLUMNS))) or "no column file"
        raise InputError(
            f"{path} has {strange}. Its columns are {', '.join(COLUMNS)}; only file is needed."
        )
    return {
        path.parent / row["file"]: {k: v.strip() for k, v in row.items() if v} for row in rows
    }


def day_of(text: str, where: str) -> datetime:
    """Read a time; one without a zone is UTC.

    Args:
        text: ISO 8601.
        where: file it was said of, for the sentence.

    Raises:
        InputError: it is no time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{INDEX}: {text!r} is no time for {where}; write 2025-11-30 or "
            "2025-11-30T03:34:50Z."
        ) from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def share_of(path: Path, text: str | None) -> float | None:
    """Read a share of cloud; ``None`` where nothing was said.

    Raises:
        InputError: it is no share, 0 to 1.
    """
    try:
        share = None if text is None else float(text)
    except ValueError:
        share = -1.0
    if share is not None and not 0 <= share <= 1:
        raise InputError(f"{INDEX}: cloud of {path.name} is a share, 0 to 1, not {text!r}.")
    return share
