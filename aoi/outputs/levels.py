"""Cut a run to what its readers may know: do no harm by publishing.

A detection that nobody has looked at may be somebody's home or school, and an exact outline of
it, once out, cannot be called back.  So only what a person has judged to be a walled compound
leaves as it was found; everything else leaves as a cell of a grid (partner) or not at all
(public), and so does every trace by which it could be found again: names made of coordinates,
roofs and walls around it, the picture, the distance to a known site, the name of the file.

    | layout judged            | internal | partner          | public   |
    | a walled compound        | exact    | exact            | exact    |
    | not yet, or cannot tell  | exact    | cell of a grid   | withheld |
    | not a walled compound    | exact    | withheld         | withheld |

Changes follow the layout they belong to, but for those that a person found not to be as told.

Source: docs/decisions/0015-decision-log.md, *Levels*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from aoi.outputs.leaving import Found, Leaving, Level, Scene
from aoi.outputs.levels_names import refuse_names
from aoi.outputs.levels_rows import (
    DENIED,
    LINKED,
    alias_of,
    compounds_at,
    linked_at,
    rescened,
    sites_at,
)
from aoi.outputs.levels_told import Cut, texts_of, withheld_of
from aoi.outputs.schema import conform, empty_layer
from aoi.outputs.tables import LAYERS
from geo.errors import UsageError

CELL = 1000.0
"""Metres a side of a cell: some hundred buildings in a town, a few villages on the land."""

LEAST_CELL = 500.0
"""Metres; a finer cell would show the one compound that lies in it."""

FINEST: Mapping[Level, float] = {Level.INTERNAL: 0.0, Level.PARTNER: 1.0, Level.PUBLIC: 2.0}
"""Metres a pixel of pictures that leave: persons and cars cannot be told at either."""

OPEN = ("cc0", "cc by", "cc-by", "public domain", "odbl", "copernicus")
"""How licences begin that let pixels be shown with their credit; anything else, and nothing
known, counts as licensed.  NC and ND licences are not open."""

LONLAT = "EPSG:4326"
"""What everything but ``internal`` leaves in: a run's own frame may be centred on the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be asked for beyond the level's own care."""

    cell: float = CELL
    """Metres a side of the cells of what is not judged."""

    notes: bool = False
    """Whether reviewers' notes may leave."""

    names: tuple[str, ...] = ()
    """Names that must not."""

    licence: str = ""
    """Of pictures whose licence the run does not know."""

    def __post_init__(self) -> None:
        """Refuse cells so small that they hide nothing."""
        if not self.cell >= LEAST_CELL:
            raise UsageError(
                f"--cell is in metres, {LEAST_CELL:g} or more; {self.cell:g} would hide little."
            )


CAREFUL = Wishes()
"""Nothing beyond the level's own care."""


def cut(found: Found, level: Level, wishes: Wishes = CAREFUL) -> Leaving:
    """Cut a run to a level.

    Args:
        found: the run at home.
        level: who will read it.
        wishes: what may be asked for.

    Raises:
        InputError: a text that would leave seems to name a person.
    """
    if level is Level.INTERNAL:
        return _everything(found)
    found = _in_degrees(found)
    fate = {name: _fate(name, found.settled, level) for name in found.layers["compounds"]["id"]}
    alias = _aliases(found)
    scenes, scene_alias = _scenes(found, wishes)
    ready = {name: empty_layer(name, found.crs) for name in LAYERS}
    ready["compounds"] = compounds_at(found, fate, alias, cell=wishes.cell)
    for name in LINKED:
        ready[name] = linked_at(found, name, fate, alias)
    if not found.own_register:
        ready["sites"] = sites_at(found.layers["sites"], fate, alias)
    ready = {name: rescened(rows, scene_alias) for name, rows in ready.items()}
    if not wishes.notes:
        ready["compounds"] = ready["compounds"].assign(note=None)
        ready["changes"] = ready["changes"].assign(verdict_note=None)
    ready = {name: conform(name, rows) for name, rows in ready.items()}
    exact = {name for name, kept in fate.items() if kept == "exact"}
    shown = _shown(found, exact, wishes)
    leaving = Leaving(
        run_id=found.run_id,
        level=level,
        title=f"Stockade {found.run_id}",
        layers=ready,
        crs=found.crs,
        exact=frozenset(alias[name] for name in exact),
        scenes=scenes,
        facts={
            key: value for key, value in found.facts.items() if key in ("model", "finished")
        },
        withheld=withheld_of(
            Cut(found=found, fate=fate, ready=ready, shown=len(shown), cell=wishes.cell),
            finest=FINEST[level],
            notes=wishes.notes,
        ),
        decisions=found.decisions,
        pictured={alias[name]: name for name in shown},
        finest=FINEST[level],
    )
    refuse_names(texts_of(leaving), wishes.names)
    return leaving


def home_names(found: Found) -> dict[str, str]:
    """Tell, for every name under which a layout or change may leave, its name at home."""
    names = {
        letter: [str(name) for name in found.layers[layer]["id"]]
        for letter, layer in (("c", "compounds"), ("x", "changes"))
    }
    return {
        alias: name
        for letter, ids in names.items()
        for name in ids
        for alias in (alias_of(name, found.secret, letter), name)
    }


def is_open(licence: str) -> bool:
    """Tell whether a licence lets pixels be shown to everybody."""
    plain = licence.strip().casefold()
    closed = any(mark in plain for mark in ("-nc", " nc", "-nd", " nd", "no derivative"))
    return plain.startswith(OPEN) and not closed


def _in_degrees(found: Found) -> Found:
    if found.crs is None:
        return found
    layers = {name: rows.to_crs(LONLAT) for name, rows in found.layers.items()}
    return replace(found, layers=layers, crs=LONLAT)


def _everything(found: Found) -> Leaving:
    ids = list(found.layers["compounds"]["id"])
    return Leaving(
        run_id=found.run_id,
        level=Level.INTERNAL,
        title=found.title,
        layers=found.layers,
        crs=found.crs,
        exact=frozenset(ids),
        scenes=found.scenes,
        facts=found.facts,
        withheld=(),
        decisions=found.decisions,
        pictured={name: name for name in ids},
        reviewers=found.reviewers,
    )


def _fate(name: str, settled: Mapping[str, str], level: Level) -> str:
    verdict = settled.get(name)
    if verdict == "walled_compound":
        return "exact"
    return "cell" if level is Level.PARTNER and verdict not in DENIED else "withheld"


def _aliases(found: Found) -> dict[str, str]:
    return {name: alias_of(name, found.secret, "c") for name in found.layers["compounds"]["id"]}


def _scenes(found: Found, wishes: Wishes) -> tuple[tuple[Scene, ...], dict[str, str]]:
    """Number the pictures; their names may hold tiles and coordinates."""
    alias = {scene.id: f"scene-{n}" for n, scene in enumerate(found.scenes, start=1)}
    told = tuple(
        replace(
            scene,
            id=alias[scene.id],
            licence=scene.licence or wishes.licence,
            gsd_m=None if scene.gsd_m is None else round(scene.gsd_m, 2),
        )
        for scene in found.scenes
    )
    return told, alias


def _shown(found: Found, exact: set[str], wishes: Wishes) -> list[str]:
    """Choose the compounds whose picture may leave: judged, and from a picture one may show."""
    free = {s.id for s in found.scenes if is_open(s.licence or wishes.licence)}
    rows = found.layers["compounds"]
    return [
        name
        for name, scene in zip(rows["id"], rows["scene_id"], strict=True)
        if name in exact and not pd.isna(scene) and scene in free
    ]
