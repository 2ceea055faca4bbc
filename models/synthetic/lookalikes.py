"""Draw the eight things that are walled, or laid out in rows, and are not what is looked for.

Each generator keeps the feature by which a reviewer would tell it from a park: very large roofs
and several gates (factory), many small roofs and gardens (gated estate), a sports field and an
open gate (school), a parade ground (barracks), a pool and curved paths (resort), a double wall
and radial wings (prison), no wall at all (condo town), long thin sheds (poultry farm).

    Site, rng ──► LOOKALIKES[kind] ──► Sketch

Source: the press for most kinds, named in ``lookalikes_homes`` and ``lookalikes_works``;
prisons stand beside camps in the public table of Xinjiang (critocrito/xinjiang-camps-data);
poultry farms, and what tells all of them from a park, are the project's own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from numpy.random import Generator

from models.synthetic.cells import Site
from models.synthetic.lookalikes_homes import condo_town, gated_estate, resort
from models.synthetic.lookalikes_works import barracks, factory, poultry_farm, prison, school
from models.synthetic.shapes import Sketch

LOOKALIKES: Mapping[str, Callable[[Site, Generator], Sketch]] = {
    "factory": factory,
    "gated_estate": gated_estate,
    "school": school,
    "barracks": barracks,
    "resort": resort,
    "prison": prison,
    "condo_town": condo_town,
    "poultry_farm": poultry_farm,
}
"""Kind to generator."""

SIZES: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "walled_park": ((205, 400), (200, 380)),
    "casino_hotel": ((120, 190), (150, 230)),
    "factory": ((110, 240), (120, 240)),
    "gated_estate": ((180, 380), (160, 340)),
    "school": ((90, 160), (80, 130)),
    "barracks": ((180, 320), (160, 280)),
    "resort": ((150, 280), (140, 240)),
    "prison": ((120, 240), (120, 240)),
    "condo_town": ((200, 400), (180, 380)),
    "poultry_farm": ((90, 200), (110, 170)),
}
"""Kind to ranges of width and depth, metres; a park is held between 4 and 16 ha."""
