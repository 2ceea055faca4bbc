"""Hold every look against the register: each registered site has an outcome in each run.

    compounds of a look + register ──match──► outcomes, ties ──► spells of *not detected*
    register now, register before ──diff──► changes; the history of compounds is untouched

That a known site is not detected means one of two things, and which cannot be told from above
alone: the model missed it, or it is gone.  So it is only ever said that way.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
from odc.geo.crs import CRS

from aoi.outputs.spreadsheet import write_rows
from aoi.runs.ledger_watch import LookRow, Memory
from aoi.runs.watch_eyes import Sight
from aoi.sites.diff import diff
from aoi.sites.identity_story import Story
from aoi.sites.importing import write_sites
from aoi.sites.match import match
from aoi.sites.registry import load_sites
from aoi.sites.site import Registry

STRENGTH = ("known_seen", "known_unchanged", "known_not_detected", "known_not_observable")
"""Outcomes of sites; where several looks of one run speak of a site, the first of these
counts."""

OUTCOMES = (
    "site_id", "name", "status", "outcome", "area", "compound_ids", "note", "last_seen",
    "last_looked_at",
)  # fmt: skip
"""Columns of sites.csv."""

NOT_LOOKED_AT = "Not looked at in this run."


def outcomes_of(
    sight: Sight,
    ids: Mapping[str, str],
    story: Story,
    crs: CRS,
    register: Registry,
    *,
    looks: Sequence[LookRow],
) -> dict[str, Any]:
    """Match one look with the register.

    Args:
        sight: what was seen.
        ids: outline to compound.
        story: before this look, for what has kept its outline.
        crs: the area's metric frame.
        register: the sites.
        looks: all others at the area, oldest first; those before tell which compound was tied
            to which site.

    Returns:
        ``outcomes``: site to outcome, compounds and sentence; ``tied``: compound to site;
        ``scores``: of the look's compounds.
    """
    names = [ids[found.id] for found in sight.look.found]
    scores: dict[str, float] = {}
    shapes: dict[str, Any] = {}
    for name, found in zip(names, sight.look.found, strict=True):
        scores[name] = max(scores.get(name, 0.0), sight.scores.get(found.id, 1.0))
        shapes[name] = found.outline.union(shapes[name]) if name in shapes else found.outline
    frame = gpd.GeoDataFrame(
        {"id": list(shapes), "score": [scores[name] for name in shapes]},
        geometry=list(shapes.values()),
        crs=crs.proj,
    )
    before = [c for c in story.living() if c.id in shapes]
    tied_before = _tied_before(looks, sight.look.time, story)
    last = gpd.GeoDataFrame(
        {"site_id": [tied_before.get(c.id) for c in before]},
        geometry=[c.outline for c in before],
        crs=crs.proj,
    )
    told = match(frame, register, sight.look.seen, previous=last)
    tied = told.compounds.dropna(subset=["site_id"])
    return {
        "outcomes": {
            str(row.id): [row.outcome, str(row.compound_ids), row.note]
            for row in told.sites.itertuples()
        },
        "tied": {str(row.id): str(row.site_id) for row in tied.itertuples()},
        "scores": {name: round(score, 4) for name, score in scores.items()},
    }


def _tied_before(looks: Sequence[LookRow], time: datetime, story: Story) -> dict[str, str]:
    """Tell which compound each site was tied to last, by compound."""
    latest = {
        site: story.name(compound)
        for look in looks
        if look.taken_at < time
        for compound, site in look.sites.get("tied", {}).items()
    }
    return {compound: site for site, compound in latest.items()}


def spells(looks: Sequence[LookRow], site: str) -> list[tuple[LookRow, LookRow | None, int]]:
    """Find the times through which a known site was looked at and not detected.

    Returns:
        Per spell its first look, the look that ended it if there is one, and how many looks in
        vain it has.
    """
    found: list[tuple[LookRow, LookRow | None, int]] = []
    running: tuple[LookRow, int] | None = None
    for look in looks:
        outcome = look.sites["outcomes"].get(site, [""])[0]
        if outcome == "known_not_detected":
            first, count = running or (look, 0)
            running = (first, count + 1)
        elif outcome in {"known_seen", "known_unchanged"} and running:
            found.append((running[0], look, running[1]))
            running = None
    if running:
        found.append((running[0], None, running[1]))
    return found


def read_register(
    path: Path | None, memory: Memory
) -> tuple[Registry, list[Mapping[str, Any]]]:
    """Read the register, and tell in what it differs from the last run's.

    Raises:
        InputError: it cannot be read, or records are faulty.
    """
    register = load_sites(path)
    if register.crs is None:  # a watch looks at places on Earth
        register = Registry(sites=(), name="none: the register is in local metres")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sites.geojson"
        write_sites(register, path)
        body = path.read_text(encoding="utf-8")
        sha = hashlib.sha256(body.encode()).hexdigest()
        before = memory.register()
        if before is not None and before[0] == sha:
            return register, []
        changes: list[Mapping[str, Any]] = []
        if before is not None:
            path.write_text(before[1], encoding="utf-8")
            changes = [asdict(change) for change in diff(load_sites(path), register)]
    memory.keep_register(sha, body, changes)
    return register, changes


def write_outcomes(
    path: Path, register: Registry, looks: Sequence[LookRow], of_run: set[tuple[str, str]]
) -> Path:
    """Write one row for every registered site: what this run can say of it.

    Args:
        path: CSV.
        register: all sites.
        looks: all looks of all areas, oldest first.
        of_run: area and key of the looks of this run.
    """
    rows: list[tuple[str, ...]] = [OUTCOMES]
    for site in register:
        said = [(look, look.sites["outcomes"][site.id]) for look in looks
                if site.id in look.sites["outcomes"]]  # fmt: skip
        now = [(look, told) for look, told in said if (look.area, look.key) in of_run]
        best = min(now, key=lambda one: STRENGTH.index(one[1][0]), default=None)
        seen = [look for look, told in said if told[0] in STRENGTH[:2]]
        clear = [look for look, told in said if told[0] != STRENGTH[3]]
        outcome, compounds, note = best[1] if best else (STRENGTH[3], "", NOT_LOOKED_AT)
        rows.append(
            (
                *(site.id, site.name, site.status_class, outcome),
                *(best[0].area if best else "", compounds, note),
                *(_day(seen), _day(clear)),
            )
        )
    return write_rows(path, rows)


def _day(looks: Sequence[LookRow]) -> str:
    return max(look.taken_at for look in looks).date().isoformat() if looks else ""
