"""What a list of labelled sets may say, and which pictures each set means.

A *set* is a number of pictures from one place with labels for some heads.

    [[set]]
    name = "Kampala blocks"           place = "Kampala"        split = "val"
    images = "kampala/*.tif"          gsd_m = 0.3              licence = "CC BY 4.0"
    labels.building = "masks/{stem}.png"                       a mask: bright is yes
    labels.ground = { file = "classes/{stem}.png", yes = [1], unknown = [5] }
    labels.yard = "yards.gpkg"                                 polygons; needs a CRS
    outlines = "walls/{stem}.json"                             hand-drawn, in pixels
    roofs = "{here}/roofs/{stem}.json"                         the same, of all roofs, kept
                                                               beside the list itself
    sheet = true                      tall = 19                tiles of 19 to a column
    bands = [3, 2, 1]                                          red and blue changed places

    one table ──► LabelledSet ──image_paths──► pictures, in the order of their numbers
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from geo.errors import InputError
from models.card import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Labels that come as class numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    file: str
    """Picture of class numbers; ``{stem}`` stands for the picture's name, ``{here}`` for the
    folder of the list."""

    yes: tuple[int, ...]
    """Numbers that mean yes."""

    unknown: tuple[int, ...] = ()
    """Numbers that mean nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """What stands under one ``[[set]]``."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    """As its owner calls it."""

    place: str
    """Where; no place may be in two splits."""

    split: Literal["train", "val", "test"]
    """Learned from, choosing checkpoint and thresholds, or only measured on."""

    images: str
    """Glob, relative to the root."""

    licence: str
    """In words; copied to the card."""

    gsd_m: float | None = None
    """Metres per pixel; without it the picture's own georeference or label file must tell."""

    labels: Mapping[str, str | Classes] = field(default_factory=dict)
    """One file a head."""

    outlines: str = ""
    """Hand-drawn walls and yards, JSON, pixels; tells its own GSD."""

    roofs: str = ""
    """Hand-drawn roofs, JSON, pixels: of whole pictures, or of windows, beyond which
    ``labels.building`` holds, if given.  Where a picture has no such file nobody drew any.  A
    set that says nothing else is of the pictures that have one."""

    weight: float = 1.0
    """How often crops come from it, against the other sets of the split."""

    sheet: bool = False
    """Lay small tiles on one sheet (``models.sheets``), so that a crop need not be mostly
    margin.  Those with a georeference lie where it says."""

    tall: int = 0
    """Where tiles of a sheet are numbered from 0 down the columns of a larger picture: how many
    make a column.  0: which are neighbours is not known, and a gap stays between them."""

    bands: tuple[int, int, int] = (1, 2, 3)
    """Which bands are red, green and blue; (3, 2, 1) for pictures saved the wrong way round."""

    only: tuple[str, ...] = ()
    """Names of pictures, with * and ?: the set has these and no others."""

    but: tuple[str, ...] = ()
    """Names of pictures, with * and ?, that the set does not have."""


def image_paths(one: LabelledSet, root: Path) -> list[Path]:
    """List a set's pictures, numbers in names counted as numbers.

    Raises:
        InputError: there are none.
    """
    found = _matching(one, root)
    if not found:
        raise InputError(
            f"Set {one.name} wants pictures at {root / one.images}, and none is there. "
            "Correct images in the TOML, or --data."
        )
    return found


def settled(one: LabelledSet, here: Path) -> LabelledSet:
    """Put the folder of the list where ``{here}`` stands.

    So labels may lie beside the list, while the pictures, which often may not travel, do not.
    """
    folder = str(here.resolve()).replace("{", "{{").replace("}", "}}")

    def put(label: str | Classes) -> str | Classes:
        if isinstance(label, Classes):
            return replace(label, file=label.file.replace("{here}", folder))
        return label.replace("{here}", folder)

    return replace(
        one,
        labels={head: put(label) for head, label in one.labels.items()},
        outlines=one.outlines.replace("{here}", folder),
        roofs=one.roofs.replace("{here}", folder),
    )


def file_beside(one: LabelledSet, pattern: str, image: Path, root: Path) -> Path:
    """Tell which file of a set belongs to a picture, be it there or not.

    Raises:
        InputError: something else than ``{stem}`` stands in braces.
    """
    try:
        return root / pattern.format(stem=image.stem)
    except (AttributeError, LookupError, ValueError) as error:
        raise InputError(
            f"Set {one.name}: {pattern} is no name of a file. {{stem}} alone may stand in "
            "braces, for the name of the picture, and {here} for the folder of the list."
        ) from error


def heads_of(one: LabelledSet) -> tuple[str, ...]:
    """Tell which heads a set labels."""
    heads = [*one.labels, *(("wall", "yard") if one.outlines else ())]
    return tuple(dict.fromkeys([*heads, *(("building",) if one.roofs else ())]))


def at_hand(sets: Iterable[LabelledSet], root: Path) -> list[LabelledSet]:
    """Take the word of drawn roofs from sets none of whose pictures has any.

    Returns:
        The sets, without those that are then left with nothing to say.
    """
    kept = []
    for one in sets:
        drawn = one.roofs and any(has_roofs(one, path, root) for path in _matching(one, root))
        if drawn or not roofs_alone(one):
            kept.append(one if drawn else replace(one, roofs=""))
    return kept


def roofs_alone(one: LabelledSet) -> bool:
    """Tell whether drawn roofs are all that a set has to say."""
    return bool(one.roofs) and not one.labels and not one.outlines


def has_roofs(one: LabelledSet, image: Path, root: Path) -> bool:
    """Tell whether somebody drew the roofs of a picture."""
    return bool(one.roofs) and file_beside(one, one.roofs, image, root).exists()


def pick(
    sets: Sequence[LabelledSet],
    root: Path,
    *,
    only: Sequence[str] = (),
    but: Sequence[str] = (),
) -> list[LabelledSet]:
    """Take some pictures of the sets, or all but some; sets all of whose pictures go, go too.

    Args:
        sets: any.
        root: folder their paths are relative to.
        only: names, with * and ?; none means all.
        but: names, with * and ?.

    Raises:
        InputError: a name fits no picture, so that it is mistyped.
    """
    had = [(one, [path.name for path in _matching(one, root)]) for one in sets]
    for pattern in (*only, *but):
        if not any(_fits(name, [pattern]) for _, names in had for name in names):
            raise InputError(
                f"No picture of the listed sets is called {pattern}. Names are those of files, "
                "ending and all; * stands for anything, ? for one letter."
            )
    picked = []
    for one, names in had:
        kept = [name for name in names if _fits(name, only, but)]
        if kept or not names:
            # A set that was narrowed before is narrowed further, not widened.
            these = map(escape, kept) if one.only and only else only or one.only
            picked.append(replace(one, only=tuple(these), but=(*one.but, *but)))
    return picked


def _matching(one: LabelledSet, root: Path) -> list[Path]:
    found = sorted(root.glob(one.images), key=lambda path: _natural(path.name))
    found = [path for path in found if _fits(path.name, one.only, one.but)]
    return [path for path in found if not roofs_alone(one) or has_roofs(one, path, root)]


def _fits(name: str, only: Sequence[str] = (), but: Sequence[str] = ()) -> bool:
    wanted = not only or any(fnmatchcase(name, pattern) for pattern in only)
    return wanted and not any(fnmatchcase(name, pattern) for pattern in but)


def count_pictures(sets: Sequence[LabelledSet], root: Path) -> dict[str, int]:
    """Count the pictures of every set, for the card."""
    return {one.name: len(image_paths(one, root)) for one in sets}


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
