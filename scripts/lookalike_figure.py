"""Draw which evidence tells a walled park from which look-alike, as an SVG without libraries.

    kinds x evidence, mean log-odds of parks less those of the look-alike ──► docs/images/….svg

Blue speaks for the park, orange for the look-alike; both stay apart for colour-blind eyes, and
every cell says its number.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

CELL, TALL = 58, 34
"""Width and height of a cell."""

LEFT, TOP = 120, 130
"""Room for the names of kinds and of evidence."""

FULL = 2.0
"""Log-odds drawn in full colour."""

PARK, ALIKE = (0, 114, 178), (230, 159, 0)
"""Blue and orange of Okabe and Ito, as in ``aoi.palette``."""


def draw_figure(gaps: pd.DataFrame, path: Path) -> None:
    """Write the figure.

    Args:
        gaps: (kinds, evidence) log-odds; evidence in which no kind differs by 0.1 is left out.
        path: of the SVG.
    """
    told = gaps.loc[:, gaps.abs().max() >= 0.1]
    total = told.sum(axis=1)
    wide = LEFT + CELL * (len(told.columns) + 1) + 20
    tall = TOP + TALL * len(told) + 50
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{wide}" height="{tall}" fill="white"/>',
    ]
    for col, name in enumerate([*told.columns, "all together"]):
        x = LEFT + CELL * (col + 0.5)
        parts.append(
            f'<text transform="translate({x:.0f} {TOP - 8}) rotate(-45)">'
            f"{name.replace('_', ' ')}</text>"
        )
    for row, kind in enumerate(told.index):
        y = TOP + TALL * row
        name = str(kind).replace("_", " ")
        parts.append(f'<text x="{LEFT - 8}" y="{y + 21}" text-anchor="end">{name}</text>')
        for col, value in enumerate([*told.loc[kind], total[kind]]):
            parts += _cell(LEFT + CELL * col, y, float(value))
    parts.append(
        f'<text x="{LEFT}" y="{tall - 28}">Mean log-odds, walled parks less look-alike.</text>'
        f'<text x="{LEFT}" y="{tall - 10}">Blue tells the park, orange favours the look-alike.'
        "</text></svg>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _cell(x: float, y: float, value: float) -> list[str]:
    """Draw one cell with its number."""
    share = min(1.0, abs(value) / FULL)
    ink = PARK if value > 0 else ALIKE
    red, green, blue = (round(255 + (one - 255) * share) for one in ink)
    word = "white" if value > 0 and share > 0.6 else "#202020"
    fill = f"rgb({red},{green},{blue})"
    middle = x + CELL / 2 - 1
    place = f'x="{middle}" y="{y + 21}" text-anchor="middle"'
    return [
        f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{TALL - 2}" fill="{fill}"/>',
        f'<text {place} fill="{word}">{value:+.1f}</text>',
    ]
