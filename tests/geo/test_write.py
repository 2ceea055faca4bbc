"""A file is whole or not there, and the same pixels give the same bytes."""

import errno
import os
import resource
from contextlib import contextmanager

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cog import COG
from geo.errors import OutputError, SourceError
from geo.grid import Grid, local_grid
from geo.read import open_image
from geo.store import ScoreStore
from geo.types import NODATA
from geo.write import beside, cog_from_raw, regrid, write_cog

GRID = Grid((300, 200), Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000), "EPSG:32648")
NAMES = ("building", "wall")


@pytest.fixture
def scores():
    """(2, 300, 200) uint8 slopes with an unseen corner."""
    rows, cols = np.mgrid[0:300, 0:200]
    both = np.stack([rows * 254 // 299, cols * 254 // 199]).astype(np.uint8)
    both[:, :50, :50] = NODATA
    return both


@pytest.fixture
def raw(tmp_path, scores):
    """The same scores as a ScoreStore leaves them."""
    store = ScoreStore(tmp_path / "scores", scores.shape)
    store.put(scores, 0, 0)
    path = store.describe()
    store.close()
    return path


def left_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "report.html"
    with beside(path) as part:
        part.write_text("half")
        assert part.parent == path.parent
        assert part.suffix == path.suffix
        assert not path.exists()
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert left_in(path.parent) == ["report.html"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_text("old")

    def fail():
        with beside(path) as part:
            part.write_text("new")
            part.with_name(part.name + "-journal").write_text("sqlite's")
            raise KeyError("ours")

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert left_in(tmp_path) == ["a.gpkg"]


@pytest.mark.parametrize("name", ["kk [2024].tif", "what?*.tif"])
def test_signs_in_a_name_leave_nothing_beside_it(tmp_path, name):
    write_cog(tmp_path / name, np.zeros((4, 4), np.uint8), grid=GRID, band_names=["x"])
    assert left_in(tmp_path) == [name]


@pytest.mark.parametrize("name", ["kk [2024].html", "what?*.html"])
def test_a_failure_leaves_nothing_whatever_signs_are_in_the_name(tmp_path, name):
    def fail():
        with beside(tmp_path / name) as part:
            part.write_text("half")
            raise KeyError("ours")

    with pytest.raises(KeyError):
        fail()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not write there"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_disk_says_becomes_a_sentence(tmp_path, number, words):
    path = tmp_path / "a.txt"

    def fail():
        with beside(path) as part:
            part.write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError, match=words):
        fail()
    assert left_in(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match=r"out.* could not be written"):
        write_cog(
            tmp_path / "out" / "a.tif", np.zeros((4, 4), np.uint8),
            grid=local_grid(4, 4, 1.0), band_names=["x"],
        )  # fmt: skip


def test_our_own_errors_pass_as_they_are(tmp_path):
    with pytest.raises(SourceError, match="archive"), beside(tmp_path / "a"):
        raise SourceError("The archive failed.")


@contextmanager
def small_disk(size):
    """Let no file grow beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


FULL = [5_000, 20_000, 60_000, 100_000, 118_000]
"""Bytes at which the disk is full, for a file of 120 kB."""


@pytest.mark.parametrize("size", FULL)
def test_a_cog_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path, size):
    noise = np.random.default_rng(0).integers(0, 255, (2, 300, 200), np.uint8)
    with small_disk(size), pytest.raises(OutputError, match=r"disk"):
        write_cog(tmp_path / "a.tif", noise, grid=GRID, band_names=NAMES)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("threads", ["1", "2"])  # GDAL tells a full disk otherwise with one
@pytest.mark.parametrize("size", FULL)
def test_a_raw_file_that_does_not_fit_as_a_cog_leaves_nothing(
    tmp_path, monkeypatch, size, threads
):
    monkeypatch.setitem(COG, "num_threads", threads)
    noise = np.random.default_rng(0).integers(0, 255, (2, 300, 200), np.uint8)
    store = ScoreStore(tmp_path / "noise", noise.shape)
    store.put(noise, 0, 0)
    raw = store.describe()
    store.close()
    before = left_in(tmp_path)
    with small_disk(size), pytest.raises(OutputError, match=r"disk"):
        cog_from_raw(raw, tmp_path / "a.tif", grid=GRID, band_names=NAMES, nodata=NODATA)
    assert left_in(tmp_path) == before


def test_a_cog_gives_back_its_pixels_names_nodata_and_place(tmp_path, scores):
    path = write_cog(
        tmp_path / "a.tif", scores, grid=GRID, band_names=NAMES, nodata=NODATA,
        tags={"STOCKADE_SCENE": "kk_park"},
    )  # fmt: skip
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == NAMES
        assert file.nodata == NODATA
        assert file.tags()["STOCKADE_SCENE"] == "kk_park"
        np.testing.assert_array_equal(file.read(), scores)
    image = open_image(path)
    assert image.grid == GRID
    assert not image.read().valid[:50, :50].any()


def test_a_large_cog_has_overviews(tmp_path):
    path = write_cog(
        tmp_path / "a.tif", np.zeros((1, 1200, 1100), np.uint8),
        grid=local_grid(1200, 1100, 0.5), band_names=["wall"],
    )  # fmt: skip
    with rasterio.open(path) as file:
        assert file.overviews(1) == [2, 4]


def test_local_metres_stay_without_a_crs(tmp_path, scores, raw):
    grid = local_grid(300, 200, 0.5)
    for path in (
        write_cog(tmp_path / "a.tif", scores, grid=grid, band_names=NAMES),
        cog_from_raw(raw, tmp_path / "b.tif", grid=grid, band_names=NAMES, nodata=NODATA),
        regrid(raw, tmp_path / "c.tif", source_grid=local_grid(300, 200, 1.0), grid=grid,
               band_names=NAMES, nodata=NODATA),
    ):  # fmt: skip
        with rasterio.open(path) as file:
            assert file.crs is None
            assert file.transform == grid.affine


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_number_type_is_kept(tmp_path, dtype):
    pixels = np.array([[0, 1], [2, 200]], dtype)
    path = write_cog(
        tmp_path / "a.tif", pixels, grid=local_grid(2, 2, 1.0), band_names=["pan"]
    )  # fmt: skip
    raster = open_image(path, gsd=1.0).read()
    assert raster.bands.dtype == dtype
    np.testing.assert_array_equal(raster.bands[0], pixels)


def test_array_blocks_and_raw_file_give_the_same_bytes(tmp_path, scores, raw):
    def blocks():
        for row in (200, 0, 100):
            rows = slice(row, row + 100)
            yield rows, slice(0, 200), scores[:, rows]

    words = {"grid": GRID, "band_names": NAMES, "nodata": NODATA}
    written = [
        write_cog(tmp_path / "a.tif", scores, **words),
        write_cog(tmp_path / "b.tif", blocks(), **words),
        write_cog(tmp_path / "c.tif", scores, **words),
        cog_from_raw(raw, tmp_path / "d.tif", **words),
    ]
    assert len({path.read_bytes() for path in written}) == 1


def test_a_block_that_fails_leaves_nothing(tmp_path, scores):
    def blocks():
        yield slice(0, 100), slice(0, 200), scores[:, :100]
        raise SourceError("a.tif failed while reading.")

    with pytest.raises(SourceError):
        write_cog(tmp_path / "a.tif", blocks(), grid=GRID, band_names=NAMES)
    assert left_in(tmp_path) == []


def test_what_no_block_covers_is_nodata(tmp_path, scores):
    blocks = [(slice(0, 100), slice(0, 200), scores[:, :100])]
    path = write_cog(tmp_path / "a.tif", blocks, grid=GRID, band_names=NAMES, nodata=NODATA)
    assert (open_image(path).read().bands[:, 100:] == NODATA).all()


def test_the_same_grid_carries_scores_over_unchanged(tmp_path, scores, raw):
    path = regrid(
        raw, tmp_path / "a.tif", source_grid=GRID, grid=GRID, band_names=NAMES, nodata=NODATA
    )
    np.testing.assert_array_equal(open_image(path).read().bands, scores)


@given(
    gsd=st.sampled_from([0.3, 0.41, 0.77, 1.3]), east=st.floats(-3, 3), south=st.floats(-3, 3)
)
@settings(max_examples=8, deadline=None)
def test_slopes_stay_slopes_on_any_grid_and_nodata_stays_nodata(
    tmp_path_factory, gsd, east, south
):
    folder = tmp_path_factory.mktemp("regrid")
    rows, cols = np.mgrid[0:120, 0:160]
    slopes = np.stack([cols, rows]).astype(np.uint8)
    slopes[:, :, :40] = NODATA
    source = write_cog(
        folder / "s.tif", slopes, grid=GRID[:120, :160], band_names=NAMES, nodata=NODATA
    )
    affine = Affine(gsd, 0, 600_000 + east, 0, -gsd, 1_200_000 + south)
    grid = Grid((int(60 / gsd), int(80 / gsd)), affine, "EPSG:32648")
    path = regrid(
        source, folder / "a.tif", source_grid=GRID[:120, :160], grid=grid,
        band_names=NAMES, nodata=NODATA,
    )  # fmt: skip
    got = open_image(path).read()
    col, row = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = (col * gsd + east) / 0.5, (row * gsd - south) / 0.5  # in source pixels
    inside = (x > 44) & (x < 157) & (y > 3) & (y < 117)
    outside = (x < 37) | (y < -3) | (x > 163) | (y > 123)
    assert got.valid[inside].all()
    assert not got.valid[outside].any()
    assert (got.bands[:, ~got.valid] == NODATA).all()
    np.testing.assert_allclose(got.bands[0][inside], x[inside] - 0.5, atol=1.2)
    np.testing.assert_allclose(got.bands[1][inside], y[inside] - 0.5, atol=1.2)


def test_scores_that_are_not_there_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.raw"):
        regrid(
            tmp_path / "gone.raw",
            tmp_path / "a.tif",
            source_grid=GRID,
            grid=GRID[:50, :50],
            band_names=NAMES,
            nodata=NODATA,
        )
    assert not (tmp_path / "a.tif").exists()
