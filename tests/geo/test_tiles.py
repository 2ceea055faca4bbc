"""How a frame is cut, checked pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError
from geo.tiles import Cut, plan_tiles

sides = st.integers(1, 700)
cuts = st.builds(
    lambda size, margin, ramp: Cut(size=size, margin=margin, ramp=ramp),
    st.sampled_from([128, 160, 208, 512, 1024]),
    st.sampled_from([8, 24]),
    st.sampled_from([16]),
)
phases = st.tuples(st.integers(0, 15), st.integers(0, 15))


@given(shape=st.tuples(sides, sides), cut=cuts, phase=phases)
def test_every_pixel_is_finished_exactly_once(shape, cut, phase):
    plan = plan_tiles(shape, cut, phase=phase)
    times = np.zeros(shape, int)
    for number in range(plan.rows.count):
        for tile in plan.strip(number):
            times[plan.finished(tile)] += 1
    assert (times == 1).all()


@given(shape=st.tuples(sides, sides), cut=cuts, phase=phases)
def test_tiles_start_on_the_lattice_and_reach_past_the_frame(shape, cut, phase):
    plan = plan_tiles(shape, cut, phase=phase)
    lead = cut.margin + cut.ramp
    for axis, first, length in zip((plan.rows, plan.cols), phase, shape, strict=True):
        assert (axis.start + first) % cut.stride == 0
        assert axis.step % cut.stride == 0
        assert axis.side % cut.stride == 0
        assert axis.start <= -lead
        assert axis.start + (axis.count - 1) * axis.step + axis.side >= length + lead
    assert plan.rows.side * plan.cols.side <= cut.size**2


def test_tiles_are_of_one_size_without_a_sliver():
    plan = plan_tiles((4096, 4096), Cut(size=2048, margin=48))
    assert (plan.rows.count, plan.cols.count) in {(2, 3), (3, 2)}
    assert max(plan.tile_shape) < 2250  # halves, not 1920 + 1920 + 256
    assert min(plan.tile_shape) < 1600  # thirds


def test_large_scenes_waste_a_quarter_on_margins_and_all_fill_the_same_memory():
    plans = [plan_tiles((side, side), Cut()) for side in (4096, 8192, 16384)]
    toil = [p.count * p.tile_shape[0] * p.tile_shape[1] / p.shape[0] ** 2 for p in plans]
    assert max(toil) < 1.27
    sizes = [p.tile_shape[0] * p.tile_shape[1] for p in plans]
    assert max(sizes) / min(sizes) < 1.15
    assert sizes[2] <= sizes[0]


def test_ids_name_strip_and_place():
    plan = plan_tiles((300, 300), Cut(size=208, margin=24, ramp=16))
    assert [tile.id for tile in plan.strip(1)][:2] == ["t-0001-0000", "t-0001-0001"]


@pytest.mark.parametrize(
    ("cut", "word"),
    [
        ({"ramp": 12}, "power of two"),
        ({"size": 256}, "leaves no room"),
        ({"margin": 50}, "stride"),
    ],
)
def test_impossible_cuts_are_refused(cut, word):
    with pytest.raises(InputError, match=word):
        Cut(**cut)


def test_an_empty_frame_is_refused():
    with pytest.raises(InputError, match="nothing to cut"):
        plan_tiles((0, 5), Cut())
