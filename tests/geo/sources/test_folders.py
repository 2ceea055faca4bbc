"""An analyst's folder as an archive; and the archive in memory."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from shapely.geometry import shape

from geo.errors import InputError, SourceError
from geo.raster import Raster
from geo.read import open_image
from geo.sources.base import Source
from geo.sources.globe import frame, mend
from geo.sources.local import LocalSource
from geo.sources.memory import MemorySource
from tests.geo.sources.drawn import BAVET, asset, scene, wish


@pytest.fixture
def folder(tif, ramp, tmp_path):
    """Two pictures of Bavet: one tells its day, one does not."""
    tif(ramp, "bavet_20251105.tif")
    tif(ramp, "nameless.tif")
    return LocalSource(tmp_path)


@pytest.fixture
def here(folder):
    """A wish around both pictures."""
    extent = open_image(folder.folder / "nameless.tif").grid.extent.to_crs("EPSG:4326")
    return wish(outline=mend(shape(extent.json)))


def test_a_picture_that_tells_its_day_is_found_and_one_that_does_not_is_named(folder, here):
    found = folder.find(here)
    [one] = found.scenes
    assert one.id == "bavet_20251105"
    assert one.time == datetime(2025, 11, 5, tzinfo=UTC)
    assert one.assets["image"].bands == ("red", "green", "blue")
    assert len(found.gaps) == 1
    assert "nameless.tif" in found.gaps[0]
    assert "index.csv" in found.gaps[0]


def test_the_table_says_what_files_do_not_know(folder, here, tmp_path):
    (tmp_path / "index.csv").write_text(
        "file,datetime,sensor,cloud,bands,licence,credit\n"
        "nameless.tif,2025-11-07T03:00:00Z,vhr,0.25,nir red green,CC BY 4.0,A maker\n"
    )
    found = folder.find(here)
    named = found.scenes[1]
    assert found.gaps == ()
    assert (named.cloud, named.licence, named.credit) == (0.25, "CC BY 4.0", "A maker")
    assert named.assets["image"].bands == ("nir", "red", "green")
    assert len(folder.find(wish(outline=here.outline, cloud=0.2)).scenes) == 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("file,weather\nnameless.tif,fine\n", "weather"),
        ("name\nnameless.tif\n", "name"),
    ],
)
def test_a_table_with_strange_columns_is_refused(folder, here, tmp_path, table, words):
    (tmp_path / "index.csv").write_text(table)
    with pytest.raises(InputError, match=words):
        folder.find(here)


@pytest.mark.parametrize("row", ["nameless.tif,soon,", "nameless.tif,,7"])
def test_a_faulty_row_is_a_gap_with_a_sentence(folder, here, tmp_path, row):
    (tmp_path / "index.csv").write_text(f"file,datetime,cloud\n{row}\n")
    assert "nameless.tif" in folder.find(here).gaps[0]


def test_days_and_places_that_were_not_asked_for_are_left_out(folder, here):
    assert folder.find(wish()).scenes == ()  # Bavet's box lies elsewhere
    other = wish(outline=here.outline, start=date(2025, 11, 6))
    assert folder.find(other).scenes == ()


def test_reading_gives_the_pixels_of_the_file(folder, here, ramp):
    [one] = folder.find(here).scenes
    own = open_image(one.assets["image"].href).grid
    raster = folder.read(one, one.assets["image"], own[5:15, 10:30])
    assert (raster.bands == ramp[:, 5:15, 10:30]).all()
    assert raster.valid.all()
    assert raster.names == ("red", "green", "blue")


@pytest.mark.parametrize("source", [MemorySource([])])
def test_archives_speak_one_language(source: Source):
    assert source.find(wish()).scenes == ()
    with pytest.raises(SourceError):
        source.read(scene(), asset(), frame(BAVET, 100))


def test_memory_gives_what_it_was_given():
    grid = frame(BAVET, 100)
    pixels = np.arange(grid.height * grid.width, dtype=np.uint16).reshape(1, *grid.shape)
    kept = Raster(bands=pixels, valid=pixels[0] % 2 == 0, grid=grid)
    source = MemorySource([scene()], {("a", "red"): kept})
    got = source.read(scene(), asset(), grid[3:9, 2:7])
    assert (got.bands == pixels[:, 3:9, 2:7]).all()
    assert (got.valid == kept.valid[3:9, 2:7]).all()
    assert source.find(wish()).scenes[0].id == "a"


def test_too_many_scenes_are_refused_not_cut():
    many = [scene(str(i)) for i in range(5)]
    with pytest.raises(InputError, match="Shorten"):
        MemorySource(many).find(wish(most=4))


def test_a_wish_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="after"):
        wish(start=date(2025, 12, 1))


def test_the_last_day_counts_until_midnight():
    last = scene(day=30, hour=23, minute=59)
    assert wish().meets(last)
    assert not wish(end=date(2025, 11, 29)).meets(last)
