"""Layouts drawn small enough to work their numbers out by hand."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import Polygon, box

from geo.evidence import (
    EVIDENCE,
    Roofs,
    area_ha,
    built_share,
    courtyard_share,
    layout_of,
    long_block_share,
    roof_size_cv,
    roofs_of,
    row_parallelism,
    spacing_cv,
    with_ratios,
)

CALM = settings(deadline=None)
"""A busy machine is no failure."""

HECTARE = box(0, 0, 100, 100)
LENGTHS = {"area_ha", "courtyard_share", "long_block_share", "buildings"}
"""What a stretched scene may change; ``buildings`` is excluded for being compared apart."""


def roofs(*shapes: Polygon) -> Roofs:
    return roofs_of(np.array(shapes, object))


def rows(across: int, along: int, *, length: float = 30, width: float = 10) -> list[Polygon]:
    """Blocks on a lattice, 20 m apart both ways."""
    step_x, step_y = length + 20, width + 20
    return [
        box(x * step_x, y * step_y, x * step_x + length, y * step_y + width)
        for x in range(across)
        for y in range(along)
    ]


def frame(side: float, depth: float) -> list[Polygon]:
    """Four blocks round a square court of ``side`` metres."""
    d, s = depth, depth + side
    return [
        box(0, 0, s + d, d),
        box(0, s, s + d, s + d),
        box(0, d, d, s),
        box(s, d, s + d, s),
    ]


def test_a_square_of_a_hundred_metres_is_a_hectare():
    assert area_ha(HECTARE) == 1.0


def test_four_roofs_of_500_square_metres_cover_a_fifth_of_a_hectare():
    blocks = [box(0, y, 50, y + 10) for y in (0, 20, 40, 60)]
    assert built_share(HECTARE, roofs(*blocks)) == pytest.approx(0.2)


def test_roofs_drawn_twice_never_cover_more_than_everything():
    assert built_share(HECTARE, roofs(HECTARE, HECTARE)) == 1.0


def test_roofs_of_100_and_300_square_metres_spread_by_half_their_mean():
    assert roof_size_cv(roofs(box(0, 0, 10, 10), box(20, 0, 50, 10))) == pytest.approx(0.5)


def test_equal_roofs_do_not_spread():
    assert roof_size_cv(roofs(*rows(2, 2))) == pytest.approx(0)


def test_blocks_in_rows_are_wholly_parallel_and_so_are_blocks_square_to_them():
    assert row_parallelism(roofs(*rows(2, 3))) == pytest.approx(1)
    assert row_parallelism(roofs(*frame(20, 10))) == pytest.approx(1)


def test_two_equally_strong_directions_halve_the_collisions():
    blocks = rows(2, 2)
    turned = [affinity.rotate(b, 45) for b in blocks]
    full = 1 + 2 * sum(math.exp(-((k * math.radians(20)) ** 2)) for k in range(1, 17))
    expected = 1 - math.log(2) / math.log(full)
    assert row_parallelism(roofs(*blocks, *turned)) == pytest.approx(expected, abs=1e-3)
    assert expected == pytest.approx(0.57, abs=0.01)


def test_directions_spread_all_round_are_not_parallel():
    blocks = [affinity.rotate(box(0, 0, 30, 10), a) for a in range(0, 90, 5)]
    assert row_parallelism(roofs(*blocks)) == pytest.approx(0, abs=0.01)


def test_a_few_degrees_out_of_line_cost_little_and_many_cost_much():
    blocks = rows(2, 2)
    near = [*blocks, *(affinity.rotate(b, 3) for b in blocks)]
    far = [*blocks, *(affinity.rotate(b, 30) for b in blocks)]
    assert row_parallelism(roofs(*near)) > 0.9
    assert row_parallelism(roofs(*far)) < 0.6


def test_a_lattice_is_evenly_spaced():
    assert spacing_cv(roofs(*rows(3, 3))) == pytest.approx(0, abs=1e-9)


def test_centres_10_10_and_40_metres_from_their_nearest_spread_by_a_root_of_a_half():
    # nearest-neighbour distances 10, 10, 40: mean 20, standard deviation sqrt(200)
    shapes = [box(x, 0, x + 2, 2) for x in (0, 10, 50)]
    assert spacing_cv(roofs(*shapes)) == pytest.approx(math.sqrt(200) / 20)


def test_long_blocks_are_three_times_as_long_as_wide_and_twenty_metres_at_least():
    long = box(0, 0, 30, 10)  # 300 m², 3 : 1
    short = box(0, 20, 18, 26)  # 108 m², 3 : 1 but 18 m
    hall = box(0, 40, 30, 60)  # 600 m², 1.5 : 1
    assert long_block_share(roofs(long, short, hall)) == pytest.approx(300 / 1008)


def test_a_court_between_four_blocks_is_its_share_of_the_ground():
    outline = box(-30, -30, 70, 70)
    assert courtyard_share(outline, roofs(*frame(20, 10))) == pytest.approx(0.04)


def test_a_court_may_open_by_a_gate_but_not_by_more():
    outline = box(-30, -30, 70, 70)
    north, *others = frame(20, 10)
    for gap, share in ((5.0, 0.04), (8.0, 0.0)):
        halves = [
            shapely.intersection(north, box(0, 0, 20 - gap / 2, 10)),
            shapely.intersection(north, box(20 + gap / 2, 0, 40, 10)),
        ]
        found = courtyard_share(outline, roofs(*halves, *others))
        assert found == pytest.approx(share, abs=0.004)  # the passage itself may count


def test_a_shed_in_a_court_takes_its_ground_from_it():
    shed = box(25, 25, 35, 35)
    share = courtyard_share(box(-20, -20, 80, 80), roofs(*frame(40, 10), shed))
    assert share == pytest.approx((1600 - 100) / 10_000)


def test_a_ring_house_holds_its_own_court():
    ring = Polygon(box(0, 0, 40, 40).exterior, [box(10, 10, 30, 30).exterior])
    assert courtyard_share(box(-30, -30, 70, 70), roofs(ring)) == pytest.approx(0.04)


def test_what_cannot_be_measured_is_nan_and_what_is_not_there_is_none():
    bare = layout_of(HECTARE, roofs())
    assert bare["buildings"] == 0
    assert bare["built_share"] == 0
    assert bare["courtyard_share"] == 0
    unknown = {"roof_size_cv", "row_parallelism", "spacing_cv", "long_block_share"}
    assert {k for k, v in bare.items() if math.isnan(v)} == unknown
    single = layout_of(HECTARE, roofs(*rows(1, 1)))
    unknown = {"roof_size_cv", "row_parallelism", "spacing_cv"}
    assert {k for k, v in single.items() if math.isnan(v)} == unknown
    pair = layout_of(HECTARE, roofs(*rows(2, 1)))
    assert {k for k, v in pair.items() if math.isnan(v)} == {"row_parallelism", "spacing_cv"}


def test_ten_thousand_square_metres_under_twenty_roofs_make_500_each():
    ratios = with_ratios({"area_ha": 4.0, "built_share": 0.25, "buildings": 20.0})
    assert ratios["roof_mean_m2"] == pytest.approx(500)
    assert ratios["buildings_per_ha"] == pytest.approx(5)
    nothing = with_ratios({"area_ha": 4.0, "built_share": 0.0, "buildings": 0.0})
    assert math.isnan(nothing["roof_mean_m2"])
    assert math.isnan(with_ratios({})["buildings_per_ha"])


@st.composite
def scenes(draw):
    """Three to twelve roofs strewn over a hectare, seldom overlapping."""
    count = draw(st.integers(3, 12))
    shapes = []
    for i in range(count):
        length, width = draw(st.floats(6, 28)), draw(st.floats(4, 12))
        # A square has no longer side: keep away from it, a hair would turn it by 90 degrees.
        block = box(0, 0, length, min(width, 0.9 * length))
        block = affinity.rotate(block, draw(st.floats(0, 180)))
        shapes.append(affinity.translate(block, 30 * (i % 4), 30 * (i // 4)))
    return shapes


def same(one: dict, other: dict, *, but: frozenset[str] = frozenset()) -> None:
    for name in one.keys() - but:
        assert other[name] == pytest.approx(one[name], rel=1e-4, abs=1e-4, nan_ok=True), name


@CALM
@given(
    shapes=scenes(),
    angle=st.floats(0, 360),
    shift=st.tuples(st.floats(-1e6, 1e6), st.floats(-5e6, 5e6)),
    mirror=st.booleans(),
)
def test_turning_shifting_and_mirroring_change_nothing(shapes, angle, shift, mirror):
    outline = box(-20, -20, 120, 120)

    def moved(shape):
        shape = affinity.scale(shape, -1, 1, origin=(0, 0)) if mirror else shape
        return affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), *shift)

    before = layout_of(outline, roofs(*shapes))
    after = layout_of(moved(outline), roofs(*map(moved, shapes)))
    borderline = frozenset({"long_block_share"})  # 3 : 1 and 20 m are cliffs; rounding may fall
    same(before, after, but=borderline)


def test_a_scene_far_from_the_origin_is_measured_as_well_as_one_near_it():
    blocks = [affinity.rotate(block, 31) for block in rows(2, 3)]
    near, far = roofs(*blocks), roofs(*(affinity.translate(b, 9e6, 9e6) for b in blocks))
    assert far.lengths == pytest.approx(near.lengths, rel=1e-7)
    assert np.exp(4j * far.angles) == pytest.approx(np.exp(4j * near.angles), abs=1e-6)


@CALM
@given(shapes=scenes(), factor=st.floats(0.2, 5))
def test_stretching_changes_only_what_has_a_length(shapes, factor):
    outline = box(-20, -20, 120, 120)

    def stretched(shape):
        return affinity.scale(shape, factor, factor, origin=(0, 0))

    before = layout_of(outline, roofs(*shapes))
    after = layout_of(stretched(outline), roofs(*map(stretched, shapes)))
    same(before, after, but=frozenset(LENGTHS))
    assert after["area_ha"] == pytest.approx(before["area_ha"] * factor**2)
    assert after["buildings"] == before["buildings"]


@CALM
@given(shapes=scenes())
def test_every_share_stays_a_share(shapes):
    found = layout_of(box(-20, -20, 120, 120), roofs(*shapes))
    for name, unit in EVIDENCE.items():
        if unit == "0..1" and name in found:
            assert 0 <= found[name] <= 1, name
