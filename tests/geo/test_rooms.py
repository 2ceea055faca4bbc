"""Rooms by runs are the rooms one gets by labelling every height."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from geo.rooms import HELD, OUT, RIM, keeper, lay_out, lift, list_rooms, root_of
from geo.runlengths import NOWHERE, OWNED, cut_runs

WHOLE, TORN = (True,) * 4, (False,) * 4

kinds = st.tuples(st.integers(2, 11), st.integers(2, 12)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 1, 2, 3, NOWHERE]))
)


def seen_all(picture):
    return np.ones(picture.shape, bool)


def painted(runs, pieces, step):
    """Label the pieces of one height by their roots + 1, (H, W)."""
    picture = np.zeros((len(runs.first) - 1, int(runs.stop.max(initial=1)) + 1), int)
    for run in range(len(runs.row)):
        if pieces.step[run] <= step:
            picture[runs.row[run], runs.start[run] : runs.stop[run]] = (
                root_of(pieces.parent, run) + 1
            )
    return picture


@settings(max_examples=60, deadline=None)
@given(kinds)
def test_raising_the_height_joins_what_labelling_would_join(picture):
    runs = cut_runs(picture, seen_all(picture), WHOLE)
    pieces = lay_out(runs, False)  # noqa: FBT003
    for step in range(4):
        lift(runs, pieces, step)
        mine = painted(runs, pieces, step)[:, : picture.shape[1]]
        theirs, count = label(picture <= step)
        mine = np.pad(mine, ((0, 0), (0, picture.shape[1] - mine.shape[1])))
        assert np.array_equal(mine > 0, theirs > 0)
        assert len(np.unique(mine[mine > 0])) == count
        for number in range(1, count + 1):
            [root] = np.unique(mine[theirs == number]) - 1
            rows, cols = np.nonzero(theirs == number)
            assert pieces.size[root] == len(rows)
            assert pieces.box[root].tolist() == [
                rows.min(), rows.max(), cols.min(), cols.max() + 1
            ]  # fmt: skip
            edge = (rows == 0) | (rows == len(picture) - 1)
            edge |= (cols == 0) | (cols == picture.shape[1] - 1)
            assert keeper(pieces, root, 99) == (RIM if edge.any() else HELD)


def court(side=7):
    picture = np.zeros((side, side), np.uint8)
    picture[1:-1, [1, -2]] = picture[[1, -2], 1:-1] = NOWHERE
    return picture


def rooms_of(picture, *, ends=WHOLE, span=99, seen=None, cut=False):
    runs = cut_runs(picture, seen_all(picture) if seen is None else seen, ends)
    ground, free = lay_out(runs, False), lay_out(runs, True)  # noqa: FBT003
    for pieces in (ground, free):
        lift(runs, pieces, 0)
    return runs, ground, free, list_rooms(runs, ground, free, 0, span, cut)


def test_a_court_is_held_and_the_field_around_it_is_not():
    runs, _, _, rooms = rooms_of(court())
    assert [int(runs.row[room]) for room in rooms] == [2]


def test_where_the_sheet_ends_and_the_picture_does_not_nothing_is_claimed():
    picture = court()[2:]  # the court is open to the top
    for ends, kept in ((WHOLE, RIM), (TORN, OUT)):
        runs, ground, _, _ = rooms_of(picture, ends=ends)
        inner = int(np.flatnonzero((runs.row == 0) & (runs.start == 2))[0])
        assert keeper(ground, root_of(ground.parent, inner), 99) == kept


def test_ground_beside_what_nobody_saw_is_at_the_rim():
    seen = np.ones((7, 7), bool)
    seen[3, 3] = False
    picture = court()
    picture[3, 3] = NOWHERE
    assert len(rooms_of(picture, seen=seen)[3]) == 0
    assert len(rooms_of(picture, seen=seen, cut=True)[3]) == 1


def test_ground_that_reaches_further_than_a_compound_is_not_held():
    assert len(rooms_of(court(9), span=5)[3]) == 1
    assert len(rooms_of(court(9), span=4)[3]) == 0


def test_owned_ground_is_passed_through_but_is_nobodys_room():
    picture = court(9)
    picture[4, 2:7] += OWNED  # a band across the court
    runs, ground, _, rooms = rooms_of(picture)
    assert sorted(int(runs.row[room]) for room in rooms) == [2, 5]
    assert len({root_of(ground.parent, int(room)) for room in rooms}) == 1
