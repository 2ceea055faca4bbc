"""The CUDA path: the same scores as on the CPU."""

import numpy as np
import pytest
import torch

from models.checkpoint import load_net
from models.judge import Judge

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def _cuda():
    """Ask for a device where ``-m gpu`` was said and there is none."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


def test_a_gpu_gives_the_scores_of_the_cpu():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (1, 3, 32, 32)).repeat(16, 2).repeat(16, 3)
    pictures = torch.from_numpy(np.clip(coarse + rng.normal(0, 15, coarse.shape), 0, 255))
    scores = [
        Judge(load_net(), device, dtype=torch.float32).judge(pictures.to(torch.uint8)).numpy()
        for device in ("cpu", "cuda")
    ]
    off = np.abs(scores[0].astype(int) - scores[1].astype(int))
    assert np.percentile(off, 99.9) <= 2


def test_half_precision_stays_close_to_full():
    rng = np.random.default_rng(1)
    pictures = torch.from_numpy(rng.integers(0, 255, (2, 3, 512, 512), np.uint8))
    full = Judge(load_net(), "cuda", dtype=torch.float32).judge(pictures).numpy()
    half = Judge(load_net(), "cuda").judge(pictures).numpy()
    assert np.abs(full.astype(int) - half.astype(int)).mean() <= 2
