"""How QGIS draws each layer: colours by likeness, outcome, status or kind, and what is printed.

A *style* is one way to draw one layer.

    layer name ──► styles_of ──► Style: renderer, labels ──► aoi.outputs.qml

Colours and words are the palette's; expressions give the key of its swatches.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from aoi import palette
from aoi.outputs.symbols import Category, Paint, categorised, label, single
from aoi.outputs.tables import LAYERS
from aoi.palette import Swatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One way to draw one layer."""

    name: str
    """Unique within the file."""

    layer: str
    """The layer it draws."""

    renderer: Element
    """``<renderer-v2>``."""

    labels: Element | None = None
    """``<labeling>``, or nothing to print."""

    default: bool = True
    """Whether QGIS takes it without asking."""

    meaning: str = ""
    """One sentence for the list of styles."""


def styles_of(layer: str) -> list[Style]:
    """Give the styles of a layer, the default one first."""
    return _STYLES[layer]


def score_expression() -> str:
    """Write the class of a compound's score as a QGIS expression; gives a swatch's key."""
    whens = "".join(
        f" WHEN \"score\" >= {swatch.floor:g} THEN '{swatch.key}'"
        for swatch in palette.SCORES[:-1]
    )
    return (
        f'CASE WHEN length(coalesce("cannot_tell", \'\')) > 0 OR "score" IS NULL '
        f"THEN '{palette.CANNOT_TELL.key}'{whens} ELSE '{palette.SCORES[-1].key}' END"
    )


def value_expression(column: str, swatches: tuple[Swatch, ...], otherwise: str) -> str:
    """Write the swatch of a column's value as a QGIS expression; gives a swatch's key."""
    whens = "".join(
        f' WHEN "{column}" IN ({", ".join(repr(value) for value in swatch.holds())}) '
        f"THEN '{swatch.key}'"
        for swatch in swatches
    )
    return f"CASE{whens} ELSE '{otherwise}' END"


def _score_style() -> Style:
    widths = (1.1, 0.9, 0.7, 0.5)
    categories = [
        Category(s.key, s.name, Paint(colour=s.colour, fill=40, width=width))
        for s, width in zip(palette.SCORES, widths, strict=True)
    ]
    unsure = palette.CANNOT_TELL
    unsure_paint = Paint(colour=unsure.colour, fill=160, brush="b_diagonal", dash="dash")
    categories.append(Category(unsure.key, unsure.name, unsure_paint))
    return Style(
        name="Compounds by score",
        layer="compounds",
        renderer=categorised("fill", score_expression(), categories),
        labels=label('to_string("rank")', "#1a1a1a", size=11),
        meaning="Colour by likeness, number by rank.",
    )


def _outcome_style() -> Style:
    expression = value_expression("outcome", palette.OUTCOMES, "unmatched")
    unmatched = Category("unmatched", "Not matched", Paint(colour=palette.GREY, dash="dash"))
    return Style(
        name="Compounds by outcome",
        layer="compounds",
        renderer=categorised("fill", expression, [*_plain(palette.OUTCOMES, 40), unmatched]),
        labels=label('to_string("rank")', "#1a1a1a", size=11),
        default=False,
        meaning="Colour by what matching with the register gave.",
    )


def _sites_style() -> Style:
    other = palette.OTHER_STATUS
    categories = [
        Category(s.key, s.name, Paint(colour=s.colour, width=0.8, dash="dash"))
        for s in (*palette.STATUSES, other)
    ]
    return Style(
        name="Sites by status",
        layer="sites",
        renderer=categorised(
            "fill", value_expression("status", palette.STATUSES, other.key), categories
        ),
        labels=label('"name"', palette.BLUE, size=9, outside=True),
        meaning="Dashed discs as wide as the position is uncertain, by reported status.",
    )


def _changes_style() -> Style:
    other = Swatch("other", "Other", palette.GREY, "")
    expression = value_expression("kind", palette.CHANGES, other.key)
    return Style(
        name="Changes by kind",
        layer="changes",
        renderer=categorised("fill", expression, _plain((*palette.CHANGES, other), 110)),
        meaning="Colour by what happened between the two dates.",
    )


def _coverage_style() -> Style:
    seen, unseen = palette.SEEN, palette.UNSEEN
    categories = [
        Category(
            seen.key,
            seen.name,
            Paint(colour=seen.colour, width=0.2, cased=False, dash="dot"),
        ),
        Category(
            unseen.key,
            unseen.name,
            Paint(colour="#4d4d4d", fill=200, brush="b_diagonal", width=0.2, cased=False),
        ),
    ]
    expression = (
        f"CASE WHEN length(coalesce(\"reason\", '')) = 0 THEN '{seen.key}' "
        f"ELSE '{unseen.key}' END"
    )
    return Style(
        name="Coverage",
        layer="coverage",
        renderer=categorised("fill", expression, categories),
        meaning="Hatched where ground could not be judged.",
    )


def _single_style(layer: str, kind: str, paint: Paint) -> Style:
    title = LAYERS[layer].title
    return Style(name=title, layer=layer, renderer=single(kind, paint), meaning=title)


def _plain(swatches: tuple[Swatch, ...], fill: int) -> list[Category]:
    return [Category(s.key, s.name, Paint(colour=s.colour, fill=fill)) for s in swatches]


_STYLES: dict[str, list[Style]] = {
    "compounds": [_score_style(), _outcome_style()],
    "buildings": [
        _single_style(
            "buildings",
            "fill",
            Paint(colour=palette.BUILDING.colour, fill=60, width=0.3, cased=False),
        )
    ],
    "walls": [_single_style("walls", "line", Paint(colour=palette.WALL.colour, width=0.6))],
    "yards": [
        _single_style(
            "yards", "fill", Paint(colour=palette.YARD.colour, fill=60, width=0.3, cased=False)
        )
    ],
    "changes": [_changes_style()],
    "sites": [_sites_style()],
    "coverage": [_coverage_style()],
}
