"""Sums of drawn places, as ``stockade compare`` tells them, against what was drawn.

drawn place on two dates ──► the command's own way ──► roofs and walls of each date
plan, fates              ──► the same, as drawn    ──► errors, and how much growth was told
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from affine import Affine
from change_eyes import LEAST

from aoi.runs.compare import compare_run
from aoi.runs.compare_places import compounds_of, things_of
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_rows import ledger_of
from aoi.runs.compare_sums import Stand, sums_of
from geo.bands import RGB
from geo.grid import Grid, gsd_of
from geo.write import write_cog
from models.change_pairs import DrawnPair, draw_pair
from models.synthetic.plan import make_plan

FIGURES = ("roofs", "roofs_m2", "walls_m")
"""What is summed up of a whole place and can be counted in a plan."""

DAYS = date(2024, 1, 1), date(2025, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """One drawn place: figures told and true, by date."""

    told: tuple[Stand, Stand]
    true: tuple[dict[str, float], dict[str, float]]

    def table(self) -> np.ndarray:
        """Give (date, figure, told or true)."""
        return np.array(
            [
                [(getattr(told, name), true[name]) for name in FIGURES]
                for told, true in zip(self.told, self.true, strict=True)
            ]
        )


def summed(kind: str, seed: int, size: int = 640) -> Summed:
    """Draw a place, have it compared and summed up."""
    pair = draw_pair(kind, seed=seed, size=size)
    plan = make_plan(kind, np.random.default_rng([seed, 41]), size / 2, size / 2)
    grid = Grid((size, size), Affine(0.5, 0, 500_000, 0, -0.5, 1_200_000), "EPSG:32648")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.tif" for name in ("before", "after")]
        for path, picture in zip(files, pair.pictures, strict=True):
            write_cog(path, picture, grid=grid, band_names=RGB)
        run = compare_run(
            PairRequest(
                before=files[0], after=files[1], out=Path(folder) / "run",
                before_date=DAYS[0], after_date=DAYS[1],
            )
        )  # fmt: skip
        things = things_of(run)
        compounds = compounds_of(things)
        whole, *_ = sums_of(run, things, compounds, ledger_of(run))
    return Summed(
        told=(whole.before, whole.after),
        true=(_true(pair, plan.walls, 0), _true(pair, plan.walls, 1)),
    )


def _true(pair: DrawnPair, walls: tuple, day: int) -> dict[str, float]:
    """Count what was drawn of one date."""
    seen = [fate.seen[day] for fate in pair.fates if fate.seen[day] is not None]
    extent = pair.grid.extent.geom
    return {
        "roofs": sum(roof.intersection(extent).area >= LEAST / 2 for roof in seen),
        "roofs_m2": float(pair.roofs[day].sum()) * gsd_of(pair.grid) ** 2,
        "walls_m": sum(w.line.intersection(extent).length for w in walls if w.bars),
    }


def tell_sums(places: list[Summed]) -> None:
    """Print how far told figures are from true ones, by place and date, and told growth."""
    tables = np.array([place.table() for place in places])  # place, date, figure, told or true
    for at, name in enumerate(FIGURES):
        told, true = np.moveaxis(tables[:, :, at], -1, 0)
        low, mid, high = np.percentile(told / np.maximum(true, 1) - 1, [10, 50, 90])
        grown, grew = np.diff(told)[:, 0], np.diff(true)[:, 0]
        print(
            f"| {name} | {true.mean():,.0f} | {mid:+.0%} ({low:+.0%} to {high:+.0%}) | "
            f"{grew.sum():+,.0f} | {grown.sum():+,.0f} | {np.abs(grown - grew).mean():,.0f} |"
        )
