"""What the ground reflects, in the four bands of ten metres that series are drawn in.

    name of a cover ──► reflectance of blue, green, red, near infrared, (4,) float32

Source: round numbers from spectral libraries (ECOSTRESS); nothing here is fitted to the
detector.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

BANDS = ("blue", "green", "red", "nir")

SPECTRA: Mapping[str, NDArray[np.float32]] = MappingProxyType(
    {
        name: np.array(values, np.float32)
        for name, values in {
            "leaves": (0.03, 0.06, 0.035, 0.40),
            "straw": (0.08, 0.12, 0.16, 0.26),
            "soil": (0.08, 0.12, 0.18, 0.26),
            "sand": (0.14, 0.18, 0.24, 0.31),
            "concrete": (0.20, 0.23, 0.26, 0.30),
            "blue roof": (0.26, 0.23, 0.19, 0.30),
            "white roof": (0.40, 0.42, 0.43, 0.46),
            "red roof": (0.09, 0.12, 0.24, 0.30),
            "rubble": (0.13, 0.16, 0.20, 0.25),
            "ash": (0.04, 0.05, 0.06, 0.08),
            "water": (0.05, 0.06, 0.045, 0.02),
            "snow": (0.75, 0.76, 0.76, 0.72),
            "cloud": (0.50, 0.51, 0.52, 0.55),
        }.items()
    }
)
"""Surface reflectance of what a pixel may be, in the order of ``BANDS``."""
