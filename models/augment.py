"""Make pictures look as if taken elsewhere, on another day, by another sensor.

Geometry is the sampler's business; this room changes light and optics only, so labels stay.
The order follows the light: ground colour, haze, optics, sensor, file.

    (N, 3, H, W) uint8 ──► colour, gamma ──► haze ──► blur ──► noise ──► JPEG ──► the same

Source: torchvision ``transforms.v2``; ranges by eye against the real sets.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor
from torchvision.transforms.v2 import functional as tvf


def relight(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Change light and optics of every picture of a batch.

    Args:
        pictures: (N, 3, H, W) uint8.
        rng: all chance comes from here.

    Returns:
        (N, 3, H, W) uint8.
    """
    x = _light(pictures.float() / 255, rng)
    out = torch.stack([_optics(one, rng) for one in x])
    spread = _uniform(rng, len(out), 0.0, 0.035) * (_uniform(rng, len(out)) < 0.5)
    out += torch.randn(out.shape, generator=rng) * spread.view(-1, 1, 1, 1)
    out = (out.clamp(0, 1) * 255).round().to(torch.uint8)
    for i in range(len(out)):
        if _uniform(rng, 1) < 0.3:
            out[i] = _through_jpeg(out[i], int(_uniform(rng, 1, 30, 92)))
    return out


def _light(x: Tensor, rng: torch.Generator) -> Tensor:
    """Gain per band, saturation, contrast, brightness, gamma, haze, grey, swapped bands."""
    n = len(x)

    def draw(low: float, high: float, bands: int = 1) -> Tensor:
        """Draw a number a picture, or a picture and band."""
        return _uniform(rng, n * bands, low, high).view(n, bands, 1, 1)

    x = x * draw(0.88, 1.12, 3)
    grey = x.mean(1, keepdim=True)
    colour = draw(0.4, 1.5) * (draw(0, 1) > 0.08)  # no colour at all now and then: pan
    x = grey + (x - grey) * colour
    middle = x.mean((1, 2, 3), keepdim=True)
    x = middle + (x - middle) * draw(0.65, 1.4) + draw(-0.15, 0.15)
    x = x.clamp(0, 1) ** torch.exp(draw(-0.35, 0.35))
    veil = draw(0.0, 0.4) * (draw(0, 1) < 0.25)
    x = x * (1 - veil) + veil * torch.tensor([0.78, 0.82, 0.88]).view(1, 3, 1, 1)
    if _uniform(rng, 1) < 0.03:
        x = x[:, torch.randperm(3, generator=rng)]
    return x


def _optics(x: Tensor, rng: torch.Generator) -> Tensor:
    """Blur by a lens, or by pixels that were larger than ours."""
    kind = float(_uniform(rng, 1))
    if kind < 0.2:
        sigma = float(_uniform(rng, 1, 0.4, 1.3))
        x = tvf.gaussian_blur(x, [5, 5], [sigma, sigma])
    elif kind < 0.4:
        size = list(x.shape[-2:])
        share = float(_uniform(rng, 1, 0.5, 0.9))
        small = tvf.resize(x, [round(side * share) for side in size], antialias=True)
        x = tvf.resize(small, size, antialias=True)
    return x


def _through_jpeg(picture: Tensor, quality: int) -> Tensor:
    """Write and read a picture (3, H, W) uint8 as JPEG; torchvision's own is deprecated."""
    file = io.BytesIO()
    Pillow.fromarray(picture.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Pillow.open(file))).permute(2, 0, 1)


def _uniform(rng: torch.Generator, n: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=rng)
