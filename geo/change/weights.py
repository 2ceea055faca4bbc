"""The numbers that were fitted: what a roof looks like, and what a change looks like.

They belong to one net, whose scores they were fitted to; ``scripts/fit-change`` fits them anew
and writes the file.  There are four sets for the formula of ``geo.change.decide``: for outlines
that a net drew and for footprints of a list, without a change head beside the net and with one.

    weights.toml ──► Looks (of a patch), Weights (of a decision) by the kind of units
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from geo.errors import InputError
from geo.looks import Looks

SETS = ("outlined", "listed", "outlined_headed", "listed_headed")
"""What weights there are: by where the units come from, and with the head or without."""


EVEN, COVER = 0.5, 0.1
"""Chance of being one roof from which a patch seen on one date is outlined, and what it is
worth to outline 100 square metres that the net is sure of: a slum of joined roofs looks like no
roof, and is roof all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The numbers of the formula of ``geo.change.decide``."""

    roof: tuple[float, float, float]
    """Of the logit of a score, of how far it stands out from the ground about it, at all."""

    form: float
    """Of the logit of how well a roof is outlined there."""

    rim: float
    """Of edges along the outline."""

    shape: tuple[float, float]
    """Of filling a rectangle, of size: how much likelier a roof on any date is."""

    both: float
    """How much likelier roofs are that stand on both dates."""

    cost: tuple[float, float, float, float]
    """Of a change: at all, per likeness of edges, of light, per distance of colour."""

    head: tuple[float, float]
    """Of what the change head says of a change: its logit, at all; zeros without one."""

    altered: tuple[float, float, float, float, float]
    """At all, per likeness of light, per colour painted, how odd, a part that went or came."""

    nothing: float
    """Probability of no roof on either date from which a unit is no building at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """All that was fitted, and to what."""

    fitted_to: str
    """Name and version of the net."""

    told: str
    """What it was fitted on, in a sentence."""

    looks: Looks
    sets: Mapping[str, Weights]
    """By ``SETS``."""

    def weights(self, *, listed: bool, headed: bool) -> Weights:
        """Give the set for these units; without one for the head, the plain one."""
        plain = "listed" if listed else "outlined"
        name = f"{plain}_headed" if headed else plain
        return self.sets.get(name) or self.sets[plain]

    def to_toml(self) -> str:
        """Write them down."""
        parts = [f'fitted_to = "{self.fitted_to}"\ntold = "{self.told}"\n']
        tables: dict[str, Any] = {"looks": asdict(self.looks)}
        tables |= {name: asdict(weights) for name, weights in self.sets.items()}
        for name, table in tables.items():
            rows = [f"{key} = {_plain(value)}" for key, value in table.items()]
            parts.append("\n".join([f"[{name}]", *rows, ""]))
        return "\n".join(parts)


def _plain(value: float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(v) for v in value) + "]"
    return f"{value:.4f}"


def read_taught(text: str) -> Taught:
    """Read what ``Taught.to_toml`` wrote.

    Raises:
        InputError: a table or a number is missing, or one too many is there.
    """
    content = tomllib.loads(text)
    try:
        looks = Looks(**_tuples(content.pop("looks")))
        words = {key: str(content.pop(key)) for key in ("fitted_to", "told")}
        sets = {name: Weights(**_tuples(table)) for name, table in content.items()}
    except (KeyError, TypeError) as error:
        raise InputError(
            f"The fitted weights are not in order ({error}); fit them again with "
            "scripts/fit-change."
        ) from error
    if unknown := (set(sets) - set(SETS)) | ({"outlined", "listed"} - set(sets)):
        raise InputError(
            f"The fitted weights need the tables {', '.join(SETS[:2])} and know "
            f"{', '.join(SETS[2:])}; wrong or missing: {', '.join(sorted(unknown))}."
        )
    return Taught(looks=looks, sets=sets, **words)


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}


def seen_once() -> Looks:
    """Tell what a roof looks like where there is no other date to bear witness.

    A pair of pictures asks for less than even odds, because the other date confirms or denies.
    """
    return replace(shipped().looks, price=EVEN, cover=COVER)


@cache
def shipped() -> Taught:
    """Give the weights that come with the package."""
    path = resources.files("geo") / "change" / "weights.toml"
    return read_taught(path.read_text(encoding="utf-8"))
