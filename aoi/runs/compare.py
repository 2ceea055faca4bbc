"""``stockade compare``: what changed between two dates, building by building.

    PairRequest ──► Frames ──► Registration ──► both dates judged ──► Compared ──► PairRun

Everything up to ``Compared`` is shared with ``stockade audit``, which asks a claim of it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import geopandas as gpd

from aoi.outputs.manifest import hash_file
from aoi.runs.compare_footprints import read_footprints
from aoi.runs.compare_frames import Frames, frame_pair
from aoi.runs.compare_judge import JudgedSide, judge_both, judge_side, register
from aoi.runs.compare_request import PairRequest
from aoi.runs.folder import RunFolder, claim
from aoi.runs.ledger import key_of
from aoi.runs.request import typed
from aoi.runs.scenes import Watcher
from geo.change.decide import Kind
from geo.change.pair import Compared, Side, compare_pair
from geo.change.weights import shipped
from geo.prepare.registration import Registration
from geo.types import Scores
from models.change_head import Head, find_head
from models.checkpoint import Net, load_net
from models.judge import Judge
from models.judge_pair import PairJudge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRun:
    """A pair that was seen, judged and compared, with all that a hand-over tells."""

    request: PairRequest
    folder: RunFolder
    judge: Judge
    frames: Frames
    registration: Registration
    sides: tuple[JudgedSide, JudgedSide]
    """Before, after, on the frame of the pair."""

    head: Head | None
    """Change head beside the net, if there is one."""

    turned: tuple[Scores, Scores] | None
    """What it says, (H, W) each: roofs that only the picture that stays has, and that only the
    moving one has."""

    compared: Compared
    """Before and after as the analyst named them."""

    notes: tuple[str, ...]
    """Sentences a reader must know."""

    command: str
    started: datetime
    seconds: float
    """That judging and comparing took."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """What could not be seen, in sentences; they make the exit code 3."""
        decisions = self.compared.decisions
        given = "ref" in self.compared.units
        told = [
            kind
            for kind, nothing in zip(decisions.kinds, decisions.nothing, strict=True)
            if given or not nothing
        ]
        lost = told.count(Kind.NOT_OBSERVABLE)
        if not lost:
            return ()
        noun = "building" if len(told) == 1 else "buildings"
        them = "it" if lost == 1 else "them"
        return (f"{lost} of {len(told)} {noun} could not be seen; nothing is said of {them}.",)


def compare_run(
    request: PairRequest,
    *,
    extra: Mapping[str, object] | None = None,
    progress: Watcher | None = None,
) -> PairRun:
    """See, judge and compare a pair; hand-overs follow.

    Args:
        request: what is asked.
        extra: whatever else the outputs depend on, for the run's key.
        progress: told after every tile.

    Raises:
        InputError: the pictures cannot be compared; a sentence says why.
        ModelError: the weights or the device do not fit.
        OutputError: the folder cannot be written or holds another run.
    """
    started, begun = datetime.now(UTC), time.perf_counter()
    net = load_net(request.weights)
    head = find_head(net, request.weights)
    frames = frame_pair(request, net.card)
    footprints, notes = None, list[str]()
    if request.buildings is not None:
        footprints, notes = read_footprints(request.buildings, frames.grid)
    registration = register(frames, request)
    judge = Judge(net, request.device)
    folder = _folder(request, frames, judge, head, extra or {})
    before, after = (
        judge_side(frames, which, registration, judge, folder, request, progress)
        for which in (0, 1)
    )
    turned = None
    if head is not None:
        pair = PairJudge(head, net, request.device)
        turned = judge_both(frames, (before, after), pair, folder, progress)
    compared = _compare(frames, (before, after), request, net, turned, footprints)
    return PairRun(
        request=request,
        folder=folder,
        judge=judge,
        frames=frames,
        registration=registration,
        sides=(before, after),
        head=head,
        turned=turned,
        compared=compared,
        notes=(*notes, *_notes(frames, registration, compared)),
        command=typed(sys.argv),
        started=started,
        seconds=time.perf_counter() - begun,
    )


def _folder(
    request: PairRequest,
    frames: Frames,
    judge: Judge,
    head: Head | None,
    extra: Mapping[str, object],
) -> RunFolder:
    """Claim the folder of the run for all that its outputs depend on."""
    key = key_of(
        images=frames.hashes,
        names=frames.names,
        times=frames.times,
        card=judge.card.digest,
        head=head and head.card.get("weights_sha256"),
        taught=shipped().to_toml(),
        buildings=request.buildings and hash_file(request.buildings),
        settings=request.parameters(),
        **extra,
    )
    words = {"command": typed(sys.argv), "parameters": request.parameters()}
    return claim(request.out, key, words, overwrite=request.overwrite)


def _compare(
    frames: Frames,
    judged: tuple[JudgedSide, JudgedSide],
    request: PairRequest,
    net: Net,
    turned: tuple[Scores, Scores] | None,
    footprints: gpd.GeoDataFrame | None,
) -> Compared:
    """Compare in the order of the frames, and tell it in the order of the dates."""
    heads = net.card.heads
    edge = heads.index("building_edge") if "building_edge" in heads else None
    sides = [
        Side(
            picture=side.picture,
            valid=side.valid,
            roof=side.scores[heads.index("building")],
            edge=None if edge is None else side.scores[edge],
            gsd=gsd,
            tilt=tilt,
        )
        for side, gsd, tilt in zip(judged, frames.gsds, request.tilts, strict=True)
    ]
    one, other = sides[frames.fixed], sides[frames.moving]
    compared = compare_pair(one, other, frames.grid, footprints=footprints, turned=turned)
    return compared if frames.fixed == 0 else compared.exchanged()


def _notes(frames: Frames, registration: Registration, compared: Compared) -> list[str]:
    """Say what a reader must know before quoting anything."""
    notes = []
    if None in frames.times:
        lost = [
            image.path.name
            for image, taken in zip(frames.images, frames.times, strict=True)
            if taken is None
        ]
        notes.append(
            f"Nobody knows when {' and '.join(lost)} {'was' if len(lost) == 1 else 'were'} "
            "taken; say --before-date and --after-date."
        )
    if registration.rule == "none":
        notes.append("The pictures were not laid onto each other; the files were believed.")
    if compared.match.unchanged == 0:
        notes.append(
            "The brightness of the pictures could not be matched; they are too unlike."
        )
    return notes
