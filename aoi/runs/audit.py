"""``stockade audit``: is the claim true, as far as two pictures can tell?

    claims ─┐
    zones  ─┼─► compare, building by building ──► a tally and a verdict a claim
    pair   ─┘                                 ──► audit.html (and .pdf), ledger.csv, audit.json

Every claim is judged by the one rule of ``geo.change.bounds``; a claim that names a zone by
that zone's buildings alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from aoi import palette
from aoi.outputs.compare_page import write_pair_page, write_pdf
from aoi.outputs.manifest import hash_file
from aoi.runs.audit_claims import read_claims
from aoi.runs.compare import PairRun, compare_run
from aoi.runs.compare_footprints import text_of
from aoi.runs.compare_outcome import FILES, PairOutcome
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_tell import finish, leave, outcome_of, told_of
from aoi.runs.scenes import Watcher
from geo.change.bounds import RULE, Claim, Finding, judge, tally
from geo.errors import InputError, OutputError
from geo.vectors import read_vectors
from geo.write import beside

AUDIT_FILES: Mapping[str, str] = {
    "audit.html": "claims, verdicts and the ledger with both pictures of every building",
    "audit.pdf": "the same, for print",
    "audit.json": "claims, counts and verdicts, for programs",
}
"""What an audit leaves besides the files of a comparison."""

ZONE_COLUMNS = ("zone", "name", "id", "label", "title")
"""Columns that name a zone, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What is claimed, and the pair it is held against."""

    pair: PairRequest
    claims: tuple[str, ...]
    """Sentences, or paths of TOML files."""

    zones: Path | None = None
    """Outlines of the zones that claims name."""

    pdf: bool = False
    """Print the page as PDF as well."""


def run_audit(request: AuditRequest, *, progress: Watcher | None = None) -> PairOutcome:
    """Hold claims against two pictures and leave a folder that an editor can print.

    Raises:
        InputError: a claim cannot be read, names a zone nobody drew, or the pictures cannot be
            compared.
        ModelError: the weights or the device do not fit.
        OutputError: the folder cannot be written, holds another run, or a PDF is wanted and
            cannot be made.
    """
    claims = [claim for text in request.claims for claim in read_claims(text)]
    if request.pdf:
        _need_pdf()
    run = compare_run(
        request.pair,
        extra={
            "claims": [repr(claim) for claim in claims],
            "zones": request.zones and hash_file(request.zones),
        },
        progress=progress,
    )
    clock = time.perf_counter()
    told = told_of(run)
    ledger = _zoned(told.ledger, request.zones, run)
    findings = judge_claims(run, ledger, claims)
    rows = [row_of(finding) for finding in findings]
    told = replace(
        told,
        ledger=ledger,
        page=replace(
            told.page, ledger=_in_order(ledger), findings=rows, rule=RULE,
            title=_title(claims, told.page.title),
        ),
    )  # fmt: skip
    folder = run.folder.path
    leave(run, told)
    page = write_pair_page(folder / "audit.html", told.page, template="audit.html")
    write_pair_page(folder / "report.html", told.page, template="compare.html")
    with beside(folder / "audit.json") as part:
        part.write_text(json.dumps({"rule": RULE, "findings": rows}, indent=1), "utf-8")
    if request.pdf:
        write_pdf(folder / "audit.pdf", page)
    finish(run, told, clock)
    files = {name: what for name, what in AUDIT_FILES.items() if (folder / name).exists()}
    return replace(outcome_of(run, told, rows), files={**files, **FILES})


def judge_claims(
    run: PairRun, ledger: gpd.GeoDataFrame, claims: Sequence[Claim]
) -> list[Finding]:
    """Count the buildings of each claim and judge it.

    Raises:
        InputError: a claim names a zone in which no building stands.
    """
    first, last = (None if taken is None else taken.date() for taken in run.frames.times)
    return [
        judge(
            claim,
            tally(run.compared.decisions, claim.kind, _rows(ledger, claim.zone)),
            seen_until=last,
            seen_from=first,
        )
        for claim in claims
    ]


def _rows(ledger: gpd.GeoDataFrame, zone: str) -> list[int]:
    """List the units of a zone."""
    units = ledger["unit"].to_numpy(int)
    if not zone:
        return [int(u) for u in units]
    wanted = _plain(zone)
    inside = np.array([_plain(z) == wanted for z in ledger["zone"]], np.bool_)
    if not inside.any():
        known = sorted({str(z) for z in ledger["zone"] if z})
        advice = "Give --zones FILE, or footprints with a column zone."
        if known:
            advice = f"Zones with buildings: {', '.join(known)}."
        raise InputError(
            f"The claim speaks of {zone}, and no building is known to stand there. {advice}"
        )
    return [int(u) for u in units[inside]]


def _plain(zone: str) -> str:
    """Compare zones by what is left without the word: ``Zone A`` is ``a``."""
    words = [w for w in zone.lower().split() if w not in {"zone", "sector", "section", "block",
                                                          "part", "area", "the"}]  # fmt: skip
    return " ".join(words)


def _zoned(ledger: gpd.GeoDataFrame, path: Path | None, run: PairRun) -> gpd.GeoDataFrame:
    """Give each building the zone in which its middle lies.

    Raises:
        InputError: the file holds no outlines, or no column that names them.
    """
    if path is None:
        return ledger
    crs = run.frames.grid.crs
    zones = read_vectors(path, need_crs=crs is not None, mend=True)
    zones = zones if crs is None else zones.to_crs(crs.proj)
    zones = zones[zones.geom_type.isin(["Polygon", "MultiPolygon"])]
    by_name = {str(column).lower(): column for column in zones.columns}
    column = next((by_name[name] for name in ZONE_COLUMNS if name in by_name), None)
    if zones.empty or column is None:
        raise InputError(
            f"{path.name} must hold outlines with a column that names them: one of "
            f"{', '.join(ZONE_COLUMNS)}."
        )
    middles = ledger.geometry.representative_point()
    found = [
        next((text_of(name) for name, shape in zip(zones[column], zones.geometry, strict=True)
              if shape.contains(point)), "")
        for point in middles
    ]  # fmt: skip
    return ledger.assign(zone=found)


def _in_order(ledger: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Order the printed ledger: by zone, changes first, the surest first."""
    order = {swatch.key: n for n, swatch in enumerate(palette.CHANGES)}
    keys = ledger.assign(_kind=ledger["kind"].map(order), _less=-ledger["confidence"].fillna(0))
    keys = keys.sort_values(["zone", "_kind", "_less", "number"], kind="stable")
    return keys.drop(columns=["_kind", "_less"])


def row_of(finding: Finding) -> dict[str, Any]:
    """Write a finding down, for the page, for ``audit.json`` and for ``--json``."""
    claim, counted = finding.claim, finding.tally
    whole = max(counted.buildings, claim.number, claim.of or 0, 1)
    swatch = palette.find_swatch(palette.CHANGES, claim.kind.value, palette.CHANGES[0])
    parts = (counted.sure, counted.doubtful, counted.unseen)
    shares = [round(100 * part / whole, 2) for part in parts]
    return {
        "quote": claim.quote,
        "source": claim.source,
        "zone": claim.zone,
        "kind": claim.kind.value,
        "word": swatch.name.lower(),
        "number": claim.number,
        "of": claim.of,
        "by": claim.by and claim.by.isoformat(),
        "buildings": counted.buildings,
        "at_least": counted.at_least,
        "probably": counted.probably,
        "at_most": counted.at_most,
        "doubtful": counted.doubtful,
        "unseen": counted.unseen,
        "altered": counted.altered,
        "verdict": finding.verdict.value,
        "why": finding.why,
        "notes": list(finding.notes),
        "colour": swatch.colour,
        "shares": [*shares, round(max(0.0, 100 - sum(shares)), 2)],
        "mark": round(100 * min(claim.number / whole, 1), 2),
    }


def _title(claims: Sequence[Claim], pictures: str) -> str:
    return f"“{claims[0].quote}”" if len(claims) == 1 else f"{len(claims)} claims, {pictures}"


def _need_pdf() -> None:
    from importlib.util import find_spec  # noqa: PLC0415  # one use

    if find_spec("weasyprint") is None:
        raise OutputError(
            "A PDF needs the package weasyprint (pip install weasyprint). Or print audit.html "
            "from any browser; it is made for paper."
        )
