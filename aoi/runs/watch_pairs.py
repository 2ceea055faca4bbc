"""Hold a new picture of an area against the last usable one before it: ``stockade compare``.

    new picture, earlier ones ──► pairs that share ground ──compare──► changes ──► Survey

What the command leaves lies in the area's folder, with its page.  A picture that clouds hide is
no usable one: nothing is told of it, and the next is held against the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.area import find_area
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_eyes import frame_of
from aoi.runs.watch_folders import hashes_of, own_folder, sweep, weights_of
from aoi.runs.watch_survey import Ask, Change, Survey
from aoi.runs.watch_visits import Visit, files_of
from geo.errors import InputError, UsageError
from geo.read import open_image
from geo.vectors import read_vectors

if TYPE_CHECKING:
    from aoi.runs.compare_request import PairRequest

USABLE = 0.5
"""Share of the common ground that a picture must show clearly to be held against others."""

LIKELY = 0.5
"""Confidence below which a change is as likely none."""

DATES = ("before", "after")
"""What ``stockade compare`` adds to the names of two pictures that have one name."""

KINDS = ("built", "demolished", "altered")
"""What is a change; the other answers are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A new picture held against one earlier date."""

    changes: tuple[Change, ...]
    seen: BaseGeometry
    clear: tuple[float, float]
    """Share of the common ground that each date shows, earlier one first."""

    folder: str


def survey_pair(watch: Watch, place: WatchedArea, ask: Ask) -> Survey:
    """Hold a picture against the last one before it that can be used.

    Args:
        watch: whose settings hold.
        place: where.
        ask: the new picture, and those before it, latest first.

    Raises:
        UsageError: a setting of the watch cannot be meant.
    """
    after, *earlier = ask.dates
    gaps: list[str] = []
    for before in earlier:
        try:
            held = _hold(watch, place, before, after)
        except UsageError:
            raise
        except InputError as error:  # no ground in common, too unlike: an older one may do
            gaps.append(f"{after.time:%Y-%m-%d} against {before.time:%Y-%m-%d}: {error}")
            continue
        if held.clear[1] < USABLE:
            return Survey(key=ask.key, asked=ask.asked, dates=(after.key,))
        if held.clear[0] >= USABLE:
            return Survey(
                key=ask.key, asked=ask.asked, dates=(before.key, after.key),
                changes=held.changes, seen=held.seen, folder=held.folder,
            )  # fmt: skip
    return Survey(key=ask.key, asked=ask.asked, dates=(after.key,), gaps=tuple(gaps[:1]))


def _hold(watch: Watch, place: WatchedArea, before: Visit, after: Visit) -> Held:
    """Compare the pictures of two days.

    Raises:
        InputError: they cannot be compared.
    """
    from aoi.runs.compare_tell import run_compare  # noqa: PLC0415 - torch takes seconds

    home, crs = watch.out / place.name, frame_of(find_area(place.area))
    pairs = _paired(
        [Path(file) for file in files_of(place, before, home / before.name)],
        [Path(file) for file in files_of(place, after, home / after.name)],
    )
    days = before.time.date(), after.time.date()
    known = {**before.inputs, **after.inputs}
    requests = [_request(watch, pair, days, home) for pair in pairs]
    runs = [
        own_folder(
            home,
            f"{after.name}-changes",
            pair=[path.name for path in pair],
            pictures=hashes_of(pair, known),
            weights=weights_of(watch),
            settings=request.parameters(),
        )
        for pair, request in zip(pairs, requests, strict=True)
    ]
    for request, run in zip(requests, runs, strict=True):
        run_compare(replace(request, out=run))
    sweep(runs[0])
    inside = find_area(place.area).to(crs)
    rows = [read_vectors(run / "stockade.gpkg", "changes").to_crs(crs.proj) for run in runs]
    layers = [read_vectors(run / "stockade.gpkg", "coverage").to_crs(crs.proj) for run in runs]
    shown = [
        _shown(layers, files, side)
        for files, side in zip(zip(*pairs, strict=True), DATES, strict=True)
    ]
    whole = shapely.union_all([shape for layer in layers for shape in layer.geometry]).area
    changes = [one for row in rows for one in _changes(row, before, after)]
    return Held(
        changes=tuple(one for one in changes if one.outline.intersects(inside)),
        seen=shapely.intersection_all([*shown, inside]),
        clear=(shown[0].area / whole, shown[1].area / whole),
        folder=str(runs[0].relative_to(watch.out)),
    )


def _request(
    watch: Watch, pair: tuple[Path, Path], days: tuple[date, date], out: Path
) -> PairRequest:
    """Say what is compared."""
    from aoi.runs.compare_request import PairRequest  # noqa: PLC0415 - as above

    scan = watch.scan
    return PairRequest(
        before=pair[0],
        after=pair[1],
        out=out,
        before_date=days[0],
        after_date=days[1],
        gsd=scan.gsd,
        bands=scan.bands,
        weights=scan.weights,
        tile=scan.tile,
        batch=scan.batch,
        device=scan.device,
        coordinates=watch.coordinates,
    )


def _paired(before: Sequence[Path], after: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Give each later picture the earlier one that shares most ground with it.

    Raises:
        InputError: no two of them have ground in common.
    """
    grounds = {
        path: shapely.geometry.shape(open_image(path).grid.extent.to_crs("EPSG:4326").json)
        for path in {*before, *after}
    }
    pairs = []
    for other in after:
        shared = {one: grounds[one].intersection(grounds[other]).area for one in before}
        best = max(sorted(shared), key=lambda one: shared[one])
        if shared[best] > 0:
            pairs.append((best, other))
    if not pairs:
        raise InputError("they show no ground in common.")
    return pairs


def _shown(
    layers: Sequence[gpd.GeoDataFrame], files: Sequence[Path], side: str
) -> BaseGeometry:
    """Outline the ground that the pictures of one date show clearly."""
    clear = []
    for coverage, file in zip(layers, files, strict=True):
        name = open_image(file).id
        own = coverage["scene_id"].isin({name, f"{name}_{side}"})
        clear += list(coverage[own & (coverage["valid_share"] == 1.0)].geometry)
    return shapely.union_all(clear)


def _changes(rows: gpd.GeoDataFrame, before: Visit, after: Visit) -> Iterator[Change]:
    told = rows[rows["kind"].isin(KINDS) & (rows["confidence"].astype(float) >= LIKELY)]
    for row in told.itertuples():
        yield Change(
            kind=str(row.kind),
            outline=row.geometry,
            confidence=round(float(row.confidence), 4),
            last_without=before.time,
            first_with=after.time,
            before=before.key,
            after=after.key,
            note=row.note or "",
        )
