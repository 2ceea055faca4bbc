"""Which ground was judged, drawn small enough to count."""

import numpy as np
import pytest
import shapely

from aoi.runs.coverage import coverage, ground_seen
from geo.grid import local_grid
from geo.types import NODATA
from models.predict import Seen

SIDE = 400
"""Pixels of half a metre: 200 m."""
GRID = local_grid(SIDE, SIDE, 0.5)


def tile(scores, name="t-0", rows=(0, SIDE), cols=(0, SIDE), reason="nodata"):
    share = float((scores[0][slice(*rows), slice(*cols)] != NODATA).mean())
    return Seen(
        tile=name, rows=rows, cols=cols, valid_share=share, reason=reason if share < 1 else ""
    )


def judged(*blank):
    scores = np.full((2, SIDE, SIDE), 7, np.uint8)
    for rows, cols in blank:
        scores[:, slice(*rows), slice(*cols)] = NODATA
    return scores


def test_a_tile_that_was_judged_whole_is_one_row_as_large_as_it_is():
    scores = judged()
    [row] = coverage(GRID, [tile(scores)], scores).itertuples()
    assert (row.tile_id, row.valid_share, row.reason) == ("t-0", 1.0, "")
    assert row.geometry.equals(GRID.extent.geom)


def test_a_tile_half_of_nodata_is_told_in_two_rows_that_part_where_the_nodata_begins():
    scores = judged(((0, SIDE), (240, SIDE)))
    seen, unseen = coverage(GRID, [tile(scores)], scores).itertuples()
    assert (seen.tile_id, seen.valid_share, seen.reason) == ("t-0", 1.0, "")
    assert (unseen.tile_id, unseen.valid_share, unseen.reason) == ("t-0-unseen", 0.0, "nodata")
    assert seen.geometry.equals(shapely.box(0, -200, 120, 0))
    assert unseen.geometry.equals(shapely.box(120, -200, 200, 0))


def test_only_ground_that_was_seen_counts_as_seen():
    scores = judged(((0, SIDE), (240, SIDE)))
    seen = ground_seen(coverage(GRID, [tile(scores)], scores))
    assert seen.contains(shapely.Point(60, -100))
    assert not seen.intersects(shapely.Point(160, -100))


def test_tiles_lie_where_they_were_cut_and_an_empty_one_is_one_row():
    scores = judged(((200, SIDE), (0, SIDE)), ((104, 200), (0, 200)))
    tiles = [
        tile(scores, "top", rows=(0, 200)),
        tile(scores, "bottom", rows=(200, SIDE)),
        Seen(tile="none", rows=(0, 0), cols=(0, SIDE), valid_share=0.0),
    ]
    told = coverage(GRID, tiles, scores)
    assert told["tile_id"].tolist() == ["top", "top-unseen", "bottom"]
    assert told.geometry[1].equals(shapely.box(0, -100, 100, -52))
    assert told.geometry[2].equals(shapely.box(0, -200, 200, -100))
    assert told.geometry.area.sum() == pytest.approx(200 * 200)


def test_specks_smaller_than_a_yard_are_not_told_apart_but_cost_their_share():
    scores = judged(((96, 128), (96, 128)))  # 16 m by 16 m
    [row] = coverage(GRID, [tile(scores)], scores).itertuples()
    assert row.reason == ""
    assert row.valid_share == pytest.approx(1 - 32 * 32 / SIDE**2)


def test_ground_told_adds_up_to_ground_judged_whatever_the_size_of_a_tile():
    rng = np.random.default_rng(0)
    scores = judged()
    scores[:, (rng.random((SIDE, SIDE)) < 0.3) | (np.mgrid[:SIDE, :SIDE].sum(0) > 500)] = NODATA
    for cols in ((0, SIDE), (0, 333), (3, 250)):
        told = coverage(GRID, [tile(scores, cols=cols)], scores)
        share = (told.geometry.area * told["valid_share"]).sum() * 4
        true = (scores[0][:, slice(*cols)] != NODATA).sum()
        assert share == pytest.approx(true, rel=0.02)


def test_nothing_looked_at_is_no_row():
    assert coverage(GRID, [], judged()).empty
    assert ground_seen(coverage(GRID, [], judged())).is_empty
