"""Ask s2cloudless, where it is installed and the bands it wants are there.

    ten Level 1C bands (10, H, W) ──s2cloudless──► cloud probability (H, W)

It was trained on reflectance at the top of the atmosphere, cirrus band included; Level 2A has
neither, so a fetch does not call it.  The package is no dependency of ours: its licence asks
for sharing alike.

Source: Sentinel Hub, s2cloudless (CC BY-SA 4.0).
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, ShapeError
from geo.types import Mask

BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
"""What it wants, in this order."""


def cloud_probability(bands: NDArray[np.float32], valid: Mask) -> NDArray[np.float32]:
    """Ask for the probability of cloud.

    Args:
        bands: (10, H, W) reflectance at the top of the atmosphere, in the order of ``BANDS``.
        valid: (H, W).

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
    detector = library.S2PixelCloudDetector(threshold=0.4, average_over=4, dilation_size=2)
    stack = np.moveaxis(np.nan_to_num(bands), 0, -1)[None]  # (1, H, W, 10)
    likely = np.asarray(detector.get_cloud_probability_maps(stack))[0]
    return np.where(valid, likely, np.nan).astype(np.float32)
