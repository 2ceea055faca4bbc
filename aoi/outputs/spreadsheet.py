"""Tables that spreadsheets and programs read alike, and in which nobody's text is run.

Names of places and sites come from strangers' files.  A spreadsheet takes ``=HYPERLINK(...)``
in such a name for a formula, and reads accents wrongly without a mark at the file's beginning;
programs read these tables as ``utf-8-sig``.

    frame or rows ──► safe, cell by cell ──► CSV with a byte order mark

Source: OWASP on CSV injection.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from geo.write import beside

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, in a text from a stranger's file."""

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
"""What begins like a formula and is none: a longitude in the west."""

ENCODING = "utf-8-sig"
"""UTF-8 with the mark by which spreadsheets know it."""


def safe(value: Any) -> Any:
    """Keep a spreadsheet from running what a stranger wrote; a number stays one."""
    if not isinstance(value, str) or not value.startswith(FORMULA) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def write_frame(path: Path, frame: pd.DataFrame) -> Path:
    """Write a frame without its index.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    guarded = {
        str(name): pd.Series([safe(value) for value in column], column.index, column.dtype)
        for name, column in frame.items()
        if not pd.api.types.is_numeric_dtype(column)
    }
    with beside(path) as part:
        frame.assign(**guarded).to_csv(part, index=False, encoding=ENCODING)
    return path


def write_rows(path: Path, rows: Iterable[Iterable[Any]]) -> Path:
    """Write rows, the first of which names the columns.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    with beside(path) as part, part.open("w", encoding=ENCODING, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(map(safe, row) for row in rows)
    return path
