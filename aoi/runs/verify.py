"""Prove that nothing in a run's folder was touched, or name the first thing that was.

    manifest (its own hash) ──► every input and output ──► GeoPackage by its contents
    decisions.jsonl ──► chain ──► seal and signature      ──► Check: whole | opened | broken

*Opened* means that bytes moved while the contents stayed, or that rows were edited in QGIS and
every edit stands in the decision log by now.  A folder that ``stockade export`` made is checked
against its own ``export.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from aoi.outputs.contents import contents_of
from aoi.outputs.custody import REQUEST, SEAL, SIGNATURE, fits_request, read_seal, signed_by
from aoi.outputs.manifest import Input, Manifest, Output, hash_file
from aoi.outputs.manifest_read import is_as_sealed, read_manifest
from aoi.outputs.whereabouts import WINDOW, known_places
from aoi.review.decisions import HEAD, LOG, DecisionLog
from aoi.review.decisions_chain import FIRST, Chain
from aoi.runs.export_note import NOTE, note_of
from aoi.runs.verify_package import package_check
from geo.errors import InputError

OURS = ("manifest.json", LOG, HEAD, SEAL, SIGNATURE, REQUEST, NOTE)
"""Files that no manifest lists."""


class State(StrEnum):
    """What became of a thing."""

    WHOLE = "whole"
    OPENED = "opened"  # bytes moved, the contents did not, or every edit is accounted for
    UNKNOWN = "unknown"  # nothing to compare with: an input elsewhere, a stranger's file
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One link of the custody."""

    what: str
    """A file, or ``decisions``, ``manifest``, ``signature``."""

    state: State
    """What became of it."""

    why: str = ""
    """In a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """All links, in the order they were followed."""

    folder: Path
    checks: tuple[Check, ...]

    @property
    def broken(self) -> Check | None:
        """The first broken link."""
        return next((check for check in self.checks if check.state is State.BROKEN), None)

    @property
    def code(self) -> int:
        """Exit code: 0 whole, 1 broken, 3 whole in all that counts, with remarks."""
        if self.broken:
            return 1
        return 3 if any(check.state is not State.WHOLE for check in self.checks) else 0


def verify(folder: Path, *, key: str = "") -> Custody:
    """Follow every link of a folder.

    Args:
        folder: of a run, or of an export.
        key: public key that must have signed; left out, any or none.

    Raises:
        InputError: no run and no export lies there.
    """
    if (folder / NOTE).is_file() and not (folder / "manifest.json").is_file():
        return Custody(folder=folder, checks=tuple(_export_checks(folder)))
    if not (folder / "manifest.json").is_file():
        if any((folder / name).exists() for name in ("stockade.gpkg", ".stockade", LOG, SEAL)):
            missing = Check("manifest.json", State.BROKEN, "It is missing.")
            return Custody(folder=folder, checks=(missing,))
        raise InputError(f"{folder} holds neither a run nor an export: no manifest.json in it.")
    return Custody(folder=folder, checks=tuple(_run_checks(folder, key)))


def _run_checks(folder: Path, key: str) -> Iterator[Check]:
    try:
        sealed = is_as_sealed(folder / "manifest.json")
        manifest = read_manifest(folder / "manifest.json")
    except InputError as error:
        yield Check("manifest.json", State.BROKEN, str(error))
        return
    yield _manifest_check(sealed=sealed)
    for output in manifest.outputs:
        if output.path not in OURS and not output.path.startswith("exports/"):
            yield _output_check(folder, output, manifest)
    yield from _input_checks(folder, manifest)
    yield from _strangers(folder, {one.path for one in manifest.outputs})
    chain = DecisionLog(folder, manifest.run_id).chain()
    yield _decision_check(chain, manifest)
    yield from _seal_checks(folder, manifest, chain, key)


def _manifest_check(*, sealed: bool | None) -> Check:
    if sealed is None:
        return Check(
            "manifest.json",
            State.UNKNOWN,
            "An older Stockade wrote it, without a hash of itself.",
        )
    if not sealed:
        return Check("manifest.json", State.BROKEN, "It was changed since the run wrote it.")
    return Check("manifest.json", State.WHOLE)


def _output_check(folder: Path, output: Output, manifest: Manifest) -> Check:
    path = folder / output.path
    if not path.is_file():
        return Check(output.path, State.BROKEN, "It is missing.")
    if _is_same(path, output):
        return Check(output.path, State.WHOLE)
    if not output.contents:
        return Check(
            output.path, State.BROKEN, "Its bytes were changed since the run wrote it."
        )
    try:
        state, why = _package_state(folder, path, output, manifest)
    except InputError as error:
        state, why = State.BROKEN, str(error)
    return Check(output.path, state, why)


def _is_same(path: Path, output: Output) -> bool:
    """Compare bytes; a journal beside a package may hold what its bytes do not."""
    journal = path.with_name(path.name + "-wal")
    waiting = journal.is_file() and journal.stat().st_size > 0
    same = path.stat().st_size == output.size and hash_file(path) == output.sha256
    return same and not waiting


def _package_state(
    folder: Path, path: Path, output: Output, manifest: Manifest
) -> tuple[State, str]:
    if contents_of(path) == output.contents:
        return State.OPENED, "A program has saved it since; row by row it holds the same."
    why = package_check(folder, path, output.contents, manifest.run_id)
    return (State.OPENED if why.startswith("Edited") else State.BROKEN), why


def _input_checks(folder: Path, manifest: Manifest) -> Iterator[Check]:
    """Check what went in, wherever it still lies; a picture elsewhere breaks nothing.

    Of some pictures only a window was read, and its pixels hashed: the file cannot be compared
    with that, and what was made of the window is hashed among the outputs.
    """
    windows = sum(one.role == WINDOW for one in manifest.inputs)
    if windows:
        yield Check("input windows", State.WHOLE, f"{windows} hashes stand in the manifest.")
    for one in manifest.inputs:
        if one.role == WINDOW:
            continue
        name = f"input {Path(one.path).name}"
        copies = _copies(folder, one)
        if not copies:
            yield Check(name, State.UNKNOWN, "It is not where it was, so it was not compared.")
        elif any(hash_file(path) != one.sha256 for path in copies):
            yield Check(name, State.BROKEN, "It is not the file that the run read.")
        else:
            yield Check(name, State.WHOLE)


def _copies(folder: Path, one: Input) -> set[Path]:
    """Find the file where the manifest says, and beside or below the run's own folder."""
    return {path.resolve() for path in known_places(folder, one) if path.is_file()}


def _strangers(folder: Path, known: set[str]) -> Iterator[Check]:
    """Name files that no run wrote; they break nothing, but nobody vouches for them."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if hidden or name.parts[0] == "exports" or name.as_posix() in {*known, *OURS}:
            continue
        if not name.name.endswith((".gpkg-wal", ".gpkg-shm")):
            yield Check(name.as_posix(), State.UNKNOWN, "The run did not write this file.")


def _decision_check(chain: Chain, manifest: Manifest) -> Check:
    if chain.broken:
        return Check("decisions", State.BROKEN, chain.broken)
    if chain.entries and chain.entries[0].run_id != manifest.run_id:
        return Check("decisions", State.BROKEN, "They belong to another run.")
    if chain.torn or chain.unsaid:
        return Check(
            "decisions",
            State.OPENED,
            "The last write was cut short; nothing that was acknowledged is missing.",
        )
    return Check("decisions", State.WHOLE)


def _seal_checks(folder: Path, manifest: Manifest, chain: Chain, key: str) -> Iterator[Check]:
    try:
        seal = read_seal(folder)
        signer = signed_by(folder) if seal else None
    except InputError as error:
        yield Check("signature", State.BROKEN, str(error))
        return
    if seal is not None and not fits_request(folder, seal):
        yield Check(REQUEST, State.BROKEN, f"It is missing, or of another {SEAL}.")
    if seal is not None and seal.key != (signer or ""):
        yield Check(
            "signature", State.BROKEN, f"The signature that {SEAL} speaks of is missing."
        )
    if key and signer != key:
        told = "It is signed by another key." if signer else "It is not signed."
        yield Check("signature", State.BROKEN, told)
    if seal is None:
        if (folder / SIGNATURE).is_file():
            yield Check("signature", State.BROKEN, f"There is a signature, and no {SEAL}.")
        return
    if seal.run_id != manifest.run_id or seal.manifest_sha256 != hash_file(
        folder / "manifest.json"
    ):
        yield Check(SEAL, State.BROKEN, "The manifest is not the one that was sealed.")
    elif len(chain.entries) < seal.decisions or seal.head != (
        chain.entries[seal.decisions - 1].hash if seal.decisions else FIRST
    ):
        yield Check(
            SEAL,
            State.BROKEN,
            f"The first {seal.decisions} decisions are not those that were sealed.",
        )
    else:
        yield Check(SEAL, State.WHOLE, f"signed by {signer}" if signer else "not signed")


def _export_checks(folder: Path) -> Iterator[Check]:
    try:
        note: Mapping[str, Any] = note_of(folder)
    except InputError as error:
        yield Check(NOTE, State.BROKEN, str(error))
        return
    known = {one["path"]: one for one in note["files"]}
    for name, one in known.items():
        path = folder / name
        if not path.is_file():
            yield Check(name, State.BROKEN, "It is missing.")
        elif hash_file(path) == one["sha256"]:
            yield Check(name, State.WHOLE)
        elif one.get("contents") and contents_of(path) == one["contents"]:
            yield Check(name, State.OPENED, "Opened since; row by row it holds the same.")
        else:
            yield Check(name, State.BROKEN, "It was changed since it was exported.")
    yield from _strangers(folder, set(known))
