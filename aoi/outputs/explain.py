"""Tell all that is known of one compound: what was measured, what it weighs, whence it comes.

    DIR/stockade.gpkg + DIR/manifest.json + id ──► Account ──► lines of text

Nothing is judged anew.  The weights are those of the score card the run was judged with; where
another card has come since, only the reasons that the run itself wrote down are told.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio

from aoi.outputs.columns import Column, Kind
from aoi.outputs.manifest import Manifest
from aoi.outputs.manifest_read import read_manifest
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.tables import EVIDENCE, LAYERS
from aoi.palette import score_class
from geo.errors import InputError
from geo.evidence import with_ratios
from geo.score import Scorer

RATIOS = (
    Column("roof_mean_m2", Kind.REAL, "m²", "Roofed ground by roofs.", spoken="mean roof area"),
    Column(
        "buildings_per_ha",
        Kind.REAL,
        "per ha",
        "Roofs by ground.",
        spoken="buildings a hectare",
    ),
)
"""What a score card may weigh beside the columns: it follows from them by division."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One compound of a run, and the run."""

    folder: Path
    """Of the run."""

    row: dict[str, Any]
    """Its row of the layer ``compounds``; missing values are ``None``."""

    layers: dict[str, gpd.GeoDataFrame]
    """``compounds`` (one row), and its ``yards`` and ``buildings``."""

    manifest: Manifest
    """Of the run."""

    @property
    def id(self) -> str:
        """Its name in the run."""
        return str(self.row["id"])


def account_of(folder: Path, name: str) -> Account:
    """Look a compound up in a run.

    Args:
        folder: what ``stockade scan`` left.
        name: its ``id``, or its ``rank``.

    Raises:
        InputError: there is no run, or no such compound in it; near names are told.
    """
    package = folder / "stockade.gpkg"
    if not package.exists():
        raise InputError(
            f"{folder} holds no stockade.gpkg; name the folder of a finished scan."
        )
    compounds = pyogrio.read_dataframe(package, layer="compounds")
    by = "rank" if name.isdecimal() else "id"
    found = compounds[compounds[by].astype(str) == name]
    if not len(found):
        known = [str(one) for one in compounds["id"]]
        near = difflib.get_close_matches(name, known, n=3) or known[:3]
        raise InputError(
            f"There is no compound {name} in {folder}. "
            + (f"Did you mean {', '.join(near)}?" if near else "Nothing was found in this run.")
        )
    row = {key: _plain(value) for key, value in found.iloc[0].items() if key != "geometry"}
    own = f"compound_id = '{row['id']}'"
    parts = {
        layer: pyogrio.read_dataframe(package, layer=layer, where=own)
        for layer in ("yards", "buildings")
    }
    return Account(
        folder=folder,
        row=row,
        layers={"compounds": found, **parts},
        manifest=read_manifest(folder / "manifest.json"),
    )


def _plain(value: Any) -> Any:
    """Turn what pandas takes for missing into ``None``."""
    missing = value is None or (isinstance(value, float | np.floating) and math.isnan(value))
    return None if missing else value


def lines_of(account: Account) -> Iterator[str]:
    """Tell of a compound in lines of text, section by section."""
    row = account.row
    yield f"{row['id']}, rank {row['rank']}: {_verdict(row)}"
    yield ""
    yield "Evidence"
    weights = _weights(account)
    known = {**with_ratios(_evidence(account)), **row}
    for column in (*EVIDENCE, *(ratio for ratio in RATIOS if ratio.name in weights)):
        weight = weights.get(column.name)
        told = "" if weight is None else f"{weight:+6.2f}"
        yield f"  {column.words:<22} {_value(known.get(column.name)):>9} {column.unit:<6}{told}"
    yield (
        "  (the last column: log-odds that it adds for a walled compound, or takes)"
        if weights
        else f"  (weights are not told: judged with another score card, {_card(account)})"
    )
    yield ""
    yield "Reasons, strongest first"
    yield from (f"  {reason}" for reason in str(row["reasons"] or "none").splitlines())
    yield ""
    yield "Match"
    yield f"  {_outcome(row)}"
    if row.get("match_note"):
        yield f"  {row['match_note']}"
    yield ""
    yield "Provenance"
    yield from (f"  {line}" for line in _provenance(account))
    yield ""
    yield DISCLAIMER


def _verdict(row: dict[str, Any]) -> str:
    """Say the score in words, or why there is none."""
    swatch = score_class(row["score"], str(row.get("cannot_tell") or ""))
    score = "no score" if row["score"] is None else f"{row['score']:.2f}"
    why = f" {row['cannot_tell']}" if row.get("cannot_tell") else ""
    return f"{swatch.name.lower()} ({score}). {swatch.meaning}{why}"


def _weights(account: Account) -> dict[str, float]:
    """Take the score apart with the card it was made with; empty where that is not at hand."""
    scorer = Scorer.from_card()
    if account.manifest.model.get("score") != scorer.name:
        return {}
    return scorer.contributions(_evidence(account))


def _evidence(account: Account) -> dict[str, float]:
    """Give what was measured as numbers; NaN where nothing was."""
    values = {column.name: account.row.get(column.name) for column in EVIDENCE}
    return {name: math.nan if value is None else float(value) for name, value in values.items()}


def _card(account: Account) -> str:
    """Name the score card of a run."""
    return str(account.manifest.model.get("score", "unknown"))


def _value(value: Any) -> str:
    """Write a value short enough to compare by eye."""
    if _plain(value) is None:
        return "unknown"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{float(value):.4g}"


def _outcome(row: dict[str, Any]) -> str:
    """Say how it was matched with the register."""
    column = next(one for one in LAYERS["compounds"].columns if one.name == "outcome")
    words = column.values.get(str(row.get("outcome")), "No register was given.")
    name = f": {row['site_name']}" if row.get("site_name") else ""
    return f"{words}{name}"


def _provenance(account: Account) -> Iterator[str]:
    """Say which picture, net, card and run it comes from."""
    row, manifest = account.row, account.manifest
    scene = next((one for one in manifest.inputs if one.scene_id == row["scene_id"]), None)
    when = row.get("observed_at") or "nobody knows when"
    yield f"picture   {row['scene_id']}, observed {when}"
    if scene is not None:
        yield f"file      {scene.path}, sha256 {scene.sha256}"
    yield f"pixels    {_value(row['gsd_m'])} m"
    yield f"net       {row['model']}, weights {manifest.model.get('weights', 'unknown')}"
    yield f"score     {_card(account)}"
    yield f"run       {row['run_id']}, finished {manifest.finished}"
    yield f"code      {manifest.versions.get('commit', 'unknown')}"
