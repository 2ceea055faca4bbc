"""Names for the arrays that travel between rooms.

One notation throughout: ``C`` bands, ``H`` rows, ``W`` columns, ``N`` things; rows run down,
columns run right.  What is *valid* is always a mask beside the pixels, never a magic value
inside them.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""(C, H, W), as the sensor or the file has them."""

Picture: TypeAlias = NDArray[np.uint8]
"""(3, H, W) uint8, red, green, blue, stretched once per scene: what the net sees."""

Mask: TypeAlias = NDArray[np.bool_]
"""(H, W); true where there is something to see."""

Scores: TypeAlias = NDArray[np.uint8]
"""(C, H, W) or (H, W), 0 to 254 for probabilities 0 to 1; 255 is nodata."""

Surface: TypeAlias = NDArray[np.float32]
"""(H, W) float32, 0 to 1; NaN where nothing is known."""

Labels: TypeAlias = NDArray[np.int32]
"""(H, W) int32; 0 is no thing, 1 to N are things."""

NODATA = 255
"""The score that means *not seen*; 254 is certainty."""

FULL = 254
"""The score of probability one."""
