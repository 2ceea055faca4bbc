"""How QGIS draws the pictures of a run: scores faded in, imagery with the contrast the net saw.

Scores are one file with one band a head, so one map layer shows one band: clear at probability
zero, full colour at one, never hiding the ground where the net saw nothing.

    RasterLayer(path, grid, band or rgb) ──► pipe_of ──► <pipe> of a project's layer
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from aoi import palette
from aoi.palette import Swatch
from geo.errors import InputError
from geo.grid import Grid
from geo.types import FULL

FADE = ((0.0, 0), (0.25, 40), (0.5, 140), (1.0, 230))
"""Probability and opacity (0 to 255): below a quarter hardly more than a tint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterLayer:
    """One raster as one layer of the map."""

    path: Path
    """Of a file that QGIS can open."""

    title: str
    """What the list of layers shows."""

    grid: Grid
    """Where it lies; its CRS may differ from the project's."""

    band: int | None = None
    """For scores: the band drawn, from 1."""

    swatch: Swatch = palette.WALL
    """For scores: the colour of certainty."""

    rgb: tuple[int, int, int] = (1, 2, 3)
    """For pictures: bands from 1; three times the same for one band in grey."""

    low: tuple[float, float, float] | None = None
    """For pictures: the values drawn black, per band; nothing for 8-bit pictures."""

    high: tuple[float, float, float] | None = None
    """For pictures: the values drawn in full, per band."""

    def __post_init__(self) -> None:
        """Refuse bands that cannot be, and half a stretch."""
        if min(self.rgb) < 1 or (self.band is not None and self.band < 1):
            raise InputError(f"Bands of {self.path.name} count from 1.")
        if (self.low is None) != (self.high is None):
            raise InputError(f"{self.path.name}: a stretch has a low and a high end.")

    @property
    def is_scores(self) -> bool:
        """Whether one band is drawn as scores rather than three as a picture."""
        return self.band is not None


def score_layers(path: Path, grid: Grid, heads: Sequence[str]) -> list[RasterLayer]:
    """Make one layer for each head of a scores COG.

    Args:
        path: of the COG, one band a head, uint8, 0 to 254, 255 nodata.
        grid: of the COG.
        heads: names of its bands, in order.
    """
    swatches = {swatch.key: swatch for swatch in palette.HEADS}
    return [
        RasterLayer(
            path=path,
            title=f"score: {head.replace('_', ' ')}",
            grid=grid,
            band=number,
            swatch=swatches.get(head, palette.WALL),
        )
        for number, head in enumerate(heads, start=1)
    ]


def pipe_of(raster: RasterLayer) -> list[Element]:
    """Write how a raster is drawn, as children of its ``<maplayer>``."""
    pipe = Element("pipe")
    provider = SubElement(pipe, "provider")
    SubElement(
        provider,
        "resampling",
        enabled="true",
        zoomedInResamplingMethod="nearestNeighbour",
        zoomedOutResamplingMethod="cubic",
        maxOversampling="2",
    )
    pipe.append(_scores(raster) if raster.is_scores else _picture(raster))
    SubElement(pipe, "brightnesscontrast", brightness="0", contrast="0", gamma="1")
    SubElement(pipe, "huesaturation", saturation="0", grayscaleMode="0", colorizeOn="0")
    SubElement(pipe, "rasterresampler", maxOversampling="2")
    blend = Element("blendMode")
    blend.text = "0"
    return [pipe, blend]


def _scores(raster: RasterLayer) -> Element:
    """Fade one band in, from clear to its colour."""
    top = Element(
        "rasterrenderer",
        type="singlebandpseudocolor",
        band=str(raster.band),
        opacity="1",
        alphaBand="-1",
        classificationMin="0",
        classificationMax=str(FULL),
        nodataColor="",
    )
    SubElement(top, "rasterTransparency")
    shader = SubElement(
        SubElement(top, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue="0",
        maximumValue=str(FULL),
    )
    for probability, alpha in FADE:
        SubElement(
            shader,
            "item",
            value=f"{probability * FULL:g}",
            alpha=str(alpha),
            color=raster.swatch.colour,
            label=f"{probability:.2f}",
        )
    return top


def _picture(raster: RasterLayer) -> Element:
    """Draw three bands as red, green and blue, or one in grey."""
    if len(set(raster.rgb)) == 1:
        top = Element(
            "rasterrenderer",
            type="singlebandgray",
            grayBand=str(raster.rgb[0]),
            gradient="BlackToWhite",
            opacity="1",
            alphaBand="-1",
        )
        _stretch(top, "contrastEnhancement", raster, 0)
        return top
    top = Element("rasterrenderer", type="multibandcolor", opacity="1", alphaBand="-1")
    for index, colour in enumerate(("red", "green", "blue")):
        top.set(f"{colour}Band", str(raster.rgb[index]))
        _stretch(top, f"{colour}ContrastEnhancement", raster, index)
    return top


def _stretch(top: Element, tag: str, raster: RasterLayer, index: int) -> None:
    """Draw with the very contrast the net saw; 8-bit pictures are left alone."""
    if raster.low is None or raster.high is None:
        return
    contrast = SubElement(top, tag)
    for name, text in (
        ("minValue", f"{raster.low[index]:g}"),
        ("maxValue", f"{raster.high[index]:g}"),
        ("algorithm", "StretchToMinimumMaximum"),
    ):
        SubElement(contrast, name).text = text
