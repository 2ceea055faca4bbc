"""A lesson looks as a scan would see it: what is not there is nothing; depth is not clipped."""

import struct
import zlib

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image

from geo.errors import InputError
from geo.read import measure_stretch, open_image
from models.data import read_patches
from models.losses import UNKNOWN
from models.patch import NOTHING
from models.pictures import read_band, read_picture
from models.sets import Classes, LabelledSet


def lesson(folder, images, **more):
    """Read the only picture of a set whose masks say yes everywhere."""
    told = {"labels": {"building": "mask.png"}, "gsd_m": 0.5, **more}
    one = LabelledSet(name="n", place="p", split="train", licence="", images=images, **told)
    [patch] = read_patches([one], folder, split="train")
    return patch


@pytest.fixture
def folder(tmp_path):
    """A mask of 20 x 10 pixels that says yes everywhere."""
    Image.fromarray(np.full((10, 20), 255, np.uint8)).save(tmp_path / "mask.png")
    return tmp_path


@pytest.mark.parametrize("bands", [(1, 2, 3), (3, 2, 1)])
def test_nodata_of_a_placed_picture_is_the_colour_of_nothing(folder, bands):
    pixels = np.full((3, 10, 20), 200, np.uint8)
    pixels[:, :, 15:] = 0
    profile = {"driver": "GTiff", "width": 20, "height": 10, "count": 3, "dtype": "uint8",
               "nodata": 0, "crs": "EPSG:32648",
               "transform": Affine(0.5, 0, 5e5, 0, -0.5, 1.2e6)}  # fmt: skip
    with rasterio.open(folder / "a.tif", "w", **profile) as file:
        file.write(pixels)
    patch = lesson(folder, "a.tif", bands=bands)
    assert (patch.picture[:, :, :15] == 200).all()
    assert (patch.picture[:, :, 15:] == NOTHING).all()
    assert (patch.labels["building"][:, :15] == 1).all()
    assert (patch.labels["building"][:, 15:] == UNKNOWN).all()


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P"])
def test_transparent_ground_is_nothing_and_nobody_knows_what_is_there(folder, kind):
    alpha = np.full((10, 20), 255, np.uint8)
    alpha[:, 15:] = 0
    alpha[0, 0] = 1  # faint, but there
    seen = Image.fromarray(np.full((10, 20), 200, np.uint8))
    if kind == "P":
        picture = Image.fromarray((alpha == 0).astype(np.uint8)).convert("P")
        picture.putpalette([200, 200, 200, 0, 0, 0])
        picture.save(folder / "a.png", transparency=1)
    else:
        picture = seen.convert(kind)
        picture.putalpha(Image.fromarray(alpha))
        picture.save(folder / "a.png")
    with Image.open(folder / "a.png") as file:
        assert file.mode == kind
    patch = lesson(folder, "a.png")
    assert (patch.picture[:, :, :15] == 200).all()
    assert (patch.picture[:, :, 15:] == NOTHING).all()
    assert (patch.labels["building"][:, :15] == 1).all()
    assert (patch.labels["building"][:, 15:] == UNKNOWN).all()
    scanned = open_image(folder / "a.png", gsd=0.5)
    _, valid = scanned.picture(None, measure_stretch(scanned))
    np.testing.assert_array_equal(read_picture(folder / "a.png")[1], valid)


def deep_png(path, shape, colour):
    """Write a PNG of 16 bits; Pillow can only write grey ones."""
    rows = b"".join(b"\0" + bytes(2 * shape[1] * shape[2]) for _ in range(shape[0]))
    head = struct.pack(">IIBBBBB", shape[1], shape[0], 16, colour, 0, 0, 0)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + name + body)
            file.write(struct.pack(">I", zlib.crc32(name + body)))


@pytest.mark.parametrize(("bands", "colour"), [(1, 0), (3, 2), (2, 4), (4, 6)])
def test_a_png_of_sixteen_bits_is_refused_and_the_way_out_named(folder, bands, colour):
    deep_png(folder / "a.png", (10, 20, bands), colour)
    with pytest.raises(InputError, match=r"a\.png holds numbers of more than 8 bits.*a\.tif"):
        lesson(folder, "a.png")


@pytest.mark.parametrize("kind", ["1", "L", "P", "RGB", "CMYK"])
def test_pictures_of_eight_bits_or_fewer_are_taken_whole(folder, kind):
    path = folder / ("a.jpg" if kind == "CMYK" else "a.png")
    Image.fromarray(np.full((10, 20, 3), 255, np.uint8)).convert(kind).save(path)
    picture, valid = read_picture(path)
    assert picture.shape == (3, 10, 20)
    assert (picture >= 250).all()
    assert valid.all()


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "LA"])
@pytest.mark.parametrize("spec", ["mask", "classes"])
def test_a_mask_of_several_bands_is_refused_and_named(folder, kind, spec):
    Image.fromarray(np.zeros((10, 20, 3), np.uint8)).save(folder / "a.png")
    Image.fromarray(np.zeros((10, 20), np.uint8)).convert(kind).save(folder / "mask.png")
    label = "mask.png" if spec == "mask" else Classes(file="mask.png", yes=(1,))
    with pytest.raises(InputError, match=rf"mask\.png has {len(kind)} bands"):
        lesson(folder, "a.png", labels={"building": label})


def test_class_numbers_may_be_deep(folder):
    Image.fromarray(np.full((10, 20), 4000, np.uint16)).save(folder / "mask.png")
    assert (read_band(folder / "mask.png") == 4000).all()


@pytest.mark.parametrize("pattern", ["m/{name}.png", "m/{}.png", "m/{stem.png", "{stem.x}"])
@pytest.mark.parametrize("key", ["mask", "outlines", "roofs"])
def test_a_pattern_with_other_words_in_braces_is_named(folder, pattern, key):
    Image.fromarray(np.zeros((10, 20, 3), np.uint8)).save(folder / "a.png")
    more = {"labels": {"building": pattern}} if key == "mask" else {key: pattern}
    with pytest.raises(InputError, match=r"Set n: .* is no name of a file\. {stem} alone"):
        lesson(folder, "a.png", **more)


@pytest.mark.parametrize("key", ["outlines", "roofs"])
def test_the_file_of_faulty_drawn_outlines_is_named(folder, key):
    Image.fromarray(np.zeros((10, 20, 3), np.uint8)).save(folder / "a.png")
    (folder / "a.json").write_text("{}")
    with pytest.raises(InputError, match=r"a\.json: Drawn .* is missing"):
        lesson(folder, "a.png", **{key: "{stem}.json"})
