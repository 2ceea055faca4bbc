"""Take the picture through air, optics, detector, product and file, as a satellite would.

    fine ──mean──► gsd ──haze, blur──► noise ──sharpen, tone──► uint8 ──JPEG──► Picture

Source: the usual chain (MTF, shot and read noise, pan-sharpening that keeps colour soft, MTF
compensation that rings, 8-bit stretch, JPEG); ranges from the real sets.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy.ndimage import gaussian_filter

from geo.types import Picture
from models.synthetic.noise import Surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One acquisition chain."""

    blur: float
    """Sigma of the optics, output pixels."""
    colour_blur: float
    """Sigma by which colour is softer than brightness (pan-sharpening), pixels; 0 for none."""
    haze: float
    """Share of white-blue air in the light."""
    noise: float
    """Sigma of detector noise, 0 to 1."""
    sharpen: float
    """Strength of MTF compensation; 0 for none."""
    gamma: float
    contrast: float
    """About the mean."""
    light: float
    """Brightness gain."""
    cast: tuple[float, float, float]
    """Gain of red, green, blue."""
    jpeg: int
    """Quality; 0 for lossless."""


def make_sensor(rng: Generator) -> Sensor:
    """Choose a plausible chain."""
    cast = rng.normal(1, 0.025, 3)
    return Sensor(
        blur=float(rng.uniform(0.35, 0.85)),
        colour_blur=float(rng.uniform(0.8, 2)) if rng.random() < 0.5 else 0.0,
        haze=float(np.clip(rng.exponential(0.09), 0, 0.4)),
        noise=float(rng.uniform(0.002, 0.018)),
        sharpen=float(rng.uniform(0.3, 1.4)) if rng.random() < 0.5 else 0.0,
        gamma=float(np.exp(rng.normal(0, 0.13))),
        contrast=float(np.exp(rng.normal(0.03, 0.16))),
        light=float(np.exp(rng.normal(-0.02, 0.13))),
        cast=(float(cast[0]), float(cast[1]), float(cast[2])),
        jpeg=int(rng.integers(55, 97)) if rng.random() < 0.75 else 0,
    )


def pool(fine: Surface, factor: int) -> Surface:
    """Average blocks of ``factor`` fine pixels, (3, H, W)."""
    bands, h, w = fine.shape
    out: Surface = fine.reshape(bands, h // factor, factor, w // factor, factor).mean((2, 4))
    return out


def degrade(picture: Surface, sensor: Sensor, rng: Generator) -> Picture:
    """Take a clean picture at its final pixel size through the chain.

    Args:
        picture: (3, H, W) float32, 0 to 1.
        sensor: the chain.
        rng: of the noise.

    Returns:
        (3, H, W) uint8.
    """
    out = np.stack([gaussian_filter(band, sensor.blur) for band in picture])
    air = np.array([0.74, 0.77, 0.82], np.float32)[:, None, None]
    out = out * (1 - sensor.haze) + air * sensor.haze
    if sensor.colour_blur:
        grey = out.mean(0)
        out = np.stack(
            [gaussian_filter(band - grey, sensor.colour_blur) + grey for band in out]
        )
    if sensor.sharpen:
        grey = out.mean(0)
        out += sensor.sharpen * (grey - gaussian_filter(grey, 1.0))
    out += rng.standard_normal(out.shape, dtype=np.float32) * sensor.noise
    out *= np.array(sensor.cast, np.float32)[:, None, None] * sensor.light
    middle = out.mean()
    out = (out - middle) * sensor.contrast + middle
    out = np.clip(out, 0, 1) ** sensor.gamma
    return _file((out * 255 + 0.5).astype(np.uint8), sensor.jpeg)


def _file(picture: Picture, quality: int) -> Picture:
    """Write and read a JPEG, as most pictures one meets have been."""
    if quality == 0:
        return picture
    kept = io.BytesIO()
    Image.fromarray(picture.transpose(1, 2, 0)).save(kept, "JPEG", quality=quality)
    again: Picture = np.ascontiguousarray(np.asarray(Image.open(kept)).transpose(2, 0, 1))
    return again
