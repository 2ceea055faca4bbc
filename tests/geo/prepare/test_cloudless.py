"""A detector of others, which may or may not be there."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from geo.errors import InputError, ShapeError
from geo.prepare.cloudless import BANDS, cloud_probability

SEEN = np.array([[True, False], [True, True]])


class Detector:
    """Finds cloud where the first band is bright; wants pictures the other way round."""

    def __init__(self, **_: float) -> None:
        pass

    def get_cloud_probability_maps(self, stack: np.ndarray) -> np.ndarray:
        assert stack.shape == (1, 2, 2, 10)
        return stack[..., 0]


def test_the_detector_gets_its_bands_last_and_nothing_is_said_of_what_was_not_seen(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "s2cloudless", SimpleNamespace(S2PixelCloudDetector=Detector)
    )
    bands = np.zeros((len(BANDS), 2, 2), np.float32)
    bands[0] = [[0.9, 0.9], [0.1, 0.2]]
    likely = cloud_probability(bands, SEEN)
    assert likely.ravel().tolist() == pytest.approx([0.9, np.nan, 0.1, 0.2], nan_ok=True)


def test_without_it_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s2cloudless", None)
    with pytest.raises(InputError, match="pip install s2cloudless"):
        cloud_probability(np.zeros((10, 2, 2), np.float32), SEEN)


def test_level_2_bands_are_refused():
    with pytest.raises(ShapeError, match="B10"):
        cloud_probability(np.zeros((4, 2, 2), np.float32), SEEN)
