"""The one palette: every colour a person meets, its name, and what it means in one sentence.

QGIS styles, the report and its legend read this table and nothing else, so a colour means the
same thing everywhere.  What was *found* is warm (score) and what was *reported* is cool
(sites), so the two are never mistaken for each other on a map; dashes and hatching set apart
what nobody could see.

Source: M. Okabe and K. Ito, *Color Universal Design*, 2008: eight colours that stay apart for
colour-blind eyes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

BLACK, ORANGE, SKY, GREEN = "#000000", "#e69f00", "#56b4e9", "#009e73"
YELLOW, BLUE, VERMILLION, PURPLE = "#f0e442", "#0072b2", "#d55e00", "#cc79a7"
GREY = "#b0b0b0"
"""Not of the eight; stands for what nobody can tell, and shows on dark roofs too."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour with its name and meaning."""

    key: str
    """The value in the files, or the name of a class of values."""

    name: str
    """What a legend prints."""

    colour: str
    """``#rrggbb``."""

    meaning: str
    """One sentence for a person who has read nothing else."""

    values: tuple[str, ...] = field(default=())
    """The values in the files that belong here; empty means just ``key``."""

    floor: float = math.nan
    """For classes of a number: the least value that belongs here."""

    def holds(self) -> tuple[str, ...]:
        """Tell the values in the files that take this colour."""
        return self.values or (self.key,)


CANNOT_TELL = Swatch(
    "cannot_tell",
    "Cannot tell",
    GREY,
    "The picture does not allow a judgement here; this is neither a yes nor a no.",
)

SCORES = (
    Swatch(
        "strong",
        "Strong likeness",
        VERMILLION,
        "Most reviewers would call this layout a walled compound.",
        floor=0.75,
    ),
    Swatch(
        "fair",
        "Fair likeness",
        ORANGE,
        "More likely than not that a reviewer would call this layout a walled compound.",
        floor=0.5,
    ),
    Swatch(
        "weak",
        "Weak likeness",
        YELLOW,
        "Some traits of a walled compound; a reviewer would more often say no.",
        floor=0.25,
    ),
    Swatch(
        "faint",
        "Faint likeness",
        "#fbf6c6",
        "Enclosed ground with little else in common with a walled compound.",
        floor=0.0,
    ),
)
"""Classes of the score, strongest first.  The score is the calibrated probability that a
reviewer would call the layout a walled compound; it says nothing of what happens inside."""

OUTCOMES = (
    Swatch(
        "known_seen",
        "Known site, layout seen",
        BLUE,
        "A compound-like layout was found where a registered site is said to be.",
    ),
    Swatch(
        "known_unchanged",
        "Known site, unchanged",
        GREEN,
        "The layout at a registered site is as it was last time.",
    ),
    Swatch(
        "known_not_detected",
        "Known site, nothing found",
        BLACK,
        "The ground of a registered site was seen, and no compound-like layout was found.",
    ),
    Swatch(
        "known_not_observable",
        "Known site, not observable",
        GREY,
        "Nothing can be told of a registered site: its ground was not seen well enough, or its "
        "only layout fits another site better.",
    ),
    Swatch(
        "new",
        "Not in the register",
        PURPLE,
        "A compound-like layout where no registered site is known.",
    ),
)
"""The five outcomes of matching compounds with the register of sites."""

STATUSES = (
    Swatch(
        "reported",
        "Reported or suspected",
        SKY,
        "Named by a public source; nobody has confirmed it.",
        ("reported", "suspected"),
    ),
    Swatch(
        "confirmed",
        "Confirmed or sanctioned",
        BLUE,
        "Confirmed by investigators, or named in a sanctions list.",
        ("confirmed", "known", "sanctioned"),
    ),
    Swatch(
        "acted_on",
        "Raided, searched or seized",
        PURPLE,
        "Authorities or armed forces are reported to have come.",
        ("raided", "searched", "searched_nothing_reported", "seized"),
    ),
    Swatch(
        "emptied",
        "Closed or emptied",
        GREEN,
        "Reported closed, emptied or abandoned.",
        ("closed", "emptied", "abandoned"),
    ),
    Swatch(
        "demolished",
        "Demolished, by report",
        BLACK,
        "Reported demolished in whole or in part; a claim until imagery shows it.",
        ("demolished", "demolished_partial", "demolished_claimed"),
    ),
)
"""What public sources say of a site, in five groups."""

OTHER_STATUS = Swatch("other", "Other status", GREY, "A status outside the five groups.")

CHANGES = (
    Swatch("built", "Built", BLUE, "Not there on the first date, there on the second."),
    Swatch(
        "demolished", "Demolished", VERMILLION, "There on the first date, gone on the second."
    ),
    Swatch("altered", "Altered", ORANGE, "There on both dates, but changed."),
    Swatch("unchanged", "Unchanged", "#cfcfcf", "There on both dates, as it was."),
    Swatch(
        "not_observable", "Not observable", GREY, "Could not be seen on one of the two dates."
    ),
)
"""What happened to a building between two dates."""

SEEN = Swatch("seen", "Looked at", BLUE, "Ground that was seen well enough to judge.")
UNSEEN = Swatch("unseen", "Not seen", GREY, "Ground that could not be judged, and why.")

WALL = Swatch("wall", "Wall or fence", YELLOW, "A line that reads as a wall or a fence.")
BUILDING = Swatch("building", "Building", SKY, "A roof, as outlined in the picture.")
YARD = Swatch("yard", "Enclosed ground", GREEN, "Ground that can be left only by a gate.")
EDGE = Swatch("building_edge", "Roof edge", SKY, "The rim of a roof.")
GROUND = Swatch(
    "ground", "Bare ground", ORANGE, "Bare or disturbed ground, or a building site."
)

HEADS = (BUILDING, EDGE, WALL, YARD, GROUND)
"""One colour a head of the net; scores are drawn from nothing to this."""


def score_class(score: float | None, cannot_tell: str = "") -> Swatch:
    """Choose the class that a score belongs to.

    Args:
        score: 0 to 1; ``None`` or NaN when there is none.
        cannot_tell: the sentence that says why no judgement is possible; wins over the score.
    """
    if cannot_tell or score is None or math.isnan(score):
        return CANNOT_TELL
    return next((swatch for swatch in SCORES if score >= swatch.floor), SCORES[-1])


def find_swatch(swatches: tuple[Swatch, ...], value: str, otherwise: Swatch) -> Swatch:
    """Find the swatch a value belongs to, or take ``otherwise``."""
    return next((swatch for swatch in swatches if value in swatch.holds()), otherwise)
