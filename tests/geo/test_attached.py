"""Which files beside a picture hold what it shows."""

import numpy as np
import rasterio
import rasterio.shutil

from geo.read import open_image


def test_most_pictures_stand_alone_whatever_lies_beside_them(tif, ramp):
    path = tif(ramp)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2])
    path.with_suffix(".tif.aux.xml").write_text("<PAMDataset></PAMDataset>")
    path.with_suffix(".tfw").write_text("0.5\n0\n0\n-0.5\n0\n0\n")
    assert open_image(path).attached == ()


def test_a_virtual_picture_of_a_virtual_picture_names_what_lies_under_both(tif, ramp, tmp_path):
    path = tif(ramp)
    rasterio.shutil.copy(path, tmp_path / "b.vrt", driver="VRT")
    text = (tmp_path / "b.vrt").read_text().replace("scene.tif", "b.vrt")
    (tmp_path / "c.vrt").write_text(text)
    assert open_image(tmp_path / "c.vrt").attached == (tmp_path / "b.vrt", path)


def test_a_mask_of_its_own_is_named(tif, ramp, tmp_path):
    path = tif(ramp)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.eye(40, 60, dtype=np.bool_))
    assert open_image(path).attached == (tmp_path / "scene.tif.msk",)
