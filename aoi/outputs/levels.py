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

import hashlib
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from aoi.outputs.columns import Kind
from aoi.outputs.leaving import Found, Leaving, Level, Scene
from aoi.outputs.levels_grid import coarsened
from aoi.outputs.levels_names import refuse_names
from aoi.outputs.levels_told import Cut, texts_of, withheld_of
from aoi.outputs.schema import conform, empty_layer
from aoi.outputs.tables import EVIDENCE, LAYERS
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

DETAIL = ("site_id", "site_name", "match_distance_m", "match_note", "outcome", "note")
"""Columns of a compound by which its place could be found though its outline is coarse."""

LINKED = {"buildings": "b", "walls": "w", "yards": "y", "changes": "x"}
"""Layers whose rows belong to a compound and follow it, and the letter of their names."""

DENIED = ("not_a_compound", "not_as_told")
"""Verdicts that keep what they speak of at home."""

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
    ready["compounds"] = _compounds(found, fate, alias, wishes)
    for name in LINKED:
        ready[name] = _linked(found, name, fate, alias)
    if not found.own_register:
        ready["sites"] = _sites(found.layers["sites"], fate, alias)
    ready = {name: _rescened(rows, scene_alias) for name, rows in ready.items()}
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
        for alias in (_alias(name, found.secret, letter), name)
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
    return {name: _alias(name, found.secret, "c") for name in found.layers["compounds"]["id"]}


def _alias(name: str, secret: bytes, letter: str) -> str:
    """Name a thing anew.

    Names at home are hashes of coordinates, which can be found again by trying all coordinates
    of a region; these need a key that stays at home.
    """
    digest = hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()
    return f"{letter}-x{digest[:10]}"


def _compounds(
    found: Found, fate: Mapping[str, str], alias: Mapping[str, str], wishes: Wishes
) -> gpd.GeoDataFrame:
    rows = found.layers["compounds"]
    kept = rows[rows["id"].map(lambda name: fate[name] != "withheld").astype(bool)].copy()
    coarse = [fate[name] == "cell" for name in kept["id"]]
    shapes = kept.geometry.copy()
    if any(coarse):
        shapes[coarse] = coarsened(kept.geometry[coarse], wishes.cell)
    kept = kept.set_geometry(shapes)
    for column in DETAIL:
        kept.loc[coarse, column] = None
    for name in ("score", *(c.name for c in EVIDENCE if c.kind is Kind.REAL)):
        numbers = [_rough(v) if c else v for v, c in zip(kept[name], coarse, strict=True)]
        kept[name] = pd.array(numbers, dtype="Float64")
    kept["match_note"] = None  # it names other layouts, as they are called at home
    return kept.assign(id=[alias[name] for name in kept["id"]])


def _linked(
    found: Found, layer: str, fate: Mapping[str, str], alias: Mapping[str, str]
) -> gpd.GeoDataFrame:
    """Keep what belongs to a compound that leaves exactly; name it anew.

    Changes get names that lead home, for their verdicts may come back.
    """
    rows, letter = found.layers[layer], LINKED[layer]
    exact = [name for name, way in fate.items() if way == "exact"]
    denied = [name for name, verdict in found.settled.items() if verdict in DENIED]
    kept = rows[rows["compound_id"].isin(exact) & ~rows["id"].isin(denied)]
    named = kept.assign(
        id=[_alias(str(name), found.secret, letter) for name in kept["id"]]
        if layer == "changes"
        else [f"{letter}-{number}" for number in range(1, len(kept) + 1)],
        compound_id=[alias[name] for name in kept["compound_id"]],
    )
    drop = [column for column in ("building_id", "note") if column in named]
    return named.assign(**dict.fromkeys(drop))


def _sites(
    rows: gpd.GeoDataFrame, fate: Mapping[str, str], alias: Mapping[str, str]
) -> gpd.GeoDataFrame:
    """Keep what public sources say; of what the run saw there, only what leaves exactly."""
    told, outcomes = [], []
    for ids, outcome in zip(rows["compound_ids"], rows["outcome"], strict=True):
        names = [] if pd.isna(ids) else [name for name in str(ids).split("; ") if name]
        exact = [alias[name] for name in names if fate.get(name) == "exact"]
        told.append("; ".join(exact) or None)
        outcomes.append(outcome if exact else None)
    return rows.assign(compound_ids=told, outcome=outcomes, note=None)


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


def _rescened(rows: gpd.GeoDataFrame, alias: Mapping[str, str]) -> gpd.GeoDataFrame:
    columns = [c for c in ("scene_id", "before_scene", "after_scene") if c in rows]
    renamed = {
        column: [alias.get(name) if isinstance(name, str) else None for name in rows[column]]
        for column in columns
    }
    return rows.assign(**renamed)


def _shown(found: Found, exact: set[str], wishes: Wishes) -> list[str]:
    """Choose the compounds whose picture may leave: judged, and from a picture one may show."""
    free = {s.id for s in found.scenes if is_open(s.licence or wishes.licence)}
    rows = found.layers["compounds"]
    return [
        name
        for name, scene in zip(rows["id"], rows["scene_id"], strict=True)
        if name in exact and not pd.isna(scene) and scene in free
    ]


def _rough(value: Any) -> float | None:
    """Keep two figures of a number."""
    if value is None or pd.isna(value) or value == 0:
        return None if value is None or pd.isna(value) else 0.0
    return round(float(value), 1 - math.floor(math.log10(abs(value))))
