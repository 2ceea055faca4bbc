"""What every archive can do, whatever it is: find scenes, and read one file of one onto a grid.

    Wish (outline, days, cloud, …) ──find──► Scenes ──read(scene, asset, grid)──► Raster

Pixels come back as the file has them; what the numbers mean stands in the asset.  A source
never decides which scenes are good: it tells of all that meet the wish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.grid import Grid
from geo.raster import Raster
from geo.scene import Asset, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is looked for."""

    outline: BaseGeometry
    """Ground, EPSG:4326; cut at the 180th meridian."""

    start: date
    """First day, UTC."""

    end: date
    """Last day, UTC, inclusive."""

    collections: tuple[str, ...] = ()
    """As the archive names them; empty for the archive's usual one."""

    cloud: float | None = None
    """Largest share of a scene under cloud, 0 to 1; ``None`` for any.  Scenes that do not tell
    are taken."""

    most: int = 1000
    """Scenes; a wish that meets more is refused, not cut."""

    def __post_init__(self) -> None:
        """Refuse days in the wrong order and shares beyond 0 to 1."""
        if self.start > self.end:
            raise InputError(f"--from {self.start} lies after --to {self.end}.")
        if self.cloud is not None and not 0 <= self.cloud <= 1:
            raise InputError(f"A share of cloud lies between 0 and 1, not at {self.cloud}.")

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last instant, aware, UTC."""
        return (
            datetime.combine(self.start, time.min, UTC),
            datetime.combine(self.end, time.min, UTC)
            + timedelta(days=1)
            - timedelta(milliseconds=1),
        )

    def meets(self, scene: Scene) -> bool:
        """Tell whether a scene is what was wished for; archives are not believed."""
        first, last = self.span
        if not first <= scene.time <= last:
            return False
        if self.cloud is not None and scene.cloud is not None and scene.cloud > self.cloud:
            return False
        return bool(scene.footprint.intersects(self.outline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an archive told."""

    scenes: tuple[Scene, ...]
    """All that meet the wish, once each, oldest first."""

    gaps: tuple[str, ...] = ()
    """What could not be understood or asked, a sentence each; never silently lost."""


class Source(Protocol):
    """An archive."""

    @property
    def name(self) -> str:
        """As the command line names it: ``stac:earth-search``."""
        ...

    def find(self, wish: Wish) -> Found:
        """Tell of all scenes that meet the wish.

        Raises:
            SourceError: the archive does not answer, or not in its own language.
            InputError: more than ``wish.most`` scenes meet it.
        """
        ...

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read one file of a scene onto a grid; only the window needed is fetched.

        Raises:
            SourceError: the file is missing, refused, damaged or not what it should be.
        """
        ...


def found(scenes: Sequence[Scene], wish: Wish, where: str, gaps: Sequence[str] = ()) -> Found:
    """Keep what meets the wish, once each, oldest first.

    Raises:
        InputError: too many are left.
    """
    kept = {(s.collection, s.id): s for s in scenes if wish.meets(s)}
    if len(kept) > wish.most:
        raise InputError(
            f"{where} has {len(kept)} scenes for this wish, more than {wish.most}. Shorten the "
            "time, lower --cloud or raise --most."
        )
    scenes = sorted(kept.values(), key=lambda s: (s.time, s.id))
    return Found(scenes=tuple(scenes), gaps=tuple(gaps))
