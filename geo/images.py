"""Find the picture files that an analyst means by a file, a folder or a pattern.

    "scenes/", "a.tif", "2024/*_pan.jp2"  ──►  list of paths, in an order a person would choose

Folders are read flat.  What lies beside pictures without being one (masks, quality layers,
hidden files) is passed over; a file named in full is always taken at its word.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from geo.errors import InputError

SUFFIXES = frozenset(
    {".tif", ".tiff", ".vrt", ".jp2", ".j2k", ".png", ".jpg", ".jpeg", ".img", ".ntf"}
)
"""What counts as a picture in a folder, in lower case."""

BESIDE = re.compile(r"(^\.)|([._-](mask|msk|udm2?|qa|cloudmask)$)", re.IGNORECASE)
"""Stems of files that lie beside pictures."""


def find_images(sources: Sequence[str | Path]) -> list[Path]:
    """List the picture files that the sources stand for.

    Args:
        sources: files, folders (read flat) or patterns with ``*``, ``?`` or ``[...]``.

    Returns:
        Each file once, whatever it was called by, in the order of the sources; inside a folder
        or pattern ``scene2`` comes before ``scene10``.

    Raises:
        InputError: a source is missing, holds no picture, or nothing was named.
    """
    if not sources:
        raise InputError("No picture was named. Give a file, a folder or a pattern like *.tif.")
    found: dict[Path, Path] = {}
    for source in sources:
        for path in _expand(source):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def file_name_of(scene: str) -> str:
    """Make a scene's name safe as the stem of a file everywhere.

    Example:
        >>> file_name_of("S2B 48PXT/2025:11")
        'S2B_48PXT_2025_11'
    """
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in scene)[:120]


def _expand(source: str | Path) -> list[Path]:
    if not str(source).strip():
        raise InputError(
            "A picture was named by nothing at all; perhaps a variable of the shell was empty. "
            "Give a file, a folder (. for this one) or a pattern like *.tif."
        )
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        return _some(_pictures(path.iterdir()), f"The folder {path} holds no picture")
    if not glob.has_magic(str(source)):
        raise InputError(
            f"There is no file or folder {path}. Check the name, and the folder you are in."
        )
    matches = map(Path, glob.glob(str(path)))  # noqa: PTH207 - Path.glob refuses absolute patterns
    return _some(_pictures(matches), f"The pattern {source} matches no picture")


def _some(paths: list[Path], complaint: str) -> list[Path]:
    if not paths:
        raise InputError(f"{complaint}. Pictures end in {', '.join(sorted(SUFFIXES))}.")
    return paths


def _pictures(paths: Iterable[Path]) -> list[Path]:
    return sorted(filter(_is_picture, paths), key=_natural)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not BESIDE.search(path.stem) and path.is_file()


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort digits as numbers, so that 2 comes before 10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]
