"""Say of every pixel whether the ground can be seen in it, and if not, why.

    class band (SCL), quality bits (QA_PIXEL) or colours ──► sky (H, W) uint8
    sky ──► bright roofs given back ──► large bodies the archive missed ──► margins ──► sky

Classes are few, and an analyst's: clear, cloud, shadow, snow.  What an archive is unsure of
(SCL's *unclassified*, *dark*) is clear: filters here demote, later rooms decide.

Source: ESA, Sen2Cor SCL; USGS, Landsat Collection 2 QA_PIXEL; M. Skakun et al., CMIX, RSE 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from geo.errors import ShapeError
from geo.prepare.builtup import as_ever, spare_roofs
from geo.prepare.cloudiness import cloudiness
from geo.types import Mask


class Sky(IntEnum):
    """What lies between the sensor and the ground."""

    CLEAR = 0
    CLOUD = 1
    SHADOW = 2
    SNOW = 3
    NOTHING = 255


SCL = {
    0: Sky.NOTHING,  # no data
    1: Sky.NOTHING,  # saturated or defective
    2: Sky.CLEAR,  # dark area
    3: Sky.SHADOW,
    4: Sky.CLEAR,  # vegetation
    5: Sky.CLEAR,  # bare
    6: Sky.CLEAR,  # water
    7: Sky.CLEAR,  # unclassified
    8: Sky.CLOUD,  # medium probability
    9: Sky.CLOUD,  # high probability
    10: Sky.CLOUD,  # thin cirrus
    11: Sky.SNOW,
}
"""Sen2Cor's classes."""

BITS = ((5, Sky.SNOW), (4, Sky.SHADOW), (2, Sky.CLOUD), (3, Sky.CLOUD), (1, Sky.CLOUD))
"""QA_PIXEL: bit and what it means, later ones outweigh earlier: dilated cloud is cloud."""

FILL = 0
"""QA_PIXEL's bit for no data."""

CIRRUS = 10
"""SCL class that is never a roof: it was told by a band in which no ground is seen."""

MARGIN = 40.0
"""Metres around clouds and shadows: two pixels of SCL, where their rims are thin."""

LARGE = 20e4
"""Square metres.  A body that only its colours call cloud is believed if it is larger than any
roof: 20 hectares."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Surface reflectance of four bands, (H, W) each."""

    blue: Plane
    green: Plane
    red: Plane
    nir: Plane


def sky_from_scl(scl: NDArray[Any]) -> NDArray[np.uint8]:
    """Translate Sen2Cor's classes; numbers that are none become ``NOTHING``."""
    table = np.full(256, Sky.NOTHING, np.uint8)
    table[list(SCL)] = list(SCL.values())
    sky: NDArray[np.uint8] = table[np.clip(scl, 0, 255).astype(np.uint8)]
    return sky


def sky_from_bits(quality: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Translate Landsat's quality bits."""
    sky = np.full(quality.shape, Sky.CLEAR, np.uint8)
    for bit, meaning in BITS:
        sky[(quality >> bit) & 1 == 1] = meaning
    sky[(quality >> FILL) & 1 == 1] = Sky.NOTHING
    return sky


def refine(
    sky: NDArray[np.uint8],
    colours: Colours,
    *,
    gsd: float,
    sure: Mask | None = None,
    usual: Plane | None = None,
) -> NDArray[np.uint8]:
    """Give roofs back, add what was missed, and draw margins.

    Args:
        sky: (H, W) as the archive sees it; all clear where no archive says.
        colours: surface reflectance; NaN or anything where nothing is.
        gsd: metres a pixel.
        sure: (H, W) cloud that is no roof in any case, such as cirrus.
        usual: (H, W) blue reflectance of clear days, NaN where unknown.

    Returns:
        (H, W) a new sky.

    Raises:
        ShapeError: shapes differ.
    """
    if sky.shape != colours.blue.shape:
        raise ShapeError(
            f"sky {sky.shape} and colours {colours.blue.shape} must be of one shape"
        )
    seen = sky != Sky.NOTHING
    cloud = sky == Sky.CLOUD
    keep = cloud & sure if sure is not None else np.zeros_like(cloud)
    spared = keep | spare_roofs(cloud, colours.blue, gsd=gsd, usual=usual)
    missed = _missed(sky, colours, seen, gsd, usual)
    out = np.where(cloud & ~spared, np.uint8(Sky.CLEAR), sky)
    out = np.where(missed, np.uint8(Sky.CLOUD), out)
    return widened(out, gsd=gsd)


def _missed(
    sky: NDArray[np.uint8], colours: Colours, seen: Mask, gsd: float, usual: Plane | None
) -> Mask:
    """Find large bodies that look like cloud and were called ground."""
    finite = seen & np.isfinite(colours.blue) & np.isfinite(colours.nir)
    likely = cloudiness(colours.blue, colours.green, colours.red, colours.nir, finite)
    looks = np.nan_to_num(likely) > 0.5
    looks &= np.isin(sky, (Sky.CLEAR, Sky.CLOUD))
    if usual is not None:
        looks &= ~as_ever(colours.blue, usual)
    looks = spare_roofs(looks, colours.blue, gsd=gsd)
    bodies, count = label(looks, np.ones((3, 3)))
    if not count:
        return looks
    areas = np.bincount(bodies.ravel()) * gsd**2
    areas[0] = 0
    large: Mask = (areas >= LARGE)[bodies]
    return large


def widened(sky: NDArray[np.uint8], *, gsd: float, margin: float = MARGIN) -> NDArray[np.uint8]:
    """Draw margins around clouds and shadows; cloud outweighs shadow, nothing stays nothing."""
    out = sky.copy()
    for meaning in (Sky.SHADOW, Sky.CLOUD):
        there = sky == meaning
        if there.any():
            near = distance_transform_edt(~there) * gsd <= margin
            out[near & (out != Sky.NOTHING) & ((out != Sky.CLOUD) | there)] = meaning
    return out


def shares(sky: NDArray[np.uint8], inside: Mask) -> dict[str, float]:
    """Tell which share of an area is what.

    Returns:
        ``valid``: share of the area that was seen at all; ``clear``, ``cloud``, ``shadow``,
        ``snow``: shares of the area.
    """
    total = max(1, int(np.count_nonzero(inside)))
    counts = np.bincount(sky[inside], minlength=256)
    told = {s.name.lower(): float(counts[s]) / total for s in Sky if s != Sky.NOTHING}
    return {"valid": 1 - float(counts[Sky.NOTHING]) / total} | told
