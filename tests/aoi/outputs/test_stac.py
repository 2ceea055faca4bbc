"""A catalogue that pystac calls valid, offline, with what the extensions ask for."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pystac
import pytest
from pystac.validation import validate_dict

from aoi.outputs.stac import ScoreRaster, write_stac
from aoi.outputs.stac_net import NetFiles
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.outputs.leaving_drawn import leaving

CARD = {
    "name": "stockade-net", "version": "0.1", "encoder": "resnet18", "gsd_m": 0.5,
    "heads": drawn.HEADS, "bands": ["red", "green", "blue"],
    "mean": [0.4] * 3, "std": [0.2] * 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    home = tmp_path_factory.mktemp("stac")
    grid = drawn.frame()
    cog = drawn.write_raster(home / "scores.tif", drawn.scores(), grid, nodata=255)
    (home / "net.safetensors").write_bytes(b"weights")
    raster = ScoreRaster(scene_id="drawn-2025-11-03", path=cog, grid=grid, heads=drawn.HEADS)
    net = NetFiles(weights=home / "net.safetensors", card=CARD)
    write_stac(home / "out", leaving(), rasters=(raster,), net=net)
    home.rename(home.with_name("moved"))
    return pystac.Catalog.from_file(str(home.with_name("moved") / "out" / "catalog.json"))


def core_only(thing):
    """Validate against the schemas of the core, which pystac carries; no network."""
    bare = thing.to_dict()
    bare["stac_extensions"] = []
    validate_dict(bare)


def test_every_part_is_valid_and_every_link_leads_somewhere(catalog):
    core_only(catalog)
    [collection] = catalog.get_children()
    core_only(collection)
    items = list(collection.get_items())
    assert len(items) == 4 + 1 + 1
    for item in items:
        core_only(item)
        assert item.get_parent().id == "r-1"
        for asset in item.get_assets().values():
            assert asset.get_absolute_href().startswith("/")
            assert Path(asset.get_absolute_href()).stat().st_size


def test_links_are_relative_so_the_folder_may_travel(catalog):
    for item in catalog.get_items(recursive=True):
        raw = json.loads(Path(item.get_self_href()).read_text())
        hrefs = [link["href"] for link in raw["links"]] + [
            a["href"] for a in raw["assets"].values()
        ]
        assert all(not h.startswith(("/", "http", "file")) for h in hrefs)


def test_an_item_lies_where_its_layout_does_and_says_how_it_came_about(catalog):
    item = next(catalog.get_items("c-0000000001", recursive=True))
    wanted = drawn.layers()["compounds"].to_crs(4326).total_bounds
    assert np.all(np.array(item.bbox)[:2] >= wanted[:2] - 1e-9)
    assert item.datetime.isoformat() == "2025-11-03T03:20:00+00:00"
    assert "decision" in item.properties["processing:lineage"]
    assert item.properties["version"] == "r-1.3"
    assert item.properties["stockade:score"] == 0.93
    assert "thumbnail" in item.assets


def test_scores_tell_their_frame_and_how_numbers_become_probabilities(catalog):
    item = next(catalog.get_items("scores-drawn-2025-11-03", recursive=True))
    assert item.properties["proj:code"] == "EPSG:32648"
    assert item.properties["proj:transform"][:3] == [0.5, 0.0, drawn.EAST]
    bands = item.assets["scores"].extra_fields["raster:bands"]
    assert [b["name"] for b in bands] == list(drawn.HEADS)
    assert 254 * bands[0]["scale"] == pytest.approx(1)


def test_the_net_is_an_item_with_what_the_mlm_extension_asks_for(catalog):
    item = next(catalog.get_items("model-stockade-net", recursive=True))
    asked = {"mlm:name", "mlm:architecture", "mlm:tasks", "mlm:input", "mlm:output"}
    assert asked <= set(item.properties)
    [read] = item.properties["mlm:input"]
    assert {"name", "input", "bands"} <= set(read)
    assert "bands" in read["input"]["dim_order"]
    assert [b["name"] for b in item.properties["bands"]] == read["bands"]
    [wrote] = item.properties["mlm:output"]
    assert {"name", "tasks", "result"} <= set(wrote)
    models = [a for a in item.assets.values() if "mlm:model" in a.roles]
    assert [a.extra_fields["mlm:artifact_type"] for a in models] == [
        "safetensors.torch.save_file"
    ]


def test_what_was_withheld_stands_in_the_collection(tmp_path):
    write_stac(tmp_path, leaving("public"))
    catalog = pystac.Catalog.from_file(str(tmp_path / "catalog.json"))
    [collection] = catalog.get_children()
    assert collection.extra_fields["stockade:level"] == "public"
    assert any(w["what"] == "layouts" for w in collection.extra_fields["stockade:withheld"])
    assert len(list(collection.get_items())) == 1
    assert len(gpd.read_parquet(tmp_path / "data" / "compounds.parquet")) == 1


def test_nothing_to_list_and_nowhere_to_lie_are_refused(tmp_path):
    with pytest.raises(InputError, match="local metres"):
        write_stac(tmp_path, leaving(crs=None))
    with pytest.raises(InputError, match="Nothing leaves"):
        write_stac(tmp_path, leaving("public", settled={}))
