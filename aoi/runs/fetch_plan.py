"""Decide what to fetch before a pixel is asked for: scenes, passes, frame, bands, and the cost.

    area ──find──► Scenes ──choose──► passes ──► frame on the scenes' own pixels ──► Plan
                                             └──► Cost, about

Pixels are taken on the scenes' own lines where that can be, so that none is mixed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from odc.geo.crs import CRS
from shapely.geometry.base import BaseGeometry

from aoi.area import Area
from aoi.runs.fetch_cost import Cost, cost_of, total_of
from aoi.runs.fetch_request import FetchRequest
from geo.bands import RGB
from geo.errors import InputError
from geo.grid import Grid, utm_at
from geo.prepare.cloudless import COMMON, installed
from geo.prepare.layers import Treatment
from geo.scene import Asset, Scene
from geo.sources.base import Source
from geo.sources.choose import Pass, choose
from geo.sources.globe import cut, frame, middle, to_crs
from geo.sources.vocabulary import PROGRAMMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be fetched."""

    area: Area
    grid: Grid
    crs: CRS
    """Of ``grid``: the UTM zone of the area's middle."""

    bands: tuple[str, ...]
    """Common names, quality bands included."""

    passes: tuple[Pass, ...]
    """Oldest first."""

    gaps: tuple[str, ...]
    """What the archive could not tell."""

    sensor: str
    treatment: Treatment
    """What is done to pixels beyond reading them."""

    @property
    def read(self) -> tuple[str, ...]:
        """Bands that are read: those delivered, and those that help."""
        return (*self.bands, *self.treatment.helpers)

    @property
    def outline(self) -> BaseGeometry:
        """The area in the frame's CRS."""
        return to_crs(self.area.outline, self.crs)

    def cost(self, one: Pass) -> Cost:
        """Estimate what one pass costs."""
        return total_of(
            cost_of(asset, self.grid)
            for scene in one.scenes
            for asset in assets_of(scene, self.read)
        )


def make_plan(request: FetchRequest, area: Area, source: Source) -> Plan:
    """Search, choose and frame.

    Raises:
        InputError: no scene meets the wish; the sentence says what to widen.
        SourceError: the archive does not answer.
    """
    outline = cut(area.outline)
    found = source.find(request.wish(outline))
    crs = utm_at(*middle(outline))
    code = f"EPSG:{crs.epsg}"
    passes = choose(found.scenes, outline, code)
    if not passes:
        raise InputError(
            f"{source.name} has no scene of {area.title or area.name} between {request.start} "
            f"and {request.end}"
            + (f" with at most {request.cloud:.0%} cloud" if request.cloud is not None else "")
            + ". Widen the days, raise --cloud, or see whether the area is where you think."
            + (f" ({found.gaps[0]})" if found.gaps else "")
        )
    _refuse_namesakes(passes)
    sensor = Counter(one.sensor for one in passes).most_common(1)[0][0]
    passes = [one for one in passes if one.sensor == sensor]
    bands = _bands(request, passes)
    treatment = _treatment(request, passes, bands)
    read = (*bands, *(name for name in treatment.helpers if name == "pan"))
    gsd = request.gsd or _gsd(passes, read, sensor)
    grid = frame(outline, gsd, crs=crs, origin=_origin(passes, read, code, gsd))
    return Plan(
        area=area,
        grid=grid,
        crs=crs,
        bands=bands,
        passes=tuple(passes),
        gaps=found.gaps,
        sensor=sensor,
        treatment=treatment,
    )


def _treatment(
    request: FetchRequest, passes: Sequence[Pass], bands: tuple[str, ...]
) -> Treatment:
    """Decide what is done to pixels, and which further bands that takes."""
    helpers: tuple[str, ...] = ()
    scenes = [scene for one in passes for scene in one.scenes]
    if request.clouds == "s2cloudless":
        _refuse_cloudless(scenes)
        helpers = tuple(name for name in COMMON if name not in bands)
    if request.sharpen and "pan" not in bands and any(_sharper(s, bands) for s in scenes):
        helpers = (*helpers, "pan")
    return Treatment(sharpen=request.sharpen, clouds=request.clouds, helpers=helpers)


def _sharper(scene: Scene, bands: Sequence[str]) -> bool:
    """Tell whether a scene's panchromatic band is worth twice its colours, a side."""
    pan = scene.asset_of("pan")
    colours = [asset.gsd for asset in assets_of(scene, bands)]
    if pan is None or not pan.gsd or not colours or not all(colours):
        return False
    return max(gsd for gsd in colours if gsd) >= 1.5 * pan.gsd


def _refuse_cloudless(scenes: Sequence[Scene]) -> None:
    """Refuse to ask s2cloudless where it is not there, or of scenes it knows nothing of."""
    if not installed():
        raise InputError(
            "--clouds s2cloudless wants a package that is not installed: pip install "
            "s2cloudless. Its licence, CC BY-SA 4.0, asks for sharing alike."
        )
    lost = [name for name in COMMON if not any(scene.asset_of(name) for scene in scenes)]
    if lost:
        raise InputError(
            f"--clouds s2cloudless wants ten bands of Level 1C; no scene has {', '.join(lost)}."
            " Try hub:cdse --collection sentinel-2-l1c, or leave it to the archive."
        )


def _refuse_namesakes(passes: Sequence[Pass]) -> None:
    """Refuse two passes of one name: files are named after them."""
    [(name, count)] = Counter(one.id for one in passes).most_common(1)
    if count > 1:
        raise InputError(
            f"Two scenes are called {name}. Choose one --collection, or fetch them apart."
        )


def assets_of(scene: Scene, bands: Sequence[str]) -> list[Asset]:
    """List the files that hold the bands, each once."""
    found = {a.key: a for band in bands if (a := scene.asset_of(band)) is not None}
    return list(found.values())


def _bands(request: FetchRequest, passes: Sequence[Pass]) -> tuple[str, ...]:
    """Take the bands asked for, else the sensor's usual ones, else the picture as it is."""
    known = PROGRAMMES.get(passes[0].sensor)
    own = Counter(
        b for p in passes for s in p.scenes for a in s.assets.values() for b in a.bands
    )
    if request.bands:
        lost = [band for band in request.bands if band not in own]
        if lost:
            raise InputError(
                f"No scene has a band {lost[0]}. There are: {', '.join(sorted(own))}."
            )
        quality = tuple(q for q in ("scl", "qa_pixel") if q in own and q not in request.bands)
        return (*request.bands, *quality)
    if known and any(band in own for band in known.bands):
        return tuple(band for band in known.bands if band in own)
    files = passes[0].scenes[0].assets.values()
    return max(files, key=lambda a: (a.bands == RGB, len(a.bands), a.key)).bands


def _gsd(passes: Sequence[Pass], bands: Sequence[str], sensor: str) -> float:
    """Take the finest pixel that the scenes tell of, else what the programme is known for."""
    told = [
        asset.gsd
        for one in passes
        for scene in one.scenes
        for asset in assets_of(scene, bands)
        if asset.gsd
    ]
    if told:
        return min(told)
    known = PROGRAMMES.get(sensor)
    if known is None:
        raise InputError("The scenes do not tell the size of their pixels; give --gsd METRES.")
    return known.gsd


def _origin(
    passes: Sequence[Pass], bands: Sequence[str], crs: str, gsd: float
) -> tuple[float, float]:
    """Find where the scenes' own pixel lines run, so that pixels can be taken as they are."""
    lines: Counter[tuple[float, float]] = Counter()
    for one in passes:
        for scene in one.scenes:
            for asset in assets_of(scene, bands):
                if asset.crs == crs and asset.extent and asset.gsd == gsd:
                    left, _, _, top = asset.extent
                    lines[left % gsd, top % gsd] += 1
    return lines.most_common(1)[0][0] if lines else (0.0, 0.0)


def cost_of_all(plan: Plan) -> Cost:
    """Estimate what the whole plan costs."""
    return total_of(plan.cost(one) for one in plan.passes)
