"""A pass of which not every file came says less than it could, and never something else."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from affine import Affine

from geo.grid import Grid
from geo.prepare.layers import USUAL, Treatment
from geo.prepare.masks import Sky
from geo.prepare.passes import finish, start_reading
from geo.raster import Raster
from geo.sources.choose import Pass
from geo.sources.memory import MemorySource
from tests.geo.sources.drawn import asset, scene

FRAME = Grid((8, 10), Affine(10, 0, 600_000, 0, -10, 1_230_000), "EPSG:32648")
KINDS = {"scl": "classes", "qa_pixel": "bits"}
BANDS = ("red", "nir", "scl")
LEFT, RIGHT = np.s_[:, :5], np.s_[:, 5:]


def tile(name, *, bands=BANDS, cloud=None):
    """A scene of 0.2 in red and 0.4 in all else; cloud where it is said, else bare ground."""
    assets = {
        b: asset(b, kind=KINDS.get(b, "reflectance"), scale=1.0 if b in KINDS else 1e-4)
        for b in bands
    }
    pixels = {}
    for band in bands:
        plane = np.full(FRAME.shape, 2000 if band == "red" else 4000, np.uint16)
        if band == "scl":
            plane[:] = 5
            if cloud is not None:
                plane[cloud] = 9
        seen = np.ones(tuple(FRAME.shape), np.bool_)
        pixels[name, band] = Raster(bands=plane[None], valid=seen, grid=FRAME)
    return scene(name, assets=assets), pixels


def prepared(*tiles, lost=(), bands=BANDS, treatment=USUAL):
    """Prepare a pass of tiles, of which some files cannot be had."""
    pixels = {key: raster for _, own in tiles for key, raster in own.items() if key not in lost}
    scenes = [one for one, _ in tiles]
    with ThreadPoolExecutor(2) as pool:
        reading = start_reading(
            Pass(scenes=tuple(scenes)),
            bands,
            FRAME,
            source=MemorySource(scenes, pixels),
            pool=pool,
            treatment=treatment,
        )
        return finish(reading)


def test_a_pass_that_came_whole_is_seen_and_its_cloud_is_known():
    made = prepared(tile("a", cloud=LEFT))
    assert made.failures == ()
    assert made.valid.all()
    assert (made.sky[LEFT] == Sky.CLOUD).all()
    assert (made.bands == np.array([2000, 4000])[:, None, None]).all()


@pytest.mark.parametrize("band", ["red", "scl"])
def test_a_scene_that_lacks_a_file_shows_neither_black_ground_nor_a_clear_sky(band):
    made = prepared(tile("a", cloud=LEFT), lost={("a", band)})
    assert f"{band} of a" in made.failures[0]
    assert not made.valid.any()
    assert (made.sky == Sky.NOTHING).all()
    assert made.used == ()


def test_another_tile_gives_the_ground_that_an_incomplete_one_lost():
    made = prepared(tile("a"), tile("b", cloud=LEFT), lost={("a", "nir")})
    assert made.valid.all()
    assert (made.bands[1] == 4000).all()
    assert (made.sky[LEFT] == Sky.CLOUD).all()


@pytest.mark.parametrize("lost", [BANDS, ("red", "nir"), ("red",)])
def test_a_pass_keeps_its_unit_whatever_its_first_tile_lost(lost):
    whole = prepared(tile("a"), tile("b"))
    made = prepared(tile("a"), tile("b"), lost={("a", band) for band in lost})
    assert (made.unit, made.nodata) == (whole.unit, whole.nodata)
    assert made.unit == "reflectance x 10000"
    assert made.bands.dtype == np.uint16
    assert (made.bands == whole.bands).all()


def test_a_tile_with_none_of_the_bands_does_not_change_the_unit_of_the_next():
    made = prepared(tile("a", bands=("scl",)), tile("b"))
    assert made.unit == "reflectance x 10000"


def test_a_sky_that_s2cloudless_cannot_judge_is_not_called_clear():
    treatment = Treatment(clouds="s2cloudless", helpers=("cirrus",))
    bands = ("red", "nir", "cirrus")
    made = prepared(
        tile("a", bands=bands), lost={("a", "cirrus")}, bands=bands[:2], treatment=treatment
    )
    assert not made.valid.any()


def test_a_panchromatic_band_that_cannot_be_had_costs_its_detail_only():
    one = tile("a", bands=(*BANDS, "pan"))
    made = prepared(one, lost={("a", "pan")}, treatment=Treatment(helpers=("pan",)))
    assert "pan of a" in made.failures[0]
    assert made.valid.all()
    assert made.done == ()


def test_a_band_that_a_scene_never_had_is_named_and_takes_nothing_else_with_it():
    made = prepared(tile("a", bands=("red", "scl")))
    assert made.failures == ("a has no band nir.",)
    assert made.valid.all()
    assert (made.bands[0] == 2000).all()
