"""A scene cut into blocks tells of the same yards as the scene whole."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import blocks, yards
from geo.blocks import blocks_of, find_yards_in_blocks
from geo.rounds import Task
from geo.yards import find_yards, task_of

TASK = Task(pixel=1.0, gate=6.0, wider=(1.5, 2.0), bar=127, min_area=400.0)


def draw_town(seed: int, shape: tuple[int, int], largest: int) -> tuple[np.ndarray, np.ndarray]:
    """Courts of all sizes, soft and broken, with houses, strewn over each other; at 1 m."""
    rng = np.random.default_rng(seed)
    wall, roof = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for _ in range(rng.integers(3, 25)):
        high, wide = rng.integers(22, largest, 2)
        row, col = (int(rng.integers(-20, side)) for side in shape)
        top, left = max(0, row), max(0, col)
        lines = (
            wall[top : top + 2, left : left + wide],
            wall[top + high : top + high + 2, left : left + wide + 2],
            wall[top : top + high, left : left + 2],
            wall[top : top + high, left + wide : left + wide + 2],
        )
        for line in lines:
            line[rng.random(line.shape) < 0.99] = rng.uniform(0.25, 1)
        if rng.random() < 0.7:
            line = lines[rng.integers(0, 4)]
            line[:7, :7] = 0
        roof[top + 8 : top + 18, left + 8 : left + 16] = 0.9
    return wall, roof


def told(found) -> list[tuple]:
    return [
        (
            yard.area_m2, yard.closed, yard.enclosure, yard.closure, yard.largest_gap_m,
            yard.gates, yard.cut_by_edge, yard.inside, yard.compound,
        )
        for yard in found.yards
    ]  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(100, 400))
def test_blocks_change_nothing_that_is_found(seed, block):
    def small(gsd, **asked):
        """A country of dwarfs: nothing larger than 100 m, so that blocks may be small."""
        task, step = task_of(gsd, **asked)
        return replace(task, span=100.0), step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "task_of", small)
        patch.setattr(yards, "task_of", small)
        wall, roof = draw_town(seed, (500, 450), 90)
        whole = find_yards(wall, roof, 1.0)
        pieces = find_yards_in_blocks(wall, roof, 1.0, block=block)
    np.testing.assert_equal(told(pieces), told(whole))
    assert np.array_equal(pieces.labels, whole.labels)
    assert np.array_equal(pieces.escape, whole.escape)


def test_yards_across_a_border_are_told_of_once():
    wall = np.zeros((400, 400), np.float32)
    for row, col in ((20, 20), (180, 150), (300, 300)):
        wall[row : row + 60, [col, col + 59]] = wall[[row, row + 59], col : col + 60] = 1
    found = find_yards_in_blocks(wall, np.zeros_like(wall), 1.0, block=150)
    assert [yard.area_m2 for yard in found.yards] == [58 * 58] * 3


def test_blocks_cover_the_picture_once_and_look_further_than_the_largest_compound():
    count = np.zeros((5000, 4001), int)
    for own, window in blocks_of(count.shape, 1500, TASK):
        count[own] += 1
        for mine, seen, side in zip(own, window, count.shape, strict=True):
            assert seen.start == 0 or mine.start - seen.start > 1200
            assert seen.stop == side or seen.stop - mine.stop > 1200
    assert (count == 1).all()


def test_a_memory_map_is_read_and_left_as_it_is(tmp_path):
    wall = np.memmap(tmp_path / "wall", np.uint8, "w+", shape=(300, 300))
    wall[50:150, [50, 149]] = wall[[50, 149], 50:150] = 254
    wall.flush()
    only = np.memmap(tmp_path / "wall", np.uint8, "r", shape=wall.shape)
    [yard] = find_yards_in_blocks(only, np.zeros_like(wall), 0.5, block=64).yards
    assert yard.area_m2 == pytest.approx(49 * 49, rel=0.05)


def test_ground_larger_than_any_compound_is_no_yard():
    wall = np.zeros((700, 700), np.float32)
    wall[10:690, [10, 689]] = wall[[10, 689], 10:690] = 1  # 1.36 km a side at 2 m
    assert find_yards(wall, np.zeros_like(wall), 2.0).yards == []
    [park] = find_yards(wall, np.zeros_like(wall), 1.0).yards
    assert park.area_m2 == 678 * 678


def test_an_empty_picture_has_no_yards():
    nothing = np.zeros((0, 0), np.float32)
    assert find_yards_in_blocks(nothing, nothing, 1.0).yards == []
