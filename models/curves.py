"""Draw the learning curves of a training, so that one look tells whether it learns.

curves.csv ──► losses (left) and figures by place (right) ──► curves.png
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw

WIDTH, HEIGHT, RIM = 620, 420, 30
"""Pixels of one panel, and of the space around it."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito: told apart by most eyes."""

Lines = Mapping[str, Sequence[tuple[float, float]]]
"""Name to (step, value)."""


def draw_curves(table: Path, picture: Path) -> None:
    """Draw the columns of a table of curves.

    Args:
        table: as ``models.train`` writes it.
        picture: PNG to write.
    """
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in (rows[0] if rows else {}) if name != "step"]
    lines = {
        name: [(float(r["step"]), float(r[name])) for r in rows if r.get(name)]
        for name in names
    }
    canvas = Pillow.new("RGB", (2 * WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(canvas)
    losses = {n.removeprefix("loss."): v for n, v in lines.items() if n.startswith("loss.")}
    figures = {
        n: v
        for n, v in lines.items()
        if n.startswith(("building.iou", "wall", "yard", "figure"))
    }
    _panel(pen, "loss", losses, 0)
    _panel(pen, "validation places", figures, WIDTH)
    canvas.save(picture)


def _panel(pen: ImageDraw.ImageDraw, title: str, lines: Lines, left: int) -> None:
    points = [point for line in lines.values() for point in line]
    end = max((x for x, _ in points), default=1.0) or 1.0
    top = max((y for _, y in points), default=1.0) or 1.0
    wide, high = WIDTH - 2 * RIM - 150, HEIGHT - 2 * RIM
    x0, y0 = left + RIM, HEIGHT - RIM
    pen.rectangle((x0, RIM, x0 + wide, y0), outline="grey")
    pen.text((x0, 10), f"{title}: 0 to {top:.2f}, step 0 to {end:.0f}", fill="black")
    for i, (name, line) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = [(x0 + wide * x / end, y0 - high * y / top) for x, y in line]
        if len(path) > 1:
            pen.line(path, fill=colour, width=2)
        pen.text((x0 + wide + 8, RIM + 14 * i), name[:24], fill=colour)
