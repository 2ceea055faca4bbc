"""What waits to be looked at: one visit a day and kind of picture, and its files.

    sources ──find──► Scenes ──by day, sharp or coarse──► [Visit] ──files_of──► pictures on disk

Sharp pictures show walls and are scanned one by one; coarse ones (Sentinel-2, Landsat, radar)
tell something only as a series.  What lies in an archive is fetched when it is looked at, and
once: the fetch goes on where it was stopped, and its bytes come from the cache.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from aoi.area import find_area
from aoi.runs.ledger import key_of
from aoi.runs.watch_config import WatchedArea, is_archive
from aoi.runs.watch_folders import own_folder, sweep
from geo.grid import Grid
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.base import Found, Source, Wish
from geo.sources.choose import until as up_to
from geo.sources.named import open_source
from geo.sources.vocabulary import PROGRAMMES

SHARPEST = 1.5
"""Metres a pixel above which no wall is seen; ``aoi.runs.look`` says why."""

FIRST_DAY = date(1972, 7, 23)
"""Landsat 1; no archive asked here is older."""

LAST_DAY = date(9000, 1, 1)
"""Up to which folders are asked, so that a wrong year in a name is seen."""

Hasher = Callable[[Path], str]
"""Hashes a file; a ledger's remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is there to look at of one date."""

    key: str
    """Hash of its pictures: the same pictures are never looked at twice."""

    time: datetime
    """When the first of them was taken, aware, UTC."""

    sources: tuple[str, ...]
    """Files; or an archive and its day."""

    size: int
    """Bytes to be read, as far as they are told."""

    gsd_m: float
    """Metres a pixel of the coarsest."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """File to SHA-256."""

    coarse: bool = False
    """Whether its pictures are too coarse for walls: then it is one date of a series."""

    @property
    def name(self) -> str:
        """What the names of its folders begin with."""
        return f"{self.time:%Y-%m-%d}-{self.key[:6]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the sources of an area told."""

    visits: tuple[Visit, ...]
    """Oldest first, whether they were made or not."""

    gaps: tuple[str, ...] = ()
    """Pictures of a folder that nobody can use as they are, in sentences."""

    failure: str = ""
    """What an archive could not tell now; it is asked again before the next cadence."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """The coarse scenes of an archive; a source among sources."""

    source: Source

    @property
    def name(self) -> str:
        """As the archive is called."""
        return self.source.name

    def find(self, wish: Wish) -> Found:
        """Tell of the coarse scenes that meet the wish."""
        told = self.source.find(wish)
        return Found(scenes=tuple(s for s in told.scenes if is_coarse(s)), gaps=told.gaps)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read as the archive does."""
        return self.source.read(scene, asset, grid)


_: type[Source] = Coarse


def wish_of(place: WatchedArea, end: date) -> Wish:
    """Say what an area wants of its archives, up to a day."""
    return Wish(
        outline=find_area(place.area).outline,
        start=min(place.since or FIRST_DAY, end),
        end=end,
        cloud=place.cloud,
    )


def find_visits(place: WatchedArea, *, digest: Hasher, until: datetime) -> Waiting:
    """List the days on which pictures of the area were taken.

    An archive that does not answer may leave an older answer in the cache; then the known days
    are given, and the failure beside them.

    Raises:
        StockadeError: a source cannot be asked.
    """
    wish = wish_of(place, (until + timedelta(days=1)).date())
    days: dict[tuple[date, bool], list[Scene]] = defaultdict(list)
    gaps: list[str] = []
    failures: list[str] = []
    for source in place.source:
        found = _found(source, wish, until)
        (failures if is_archive(source) else gaps).extend(found.gaps)
        for scene in found.scenes:
            days[scene.time.astimezone(UTC).date(), is_coarse(scene)].append(scene)
    return Waiting(
        visits=tuple(_visit(days[key], digest, coarse=key[1]) for key in sorted(days)),
        gaps=tuple(gaps),
        failure=" ".join(failures[:2]),
    )


def _found(source: str, wish: Wish, now: datetime) -> Found:
    """Ask a source; of a folder a picture dated in days to come is a gap, not silence."""
    if is_archive(source):
        return open_source(source).find(wish)
    return up_to(now, open_source(source).find(replace(wish, end=LAST_DAY)))


def is_coarse(scene: Scene) -> bool:
    """Tell whether no wall can be seen in a scene, by its sharpest file."""
    return min((_gsd(scene, asset) for asset in scene.assets.values()), default=0) > SHARPEST


def _gsd(scene: Scene, asset: Asset) -> float:
    """Tell metres a pixel; of a file that does not tell, what its programme is known for."""
    known = PROGRAMMES.get(scene.sensor)
    return asset.gsd or (known.gsd if known else 0.5)


def _visit(scenes: Sequence[Scene], digest: Hasher, *, coarse: bool) -> Visit:
    """Make one visit of all scenes of a day."""
    scenes = sorted(scenes, key=lambda scene: scene.id)
    assets = [(scene, asset) for scene in scenes for asset in scene.assets.values()]
    local = {asset.href for _, asset in assets if Path(asset.href).is_file()}
    inputs = {href: digest(Path(href)) for href in sorted(local)}
    told = sorted(inputs.values()) or [f"{scene.source} {scene.id}" for scene in scenes]
    archives = {f"{scene.source}" for scene in scenes} if not local else set()
    return Visit(
        key=key_of(pictures=told, day=scenes[0].time.date().isoformat()),
        time=min(scene.time for scene in scenes).astimezone(UTC),
        sources=tuple(sorted(local | archives)),
        size=sum(asset.size or 0 for _, asset in assets),
        gsd_m=max((_gsd(scene, asset) for scene, asset in assets), default=0.5),
        inputs=inputs,
        coarse=coarse,
    )


def files_of(place: WatchedArea, visit: Visit, out: Path) -> tuple[str, ...]:
    """Give the files of a visit; what lies in an archive is fetched first.

    Args:
        place: the area.
        visit: a day of it.
        out: what the names of its folders begin with; fetched pictures lie in one of them.
    """
    if visit.inputs:
        return visit.sources
    from aoi.runs.fetch import FORM, run_fetch  # noqa: PLC0415 - only who fetches needs it
    from aoi.runs.fetch_request import FetchRequest  # noqa: PLC0415

    pictures, folders = list[str](), list[Path]()
    outline, day = find_area(place.area).outline.wkt, visit.time.date()
    for source in visit.sources:
        request = FetchRequest(
            area=place.area, source=source, start=day, end=day, out=out, cloud=place.cloud
        )
        folder = own_folder(
            out.parent,
            f"{out.name}-pictures",
            form=FORM,
            area=outline,
            settings=request.parameters(),
        )
        folders.append(folder)
        fetched = run_fetch(replace(request, out=folder))
        pictures += [str(folder / one.picture) for one in fetched.records if one.picture]
    for folder in folders:  # once all are whole: they stand beside each other
        sweep(folder)
    return tuple(pictures)
