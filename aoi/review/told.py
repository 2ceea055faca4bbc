"""What the page is told once, when it opens: words, colours, pictures, the lattice of tiles.

    Desk ──► run_told ──► {title, rules, words, pictures, lattice, …}      palette ──► CSS

Verdicts, kinds and colours come from the tables that the GeoPackage and the report use, so a
word or a colour means the same on every desk.
"""

from __future__ import annotations

from typing import Any

from aoi import palette
from aoi.palette import CANNOT_TELL, CHANGES, HEADS, SCORES, STATUSES, Swatch
from aoi.review.book import Sight
from aoi.review.desk import Desk
from aoi.review.tiles import COARSEST, FINEST, NATIVE, SIDE, Lattice
from aoi.verdicts import CORROBORATION, LOOKS, VERDICTS

OUTLINE = palette.VERMILLION
"""The layout to judge."""

NEIGHBOUR = palette.PURPLE
"""Other layouts of the run."""


def run_told(desk: Desk, lattice: Lattice) -> dict[str, Any]:
    """Tell of a run what does not change while it is reviewed."""
    book = desk.book
    return {
        "run_id": book.run_id,
        "title": book.title,
        "rules": desk.sheet().begin.rules,
        "pair": book.pair,
        "verdicts": dict(VERDICTS),
        "kinds": dict(LOOKS),
        "corroborations": dict(CORROBORATION),
        "likeness": {one.key: _swatch(one) for one in (*SCORES, CANNOT_TELL)},
        "heads": {one.key: _swatch(one) for one in HEADS},
        "colours": {one.key: one.colour for one in _drawn()},
        "pictures": [_picture(sight) for sight in book.sights],
        "tiles": {
            "x": lattice.x, "y": lattice.y, "gsd": lattice.gsd, "side": SIDE,
            "native": NATIVE, "coarsest": COARSEST, "finest": FINEST,
        },
    }  # fmt: skip


def palette_css() -> str:
    """Write the palette as CSS variables: ``--likeness-strong: #d55e00``."""
    lines = [f"--likeness-{one.key}: {one.colour};" for one in (*SCORES, CANNOT_TELL)]
    lines += [f"--drawn-{one.key}: {one.colour};" for one in _drawn()]
    return ":root {\n  " + "\n  ".join(lines) + "\n}\n"


def _drawn() -> tuple[Swatch, ...]:
    """Everything drawn on the map that has a colour of its own."""
    return (
        Swatch("outline", "Layout", OUTLINE, "The layout to judge."),
        Swatch("others", "Other layouts", NEIGHBOUR, "Other layouts of this run."),
        palette.WALL, palette.BUILDING, palette.YARD,
        Swatch("site", "Site", STATUSES[1].colour, "Where a registered site is said to be."),
        *(one for one in CHANGES if one.key != "unchanged"),
    )  # fmt: skip


def _swatch(one: Swatch) -> dict[str, str]:
    return {"name": one.name, "meaning": one.meaning, "colour": one.colour}


def _picture(sight: Sight) -> dict[str, Any]:
    return {
        "scene": sight.scene,
        "when": sight.when,
        "credit": sight.credit,
        "gsd": sight.gsd_m,
        "role": sight.role,
        "trouble": sight.trouble,
        "heads": list(sight.scores.names) if sight.scores else [],
        "there": sight.image is not None,
    }
