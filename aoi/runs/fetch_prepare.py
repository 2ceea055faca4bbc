"""Have passes prepared on one frame, each once and for ever, then let all dates settle offsets.

    Jobs ──ledger: there already?──► PassRecord
         └─read ahead──finish──write──remember──► PassRecord
    all records ──geo.prepare.witness──► those whose offset was wrong are prepared anew

What a pass left behind and which step was added to it stand in the ledger, so a run that was
killed, or that sees more dates than last time, mends only what is not yet as it should be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from aoi.runs.fetch_pass import PassRecord, write_pass
from aoi.runs.folder import RunFolder
from geo.grid import Grid
from geo.prepare.layers import USUAL, Treatment
from geo.prepare.passes import Reading, finish, start_reading
from geo.prepare.witness import Witness, settle
from geo.sources.base import Source
from geo.sources.choose import Pass
from geo.types import Mask

Watcher = Callable[[str, int, int], None]
"""Told: what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Job:
    """One pass to be prepared."""

    one: Pass
    key: str
    """Hash of everything that its files depend on, but the step that all dates settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where passes of one series are prepared."""

    grid: Grid
    inside: Mask
    """(H, W); true inside the area."""

    bands: tuple[str, ...]
    source: Source
    folder: RunFolder
    pool: Executor
    treatment: Treatment = USUAL

    def start(self, job: Job) -> Reading:
        """Send for the files of a pass."""
        return start_reading(
            job.one,
            self.bands,
            self.grid,
            source=self.source,
            pool=self.pool,
            treatment=self.treatment,
        )

    def write(self, job: Job, reading: Reading, steps: Mapping[str, float]) -> PassRecord:
        """Prepare a pass whose files are on their way, and remember it if none was lost."""
        clock = time.perf_counter()
        prepared = finish(reading, steps)
        record = write_pass(job.one, prepared, self.grid, self.inside, self.folder.path)
        record = replace(record, steps={name: step for name, step in steps.items() if step})
        if not record.failures:
            seconds = time.perf_counter() - clock
            files = [self.folder.path / name for name in (record.picture, record.mask) if name]
            left = {"record": record.to_dict()}
            self.folder.keep(job.key, "pass", left, files, seconds=seconds)
        return record

    def kept(self, job: Job) -> PassRecord | None:
        """Take up what an earlier start left of a pass, if every byte of it is still there."""
        left = self.folder.kept(job.key)
        return None if left is None else PassRecord.from_dict(left["record"])


def prepared(jobs: Sequence[Job], desk: Desk) -> Iterator[PassRecord]:
    """Yield every pass, the next one read while this one is prepared."""
    ahead: Reading | None = None
    for number, job in enumerate(jobs):
        record = desk.kept(job)
        if record is None:
            reading, ahead = ahead or desk.start(job), None
            if number + 1 < len(jobs) and desk.kept(jobs[number + 1]) is None:
                ahead = desk.start(jobs[number + 1])
            record = desk.write(job, reading, {})
        yield record


def agreed(records: Sequence[PassRecord], jobs: Sequence[Job], desk: Desk) -> list[PassRecord]:
    """Let all dates settle whether 0.1 is still in their numbers, and mend those it is in.

    Args:
        records: one a job, in the same order.
        jobs: the passes.
        desk: where they were prepared.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    heard = [Witness.from_dict(told) for record in records for told in record.witnesses]
    settled = settle(heard)
    out = []
    for record, job in zip(records, jobs, strict=True):
        own = [str(told["scene"]) for told in record.witnesses]
        wanted = {name: step for name in own if (step := settled.steps.get(name, 0.0))}
        fresh = record
        if wanted != record.steps and record.picture:
            fresh = desk.write(job, desk.start(job), wanted)
        notes = [settled.words[name] for name in own if name in settled.words]
        out.append(replace(fresh, notes=(*fresh.notes, *notes)))
    return out
