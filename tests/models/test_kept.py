"""What was kept is taken up, and made anew where it is damaged."""

import numpy as np
import pytest

from models.card import HEADS
from models.change_material import drawn
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
