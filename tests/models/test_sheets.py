"""Tiles lie on a sheet where they lie on the ground, and strangers apart from each other."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image

from geo.errors import InputError
from models.data import read_patches, read_sets
from models.losses import UNKNOWN
from models.patch import NOTHING

SET = """
[[set]]
name = "Tiles"
place = "Here"
split = "train"
gsd_m = 0.5
images = "images/*"
labels.building = "masks/{stem}.png"
licence = "ours"
sheet = true
"""

SIDE = 20
GAP = 16
"""Pixels of half a metre."""


def put(folder, name: str, value: int, *, place: Affine | None = None, crs="EPSG:32645"):
    """Write one tile of one grey, all of it labelled a house, with or without a place."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(exist_ok=True)
    stem = name.partition(".")[0]
    Image.fromarray(np.full((SIDE, SIDE), 255, np.uint8)).save(folder / f"masks/{stem}.png")
    pixels = np.full((3, SIDE, SIDE), value, np.uint8)
    if place is None:
        Image.fromarray(np.moveaxis(pixels, 0, -1)).save(folder / "images" / name)
        return
    with rasterio.open(
        folder / "images" / name, "w", driver="GTiff", width=SIDE, height=SIDE, count=3,
        dtype="uint8", crs=crs, transform=place,
    ) as file:  # fmt: skip
        file.write(pixels)


def sheet_of(folder, more: str = ""):
    (folder / "sets.toml").write_text(SET + more)
    [sheet] = read_patches(read_sets(folder / "sets.toml"), folder, split="train")
    return sheet


def at(col: float, row: float, gsd: float = 0.5) -> Affine:
    """The place of a tile that many tiles right of and below the first."""
    return Affine(gsd, 0, 300_000 + col * SIDE * gsd, 0, -gsd, 3_000_000 - row * SIDE * gsd)


def test_tiles_with_a_georeference_lie_where_it_says(tmp_path):
    for name, value, spot in (
        ("a.tif", 10, (1, 0)),
        ("b.tif", 20, (0, 1)),
        ("c.tif", 30, (1, 1)),
    ):
        put(tmp_path, name, value, place=at(*spot))
    sheet = sheet_of(tmp_path)
    assert sheet.picture.shape == (3, 2 * SIDE, 2 * SIDE)
    quarters = sheet.picture[0, SIDE // 2 :: SIDE, SIDE // 2 :: SIDE]
    assert quarters.tolist() == [[int(NOTHING[0, 0, 0]), 10], [20, 30]]
    known = sheet.labels["building"] == 1
    assert known[SIDE:, :].all()
    assert (sheet.labels["building"][:SIDE, :SIDE] == UNKNOWN).all()


def test_numbered_tiles_stand_in_their_columns_and_end_where_the_picture_ends(tmp_path):
    for number in (1, 2, 3, 4):
        put(tmp_path, f"town9_{number}.png", 10 * number)
    sheet = sheet_of(tmp_path, "tall = 4\n")
    # Two a column: 2 follows 1; 4 begins the next column of the picture, so 3 does not go on.
    assert sheet.picture[0, : 2 * SIDE, 5].tolist() == [10] * SIDE + [20] * SIDE
    right = sheet.picture[0, :, SIDE + GAP + 5].tolist()
    assert right == [30] * SIDE + [int(NOTHING[0, 0, 0])] * GAP + [40] * SIDE


def test_tiles_nobody_knows_the_place_of_stay_apart(tmp_path):
    for number in range(4):
        put(tmp_path, f"t{number}.png", 10)
    sheet = sheet_of(tmp_path)
    assert sheet.picture.shape == (3, 2 * SIDE + GAP, 2 * SIDE + GAP)
    assert (sheet.labels["building"] == 1).sum() == 4 * SIDE * SIDE
    assert (sheet.labels["building"][SIDE : SIDE + GAP] == UNKNOWN).all()


def test_a_missing_number_leaves_a_gap(tmp_path):
    for number in (0, 1, 3, 4):
        put(tmp_path, f"t{number}.png", 10)
    sheet = sheet_of(tmp_path, "tall = 19\n")
    assert sheet.picture.shape[1] == 2 * SIDE  # 0 on 1, 3 on 4
    assert (sheet.labels["building"] == 1).sum() == 4 * SIDE * SIDE


@pytest.mark.parametrize(
    ("place", "crs", "says"),
    [
        (at(1, 0, gsd=0.6), "EPSG:32645", "other pixels"),
        (at(1, 0), "EPSG:32646", "another CRS"),
        (at(900, 0), "EPSG:32645", "too far from each other"),
    ],
)
def test_tiles_that_share_no_sheet_are_told_of(tmp_path, place, crs, says):
    put(tmp_path, "a.tif", 10, place=at(0, 0))
    put(tmp_path, "b.tif", 20, place=place, crs=crs)
    with pytest.raises(InputError, match=says):
        sheet_of(tmp_path)


def test_small_tiles_nobody_knows_the_place_of_make_a_sheet_however_wide_the_gaps(tmp_path):
    for i in range(4):
        put(tmp_path, f"t{i}.png", 10 * i)
    (tmp_path / "sets.toml").write_text(SET.replace("gsd_m = 0.5", "gsd_m = 0.1"))
    [sheet] = read_patches(read_sets(tmp_path / "sets.toml"), tmp_path, split="train")
    assert (sheet.labels["building"] != UNKNOWN).mean() < 0.25
    assert (sheet.labels["building"] == 1).sum() == 4 * 10 * 10
