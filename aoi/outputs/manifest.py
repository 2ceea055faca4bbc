"""What was done, with what, and what came of it: ``manifest.json``.

Every file that went in or came out stands there with its SHA-256, beside the command, its
parameters, the versions of everything that could matter, the model's card, and what could not
be seen.  Whoever holds the folder can tell whether a byte was changed since, and can run it
again.

    files ──► input_of, outputs_of ──► Manifest ──write_manifest──► manifest.json

:mod:`aoi.outputs.manifest_read` reads it back.

Times are ISO 8601 in UTC, keys are sorted, numbers are plain JSON (never NaN).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aoi.outputs.contents import contents_of
from geo.errors import InputError
from geo.write import beside

SCHEMA = 1
"""Version of the manifest's own form; a reader refuses a newer one."""

PACKAGES = (
    "stockade", "torch", "torchvision", "segmentation-models-pytorch", "numpy", "scipy",
    "scikit-image", "rasterio", "odc-geo", "shapely", "geopandas", "pyogrio", "pyproj",
)  # fmt: skip
"""Packages whose version can change a result."""

CHUNK = 1 << 20
"""Bytes read at a time when hashing, so that memory does not depend on the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that went in."""

    path: str
    """As it was given."""

    sha256: str
    """Of its bytes."""

    size: int
    """Bytes."""

    absolute: str = ""
    """Where that was, from the root; empty if nobody wrote it down."""

    from_run: str = ""
    """Where that was, seen from the run's folder, with forward slashes."""

    role: str = "image"
    """``image``, ``sites``, ``area``, ``weights``, ``buildings``, …"""

    scene_id: str = ""
    """For pictures: the id that rows of the GeoPackage carry."""

    observed_at: str | None = None
    """For pictures: when it was taken, ISO 8601 UTC; nothing if nobody knows."""

    gsd_m: float | None = None
    """For pictures: metres a pixel."""

    licence: str = ""
    """If known."""

    credit: str = ""
    """Whom a publication must name, if known."""

    stretch: Mapping[str, Any] = field(default_factory=dict)
    """For pictures: the contrast statistics used, so that a crop or another date can reuse
    them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file that came out."""

    path: str
    """Relative to the run's folder, with forward slashes."""

    sha256: str
    """Of its bytes."""

    size: int
    """Bytes."""

    contents: str = ""
    """For GeoPackages: SHA-256 of what it holds, row by row, for QGIS changes bytes that mean
    nothing when it opens one; empty for other files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The whole record of one run."""

    run_id: str
    """Stable name of the run."""

    command: str
    """As a person would type it."""

    started: str
    """ISO 8601 UTC; see ``utc``."""

    finished: str
    """ISO 8601 UTC."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Every setting that can change the outcome, also those left at their default."""

    inputs: tuple[Input, ...] = ()
    """In the order they were given."""

    outputs: tuple[Output, ...] = ()
    """Everything in the folder but the manifest itself."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Python, packages, Stockade, and the git commit where there is one."""

    model: Mapping[str, Any] = field(default_factory=dict)
    """Name, digest of the card and of the weights, licence; empty if no model was used."""

    areas: tuple[Mapping[str, Any], ...] = ()
    """What was looked at: name, ``asked_ha``, ``seen_ha``, …"""

    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by step."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """Things by layer."""

    notes: tuple[str, ...] = ()
    """Sentences a reader must know: gaps, fallbacks, what was withheld."""

    schema: int = SCHEMA
    """Version of this form."""

    sealed: str = field(default="", compare=False)
    """SHA-256 of this record without this line, so that a changed byte in it shows."""

    def to_dict(self) -> dict[str, Any]:
        """Turn into what JSON can hold."""
        return asdict(self)


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file without holding it in memory.

    Raises:
        InputError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"{path} cannot be hashed: {error.strerror}.") from error
    return digest.hexdigest()


def input_of(path: Path, **known: Any) -> Input:
    """Record a file that goes in, with whatever else is known of it (fields of ``Input``)."""
    return Input(path=str(path), sha256=hash_file(path), size=path.stat().st_size, **known)


def outputs_of(folder: Path, *, skip: Sequence[str] = ("manifest.json",)) -> tuple[Output, ...]:
    """Record every file below a run's folder, sorted by name.

    Args:
        folder: of the run.
        skip: names to leave out; hidden files and folders are left out as well.
    """
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder)
        if str(name) in skip or any(part.startswith(".") for part in name.parts):
            continue
        record = Output(
            path=name.as_posix(),
            sha256=hash_file(path),
            size=path.stat().st_size,
            contents=contents_of(path) if path.suffix == ".gpkg" else "",
        )
        found.append(record)
    return tuple(found)


def versions_of(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Collect the versions of Python, the packages, and our own commit where there is one."""
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    commit = _commit(Path(__file__).resolve().parents[2])
    return found | ({"commit": commit} if commit else {})


def utc(time: datetime) -> str:
    """Write an aware time as ISO 8601 UTC, to the second.

    Raises:
        InputError: the time has no zone.
    """
    if time.tzinfo is None:
        raise InputError(f"A time needs a zone; {time.isoformat()} has none. Use UTC.")
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def write_manifest(path: Path, manifest: Manifest) -> Path:
    """Write a manifest with sorted keys, beside and renamed.

    Files that went in are noted with the place where they lie now, see ``whereabouts``.

    Raises:
        InputError: a value that JSON cannot hold, NaN among them.
        OutputError: the disk is full or the folder is not ours to write.
    """
    inputs = tuple(_placed(one, path.parent) for one in manifest.inputs)
    manifest = replace(manifest, inputs=inputs)
    try:
        bare = as_bytes(manifest.to_dict() | {"sealed": ""})
        record = manifest.to_dict() | {"sealed": hashlib.sha256(bare).hexdigest()}
        text = as_bytes(record)
    except (TypeError, ValueError) as error:
        raise InputError(f"The manifest cannot be written as JSON: {error}.") from error
    with beside(path) as part:
        part.write_bytes(text)
    return path


def _placed(one: Input, folder: Path) -> Input:
    """Note where a file lies: absolute, and seen from the run's folder."""
    path = Path(one.path)
    if one.absolute or not path.is_file():
        return one  # noted before, or no file here
    whole = path.resolve()
    try:
        near = Path(os.path.relpath(whole, folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows: there is no way from here
        near = ""
    return replace(one, absolute=str(whole), from_run=near)


def as_bytes(record: Mapping[str, Any]) -> bytes:
    """Write a record the one way that is hashed."""
    text = json.dumps(record, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def _commit(checkout: Path) -> str:
    """Name the commit of a checkout, with ``+`` if files were changed; empty if it is none."""
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return ""
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words and our own folder
            [
                git,
                "-C",
                str(checkout),
                "describe",
                "--always",
                "--exclude=*",
                "--abbrev=40",
                "--dirty=+",
            ],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
