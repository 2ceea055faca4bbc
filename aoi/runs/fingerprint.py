"""Tell pictures, and what was kept of them, apart by what they hold.

    Image ──► its file, those it is made from, where it lies, what hides ground ──► fingerprint
    files of a step ──► hashes ──► the same at the next start? ──no──► the step is done again

A virtual mosaic is a page of XML that stays the same while the pictures under it change, and a
mask may lie in a file of its own; a key of the one file alone would take old results for new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aoi.outputs.manifest import Input, hash_file, input_of
from aoi.runs.ledger import key_of
from geo.read import Image

BESIDE = "beside"
"""Role of files that a picture's pixels or their validity come from."""


def fingerprint(image: Image) -> str:
    """Hash all that a picture shows; the same for a copy of it under another name.

    Raises:
        InputError: one of its files cannot be read.
    """
    return key_of(
        files=[hash_file(path) for path in (image.path, *image.attached)],
        grid=str(image.grid),
        bands=image.bands,
        alpha=image.alpha,
    )


def beside_inputs(images: Iterable[Image]) -> Iterator[Input]:
    """Write the files beside pictures down for the manifest, each once."""
    for path in dict.fromkeys(path for image in images for path in image.attached):
        yield input_of(path, role=BESIDE)


def hashes_of(files: Iterable[Path], folder: Path) -> dict[str, str]:
    """Hash what a step left, by path from the run's folder."""
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}


def is_whole(kept: Mapping[str, str], folder: Path) -> bool:
    """Tell whether all that a step left lies there byte for byte.

    Args:
        kept: as ``hashes_of`` told it when the step was done.
        folder: of the run.
    """
    return bool(kept) and all(
        (folder / name).is_file() and hash_file(folder / name) == told
        for name, told in kept.items()
    )
