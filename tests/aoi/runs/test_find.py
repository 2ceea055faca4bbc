"""What a scan writes of a compound is what was measured of it."""

import geopandas as gpd
import numpy as np
import pytest

from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from tests.aoi.runs.conftest import court


def test_a_second_wall_along_half_the_perimeter_is_told_as_half(save, tmp_path):
    picture = court()
    for side in (np.s_[68:71, 68:320], np.s_[68:320, 68:71]):  # 6 m before two of four sides
        picture[:, *side] = np.array([255, 0, 0])[:, None, None]
    run_scan(Request(sources=(str(save(picture)),), out=tmp_path / "run"))
    [row] = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="compounds").to_dict(
        "records"
    )
    assert row["double_perimeter"] == pytest.approx(0.5, abs=0.1)
