"""Two dates of a drawn place that can be counted by eye: blue is roof, the rest is ground."""

import geopandas as gpd
import numpy as np
import shapely
from scipy.ndimage import gaussian_filter

SIDE = 400
"""Pixels of half a metre."""

ROOFS = {
    "a": (60, 60), "b": (60, 160), "c": (60, 260), "d": (160, 60),
    "e": (160, 160), "f": (160, 260), "g": (270, 60), "h": (270, 160), "i": (270, 260),
}  # fmt: skip
"""Name to row, col of the top-left corner; each roof is 20 m by 14 m."""

WIDE, DEEP = 40, 28
"""Pixels."""

LEFT, TOP = 450_000.0, 1_250_000.0
"""Corner of the picture in EPSG:32648."""


def ground(seed=1):
    """Grey ground with fields and paths, alike on both dates."""
    rng = np.random.default_rng(seed)
    grey = np.full((SIDE, SIDE), 105.0)
    for _ in range(150):
        r, c = rng.integers(0, SIDE, 2)
        grey[r : r + rng.integers(6, 40), c : c + rng.integers(6, 40)] = rng.uniform(70, 145)
    return gaussian_filter(grey, 0.8)


def place(*standing, gain=1.0, seed=1):
    """Draw the place with the named roofs standing."""
    picture = np.stack([ground(seed)] * 3) * gain
    for name in standing:
        r, c = ROOFS[name]
        roof = (
            np.array([10, 10, 245.0])[:, None, None] + np.linspace(-8, 8, WIDE)[None, None, :]
        )
        picture[:, r : r + DEEP, c : c + WIDE] = roof
        picture[:, r + DEEP : r + DEEP + 6, c : c + WIDE] *= 0.5  # its shadow
    return np.clip(picture, 0, 255).astype(np.uint8)


def cloud(picture, row, col, radius=45):
    """Let a cloud drift over it."""
    rows, cols = np.mgrid[:SIDE, :SIDE]
    thick = gaussian_filter((np.hypot(rows - row, cols - col) < radius).astype(float), 8)
    return (picture * (1 - thick) + 240 * thick).astype(np.uint8)


def shifted(picture, down, right):
    """The same ground, lying whole pixels elsewhere."""
    return np.roll(picture, (down, right), (1, 2))


def footprints(*names, crs=32648):
    """Outlines of roofs, as a list of buildings."""
    shapes = []
    for name in names or ROOFS:
        r, c = ROOFS[name]
        shapes.append(
            shapely.box(LEFT + c / 2, TOP - (r + DEEP) / 2, LEFT + (c + WIDE) / 2, TOP - r / 2)
        )
    frame = gpd.GeoDataFrame({"osm_id": list(names or ROOFS)}, geometry=shapes, crs=32648)
    return frame.to_crs(crs)
