"""A pair judged by a net with a change head, killed on the way and begun again."""

import numpy as np
import pytest
import torch

from aoi.runs.compare import compare_run
from aoi.runs.compare_judge import BOTH
from aoi.runs.compare_request import PairRequest
from geo.types import NODATA
from models.card import Card
from models.change import ChangeNet
from models.change_head import Head
from models.checkpoint import Net
from models.zoo import build_net
from tests.aoi.runs.pair_world import SIDE, place, shifted

CARD = Card(name="tiny", version="1", margin=144, decoder=(8, 8, 8), weights_sha256="0" * 64)


@pytest.fixture(autouse=True)
def _headed(monkeypatch):
    torch.manual_seed(0)
    body = build_net("efficientnet_lite0", decoder=CARD.decoder).eval()
    change = ChangeNet(body).eval()
    torch.nn.init.normal_(change.out.weight)  # an untaught head says the same everywhere
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: Net(body, CARD))
    monkeypatch.setattr(
        "aoi.runs.compare.find_head", lambda *_: Head(change, {"weights_sha256": "1" * 64})
    )


@pytest.fixture
def pair(save):
    return (
        save(place(*"abcdefg"), "place_20250301.tif"),
        save(shifted(place(*"abcefgh"), 3, -2), "place_20251209.tif"),
    )


def arrays(run):
    """All that was judged, in the order before, after, both."""
    return [*(side.scores for side in run.sides), *run.turned]


def test_a_run_killed_while_the_head_looks_takes_up_both_dates_and_ends_alike(pair, tmp_path):
    whole = compare_run(PairRequest(before=pair[0], after=pair[1], out=tmp_path / "whole"))

    def kill(name, *_):
        if name == BOTH:
            raise KeyboardInterrupt

    request = PairRequest(before=pair[0], after=pair[1], out=tmp_path / "killed")
    with pytest.raises(KeyboardInterrupt):
        compare_run(request, progress=kill)
    told = []
    again = compare_run(request, progress=lambda name, *_: told.append(name))
    assert set(told) <= {BOTH}
    for one, other in zip(arrays(whole), arrays(again), strict=True):
        assert (one == other).all()


def test_what_the_head_says_lies_on_the_frame_of_the_pair_and_exchanges_with_the_dates(
    pair, tmp_path
):
    there = compare_run(PairRequest(before=pair[0], after=pair[1], out=tmp_path / "there"))
    frame = tuple(there.frames.grid.shape)
    assert max(frame) <= SIDE
    assert all(scores.shape == frame for scores in there.turned)
    both = there.sides[0].valid & there.sides[1].valid
    assert all(((scores == NODATA) == ~both).all() for scores in there.turned)
    assert np.ptp(there.turned[0][both]) > 10
