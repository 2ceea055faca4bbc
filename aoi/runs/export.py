"""Let a run leave the house: in one of its forms, cut to those who will read it.

    DIR ──► Found ──► cut to a level ──► pictures ──► FORMS[form] ──► OUT/…, OUT/export.json

What leaves is written in a folder beside its name and renamed when it is whole, with a manifest
of its own (``aoi.runs.export_note``).
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aoi.outputs.leaving import Level, Withheld
from aoi.outputs.levels import CAREFUL, Wishes, cut
from aoi.outputs.manifest import outputs_of
from aoi.outputs.manifest_read import read_manifest
from aoi.runs.export_forms import FORMS, PICTURED, Packing
from aoi.runs.export_found import read_found
from aoi.runs.export_note import NOTE, write_note
from aoi.runs.export_pictures import chips_for, find_shots
from geo.errors import OutputError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is asked."""

    folder: Path
    """Of the run."""

    form: str
    """One of ``FORMS``."""

    level: Level
    """Who will read it."""

    out: Path | None = None
    """Where to; below the run's folder if left out."""

    wishes: Wishes = CAREFUL
    """What was asked for beyond the level's care."""

    places: tuple[Path, ...] = ()
    """Files and folders where pictures are said to be by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOutcome:
    """What left."""

    run_id: str
    form: str
    level: str
    folder: Path
    files: tuple[str, ...]
    layouts: int
    """Layouts that left."""

    exact: int
    """Of these, with their exact outline."""

    withheld: tuple[Withheld, ...]
    gaps: tuple[str, ...] = field(default=())
    """What could not be put in, in sentences."""


def run_export(request: ExportRequest, *, at: datetime) -> ExportOutcome:
    """Export a run.

    Args:
        request: what is asked.
        at: now; aware.

    Raises:
        InputError: no run lies there, its decisions are broken, a name of a person would leave,
            or the form cannot hold it.
        UsageError: an unknown form, labels for others than the desk, or a folder not ours.
        OutputError: the disk is full or the folder is not ours to write.
    """
    _refuse_misuse(request)
    found = read_found(request.folder)
    leaving = cut(found, request.level, request.wishes)
    manifest = read_manifest(request.folder / "manifest.json")
    shots, gaps = find_shots(request.folder, manifest, places=request.places)
    if request.form in PICTURED:
        leaving = replace(leaving, chips=chips_for(leaving, found, shots))
    else:
        gaps = []
    out = request.out or request.folder / "exports" / f"{request.form}-{request.level}"
    part = _begin(out)
    packing = Packing(
        folder=part,
        home=request.folder.resolve(),
        leaving=leaving,
        found=found,
        shots=shots,
        licence=request.wishes.licence,
    )
    try:
        FORMS[request.form](packing)
        write_note(part, leaving, form=request.form, at=at)
        _finish(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return ExportOutcome(
        run_id=leaving.run_id,
        form=request.form,
        level=str(request.level),
        folder=out,
        files=tuple(one.path for one in outputs_of(out, skip=())),
        layouts=len(leaving.layers["compounds"]),
        exact=len(leaving.exact),
        withheld=leaving.withheld,
        gaps=tuple(gaps),
    )


def _refuse_misuse(request: ExportRequest) -> None:
    if request.form not in FORMS:
        raise UsageError(f"--as takes {', '.join(FORMS)}; {request.form!r} is none of them.")
    if request.form == "labels" and request.level is not Level.INTERNAL:
        raise UsageError(
            "Labels hold pictures and exact outlines, so they are for the desk itself: add "
            "--level internal."
        )


def _begin(out: Path) -> Path:
    """Make the folder in which the export is put together; refuse one that is not ours.

    Raises:
        UsageError: ``out`` holds something that no export left there.
        OutputError: it cannot be written.
    """
    if out.exists() and not (out / NOTE).is_file() and (out.is_file() or any(out.iterdir())):
        raise UsageError(f"{out} holds something that is no export. Choose another --out.")
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"Cannot write to {out.parent}: {error.strerror}.") from error
    return part


def _finish(part: Path, out: Path) -> None:
    """Give the whole export its name."""
    try:
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    except OSError as error:
        raise OutputError(f"{out} could not be replaced: {error.strerror}.") from error


def told_of(outcome: ExportOutcome) -> dict[str, Any]:
    """Turn an outcome into what JSON can hold."""
    return asdict(outcome) | {"folder": str(outcome.folder)}
