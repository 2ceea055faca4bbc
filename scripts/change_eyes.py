"""Net, change head and fitted weights with which scripts/bench-change measures everything.

    weights, pictures ──judged, laid onto each other──► Compared

What is drawn here is drawn the same way for every measure: a place, its list of buildings.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
from scipy.ndimage import affine_transform

from geo.change.pair import Compared, Side, compare_pair
from geo.change.weights import read_taught, shipped
from geo.grid import Grid, gsd_of
from geo.prepare.registration import Held
from geo.types import Mask, Picture
from models.change_head import find_head
from models.change_material import Material
from models.change_pairs import DrawnPair
from models.change_real import REAL, laid_onto, real_pairs
from models.change_rows import Counts
from models.checkpoint import load_net
from models.judge import Judge
from models.judge_pair import PairJudge, turned_of
from models.predict_held import judge_held

LEAST = 40.0
"""Square metres; smaller buildings are on nobody's list here."""


class Eyes:
    """Judges pictures as ``stockade compare`` does."""

    def __init__(self, options: Namespace) -> None:
        """Take the net, the head and the weights that the words of the command name."""
        self.net = load_net(options.weights)
        self.judge = Judge(self.net, "cpu")
        head = find_head(self.net, options.weights)
        self.both = head and PairJudge(head, self.net, "cpu")
        self.taught = read_taught(options.taught.read_text()) if options.taught else shipped()

    def side(self, picture: Picture, valid: Mask, grid: Grid) -> Side:
        """Judge one date."""
        scores = judge_held(self.judge, Held(picture, valid), grid)
        return Side(picture=picture, valid=valid, roof=scores[0], edge=scores[1], gsd=0.5)

    def sides(self, item: Material) -> list[Side]:
        """Judge both dates of what is known already to lie on each other."""
        return [
            self.side(picture, valid, item.grid)
            for picture, valid in zip(item.pictures, item.valid, strict=True)
        ]

    def compare(
        self, one: Side, other: Side, grid: Grid, footprints: gpd.GeoDataFrame | None = None
    ) -> Compared:
        """Decide building by building."""
        dates = (Held(side.picture, side.valid) for side in (one, other))
        turned = self.both and turned_of(self.both, *dates, grid)
        return compare_pair(
            one, other, grid, footprints=footprints, taught=self.taught, turned=turned
        )

    def pair(
        self,
        pictures: tuple[Picture, Picture],
        grid: Grid,
        *,
        register: bool = True,
        footprints: gpd.GeoDataFrame | None = None,
        judged: tuple[Side, Side] | None = None,
        first: Side | None = None,
    ) -> tuple[Compared, tuple[Side, Side]]:
        """Compare two pictures as the command does.

        Args:
            pictures: (3, H, W) each.
            grid: of both.
            register: lay the second onto the first.
            footprints: a list of buildings; else what either date shows.
            judged: what an earlier call gave of the same pictures.
            first: the first date alone, where it was judged before.

        Returns:
            The comparison, and both dates as they were judged.
        """
        if judged is None:
            one, other = pictures
            valid = np.ones(one.shape[1:], bool)
            both = valid
            if register:
                other, both = laid_onto(one, other, gsd_of(grid))
            judged = first or self.side(one, valid, grid), self.side(other, both, grid)
        return self.compare(*judged, grid, footprints), judged


def interval(blocks: Sequence[Counts], figure: str, *, seed: int) -> tuple[float, float]:
    """Draw pairs again: the 95 % interval of a figure."""
    table = np.array([(b.right, b.claimed, b.true) for b in blocks]).reshape(-1, 3)
    picks = np.random.default_rng(seed).integers(max(1, len(table)), size=(1000, len(table)))
    values = np.array([getattr(Counts(*table[pick].sum(0)), figure) for pick in picks])
    values = values[np.isfinite(values)]
    return tuple(np.percentile(values, [2.5, 97.5])) if len(values) else (np.nan, np.nan)


def raw_pairs(data: Path) -> Iterator[Material]:
    """Yield later and earlier picture of every real pair, as their files have them."""
    for name in REAL:
        yield from real_pairs(data, name, move=False)


def off(picture: Picture, down: float, right: float, turn: float = 0.0) -> Picture:
    """Shift a picture by pixels and turn it by degrees about its middle."""
    angle, mid = np.radians(turn), (np.array(picture.shape[1:]) - 1) / 2
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offset = mid - spin @ mid - (down, right)
    bands = [
        affine_transform(band.astype(float), spin, offset, order=3, mode="nearest")
        for band in picture
    ]
    return np.clip(np.stack(bands), 0, 255).astype(np.uint8)


def footprints_of(pair: DrawnPair) -> gpd.GeoDataFrame:
    """List the buildings of a drawn pair, with their fates; those cut by the frame left out."""
    frame = gpd.GeoDataFrame(
        {
            "kind": [fate.kind for fate in pair.fates],
            "clouded": [fate.clouded for fate in pair.fates],
        },
        geometry=[fate.footprint for fate in pair.fates],
    )
    inside = frame.within(pair.grid.extent.geom) & (frame.area >= LEAST)
    return frame[inside].reset_index(drop=True).assign(lean_m=0.0)
