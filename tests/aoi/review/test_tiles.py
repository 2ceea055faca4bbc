"""Pictures on demand: the right ground, bounded memory, a sentence where there is none."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aoi.review.tiles import EMPTY, NATIVE, SIDE, Cut, Kept, Pictures
from aoi.runs.review import open_book
from geo.errors import InputError, SourceError
from tests.aoi.outputs import drawn
from tests.aoi.review.conftest import PARK


def pixels_of(cut):
    return np.asarray(Image.open(io.BytesIO(cut.body)).convert("RGB")).astype(int)


@pytest.fixture
def pictures(run):
    return Pictures(open_book(run))


def test_a_tile_shows_the_ground_it_says(pictures):
    tile = pixels_of(pictures.tile(0, NATIVE, 0, 0))
    truth = drawn.paint(drawn.frame())[:, :SIDE, :SIDE].transpose(1, 2, 0)
    assert tile.shape == truth.shape
    off = np.abs(tile - truth).mean()  # JPEG
    for moved in (tile[:, 2:] - truth[:, :-2], tile[2:] - truth[:-2]):
        assert off < 0.8 * np.abs(moved).mean()


def test_levels_halve_the_ground_and_tiles_touch(pictures):
    lattice = pictures.lattice
    left, bottom, right, top = lattice.box(NATIVE, 0, 0)
    assert (right - left, top - bottom) == (SIDE * 0.5, SIDE * 0.5)
    assert lattice.box(NATIVE, 1, 1)[0] == right
    assert lattice.box(NATIVE, 1, 1)[3] == bottom
    assert lattice.box(NATIVE - 1, 0, 0)[2] - left == 2 * (right - left)


def test_a_chip_holds_its_layout_in_the_middle(pictures):
    book = pictures.book
    from aoi.review.book import box_of  # noqa: PLC0415 - beside what it explains

    box = box_of(book.layouts[PARK].outline)
    chip = pixels_of(pictures.chip(0, box))
    assert chip.shape[0] == chip.shape[1] == round((box[2] - box[0]) / 0.5)
    middle = chip[chip.shape[0] // 2 + 80, chip.shape[1] // 2]
    assert abs(middle - np.array([172, 158, 134])).max() < 60


def test_ground_that_no_picture_covers_is_one_transparent_pixel(pictures):
    assert pictures.tile(0, NATIVE, 50, 50) is EMPTY
    assert pictures.heat(0, "wall", (NATIVE, 50, 50)) is EMPTY


def test_beyond_the_edge_of_a_picture_is_the_ground_of_the_map(pictures):
    rows, cols = drawn.frame().shape
    level = next(n for n in range(NATIVE, -1, -1) if min(rows, cols) < SIDE << (NATIVE - n))
    tile = pixels_of(pictures.tile(0, level, 0, 0))
    seen = (cols >> (NATIVE - level)) + 8
    assert seen < SIDE
    assert np.abs(tile[:, seen:] - [0x6F, 0x76, 0x72]).max() < 6


def test_scores_are_drawn_in_the_colour_of_their_head(pictures):
    cut = pictures.heat(0, "wall", (NATIVE, 0, 0))
    seen = np.asarray(Image.open(io.BytesIO(cut.body)))
    strong = seen[seen[..., 3] > 120]
    assert len(strong)
    assert (strong[:, :3] == [0xF0, 0xE4, 0x42]).all()
    below = np.asarray(Image.open(io.BytesIO(pictures.heat(0, "wall", (NATIVE, 0, 1)).body)))
    assert below[:9, :, 3].any()
    assert not below[50:, :, 3].any(), "ground that nobody saw has no score"
    with pytest.raises(InputError, match="No scores of 'roof'"):
        pictures.heat(0, "roof", (NATIVE, 0, 0))


def test_no_file_stays_open(pictures):
    for n in range(5):
        pictures.tile(0, NATIVE, n % 2, n // 2)
    files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [file for file in files if file.suffix == ".tif"]


def test_memory_is_bounded_and_the_latest_are_kept():
    kept = Kept(room=1000)
    made = []

    def make(key):
        def now():
            made.append(key)
            return Cut(bytes(300), "x")

        return now

    for key in ("a", "b", "c", "a", "d", "a", "b"):
        kept.get(key, make(key))
    assert made == ["a", "b", "c", "d", "b"]
    assert kept.held <= 1000


def test_a_missing_picture_costs_a_sentence_and_not_the_review(run, desks):
    picture = run.parent / "drawn scene.tif"
    picture.rename(run.parent / "gone.tif")
    [ana] = desks.open("ana")
    told = ana.get("/api/run").json()["pictures"][0]
    assert not told["there"]
    assert "not where it was" in told["trouble"]
    assert ana.layout(PARK)["outline"]
    assert "not where it was" in ana.get(f"/chip/0/{PARK}").json()["sentence"]
    assert ana.say(candidate=PARK, verdict="cannot_tell").status_code == 200


def test_another_picture_under_the_same_name_is_not_shown(run, desks):
    (run.parent / "drawn scene.tif").write_bytes(b"another file")
    [ana] = desks.open("ana")
    assert "another file" in ana.get("/api/run").json()["pictures"][0]["trouble"]


def test_a_picture_taken_away_meanwhile_is_told(pictures, run):
    (run.parent / "drawn scene.tif").unlink()
    with pytest.raises(SourceError, match="not where it was a moment ago"):
        pictures.tile(0, NATIVE, 0, 0)
