"""Put evidence into words an analyst can check against the picture.

Words state what was measured; whether it speaks for or against is the sign beside them, and
that comes from ``geo.score``.  Where words themselves would take a side, the sign chooses them.

    name, evidence, weight ──► "closed on 96 % of its perimeter"
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType

from geo.candidate import Evidence
from geo.evidence import ISOLATION

ONES = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
"""Numbers below twenty, as they are read."""

TENS = (
    *("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
"""The tens, as they are read."""


def tell(name: str, evidence: Evidence, weight: float) -> str:
    """Say what was measured, without judging it.

    Args:
        name: of the evidence to speak of; an unknown one is told as a bare number.
        evidence: all of it, for some sentences name two numbers.
        weight: log-odds that it adds for a walled compound, or takes.

    Example:
        >>> tell("gates", {"gates": 3.0}, 0.0)
        'three entrances'
        >>> tell("row_parallelism", {"row_parallelism": 0.98, "buildings": 9}, 0.4)
        'nine buildings in parallel rows'
        >>> tell("row_parallelism", {"row_parallelism": 0.82, "buildings": 9}, -1.8)
        'nine buildings, not all in one direction'
    """
    words = (None if weight > 0 else AGAINST.get(name)) or SENTENCES.get(name)
    return words(evidence[name], evidence) if words else f"{name} {evidence[name]:g}"


def spelt(number: float) -> str:
    """Write a count as a word below a hundred, in digits from there."""
    whole = round(number)
    if whole < 20:
        return ONES[max(whole, 0)]
    if whole >= 100:
        return f"{whole:,}"
    return TENS[whole // 10] + (f"-{ONES[whole % 10]}" if whole % 10 else "")


def percent(share: float) -> str:
    """Write a share in per cent; only a full one is ever rounded up to 100."""
    rounded = round(100 * share)
    return f"{min(rounded, 99) if share < 1 else rounded} %"


def _gates(value: float, _: Evidence) -> str:
    if value < 0.5:
        return "no entrance seen"
    return "a single entrance" if value < 1.5 else f"{spelt(value)} entrances"


def _buildings(value: float, _: Evidence) -> str:
    if value < 0.5:
        return "no building inside"
    return "a single building" if value < 1.5 else f"{spelt(value)} buildings"


def _rows(value: float, evidence: Evidence) -> str:
    blocks = _blocks(evidence)
    if value >= 0.8:
        return f"{blocks} in parallel rows"
    return f"{blocks}, most of them aligned" if value >= 0.5 else f"{blocks} facing many ways"


def _no_rows(value: float, evidence: Evidence) -> str:
    """Speak of rows that count against a layout: parks stand straighter than this."""
    words = ", not all in one direction" if value >= 0.5 else " facing many ways"
    return f"{_blocks(evidence)}{words}"


def _blocks(evidence: Evidence) -> str:
    count = evidence.get("buildings", math.nan)
    return "buildings" if math.isnan(count) else _buildings(count, evidence)


def _alike(value: float, _: Evidence) -> str:
    word = (
        "much alike" if value < 0.4 else "of mixed size" if value < 1 else "of very unlike size"
    )
    return f"roofs {word} (spread {value:.1f} of the mean)"


def _spacing(value: float, _: Evidence) -> str:
    word = "evenly" if value < 0.25 else "fairly evenly" if value < 0.5 else "unevenly"
    return f"buildings {word} spaced (spread {value:.1f} of the mean)"


def _isolation(value: float, _: Evidence) -> str:
    if value >= ISOLATION:
        return f"no building outside within {ISOLATION:.0f} m"
    if value < 1:
        return "a building outside stands against its perimeter"
    return f"nearest building outside {value:.0f} m away"


def _courts(value: float, _: Evidence) -> str:
    if value < 0.005:
        return "no court closed by buildings"
    return f"{percent(value)} of the ground in courts closed by buildings"


def _double(value: float, _: Evidence) -> str:
    return f"second wall along {percent(value)} of its perimeter" if value else "no second wall"


SENTENCES: MappingProxyType[str, Callable[[float, Evidence], str]] = MappingProxyType(
    {
        "enclosure": lambda v, _: f"easiest way out crosses a barrier of strength {v:.2f}",
        "closure": lambda v, _: f"closed on {percent(v)} of its perimeter",
        "largest_gap_m": lambda v, _: f"widest gap {v:.0f} m",
        "gates": _gates,
        "double_perimeter": _double,
        "area_ha": lambda v, _: f"{v:.1f} ha inside its perimeter",
        "buildings": _buildings,
        "built_share": lambda v, _: f"{percent(v)} of the ground under roofs",
        "roof_size_cv": _alike,
        "row_parallelism": _rows,
        "spacing_cv": _spacing,
        "long_block_share": lambda v, _: f"{percent(v)} of the roof area in long blocks",
        "courtyard_share": _courts,
        "isolation_m": _isolation,
        "roof_mean_m2": lambda v, _: f"roofs of {v:,.0f} m² on average",
        "buildings_per_ha": lambda v, _: f"{v:.1f} buildings a hectare",
    }
)
"""One sentence for each piece of evidence, given its value and all the rest."""

AGAINST: MappingProxyType[str, Callable[[float, Evidence], str]] = MappingProxyType(
    {"row_parallelism": _no_rows}
)
"""What is said instead where it speaks against a walled compound."""
