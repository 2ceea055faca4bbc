"""Reading files on servers: only the bytes needed, once, whatever the file says of itself."""

import errno
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.transform import from_origin

from geo.errors import OutputError, SourceError
from geo.scene import Asset
from geo.sources.assets import Door, read_asset
from geo.sources.cache import Cache
from geo.sources.http import Client, Unsigned
from geo.sources.remote import Remote
from geo.sources.shelf import opened
from tests.geo.sources import hostile
from tests.geo.sources.conftest import HASTY, QUICK

SIDE = 1024
FRAME = GeoBox((SIDE, SIDE), from_origin(600000, 1300020, 10, 10), "EPSG:32648")


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """A scene that does not compress away."""
    return np.random.default_rng(1).integers(1, 3000, (1, SIDE, SIDE)).astype(np.uint16)


def picture(bands: np.ndarray, tmp_path, name: str = "x.tif", **words) -> bytes:
    """Write a picture and give its bytes."""
    words = {"driver": "COG", "blocksize": 256, "compress": "DEFLATE"} | words
    words = {"crs": "EPSG:32648", "transform": FRAME.affine} | words
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            tmp_path / name,
            "w",
            width=bands.shape[2],
            height=bands.shape[1],
            count=len(bands),
            dtype=bands.dtype,
            **{k: v for k, v in words.items() if v is not None},
        ) as file:
            file.write(bands)
    return (tmp_path / name).read_bytes()


@pytest.fixture
def red(server, pixels, tmp_path) -> Asset:
    """A cloud-optimised file on the server."""
    server.files["/red.tif"] = picture(pixels, tmp_path)
    return Asset(key="red", href=f"{server.url}/red.tif", bands=("red",), nodata=0.0)


def test_a_window_arrives_as_it_is_in_the_file(red, door, pixels):
    raster = read_asset(red, FRAME[300:420, 500:620], door)
    assert (raster.bands == pixels[:, 300:420, 500:620]).all()
    assert raster.valid.all()
    assert raster.names == ("red",)


def test_only_what_the_window_needs_is_read(red, door, server, pixels):
    window = FRAME[256:768, 256:768]
    read_asset(red, window, door)
    tiles = len(server.files["/red.tif"]) * (512 * 512) / (SIDE * SIDE) * 0.75  # less overviews
    assert server.sent < 1.5 * tiles
    assert all(asked for _, _, asked in server.log)  # every request named its range
    assert len(server.log) <= 4  # the directory, and one for each row of tiles


def test_a_second_reading_asks_for_nothing(red, door, server, pixels):
    first = read_asset(red, FRAME[300:420, 500:620], door)
    asked = len(server.log)
    server.shutdown()
    again = read_asset(red, FRAME[300:420, 500:620], replace(door, offline=True))
    assert (again.bands == first.bands).all()
    assert len(server.log) == asked


def test_what_is_not_in_the_cache_is_named_when_offline(red, door):
    read_asset(red, FRAME[300:420, 500:620], door)
    with pytest.raises(SourceError, match="not in the cache"):
        read_asset(red, FRAME[0:100, 0:100], replace(door, offline=True))


def test_after_a_failure_gdal_is_not_let_ask_on(red, door, server):
    server.spoil(lambda *_: False, *[hostile.status(404)] * 50)
    with pytest.raises(SourceError, match="no such file"):
        read_asset(red, FRAME[100:900, 100:900], door)
    assert len(server.log) == 2  # the directory, and one row of tiles


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b[:99] + b"?" + b[100:]])
def test_a_torn_file_in_the_cache_is_fetched_again(red, door, pixels, spoil):
    read_asset(red, FRAME[300:420, 500:620], door)
    for part in (door.cache.folder / "objects").rglob("*"):
        if part.is_file():
            part.write_bytes(spoil(part.read_bytes()))
    again = read_asset(red, FRAME[300:420, 500:620], door)
    assert (again.bands == pixels[:, 300:420, 500:620]).all()


def test_a_torn_line_in_the_index_is_passed_over(red, door, pixels):
    read_asset(red, FRAME[300:420, 500:620], door)
    [index] = (door.cache.folder / "assets").rglob("*.jsonl")
    index.write_text(index.read_text()[:-20])
    again = read_asset(red, FRAME[300:420, 500:620], door)
    assert (again.bands == pixels[:, 300:420, 500:620]).all()


def test_a_window_on_another_grid_is_warped(red, door, pixels):
    other = GeoBox.from_bbox(
        FRAME[200:300, 200:300].extent.to_crs("EPSG:32647").boundingbox, resolution=10
    )
    raster = read_asset(red, other, door)
    assert raster.valid.mean() > 0.9
    assert 1300 < raster.bands[:, raster.valid].mean() < 1700


def test_classes_are_never_mixed(server, door, tmp_path):
    classes = np.kron(np.array([[4, 9], [9, 4]], np.uint8), np.ones((128, 128), np.uint8))
    server.files["/scl.tif"] = picture(
        classes[None], tmp_path, transform=from_origin(600000, 1300020, 20, 20)
    )
    scl = Asset(key="scl", href=f"{server.url}/scl.tif", bands=("scl",), kind="classes")
    raster = read_asset(scl, FRAME[0:512, 0:512], door)
    assert set(np.unique(raster.bands)) == {4, 9}


def test_a_tif_that_is_jpeg_2000_is_read(server, door, pixels, tmp_path):
    body = picture(
        pixels,
        tmp_path,
        "x.jp2",
        driver="JP2OpenJPEG",
        blocksize=None,
        compress=None,
        QUALITY="100",
        REVERSIBLE="YES",
    )
    assert body[4:6] == b"jP"
    server.files["/red.tif"] = body
    raster = read_asset(
        Asset(key="r", href=f"{server.url}/red.tif", bands=("red",)), FRAME[0:90, 0:90], door
    )
    assert (raster.bands == pixels[:, :90, :90]).all()


@pytest.fixture
def placeless(server, pixels, tmp_path) -> Asset:
    """A file that does not say where it lies."""
    server.files["/lost.tif"] = picture(
        pixels, tmp_path, driver="GTiff", blocksize=None, crs=None, transform=None
    )
    return Asset(key="red", href=f"{server.url}/lost.tif", bands=("red",))


def test_where_the_file_does_not_say_where_it_lies_the_item_does(placeless, door, pixels):
    extent = (600000.0, 1300020.0 - 10 * SIDE, 600000.0 + 10 * SIDE, 1300020.0)
    told = replace(placeless, crs="EPSG:32648", extent=extent)
    assert (read_asset(told, FRAME[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()


def test_a_shape_told_wrongly_does_not_shift_anything(placeless, door, pixels):
    """The item speaks of 10980 pixels of 10 m; the file has 1024 over the same ground."""
    extent = (600000.0, 1190220.0, 709800.0, 1300020.0)
    told = replace(placeless, crs="EPSG:32648", extent=extent)
    own = GeoBox.from_bbox(extent, "EPSG:32648", shape=(SIDE, SIDE), tight=True)
    assert (read_asset(told, own[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()


def test_a_file_that_says_where_it_lies_is_believed_before_its_item(red, door, pixels):
    told = replace(red, crs="EPSG:32601", extent=(0.0, 0.0, 1.0, 1.0))
    assert (read_asset(told, FRAME[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()


def test_a_frame_that_stands_in_a_file_beside_it_is_found(placeless, door, server, pixels):
    numbers = ", ".join(map(str, FRAME.affine.to_gdal()))
    server.files["/lost.tif.aux.xml"] = (
        f"<PAMDataset><SRS>EPSG:32648</SRS><GeoTransform>{numbers}</GeoTransform></PAMDataset>"
    ).encode()
    assert (read_asset(placeless, FRAME[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()
    again = read_asset(placeless, FRAME[5:50, 5:50], replace(door, offline=True))
    assert again.valid.all()


def test_a_file_that_nobody_can_place_is_named(placeless, door):
    with pytest.raises(SourceError, match="does not say where it lies"):
        read_asset(placeless, FRAME[5:50, 5:50], door)


def test_an_error_page_in_place_of_a_file_is_neither_read_nor_kept(red, server, door, pixels):
    server.spoil(
        lambda h, _: (
            h.plain(206, b"<Error/>" * 2048, Content_Range="bytes 0-16383/99999") or True
        )
    )
    assert (read_asset(red, FRAME[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()


def test_a_file_that_is_no_picture_is_named(server, door):
    server.files["/red.tif"] = b"<?xml version='1.0'?><Error>SlowDown</Error>" * 9
    with pytest.raises(SourceError, match="is no picture: it begins with"):
        read_asset(Asset(key="r", href=f"{server.url}/red.tif", bands=("red",)), FRAME, door)


@pytest.mark.parametrize(
    "spoilt", [hostile.reset, hostile.truncated, hostile.wrong_length, hostile.web_page]
)
def test_tiles_that_break_off_are_fetched_again(red, door, server, pixels, spoilt):
    def later(handler, body):  # the directory arrives, the first tiles do not
        return handler.span(body)[0] > 0 and spoilt(handler, body)

    server.spoil(lambda *_: False, later)
    raster = read_asset(red, FRAME[300:420, 500:620], door)
    assert (raster.bands == pixels[:, 300:420, 500:620]).all()


def test_tiles_that_never_arrive_are_an_error_not_black(red, door, server):
    server.spoil(lambda *_: False, *[hostile.reset] * 20)
    with pytest.raises(SourceError, match=r"red\.tif at .* tried 4 times"):
        read_asset(red, FRAME[300:420, 500:620], door)


def test_uncompressed_tiles_that_never_arrive_are_an_error_too(server, door, pixels, tmp_path):
    server.files["/raw.tif"] = picture(pixels, tmp_path, compress="NONE")
    server.spoil(lambda *_: False, *[hostile.reset] * 20)
    with pytest.raises(SourceError, match=r"raw\.tif at .* tried 4 times"):
        read_asset(
            Asset(key="r", href=f"{server.url}/raw.tif", bands=("red",)), FRAME[0:9, 0:9], door
        )


def test_a_file_that_changes_while_it_is_read_is_named(red, door, server):
    def changed(handler, body):
        handler.ranged(body, ETag='"two"')
        return True

    server.spoil(lambda *_: False, changed)
    with pytest.raises(SourceError, match="changed on the server"):
        read_asset(red, FRAME[300:420, 500:620], door)


def test_a_file_that_was_replaced_since_is_read_anew(red, door, server, pixels, tmp_path):
    read_asset(red, FRAME[300:420, 500:620], door)
    server.files["/red.tif"] = picture(pixels + np.uint16(1), tmp_path)

    def marked(handler, body):
        handler.ranged(body, ETag='"two"')
        return True

    server.spoil(*[marked] * 20)
    again = read_asset(red, FRAME[600:720, 500:620], door)
    assert (again.bands == pixels[:, 600:720, 500:620] + 1).all()


def test_many_threads_read_one_file_rightly(red, door, pixels):
    def one(i: int) -> bool:
        raster = read_asset(red, FRAME[i * 40 : i * 40 + 200, 100:300], door)
        return bool((raster.bands == pixels[:, i * 40 : i * 40 + 200, 100:300]).all())

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(one, range(12)))


def test_gdal_is_told_of_one_shelf_and_not_of_every_file(red, client, door):
    """Its list of shelves has no lock: threads that change it crash or wait for ever."""
    names = set()

    def shelf(_: int) -> None:
        remote = Remote(red.href, client, door.cache)
        with opened(remote) as first, opened(remote) as second:
            names.update({first.name.rpartition("/")[0], second.name.rpartition("/")[0]})
            assert first.name != second.name

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(shelf, range(8)))
    shelf(0)
    assert len(names) == 1


def test_what_gdal_says_of_a_file_names_the_file_and_no_shelf(server, door):
    server.files["/red.tif"] = b"II*\0" + bytes(40_000)
    asset = Asset(key="red", href=f"{server.url}/red.tif", bands=("red",))
    with pytest.raises(SourceError, match=r"red\.tif cannot be read") as raised:
        read_asset(asset, FRAME[5:50, 5:50], door)
    assert "vsi" not in str(raised.value)
    assert "-picture" not in str(raised.value)


def test_pictures_with_alpha_hide_what_alpha_hides(server, door, tmp_path):
    bands = np.full((4, 64, 64), 7, np.uint8)
    bands[3, :, :32] = 0
    bands[3, :, 32:] = 255
    server.files["/vhr.tif"] = picture(
        bands, tmp_path, photometric="RGB", driver="GTiff", blocksize=None, alpha="yes"
    )
    asset = Asset(key="visual", href=f"{server.url}/vhr.tif", bands=("red", "green", "blue"))
    raster = read_asset(asset, FRAME[0:64, 0:64], door)
    assert raster.bands.shape[0] == 3
    assert raster.names == ("red", "green", "blue")
    assert not raster.valid[:, :32].any()
    assert raster.valid[:, 32:].all()


def test_a_path_is_read_like_an_address(pixels, tmp_path, door):
    picture(pixels, tmp_path)
    asset = Asset(key="red", href=str(tmp_path / "x.tif"), bands=("red",), nodata=0.0)
    assert (read_asset(asset, FRAME[5:50, 5:50], door).bands == pixels[:, 5:50, 5:50]).all()
    with pytest.raises(SourceError, match="cannot be read"):
        read_asset(replace(asset, href=str(tmp_path / "y.tif")), FRAME[5:50, 5:50], door)


def test_nothing_secret_reaches_the_cache(red, server, pixels, tmp_path):
    class Signed(Unsigned):
        def sign(self, url):
            return f"{url}?sig=SECRET"

    cache = Cache(tmp_path / "cache")
    door = Door(client=Client(limits=QUICK, patience=HASTY, signer=Signed()), cache=cache)
    read_asset(red, FRAME[5:50, 5:50], door)
    assert "sig=SECRET" in server.log[0][1]
    for path in cache.folder.rglob("*.json*"):
        assert "SECRET" not in path.read_text()


def test_a_cache_that_cannot_be_written_says_so(red, tmp_path, client):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(OutputError, match="--cache"):
        read_asset(red, FRAME[5:50, 5:50], Door(client=client, cache=Cache(tmp_path / "cache")))


def test_a_disk_that_fills_while_a_file_is_read_is_named_and_the_file_not_blamed(
    red, door, monkeypatch, capfd
):
    write, written = Path.write_bytes, []

    def fills(path, body):
        written.append(path)
        if len(written) > 1:  # the file's head still fits
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, body)

    monkeypatch.setattr(Path, "write_bytes", fills)
    with pytest.raises(OutputError, match=r"No space left on device.*--cache"):
        read_asset(red, FRAME[300:420, 500:620], door)
    assert capfd.readouterr().err == ""
