"""What counts as one compound, drawn small enough to check by eye."""

import math
import time

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from geo.errors import InputError, UnitsError
from geo.evidence import EVIDENCE
from geo.layout import find_compounds, owners


def yards(*shapes, crs=None, **columns) -> gpd.GeoDataFrame:
    """A layer of yards, each well closed unless told otherwise."""
    n = len(shapes)
    told = {
        "enclosure": 0.7,
        "closure": 0.95,
        "largest_gap_m": 5.0,
        "gates": 1,
        "double_perimeter": 0.0,
        "cut_by_edge": False,
    } | columns
    told = {k: v if isinstance(v, list) else [v] * n for k, v in told.items()}
    return gpd.GeoDataFrame(told, geometry=list(shapes), crs=crs)


def buildings(*shapes, crs=None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def find(yard_layer, *shapes, **options):
    return find_compounds(yard_layer, buildings(*shapes), scene_id="drawn", **options)


def test_a_yard_with_three_blocks_is_one_compound_with_three_buildings():
    blocks = [box(10, y, 50, y + 10) for y in (10, 40, 70)]
    [compound] = find(yards(box(0, 0, 100, 100)), *blocks)
    assert compound.outline.equals(box(0, 0, 100, 100))
    assert compound.evidence["buildings"] == 3
    assert compound.evidence["built_share"] == pytest.approx(0.12)
    assert list(compound.evidence) == list(EVIDENCE)
    assert compound.id.startswith("c-")


def test_buildings_punched_out_of_the_yard_still_stand_inside_it():
    block = box(40, 40, 60, 60)
    holed = Polygon(box(0, 0, 100, 100).exterior, [block.exterior])
    [compound] = find(yards(holed), block)
    assert compound.evidence["buildings"] == 1
    assert compound.evidence["area_ha"] == pytest.approx(1)


def test_a_tenth_of_a_hectare_is_the_least():
    assert len(find(yards(box(0, 0, 40, 25)))) == 1
    assert find(yards(box(0, 0, 40, 24))) == []
    assert len(find(yards(box(0, 0, 40, 24)), min_area=900)) == 1


def test_walled_ground_without_a_building_is_still_worth_a_look():
    [compound] = find(yards(box(0, 0, 100, 100)))
    assert compound.evidence["buildings"] == 0


def test_no_yard_no_compound():
    assert find(yards(), box(0, 0, 20, 20)) == []


def test_a_yard_inside_another_belongs_to_it():
    outer, inner = box(0, 0, 200, 200), box(50, 50, 100, 100)
    [compound] = find(yards(outer, inner, gates=[1, 4], closure=[0.9, 0.5]))
    assert compound.outline.equals(outer)
    assert compound.evidence["gates"] == 1
    assert compound.evidence["closure"] == pytest.approx(0.9)


def test_a_yard_in_a_yard_in_a_yard_belongs_to_the_outermost():
    rings = [box(-s, -s, s, s) for s in (20, 50, 100)]
    [compound] = find(yards(*rings))
    assert compound.evidence["area_ha"] == pytest.approx(4)


def test_two_equal_plots_with_a_party_wall_stay_two():
    assert len(find(yards(box(0, 0, 60, 60), box(60.4, 0, 120, 60)))) == 2


@pytest.mark.parametrize("plot", [(20, 30), (14, 60), (100, 100)])
def test_a_town_of_plots_back_to_back_is_not_one_compound(plot):
    width, depth = plot
    town = [
        box(x * (width + 0.4), y * (depth + 0.4) + y // 2 * 8, 0, 0)
        for x in range(6)
        for y in range(6)
    ]
    town = [affinity.translate(box(0, 0, width, depth), *p.bounds[2:]) for p in town]
    houses = [affinity.scale(p, 0.5, 0.5) for p in town]
    found = find(yards(*town), *houses, min_area=100)
    assert len(found) == 36
    assert {c.evidence["buildings"] for c in found} == {1}


def test_a_court_cut_out_of_a_corner_is_an_annex_and_its_gate_is_not_counted_twice():
    main = box(0, 0, 100, 100).difference(box(80, 80, 100, 100))
    [compound] = find(yards(main.buffer(0), box(80.4, 80.4, 100, 100), gates=[1, 1]))
    assert compound.evidence["area_ha"] == pytest.approx(1, rel=0.01)
    assert compound.evidence["gates"] == 1


def test_an_annex_of_an_annex_of_an_annex_belongs_to_the_first_yard():
    corners = [160, 78, 37, 16]  # each stands in a corner cut out of the one before
    chain = [
        box(160 - side, 160 - side, 160, 160).difference(box(160 - cut, 160 - cut, 160, 160))
        for side, cut in zip(corners, [*corners[1:], 0], strict=True)
    ]
    [compound] = find(yards(*chain), min_area=100)
    assert compound.evidence["area_ha"] == pytest.approx(2.56, rel=0.01)


def test_a_strip_behind_a_block_that_cuts_the_yard_is_its_annex():
    main, strip = box(0, 0, 100, 100), box(0, 112, 100, 130)
    block = box(0, 100, 100, 112)
    assert len(find(yards(main, strip))) == 2
    [compound] = find(yards(main, strip), block)
    assert compound.evidence["area_ha"] == pytest.approx(1.3)
    assert compound.evidence["buildings"] == 1


def test_a_yard_with_a_bend_keeps_it():
    bent = box(0, 0, 100, 100).difference(box(50, 50, 100, 100))
    assert find(yards(bent))[0].evidence["area_ha"] == pytest.approx(0.75)


def test_a_house_plot_that_leans_on_a_park_with_one_side_stays_out():
    assert len(find(yards(box(0, 0, 100, 100), box(100.4, 0, 125, 24)), min_area=100)) == 2


def test_a_yard_with_neighbours_all_round_belongs_to_one_of_them():
    ring = [
        box(0, 0, 90, 30),
        box(0, 60.6, 90, 90),
        box(0, 30.3, 30, 60.3),
        box(60, 30.3, 90, 60.3),
    ]
    middle = box(30.3, 30.3, 59.7, 60.3)
    assert len(find(yards(*ring, middle), min_area=500)) == 4


def test_a_block_on_the_rim_is_part_of_the_perimeter():
    block = box(-12, 20, 0, 80)  # its long side closes the yard
    [compound] = find(yards(box(0, 0, 100, 100)), block)
    assert compound.evidence["buildings"] == 1
    assert compound.outline.contains(block)


def test_a_house_across_the_street_is_outside_and_its_distance_counts():
    [compound] = find(yards(box(0, 0, 100, 100)), box(140, 0, 150, 10))
    assert compound.evidence["buildings"] == 0
    assert compound.evidence["isolation_m"] == pytest.approx(40)


def test_isolation_ends_at_five_hundred_metres_and_at_the_edge_of_what_was_seen():
    layer = yards(box(0, 0, 100, 100))
    assert find(layer)[0].evidence["isolation_m"] == 500
    assert find(layer, box(900, 0, 910, 10))[0].evidence["isolation_m"] == 500
    near_edge = box(-30, -300, 1000, 300)
    [blind] = find(layer, box(140, 0, 150, 10), seen=near_edge)
    assert math.isnan(blind.evidence["isolation_m"])
    [sharp] = find(layer, box(120, 0, 130, 10), seen=near_edge)
    assert sharp.evidence["isolation_m"] == pytest.approx(20)


def test_the_perimeter_is_told_by_the_yards_that_reach_it_metre_by_metre():
    main = box(0, 0, 100, 100).difference(box(60, 60, 100, 100))
    corner = box(60.4, 60.4, 100, 100)  # 79 of 400 m of the outline
    layer = yards(main, corner, closure=[1.0, 0.5], largest_gap_m=[4.0, 20.0])
    [compound] = find(layer)
    assert compound.evidence["closure"] == pytest.approx(0.9, abs=0.01)
    assert compound.evidence["largest_gap_m"] == 20


def test_what_a_yard_does_not_know_the_compound_does_not_either():
    [compound] = find(yards(box(0, 0, 100, 100), closure=math.nan, largest_gap_m=math.nan))
    assert math.isnan(compound.evidence["closure"])
    assert math.isnan(compound.evidence["largest_gap_m"])


def test_the_wall_round_a_yard_with_a_second_wall_is_double():
    outer, inner = box(0, 0, 100, 100), box(10, 10, 90, 90)
    [compound] = find(yards(outer, inner, double_perimeter=[0.0, 0.9]))
    assert compound.evidence["double_perimeter"] == pytest.approx(0.9 * 320 / 400)
    [single] = find(yards(outer, inner, double_perimeter=[0.2, 0.0]))
    assert single.evidence["double_perimeter"] == pytest.approx(0.2)


def test_one_cut_yard_on_the_outline_cuts_the_compound():
    inner = box(40, 40, 80, 80)
    assert find(yards(box(0, 0, 100, 100), inner, cut_by_edge=[True, False]))[0].evidence[
        "cut_by_edge"
    ]
    assert not find(yards(box(0, 0, 100, 100), inner, cut_by_edge=[False, True]))[0].evidence[
        "cut_by_edge"
    ]


def test_the_same_place_has_the_same_name_and_the_largest_comes_first():
    layer = yards(box(0, 0, 50, 50), box(100, 0, 200, 100))
    first, second = find(layer), find(layer)
    assert [c.id for c in first] == [c.id for c in second]
    assert [c.evidence["area_ha"] for c in first] == pytest.approx([1, 0.25])


def test_every_building_gets_the_name_of_its_compound_or_none():
    left, right = find(yards(box(0, 0, 50, 50), box(100, 0, 200, 100)))[::-1]
    things = gpd.GeoSeries([box(10, 10, 20, 20), box(120, 10, 130, 20), box(70, 10, 80, 20)])
    assert owners([left, right], things) == [left.id, right.id, ""]
    assert owners([], things) == ["", "", ""]


@settings(max_examples=25, deadline=None)
@given(angle=st.floats(0, 360), mirror=st.booleans(), x=st.floats(-1e5, 1e6))
def test_turning_shifting_and_mirroring_the_scene_change_nothing(angle, mirror, x):
    ground = [box(0, 0, 200, 150), box(200.5, 30, 220, 120), box(40, 40, 80, 80)]
    blocks = [box(10, y, 70, y + 10) for y in (5, 90, 120)] + [box(100, -12, 160, 0)]
    blocks += [box(300, 0, 320, 10)]

    def moved(shape):
        shape = affinity.scale(shape, -1, 1, origin=(0, 0)) if mirror else shape
        return affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), x, -x)

    [before] = find(yards(*ground), *blocks)
    [after] = find(yards(*map(moved, ground)), *map(moved, blocks))
    assert before.evidence["buildings"] == 4
    assert dict(after.evidence) == pytest.approx(dict(before.evidence), rel=1e-4, abs=1e-4)
    assert after.outline.area == pytest.approx(before.outline.area, rel=1e-4)


def test_ten_thousand_buildings_in_one_yard_take_seconds():
    corners = np.random.default_rng(0).uniform(10, 2980, (10_000, 2))
    blocks = [box(x, y, x + 12, y + 8) for x, y in corners]
    start = time.process_time()
    [compound] = find(yards(box(0, 0, 3000, 3000)), *blocks)
    assert compound.evidence["buildings"] == 10_000
    assert time.process_time() - start < 20  # of one core; it needs about 1


@pytest.mark.parametrize(
    "odd",
    [
        Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]),  # a bow tie
        MultiPolygon([box(0, 0, 60, 60), box(62, 0, 120, 60)]),
        Polygon([(0, 0), (100, 0), (100, 50), (200, 50), (100, 50), (100, 100), (0, 100)]),
    ],
)
def test_crooked_yards_give_valid_outlines(odd):
    [compound] = find(yards(odd), box(5, 45, 15, 55))
    assert compound.outline.is_valid
    assert compound.outline.geom_type == "Polygon"


def test_empty_and_flat_shapes_are_passed_over():
    flat = Polygon([(0, 0), (10, 0), (20, 0)])
    assert find(yards(flat, Polygon())) == []
    assert find(yards(box(0, 0, 100, 100)), flat, Polygon())[0].evidence["buildings"] == 0


def test_a_scene_far_from_its_origin_is_measured_alike():
    far = affinity.translate(box(0, 0, 100, 100), 7e5, 1e7)
    assert find(yards(far))[0].evidence["area_ha"] == pytest.approx(1)


def test_degrees_are_refused_by_name():
    layer = yards(box(104, 11, 104.01, 11.01), crs="EPSG:4326")
    with pytest.raises(UnitsError, match="EPSG:4326"):
        find(layer)


def test_layers_in_two_frames_are_refused():
    layer = yards(box(0, 0, 100, 100), crs="EPSG:32648")
    with pytest.raises(InputError, match="one CRS"):
        find_compounds(layer, buildings(box(0, 0, 9, 9), crs="EPSG:32647"), scene_id="s")


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="closure"):
        find(yards(box(0, 0, 100, 100)).drop(columns="closure"))


def test_corners_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="not numbers"):
        find(yards(box(0, 0, math.inf, 5)))
