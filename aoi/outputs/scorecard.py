"""Write what was measured of a net: a page to look at, a table to sort, an object to parse.

    Evaluation ──► evaluation.html   tables by place and head, reliability, tiles; one file
               ──► evaluation.csv    a row a figure
               ──► evaluation.json   the same, with reliability bins and what was asked

The page holds pixels of the pictures that were judged: it tells their licences, and is for the
desk, not for publication.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aoi import palette
from aoi.outputs.pages import template_of, write_text
from aoi.outputs.scorecard_plots import NAMES, SIDE, WIDE, Diagram, Dots, diagram_of, dots_of
from aoi.outputs.scorecard_tiles import ERRORS, Shown, show
from aoi.palette import Swatch
from geo.errors import OutputError
from models.card import PlaceScore
from models.evaluate import Evaluation
from models.metrics_interval import FEW
from models.metrics_words import HEADLINE, METRICS, words_of

log = logging.getLogger(__name__)

COLUMNS = ("place", "head", "metric", "value", "low", "high", "blocks")
"""Of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPart:
    """All the page says of one head."""

    swatch: Swatch
    """Its colour and name."""

    headline: str
    """The figure that says most."""

    dots: Dots
    """That figure over places."""

    places: tuple[str, ...]
    """Rows of the table."""

    tables: tuple[tuple[str, ...], ...]
    """Columns of each table; figures of one kind stand together."""

    cells: Mapping[tuple[str, str], PlaceScore]
    """By place and figure."""

    diagrams: tuple[Diagram, ...]
    """Reliability by place."""

    tiles: tuple[Shown, ...]
    """Worst first, place by place."""


def write_scorecard(
    folder: Path, evaluation: Evaluation, *, title: str, asked: Mapping[str, Any]
) -> dict[str, str]:
    """Write page, table and object into a folder.

    Args:
        folder: made if it is not there.
        evaluation: as ``models.evaluate.measure`` gives it.
        title: of the page.
        asked: what the figures depend on (command, split, seed), by name.

    Returns:
        What each file is, by its name.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    texts = {
        "evaluation.html": page(evaluation, title=title, asked=asked),
        "evaluation.csv": table(evaluation.scores),
        "evaluation.json": json.dumps(document(evaluation, asked), indent=1) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made a folder: {error.strerror}. Give another --out."
        ) from error
    for name, text in texts.items():
        write_text(folder / name, text)
    log.info("wrote %d figures to %s", len(evaluation.scores), folder.name)
    return {
        "evaluation.html": "figures, reliability and tiles: open it in a browser",
        "evaluation.csv": "a row a figure",
        "evaluation.json": "the same for machines",
    }


def table(scores: Sequence[PlaceScore]) -> str:
    """Write figures as CSV, a row a figure."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(asdict(one) for one in scores)
    return text.getvalue()


def document(evaluation: Evaluation, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give everything but the tiles as plain values."""
    card = evaluation.card
    return {
        "model": {
            "name": card.name, "version": card.version, "weights_sha256": card.weights_sha256,
            "thresholds": dict(card.thresholds), "temperatures": dict(card.temperatures),
        },
        "asked": {key: str(value) for key, value in asked.items()},
        "pictures": dict(evaluation.pictures),
        "taught": sorted(evaluation.taught & evaluation.pictures.keys()),
        "chosen_on": sorted(evaluation.chosen_on & evaluation.pictures.keys()),
        "scores": [asdict(one) for one in evaluation.scores],
        "reliability": [
            {"place": place, "head": head, **asdict(told)}
            for (place, head), told in evaluation.diagrams.items()
        ],
    }  # fmt: skip


def page(evaluation: Evaluation, *, title: str, asked: Mapping[str, Any]) -> str:
    """Write the page; the same evaluation gives the same page."""
    parts = [head_part(evaluation, swatch) for swatch in palette.HEADS]
    return template_of("scorecard.html").render(
        title=title,
        evaluation=evaluation,
        taught=evaluation.taught & evaluation.pictures.keys(),
        chosen=evaluation.chosen_on & evaluation.pictures.keys(),
        asked=asked,
        parts=[part for part in parts if part is not None],
        words_of=words_of,
        errors=ERRORS,
        few=FEW,
        names=NAMES,
        wide=WIDE,
        side=SIDE,
    )


def head_part(evaluation: Evaluation, swatch: Swatch) -> HeadPart | None:
    """Gather what the page says of a head; nothing where no label speaks of it."""
    scores = [s for s in evaluation.scores if s.head == swatch.key]
    if not scores:
        return None
    taught = evaluation.taught
    places = sorted({s.place for s in scores}, key=lambda place: (place in taught, place))
    cells = {(s.place, s.metric): s for s in scores}
    headline = HEADLINE[swatch.key]
    if not any(metric == headline for _, metric in cells):
        headline = scores[0].metric
    shown = [show(view) for view in evaluation.tiles if view.head == swatch.key]
    return HeadPart(
        swatch=swatch,
        headline=headline,
        dots=dots_of([s for s in scores if s.metric == headline], taught),
        places=tuple(places),
        tables=tables_of({metric for _, metric in cells}),
        cells=cells,
        diagrams=tuple(
            diagram_of(place, told, cells.get((place, "ece")))
            for (place, head), told in sorted(evaluation.diagrams.items())
            if head == swatch.key
        ),
        tiles=tuple(sorted(shown, key=lambda s: (places.index(s.view.place), s.view.figure))),
    )


def tables_of(metrics: set[str]) -> tuple[tuple[str, ...], ...]:
    """Put figures of one kind into one table, in the order of ``METRICS``."""
    known = [metric for metric in METRICS if metric in metrics]
    kinds = dict.fromkeys(words_of(metric).kind for metric in known)
    return tuple(tuple(m for m in known if words_of(m).kind == kind) for kind in kinds)
