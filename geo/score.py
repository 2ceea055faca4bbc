"""Judge a candidate, and say why.

The score is a sum one can take apart.  Each piece of evidence passes through one line with a
few bends, which only rises, only falls, or rises and then falls; what comes out is in log-odds
against an average candidate, and *is* the weight of its reason.  What was not measured adds
nothing.  All knots and values live in a card, none in code.

    evidence ──► lines of the card ──► contributions ──sum + base──► log-odds ──► 0..1
                                             └──► reasons, strongest first

Source: generalised additive models (Hastie & Tibshirani, 1986), with monotone linear splines.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from geo.candidate import Candidate, Evidence, Reason
from geo.errors import InputError, ModelError
from geo.evidence import with_ratios
from geo.reasons import percent, tell
from geo.term import KNOWN, Term

HUMBLE = 0.01
"""How near to 0 and 1 a score may come.  It was fitted to some hundred drawn parks, which
cannot tell one mistake in a hundred from one in a thousand; and 1.00 reads like knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When no judgement is possible, and how much is said about one that is."""

    coarsest_gsd_m: float
    """Metres per pixel beyond which a wall cannot be seen."""

    cloud_share: float
    """Share of the ground under cloud beyond which its layout cannot be counted, 0..1."""

    needs: tuple[str, ...]
    """Evidence of which at least one must have been measured."""

    cut_hides: tuple[str, ...]
    """Evidence that means nothing where the picture's edge cuts the perimeter."""

    most_reasons: int
    """How many reasons are told."""

    least_weight: float
    """Log-odds; weaker reasons are not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """An additive, monotone, calibrated judgement, read from a card."""

    name: str
    """Of the card; goes into the manifest."""

    status: str
    """``trained``, or ``provisional`` where the numbers were set by hand."""

    trained_on: str
    """In words: what the numbers come from."""

    base: float
    """Log-odds of an average candidate."""

    limits: Limits
    """When to abstain."""

    terms: tuple[Term, ...]
    """One line for each piece of evidence the score listens to."""

    @classmethod
    def from_card(cls, card: Mapping[str, Any] | None = None) -> Scorer:
        """Read a card; ``None`` reads the one that ships.

        Raises:
            ModelError: the card lacks something, has something unknown, or breaks its promises.
        """
        if card is None:
            return _shipped()
        try:
            limits = Limits(**_tupled(card["limits"]))
            terms = tuple(Term(**_tupled(term)) for term in card["terms"])
            head = {k: v for k, v in card.items() if k not in {"limits", "terms"}}
            scorer = cls(limits=limits, terms=terms, **head)
        except KeyError as error:
            raise ModelError(f"The score card has no {error.args[0]!r}.") from error
        except (TypeError, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"The score card cannot be read: {error}.") from error
        scorer._check()
        return scorer

    @classmethod
    def from_text(cls, text: str) -> Scorer:
        """Read a card written in TOML.

        Raises:
            ModelError: it is no TOML, or no card.
        """
        try:
            card = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ModelError(f"The score card is no TOML: {error}.") from error
        return cls.from_card(card)

    def to_card(self) -> dict[str, Any]:
        """Write the card again; ``from_card`` of it is the same scorer."""
        return asdict(self)

    def contributions(self, evidence: Evidence) -> dict[str, float]:
        """Take the score apart: log-odds against an average candidate, by name.

        ``base + sum(contributions)`` are the log-odds of the score.  What was not measured, or
        means nothing because the picture's edge cuts the perimeter, contributes 0.
        """
        known = with_ratios(evidence)
        if known.get("cut_by_edge", 0.0) > 0:
            known |= dict.fromkeys(self.limits.cut_hides, math.nan)
        return {term.name: term.at(known.get(term.name, math.nan)) for term in self.terms}

    def log_odds(self, evidence: Evidence) -> float:
        """Sum up: the log-odds of the score."""
        return self.base + math.fsum(self.contributions(evidence).values())

    def judge(
        self, candidate: Candidate, *, gsd_m: float | None = None, cloud_share: float = 0.0
    ) -> Candidate:
        """Score a candidate, with reasons, or with the sentence why that cannot be done.

        Args:
            candidate: with evidence.
            gsd_m: metres per pixel of the picture; ``None`` when nobody knows.
            cloud_share: share of its ground that cloud hides, 0..1.

        Returns:
            The candidate with ``score``, ``reasons`` (strongest first) and ``cannot_tell``.  A
            candidate nobody can judge still carries the score of what was measured.

        Raises:
            InputError: ``gsd_m`` or ``cloud_share`` are out of range.
        """
        if gsd_m is not None and not 0 < gsd_m < math.inf:
            raise InputError(f"gsd_m must be metres per pixel, a positive number, not {gsd_m}.")
        if not 0 <= cloud_share <= 1:
            raise InputError(f"cloud_share is a share from 0 to 1, not {cloud_share}.")
        weights = self.contributions(candidate.evidence)
        known = with_ratios(candidate.evidence)
        told = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
        reasons = [
            Reason(name=name, text=tell(name, known, weight), weight=weight)
            for name, weight in told[: self.limits.most_reasons]
            if abs(weight) >= self.limits.least_weight
        ]
        return replace(
            candidate,
            score=_probability(self.base + math.fsum(weights.values())),
            reasons=tuple(reasons),
            cannot_tell=self._doubt(candidate.evidence, gsd_m, cloud_share),
        )

    def _doubt(self, evidence: Evidence, gsd_m: float | None, cloud_share: float) -> str:
        """Say why no judgement is possible; empty where one is."""
        limits = self.limits
        if gsd_m is not None and gsd_m > limits.coarsest_gsd_m:
            return (
                f"Pixels are {gsd_m:g} m wide; walls show from {limits.coarsest_gsd_m:g} m "
                "down. Look at a finer picture."
            )
        if cloud_share > limits.cloud_share:
            return f"Cloud hides {percent(cloud_share)} of its ground. Look at another date."
        if evidence.get("cut_by_edge", 0.0) > 0:
            return "The picture ends inside its perimeter; what lies beyond is unseen."
        if all(math.isnan(evidence.get(name, math.nan)) for name in limits.needs):
            return f"Nobody measured its {' or '.join(limits.needs)}."
        return ""

    def _check(self) -> None:
        """Refuse a card that names a thing twice or whose base is no number."""
        names = [term.name for term in self.terms]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ModelError(f"The score card speaks twice of {', '.join(sorted(twice))}.")
        if not isinstance(self.base, int | float) or not math.isfinite(self.base):
            raise ModelError(f"The base of the score card must be a number, not {self.base!r}.")
        if unknown := {*self.limits.needs, *self.limits.cut_hides} - set(KNOWN):
            raise ModelError(f"Nobody measures {', '.join(sorted(unknown))}.")


def _probability(log_odds: float) -> float:
    """Turn log-odds into a probability, without overflow at either end, and never certain."""
    sure = 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0
    return HUMBLE + (1 - 2 * HUMBLE) * sure


def _tupled(record: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the lists of a TOML table into tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}


@cache
def _shipped() -> Scorer:
    """Read the card that ships, once."""
    card = resources.files("geo") / "data" / "score.toml"
    return Scorer.from_text(card.read_text(encoding="utf-8"))
