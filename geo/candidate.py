"""An outline with evidence: what Stockade shows to a person for review.

A candidate says *here is a layout that looks like this, for these reasons*.  It never says what
the place is.  Its evidence are plain numbers with units fixed by name
(``docs/data-dictionary.md``); its reasons are sentences with a sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError

Evidence = Mapping[str, float]
"""Name to number; NaN where it could not be measured.  Booleans travel as 0.0 and 1.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a score is higher or lower than that of an average candidate."""

    name: str
    """The evidence it speaks of, for instance ``closure``."""

    text: str
    """In words: ``closed on 96 % of its perimeter, widest gap 5 m``."""

    weight: float
    """Signed; how much it moves the score, in log-odds."""

    def __str__(self) -> str:
        """Write the sentence with its sign, as the analyst reads it."""
        return f"{self.text}: {'+' if self.weight >= 0 else '-'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One compound-like layout, with everything a reviewer needs to argue with it."""

    id: str
    """Stable name, ``c-`` and ten hexadecimal digits."""

    outline: Polygon
    """Its outer perimeter, in metres of the run's CRS."""

    evidence: Evidence
    """What was measured, by name."""

    score: float = 0.0
    """Calibrated probability, 0 to 1, that a reviewer would call the layout a walled
    compound."""

    reasons: tuple[Reason, ...] = field(default=())
    """Strongest first."""

    cannot_tell: str = ""
    """Empty, or the sentence that says why no judgement is possible."""

    def __post_init__(self) -> None:
        """Refuse scores that are no probabilities."""
        if not 0 <= self.score <= 1:
            raise InputError(f"A score is a probability from 0 to 1, not {self.score}.")


def name_of(outline: BaseGeometry, scene_id: str, *, letter: str = "c") -> str:
    """Name a thing after its place and picture, so that the same run gives the same names.

    Args:
        outline: in metres; only its bounds, to the decimetre, enter the name.
        scene_id: the picture it was found in.
        letter: ``c`` for compounds, ``b`` buildings, ``w`` walls, ``y`` yards.
    """
    place = ",".join(f"{v:.1f}" for v in outline.bounds)
    digest = hashlib.sha256(f"{scene_id}|{place}|{outline.area:.1f}".encode()).hexdigest()
    return f"{letter}-{digest[:10]}"
