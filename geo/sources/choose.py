"""Choose which scenes to read: one version of each, gathered into passes.

The same ground at the same moment may be delivered twice: reprocessed under a newer baseline,
in two collections, or cut into tiles that overlap.  Versions compete and one wins, by rule;
tiles do not compete, they are parts of one *pass*: the first that sees a pixel gives it.

    Scenes ──► newest version of each ──► passes: same satellite, same orbit, minutes apart

The rule for versions: newest baseline, then latest made, then collection and id, so that the
same list always gives the same choice.  The rule for tiles: those in the frame's own CRS first
(their pixels need no warping), then those that cover most, then by id.

Source: Sentinel-2 Products Specification, tiling (MGRS tiles overlap by 5 km and more).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from shapely.geometry.base import BaseGeometry

from geo.scene import Scene
from geo.sources.base import Found

MINUTES = timedelta(minutes=10)
"""A pass over an area of any size takes less; the next comes 99 minutes later."""

SAME = timedelta(seconds=90)
"""Two versions of a tile tell times that differ by so much at most: one tells the tile's, the
other the data take's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One moment over the area, in one scene or several tiles."""

    scenes: tuple[Scene, ...]
    """In the order in which they give pixels."""

    losers: tuple[str, ...] = ()
    """Ids of other versions that were passed over, with the winner: ``a: b is newer``."""

    @property
    def id(self) -> str:
        """The first scene's id, plus how many others share the pass."""
        more = len(self.scenes) - 1
        return self.scenes[0].id + (f"_and_{more}" if more else "")

    @property
    def time(self) -> datetime:
        """Of the earliest scene."""
        return min(scene.time for scene in self.scenes)

    @property
    def sensor(self) -> str:
        """Of all its scenes."""
        return self.scenes[0].sensor

    @property
    def cloud(self) -> float | None:
        """Mean of what its scenes tell; ``None`` if none does."""
        told = [scene.cloud for scene in self.scenes if scene.cloud is not None]
        return sum(told) / len(told) if told else None


def until(now: datetime, told: Found) -> Found:
    """Leave out scenes dated later than now, with a gap each.

    Args:
        now: aware; a day more is how clocks of the world differ.
        told: what a source found.
    """
    latest = now + timedelta(days=1)
    early = tuple(s for s in told.scenes if s.time <= latest)
    late = (
        f"{s.id} is dated {s.time:%Y-%m-%d}, which is still to come, and was left out. Correct "
        "the day in its name or in index.csv."
        for s in told.scenes
        if s.time > latest
    )
    return Found(scenes=early, gaps=(*told.gaps, *late))


def choose(scenes: Sequence[Scene], area: BaseGeometry, crs: str = "") -> list[Pass]:
    """Choose one version of each scene and gather them into passes, oldest first.

    Args:
        scenes: what a source found.
        area: EPSG:4326; scenes that do not touch it are left out.
        crs: of the frame, ``EPSG:32648``: tiles in it come first in their pass.
    """
    there = [scene for scene in scenes if scene.footprint.intersects(area)]
    winners, losers = _versions(there)
    passes = []
    for group in _passes(winners):
        order = sorted(
            group,
            key=lambda s: (
                crs not in {asset.crs for asset in s.assets.values()},
                -round((s.footprint & area).area / area.area, 2),
                s.id,
            ),
        )
        beaten = tuple(f"{lost}: {s.id} is newer" for s in order for lost in losers[s.id])
        passes.append(Pass(scenes=tuple(order), losers=beaten))
    return sorted(passes, key=lambda p: (p.time, p.id))


def _versions(scenes: Iterable[Scene]) -> tuple[list[Scene], dict[str, list[str]]]:
    """Let versions of one scene compete."""
    kept: list[Scene] = []
    losers: dict[str, list[str]] = defaultdict(list)
    for scene in sorted(scenes, key=_rank, reverse=True):
        winner = next((w for w in kept if _same(w, scene)), None)
        if winner is None:
            kept.append(scene)
        else:
            losers[winner.id].append(scene.id)
    return kept, losers


def _rank(scene: Scene) -> tuple[str, str, str, str]:
    return scene.baseline, scene.made, scene.collection, scene.id


def _same(one: Scene, other: Scene) -> bool:
    """Tell whether two scenes are versions of one.

    Frames of scenes that are not tiled have no name that lasts; they are the same if they tell
    the same instant, not merely a near one, for neighbours follow within seconds, and show a
    band in common, for what shows other bands is no other version.  Nor are pictures of which
    nothing tells which is newer: those of one day that lie in a folder.
    """
    if (one.sensor, _craft(one), one.tile) != (other.sensor, _craft(other), other.tile):
        return False
    apart = abs(one.time - other.time)
    if one.tile:
        # Some tell when the tile was seen, some when the data take began, up to 20 minutes ago.
        return apart <= (SAME if one.collection == other.collection else 2 * MINUTES)
    if apart or not _bands(one) & _bands(other):
        return False
    if one.sensor == "vhr" and not (one.baseline or one.made or other.baseline or other.made):
        return False
    return bool(one.footprint.equals_exact(other.footprint, 0.01))


def _bands(scene: Scene) -> set[str]:
    return {band for asset in scene.assets.values() for band in asset.bands}


def _craft(scene: Scene) -> str:
    """Name the satellite alike: archives write ``sentinel-2b``, ``Sentinel-2B`` or nothing."""
    told = re.search(r"(\d[a-d]|\d)$", scene.platform)
    named = re.match(r"[SL][A-Z]*(\d{1,2}[A-D]?)_", scene.id)
    return (told[1] if told else named[1].lower().lstrip("0") if named else "").lower()


def _passes(scenes: Iterable[Scene]) -> list[list[Scene]]:
    """Gather scenes of one satellite that follow each other within minutes."""
    by_craft: dict[tuple[str, str], list[Scene]] = defaultdict(list)
    for scene in scenes:
        by_craft[scene.sensor, _craft(scene)].append(scene)
    groups: list[list[Scene]] = []
    for row in by_craft.values():
        row.sort(key=lambda s: s.time)
        groups.append(row[:1])
        for before, scene in pairwise(row):
            if scene.sensor != "vhr" and scene.time - before.time <= MINUTES:
                groups[-1].append(scene)
            else:
                groups.append([scene])
    return groups
