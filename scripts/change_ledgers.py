"""Ledgers of drawn places: judged buildings of a list, sites put together of them, audits.

drawn places, judged building by building ──► Ledger (kept) ──► how well, how well calibrated
Ledgers ──20 demolished, 40 not, 8 clouded──► fifty sites ──► do the bounds hold the truth?
one drawn town, clouds over it ──the whole way──► the same question
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from change_eyes import LEAST, Eyes
from numpy.typing import NDArray

from geo.change.bounds import Claim, Tally, judge, tally
from geo.change.decide import SEEN, Decisions, Kind
from geo.change.pair import Compared
from models.change_pairs import draw_fates
from models.change_rows import CHANGED
from models.kept import keep
from models.synthetic.plan import make_plan

BUILDINGS, GONE, UNSEEN, CLAIMED = 60, 20, 8, 45
"""Of a site: listed, truly demolished, under cloud, and what somebody claims was demolished."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Judged buildings of one drawn place."""

    true: NDArray[np.str_]
    """(N,) what became of each."""

    said: NDArray[np.str_]
    """(N,) what was said of it."""

    chance: NDArray[np.float64]
    """(N, 4) probabilities of ``SEEN``; NaN where nothing could be seen."""

    @classmethod
    def of(cls, compared: Compared, true: gpd.GeoSeries) -> Ledger:
        """Take a comparison by a list."""
        decisions = compared.decisions
        said = np.array([str(kind) for kind in decisions.kinds])
        return cls(true.to_numpy(str), said, decisions.chance)

    def save(self, path: Path) -> None:
        """Keep it in a file."""
        keep(path, true=self.true, said=self.said, chance=self.chance)

    @classmethod
    def load(cls, path: Path) -> Ledger:
        """Take up one that was kept."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["true"], file["said"], file["chance"])


def joined(ledgers: list[Ledger]) -> Ledger:
    """Put ledgers together."""
    return Ledger(
        np.concatenate([each.true for each in ledgers]),
        np.concatenate([each.said for each in ledgers]),
        np.concatenate([each.chance for each in ledgers]),
    )


def calibration(
    ledger: Ledger, kinds: Sequence[Kind] = CHANGED, *, bins: int = 10
) -> tuple[float, int]:
    """Measure the expected calibration error of kinds together; built or demolished.

    Args:
        ledger: judged buildings.
        kinds: whose probabilities add up.
        bins: of equal width.

    Returns:
        The error, 0 to 1, and the number of buildings it is told by.
    """
    seen = np.isfinite(ledger.chance).all(axis=1)
    told = ledger.chance[seen][:, [SEEN.index(kind) for kind in kinds]].sum(axis=1)
    true = np.isin(ledger.true[seen], [str(kind) for kind in kinds])
    which = np.minimum((told * bins).astype(int), bins - 1)
    gaps = [
        abs(float(told[which == n].mean() - true[which == n].mean())) * (which == n).mean()
        for n in range(bins)
        if (which == n).any()
    ]
    return float(sum(gaps)), int(seen.sum())


def site_of(pool: Ledger, rng: np.random.Generator) -> Tally:
    """Put one site together of judged buildings, some of which nobody could see."""
    gone = rng.choice(np.flatnonzero(pool.true == "demolished"), GONE, replace=False)
    stays = np.flatnonzero(np.isin(pool.true, ["unchanged", "altered"]))
    rows = np.concatenate([gone, rng.choice(stays, BUILDINGS - GONE, replace=False)])
    chance, said = pool.chance[rows].copy(), pool.said[rows].copy()
    clouded = rng.choice(BUILDINGS, UNSEEN, replace=False)
    chance[clouded], said[clouded] = np.nan, str(Kind.NOT_OBSERVABLE)
    nobody = np.zeros(BUILDINGS)
    decisions = Decisions(
        chance=chance,
        roofless=nobody,
        nothing=nobody.astype(bool),
        kinds=tuple(Kind(kind) for kind in said),
        confidence=nobody,
    )
    return tally(decisions, Kind.DEMOLISHED)


def tell_sites(tallies: list[Tally]) -> str:
    """Say of sites with ``GONE`` demolished buildings how well their bounds hold."""
    false, true = (
        [judge(Claim(number=n), each, seen_until=None).verdict for each in tallies]
        for n in (CLAIMED, GONE)
    )
    held = sum(each.at_least <= GONE <= each.at_most for each in tallies)
    middle = [
        np.median([getattr(each, name) for each in tallies])
        for name in ("at_least", "probably", "at_most")
    ]
    width = np.median([each.at_most - each.at_least for each in tallies])
    low, mid, high = middle
    sure = sum(each.at_least > GONE for each in tallies)
    return (
        f"bounds hold the truth ({GONE}) in {held} of {len(tallies)}; at least {low:.0f}, "
        f"probably {mid:.0f}, at most {high:.0f} (medians), median width {width:.0f}; more "
        f"sure than true in {sure}; the claim of {CLAIMED} is refuted in "
        f"{false.count('not supported')}; the true number is called false in "
        f"{true.count('not supported')}"
    )


def audit_site(eyes: Eyes, seed: int, *, cloud: float = 0.12) -> Tally:
    """Draw a site, tear down 20 of its 60 buildings, let clouds come, and count."""
    rng = np.random.default_rng([seed, 9])
    size, gsd = 512, 0.5
    frame, best = shapely.box(4, -size * gsd + 4, size * gsd - 4, -4), (None, [])
    for attempt in range(30):
        chance = np.random.default_rng([seed, 41, attempt])
        plan = make_plan("plots", chance, size * gsd, size * gsd)
        homes = [
            n
            for n, building in enumerate(plan.buildings)
            if building.stands
            and building.footprint.area >= LEAST
            and frame.contains(building.footprint)
        ]
        best = max(best, (plan, homes), key=lambda found: len(found[1]))
        if len(homes) >= BUILDINGS:
            break
    plan, homes = best
    listed = rng.choice(homes, min(BUILDINGS, len(homes)), replace=False)
    torn = set(rng.choice(listed, GONE, replace=False).tolist())
    fates = ["demolished" if n in torn else "unchanged" for n in range(len(plan.buildings))]
    pair = draw_fates(plan, fates, seed=seed, gsd=gsd, size=size, clouds=(0.0, cloud))
    outlines = [plan.buildings[n].footprint for n in listed]
    homes = gpd.GeoDataFrame(geometry=outlines).assign(lean_m=0.0)
    compared, _ = eyes.pair(pair.pictures, pair.grid, footprints=homes)
    return tally(compared.decisions, Kind.DEMOLISHED)
