"""One picture of many."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.errors import InputError, ShapeError
from geo.prepare.composite import NEVER, block_side, compose, median, medoid


def date(values, clear=None):
    """A reader of one date; values (C, H, W), clear (H, W)."""
    values = np.asarray(values, np.float32)
    clear = np.ones(values.shape[1:], bool) if clear is None else np.asarray(clear)
    return lambda rows, cols: (values[:, rows, cols], clear[rows, cols])


def whole(dates, shape, bands, way):
    """Put the blocks of a composite together."""
    out = np.full((bands, *shape), np.nan, np.float32)
    count, look = np.zeros(shape, int), np.full(shape, NEVER)
    for block in compose(dates, shape, bands, way=way):
        out[:, block.rows, block.cols] = block.bands
        count[block.rows, block.cols], look[block.rows, block.cols] = block.count, block.look
    return out, count, look


def test_the_median_is_the_middle_of_the_clear_looks():
    dates = [date([[[1.0]]]), date([[[2.0]]]), date([[[9.0]]]), date([[[99.0]]], [[False]])]
    out, count, look = whole(dates, (1, 1), 1, "median")
    assert (out[0, 0, 0], count[0, 0], look[0, 0]) == (2.0, 3, NEVER)


@given(
    hnp.arrays(np.float32, (5, 2, 3, 3), elements=st.floats(0, 1, width=32)),
    st.integers(0, 2**9 - 1),
)
def test_the_median_is_numpys(stack, holes):
    stack = stack.copy()
    hidden = np.array([(holes >> i) & 1 for i in range(9)], bool).reshape(3, 3)
    stack[1, :, hidden] = np.nan
    assert median(stack) == pytest.approx(np.nanmedian(stack, axis=0), nan_ok=True)


def test_the_medoid_was_really_seen_and_says_when():
    red_soil, wet_soil, odd = [[[0.3]], [[0.1]]], [[[0.28]], [[0.12]]], [[[0.1]], [[0.5]]]
    out, count, look = whole([date(odd), date(red_soil), date(wet_soil)], (1, 1), 2, "medoid")
    assert look[0, 0] in (1, 2)
    assert (
        out[:, 0, 0].tolist()
        == np.array([red_soil, wet_soil], np.float32)[look[0, 0] - 1].ravel().tolist()
    )
    assert count[0, 0] == 3


@given(hnp.arrays(np.float32, (4, 2, 2, 2), elements=st.floats(0, 1, width=32)))
def test_the_medoid_has_the_least_sum_of_distances(stack):
    look = medoid(stack)
    far = np.sqrt(np.square(stack[:, None] - stack[None]).sum(axis=2)).sum(axis=1)  # (T, H, W)
    best = np.take_along_axis(far, look[None].astype(int), axis=0)[0]
    assert (best <= far.min(axis=0) + 1e-5).all()


def test_the_least_cloudy_takes_the_first_that_is_clear():
    clear = [[[True, False]], [[True, True]]]
    dates = [date([[[1.0, 1.0]]], clear[0]), date([[[2.0, 2.0]]], clear[1])]
    out, count, look = whole(dates, (1, 2), 1, "least_cloudy")
    assert out[0].tolist() == [[1.0, 2.0]]
    assert look.tolist() == [[0, 1]]
    assert count.tolist() == [[2, 1]]


@pytest.mark.parametrize("way", ["median", "medoid", "least_cloudy"])
def test_ground_that_was_never_clear_stays_empty(way):
    out, count, look = whole([date([[[1.0]]], [[False]])] * 3, (1, 1), 1, way)
    assert np.isnan(out).all()
    assert count[0, 0] == 0
    assert look[0, 0] == NEVER


@pytest.mark.parametrize("way", ["median", "medoid", "least_cloudy"])
def test_clouds_leave_no_trace(way):
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.02, 0.3, (3, 40, 50)).astype(np.float32)
    dates = []
    for _ in range(9):
        cloud = rng.random((40, 50)) < 0.4
        dates.append(
            date(np.where(cloud, 0.9, truth + rng.normal(0, 0.005, truth.shape)), ~cloud)
        )
    out, count, _ = whole(dates, (40, 50), 3, way)
    seen = count > 0
    assert np.abs(out - truth)[:, seen].max() < 0.03
    if way == "median":
        assert np.abs(out - truth)[:, count >= 5].std() < 0.003  # calmer than one date


@pytest.mark.parametrize("way", ["median", "medoid", "least_cloudy"])
def test_where_blocks_are_cut_changes_nothing(way, monkeypatch):
    rng = np.random.default_rng(4)
    dates = [date(rng.random((2, 70, 90)), rng.random((70, 90)) < 0.7) for _ in range(4)]
    large = whole(dates, (70, 90), 2, way)
    monkeypatch.setattr("geo.prepare.composite.LARGEST", 16)
    small = whole(dates, (70, 90), 2, way)
    for one, other in zip(large, small, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_memory_does_not_grow_with_the_picture():
    def reader(rows, cols):
        shape = (rows.stop - rows.start, cols.stop - cols.start)
        return np.ones((4, *shape), np.float32), np.ones(shape, bool)

    peaks = []
    for side in (512, 2048):
        tracemalloc.start()
        for block in compose([reader] * 6, (side, side), 4):
            assert block.count.min() == 6
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_many_dates_make_blocks_smaller_not_memory_larger():
    assert block_side(4, 4) == 512
    assert block_side(400, 10) < 200
    assert block_side(10_000, 10) >= 16


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="date at least"):
        next(compose([], (1, 1), 1))
    with pytest.raises(InputError, match="mean"):
        next(compose([date([[[1.0]]])], (1, 1), 1, way="mean"))
    with pytest.raises(ShapeError):
        next(compose([date([[[1.0]]])], (1, 1), 2))
