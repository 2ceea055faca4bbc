"""Tell on a page what a run was made of, and leave at home what the page must not carry away.

The manifest beside the page has all of it.  The page is sent further, so folders stay at home;
and where it rounds coordinates, so do the words that would give the place away: the command
and the area, which may be a box to the last digit.

    manifest ──► provenance_of ──► Provenance: command, settings, files ──► report.html
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aoi.outputs.cards import day

HEAD = re.compile(r"^(--?[\w-]+=)?((stac|hub):)?")
"""What may stand before a path in a word of a command: ``--option=`` and a kind of archive."""

ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""How an address begins that is the same for everybody."""

FOLDERS = re.compile(r"[\\/]")
"""What parts folders, on any system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a page says of where it comes from."""

    command: str
    """As typed, of each path only its file; empty if unknown or left out."""

    settings: Mapping[str, Any]
    """By name; paths are file names."""

    files: tuple[Mapping[str, str], ...]
    """Name, role, scene, taken, gsd, licence, credit and SHA-256 of each file, in words."""


def provenance_of(manifest: Mapping[str, Any], *, rounded: bool) -> Provenance:
    """Tell what a run was made of.

    Args:
        manifest: with ``command``, ``parameters`` and ``inputs``.
        rounded: the page rounds coordinates, so command and area are left out.
    """
    settings = dict(manifest["parameters"])
    area = settings.pop("area", None)
    if area is not None and not rounded:
        settings = {"area": plain_word(str(area)), **settings}
    if "archives" in settings:
        settings["archives"] = ", ".join(map(plain_word, settings["archives"]))
    return Provenance(
        command="" if rounded else plain_command(manifest["command"]),
        settings=settings,
        files=tuple(_file(entry) for entry in manifest["inputs"]),
    )


def plain_command(command: str) -> str:
    """Write a command without the folders of its paths.

    Example:
        >>> plain_command("stockade scan '/home/ana/my scenes/a.tif' --out=../run")
        'stockade scan a.tif --out=run'
    """
    return shlex.join(map(plain_word, _words(command)))


def plain_word(word: str) -> str:
    """Keep of a path only its last part; an address in the web stays.

    Example:
        >>> plain_word("--sites=/home/ana/sites.geojson"), plain_word("stac:https://a.org/b")
        ('--sites=sites.geojson', 'stac:https://a.org/b')
    """
    value = HEAD.sub("", word)
    if ADDRESS.match(value):
        return word
    return word.removesuffix(value) + FOLDERS.split(value.rstrip("\\/"))[-1]


def _words(command: str) -> list[str]:
    """Take a command apart; backslashes part folders, they do not quote."""
    words = shlex.shlex(command, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters, words.escape = True, "", ""
    try:
        return list(words)
    except ValueError:  # an apostrophe in a command that was written down without quotes
        return command.split()


def _file(entry: Mapping[str, Any]) -> dict[str, str]:
    """Tell of a file what a reader may check."""
    taken, gsd = entry.get("observed_at"), entry.get("gsd_m")
    return {
        "name": FOLDERS.split(str(entry.get("path", "")))[-1],
        "role": str(entry.get("role", "")),
        "scene": str(entry.get("scene_id", "")),
        "taken": day(str(taken)) if taken else "not known",
        "gsd": f"{gsd:g} m" if gsd else "",
        "licence": str(entry.get("licence") or "not known"),
        "credit": str(entry.get("credit") or ""),
        "sha256": str(entry.get("sha256", "")),
    }
