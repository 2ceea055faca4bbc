"""Streaming inference: the same pixels give the same scores, whatever happens on the way."""

import contextlib
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from affine import Affine
from torch import nn

from geo.errors import OutputError, SourceError
from geo.grid import Grid, local_grid
from geo.tiles import Cut
from geo.types import NODATA
from models.card import Card
from models.judge import Judge
from models.predict import Job, predict

CUT = Cut(size=160, margin=24, ramp=16)
CARD = Card(name="test", version="1")


class Small(nn.Module):
    """A net with stride 16 whose view (40 px) fits the margin of the tests."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.down = nn.Conv2d(3, 8, 16, stride=16)
        self.near = nn.Conv2d(3, 5, 5, padding=2)
        self.up = nn.ConvTranspose2d(8, 5, 16, stride=16)

    def forward(self, x):
        return 2 * self.up(torch.tanh(self.down(x))) + self.near(x)


class Shown:
    """A picture in memory, shown window by window."""

    def __init__(self, pixels, valid=None):
        self.pixels = pixels
        self.valid = np.ones(pixels.shape[1:], bool) if valid is None else valid

    def picture(self, rows, cols):
        return self.pixels[:, rows, cols], self.valid[rows, cols]


@pytest.fixture(scope="module")
def judge():
    net = SimpleNamespace(module=Small().eval(), card=CARD)
    return Judge(net, "cpu", dtype=torch.float32)


def scene(height=300, width=430, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (3, height // 20 + 1, width // 20 + 1))
    fine = np.kron(coarse, np.ones((20, 20)))[:, :height, :width]
    return np.clip(fine + rng.normal(0, 20, fine.shape), 0, 255).astype(np.uint8)


def run(judge, shown, folder, *, cut=CUT, grid=None, **more):
    grid = grid or local_grid(*shown.pixels.shape[1:], 0.5)
    job = Job(
        open=lambda: contextlib.nullcontext(shown),
        grid=grid,
        stem=folder / "work",
        cut=cut,
        **more,
    )
    store, seen = predict(judge, job)
    shape = (5, *shown.pixels.shape[1:])
    return np.fromfile(store.raw, np.uint8).reshape(shape), seen


def apart(a, b):
    """99.9th percentile of the difference, in 255ths."""
    return np.percentile(np.abs(a.astype(int) - b.astype(int)), 99.9)


def test_tile_size_does_not_change_scores(judge, tmp_path):
    shown = Shown(scene())
    small, _ = run(judge, shown, tmp_path / "a")
    large, _ = run(judge, shown, tmp_path / "b", cut=Cut(size=512, margin=24, ramp=16))
    assert apart(small, large) <= 2
    assert small.std() > 20  # there is something to compare


def test_batch_does_not_change_scores(judge, tmp_path):
    shown = Shown(scene())
    one, seen_one = run(judge, shown, tmp_path / "a")
    five, seen_five = run(judge, shown, tmp_path / "b", batch=5)
    assert apart(one, five) <= 1
    assert seen_one == seen_five


@pytest.mark.parametrize("corner", [(7, 3), (40, 61)])
def test_a_crop_keeps_the_scores_of_the_scene(judge, tmp_path, corner):
    whole = scene()
    grid = Grid(whole.shape[1:], Affine(0.5, 0, 100.0, 0, -0.5, 900.0), "EPSG:32648")
    row, col = corner
    crop = whole[:, row : row + 220, col : col + 260]
    a, _ = run(judge, Shown(whole), tmp_path / "a", grid=grid)
    b, _ = run(judge, Shown(crop), tmp_path / "b", grid=grid[row : row + 220, col : col + 260])
    inner = np.s_[:, 30:-30, 30:-30]  # at its edge a crop sees less
    assert apart(a[:, row : row + 220, col : col + 260][inner], b[inner]) <= 2


def test_nodata_is_never_scored_and_does_not_leak(judge, tmp_path):
    valid = np.ones((300, 430), bool)
    valid[:90] = False
    valid[200:, 300:] = False
    pixels = scene()
    loud = np.where(valid, pixels, 255).astype(np.uint8)
    a, seen = run(judge, Shown(pixels, valid), tmp_path / "a")
    b, _ = run(judge, Shown(loud, valid), tmp_path / "b")
    assert ((a == NODATA) == ~valid).all()
    np.testing.assert_array_equal(a, b)
    total = sum((s.rows[1] - s.rows[0]) * (s.cols[1] - s.cols[0]) * s.valid_share for s in seen)
    assert total == pytest.approx(valid.sum())
    assert {s.reason for s in seen} == {"", "nodata"}


def test_empty_tiles_are_not_shown_to_the_net(judge, tmp_path, monkeypatch):
    shown_to_net = []
    real = judge.judge
    monkeypatch.setattr(
        judge, "judge", lambda p, v, **room: shown_to_net.append(len(p)) or real(p, v, **room)
    )
    valid = np.zeros((300, 430), bool)
    _, seen = run(judge, Shown(scene(), valid), tmp_path)
    assert shown_to_net == []
    assert {s.valid_share for s in seen} == {0.0}


def test_ground_outside_the_area_is_not_scored(judge, tmp_path):
    def left_half(rows, cols):
        inside = np.zeros((rows.stop - rows.start, cols.stop - cols.start), bool)
        inside[:, : max(0, 200 - cols.start)] = True
        return inside

    scores, seen = run(judge, Shown(scene()), tmp_path, inside=left_half)
    assert (scores[:, :, 200:] == NODATA).all()
    assert (scores[:, :, :200] != NODATA).all()
    assert any(s.reason == "outside the area" for s in seen)


def test_a_damaged_scene_is_told_and_keeps_what_was_judged(judge, tmp_path):
    class Torn(Shown):
        def picture(self, rows, cols):
            if rows.start > 100:
                raise SourceError("scene.tif is damaged at rows 136 to 272")
            return super().picture(rows, cols)

    with pytest.raises(SourceError, match="rows 136 to 272"):
        run(judge, Torn(scene()), tmp_path)
    assert (tmp_path / "work.json").exists()


def test_progress_counts_tiles_and_pixels_to_the_end(judge, tmp_path):
    told = []
    run(judge, Shown(scene()), tmp_path, progress=lambda n, px: told.append((n, px)))
    assert [n for n, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][1] == 300 * 430


def test_a_full_disk_stops_with_a_sentence(judge, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(OutputError, match="No space left"):
        run(judge, Shown(scene()), tmp_path)


def test_a_stopped_run_goes_on_and_gives_the_same_bytes(judge, tmp_path):
    class Tired(Shown):
        left = 0

        def picture(self, rows, cols):
            Tired.left -= 1
            if Tired.left < 0:
                raise KeyboardInterrupt
            return super().picture(rows, cols)

    wanted, seen = run(judge, Shown(scene()), tmp_path / "straight")
    for reads in (1, 6, 10):  # of 18 in all; behind the last at most 4 are in hand
        Tired.left = reads
        with pytest.raises(KeyboardInterrupt):
            run(judge, Tired(scene()), tmp_path / "broken")
    Tired.left = 10**6
    scores, seen_again = run(judge, Tired(scene()), tmp_path / "broken")
    assert Tired.left > 10**6 - len(seen)  # some strips were already there
    np.testing.assert_array_equal(scores, wanted)
    assert seen_again == seen


@pytest.mark.slow
def test_a_killed_process_goes_on_and_gives_the_same_bytes(tmp_path):
    """Kill -9 at random moments; only the disk survives."""
    program = textwrap.dedent("""
        import pathlib, sys, time, torch
        from types import SimpleNamespace
        sys.path.insert(0, sys.argv[2])
        import test_predict as t
        torch.set_num_threads(1)
        class Slow(t.Shown):
            def picture(self, rows, cols):
                time.sleep(0.05)  # so that a kill lands in the middle on any machine
                return super().picture(rows, cols)
        net = SimpleNamespace(module=t.Small().eval(), card=t.CARD)
        print("go", flush=True)
        t.run(t.Judge(net, "cpu", dtype=torch.float32), Slow(t.scene(1500, 430)),
              pathlib.Path(sys.argv[1]))
    """)
    here = str(Path(__file__).parent)

    def start(folder):
        command = [sys.executable, "-c", program, str(tmp_path / folder), here]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def finish(folder):
        with start(folder) as process:
            assert process.wait() == 0

    finish("straight")
    rng = np.random.default_rng(0)
    for latest in (0.5, 0.3, 0.2):  # later ones have less left to do
        with start("killed") as process:
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=rng.uniform(0.02, latest))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    finish("killed")
    a, b = ((tmp_path / f / "work.raw").read_bytes() for f in ("straight", "killed"))
    assert a == b
