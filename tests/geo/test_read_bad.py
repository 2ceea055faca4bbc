"""Every bad picture gets a sentence, never a traceback of somebody else's."""

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine

from geo.errors import InputError, SourceError, UnitsError
from geo.read import measure_stretch, open_image

RPC = {
    "HEIGHT_OFF": "0", "HEIGHT_SCALE": "500", "LAT_OFF": "11", "LAT_SCALE": "0.1",
    "LINE_OFF": "20", "LINE_SCALE": "20", "LONG_OFF": "105", "LONG_SCALE": "0.1",
    "SAMP_OFF": "30", "SAMP_SCALE": "30", "ERR_BIAS": "0", "ERR_RAND": "0",
    "LINE_NUM_COEFF": "0 0 -1 " + "0 " * 17, "LINE_DEN_COEFF": "1 " + "0 " * 19,
    "SAMP_NUM_COEFF": "0 1 " + "0 " * 18, "SAMP_DEN_COEFF": "1 " + "0 " * 19,
}  # fmt: skip


@pytest.fixture
def big(tif):
    """512 x 512 noise in tiles of 128, too random to compress."""
    noise = np.random.default_rng(0).integers(0, 255, (3, 512, 512), np.uint8)
    return tif(noise, "big.tif", tiled=True, blockxsize=128, blockysize=128)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no file .*nowhere\.tif"):
        open_image(tmp_path / "nowhere.tif")


def test_a_folder_is_not_a_picture(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        open_image(tmp_path)


@pytest.mark.parametrize("content", ["", "just text, renamed"])
def test_a_text_with_a_pictures_name_is_refused(tmp_path, content):
    path = tmp_path / "text.tif"
    path.write_text(content)
    with pytest.raises(InputError, match=r"text\.tif cannot be opened as a picture"):
        open_image(path)


@pytest.mark.parametrize("size", [4, 8, 100])
def test_a_header_cut_off_is_refused_when_opened(big, size):
    cut(big, size)
    with pytest.raises(InputError, match=r"big\.tif cannot be opened .* cut off"):
        open_image(big)


def test_a_vrt_without_its_picture_says_so_when_read(tmp_path, tif, ramp):
    path = tif(ramp)
    rasterio.shutil.copy(path, tmp_path / "all.vrt", driver="VRT")
    path.unlink()
    image = open_image(tmp_path / "all.vrt")
    with pytest.raises(SourceError, match=r"all\.vrt failed while reading rows 0 to 40"):
        image.read()


def test_a_block_cut_off_is_named_with_its_window_and_the_others_still_read(big):
    whole = open_image(big).read().bands
    cut(big, 500_000)
    image = open_image(big)
    with image.reader() as reader:
        first, _ = reader.read(slice(0, 128), slice(0, 128))
        np.testing.assert_array_equal(first, whole[:, :128, :128])
        with pytest.raises(SourceError, match=r"big\.tif .* rows 384 to 512, columns 0 to 512"):
            reader.read(slice(384, 512), slice(0, 512))
        again, _ = reader.read(slice(0, 128), slice(0, 128))
        np.testing.assert_array_equal(again, first)


def test_a_warp_over_a_block_cut_off_fails_rather_than_show_black(big):
    cut(big, 500_000)
    image = open_image(big)
    with pytest.raises(SourceError, match=r"big\.tif failed while reading"):
        image.read(image.grid.zoom_out(1.5))


def test_a_block_whose_bytes_are_noise_is_refused(tif):
    bands = np.zeros((1, 256, 256), np.uint8)
    path = tif(bands, compress="deflate", tiled=True, blockxsize=128, blockysize=128)
    image = open_image(path)
    content = bytearray(path.read_bytes())
    content[-60:-20] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(SourceError, match="checksum"):
        image.read()


def test_a_jpeg_cut_off_is_refused_not_painted_grey(tmp_path, tif):
    noise = np.random.default_rng(0).integers(0, 255, (3, 256, 256), np.uint8)
    path = tmp_path / "a.jpg"
    rasterio.shutil.copy(tif(noise), path, driver="JPEG")
    cut(path, path.stat().st_size // 2)
    with pytest.raises(SourceError, match=r"a\.jpg failed while reading"):
        open_image(path, gsd=1.0).read()


def test_a_png_cut_off_is_refused(tmp_path, tif):
    noise = np.random.default_rng(0).integers(0, 255, (3, 256, 256), np.uint8)
    path = tmp_path / "a.png"
    rasterio.shutil.copy(tif(noise), path, driver="PNG")
    cut(path, path.stat().st_size // 2)
    with pytest.raises(SourceError, match=r"a\.png failed while reading"):
        open_image(path, gsd=1.0).read()


def test_a_place_in_rpc_only_asks_for_orthorectification(tif, ramp):
    path = tif(ramp, crs=None, transform=None, rpcs=_rpcs())
    with pytest.raises(InputError, match=r"RPC.*gdalwarp -rpc"):
        open_image(path)
    with pytest.raises(InputError, match=r"RPC.*gdalwarp -rpc"):
        open_image(path, gsd=0.5)


@pytest.mark.parametrize("gsd", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pixel_size_must_be_one(tif, ramp, gsd):
    path = tif(ramp, crs=None, transform=Affine(1, 0, 5, 0, -1, 5))
    with pytest.raises(UnitsError, match="positive number"):
        open_image(path, gsd=gsd)


def test_degrees_that_are_no_degrees_are_refused(tif, ramp):
    path = tif(ramp, crs="EPSG:4326", transform=Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000))
    with pytest.raises(InputError, match="600000"):
        open_image(path)


def test_raw_radar_is_refused(tif):
    with pytest.raises(InputError, match="complex"):
        open_image(tif(np.ones((1, 4, 4), np.complex64)))


def test_a_file_of_several_pictures_is_refused(tmp_path):
    path = tmp_path / "several.vrt"
    path.write_text(
        '<VRTDataset rasterXSize="1" rasterYSize="1"><Metadata domain="SUBDATASETS">'
        "<MDI key='SUBDATASET_1_NAME'>a</MDI><MDI key='SUBDATASET_1_DESC'>a</MDI>"
        "</Metadata></VRTDataset>"
    )
    with pytest.raises(InputError, match=r"several\.vrt"):
        open_image(path)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_picture_of_nodata_alone_has_no_contrast_to_measure(tif, dtype):
    image = open_image(tif(np.zeros((3, 30, 30), dtype), nodata=0))
    with pytest.raises(InputError, match=r"scene\.tif has no valid pixel at all"):
        measure_stretch(image)


def test_a_picture_on_earth_does_not_fit_a_grid_that_is_not(tif, ramp):
    local = open_image(tif(ramp, "local.tif", crs=None), gsd=0.5).grid
    image = open_image(tif(ramp))
    with pytest.raises(InputError, match="cannot share one grid"):
        image.read(local)


def test_a_picture_wants_a_stretch(tif, ramp):
    with open_image(tif(ramp)).reader() as reader, pytest.raises(InputError, match="stretch"):
        reader.picture(slice(0, 4), slice(0, 4))


def test_nothing_of_gdal_or_of_paths_leaks_into_a_sentence(big):
    cut(big, 500_000)
    with pytest.raises(SourceError) as caught:
        open_image(big).read()
    assert "<" not in str(caught.value)
    assert str(caught.value).endswith(".")


def _rpcs():
    return rasterio.rpc.RPC.from_gdal(RPC)
