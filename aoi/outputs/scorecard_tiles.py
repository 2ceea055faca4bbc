"""Show a tile four times: as it was seen, labelled and scored, and what differs.

    TileView ──► picture (JPEG), label, score, errors (PNG over the greyed picture) ──► Shown

Colours come from the palette; lines are thickened so that they can be seen.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import grey_dilation

from aoi import palette
from aoi.outputs.chips import data_uri
from aoi.palette import Swatch
from geo.types import FULL, Picture
from models.evaluate_tiles import INVENTED, MISSED, NOTHING, RIGHT, UNKNOWN, TileView
from models.metrics import LINES

PIXELS = 320
"""Of the longer side of a panel in the file."""

RIGHT_SWATCH = Swatch("right", "Right", palette.BLUE, "Both the label and the net say yes.")
INVENTED_SWATCH = Swatch(
    "invented", "Invented", palette.VERMILLION, "The net says yes, the label says no."
)
MISSED_SWATCH = Swatch(
    "missed", "Missed", palette.YELLOW, "The label says yes, the net says no."
)
UNKNOWN_SWATCH = Swatch(
    "unknown", "Unknown", palette.GREY, "Nobody labelled this ground; it does not count."
)

ERRORS = (RIGHT_SWATCH, INVENTED_SWATCH, MISSED_SWATCH, UNKNOWN_SWATCH)
"""What an error map shows, for the legend."""

CODES = {RIGHT: RIGHT_SWATCH, INVENTED: INVENTED_SWATCH, MISSED: MISSED_SWATCH}
"""Values of an error map that are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A tile made ready for a page."""

    view: TileView
    """What it is."""

    picture: str
    """``data:`` of the picture."""

    label: str
    """``data:`` of the label over the greyed picture."""

    score: str
    """``data:`` of the score, white for 0."""

    errors: str
    """``data:`` of what differs, over the greyed picture."""


def show(view: TileView) -> Shown:
    """Make a tile ready for a page."""
    colour = next(s.colour for s in palette.HEADS if s.key == view.head)
    label = np.where(view.label == 1, 1, 0).astype(np.uint8)
    label[view.label == UNKNOWN] = UNKNOWN
    return Shown(
        view=view,
        picture=data_uri(view.picture, pixels=PIXELS),
        label=_png(_paint(view.picture, label, {1: colour})),
        score=_png(_shade(view.score, colour)),
        errors=_png(
            _paint(view.picture, _thick(view), {k: s.colour for k, s in CODES.items()})
        ),
    )


def _thick(view: TileView) -> NDArray[np.uint8]:
    """Thicken lines by a pixel each way; the worse shows where two meet."""
    if view.head not in LINES:
        return view.errors
    known = np.where(view.errors == UNKNOWN, NOTHING, view.errors)
    grown: NDArray[np.uint8] = grey_dilation(known, size=(3, 3))
    return np.where(grown > NOTHING, grown, view.errors).astype(np.uint8)


def _paint(
    picture: Picture, codes: NDArray[np.uint8], colours: dict[int, str]
) -> NDArray[np.uint8]:
    """Lay colours over the picture in grey, (h, w, 3); unknown ground is hatched."""
    grey = 90 + picture.mean(0) * 0.6  # (h, w): pale enough for every colour to stand out
    canvas = np.repeat(grey[..., None], 3, -1).clip(0, 255)
    row, col = np.indices(codes.shape)
    canvas[(codes == UNKNOWN) & ((row + col) % 8 < 3)] = _rgb(palette.GREY)
    for code, colour in colours.items():
        canvas[codes == code] = 0.25 * canvas[codes == code] + 0.75 * _rgb(colour)
    return canvas.round().astype(np.uint8)


def _shade(score: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """From white over the colour to its dark, (h, w, 3): the darker the surer."""
    share = (score / FULL)[..., None]
    light, dark = _rgb("#ffffff"), _rgb(colour)
    deep = 0.25 * dark
    half = np.where(
        share < 0.5, light + (dark - light) * 2 * share, dark + (deep - dark) * (2 * share - 1)
    )
    return half.round().clip(0, 255).astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def _png(canvas: NDArray[np.uint8]) -> str:
    """Encode with 64 colours: flat maps lose nothing, and the page stays small."""
    image = Image.fromarray(canvas).quantize(64, dither=Image.Dither.NONE)
    image.thumbnail((PIXELS, PIXELS), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
