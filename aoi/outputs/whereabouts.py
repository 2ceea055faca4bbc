"""Find a file that a run read, wherever one stands and wherever it was moved to.

The manifest holds the path as it was given, the absolute one, and the one from the run's own
folder, so that a run is found together with its pictures from anywhere, also when both were
moved together.  Where a file went elsewhere, somebody says so; whether it is the same file, its
hash tells, whatever it is called by now.

    Input, folder, places ──► absolute? from the run? as given? beside the run? said? ──► Path
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from aoi.outputs.manifest import Input, hash_file
from geo.errors import InputError

WINDOW = "window of an asset"
"""Role of inputs of which a run read a part and hashed that part: a fetch's, a monitor's."""

SEARCHED = 2000
"""Files of a said folder, and of those in it, that are looked at; more is somebody's home."""


def find_again(folder: Path, one: Input, *, places: Sequence[Path] = ()) -> Path:
    """Find a file that a run read.

    Args:
        folder: of the run.
        one: as the manifest knows it.
        places: files and folders where it is said to be by now; these come first.

    Raises:
        InputError: it is nowhere, or what lies there is another file; the sentence says where
            it was sought and how to say where it is.
    """
    name = Path(one.path).name
    for path in _said(one, places):
        if hash_file(path) == one.sha256:
            return path
    others = [path for path in known_places(folder, one) if path.is_file()]
    for path in others:
        if path.stat().st_size == one.size:
            return path
    if others:
        raise InputError(
            f"{name} is another file than the one the run saw. Say where that one is: "
            "--pictures FOLDER."
        )
    told = f", and not in {', '.join(map(str, places))}" if places else ""
    raise InputError(
        f"{name} is not where it was ({one.absolute or one.path}){told}. Put it back, or say "
        "where it is now: --pictures FOLDER."
    )


def known_places(folder: Path, one: Input) -> tuple[Path, ...]:
    """Name the paths at which a run's file may lie, the likeliest first."""
    given = Path(one.path)
    noted = [Path(one.absolute)] if one.absolute else []
    near = [folder / one.from_run] if one.from_run else []
    return (
        *near, *noted, given, folder / given, folder / "place" / given.name,
        folder.parent / given.name,
    )  # fmt: skip


def _said(one: Input, places: Sequence[Path]) -> Iterator[Path]:
    """Give the files of said places that have the right size, those of the right name first."""
    for place in places:
        if place.is_file():
            yield place
        elif place.is_dir():
            found = (path for _, path in zip(range(SEARCHED), place.rglob("*"), strict=False))
            sized = [p for p in found if p.is_file() and p.stat().st_size == one.size]
            yield from sorted(sized, key=lambda p: (p.name != Path(one.path).name, p))
