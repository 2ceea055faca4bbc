"""What counts as enclosed, drawn small enough to check by eye."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize
from scipy.ndimage import gaussian_filter
from shapely import LineString

from geo.errors import ShapeError, UnitsError
from geo.grid import local_grid
from geo.yards import find_yards, yard_table


def court(side: float, opening: float, gsd: float = 0.5) -> np.ndarray:
    """A square court of ``side`` metres, one ``opening`` in its south wall, 20 m of margin."""
    px, margin = round(side / gsd), round(20 / gsd)
    walls = np.zeros((px + 2 * margin, px + 2 * margin), np.float32)
    a, b = margin, margin + px
    thick = max(1, round(1 / gsd))
    walls[a - thick : b + thick, a - thick : b + thick] = 1
    walls[a:b, a:b] = 0
    half = round(opening / gsd / 2)
    mid = (a + b) // 2
    walls[b : b + thick, mid - half : mid + half] = 0
    return walls


def find(walls, gsd=0.5, **asked):
    return find_yards(walls, np.zeros_like(walls), gsd, **asked)


@pytest.mark.parametrize(("opening", "count"), [(0, 1), (4, 1), (6, 1), (8, 0), (30, 0)])
def test_a_court_is_closed_until_its_gate_is_too_wide(opening, count):
    walls = court(40, opening)
    assert len(find(walls, wider=()).yards) == count
    assert sum(yard.closed for yard in find(walls).yards) == count


@pytest.mark.parametrize(("opening", "count"), [(8, 1), (11, 1), (16, 0), (30, 0)])
def test_a_court_with_a_wide_opening_is_told_of_but_is_not_closed(opening, count):
    yards = find(court(40, opening)).yards
    assert len(yards) == count
    for yard in yards:
        assert not yard.closed
        assert yard.enclosure == 0
        assert yard.largest_gap_m == pytest.approx(opening, abs=1)
        assert yard.gates == 0


@pytest.mark.parametrize("gsd", [0.25, 0.5, 1.0, 2.0])
def test_area_is_in_square_metres_whatever_the_pixel_size(gsd):
    [yard] = find(court(40, 4, gsd), gsd).yards
    assert yard.area_m2 == pytest.approx(1600, rel=0.02)


@pytest.mark.parametrize("gsd", [0.25, 0.5, 1.0, 2.0])
def test_a_gate_is_in_metres_whatever_the_pixel_size(gsd):
    assert [yard.closed for yard in find(court(80, 4, gsd), gsd).yards] == [True]
    assert not any(yard.closed for yard in find(court(80, 12, gsd), gsd).yards)


def test_a_haze_of_building_scores_is_no_house():
    walls = court(40, 0)
    [yard] = find_yards(walls, np.full_like(walls, 0.4), 0.5).yards
    assert yard.enclosure == 1
    assert yard.area_m2 == 1600


def test_a_gate_is_counted_measured_and_placed():
    found = find(court(40, 4))
    [yard] = found.yards
    assert (yard.gates, yard.gate_widths) == (1, pytest.approx((4,), abs=0.5))
    [(row, col)] = yard.gate_points
    assert row == pytest.approx(120, abs=3)
    assert col == pytest.approx(79.5, abs=1)
    assert yard.closure == pytest.approx(1 - 4 / 160, abs=0.02)


def test_enclosure_is_the_score_of_the_weakest_wall():
    walls = court(40, 0) * 0.9
    walls[120:122, 40:60] = 0.6  # ten metres of the south wall
    [yard] = find(walls).yards
    assert yard.enclosure == pytest.approx(0.6, abs=0.01)
    assert find(walls).escape[80, 80] == pytest.approx(0.6, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(turns=st.integers(0, 3), flip=st.booleans(), side=st.integers(22, 60))
def test_turning_the_picture_changes_nothing(turns, flip, side):
    walls = court(side, 4)
    other = np.rot90(walls[:, ::-1] if flip else walls, turns)
    for one, two in zip(find(walls).yards, find(other).yards, strict=True):
        assert one.area_m2 == two.area_m2
        assert one.enclosure == two.enclosure
        assert one.closure == pytest.approx(two.closure, abs=0.01)
        assert one.gates == two.gates


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(0, 9), cols=st.integers(0, 9))
def test_moving_the_picture_by_work_pixels_changes_nothing_and_by_others_little(rows, cols):
    walls = np.pad(court(40, 4), 10)
    moved = np.roll(walls, (rows, cols), axis=(0, 1))
    [one], [two] = find(walls).yards, find(moved).yards
    whole = rows % 2 == cols % 2 == 0
    assert two.area_m2 == pytest.approx(one.area_m2, rel=0 if whole else 0.06)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_wall_never_lowers_enclosure(seed):
    rng = np.random.default_rng(seed)
    walls = court(40, 4) * rng.uniform(0.3, 1)
    more = walls.copy()
    row, col = rng.integers(0, 120, 2)
    added = more[row : row + 30, col : col + 2]
    np.maximum(added, rng.uniform(0, 1), out=added)
    assert (find(more).escape >= find(walls).escape).all()


def test_closing_a_gap_never_lowers_enclosure():
    strength = [find(court(40, width)).yards[0].enclosure for width in (12, 8, 4, 0)]
    assert strength == sorted(strength)
    assert strength[0] < strength[-1]


@pytest.mark.parametrize("turns", range(4))
def test_ground_that_runs_off_the_picture_is_told_of_but_never_claimed(turns):
    found = find(np.rot90(court(40, 0)[:100], turns))
    [yard] = found.yards
    assert yard.cut_by_edge
    assert not yard.closed
    assert np.isnan(yard.enclosure)
    assert yard.closure == 1
    assert np.median(found.enclosure[found.labels == 1]) == 0  # but for rounded corners


def test_ground_beside_nodata_is_never_claimed():
    walls = court(40, 0)
    valid = np.ones(walls.shape, bool)
    valid[50:60, 50:60] = False
    assert not any(yard.closed for yard in find(walls, valid=valid).yards)
    hidden = walls.copy()
    hidden[50:60, 50:60] = np.nan
    assert not any(yard.closed for yard in find(hidden).yards)


def test_a_street_between_walls_is_not_a_yard_cut_by_the_edge():
    walls = np.zeros((160, 160), np.float32)
    walls[60:62] = walls[100:102] = 1  # 19 m apart, from edge to edge
    assert [yard.cut_by_edge for yard in find(walls).yards if yard.area_m2 < 2000] == []


def test_a_park_is_told_of_before_its_courts():
    walls, blocks = court(120, 0), np.zeros((320, 320), np.float32)
    for row in (60, 110, 160, 210):
        blocks[row : row + 24, 60:260] = 1  # rows of dormitories 13 m apart
        blocks[row : row + 50, [60, 259]] = 1
    [park] = find_yards(walls, blocks, 0.5).yards
    assert park.area_m2 == pytest.approx(14400, rel=0.01)


def test_a_park_does_not_hide_the_walled_yards_inside_it():
    walls = court(120, 0)
    walls[100:164, 100:164] = court(30, 4)[38:102, 38:102]
    park, inner = find(walls).yards
    assert park.area_m2 == 14400
    assert inner.area_m2 == pytest.approx(900, rel=0.02)
    assert inner.closed
    assert inner.gates == 1
    assert (park.inside, inner.inside) == (0, park.label)


@pytest.mark.parametrize(("opening", "count"), [(16, 1), (18, 1), (30, 0)])
def test_a_park_may_open_by_a_street_and_is_told_of_but_not_as_closed(opening, count):
    yards = find(court(120, opening)).yards
    assert len(yards) == count
    assert not any(yard.closed for yard in yards)


def test_a_house_that_fills_its_plot_does_not_hide_it():
    walls, house = court(24, 0), np.zeros((128, 128), np.float32)
    house[46:82, 46:82] = 0.9  # three metres of ground left all round
    [yard] = find_yards(walls, house, 0.5).yards
    assert yard.closed
    assert yard.area_m2 == pytest.approx(576, rel=0.02)


def test_fat_soft_walls_take_no_ground():
    hard, soft = court(30, 0), gaussian_filter(court(30, 0), 2) * 1.5
    [one], [other] = find(hard).yards, find(soft).yards
    assert other.area_m2 == pytest.approx(one.area_m2, rel=0.12)
    assert find(soft).yards[0].closure == 1


def test_a_court_is_claimed_into_its_corners():
    for gate in (6.0, 16.0):
        [yard] = find(court(40, 0), gate=gate, wider=()).yards
        assert yard.area_m2 == 1600
        assert yard.closure == 1


def test_a_light_well_is_not_a_yard_unless_asked_for():
    well = court(15, 0)
    assert find(well).yards == []
    assert not find(well).labels.any()
    assert len(find(well, min_area=200).yards) == 1


def test_buildings_inside_are_islands_and_facades_are_walls():
    walls = court(40, 0)
    house = np.zeros_like(walls)
    house[70:90, 70:90] = 1
    assert find_yards(walls, house, 0.5).yards[0].area_m2 == pytest.approx(1600, rel=0.01)
    gap, front = court(40, 20), np.zeros_like(walls)
    front[112:122, 58:102] = 1  # a house where the wall is missing
    [yard] = find_yards(gap, front, 0.5).yards
    assert yard.closed
    assert yard.closure == 1
    assert yard.area_m2 == pytest.approx(1600, rel=0.05)


def test_a_faint_wall_across_a_court_does_not_cut_it_and_a_firm_one_does():
    walls = court(60, 0) * 0.9
    for score, count in ((0.25, 1), (0.9, 2)):
        walls[40:160, 99:101] = score
        assert len(find(walls).yards) == count


def test_yards_that_share_a_wall_are_one_compound_and_others_are_not():
    pair = np.hstack([court(40, 0)[:, :122], court(40, 0)[:, 40:]])
    apart = np.hstack([court(40, 0), court(40, 0)])
    assert {yard.compound for yard in find(pair).yards} == {1}
    assert {yard.compound for yard in find(apart).yards} == {1, 2}


def test_an_inner_yard_knows_which_one_holds_it():
    walls = court(90, 0)
    inner = court(30, 0)[38:102, 38:102]
    walls[100:164, 100:164] = inner
    outer, kept = find(walls).yards
    assert (outer.inside, kept.inside) == (0, outer.label)
    assert outer.area_m2 == pytest.approx(8100, rel=0.01)
    assert find(walls).labels[130, 130] == kept.label


def test_labels_records_and_table_tell_the_same_story():
    walls = np.hstack([court(40, 0), np.pad(court(30, 2), ((10, 10), (0, 0)))])
    found = find(walls)
    assert [y.label for y in found.yards] == [1, 2]
    assert found.yards[0].area_m2 >= found.yards[1].area_m2
    for yard in found.yards:
        assert yard.area_m2 == (found.labels == yard.label).sum() * 0.25
    table = yard_table(found, local_grid(*walls.shape, 0.5))
    assert list(table["area_m2"]) == [yard.area_m2 for yard in found.yards]
    assert table.area.to_numpy() == pytest.approx(table["area_m2"].to_numpy(), rel=0.03)
    assert table.geometry[0].contains(table.geometry[0].centroid)
    assert found.labels.shape == found.escape.shape == found.enclosure.shape == walls.shape


def test_scores_of_either_kind_tell_the_same():
    walls = court(40, 4) * np.float32(0.7)
    scores = np.rint(walls * 254).astype(np.uint8)
    assert find(walls).yards[0].area_m2 == find(scores).yards[0].area_m2


@pytest.mark.parametrize(
    "walls",
    [
        np.zeros((0, 0), np.float32), np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32),
        np.zeros((50, 50), np.float32), np.ones((50, 50), np.float32),
        np.full((50, 50), np.nan, np.float32), np.full((50, 50), 255, np.uint8),
        np.zeros((3, 200), np.float32),
    ],
)  # fmt: skip
def test_where_nothing_is_enclosed_nothing_is_found(walls):
    found = find(walls)
    assert found.yards == []
    assert found.labels.shape == walls.shape
    assert len(yard_table(found, local_grid(max(1, len(walls)), 1, 0.5))) == 0


def test_invalid_everywhere_finds_nothing():
    walls = court(40, 0)
    assert find(walls, valid=np.zeros(walls.shape, bool)).yards == []


def test_wrong_arrays_are_named_in_the_error():
    with pytest.raises(ShapeError, match="one shape"):
        find_yards(np.zeros((3, 3), np.float32), np.zeros((3, 4), np.float32), 1.0)
    with pytest.raises(ShapeError, match="one shape"):
        find(np.zeros((1, 3, 3), np.float32))
    with pytest.raises(ShapeError, match="valid"):
        find(np.zeros((3, 3), np.float32), valid=np.zeros((3, 3)))


@pytest.mark.parametrize("gsd", [0.0, -1.0, float("nan"), float("inf")])
def test_wrong_units_are_refused(gsd):
    with pytest.raises(UnitsError, match="metres per pixel"):
        find(np.zeros((3, 3), np.float32), gsd)
    with pytest.raises(UnitsError, match="gate"):
        find(np.zeros((3, 3), np.float32), 1.0, gate=gsd)


def test_labelled_yards_with_labelled_walls_are_found(data_dir):
    """One real tile of Tripoli: nine closed yards lie whole in it, and its walls say so."""
    name = "Tripoli_2022_R3C1_8000_8500_1000_1500"
    label = json.loads((data_dir / "walls" / "labels" / f"{name}.json").read_text())
    lines = [LineString(line).buffer(1.4) for line in label["walls"]]
    walls = rasterize(lines, (500, 500)).astype(np.float32)
    whole = [yard for yard in label["yards"] if not yard["cut_by_edge"] and yard["closed"]]
    closed = [yard for yard in find(walls, label["gsd_m"]).yards if yard.closed]
    assert len(closed) >= 0.5 * len(whole)
