"""Outlines of pixels, exact; outlines drawn straight."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.errors import ShapeError
from geo.grid import Grid, local_grid
from geo.outline import polygons, straighten

GSD = 0.5


def roof(height: float, width: float, turn: float = 0.0) -> np.ndarray:
    """A roof in metres, turned clockwise by degrees, in the middle of 60 x 60 m; (120, 120)."""
    row, col = np.mgrid[-60:60, -60:60] * GSD + GSD / 2
    angle = np.radians(turn)
    down, right = (
        np.cos(angle) * row - np.sin(angle) * col,
        np.sin(angle) * row + np.cos(angle) * col,
    )
    return (abs(down) <= height / 2) & (abs(right) <= width / 2)


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


def drawn_of(mask: np.ndarray):
    """Draw one label; the outline as a polygon in metres."""
    [exact] = polygons(mask.astype(np.int32), local_grid(*mask.shape, GSD)).geometry
    [drawn] = straighten(np.array([exact]), GSD)
    return drawn


@pytest.mark.parametrize("turn", [0, 17, 45, 80])
def test_a_rectangle_is_drawn_with_four_corners_and_its_true_size(turn):
    drawn = drawn_of(roof(12, 24, turn))
    assert len(drawn.exterior.coords) == 5
    assert drawn.area == pytest.approx(288, rel=0.06)
    truth = shapely.affinity.rotate(shapely.box(18, -36, 42, -24), -turn)
    common = truth.intersection(drawn).area
    assert common / truth.union(drawn).area > 0.9


def test_an_l_is_not_drawn_as_a_rectangle():
    mask = roof(24, 24)
    mask[60:, 60:] = False
    drawn = drawn_of(mask)
    assert drawn.area == pytest.approx(24 * 24 * 0.75, rel=0.03)
    assert 6 <= len(drawn.exterior.coords) - 1 <= 10


def test_a_courtyard_stays_open():
    court = roof(24, 24)
    court[50:70, 50:70] = False
    assert drawn_of(court).area == pytest.approx(24 * 24 - 100, rel=0.05)


def test_outlines_side_by_side_never_overlap():
    labels = np.zeros((120, 120), np.int32)
    rng = np.random.default_rng(4)
    for number, (row, col) in enumerate(rng.integers(0, 90, (14, 2)), 1):
        high, wide = rng.integers(8, 30, 2)
        labels[row : row + high, col : col + wide] = number
    drawn = straighten(polygons(labels, local_grid(120, 120, GSD)).geometry.to_numpy(), GSD)
    assert shapely.is_valid(drawn).all()
    one, other = shapely.STRtree(drawn).query(drawn, predicate="overlaps")
    assert (shapely.area(shapely.intersection(drawn[one], drawn[other])) < 1e-6).all()
