"""Bring together the pictures a scan is to look at: files as they lie, archives fetched first.

    Request.sources ──► files, folders, patterns ─────────────────────────► paths
                    └─► stac:…, hub:… + area + days ──► DIR/place/<archive>/ ──► paths, gaps

What an archive sends is fetched as ``stockade fetch`` does it: resumable, from the cache where
it can be, with item ids, licence and credit in each file and in the fetch's own manifest.
Archives whose pixels are too coarse for the net are refused after the search, before a pixel is
asked for.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from aoi.runs.fetch import plan_of, run_fetch
from aoi.runs.fetch_prepare import Watcher
from aoi.runs.fetch_request import FetchRequest
from aoi.runs.folder import PLACE, refuse_foreign
from aoi.runs.look import COARSEST
from aoi.runs.request import Request, is_archive
from geo.errors import InputError, UsageError
from geo.images import file_name_of, find_images
from geo.sources.cache import usual_folder
from geo.sources.links import plain_source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What there is to look at."""

    paths: tuple[Path, ...]
    """Pictures, in the order of the sources."""

    records: tuple[Path, ...] = ()
    """Manifests of fetches: item ids, addresses and hashes of what archives sent."""

    gaps: tuple[str, ...] = ()
    """What archives could not give, in sentences."""


def gather(request: Request, watcher: Watcher | None = None) -> Gathered:
    """Find the pictures on disk, and fetch those that lie in archives.

    Args:
        request: what is asked.
        watcher: told after every picture that an archive sent.

    Raises:
        InputError: no picture meets the wish, a folder or its credentials are missing, or an
            archive's pixels are too coarse to show a wall.
        UsageError: an archive is named without an area, or without both days, or the run's
            folder holds something that is no run.
        SourceError: an archive does not answer, or gave not one picture.
        OutputError: the folder cannot be written.
    """
    paths: list[Path] = []
    records: list[Path] = []
    gaps: list[str] = []
    for source in request.sources:
        if not is_archive(source):
            paths += find_images([source])
            continue
        wish = _wish(request, source)
        refuse_foreign(request.out)
        plan, archive = plan_of(wish)
        _refuse_coarse(plain_source(source), plan.sensor, abs(plan.grid.affine.a))
        fetched = run_fetch(wish, source=archive, watcher=watcher)
        paths += [fetched.folder / one.picture for one in fetched.records if one.picture]
        records.append(fetched.folder / "manifest.json")
        gaps += fetched.gaps
        log.info("fetched %d passes from %s", len(fetched.records), plain_source(source))
    return Gathered(paths=tuple(dict.fromkeys(paths)), records=tuple(records), gaps=tuple(gaps))


def _wish(request: Request, source: str) -> FetchRequest:
    """Ask an archive for what the scan was asked for.

    Raises:
        UsageError: it does not say where, or when.
    """
    if request.area is None or request.start is None or request.end is None:
        wanted = {"--area": request.area, "--from": request.start, "--to": request.end}
        missing = " and ".join(name for name, value in wanted.items() if value is None)
        raise UsageError(
            f"{plain_source(source)} is an archive, and wants to know which ground and days "
            f"are meant. Add {missing}."
        )
    return FetchRequest(
        area=request.area,
        source=source,
        start=request.start,
        end=request.end,
        out=request.out / PLACE / file_name_of(plain_source(source)),
        collections=request.collections,
        cloud=request.cloud,
        cache=request.cache or usual_folder(),
        offline=request.offline,
        overwrite=request.overwrite,
    )


def _refuse_coarse(source: str, sensor: str, gsd: float) -> None:
    if gsd > COARSEST:
        raise InputError(
            f"{source} has {sensor} pixels of {gsd:g} m, and walls cannot be seen above "
            f"{COARSEST} m. Nothing was fetched. For such pictures use stockade monitor; to "
            "scan, name a catalogue of finer ones, such as stac:URL of an open-data programme."
        )
