"""Read a manifest back, and tell whether it is to the byte what was written.

    manifest.json ──► schema known? ──► Manifest        its own hash ──► as sealed, or not

A manifest of a newer Stockade is refused rather than half understood.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from aoi.outputs.manifest import SCHEMA, Input, Manifest, Output, as_bytes
from geo.errors import InputError


def read_manifest(path: Path) -> Manifest:
    """Read a manifest back.

    Raises:
        InputError: no such file, not JSON, not a manifest, or one of a newer Stockade.
    """
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"{path.parent} holds no run: there is no {path.name} in it."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a manifest that can be read: {error}.") from error
    if not isinstance(record, dict) or not isinstance(record.get("schema"), int):
        raise InputError(f"{path} is JSON, but not a manifest of Stockade: it has no schema.")
    if record["schema"] > SCHEMA:
        raise InputError(
            f"{path} was written by a newer Stockade (schema {record['schema']}; this one "
            f"knows {SCHEMA}). Install the newer one to read it."
        )
    return _from_dict(record, path)


def _from_dict(record: dict[str, Any], path: Path) -> Manifest:
    try:
        return Manifest(
            **record
            | {
                "inputs": tuple(Input(**entry) for entry in record.get("inputs", [])),
                "outputs": tuple(Output(**entry) for entry in record.get("outputs", [])),
                "areas": tuple(record.get("areas", [])),
                "notes": tuple(record.get("notes", [])),
            }
        )
    except TypeError as error:
        known = ", ".join(entry.name for entry in fields(Manifest))
        raise InputError(
            f"{path} does not read as a manifest ({error}). It should hold: {known}."
        ) from error


def is_as_sealed(path: Path) -> bool | None:
    """Tell whether a manifest is, to the byte, what was written.

    Returns:
        ``None`` for one of an older Stockade, which did not seal.

    Raises:
        InputError: it cannot be read.
    """
    try:
        text = path.read_bytes()
        record = json.loads(text)
        sealed = record.get("sealed")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is not a manifest that can be read: {error}.") from error
    if not sealed:
        return None
    bare = as_bytes(record | {"sealed": ""})
    return text == as_bytes(record) and sealed == hashlib.sha256(bare).hexdigest()
