"""Read pictures and masks that do not know where they lie: PNG, JPEG and the like.

    picture ──► (3, H, W) uint8, valid (H, W): false where it is transparent, as in a scan
    mask, or class numbers ──► (H, W)

Eight bits are taken as they are.  Deeper numbers need the stretch of a scan, which belongs to
``models.georeferenced``; cut to eight bits they would be another picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFile

from geo.errors import InputError, ShapeError
from geo.types import Mask, Picture

SEE_THROUGH = {"RGBA", "LA", "PA"}
"""Pillow's kinds of pictures that have an alpha band; others may name a transparent colour."""


def read_picture(path: Path) -> tuple[Picture, Mask]:
    """Read a picture without a place.

    Returns:
        (3, H, W) uint8, red, green, blue; and (H, W), which of its pixels are real.

    Raises:
        InputError: it is damaged, no picture, or deeper than eight bits.
    """
    with _opened(path) as file:
        if _is_deep(file):
            raise InputError(
                f"{path.name} holds numbers of more than 8 bits, which need a scan's stretch. "
                f"List it as TIFF: gdal_translate {path.name} {path.stem}.tif, with its gsd_m."
            )
        clear = file.mode in SEE_THROUGH or "transparency" in file.info
        pixels = np.asarray(file.convert("RGBA" if clear else "RGB"))
    bands = np.moveaxis(pixels, -1, 0)  # (3 or 4, H, W)
    valid = bands[3] > 0 if clear else np.ones(bands.shape[1:], np.bool_)
    return bands[:3], valid


def read_band(path: Path) -> NDArray[Any]:
    """Read a mask, or a picture of class numbers, (H, W).

    Raises:
        InputError: it is damaged, no picture, or of several bands.
    """
    with _opened(path) as file:
        band = np.asarray(file)
    if band.ndim != 2:
        raise ShapeError(
            f"{path.name} has {band.shape[2]} bands; a mask, or a picture of class numbers, "
            "has one. Save it in one band, without colours and transparency."
        )
    return band


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """Open a picture strictly, and say which one is damaged."""
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES  # printers of PDF switch it on for everybody
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Pillow.open(path) as file:
            yield file
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
        raise InputError(
            f"{path.name} is no picture, or is damaged: {error}. Replace it, or take it off "
            "the list."
        ) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _is_deep(file: Pillow.Image) -> bool:
    """Tell whether Pillow would clip the numbers, or halve them: it calls deep colours RGB."""
    tiles: list[Any] = getattr(file, "tile", [])
    return file.mode[0] in "IF" or any(";16" in str(tile[3]) for tile in tiles)
