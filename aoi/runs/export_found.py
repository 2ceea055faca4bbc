"""Take up a finished run with everything people decided since.

    DIR/manifest.json + stockade.gpkg + decisions.jsonl ──► read_found ──► Found

The layers show what stands now: verdicts, notes and moved outlines of the log are laid on what
the run wrote, and layouts that people drew stand beside those that were found.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from aoi.outputs.leaving import Found, Scene
from aoi.outputs.manifest import Manifest, hash_file
from aoi.outputs.manifest_read import read_manifest
from aoi.outputs.schema import conform
from aoi.outputs.tables import REVIEWED
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import Standing, standing
from aoi.review.lock import locked
from aoi.runs.export_written import read_written
from geo.errors import InputError, OutputError, StockadeError
from geo.write import beside

KEY, LOCK = "export.key", ".export.lock"
"""Files in ``.stockade``: the secret that new names are made with, and its lock."""

LENGTH = 32
"""Bytes of the secret; with fewer, names could be searched back to places."""


def read_found(folder: Path) -> Found:
    """Read a run's folder.

    Raises:
        InputError: no run lies there, or its decisions are broken.
    """
    manifest = read_manifest(folder / "manifest.json")
    layers = read_written(folder / "stockade.gpkg", manifest.run_id)
    entries = DecisionLog(folder, manifest.run_id).entries()
    if entries and entries[0].run_id != manifest.run_id:
        raise InputError(
            f"The decisions in {folder} belong to run {entries[0].run_id}, and the run is "
            f"{manifest.run_id}. Put them back beside their own run."
        )
    known = standing(entries)
    outlines = layers["compounds"]
    layers["compounds"] = decided(outlines, known, manifest.run_id)
    layers["changes"] = told_of(layers["changes"], known)
    return Found(
        run_id=manifest.run_id,
        title=str(next(iter(manifest.areas), {}).get("name", "")) or manifest.run_id,
        layers=layers,
        crs=layers["compounds"].crs,
        settled={name: s.verdict for name, s in known.items() if s.settled and s.verdict},
        reviewers={name: s.by for name, s in known.items() if s.by},
        scenes=scenes_of(manifest),
        facts=_facts(manifest, folder),
        decisions=len(entries),
        own_register=any(one.role == "sites" for one in manifest.inputs),
        secret=secret_of(folder),
        written=dict(zip(outlines["id"], outlines.geometry, strict=True)),
    )


def decided(
    compounds: gpd.GeoDataFrame, known: Mapping[str, Standing], run_id: str
) -> gpd.GeoDataFrame:
    """Lay decisions on what was found.

    Args:
        compounds: as the run wrote them.
        known: what stands, by compound.
        run_id: of layouts that people drew.

    Returns:
        The same rows with what was decided, and one more for each layout that was drawn.
    """
    rows = [_with(dict(row), known.get(str(row["id"]))) for row in compounds.to_dict("records")]
    found = set(compounds["id"])
    last = int(compounds["rank"].max()) if len(compounds) else 0
    for name, stands in known.items():
        if name not in found and stands.outline is not None:
            last += 1
            new = {"id": name, "rank": last, "run_id": run_id}
            rows.append(_with(_measured(new, stands.outline), stands))
    if not rows:
        return compounds
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=compounds.crs)
    return conform("compounds", frame)


def scenes_of(manifest: Manifest) -> tuple[Scene, ...]:
    """Tell the pictures a run looked at."""
    return tuple(
        Scene(
            id=one.scene_id,
            observed_at=one.observed_at,
            gsd_m=one.gsd_m,
            licence=one.licence,
            credit=one.credit,
        )
        for one in manifest.inputs
        if one.scene_id
    )


def secret_of(folder: Path) -> bytes:
    """Read the folder's secret, or make one that nobody else may read.

    Raises:
        OutputError: the folder is not ours to write, or the secret is damaged.
    """
    path = folder / ".stockade" / KEY
    wanted = f"The key {path}, with which names that leave are made, cannot be used"
    try:
        if not path.exists():
            _make_secret(path)
        text = path.read_bytes()
    except StockadeError:
        raise
    except OSError as error:
        raise OutputError(f"{wanted}: {error}.") from error
    try:
        secret = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != LENGTH:
        raise OutputError(
            f"{wanted}: it should hold {2 * LENGTH} hexadecimal digits, and does not. Fetch it "
            "from a backup, or remove it and export anew: a new one is made, and what left "
            "before cannot come back by its names."
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a new secret, once, whoever else wants one at the same time."""
    path.parent.mkdir(exist_ok=True)
    with locked(path.with_name(LOCK)):
        if path.exists():
            return
        with beside(path) as part:
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as text:
                text.write(secrets.token_hex(LENGTH))


def told_of(changes: gpd.GeoDataFrame, known: Mapping[str, Standing]) -> gpd.GeoDataFrame:
    """Lay decisions on changes; their outlines are what two pictures differ in, and stay."""
    rows = [
        _said(dict(r), known.get(str(r["id"])), "changes") for r in changes.to_dict("records")
    ]
    if not rows:
        return changes
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=changes.crs)
    return conform("changes", frame)


def _with(row: dict[str, Any], stands: Standing | None) -> dict[str, Any]:
    row = _said(row, stands, "compounds")
    if stands is None or stands.outline is None:
        return row
    return _measured(row, stands.outline)


def _said(row: dict[str, Any], stands: Standing | None, layer: str) -> dict[str, Any]:
    """Give a row what stands of it."""
    if stands is None:
        return row
    return row | {
        column: getattr(stands, word) or None for word, column in REVIEWED[layer].items()
    }


def _measured(row: dict[str, Any], wkt: str) -> dict[str, Any]:
    """Give a row the outline a person drew, and its area."""
    shape = shapely.from_wkt(wkt)
    return row | {"geometry": shape, "area_ha": shape.area / 1e4}


def _facts(manifest: Manifest, folder: Path) -> dict[str, Any]:
    return {
        "started": manifest.started,
        "finished": manifest.finished,
        "model": dict(manifest.model),
        "versions": dict(manifest.versions),
        "counts": dict(manifest.counts),
        "areas": [dict(area) for area in manifest.areas],
        "notes": list(manifest.notes),
        "manifest_sha256": hash_file(folder / "manifest.json"),
    }
