"""Fitted numbers are written and read back, and a file out of order is refused."""

import pytest

from geo.change.weights import SETS, read_taught, shipped
from geo.errors import InputError
from geo.patches import FEATURES


def test_what_was_fitted_is_read_back_as_it_was_written():
    again = read_taught(shipped().to_toml())
    assert again.to_toml() == shipped().to_toml()
    assert len(again.looks.weights) == len(FEATURES)


def test_without_weights_for_a_head_the_plain_ones_decide():
    taught = shipped()
    plain = read_taught(taught.to_toml())
    bare = {name: taught.sets[name] for name in SETS[:2]}
    object.__setattr__(plain, "sets", bare)
    assert plain.weights(listed=False, headed=True) == bare["outlined"]
    assert plain.weights(listed=True, headed=False) == bare["listed"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [("[listed]", "[lifted]", "lifted"), ("rim = ", "rime = ", "not in order"),
     ("[looks]", "[books]", "not in order"), ("fitted_to", "fitted", "not in order")],
)  # fmt: skip
def test_a_file_out_of_order_is_refused_with_what_to_do(old, new, word):
    with pytest.raises(InputError, match=word):
        read_taught(shipped().to_toml().replace(old, new))
