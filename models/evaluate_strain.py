"""Strain pictures as satellites, weather and file formats do, and leave their labels alone.

    Patch ──► coarser, darker, greyer, through JPEG ... ──► Patch, same pixels and labels

What was labelled does not change with the picture, so whatever a figure loses was lost by the
net.  The strains are those an analyst's pictures come with, not adversaries.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F  # noqa: N812

from geo.types import Picture
from models.patch import Patch

Strain = Callable[[Patch], Patch | None]
"""Gives a patch strained, or none where it cannot be (a coarse picture has no finer pixels)."""

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in grey (ITU-R BT.601)."""


def coarsen(patch: Patch, gsd: float) -> Patch | None:
    """See a patch as pixels of ``gsd`` metres would, spread out again over its own pixels.

    Args:
        patch: any.
        gsd: metres per pixel.

    Returns:
        The same patch where the pixels are already that size; none where they are coarser.
    """
    share = patch.gsd / gsd
    if share > 1.05:
        return None
    if share > 0.95:
        return patch
    shape = patch.picture.shape[1:]
    size = [max(2, round(side * share)) for side in shape]
    whole = torch.from_numpy(np.ascontiguousarray(patch.picture))[None].float()
    small = F.interpolate(whole, size, mode="bilinear", antialias=True)
    back = F.interpolate(small.round(), shape, mode="bilinear", antialias=True)
    return replace(patch, picture=back[0].round().clamp(0, 255).to(torch.uint8).numpy())


def brighten(patch: Patch, times: float) -> Patch:
    """Multiply all bytes; what is too bright burns out."""
    return replace(patch, picture=_bytes(patch.picture * float(times)))


def bend(patch: Patch, gamma: float) -> Patch:
    """Raise brightness to a power: above 1 darkens the middle tones, below 1 lifts them."""
    return replace(patch, picture=_bytes(255 * (patch.picture / 255) ** gamma))


def squeeze(patch: Patch, quality: int) -> Patch:
    """Write as JPEG and read back."""
    buffer = io.BytesIO()
    Image.fromarray(np.moveaxis(patch.picture, 0, -1)).save(buffer, "JPEG", quality=quality)
    back = np.moveaxis(np.asarray(Image.open(buffer)), -1, 0)
    return replace(patch, picture=np.ascontiguousarray(back))


def grey(patch: Patch) -> Patch:
    """Take the colour away, as a panchromatic picture has none."""
    mean = np.tensordot(LUMA, patch.picture, 1)
    return replace(patch, picture=_bytes(np.repeat(mean[None], 3, 0)))


def veil(patch: Patch, share: float) -> Patch:
    """Lay haze over it: so much of the light is the sky's."""
    sky = np.array([190.0, 200.0, 210.0]).reshape(3, 1, 1)
    return replace(patch, picture=_bytes(patch.picture * (1 - share) + sky * share))


def misjudge(patch: Patch, times: float) -> Patch:
    """Tell the net a wrong pixel size, as an unknown one is guessed."""
    return replace(patch, gsd=patch.gsd * times)


STRAINS: Mapping[str, Strain] = {
    "0.3 m": lambda p: coarsen(p, 0.3),
    "0.4 m": lambda p: coarsen(p, 0.4),
    "0.5 m": lambda p: coarsen(p, 0.5),
    "0.7 m": lambda p: coarsen(p, 0.7),
    "1.0 m": lambda p: coarsen(p, 1.0),
    "pixels said to be a fifth smaller": lambda p: misjudge(p, 0.8),
    "pixels said to be a fifth larger": lambda p: misjudge(p, 1.2),
    "brightness x 0.6": lambda p: brighten(p, 0.6),
    "brightness x 1.4": lambda p: brighten(p, 1.4),
    "gamma 0.6": lambda p: bend(p, 0.6),
    "gamma 1.6": lambda p: bend(p, 1.6),
    "haze, a third": lambda p: veil(p, 1 / 3),
    "grey": grey,
    "JPEG quality 50": lambda p: squeeze(p, 50),
}
"""By the name a table gives them."""


def _bytes(values: NDArray[np.floating]) -> Picture:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)
