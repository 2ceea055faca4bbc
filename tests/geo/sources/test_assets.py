"""Files of archives are read like files on the disk, whatever they are made of."""

import subprocess
import sys

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp

from geo.grid import Grid
from geo.read import open_image
from geo.scene import Asset
from geo.sources.assets import Door, read_asset
from geo.sources.cache import Cache
from geo.sources.http import Client
from tests.geo.sources.hostile import Server

UTM = "EPSG:32648"
FRAME = Affine(10, 0, 500_000, 0, -10, 1_210_000)
SIDE = 60

GRIDS = {
    "its own lines": Grid((40, 50), FRAME @ Affine.translation(5, 7), UTM),
    "beyond its edge": Grid((40, 50), FRAME @ Affine.translation(-9, 30), UTM),
    "half a pixel off": Grid((40, 50), FRAME @ Affine.translation(5.5, 7.25), UTM),
    "three times as coarse": Grid((15, 15), FRAME @ Affine.scale(3), UTM),
    "another zone": Grid((60, 60), Affine(10, 0, 1_156_700, 0, -10, 1_216_600), "EPSG:32647"),
}


def ground(count, dtype):
    rng = np.random.default_rng(count)
    coarse = rng.integers(20, 220, (count, SIDE // 4, SIDE // 4))
    return coarse.repeat(4, 1).repeat(4, 2).astype(dtype)


def drawn(path, bands, *, mask=None, alpha=False, **words):
    profile = {
        "driver": "GTiff", "width": SIDE, "height": SIDE, "count": len(bands),
        "dtype": bands.dtype, "crs": UTM, "transform": FRAME, "tiled": True,
        "blockxsize": 32, "blockysize": 32,
    } | words  # fmt: skip
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", **profile) as file,
    ):
        file.write(bands)
        if alpha:
            file.colorinterp = [*file.colorinterp[:-1], ColorInterp.alpha]
        if mask is not None:
            file.write_mask(mask)
    return path


def holed(bands, value):
    bands[:, 12:31, 8:20] = value
    return bands


def half_seen():
    mask = np.full((SIDE, SIDE), 255, np.uint8)
    mask[10:33, 14:40] = 0
    return mask


FILES = {
    "bytes": lambda p: drawn(p, ground(3, np.uint8)),
    "nodata": lambda p: drawn(p, holed(ground(1, np.uint16), 0), nodata=0),
    "signed": lambda p: drawn(p, holed(ground(2, np.int16), -99), nodata=-99),
    "floats": lambda p: drawn(p, holed(ground(1, np.float32), np.nan), nodata=np.nan),
    "doubles": lambda p: drawn(p, holed(ground(1, np.float64), -1e300), nodata=-1e300),
    "mask": lambda p: drawn(p, ground(3, np.uint8), mask=half_seen()),
    "alpha": lambda p: drawn(
        p, np.concatenate([ground(3, np.uint8), half_seen()[None]]), alpha=True
    ),
    "ground control": lambda p: drawn(
        p, ground(1, np.uint16), crs="EPSG:4326", transform=None,
        gcps=[GroundControlPoint(row=r, col=c, x=105 + c / 9000, y=10.946 - r / 9000, z=0)
              for r in (0, 30, 60) for c in (0, 30, 60)],
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("where", GRIDS)
def test_a_file_of_an_archive_is_read_like_one_on_the_disk(kind, where, tmp_path):
    path = FILES[kind](tmp_path / "picture.tif")
    door = Door(client=Client(), cache=Cache(tmp_path / "cache"))
    grid = GRIDS[where]
    asset = Asset(key="a", href=str(path), bands=("a",), kind="picture")
    ours = read_asset(asset, grid, door)
    disk = open_image(path).read(grid, resampling="bilinear")
    assert ours.valid.any()
    assert (ours.valid == disk.valid).all()
    assert ours.bands.dtype == disk.bands.dtype
    assert np.array_equal(ours.bands[:, ours.valid], disk.bands[:, ours.valid])


CROWD = """
import sys, threading
from pathlib import Path
from geo.read import open_image
from geo.scene import Asset
from geo.sources import shelf
from geo.sources.assets import Door, read_asset
from geo.sources.cache import Cache
from geo.sources.http import Client
from tests.geo.sources.test_assets import GRIDS

link, path, home = sys.argv[1:]

def crowded(self, close=shelf.Handle.close):
    other = threading.Thread(target=lambda: open_image(path).read())
    other.start()
    other.join()
    close(self)

shelf.Handle.close = crowded
door = Door(client=Client(), cache=Cache(Path(home)))
for grid in GRIDS.values():
    read_asset(Asset(key="a", href=link, bands=("a",), kind="picture"), grid, door)
"""


@pytest.mark.parametrize("kind", ["nodata", "mask"])
def test_another_thread_reads_its_file_while_one_on_a_server_is_closed(kind, tmp_path):
    """Python's lock in one hand and GDAL's in the other, both used to wait for ever."""
    server = Server()
    path = FILES[kind](tmp_path / "a.tif")
    server.files["/a.tif"] = path.read_bytes()
    words = [f"{server.url}/a.tif", path, tmp_path / "cache"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CROWD, *words],
        timeout=50, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
