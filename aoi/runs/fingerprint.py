"""Tell pictures apart by what they hold.

    Image ──► its file, those it is made from, where it lies, what hides ground ──► fingerprint

A virtual mosaic is a page of XML that stays the same while the pictures under it change, and a
mask may lie in a file of its own; a key of the one file alone would take old results for new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
