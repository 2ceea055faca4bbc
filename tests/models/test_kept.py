"""What was kept is taken up, and made anew where it is damaged."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.card import HEADS
from models.change_material import drawn, sides_of
from models.drawn import drawn_patches
from models.kept import keep, take_up


def cut_off(path):
    """End in the middle, as after a copy that was killed."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def written_over(path):
    """Turn bytes in the middle of the arrays, where the archive's own table is whole."""
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 40] = bytes(byte ^ 0x55 for byte in content[third : third + 40])
    path.write_bytes(bytes(content))


def emptied(path):
    """A full disk leaves this."""
    path.write_bytes(b"")


def another(path):
    """An archive, but of something else."""
    with path.open("wb") as file:
        np.savez(file, other=np.zeros(3))


def plain(path):
    """One array and no archive."""
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


DAMAGES = [cut_off, written_over, emptied, another, plain]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_scene_is_drawn_anew_and_is_the_same(tmp_path, damage):
    [first] = drawn_patches(1, tmp_path, size=64, gsd=1.0, weight=1.0)
    [path] = tmp_path.iterdir()
    damage(path)
    [again] = drawn_patches(1, tmp_path, size=64, gsd=1.0, weight=1.0)
    assert np.array_equal(first.picture, again.picture)
    assert all(np.array_equal(first.labels[head], again.labels[head]) for head in HEADS)
    assert take_up(path, "picture") is not None  # mended


def test_a_damaged_pair_is_drawn_anew_and_is_the_same(tmp_path):
    [first] = drawn(1, tmp_path, first=103, size=160)
    [path] = tmp_path.rglob("*.npz")
    cut_off(path)
    [again] = drawn(1, tmp_path, first=103, size=160)
    assert np.array_equal(first.pictures, again.pictures)
    assert take_up(path, "roofs") is not None


def test_no_damage_to_a_single_byte_is_taken_for_what_was_kept(tmp_path):
    path, kept = tmp_path / "k.npz", np.arange(40, dtype=np.uint8)
    keep(path, kept=kept)
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        told = take_up(path, "kept")
        assert told is None or np.array_equal(told["kept"], kept), at


def test_scores_are_kept_of_what_was_judged_not_of_its_number(tmp_path, monkeypatch):
    def scores(_judge, held, _grid):
        return np.repeat(held.pixels[:1], 5, 0)

    monkeypatch.setattr("models.change_material.judge_held", scores)
    judge = SimpleNamespace(card=SimpleNamespace(weights_sha256="0" * 64))
    [item] = drawn(1, None, first=103, size=160)
    other = replace(item, pictures=(item.pictures[1], item.pictures[0]))
    first, _ = sides_of(item, judge, tmp_path)
    _, second = sides_of(other, judge, tmp_path)  # of the same name
    assert np.array_equal(first.roof, second.roof)
    monkeypatch.setattr("models.change_material.judge_held", None)  # never asked again
    again, _ = sides_of(item, judge, tmp_path)
    assert np.array_equal(again.roof, first.roof)
