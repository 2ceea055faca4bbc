"""An export's own manifest: what left, with hashes, and what did not, with reasons.

    folder of an export, Leaving ──write_note──► export.json ──note_of──► stockade verify

With it a folder can be checked by whoever was given it, without the run it came from.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from aoi.outputs.leaving import Leaving, Level
from aoi.outputs.manifest import outputs_of, utc
from geo.errors import InputError

NOTE = "export.json"
"""Every export's own manifest; a folder that holds one may be replaced."""

SCHEMA = 1
"""Version of its form."""


def write_note(folder: Path, leaving: Leaving, *, form: str, at: datetime) -> None:
    """Write down what left and what did not.

    Args:
        folder: of the export; everything that leaves lies in it by now.
        leaving: what leaves.
        form: a key of ``FORMS``.
        at: now; aware.
    """
    record = {
        "schema": SCHEMA,
        "run_id": leaving.run_id,
        "form": form,
        "level": str(leaving.level),
        "made": utc(at),
        "decisions": leaving.decisions,
        "layouts": len(leaving.layers["compounds"]),
        "exact": len(leaving.exact),
        "withheld": [asdict(one) for one in leaving.withheld],
        "files": [asdict(one) for one in outputs_of(folder)],
    }
    if leaving.level is Level.INTERNAL:
        record["manifest_sha256"] = leaving.facts.get("manifest_sha256")
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / NOTE).write_text(text + "\n", encoding="utf-8")


def note_of(folder: Path) -> dict[str, Any]:
    """Read an export's own manifest.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        record = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / NOTE} cannot be read: {error}.") from error
    if not isinstance(record, dict) or "files" not in record:
        raise InputError(f"{folder / NOTE} is not the manifest of an export.")
    return record
