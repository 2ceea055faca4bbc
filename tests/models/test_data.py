"""Sets are read as their TOML says; what is missing is named; places keep to their split."""

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image, ImageFile
from shapely import LineString, box

from geo.errors import InputError
from models.data import read_patches, read_sets
from models.losses import UNKNOWN
from models.patch import CONTEXT
from models.sets import at_hand, count_pictures, heads_of, image_paths, pick
from tests.conftest import ROOT  # type: ignore[import-not-found]

SHIPPED = ROOT / "scripts" / "train-shipped.toml"


def write_sets(folder, *tables: str):
    path = folder / "sets.toml"
    path.write_text("\n".join(f"[[set]]\n{table}" for table in tables))
    return path


HOUSES = """
name = "Houses"
place = "Here"
split = "train"
gsd_m = 0.5
images = "images/*.png"
labels.building = "masks/{stem}.png"
licence = "ours"
"""


@pytest.fixture
def houses(tmp_path):
    """Two pictures of 40 x 30 pixels with a mask each."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for i in (2, 10):
        mask = np.zeros((30, 40), np.uint8)
        mask[5:15, 5 : 5 + i] = 255
        Image.fromarray(np.full((30, 40, 3), i, np.uint8)).save(tmp_path / f"images/t{i}.png")
        Image.fromarray(mask).save(tmp_path / f"masks/t{i}.png")
    return tmp_path


def test_pictures_and_masks_are_read_in_the_order_of_their_numbers(houses):
    sets = read_sets(write_sets(houses, HOUSES))
    first, second = read_patches(sets, houses, split="train")
    assert [first.name, second.name] == ["t2.png", "t10.png"]
    assert first.picture.shape == (3, 30, 40)
    assert first.labels["building"].sum() == 20
    assert (first.stacked()[2] == UNKNOWN).all()
    assert read_patches(sets, houses, split="val") == []


def test_pictures_much_finer_than_the_net_are_averaged_down(houses):
    text = HOUSES.replace("gsd_m = 0.5", "gsd_m = 0.125")
    first, _ = read_patches(read_sets(write_sets(houses, text)), houses, split="train")
    assert first.gsd == pytest.approx(0.25)
    assert first.picture.shape == (3, 15, 20)
    assert first.labels["building"].shape == (15, 20)


def test_class_numbers_say_yes_no_and_unknown(houses):
    text = HOUSES.replace(
        'labels.building = "masks/{stem}.png"',
        'labels.ground = { file = "masks/{stem}.png", yes = [255], unknown = [0] }',
    )
    first, _ = read_patches(read_sets(write_sets(houses, text)), houses, split="train")
    assert set(np.unique(first.labels["ground"])) == {1, UNKNOWN}


def test_hand_drawn_walls_tell_their_own_pixel_size(houses):
    drawn = {"gsd_m": 0.35, "window": [0, 0, 40, 30], "walls": [[[0, 10], [40, 10]]],
             "yards": [], "ignore": []}  # fmt: skip
    for i in (2, 10):
        (houses / f"masks/t{i}.json").write_text(json.dumps(drawn))
    text = HOUSES.replace("gsd_m = 0.5\n", "").replace(
        'labels.building = "masks/{stem}.png"', 'outlines = "masks/{stem}.json"'
    )
    first, _ = read_patches(read_sets(write_sets(houses, text)), houses, split="train")
    assert first.gsd == 0.35
    assert set(first.labels) == {"wall", "yard"}


def test_where_no_roofs_were_drawn_nobody_looked(houses):
    drawn = {"roofs": [[[10, 10], [30, 10], [30, 20], [10, 20]]], "unsure": []}
    (houses / "roofs").mkdir()
    (houses / "roofs/t2.json").write_text(json.dumps(drawn))
    text = HOUSES.replace("labels.building", "labels.wall") + 'roofs = "roofs/{stem}.json"'
    first, second = read_patches(read_sets(write_sets(houses, text)), houses, split="train")
    assert first.labels["building"][15, 20] == 1
    assert "building" not in second.labels
    [one] = read_sets(houses / "sets.toml")
    assert heads_of(at_hand([one], houses)[0]) == ("wall", "building")
    (houses / "roofs/t2.json").unlink()
    assert heads_of(at_hand([one], houses)[0]) == ("wall",)


def test_a_set_of_drawn_roofs_alone_is_of_the_pictures_that_have_them(houses):
    text = HOUSES.replace('labels.building = "masks/{stem}.png"', 'roofs = "roofs/{stem}.json"')
    sets = read_sets(write_sets(houses, text))
    assert at_hand(sets, houses) == []
    assert read_patches(sets, houses, split="train") == []
    (houses / "roofs").mkdir()
    (houses / "roofs/t10.json").write_text('{"roofs": [], "unsure": []}')
    [patch] = read_patches(sets, houses, split="train")
    assert patch.name == "t10.png"
    assert count_pictures(sets, houses) == {"Houses": 1}


def test_labels_may_lie_beside_the_list_and_pictures_elsewhere(houses, tmp_path_factory):
    home = tmp_path_factory.mktemp("a {list}")
    for folder in ("roofs", "masks"):
        (houses / folder).mkdir(exist_ok=True)
        (houses / folder).rename(home / folder)
    drawn = {"roofs": [[[10, 10], [30, 10], [30, 20], [10, 20]]], "unsure": [],
             "windows": [[0, 8, 40, 30]]}  # fmt: skip
    (home / "roofs/t2.json").write_text(json.dumps(drawn))
    mask = '"{here}/masks/{stem}.png"'
    for spec in (mask, f"{{ file = {mask}, yes = [255] }}"):
        text = HOUSES.replace('"masks/{stem}.png"', spec) + 'roofs = "{here}/roofs/{stem}.json"'
        first, second = read_patches(read_sets(write_sets(home, text)), houses, split="train")
        assert first.labels["building"][15, 20] == 1
        assert first.labels["building"][6, 6] == 1
        assert first.labels["building"][12, 6] == 0
        assert second.labels["building"].sum() == 100


def test_drawn_windows_alone_are_patches_of_their_own_with_ground_round_them(tmp_path):
    (tmp_path / "a").mkdir()
    picture = np.random.default_rng(1).integers(0, 255, (700, 900, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a/x.png")
    drawn = {"roofs": [[[30, 40], [60, 40], [60, 60], [30, 60]]], "unsure": [],
             "windows": [[0, 20, 100, 120], [500, 400, 560, 470]]}  # fmt: skip
    (tmp_path / "a/x.json").write_text(json.dumps(drawn))
    text = HOUSES.replace('labels.building = "masks/{stem}.png"', 'roofs = "a/{stem}.json"')
    sets = read_sets(write_sets(tmp_path, text.replace("images/*", "a/*")))
    first, second = read_patches(sets, tmp_path, split="train")
    rim = round(CONTEXT / 0.5)
    np.testing.assert_array_equal(first.picture[:, 40, 30], picture[40, 30])
    assert first.picture.shape == (3, 120 + rim, 100 + rim)
    assert first.labels["building"][50, 45] == 1
    assert second.picture.shape == (3, 70 + 2 * rim, 60 + 2 * rim)
    known = second.labels["building"] != UNKNOWN
    assert known.sum() == 70 * 60
    assert known[rim : rim + 70, rim : rim + 60].all()


def test_bands_saved_the_wrong_way_round_are_put_in_order(houses):
    red = np.zeros((30, 40, 3), np.uint8)
    red[..., 0] = 200
    for name in ("t2", "t10"):
        Image.fromarray(red).save(houses / f"images/{name}.png")
    text = HOUSES + "bands = [3, 2, 1]"
    first, _ = read_patches(read_sets(write_sets(houses, text)), houses, split="train")
    assert (first.picture == np.array([0, 0, 200]).reshape(3, 1, 1)).all()


def test_bands_that_a_picture_does_not_have_are_named(houses):
    sets = read_sets(write_sets(houses, HOUSES + "bands = [5, 3, 2]"))
    with pytest.raises(InputError, match=r"Set Houses: bands = \[5, 3, 2\].*pictures of 3"):
        read_patches(sets, houses, split="train")


def test_drawn_windows_correct_what_a_mask_says_there(houses):
    text = HOUSES + 'roofs = "roofs/{stem}.json"'
    sets = read_sets(write_sets(houses, text))
    before, _ = read_patches(sets, houses, split="train")
    (houses / "roofs").mkdir()
    drawn = {"roofs": [], "unsure": [], "windows": [[0, 0, 8, 8]]}
    (houses / "roofs/t2.json").write_text(json.dumps(drawn))
    after, _ = read_patches(sets, houses, split="train")
    assert not after.labels["building"][:8, :8].any()
    np.testing.assert_array_equal(after.labels["building"][8:], before.labels["building"][8:])


def test_vectors_in_another_crs_land_on_the_picture(tmp_path):
    place = Affine(0.5, 0, 500_000, 0, -0.5, 1_200_000)
    profile = {"driver": "GTiff", "width": 60, "height": 40, "count": 3, "dtype": "uint8",
               "crs": "EPSG:32648", "transform": place}  # fmt: skip
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(np.full((3, 40, 60), 90, np.uint8))
    house = box(500_005, 1_199_990, 500_010, 1_199_995)  # columns and rows 10 to 20
    wall = LineString([(500_000, 1_199_985), (500_030, 1_199_985)])  # row 30
    for name, shape in (("house", house), ("wall", wall)):
        frame = gpd.GeoDataFrame(geometry=[shape], crs="EPSG:32648").to_crs("EPSG:4326")
        frame.to_file(tmp_path / f"{name}.geojson", driver="GeoJSON")
    text = """
name = "Mine"
place = "There"
split = "train"
images = "a.tif"
labels.building = "house.geojson"
labels.wall = "wall.geojson"
licence = "mine"
"""
    [patch] = read_patches(read_sets(write_sets(tmp_path, text)), tmp_path, split="train")
    assert patch.gsd == pytest.approx(0.5, rel=1e-3)
    want = np.zeros((40, 60), np.uint8)
    want[10:20, 10:20] = 1
    assert (patch.labels["building"] != want).sum() <= 4  # a corner, after two warps
    assert patch.labels["wall"][29:31].all()
    assert 2 * 60 <= patch.labels["wall"].sum() <= 4 * 60


def test_outlines_that_lie_elsewhere_are_refused(tmp_path):
    profile = {"driver": "GTiff", "width": 20, "height": 20, "count": 3, "dtype": "uint8",
               "crs": "EPSG:32648",
               "transform": Affine(0.5, 0, 5e5, 0, -0.5, 1.2e6)}  # fmt: skip
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(np.full((3, 20, 20), 90, np.uint8))
    frame = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")
    frame.to_file(tmp_path / "b.geojson", driver="GeoJSON")
    text = 'name="n"\nplace="p"\nsplit="train"\nlicence="l"\nimages="a.tif"\n'
    sets = read_sets(write_sets(tmp_path, text + 'labels.yard="b.geojson"'))
    with pytest.raises(InputError, match="A CRS is wrong"):
        read_patches(sets, tmp_path, split="train")


def test_a_missing_label_is_named(houses):
    (houses / "masks/t10.png").unlink()
    with pytest.raises(InputError, match=r"t10\.png has no label"):
        read_patches(read_sets(write_sets(houses, HOUSES)), houses, split="train")


def test_pictures_are_picked_by_name_and_a_set_without_any_is_gone(houses):
    sets = read_sets(write_sets(houses, HOUSES))
    assert [p.name for p in image_paths(pick(sets, houses, but=["t1*"])[0], houses)] == [
        "t2.png"
    ]
    assert [p.name for p in image_paths(pick(sets, houses, only=["t1*"])[0], houses)] == [
        "t10.png"
    ]
    assert pick(sets, houses, but=["t?.png", "t??.png"]) == []


def test_a_set_that_was_narrowed_is_narrowed_further_and_not_widened(houses):
    sets = read_sets(write_sets(houses, HOUSES + 'only = ["t2*"]'))
    [one] = pick(sets, houses, only=["t?.png"])
    assert [path.name for path in image_paths(one, houses)] == ["t2.png"]
    [one] = pick(sets, houses, only=["*.png"])
    assert [path.name for path in image_paths(one, houses)] == ["t2.png"]


def test_a_name_that_fits_no_picture_is_mistyped(houses):
    sets = read_sets(write_sets(houses, HOUSES))
    with pytest.raises(InputError, match=r"No picture .* is called town\*"):
        pick(sets, houses, but=["town*"])


def test_missing_pictures_are_named(houses):
    sets = read_sets(write_sets(houses, HOUSES.replace("images/*.png", "pictures/*.png")))
    with pytest.raises(InputError, match="pictures"):
        read_patches(sets, houses, split="train")


def test_a_label_of_another_size_is_refused(houses):
    Image.fromarray(np.zeros((30, 41), np.uint8)).save(houses / "masks/t2.png")
    with pytest.raises(InputError, match="lie on each other"):
        read_patches(read_sets(write_sets(houses, HOUSES)), houses, split="train")


def test_a_picture_that_does_not_tell_its_pixel_size_is_refused(houses):
    sets = read_sets(write_sets(houses, HOUSES.replace("gsd_m = 0.5", "")))
    with pytest.raises(InputError, match="Give gsd_m"):
        read_patches(sets, houses, split="train")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"ours"', '"ours"\ncolour = 1'), "colour"),
        (("labels.building", "labels.roof"), "labels roof"),
        (('"train"', "3"), "split"),
        (
            ('"train"', '"validation"'),
            "at split = 'validation' of set Houses: Input should be 'train', 'val' or 'test'",
        ),
        (('place = "Here"\n', ""), "at place of set Houses: Field required"),
        (('name = "Houses"\n', ""), "at name of set number 1: Field required"),
    ],
)
def test_a_set_that_is_not_in_order_is_refused(houses, change, words):
    with pytest.raises(InputError, match=words):
        read_sets(write_sets(houses, HOUSES.replace(*change)))


def test_a_list_without_sets_or_that_is_no_toml_is_refused(tmp_path):
    with pytest.raises(InputError, match="no list"):
        read_sets(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("x = 1")
    with pytest.raises(InputError, match="lists no"):
        read_sets(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text('[set]\nname = "Houses"')
    with pytest.raises(InputError, match=r"a table of its own, under \[\[set\]\]"):
        read_sets(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text("houses")
    with pytest.raises(InputError, match="must be TOML"):
        read_sets(tmp_path / "a.toml")


def test_a_place_in_two_splits_is_refused(houses):
    with pytest.raises(InputError, match="belongs to one split"):
        read_sets(write_sets(houses, HOUSES, HOUSES.replace("train", "val")))


def test_the_shipped_sets_keep_places_and_files_apart():
    sets = read_sets(SHIPPED)
    places = {split: {s.place for s in sets if s.split == split} for split in ("train", "val")}
    assert not places["train"] & places["val"]
    assert places["val"] == {"Kitsap", "Tyrol", "Vienna", "Kampala", "Dubai tile 7", "Mekele"}


def test_the_shipped_sets_follow_the_published_splits(data_dir):
    official = json.loads((data_dir / "vhr" / "SPLITS.json").read_text())
    files = {"train": set(), "val": set()}
    for one in at_hand(read_sets(SHIPPED), data_dir):
        files[one.split] |= {str(p.relative_to(data_dir)) for p in image_paths(one, data_dir)}
    assert not files["train"] & files["val"]
    for split in ("train", "val"):
        buildings = {f.removeprefix("vhr/") for f in files[split] if f.startswith("vhr/")}
        assert buildings == set(official[split])
    walls = {f for f in files["train"] | files["val"] if f.startswith("walls/")}
    assert len(walls) == 36


@pytest.mark.parametrize("file", ["images/t2.png", "masks/t2.png"])
@pytest.mark.parametrize("keep", [0, 20, 60])
def test_a_damaged_picture_or_mask_is_named(houses, file, keep, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    whole = (houses / file).read_bytes()
    (houses / file).write_bytes(whole[:keep])
    with pytest.raises(InputError, match=r"t2\.png is no picture, or is damaged"):
        read_patches(read_sets(write_sets(houses, HOUSES)), houses, split="train")


def test_outlines_that_are_no_json_are_named(houses):
    for i in (2, 10):
        (houses / f"masks/t{i}.json").write_text("{walls: yes")
    text = HOUSES.replace(
        'labels.building = "masks/{stem}.png"', 'outlines = "masks/{stem}.json"'
    )
    with pytest.raises(InputError, match=r"t2\.json must be outlines in JSON"):
        read_patches(read_sets(write_sets(houses, text)), houses, split="train")
