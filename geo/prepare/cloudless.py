"""Ask s2cloudless, where it is installed and the bands it wants are there.

    ten Level 1C bands (10, H, W) ──s2cloudless──► cloud probability (H, W) ──► sky (H, W)

It was trained on reflectance at the top of the atmosphere, cirrus band included; Level 2A has
neither.  So a fetch asks it where it is told to, of scenes that hold all ten bands.  The
package is an extra, never installed unasked: its licence asks for sharing alike.

Source: Sentinel Hub, s2cloudless (CC BY-SA 4.0).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, ShapeError
from geo.prepare.masks import Sky, widened
from geo.types import Mask

BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
"""What it wants, in this order."""


COMMON = (
    "coastal", "blue", "red", "rededge1", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22",
)  # fmt: skip
"""The same by their common names."""

LIKELY = 0.4
"""Probability above which its makers call a pixel cloud."""

SMOOTH, GROW = 240.0, 120.0
"""Metres over which its makers average, and by which they widen."""


def installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("s2cloudless") is not None


def sky_of(bands: NDArray[np.float32], valid: Mask, *, gsd: float) -> NDArray[np.uint8]:
    """Ask what is cloud.

    Args:
        bands: as for ``cloud_probability``.
        valid: (H, W).
        gsd: metres a pixel.

    Returns:
        (H, W) ``Sky``: cloud, clear, or nothing; it knows of no shadow.
    """
    with np.errstate(invalid="ignore"):
        cloud = cloud_probability(bands, valid, gsd=gsd) > LIKELY
    sky = widened(cloud.astype(np.uint8) * np.uint8(Sky.CLOUD), gsd=gsd, margin=GROW)
    return np.where(valid, sky, np.uint8(Sky.NOTHING))


def cloud_probability(
    bands: NDArray[np.float32], valid: Mask, *, gsd: float = 60.0
) -> NDArray[np.float32]:
    """Ask for the probability of cloud.

    Args:
        bands: (10, H, W) reflectance at the top of the atmosphere, in the order of ``BANDS``.
        valid: (H, W).
        gsd: metres a pixel.

    Returns:
        (H, W) float32, 0 to 1; NaN where not valid.

    Raises:
        InputError: s2cloudless is not installed.
        ShapeError: there are not ten bands on one grid.
    """
    if bands.ndim != 3 or len(bands) != len(BANDS) or bands.shape[1:] != valid.shape:
        raise ShapeError(
            f"s2cloudless wants the ten bands {', '.join(BANDS)} of Level 1C as (10, H, W), "
            f"not {bands.shape}"
        )
    try:
        library = import_module("s2cloudless")
    except ImportError as error:
        raise InputError(
            "s2cloudless is not installed; pip install s2cloudless, and mind its licence "
            "(CC BY-SA 4.0)."
        ) from error
    detector = library.S2PixelCloudDetector(
        threshold=LIKELY, average_over=max(1, round(SMOOTH / gsd)), dilation_size=None
    )
    stack = np.moveaxis(np.nan_to_num(bands), 0, -1)[None]  # (1, H, W, 10)
    likely = np.asarray(detector.get_cloud_probability_maps(stack))[0]
    return np.where(valid, likely, np.nan).astype(np.float32)
