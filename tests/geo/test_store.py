"""Scores on their way to the disk, and what a kill may leave behind."""

import os
from pathlib import Path

import numpy as np
import pytest

from geo.errors import OutputError
from geo.store import ScoreStore
from geo.types import NODATA


def test_blocks_land_in_their_place(tmp_path):
    store = ScoreStore(tmp_path / "scene", (2, 5, 7))
    whole = np.arange(70, dtype=np.uint8).reshape(2, 5, 7)
    for row, col in [(0, 0), (0, 4), (3, 0), (3, 4)]:
        store.put(whole[:, row : row + 3, col : col + 4], row, col)
    np.testing.assert_array_equal(np.fromfile(store.raw, np.uint8).reshape(2, 5, 7), whole)
    store.blank(slice(1, 2), slice(0, 7))
    assert (np.fromfile(store.raw, np.uint8).reshape(2, 5, 7)[:, 1] == NODATA).all()
    store.close(remove=True)
    assert list(tmp_path.iterdir()) == []


def test_what_was_committed_is_taken_up_again(tmp_path):
    store = ScoreStore(tmp_path / "scene", (1, 2, 3))
    assert store.resume() == (0, None, [])
    for strips in (1, 2):
        store.commit(strips, np.full((1, 2), strips, np.uint16), [{"tile": "t"}] * strips)
    store.close()
    strips, carry, notes = ScoreStore(tmp_path / "scene", (1, 2, 3)).resume()
    assert (strips, carry.tolist(), len(notes)) == (2, [[2, 2]], 2)


@pytest.mark.parametrize("left", [None, 3, 9])
def test_strips_whose_pixels_were_deleted_or_cut_are_judged_again(tmp_path, left):
    store = ScoreStore(tmp_path / "scene", (1, 2, 3))
    store.put(np.full((1, 2, 3), 200, np.uint8), 0, 0)
    store.commit(2, np.zeros((1, 3), np.uint16), [{"tile": "t"}] * 2)
    store.close()
    if left is None:
        store.raw.unlink()
    else:
        os.truncate(store.raw, left)
    for _ in range(2):  # the second start finds a file of the right size: it is still empty
        store = ScoreStore(tmp_path / "scene", (1, 2, 3))
        assert store.resume() == (0, None, [])
        store.close()


def test_a_kill_while_finished_scores_are_removed_leaves_no_journal_to_believe(
    tmp_path, monkeypatch
):
    store = ScoreStore(tmp_path / "scene", (1, 2, 3))
    store.commit(1, np.zeros((1, 3), np.uint16), [])
    store.describe()
    gone, found = [], sorted(tmp_path.iterdir(), reverse=True)
    assert found[0].name == "scene.raw"  # folders give their files in any order
    monkeypatch.setattr(Path, "glob", lambda *_: found)
    monkeypatch.setattr(Path, "unlink", lambda path, **_: gone.append(path.name))
    store.close(remove=True)
    assert gone[0] == "scene.json"
    assert {"scene.raw", "scene.hdr", "scene.1.npy"} <= set(gone)


@pytest.mark.parametrize("torn", ["{", "[]", '{"strips": 9, "notes": []}'])
def test_a_torn_journal_means_a_fresh_start(tmp_path, torn):
    store = ScoreStore(tmp_path / "scene", (1, 2, 3))
    store.commit(1, np.zeros((1, 2), np.uint16), [])
    (tmp_path / "scene.json").write_text(torn)
    assert store.resume() == (0, None, [])


def test_a_full_disk_is_told_with_the_way_out(tmp_path, monkeypatch):
    store = ScoreStore(tmp_path / "scene", (1, 2, 3))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(OutputError, match="No space left on device"):
        store.put(np.zeros((1, 1, 3), np.uint8), 0, 0)


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    store = ScoreStore(tmp_path / "scene", (1, 1, 9))

    pwrite = os.pwrite
    monkeypatch.setattr("os.pwrite", lambda fd, data, at: pwrite(fd, data[:2], at))
    store.put(np.arange(9, dtype=np.uint8)[None, None], 0, 0)
    assert np.fromfile(store.raw, np.uint8).tolist() == list(range(9))
