"""Turn a finished matching into outcomes and sentences, a row per layout and per site.

Case ──► compound_rows: new | known_seen | known_unchanged
     └─► site_rows: known_seen | known_unchanged | known_not_observable | known_not_detected
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aoi.sites import words
from aoi.sites.assign import NOBODY, Whole
from aoi.sites.meet import Fits, Geometries, Reals, Surroundings
from aoi.sites.site import Registry, Site

SEEN = 0.9
"""Share of a site's ground that must have been looked at before *not detected* may be said."""

UNCHANGED = 0.9
"""Share of two outlines' union that both cover (IoU), from which they count as the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A finished matching; S sites near the imagery and C layouts, both sorted by id."""

    sites: tuple[Site, ...]
    """(S,)."""

    ids: Sequence[str]
    """(C,) names of the layouts."""

    scores: Reals
    """(C,) 0 to 1."""

    fits: Fits
    """Which layouts fit which precisely placed site."""

    taken: Whole
    """(S,) the layout tied to each site, or ``NOBODY``."""

    around: Surroundings
    """What lies in the wide discs."""

    grounds: Geometries
    """(S,) discs and outlines in the run's CRS."""

    shares: Reals
    """(S,) how much of each ground was looked at, NaN when unknown."""

    kept: Reals
    """(S,) overlap with the layout of the previous run, NaN where there was none."""

    owner: Whole = field(init=False)
    """(C,) the site tied to each layout, or ``NOBODY``."""

    def __post_init__(self) -> None:
        """Turn the ties around."""
        owner = np.full(len(self.ids), NOBODY, dtype=np.int64)
        tied = np.flatnonzero(self.taken != NOBODY)
        owner[self.taken[tied]] = tied
        object.__setattr__(self, "owner", owner)

    def outcome(self, site: int) -> str:
        """Tell what became of a site that a layout is tied to."""
        return "known_unchanged" if self.kept[site] >= UNCHANGED else "known_seen"

    def tied(self) -> Whole:
        """Find the pairs that were tied, as positions in ``fits``."""
        pairs = self.fits.pairs
        chosen: Whole = np.flatnonzero(self.taken[pairs.row] == pairs.col)
        return chosen


def compound_rows(case: Case) -> pd.DataFrame:
    """Write a row per layout, in the case's order."""
    size = len(case.ids)
    outcome = np.full(size, "new", dtype=object)
    site_id, site_name = np.full(size, None, dtype=object), np.full(size, None, dtype=object)
    distance = np.full(size, np.nan)
    note = _vague_notes(case)
    _note_leftovers(case, note)

    pairs = case.fits.pairs
    fitting = np.bincount(pairs.row, minlength=len(case.sites))
    also = _other_sites(case)
    for k in case.tied().tolist():
        number, layout = int(pairs.row[k]), int(pairs.col[k])
        site = case.sites[number]
        how = words.where_it_fits(site, case.fits.distance[k], case.fits.overlap[k])
        outcome[layout], distance[layout] = case.outcome(number), case.fits.distance[k]
        site_id[layout], site_name[layout] = site.id, site.name
        note[layout] = words.may_be(
            site, how, int(fitting[number]) - 1, also.get(layout, ()), case.scores[layout]
        )
    return pd.DataFrame(
        {
            "id": list(case.ids),
            "outcome": outcome,
            "site_id": site_id,
            "site_name": site_name,
            "match_distance_m": distance,
            "match_note": note,
        }
    )


def site_rows(case: Case, register: Registry, *, everyone: bool, known: bool) -> pd.DataFrame:
    """Write a row per site, in the register's order.

    Args:
        case: the matching.
        register: all sites.
        everyone: also those far from the imagery and those without a place.
        known: what ground was looked at is known.
    """
    near = {site.id: number for number, site in enumerate(case.sites)}
    tied = {int(case.fits.pairs.row[k]): k for k in case.tied().tolist()}
    fitting = np.bincount(case.fits.pairs.row, minlength=len(case.sites)).tolist()
    cheapest = _cheapest(case)
    shown: list[Site] = []
    told: list[Told] = []
    for site in register:
        number = near.get(site.id)
        if number is None and not everyone:
            continue
        shown.append(site)
        if number is None:
            far = words.OUTSIDE if known else words.not_seen(np.nan)
            why = far if site.geometry is not None else words.UNPLACED
            told.append(("known_not_observable", (), why))
        elif number in tied:
            told.append(_tied_site(case, number, tied[number], fitting[number] - 1))
        elif not register.identifies(site):
            told.append(_wide_site(case, number))
        else:
            told.append(_missing_site(case, number, cheapest.get(number)))
    where = [near.get(site.id, -1) for site in shown]
    return _table(shown, told, np.append(case.grounds, [None])[where])


def _vague_notes(case: Case) -> NDArray[np.object_]:
    """Write what can be said of layouts that no precisely placed site is tied to."""
    note = np.full(len(case.ids), words.NOWHERE, dtype=object)
    inside = np.flatnonzero(case.around.host != NOBODY)
    host, others = case.around.host[inside], case.around.hosts[inside] - 1
    # A town's layouts share one sentence: write it once.
    kinds, which = np.unique(np.stack([host, others]), axis=1, return_inverse=True)
    said = [words.near_reports(case.sites[s], n) for s, n in kinds.T.tolist()]
    note[inside] = np.array(said, dtype=object)[which.ravel()] if said else ""
    return note


def _note_leftovers(case: Case, note: NDArray[np.object_]) -> None:
    """Tell layouts on the ground of a precise site why another, or none, was tied to it."""
    pairs = case.fits.pairs
    order = np.lexsort((pairs.row, pairs.cost, pairs.col))
    first = order[np.r_[True, np.diff(pairs.col[order]) > 0]] if len(order) else order
    for k in first.tolist():
        winner = case.taken[pairs.row[k]]
        if winner not in (NOBODY, pairs.col[k]):
            site = case.sites[pairs.row[k]]
            note[pairs.col[k]] = words.goes_elsewhere(site, case.ids[winner])
    for number, layout in zip(*case.fits.weak, strict=True):
        if note[layout] == words.NOWHERE:
            note[layout] = words.too_weak(case.sites[number], case.scores[layout])


def _other_sites(case: Case) -> dict[int, list[str]]:
    """List, for each layout that fits several sites, those it is not tied to."""
    pairs = case.fits.pairs
    often = np.bincount(pairs.col, minlength=len(case.ids)) > 1
    others: dict[int, list[str]] = {}
    for k in np.flatnonzero(often[pairs.col] & (case.taken[pairs.row] != pairs.col)).tolist():
        others.setdefault(int(pairs.col[k]), []).append(case.sites[pairs.row[k]].name)
    return others


def _cheapest(case: Case) -> dict[int, int]:
    """Find, for each precise site, the position of its best pair."""
    pairs = case.fits.pairs
    best: dict[int, int] = {}
    for k in np.lexsort((pairs.col, pairs.cost, pairs.row)).tolist():
        best.setdefault(int(pairs.row[k]), k)
    return best


Told = tuple[str, tuple[str, ...], str]
"""Outcome, names of the layouts, sentence."""


def _tied_site(case: Case, number: int, k: int, others: int) -> Told:
    """Tell of a precisely placed site that has a layout."""
    site, layout = case.sites[number], case.ids[case.taken[number]]
    how = words.where_it_fits(site, case.fits.distance[k], case.fits.overlap[k])
    note = words.seen_as(layout, how, others, case.shares[number])
    if case.outcome(number) == "known_unchanged":
        note += words.as_before(case.kept[number])
    return case.outcome(number), (layout,), note


def _wide_site(case: Case, number: int) -> Told:
    """Tell of a site known only to its town or wider: never an identification."""
    site, share = case.sites[number], float(case.shares[number])
    layouts = tuple(case.ids[layout] for layout in case.around.best[number])
    if site.precision == "province":
        return "known_not_observable", layouts, words.PROVINCE
    if layouts:
        note = words.seen_around(site, int(case.around.count[number]), share)
        return "known_seen", layouts, note
    return _in_vain(share)


def _missing_site(case: Case, number: int, best: int | None) -> Told:
    """Tell of a precisely placed site that has no layout of its own.

    Where one stands that fits another site better, the two may be two reports of one compound:
    it was detected, and whose it is cannot be told.
    """
    share = float(case.shares[number])
    if best is None:
        return _in_vain(share)
    layout = case.fits.pairs.col[best]
    owner = case.sites[case.owner[layout]]
    return "known_not_observable", (), words.taken_from_it(case.ids[layout], owner, share)


def _in_vain(share: float) -> Told:
    """Tell apart ground without a layout and ground that was not looked at."""
    if share >= SEEN:
        return "known_not_detected", (), words.not_found(share)
    return "known_not_observable", (), words.not_seen(share)


def _table(sites: Sequence[Site], told: Sequence[Told], grounds: Geometries) -> pd.DataFrame:
    """Lay out layer ``sites``, and the sentence of each."""
    return pd.DataFrame(
        {
            "id": [site.id for site in sites],
            "name": [site.name for site in sites],
            "aliases": ["; ".join(site.aliases) for site in sites],
            "status": [site.status_class for site in sites],
            "outcome": [outcome for outcome, _, _ in told],
            "precision_m": np.array([s.precision_m or np.nan for s in sites], dtype=float),
            "compound_ids": ["; ".join(layouts) for _, layouts, _ in told],
            "sources": ["; ".join(source.url for source in site.sources) for site in sites],
            "note": [note for _, _, note in told],
            "geometry": grounds,
        }
    )
