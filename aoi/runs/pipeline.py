"""The whole journey of ``stockade scan``: from pictures to a folder a person can open.

    Request ──► pictures, net, register ──► each picture judged ──► merged, ranked, matched
            ──► stockade.gpkg, stockade.qgz, rasters/, report.html, manifest.json ──► Outcome

The run's key is the hash of everything it depends on, so the same words find the same folder
and go on where they were stopped.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from aoi.area import find_area
from aoi.outputs.manifest import hash_file
from aoi.runs.fetch_prepare import Watcher as Fetching
from aoi.runs.fingerprint import fingerprint
from aoi.runs.folder import RunFolder, claim
from aoi.runs.gather import Gathered, gather
from aoi.runs.handover import Record, hand_over
from aoi.runs.ledger import key_of
from aoi.runs.merge import merge
from aoi.runs.outcome import Outcome
from aoi.runs.request import Request, known_stretches, typed
from aoi.runs.scenes import SceneResult, Tools, Watcher, judge_scene, of_one_name
from aoi.sites.match import match
from aoi.sites.registry import load_sites
from aoi.sites.site import Registry
from geo.errors import InputError, SourceError
from geo.images import file_name_of
from geo.read import Image, open_image
from geo.score import Scorer
from geo.tiles import Cut
from models.checkpoint import load_net
from models.judge import Judge

log = logging.getLogger(__name__)

__all__ = ["Outcome", "Watcher", "run_scan"]


def run_scan(
    request: Request, *, progress: Watcher | None = None, fetching: Fetching | None = None
) -> Outcome:
    """Look at pictures and leave a folder of results.

    Args:
        request: what is asked.
        progress: told after every tile.
        fetching: told after every picture that an archive sent.

    Returns:
        What was found and where it lies; code 0, or 3 when some pictures or tiles were not
        seen.

    Raises:
        InputError: nothing could be judged at all.
        ModelError: the weights or the device do not fit.
        OutputError: the folder cannot be written or holds another run.
    """
    started = datetime.now(UTC)
    gathered = gather(request, fetching)
    images, gaps = _open(gathered, request)
    registry = _register(request, local=images[0].grid.crs is None)
    tools = _tools(request, local=images[0].grid.crs is None)
    folder = claim(
        request.out,
        _key(request, images, tools),
        {"command": typed(sys.argv), "parameters": request.parameters()},
        overwrite=request.overwrite,
        reading=[path for image in images for path in (image.path, *image.attached)],
    )
    begun = time.perf_counter()
    results, more = _judge_all(images, tools, folder, request, progress)
    if not results:
        raise InputError(" ".join((gaps + more)[:3]))
    judging_s = time.perf_counter() - begun
    merged = merge(results)
    matches = match(merged.layers["compounds"], registry, merged.seen)
    record = Record(
        request=request,
        folder=folder,
        tools=tools,
        results=tuple(results),
        merged=merged,
        matches=matches,
        registry=registry,
        gaps=tuple(gaps + more),
        fetches=gathered.records,
        command=typed(sys.argv),
        started=started,
        judging_s=judging_s,
    )
    outcome = hand_over(record)
    folder.tidy()
    return outcome


def _open(gathered: Gathered, request: Request) -> tuple[list[Image], list[str]]:
    """Open every picture; those that cannot be opened beside others are gaps, not the end."""
    images: list[Image] = []
    failures: list[InputError | SourceError] = []
    for path in gathered.paths:
        try:
            images.append(open_image(path, gsd=request.gsd, bands=request.bands))
        except (InputError, SourceError) as error:
            failures.append(error)
    if failures and not images:
        raise failures[0]
    wanted = [image for image in images if request.wants(image.time)]
    if not wanted:
        raise InputError(
            f"None of the {len(images)} pictures was taken between {request.start or 'ever'} "
            f"and {request.end or 'now'}. Widen --from and --to."
        )
    if alike := of_one_name(wanted):
        raise InputError(
            f"{alike[0].path} and {alike[1].path} would both be the scene "
            f"{file_name_of(alike[0].id)}, for scenes are named after their files. Rename one, "
            "or run them apart."
        )
    if len({image.grid.crs is None for image in wanted}) > 1:
        raise InputError(
            "Some of the pictures have a CRS and some have none; they cannot share a map. Run "
            "them apart, the latter with --gsd."
        )
    return wanted, [*gathered.gaps, *map(str, failures)]


def _register(request: Request, *, local: bool) -> Registry:
    """Load the register; the bundled one has no place on a picture without a CRS."""
    if local and request.sites is None:
        return Registry(sites=(), crs=None, name="none: the picture lies nowhere on Earth")
    return load_sites(request.sites)


def _tools(request: Request, *, local: bool) -> Tools:
    net = load_net(request.weights)
    return Tools(
        judge=Judge(net, request.device),
        scorer=Scorer.from_card(None),
        cut=Cut(size=request.tile, margin=net.card.margin, stride=net.card.stride),
        area=None if request.area is None else find_area(request.area, local=local),
        stretches=known_stretches(request.stats),
    )


def _key(request: Request, images: Sequence[Image], tools: Tools) -> str:
    return key_of(
        images=[(image.id, str(image.time), fingerprint(image)) for image in images],
        card=tools.judge.card.digest,
        scorer=tools.scorer.to_card(),
        sites=None if request.sites is None else hash_file(request.sites),
        area=None if tools.area is None else tools.area.outline.wkt,
        stretches={name: s.to_dict() for name, s in tools.stretches.items()},
        settings=request.parameters(),
    )


def _judge_all(
    images: Sequence[Image],
    tools: Tools,
    folder: RunFolder,
    request: Request,
    progress: Watcher | None,
) -> tuple[list[SceneResult], list[str]]:
    results, gaps = [], []
    for image in images:
        try:
            results.append(judge_scene(image, tools, folder, request, progress))
        except (InputError, SourceError) as error:
            if len(images) == 1:
                raise
            log.warning("%s: %s", image.path.name, error)
            gaps.append(str(error))
    return results, gaps
