"""A wall is followed where it is faint, if it is firm somewhere."""

import numpy as np
import pytest

from geo.follow import FAIR, firm, follow
from geo.types import FULL

FAINT = round(FAIR * FULL)


@pytest.fixture
def walls():
    """A wall firm at one end and faint along the rest, and one that is faint all along."""
    scores = np.zeros((7, 9), np.uint8)
    scores[1, 1:8] = FAINT
    scores[1, 1] = 200
    scores[5, 1:8] = FAINT
    return scores


def test_a_faint_stretch_is_followed_from_a_firm_one_and_alone_it_is_not(walls):
    followed = follow(walls, keep=150, grow=FAINT)
    assert followed[1, 1:8].all()
    assert followed.sum() == 7


def test_corners_hang_together(walls):
    walls[2:4, 0] = walls[4, 0] = (
        FAINT  # from the firm end, corner to corner, down to the other
    )
    assert follow(walls, keep=150, grow=FAINT)[5].sum() == 7


def test_what_is_followed_is_lifted_to_the_bar_and_never_lowered(walls):
    lifted = firm(walls, 150)
    assert lifted[1, 1:8].tolist() == [200, 150, 150, 150, 150, 150, 150]
    assert (lifted[5] == walls[5]).all()


def test_nothing_is_followed_where_nothing_is_firm(walls):
    walls[1, 1] = 149
    assert not follow(walls, keep=150, grow=FAINT).any()
