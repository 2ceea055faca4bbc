"""Write a card as a page a person reads: ``docs/model-card.md`` comes from here.

Card ──► Markdown: what for, what not, figures by place, what fails, what it was taught
"""

from __future__ import annotations

from collections.abc import Sequence

from models.card import Card, PlaceScore, Source

METRICS = {
    "iou": "overlap of pixels (IoU)",
    "object_f1": "one by one (F1 at IoU 0.5)",
    "f1_2m": "lines within 2 m (F1)",
    "ece": "calibration error",
}
"""What the figures are called on the page."""


HONESTY = """\
All places are validation places: no picture of them was trained on, but they chose checkpoint,
thresholds and temperatures, so the figures flatter. Calibration errors use temperatures fitted
on the other places. Intervals are 95 %, by drawing blocks of ground again; under ten blocks
they are a rough guess."""
"""What a reader must know before the figures."""


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
            "| head | figure | place | value | 95 % | blocks |",
            "|---|---|---|---|---|---|",
            *map(_row, sorted(card.scores, key=lambda s: (s.head, s.metric, s.place))),
            "",
            "## Known failures",
            "",
            *(f"- {failure}" for failure in card.failures),
            "",
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


def _row(score: PlaceScore) -> str:
    spread = f"{score.low:.2f} to {score.high:.2f}" if score.blocks else ""
    return (
        f"| {score.head} | {METRICS[score.metric]} | {score.place} | {score.value:.3f} "
        f"| {spread} | {score.blocks or ''} |"
    )
