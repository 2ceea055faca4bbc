"""The folder of one run: whose it is, and what may be written there.

A run is known by a key of everything it depends on.  The same command finds its own folder
again and goes on; another command is refused, for nobody's evening of work is overwritten by a
slip.

    DIR/.stockade/run.json   key and words of the run        DIR/.stockade/ledger.sqlite
    DIR/.stockade/work/      scores in the making            DIR/.stockade/steps/    per scene
    DIR/.stockade/lock       held while a process works there
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aoi.outputs.manifest import hash_file
from aoi.runs.folder_edits import mind_edits
from aoi.runs.folder_hold import LOCK, Hold, hold
from aoi.runs.ledger import Ledger
from geo.errors import OutputError, UsageError

HOME = ".stockade"
"""Where a run keeps its key, its ledger and its steps; a folder with one is a run's."""

OURS = (
    "manifest.json", "report.html", "stockade.qgz", "stockade.gpkg", "rasters",
    "ledger.csv", "places.csv", "audit.html", "audit.pdf", "audit.json",
    "events.csv", "curves.csv", "curves", "scenes.json",
)  # fmt: skip
"""All that any run leaves beside ``HOME``; ``--overwrite`` removes these and nothing else.  The
words of reviewers are theirs, and stay."""

HALF = ".*.part-*"
"""How ``geo.write.beside`` names a file until it is whole."""

PLACE = "place"
"""Folder beside them in which ``stockade demo`` keeps the picture it drew."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder that belongs to one run."""

    path: Path
    """Where the hand-over goes."""

    key: str
    """Hash of all the run depends on."""

    ledger: Ledger
    """Which of its steps are done."""

    held: Hold
    """Keeps other processes out while this one works."""

    @property
    def run_id(self) -> str:
        """The run's name; the same inputs and settings give the same name."""
        return f"r-{self.key[:10]}"

    @property
    def work(self) -> Path:
        """Where scores lie while they are made."""
        return self.path / HOME / "work"

    @property
    def steps(self) -> Path:
        """Where finished steps leave what later steps need."""
        return self.path / HOME / "steps"

    @property
    def rasters(self) -> Path:
        """Where finished COGs lie."""
        return self.path / "rasters"

    def keep(
        self,
        key: str,
        name: str,
        left: Mapping[str, Any],
        files: Iterable[Path],
        *,
        seconds: float,
    ) -> None:
        """Tell that a step is done, and remember every byte of the files it left here.

        Args:
            key: of the step.
            name: what kind of step it is.
            left: what the next steps must know.
            files: in this folder, under their final names.
            seconds: it took.
        """
        hashes = {file.relative_to(self.path).as_posix(): hash_file(file) for file in files}
        self.ledger.finish(key, name, {**left, "hashes": hashes}, seconds=seconds)

    def kept(self, key: str) -> dict[str, Any] | None:
        """Take up what a step left, if its files lie here byte for byte."""
        left = self.ledger.done(key)
        if left is None or "hashes" not in left:
            return None
        whole = all(
            (self.path / name).is_file() and hash_file(self.path / name) == told
            for name, told in left["hashes"].items()
        )
        return left if whole else None

    def tidy(self) -> None:
        """Remove what only a restart would need, once the run is whole."""
        shutil.rmtree(self.work, ignore_errors=True)


def claim(
    path: Path,
    key: str,
    words: Mapping[str, Any],
    *,
    overwrite: bool,
    reading: Iterable[Path] = (),
) -> RunFolder:
    """Take a folder for a run, or take up the run that is already there.

    Args:
        path: the folder; made if there is none.
        key: hash of all the run depends on.
        words: the command and its settings, kept for people.
        overwrite: throw away what a run left there, and begin anew; never anything that is
            not ours.
        reading: pictures that the run is to read.

    Raises:
        OutputError: the folder cannot be written, or another process is at work there.
        UsageError: it holds another run, files that are not ours, edits made in QGIS that were
            not imported, or pictures that the run is to read and would throw away.
    """
    mark = path / HOME / "run.json"
    refuse_foreign(path)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        held = hold(mark.parent)
        found = _key_in(mark)
        if found == key or overwrite:
            mind_edits(path, f"r-{(found or key)[:10]}", overwrite=overwrite)
        if found != key or overwrite:
            _make_room(path, found, reading, overwrite=overwrite)
        for part in (mark.parent / "work", mark.parent / "steps", path / "rasters"):
            part.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        if found != key or overwrite:
            part = mark.with_suffix(".part")
            part.write_text(json.dumps({"key": key, **words}, indent=1, default=str))
            part.replace(mark)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"Cannot write to the folder {path}: {error.strerror}. Choose another --out."
        ) from error
    return RunFolder(path, key, Ledger(mark.parent / "ledger.sqlite"), held)


def refuse_foreign(path: Path) -> None:
    """Refuse a folder that holds something and no run, before any work is put into it.

    Raises:
        UsageError: it does.
    """
    if not path.is_dir() or (path / HOME).is_dir():
        return
    inside = sorted({entry.name for entry in path.iterdir()} - {PLACE})
    if inside:
        raise UsageError(
            f"{path} is not empty: it holds {', '.join(inside[:3])}. A run wants a "
            "folder of its own; choose another --out."
        )


def _sweep(path: Path) -> None:
    """Remove what a killed start left half-written; such files never have a final name."""
    for folder in (path, path / "rasters"):
        for part in folder.glob(HALF):
            part.unlink(missing_ok=True)


def _key_in(mark: Path) -> str:
    try:
        return str(json.loads(mark.read_text())["key"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return "torn"  # new, or killed as it began or made room: nothing is worth keeping


def _make_room(path: Path, found: str, reading: Iterable[Path], *, overwrite: bool) -> None:
    """Throw away what a run left; killed at any moment, the next start finishes it."""
    if not overwrite and found != "torn":
        raise UsageError(
            f"{path} already holds another run (other pictures, settings or version). Choose "
            "another --out, or say --overwrite to throw that run away."
        )
    ours = {path / name for name in OURS} | {*(path / HOME).iterdir()} - {path / HOME / LOCK}
    gone = {target.resolve() for target in ours}
    for file in reading:
        if gone & {file.resolve(), *file.resolve().parents}:
            raise UsageError(
                f"{file} was left by the run in {path}, which --overwrite would throw away, "
                "and is to be read now. Copy it elsewhere, or choose another --out."
            )
    (path / HOME / "run.json").unlink(missing_ok=True)  # torn from here on
    for target in ours:
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
