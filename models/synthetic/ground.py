"""Paint the ground: covers with wandering edges, unevenness, weeds, furrows, stains.

    patches ──burn──► cover numbers (H, W) ──palette, noise──► colours (3, H, W) float32

Source: layered value noise; amplitudes by eye against the real sets.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box

from models.synthetic.materials import COVERS, FURROWED, Palette
from models.synthetic.noise import Noise, Surface, Window
from models.synthetic.paint import burn
from models.synthetic.shapes import Patch

WANDER = 1.1
"""Metres by which natural edges wander."""

BLUR = 0.5
"""Metres over which natural covers mix, grain by grain."""

_SOFT = 64
"""Added to a cover's number where its edge may wander."""


def paint_ground(
    patches: tuple[Patch, ...], palette: Palette, noise: Noise, window: Window
) -> Surface:
    """Paint all patches of a window.

    Returns:
        (3, H, W) float32, 0 to 1, in full sun.
    """
    covers = cover_map(patches, noise, window)
    slow = noise.field(1, (180, 70, 33), window)
    middling = noise.field(2, (17, 8, 4.5), window)
    fine = 0.6 * noise.field(3, (1.1,), window) + 0.8 * noise.grain(4, window)
    at = covers.astype(np.intp)  # looked up a dozen times; take() is quick with its own index
    shade = np.ones((window.rows, window.cols), np.float32)
    for amplitude, field in zip(palette.rough.T, (slow, middling, fine), strict=True):
        shade += amplitude.take(at) * field
    _furrow(shade, covers, palette, window)
    weeds = _weeds(palette.weeds.take(at), noise, window, middling)
    tint = np.float32(0.02) * noise.field(6, (120, 45), window)
    out = np.empty((3, window.rows, window.cols), np.float32)
    for band in range(3):
        plane = palette.colour[:, band].take(at)
        plane += (palette.leaf[band] - plane) * weeds
        plane *= shade
        plane += plane * tint * (1, 0.1, -1)[band]
        out[band] = plane
    return out


def cover_map(patches: tuple[Patch, ...], noise: Noise, window: Window) -> NDArray[np.uint8]:
    """Number the cover of each pixel; natural edges wander, made ones are sharp."""
    right = window.left + window.cols * window.step
    view = box(
        window.left - 5, window.top - window.rows * window.step - 5, right + 5, window.top + 5
    )
    near = shapely.intersects(np.array([p.polygon for p in patches], object), view)
    numbered = (
        (p.polygon, 1 + COVERS.index(p.cover) + _SOFT * p.soft)
        for p, here in zip(patches, near, strict=True)
        if here
    )
    burnt = burn(numbered, window).astype(np.uint8)
    soft = burnt >= _SOFT
    covers = (burnt & (_SOFT - 1)).astype(np.uint8)
    np.subtract(covers, 1, out=covers, where=covers > 0)
    if not soft.any():
        return covers
    wander = WANDER / window.step
    rows, cols = np.nonzero(soft)
    blur = BLUR / window.step
    shift = [
        noise.field(k, (9, 4), window)[rows, cols] * wander
        + noise.grain(k + 20, window)[rows, cols] * blur
        for k in (7, 8)
    ]
    r = np.clip(rows + shift[0].astype(np.int32), 0, window.rows - 1)
    c = np.clip(cols + shift[1].astype(np.int32), 0, window.cols - 1)
    ok = soft[r, c]
    moved = covers.copy()
    moved[rows[ok], cols[ok]] = covers[r[ok], c[ok]]
    return moved


def _weeds(cover: Surface, noise: Noise, window: Window, middling: Surface) -> Surface:
    """Let weeds and tufts grow in patches, (H, W) share of leaf."""
    tufts = noise.field(5, (1.5, 0.8), window)
    raw = tufts + 0.45 * middling - (2.3 - 2.6 * cover)
    share: Surface = np.clip(raw * 0.5, 0, 0.62) * (cover > 0)
    return share


def _furrow(
    shade: Surface, covers: NDArray[np.uint8], palette: Palette, window: Window
) -> None:
    """Draw the lines of a plough on fields, in place."""
    x, y = window.grid()
    for name in FURROWED:
        number = COVERS.index(name)
        strong, angle, pitch = (float(v) for v in palette.furrow[number])
        if strong == 0:
            continue
        rows, cols = np.nonzero(covers == number)
        along = x[0, cols] * np.float32(np.cos(angle)) + y[rows, 0] * np.float32(np.sin(angle))
        shade[rows, cols] += np.float32(strong) * np.cos(along * np.float32(2 * np.pi / pitch))
