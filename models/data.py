"""Read labelled pictures: whatever stands in a small TOML, a public set or a user's own.

The place of a set decides its split; two splits never share a place or a file.

    sets.toml ──read_sets──► LabelledSet … ──read_patches──► Patch …

A patch is a picture (3, H, W) with labels {head: (H, W)} and the metres its pixels measure.
Ground that the picture does not show is nothing to a net, in a lesson as in a scan.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from geo.errors import InputError
from geo.types import Picture
from models.card import HEADS
from models.georeferenced import SUFFIXES, Placed, from_vectors, read_placed
from models.labels import Labels, from_classes, from_mask, from_outlines, from_roofs
from models.losses import UNKNOWN
from models.patch import NOTHING, Patch, cut_round, shrunk
from models.pictures import read_band, read_picture
from models.sets import (
    Classes,
    LabelledSet,
    at_hand,
    file_beside,
    has_roofs,
    image_paths,
    roofs_alone,
    settled,
)
from models.sheets import Spot, lay_out


def read_sets(path: Path) -> list[LabelledSet]:
    """Read the list of sets.

    Args:
        path: TOML with ``[[set]]`` tables.

    Raises:
        InputError: no TOML, an unknown key, a split or head nobody knows, or a place in two
            splits.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        sets = TypeAdapter(list[LabelledSet]).validate_python(rows.get("set", []))
    except FileNotFoundError as error:
        raise InputError(f"There is no list of labelled sets at {path}.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name} must be TOML, and is not: {error}.") from error
    except ValidationError as error:
        raise InputError(f"{path.name} is not in order{_fault(error, rows)}.") from error
    if not sets:
        raise InputError(f"{path.name} lists no [[set]], so there is nothing to learn from.")
    home: dict[str, str] = {}
    for one in sets:
        if strange := set(one.labels) - set(HEADS):
            raise InputError(
                f"Set {one.name} labels {', '.join(sorted(strange))}; the heads are "
                f"{', '.join(HEADS)}."
            )
        if home.setdefault(one.place, one.split) != one.split:
            raise InputError(
                f"{one.place} is in the splits {home[one.place]} and {one.split}. A place "
                "belongs to one split, or scores flatter."
            )
    return [settled(one, path.parent) for one in sets]


def _fault(error: ValidationError, rows: Mapping[str, Any]) -> str:
    """Say what is wrong first, in which set it stands, and what stands there."""
    first = error.errors()[0]
    if len(first["loc"]) < 2:
        return ": every set is a table of its own, under [[set]]"
    number, *keys = first["loc"]
    name = rows["set"][number].get("name", f"number {int(number) + 1}")
    came = "" if isinstance(first["input"], dict) else f" = {first['input']!r}"
    return f" at {'.'.join(map(str, keys))}{came} of set {name}: {first['msg']}"


def read_patches(sets: Sequence[LabelledSet], root: Path, *, split: str) -> list[Patch]:
    """Read all pictures of one split into memory.

    Args:
        sets: as ``read_sets`` gives them.
        root: folder their paths are relative to.
        split: which ones.

    Raises:
        InputError: a picture or a label is missing; the sentence names it.
    """
    patches: list[Patch] = []
    for one in at_hand(sets, root):
        if one.split != split:
            continue
        tiles, spots = [], []
        for path in image_paths(one, root):
            tile, spot = _read_tile(one, path, root)
            tiles += [shrunk(part) for part in _parts(one, tile, root)]
            spots.append(spot)
        patches += [lay_out(one, tiles, spots)] if one.sheet else tiles
    return patches


def _parts(one: LabelledSet, tile: Patch, root: Path) -> list[Patch]:
    """Cut a picture that says nothing beyond its drawn windows into these."""
    if one.sheet or not roofs_alone(one):
        return [tile]
    drawn = _drawn(file_beside(one, one.roofs, Path(tile.name), root))
    return [cut_round(tile, window) for window in drawn.get("windows", ())] or [tile]


def _read_tile(one: LabelledSet, path: Path, root: Path) -> tuple[Patch, Spot]:
    """Read one picture with its labels, at its own pixels, and tell where it lies."""
    placed = read_placed(path, gsd=one.gsd_m) if path.suffix.lower() in SUFFIXES else None
    picture, valid = (placed.picture, placed.valid) if placed else read_picture(path)
    gsd = placed.gsd if placed else one.gsd_m or 0.0
    picture = _in_order(picture, one)
    picture[:, ~valid] = NOTHING[:, 0]
    shape = (picture.shape[1], picture.shape[2])
    labels: dict[str, Labels] = {}
    if one.outlines:
        file = _label_file(one, one.outlines, path, root)
        drawn = _drawn(file)
        with _naming(file):
            labels |= from_outlines(drawn, shape)
        gsd = gsd or float(drawn["gsd_m"])
    for head, spec in one.labels.items():
        file = _label_file(one, spec if isinstance(spec, str) else spec.file, path, root)
        labels[head] = _read_label(spec, file, placed)
    if not gsd > 0:
        raise InputError(
            f"Set {one.name}: {path.name} does not tell how many metres its pixels measure. "
            "Give gsd_m in the TOML."
        )
    if has_roofs(one, path, root):
        file = file_beside(one, one.roofs, path, root)
        drawn, said = _drawn(file), labels.get("building")
        with _naming(file):
            labels["building"] = from_roofs(drawn, shape, gsd, beyond=said)
    for head, label in labels.items():
        if label.shape != shape:
            raise InputError(
                f"{path.name} has {shape[1]} x {shape[0]} pixels and its {head} label "
                f"{label.shape[1]} x {label.shape[0]}; they must lie on each other."
            )
        label[~valid] = UNKNOWN
    patch = Patch(
        name=path.name, place=one.place, group=one.name, weight=one.weight,
        picture=picture, labels=labels, gsd=gsd,
    )  # fmt: skip
    return patch, Spot(name=path.stem, grid=placed.grid if placed else None)


def _in_order(picture: Picture, one: LabelledSet) -> Picture:
    """Put red, green and blue first.

    Raises:
        InputError: the picture has no such band.
    """
    count = len(picture)
    if not all(1 <= band <= count for band in one.bands):
        raise InputError(
            f"Set {one.name}: bands = {list(one.bands)} asks for bands that pictures of "
            f"{count} do not have; they are counted from 1."
        )
    return picture[[band - 1 for band in one.bands]]


def _drawn(path: Path) -> Any:
    """Read hand-drawn outlines.

    Raises:
        InputError: it is no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path.name} must be outlines in JSON, and is not: {error}."
        ) from error


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Put the file's name before what is wrong in it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from error


def _label_file(one: LabelledSet, pattern: str, image: Path, root: Path) -> Path:
    path = file_beside(one, pattern, image, root)
    if not path.exists():
        raise InputError(
            f"Set {one.name}: {image.name} has no label; {path} is missing. A picture "
            "where there is nothing to find needs an empty label, or it says nothing."
        )
    return path


def _read_label(spec: str | Classes, file: Path, placed: Placed | None) -> Labels:
    if isinstance(spec, Classes):
        return from_classes(read_band(file), yes=spec.yes, unknown=spec.unknown)
    if file.suffix.lower() in {".png", ".tif", ".tiff", ".jpg"}:
        return from_mask(read_band(file))
    if placed is None:
        raise InputError(
            f"{file.name} holds outlines in a CRS, and its picture has no place. Use a "
            "GeoTIFF, or a mask picture."
        )
    return from_vectors(file, placed)
