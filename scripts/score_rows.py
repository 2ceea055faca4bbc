"""Read gathered evidence back: what each candidate truly is, and which of them are judged.

Shared by ``train-score`` and ``check-score``.

    gathered.csv ──► one row a candidate: evidence, ratios, park?, judged?, cut?
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.evidence import EVIDENCE, with_ratios

PARKS = ("walled_park", "casino_hotel")
"""What a reviewer would call a walled-compound-like layout."""

LOOKALIKES = (
    *("factory", "gated_estate", "school", "barracks"),
    *("resort", "prison", "condo_town", "poultry_farm"),
)
"""The eight it is confused with."""

UNSEEN = ("gulf", "highland")
"""Regions kept out of the fit: other houses, streets and walls around the same kinds."""

NET = 3.0
"""Times that a row counts which a net gave.  Of 0, 1, 3, 6, three ranked scenes left out best
(average precision .81, .88, .89, .88)."""

TURN = 15
"""Seeds after which the kinds of ``gather-evidence`` come again."""

GROWN = ("roofed", "building")
"""Stages in which a park has the roofs a reviewer judges by; bare rings are left out."""


def read_rows(path: Path, hides: tuple[str, ...], eyes: str = "worn") -> pd.DataFrame:
    """Read gathered evidence, add its ratios, and hide what a cut perimeter hides.

    Returns:
        The table with ``park`` (is it one), ``judged`` (is its truth beyond doubt: pieces of
        parks and parks without roofs are neither right nor wrong), ``cut``, ``eyes`` (who
        looked, ``worn`` or ``net``).
    """
    rows = pd.read_csv(path)
    ratios = [with_ratios(r) for r in rows[list(EVIDENCE)].to_dict("records")]
    for name in ("roof_mean_m2", "buildings_per_ha"):
        rows[name] = [r[name] for r in ratios]
    rows["cut"] = rows["cut_by_edge"] > 0
    rows.loc[rows["cut"], list(hides)] = np.nan
    rows["park"] = rows["kind"].isin(PARKS)
    doubtful = rows["kind"].isin([f"piece of {kind}" for kind in PARKS])
    doubtful |= rows["park"] & ~rows["stage"].isin(GROWN)
    rows["judged"] = (rows["iou"] >= 0) & ~doubtful
    rows["eyes"] = eyes
    return rows


def weights_of(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Weigh rows so that plots and other ground count together as much as the look-alikes.

    A row that a net gave (column ``eyes``) counts ``NET`` times: such rows are few, and they
    are what a scan will feed the score.
    """
    named = rows["kind"].isin(PARKS + LOOKALIKES).to_numpy()
    alike = rows["kind"].isin(LOOKALIKES).sum()
    weight = np.where(named, 1.0, min(1.0, alike / max(1, (~named).sum())))
    return np.where(rows["eyes"] == "net", NET * weight, weight)
