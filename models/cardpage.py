"""Write a card as a page a person reads: ``docs/model-card.md`` comes from here.

Card ──► Markdown: what for, what not, figures by place, what fails, what it was taught
"""

from __future__ import annotations

from collections.abc import Sequence

from models.card import Card, PlaceScore, Source
from models.metrics_interval import FEW
from models.metrics_words import METRICS, words_of

PICTURES = {
    "building": "roofs",
    "wall": "walls",
    "yard": "enclosed ground, as its head scores it",
    "ground": "bare ground",
}
"""Heads whose worst drawn tile is shown, in words; ``scripts/draw-failures`` draws them."""

HONESTY = """\
Places of split *val* are validation places: no picture of them was trained on, but they chose
checkpoint, thresholds and temperatures, so the figures flatter. Calibration errors use
temperatures fitted on the other places. Intervals are 95 %, by drawing blocks of ground again;
a star marks fewer than ten blocks, where they are a rough guess."""
"""What a reader must know before the figures."""

SHOWN = """\
The worst tiles of drawn scenes the net never saw (pictures of real places may not be published
with it): picture, label, score (dark is sure), and errors: blue is right, vermillion invented,
yellow missed."""
"""What a reader must know before the pictures."""


def card_page(card: Card) -> str:
    """Write the page of a card; the same card gives the same page."""
    return "\n".join(
        [
            f"# Model card: {card.name} {card.version}",
            "",
            "Made by `models.cardpage` from the card beside the weights; do not edit.",
            "",
            f"**For:** {card.intended}",
            "",
            f"**Not for:** {card.forbidden}",
            "",
            "## The net",
            "",
            *_facts(card),
            "",
            "## Figures by place",
            "",
            HONESTY,
            "",
            *(line for head in card.heads for line in _figures(card, head)),
            "## Known failures",
            "",
            *(f"- {failure}" for failure in card.failures),
            "",
            SHOWN,
            "",
            *(
                line
                for head, words in PICTURES.items()
                if head in card.heads
                for line in (f"![The worst tile: {words}](images/failure-{head}.png)", "")
            ),
            "## Taught and checked on",
            "",
            card.training,
            *_beginning(card),
            "",
            "| set | place | split | heads | pictures | licence |",
            "|---|---|---|---|---|---|",
            *map(_source, card.sources),
            "",
        ]
    )


def _beginning(card: Card) -> Sequence[str]:
    if not card.pretrained:
        return ["", "The encoder began from chance, not from anybody's weights."]
    return ["", f"The encoder began from {card.pretrained}; licence: {card.pretrained_licence}"]


def _facts(card: Card) -> Sequence[str]:
    promises = [
        f"- `{head}`: from a mean probability of {p.threshold} on, {p.recall:.0%} of true "
        f"objects are kept ({p.objects} objects in {', '.join(p.places)}; elsewhere a hope)."
        for head, p in card.conformal.items()
    ]
    heads = ", ".join(
        f"`{head}` from {card.thresholds.get(head, 0.5)} on" for head in card.heads
    )
    return [
        f"- {card.encoder} to stride {card.stride}, decoder {list(card.decoder)}.",
        f"- Sees {', '.join(card.bands)} at {card.gsd_m} m (within {card.gsd_tolerance:.0%}).",
        f"- Says yes: {heads}.",
        *promises,
        f"- SHA-256 of the weights: `{card.weights_sha256}`. Seeds: {list(card.seeds)}.",
    ]


def _source(one: Source) -> str:
    heads = ", ".join(one.heads)
    return f"| {one.name} | {one.place} | {one.split} | {heads} | {one.tiles} | {one.licence} |"


def _figures(card: Card, head: str) -> Sequence[str]:
    """Write the table of a head: a row a place, a column a figure."""
    scores = {(s.place, s.metric): s for s in card.scores if s.head == head}
    if not scores:
        return []
    metrics = [m for m in METRICS if any(metric == m for _, metric in scores)]
    places = sorted({place for place, _ in scores})
    titles = " | ".join(words_of(metric).title for metric in metrics)
    rows = [
        " | ".join([place, *(_cell(scores.get((place, metric))) for metric in metrics)])
        for place in places
    ]
    lines = [f"| place | {titles} |", "|---" * (len(metrics) + 1) + "|"]
    return [f"### `{head}`", "", *lines, *(f"| {row} |" for row in rows), ""]


def _cell(score: PlaceScore | None) -> str:
    if score is None:
        return ""
    if not score.blocks:
        return f"{score.value:.3f}"
    star = " \\*" if score.blocks < FEW else ""
    return f"{score.value:.3f} ({score.low:.2f} to {score.high:.2f}){star}"
