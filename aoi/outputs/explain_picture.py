"""Draw four views of one compound: picture, barrier, cost of leaving, and the walk round it.

    Ground ──► picture │ barrier
               ────────┼──────── ──► one PNG
               escape  │ walk

Bars, gaps and gates are told apart by colour and by width, so that they stay apart in print and
for colour-blind eyes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aoi import palette
from aoi.outputs.explain import Account
from aoi.outputs.explain_ground import Ground
from geo.escape import Heights
from geo.perimeter import Gap, Perimeter
from geo.types import FULL
from geo.write import beside

SIDE = 620
"""Pixels of the longer side of one view."""

HEAD, FOOT = 44, 30
"""Pixels above and below a view, for its title and its legend."""

GAP = 12
"""Pixels between views."""

INK, PAPER = "#202020", "#ffffff"
"""Of words and of the sheet."""

BARRED, OPEN, GATE = palette.GREEN, palette.VERMILLION, palette.SKY
"""Of what bars, what does not, and what a vehicle fits through."""


def write_picture(account: Account, ground: Ground, path: Path) -> Path:
    """Write the four views of a compound as a PNG.

    Raises:
        OutputError: the file cannot be written.
    """
    views = [
        ("Picture", _photograph(ground), "outlines of its yards"),
        ("Barrier: wall or roof, whichever is stronger", _grey(ground), "black 0, white 1"),
        ("Cost of leaving, for a vehicle as wide as the gate", _heat(ground), "dark: free"),
        ("The walk: barred, open, gates", _photograph(ground, faint=True), ""),
    ]
    for number, pen in ((0, _outline), (3, _walk)):
        for walked in ground.walks:
            pen(views[number][1], ground, walked)
    _legend(views[3][1])
    sheet = _sheet(account, ground, views)
    with beside(path) as part:
        sheet.save(part, "PNG", optimize=True)
    return path


def _fitted(pixels: NDArray[np.uint8], ground: Ground) -> Image.Image:
    """Scale (H, W, 3) pixels to the size of a view."""
    rows, cols = ground.grid.shape
    scale = SIDE / max(rows, cols)
    size = (max(1, round(cols * scale)), max(1, round(rows * scale)))
    smooth = Image.Resampling.BILINEAR if scale > 1 else Image.Resampling.LANCZOS
    return Image.fromarray(pixels).resize(size, smooth)


def _photograph(ground: Ground, *, faint: bool = False) -> Image.Image:
    """Show the picture, or the barrier where the picture has gone."""
    if ground.picture is None:
        return _grey(ground)
    pixels = ground.picture.transpose(1, 2, 0)
    if faint:
        pixels = (pixels * 0.45).astype(np.uint8)
    return _fitted(np.ascontiguousarray(pixels), ground)


def _grey(ground: Ground) -> Image.Image:
    """Show the barrier from black to white."""
    return _fitted(np.repeat(_bytes(ground.barrier)[..., None], 3, axis=2), ground)


def _heat(ground: Ground) -> Image.Image:
    """Show the cost of leaving from black through vermillion to yellow."""
    cost = np.linspace(0, 1, 256)
    stops = [(0, 0, 0), (213, 94, 0), (240, 228, 66)]
    scale = np.stack(
        [np.interp(cost, (0, 0.6, 1), [stop[band] for stop in stops]) for band in range(3)], 1
    )
    return _fitted(scale.astype(np.uint8)[_bytes(ground.escape)], ground)


def _bytes(heights: Heights) -> NDArray[np.uint8]:
    return (heights.astype(np.uint16) * 255 // FULL).astype(np.uint8)


def _places(
    view: Image.Image, ground: Ground, ring: NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Bring rows and columns of work pixels to x, y of a view."""
    scale = view.width / ground.grid.shape[1] * ground.step
    return [((col + 0.5) * scale, (row + 0.5) * scale) for row, col in ring]


def _outline(view: Image.Image, ground: Ground, walked: Perimeter) -> None:
    """Draw the outline of a yard."""
    line = _places(view, ground, walked.ring)
    ImageDraw.Draw(view).line(line, fill=palette.YELLOW, width=2)


def _walk(view: Image.Image, ground: Ground, walked: Perimeter) -> None:
    """Draw a walk step by step, then its gaps with their widths."""
    pen = ImageDraw.Draw(view)
    line = _places(view, ground, walked.ring)
    for at, (barred, seen) in enumerate(zip(walked.barred, walked.seen, strict=True)):
        if not seen:
            pen.line(line[at : at + 2], fill=palette.GREY, width=2)
        elif barred:
            pen.line(line[at : at + 2], fill=BARRED, width=3)
        else:
            pen.line(line[at : at + 2], fill=OPEN, width=6)
    gates = walked.gates(ground.gate)
    for gap in walked.gaps:
        if gap in gates or gap.width > ground.gate:
            _mark(view, ground, gap, GATE if gap in gates else OPEN)


def _mark(view: Image.Image, ground: Ground, gap: Gap, colour: str) -> None:
    """Ring a gap and write its width beside it."""
    pen = ImageDraw.Draw(view)
    [(x, y)] = _places(view, ground, np.array([[gap.row, gap.col]]))
    pen.ellipse((x - 9, y - 9, x + 9, y + 9), outline=colour, width=3)
    pen.text(
        (x + 12, y - 8), f"{gap.width:.0f} m", fill=PAPER, font=_font(14),
        stroke_width=2, stroke_fill=INK,
    )  # fmt: skip


def _legend(view: Image.Image) -> None:
    """Say in a corner what the colours of the walk mean."""
    pen = ImageDraw.Draw(view)
    words = (("barred", BARRED), ("open", OPEN), ("gate", GATE), ("unseen", palette.GREY))
    pen.rectangle((6, 6, 92, 14 + 18 * len(words)), fill=PAPER)
    for line, (word, colour) in enumerate(words):
        y = 18 + 18 * line
        pen.line((12, y, 34, y), fill=colour, width=4)
        pen.text((40, y - 8), word, fill=INK, font=_font(13))


def _sheet(
    account: Account, ground: Ground, views: list[tuple[str, Image.Image, str]]
) -> Image.Image:
    """Lay four views out on one sheet, with titles, a scale bar and the provenance."""
    wide, tall = views[0][1].size
    cell = (wide + GAP, tall + HEAD + FOOT)
    wide_sheet = max(2 * cell[0] + GAP, 700)
    sheet = Image.new("RGB", (wide_sheet, 2 * cell[1] + 2 * HEAD), PAPER)
    pen = ImageDraw.Draw(sheet)
    row = account.row
    score = "no score" if row["score"] is None else f"score {row['score']:.2f}"
    pen.text((GAP, 10), f"{account.id}, {score}", fill=INK, font=_font(22))
    for number, (title, view, note) in enumerate(views):
        x = GAP + number % 2 * cell[0]
        y = HEAD + number // 2 * cell[1]
        pen.text((x, y + HEAD - 22), title, fill=INK, font=_font(15))
        sheet.paste(view, (x, y + HEAD))
        pen.text((x, y + HEAD + tall + 6), note, fill=INK, font=_font(13))
    _scale_bar(pen, ground, (GAP + wide, HEAD + HEAD + tall + 10), wide)
    told = f"{row['scene_id']}, {row.get('observed_at') or 'date unknown'}; {row['model']}"
    pen.text((GAP, sheet.height - 28), f"{told}. A lead for review, no finding.", fill=INK,
             font=_font(13))  # fmt: skip
    return sheet


def _scale_bar(
    pen: ImageDraw.ImageDraw, ground: Ground, right: tuple[int, int], wide: int
) -> None:
    """Draw a bar of a round number of metres, ending at ``right``."""
    metres = ground.grid.shape[1] * float(ground.grid.affine.a)
    length = max(one for one in (10, 20, 50, 100, 200, 500) if one <= max(10, 0.3 * metres))
    x, y = right
    pen.line((x - length / metres * wide, y, x, y), fill=INK, width=4)
    pen.text((x - length / metres * wide, y + 4), f"{length} m", fill=INK, font=_font(13))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Take the font that comes with Pillow."""
    return ImageFont.load_default(size)
