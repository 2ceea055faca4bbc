"""What the page is told once, when it opens: words, colours, pictures, the lattice of tiles.

    Shelf ──► shelf_told ──► {title, rules, words, runs, pictures, …}      palette ──► CSS

Verdicts, kinds and colours come from the tables that the GeoPackage and the report use, so a
word or a colour means the same on every desk.
"""

from __future__ import annotations

from typing import Any

from aoi import palette
from aoi.palette import CANNOT_TELL, CHANGES, HEADS, SCORES, STATUSES, Swatch
from aoi.review.book import Sight
from aoi.review.desk import Desk
from aoi.review.shelf import Shelf
from aoi.review.tiles import COARSEST, FINEST, NATIVE, SIDE, Lattice
from aoi.verdicts import (
    CHANGE_LOOKS,
    CHANGE_VERDICTS,
    CORROBORATION,
    EVERY_LOOK,
    EVERY_VERDICT,
    LOOKS,
    VERDICTS,
)

OUTLINE = palette.VERMILLION
"""The layout to judge."""

NEIGHBOUR = palette.PURPLE
"""Other layouts of the run."""


CHOICES = {
    "layout": {"verdicts": list(VERDICTS), "kinds": list(LOOKS)},
    "change": {"verdicts": list(CHANGE_VERDICTS), "kinds": list(CHANGE_LOOKS)},
}
"""What may be said of which, in the order of the keys."""


def shelf_told(shelf: Shelf) -> dict[str, Any]:
    """Tell of all runs what does not change while they are reviewed."""
    rules = {desk.sheet().begin.rules for desk in shelf.desks}
    return {
        "title": "; ".join(dict.fromkeys(desk.book.title for desk in shelf.desks)),
        "rules": rules.pop() if len(rules) == 1 else "mixed",
        "blind": shelf.blind,
        "verdicts": dict(EVERY_VERDICT),
        "kinds": dict(EVERY_LOOK),
        "choices": CHOICES,
        "corroborations": dict(CORROBORATION),
        "likeness": {one.key: _swatch(one) for one in (*SCORES, CANNOT_TELL)},
        "changes": {one.key: _swatch(one) for one in CHANGES},
        "heads": {one.key: _swatch(one) for one in HEADS},
        "colours": {one.key: one.colour for one in _drawn()},
        "runs": [
            _run(desk, pictures.lattice)
            for desk, pictures in zip(shelf.desks, shelf.pictures, strict=True)
        ],
        "pictures": [
            {**_picture(sight), "run": n}
            for n, desk in enumerate(shelf.desks)
            for sight in desk.book.sights
        ],
    }


def _run(desk: Desk, lattice: Lattice) -> dict[str, Any]:
    """Tell of one run."""
    book = desk.book
    return {
        "run_id": book.run_id,
        "title": book.title,
        "folder": desk.log.folder.name,
        "pair": book.pair,
        "tiles": {
            "x": lattice.x, "y": lattice.y, "gsd": lattice.gsd, "side": SIDE,
            "native": NATIVE, "coarsest": COARSEST, "finest": FINEST,
        },
    }  # fmt: skip


def palette_css() -> str:
    """Write the palette as CSS variables: ``--likeness-strong: #d55e00``."""
    lines = [f"--likeness-{one.key}: {one.colour};" for one in (*SCORES, CANNOT_TELL)]
    lines += [f"--drawn-{one.key}: {one.colour};" for one in _drawn()]
    lines += [f"--change-{one.key}: {one.colour};" for one in CHANGES]
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
