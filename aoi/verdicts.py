"""The words a reviewer may use: verdicts, kinds, and how well a finding is corroborated.

*Cannot tell* is a judgement like the others, an empty verdict is none.  Kinds name what a place
looks like, look-alikes among them, for a *no* with its reason teaches more than a *no*.

Source: corroboration levels after the public table of *Built to Last* (BuzzFeed News, 2020),
which keeps what imagery alone can say apart from what somebody else confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

COMPOUND, NOT, UNSURE = "walled_compound", "not_a_compound", "cannot_tell"

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        COMPOUND: "Walled compound",
        NOT: "Not a walled compound",
        UNSURE: "Cannot tell",
    }
)
"""Value to the words a person reads; the same as in the layer ``compounds``."""

LOOKS: Mapping[str, str] = MappingProxyType(
    {
        "closed_compound": "Closed compound of several blocks",
        "part_of_compound": "Part of a larger compound",
        "hotel_or_casino": "Hotel or casino with a closed yard",
        "factory": "Factory or warehouses",
        "gated_estate": "Gated housing estate",
        "school": "School or university",
        "barracks": "Barracks or police",
        "prison": "Prison, by public record",
        "resort": "Resort",
        "farm": "Poultry or other farm",
        "other": "Something else",
    }
)
"""What the place looks like to the reviewer."""

CORROBORATION: Mapping[str, str] = MappingProxyType(
    {
        "corroborated": "Corroborated by a source other than imagery",
        "satellite_strong": "Imagery alone, strong",
        "satellite_medium": "Imagery alone, medium",
    }
)
"""How well the verdict stands; empty where nobody said."""
