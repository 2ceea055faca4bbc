"""Seal a run that was found whole.

DIR ──► manifest hash, head of the decisions ──► seal.json, seal.tsq, and with a key seal.sig
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from aoi.outputs.custody import Seal, write_seal
from aoi.outputs.manifest import hash_file, utc
from aoi.outputs.manifest_read import read_manifest
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_chain import FIRST


def seal_run(folder: Path, key: Path | None, *, at: datetime) -> str:
    """Seal a folder as it stands.

    Returns:
        The public key that signed, or nothing.

    Raises:
        InputError: no run lies there, its decisions are broken, or the key cannot be read.
        OutputError: the folder is not ours to write.
    """
    manifest = read_manifest(folder / "manifest.json")
    entries = DecisionLog(folder, manifest.run_id).entries()
    seal = Seal(
        run_id=manifest.run_id,
        manifest_sha256=hash_file(folder / "manifest.json"),
        decisions=len(entries),
        head=entries[-1].hash if entries else FIRST,
        made=utc(at),
    )
    return write_seal(folder, seal, key)
