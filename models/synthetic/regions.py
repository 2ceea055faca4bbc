"""How people build and what lies between, by part of the world.

    name ──► Region: manner of houses, share of each use, street cover, climates to paint in

Source: read off the real sets (Tripoli, Mekele, Kampala, Dubai, Banepa); for the monsoon lands,
where most reported sites lie, settings that the press names (``models.synthetic.context``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.synthetic.houses import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One way of living on the land."""

    manner: Manner
    """Of houses and plots."""

    uses: Mapping[str, float]
    """Use of a parcel to its weight."""

    streets: tuple[str, ...]
    """Covers of roads between parcels."""

    climates: tuple[str, ...]
    """Names in ``materials.CLIMATES``."""


_FLAT = (("flat", "concrete"), ("flat", "white"), ("flat", "concrete"), ("flat", "grey"))

REGIONS: Mapping[str, Region] = {
    "maghreb": Region(
        manner=Manner(roofs=_FLAT, storeys=(1, 2), walled=0.85, whole=0.7, green=0.25),
        uses={"town": 5, "scrub": 3, "orchard": 1.5, "works": 1, "fields": 1},
        streets=("asphalt", "dust", "track"),
        climates=("sahara", "sahara", "steppe"),
    ),
    "gulf": Region(
        manner=Manner(
            roofs=(*_FLAT, ("flat", "white")),
            storeys=(1, 2),
            walled=0.95,
            whole=0.85,
            green=0.1,
        ),
        uses={"town": 5, "scrub": 3, "works": 2},
        streets=("asphalt", "asphalt", "dust"),
        climates=("gulf", "sahara"),
    ),
    "highland": Region(
        manner=Manner(
            roofs=(
                ("gable", "tin"),
                ("gable", "white"),
                ("gable", "green"),
                ("shed", "rust"),
                ("flat", "concrete"),
                ("gable", "rust"),
            ),
            storeys=(1, 2),
            walled=0.8,
            whole=0.7,
            green=0.25,
        ),
        uses={"town": 4, "scrub": 3, "fields": 4, "works": 1, "forest": 0.4, "village": 1},
        streets=("track", "track", "asphalt"),
        climates=("highland", "steppe", "laterite_dry"),
    ),
    "laterite": Region(
        manner=Manner(
            roofs=(
                ("hip", "tile"),
                ("gable", "red"),
                ("gable", "rust"),
                ("hip", "red"),
                ("gable", "tin"),
                ("hip", "brown"),
                ("gable", "green"),
            ),
            storeys=(1, 2),
            walled=0.6,
            whole=0.65,
            green=0.9,
            stepped=False,
        ),
        uses={"town": 4, "village": 3, "scrub": 2, "forest": 2, "orchard": 1.5, "fields": 2},
        streets=("track", "track", "asphalt"),
        climates=("laterite_wet", "laterite_wet", "laterite_dry"),
    ),
    "monsoon": Region(
        manner=Manner(
            roofs=(
                ("gable", "blue"),
                ("gable", "rust"),
                ("hip", "tile"),
                ("gable", "tin"),
                ("flat", "concrete"),
                ("gable", "red"),
                ("flat", "white"),
            ),
            storeys=(1, 4),
            walled=0.55,
            whole=0.7,
            green=0.6,
            stepped=False,
        ),
        uses={
            "rice": 4,
            "ponds": 1.5,
            "village": 2.5,
            "forest": 1.5,
            "scrub": 2.5,
            "orchard": 1.5,
            "works": 1.3,
            "fields": 2,
            "town": 2,
        },
        streets=("track", "asphalt", "dust", "concrete"),
        climates=("monsoon_wet", "monsoon_dry", "laterite_dry", "laterite_wet"),
    ),
    "suburb": Region(
        manner=Manner(
            roofs=(("hip", "brown"), ("gable", "grey"), ("hip", "tile"), ("gable", "brown")),
            storeys=(1, 2),
            walled=0.3,
            whole=0.6,
            wall_height=1.8,
            green=0.9,
            stepped=False,
        ),
        uses={"town": 5, "forest": 1, "fields": 2, "scrub": 1},
        streets=("asphalt",),
        climates=("temperate", "steppe"),
    ),
}
"""Name to region."""
