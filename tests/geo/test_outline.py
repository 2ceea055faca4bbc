"""Outlines of pixels, exact; outlines of buildings, straight."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.errors import ShapeError, UnitsError
from geo.grid import Grid, local_grid
from geo.outline import outline_buildings, polygons

GSD = 0.5


def roof(height: float, width: float, turn: float = 0.0, score: int = 230) -> np.ndarray:
    """A roof in metres, turned clockwise by degrees, in the middle of 60 x 60 m."""
    row, col = np.mgrid[-60:60, -60:60] * GSD + GSD / 2
    angle = np.radians(turn)
    down, right = (
        np.cos(angle) * row - np.sin(angle) * col,
        np.sin(angle) * row + np.cos(angle) * col,
    )
    inside = (abs(down) <= height / 2) & (abs(right) <= width / 2)
    return np.where(inside, score, 10).astype(np.uint8)


def outline(scores, edge=None, **asked):
    return outline_buildings(scores, edge, local_grid(*scores.shape, GSD), **asked)


@settings(deadline=None)
@given(arrays(np.int32, (9, 11), elements=st.integers(0, 3)), st.sampled_from([0, 30]))
def test_outlines_cover_exactly_the_pixels_of_their_label(labels, turn):
    affine = (
        Affine.translation(500_000, 1_000_000) * Affine.rotation(turn) * Affine.scale(2, -2)
    )
    table = polygons(labels, Grid(labels.shape, affine, "EPSG:32648"))
    assert table.is_valid.all()
    assert table.crs == "EPSG:32648"
    for label, group in table.groupby("label"):
        assert group.area.sum() == pytest.approx(4 * (labels == label).sum(), abs=1e-3)
        for row, col in np.argwhere(labels == label)[:5]:
            centre = shapely.Point(affine * (col + 0.5, row + 0.5))
            assert group.contains(centre).sum() == 1


def test_no_label_gives_no_outline():
    assert len(polygons(np.zeros((4, 5), np.uint8), local_grid(4, 5, 1.0))) == 0


def test_a_hole_stays_a_hole():
    ring = np.ones((5, 5), np.uint8)
    ring[2, 2] = 0
    [outline_] = polygons(ring, local_grid(5, 5, 1.0)).geometry
    assert outline_.area == 24
    assert len(outline_.interiors) == 1


def test_labels_that_do_not_lie_on_the_grid_are_refused():
    with pytest.raises(ShapeError, match="lie on the grid"):
        polygons(np.zeros((4, 5), np.uint8), local_grid(5, 4, 1.0))


@pytest.mark.parametrize("turn", [0, 17, 45, 80])
def test_a_rectangular_roof_is_drawn_with_four_corners_and_its_true_size(turn):
    [building] = outline(roof(12, 24, turn)).itertuples()
    assert len(building.geometry.exterior.coords) == 5
    assert building.area_m2 == pytest.approx(288, rel=0.06)
    assert building.geometry.area == building.area_m2
    truth = shapely.affinity.rotate(shapely.box(18, -36, 42, -24), -turn)
    common = truth.intersection(building.geometry).area
    assert common / truth.union(building.geometry).area > 0.9


def test_an_l_is_not_drawn_as_a_rectangle():
    scores = roof(24, 24)
    scores[60:, 60:] = 10
    [building] = outline(scores).itertuples()
    assert building.area_m2 == pytest.approx(24 * 24 * 0.75, rel=0.03)
    assert 6 <= len(building.geometry.exterior.coords) - 1 <= 10


def test_score_is_the_mean_inside_as_a_probability():
    assert outline(roof(10, 10, score=200)).score.item() == pytest.approx(200 / 254)


def test_a_roof_starts_where_the_score_is_high_and_spreads_to_where_it_is_fair():
    scores = roof(10, 20, score=100)
    assert len(outline(scores)) == 0
    scores[58:62, 58:62] = 140
    [building] = outline(scores).itertuples()
    assert building.area_m2 == pytest.approx(200, rel=0.05)


def test_specks_are_dropped_and_small_holes_filled():
    assert len(outline(roof(3, 3))) == 0
    assert len(outline(roof(3, 3), min_area=6.0)) == 1
    holed = roof(16, 16)
    holed[58:62, 58:62] = 10
    assert outline(holed).area_m2.item() == pytest.approx(256, rel=0.03)


def test_a_courtyard_stays_open():
    court = roof(24, 24)
    court[50:70, 50:70] = 10
    assert outline(court).area_m2.item() == pytest.approx(24 * 24 - 100, rel=0.05)


def test_nodata_is_never_a_building():
    scores = roof(20, 20)
    scores[:60] = 255
    [building] = outline(scores).itertuples()
    assert building.area_m2 == pytest.approx(200, rel=0.05)
    assert len(outline(np.full((40, 40), 255, np.uint8))) == 0


def test_touching_roofs_are_parted_where_the_edge_says_so():
    scores = roof(12, 30)
    edge = np.zeros_like(scores)
    edge[:, 59:61] = 254
    assert len(outline(scores)) == 1
    parted = outline(scores, edge)
    assert len(parted) == 2
    assert parted.area_m2.sum() == pytest.approx(360, rel=0.05)


def test_edges_around_a_roof_do_not_part_it():
    scores, edge = roof(12, 30), np.zeros((120, 120), np.uint8)
    edge[scores > 100] = 230
    edge[50:70, 32:88] = 0
    assert len(outline(scores, edge)) == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_two_outlines_overlap_and_all_are_valid(seed):
    rng = np.random.default_rng(seed)
    scores, edge = np.full((120, 120), 10, np.uint8), np.zeros((120, 120), np.uint8)
    for row, col in rng.integers(0, 90, (14, 2)):
        high, wide = rng.integers(8, 30, 2)
        scores[row : row + high, col : col + wide] = 230
        edge[row, col : col + wide] = edge[row : row + high, col] = 254
    drawn = outline(scores, edge)
    assert drawn.is_valid.all()
    one, other = shapely.STRtree(drawn.geometry).query(drawn.geometry, predicate="overlaps")
    shared = shapely.area(
        shapely.intersection(drawn.geometry.to_numpy()[one], drawn.geometry.to_numpy()[other])
    )
    assert (shared < 1e-6).all()


@pytest.mark.parametrize("turns", range(4))
def test_turning_the_picture_changes_no_area(turns):
    scores = roof(13, 21, 20)
    turned = outline(np.ascontiguousarray(np.rot90(scores, turns)))
    assert turned.area_m2.item() == pytest.approx(outline(scores).area_m2.item(), rel=0.02)


def test_degrees_are_refused():
    with pytest.raises(UnitsError, match="metres"):
        outline_buildings(
            roof(9, 9), None, Grid((120, 120), Affine(1e-5, 0, 104, 0, -1e-5, 11), "EPSG:4326")
        )


def test_scores_that_do_not_lie_on_the_grid_are_refused():
    with pytest.raises(ShapeError, match="lie on the grid"):
        outline_buildings(roof(9, 9), None, local_grid(5, 5, 0.5))
