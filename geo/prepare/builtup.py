"""Give bright roofs and concrete back to the ground, where a cloud mask took them.

Nothing in its colours tells a white roof from a cloud.  Three things do: a roof is as bright on
other days; a roof is small, clouds worth masking are not; and a roof has an edge, while a cloud
thins out over several pixels.

    cloud (H, W) + brightness on other days ──► as bright as ever? ──► ground
    cloud (H, W) alone ──► smaller than a hall? ──► sharp rim? ──► ground

Without other days the guard is a matter of likelihood, and small sharp clouds get through it; a
composite of several dates leaves them behind.

Source: python-fmask issue 72 (Sentinel-2 masks in cities); D. Frantz et al., RSE 215, 2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_dilation,
    binary_erosion,
    binary_propagation,
    distance_transform_edt,
    gaussian_gradient_magnitude,
    label,
    mean,
)

from geo.errors import ShapeError
from geo.types import Mask

HALL = 150.0
"""Metres.  Roofs are narrower; a body of cloud into which a disc so wide fits stays cloud."""

SHARP = 0.22
"""Share of the whole contrast that a rim gains in one pixel.  A step seen by a sensor gains
some 0.3, a cloud's rim 0.05 to 0.2."""

BLUR = 0.7
"""Pixels over which slopes are measured."""

ALIKE = 0.25
"""Share by which a roof's brightness differs from day to day: sun, haze, wetness."""

LEAST = 0.03
"""Reflectance by which any ground differs."""

BRIGHT = 0.10
"""Reflectance in blue; darker ground was not taken for cloud because of its roofs."""

Band = NDArray[np.float32]


def spare_roofs(cloud: Mask, blue: Band, *, gsd: float, usual: Band | None = None) -> Mask:
    """Take roofs out of a cloud mask.

    Args:
        cloud: (H, W), before it is widened by any margin.
        blue: (H, W) reflectance.
        gsd: metres a pixel.
        usual: (H, W) blue reflectance of clear days; NaN where no day was clear.

    Returns:
        (H, W); never true where ``cloud`` is not.

    Raises:
        ShapeError: shapes differ.
    """
    if cloud.shape != blue.shape or (usual is not None and usual.shape != cloud.shape):
        raise ShapeError("cloud, blue and usual must be of one shape")
    left = cloud.copy()
    if usual is not None:
        left &= ~as_ever(blue, usual)
    return left & ~_roofs(left, blue, gsd)


def as_ever(blue: Band, usual: Band) -> Mask:
    """Tell which bright pixels are no brighter than on clear days."""
    with np.errstate(invalid="ignore"):
        near = np.abs(blue - usual) <= np.maximum(LEAST, ALIKE * usual)
        alike: Mask = near & (usual >= BRIGHT)
    return alike


def _roofs(cloud: Mask, blue: Band, gsd: float) -> Mask:
    """Find what is too small for a cloud and has an edge like a wall."""
    bodies, count = label(_small(cloud, gsd), np.ones((3, 3)))
    if not count:
        return np.zeros(cloud.shape, np.bool_)
    every = np.arange(1, count + 1)
    body = bodies > 0
    rim = body & ~binary_erosion(body)
    around = binary_dilation(body, iterations=3) & ~binary_dilation(body, iterations=1) & ~cloud
    # Whose surroundings a ring pixel is: those of the nearest body.
    nearest = distance_transform_edt(~body, return_distances=False, return_indices=True)
    owner = np.where(around, bodies[tuple(nearest)], 0)
    blue = np.nan_to_num(blue)
    slope = gaussian_gradient_magnitude(blue, BLUR)
    with np.errstate(invalid="ignore", divide="ignore"):  # bodies without a ring around them
        inside, outside = (np.asarray(mean(blue, where, every)) for where in (bodies, owner))
        steep = np.asarray(mean(slope, np.where(rim, bodies, 0), every))
        sharp = steep / (inside - outside) >= SHARP
    return np.concatenate([[False], sharp])[bodies]


def _small(cloud: Mask, gsd: float) -> Mask:
    """Find the parts of a mask into which no disc as wide as a hall fits."""
    reach = HALL / 2 / gsd
    core = distance_transform_edt(np.pad(cloud, 1, mode="edge"))[1:-1, 1:-1] > reach
    wide = distance_transform_edt(~core) <= reach if core.any() else core
    large = binary_propagation(core, mask=cloud & wide)
    return cloud & ~large
