"""The words a reviewer may use: verdicts, kinds, and how well a finding is corroborated.

A layout and a change are asked different questions: what is this, and is it as we told it?
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

AS_TOLD, NOT_AS_TOLD = "as_told", "not_as_told"

CHANGE_VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        AS_TOLD: "As told",
        NOT_AS_TOLD: "Not as told",
        UNSURE: VERDICTS[UNSURE],
    }
)
"""The same for the layer ``changes``: whether what was told of two dates is so."""

EVERY_VERDICT: Mapping[str, str] = MappingProxyType({**VERDICTS, **CHANGE_VERDICTS})
"""All that the log knows."""

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

CHANGE_LOOKS: Mapping[str, str] = MappingProxyType(
    {
        "built": "Built",
        "demolished": "Torn down",
        "part_demolished": "Torn down in part",
        "altered": "Altered: roof, height or outline",
        "unchanged": "Nothing changed",
        "ground": "Ground cleared or earth moved, no building",
        "shadow": "Sun, shadow or lean of the picture",
        "weather": "Cloud, haze, smoke or water",
        "season": "Crops, leaves or season",
        "misplaced": "The two pictures do not lie on each other",
        "loose": "Vehicles, tents, tarpaulins",
        "other_change": "Something else",
    }
)
"""What the two dates show to the reviewer: what happened, or what was taken for it."""

EVERY_LOOK: Mapping[str, str] = MappingProxyType({**LOOKS, **CHANGE_LOOKS})
"""All that the log knows."""

CORROBORATION: Mapping[str, str] = MappingProxyType(
    {
        "corroborated": "Corroborated by a source other than imagery",
        "satellite_strong": "Imagery alone, strong",
        "satellite_medium": "Imagery alone, medium",
    }
)
"""How well the verdict stands; empty where nobody said."""
