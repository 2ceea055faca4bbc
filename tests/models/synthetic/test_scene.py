"""A drawn scene tells the truth about itself."""

import numpy as np
import pytest
import shapely
from scipy.ndimage import distance_transform_edt

from geo.errors import InputError, UnitsError
from models.card import HEADS
from models.synthetic.plan import KINDS
from models.synthetic.scene import draw_scene


@pytest.fixture(scope="module")
def plots():
    return draw_scene("plots", seed=4, gsd=0.5, size=256)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_drawn(kind):
    drawn = draw_scene(kind, seed=1, gsd=1.0, size=128)
    assert drawn.picture.shape == (3, 128, 128)
    assert drawn.picture.dtype == np.uint8
    assert drawn.picture.std() > 4
    assert tuple(drawn.labels) == HEADS
    for label in drawn.labels.values():
        assert label.shape == (128, 128)
        assert label.dtype == np.uint8
        assert set(np.unique(label)) <= {0, 1}


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others():
    first, again = (draw_scene("mix", seed=11, size=128) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    assert all(np.array_equal(first.labels[h], again.labels[h]) for h in HEADS)
    other = draw_scene("mix", seed=12, size=128)
    assert not np.array_equal(first.picture, other.picture)


def test_wall_pixels_lie_on_a_wall_line(plots):
    rows, cols = np.nonzero(plots.labels["wall"])
    points = shapely.points((cols + 0.5) * plots.gsd, -(rows + 0.5) * plots.gsd)
    lines = shapely.union_all([w.line for w in plots.plan.walls if w.bars])
    assert len(points) > 500
    assert shapely.distance(points, lines).max() <= 1.5 * plots.gsd


def test_every_wall_line_in_the_picture_is_labelled(plots):
    seen = shapely.box(1, -127, 127, -1)
    lines = shapely.union_all([w.line for w in plots.plan.walls if w.bars]).intersection(seen)
    at = shapely.line_interpolate_point(shapely.get_parts(lines), 0.5, normalized=True)
    col, row = (shapely.get_coordinates(at) / (plots.gsd, -plots.gsd)).astype(int).T
    assert plots.labels["wall"][row, col].mean() > 0.98


def test_hedges_and_banks_are_no_walls():
    drawn = draw_scene("resort", seed=3, size=256, gsd=1.0)
    hedges = [w for w in drawn.plan.walls if w.kind in {"hedge", "bank"}]
    barring = shapely.union_all([w.line for w in drawn.plan.walls if w.bars])
    away = [w.line for w in hedges if w.line.distance(barring) > 5]
    points = shapely.get_coordinates(shapely.line_interpolate_point(away, 1.0))
    col, row = np.clip((points / (1.0, -1.0)).astype(int), 0, 255).T
    assert away
    assert not drawn.labels["wall"][row, col].any()


def test_a_yard_is_labelled_when_closed_and_left_out_when_open():
    told = {True: [], False: []}
    drawn = draw_scene("plots", seed=9, gsd=0.5, size=400)
    built = shapely.union_all([b.footprint for b in drawn.plan.buildings]).buffer(1)
    for yard in drawn.plan.yards:
        others = [y.polygon for y in drawn.plan.yards if y is not yard]
        alone = yard.polygon.difference(shapely.union_all([*others, built]).buffer(1))
        point = alone.representative_point()
        if not alone.is_empty and 2 < point.x < 198 and -198 < point.y < -2:
            at = int(-point.y / 0.5), int(point.x / 0.5)
            told[yard.closed].append(drawn.labels["yard"][at])
    assert len(told[True]) > 5
    assert len(told[False]) > 2
    assert all(told[True])
    assert not any(told[False])


def test_yards_hold_no_buildings_and_buildings_no_bare_ground(plots):
    assert not (plots.labels["yard"] & plots.labels["building"]).any()
    assert not (plots.labels["ground"] & plots.labels["building"]).any()


def test_the_edge_of_buildings_is_a_band_about_two_pixels_wide(plots):
    edge, building = plots.labels["building_edge"], plots.labels["building"]
    edge = edge[3:-3, 3:-3]  # a house just beyond the picture shows its edge alone
    inside = distance_transform_edt(building)[3:-3, 3:-3][edge == 1]
    outside = distance_transform_edt(1 - building)[3:-3, 3:-3][edge == 1]
    assert inside.max() <= 2.5
    assert outside.max() <= 2.5


@pytest.mark.parametrize("gsd", [0.3, 0.5, 1.0])
def test_labels_cover_the_same_ground_at_any_pixel_size(gsd):
    coarse = draw_scene("plots", seed=6, gsd=gsd, size=round(120 / gsd))
    metres = {h: float(v.sum()) * gsd**2 for h, v in coarse.labels.items()}
    fine = draw_scene("plots", seed=6, gsd=0.25, size=480)
    for head in ("building", "yard", "ground"):
        truth = float(fine.labels[head].sum()) / 16
        assert metres[head] == pytest.approx(truth, rel=0.05, abs=60)


def test_unknown_kinds_and_units_are_refused():
    with pytest.raises(InputError, match="walled_park"):
        draw_scene("castle", seed=1)
    with pytest.raises(UnitsError, match="metres per pixel"):
        draw_scene("plots", seed=1, gsd=0)
