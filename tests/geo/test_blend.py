"""What blending must never do: invent scores, show seams, forget its place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from geo.blend import Blender
from geo.tiles import Cut, plan_tiles

CUT = Cut(size=112, margin=8, ramp=16)


def padded(plan, whole):
    """The whole picture with room for tiles that reach past its edge."""
    pad = plan.tile_shape[0] + plan.tile_shape[1]
    return np.pad(whole, ((0, 0), (pad, pad), (pad, pad)), mode="edge"), pad


def blended(plan, judge, blender=None):
    """Blend what ``judge`` says of each tile."""
    blender = blender or Blender(plan, 2)
    out = np.zeros((2, *plan.shape), np.uint8)
    for number in range(plan.rows.count):
        for tile in plan.strip(number):
            block = blender.add(tile, judge(tile))
            rows, cols = plan.finished(tile)
            top, left = tile.row + plan.cut.margin, tile.col + plan.cut.margin
            out[:, rows, cols] = block[
                :, rows.start - top : rows.stop - top, cols.start - left : cols.stop - left
            ]
    return out


@given(h=st.integers(3, 250), w=st.integers(3, 250), seed=st.integers(0, 9))
def test_where_tiles_agree_nothing_changes(h, w, seed):
    plan = plan_tiles((h, w), CUT, phase=(seed, 3))
    whole = np.random.default_rng(seed).integers(0, 255, (2, h, w), np.uint8)
    pixels, pad = padded(plan, whole)
    views = sliding_window_view(pixels, plan.tile_shape, axis=(1, 2))
    out = blended(plan, lambda tile: views[:, tile.row + pad, tile.col + pad])
    np.testing.assert_array_equal(out, whole)


def test_margins_weigh_nothing():
    plan = plan_tiles((200, 200), CUT)

    def judge(_):
        scores = np.full((2, *plan.tile_shape), 255, np.uint8)  # nonsense in the margin
        scores[:, 8:-8, 8:-8] = 100
        return scores

    assert (blended(plan, judge) == 100).all()


def test_two_opinions_meet_on_a_straight_ramp():
    plan = plan_tiles((40, 200), CUT)

    def judge(tile):
        left = tile.col == plan.cols.start
        return np.full((2, *plan.tile_shape), 0 if left else 254, np.uint8)

    row = blended(plan, judge)[0, 20].astype(int)
    steps = np.diff(row)
    assert steps.min() >= 0
    assert steps.max() <= 254 / 16 + 1
    assert set(row) >= {0, 254}


def test_a_skipped_tile_leaves_its_neighbours_alone():
    plan = plan_tiles((40, 300), CUT)
    blender = Blender(plan, 1)
    tiles = list(plan.strip(0))
    blender.add(tiles[0], np.full((1, *plan.tile_shape), 200, np.uint8))
    blender.skip(tiles[1])
    block = blender.add(tiles[2], np.full((1, *plan.tile_shape), 200, np.uint8))
    assert (block[:, CUT.ramp :, CUT.ramp :] == 200).all()


def test_a_restart_from_the_carry_goes_on_as_if_nothing_happened():
    plan = plan_tiles((230, 120), CUT)
    noise = np.random.default_rng(1)
    said = {
        tile.id: noise.integers(0, 255, (2, *plan.tile_shape), np.uint8)
        for number in range(plan.rows.count)
        for tile in plan.strip(number)
    }
    straight = Blender(plan, 2)
    wanted = {
        t.id: straight.add(t, said[t.id]).copy()
        for n in range(plan.rows.count)
        for t in plan.strip(n)
    }
    first = Blender(plan, 2)
    for tile in plan.strip(0):
        first.add(tile, said[tile.id])
    second = Blender(plan, 2)
    second.lower = first.lower.copy()
    for tile in plan.strip(1):
        np.testing.assert_array_equal(second.add(tile, said[tile.id]), wanted[tile.id])
