"""Which files are meant."""

import os
from pathlib import Path

import pytest

from geo.errors import InputError
from geo.images import find_images


@pytest.fixture
def folder(tmp_path):
    for name in (
        "scene10.tif", "scene2.TIF", "scene2.tif.aux.xml", "scene2_mask.tif", "scene2.tif.msk",
        "scene10.tfw", "notes.txt", ".hidden.tif", "x_udm2.tif", "b.jp2", "photo.jpeg",
    ):  # fmt: skip
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.tif").touch()
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_gives_its_pictures_in_a_persons_order_and_nothing_beside_them(folder):
    found = find_images([folder])
    assert names(found) == ["b.jp2", "photo.jpeg", "scene2.TIF", "scene10.tif"]


def test_a_file_named_in_full_is_taken_at_its_word(folder):
    assert names(find_images([folder / "scene2_mask.tif"])) == ["scene2_mask.tif"]


def test_a_pattern_gives_what_it_matches(folder):
    assert names(find_images([f"{folder}/scene*"])) == ["scene2.TIF", "scene10.tif"]
    assert names(find_images([f"{folder}/*/*.tif"])) == ["c.tif"]


def test_a_name_with_brackets_may_be_a_file(tmp_path):
    (tmp_path / "a[1].tif").touch()
    assert names(find_images([str(tmp_path / "a[1].tif")])) == ["a[1].tif"]


def test_each_picture_comes_once_in_the_order_asked_for(folder):
    found = find_images([folder / "scene10.tif", str(folder)])
    assert names(found) == ["scene10.tif", "b.jp2", "photo.jpeg", "scene2.TIF"]


def test_a_relative_folder_works(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names(find_images(["deeper"])) == ["c.tif"]
    assert names(find_images([f"deeper{os.sep}*"])) == ["c.tif"]


@pytest.mark.parametrize(
    ("sources", "complaint"),
    [
        ([], "No picture was named"),
        (["nowhere"], "no file or folder nowhere"),
        (["nowhere/*.tif"], r"pattern nowhere/\*.tif matches no picture"),
    ],
)
def test_what_is_not_there_gets_a_sentence(sources, complaint):
    with pytest.raises(InputError, match=complaint):
        find_images(sources)


def test_a_folder_without_pictures_says_what_pictures_are(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds no picture.*\.tif"):
        find_images([tmp_path])


def test_a_picture_called_by_two_names_is_looked_at_once(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(b"")
    (tmp_path / "link.tif").symlink_to(tmp_path / "a.tif")
    monkeypatch.chdir(tmp_path)
    assert find_images(["a.tif", tmp_path / "a.tif", "./a.tif", "link.tif"]) == [Path("a.tif")]


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_word_is_no_folder(nothing):
    with pytest.raises(InputError, match="named by nothing at all"):
        find_images([nothing])
