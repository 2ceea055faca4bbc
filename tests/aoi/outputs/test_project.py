"""The project file, read as the XML it is; what QGIS makes of it is tested with QGIS."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from affine import Affine

from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer, score_layers
from geo.errors import InputError
from geo.grid import Grid
from tests.aoi.outputs import drawn


def read(path):
    """Parse the only file in the zip."""
    with zipfile.ZipFile(path) as bundle:
        [name] = bundle.namelist()
        return ET.fromstring(bundle.read(name))  # noqa: S314 - we wrote it


@pytest.fixture
def package(tmp_path):
    """A package in a folder with a name that XML and URLs trip over."""
    folder = tmp_path / "a & b's <run> ទី"
    folder.mkdir()
    return write_package(folder / "stockade.gpkg", drawn.layers(), drawn.UTM)


def project(package, **options):
    """Write a project beside the package."""
    return write_project(package.with_suffix(".qgz"), package, crs=drawn.UTM, **options)


def test_layers_stand_from_outlines_on_top_to_pictures_below(package):
    grid = drawn.frame()
    rasters = [RasterLayer(path=package.with_name("p.tif"), title="picture", grid=grid)]
    rasters += score_layers(package.with_name("s.tif"), grid, drawn.HEADS)
    top = read(project(package, rasters=rasters))
    names = [node.get("name") for node in top.iter("layer-tree-layer")]
    assert names[:3] == ["compounds", "sites", "changes"]
    assert names[-6:-1] == [f"score: {h.replace('_', ' ')}" for h in drawn.HEADS]
    assert names[-1] == "picture"


def test_every_node_has_its_layer_by_an_id_that_qgis_keeps(package):
    top = read(project(package))
    nodes = [node.get("id") for node in top.iter("layer-tree-layer")]
    layers = [layer.findtext("id") for layer in top.iter("maplayer")]
    assert sorted(nodes) == sorted(layers)
    assert len(set(nodes)) == len(nodes)
    assert min(map(len, nodes)) > 10


def test_a_picture_beside_the_run_travels_with_it_and_one_far_away_stays(package):
    near, far = package.parent.parent / "scene.tif", Path("/data/elsewhere/scene.tif")
    grid = drawn.frame()
    rasters = [RasterLayer(path=p, title="x", grid=grid) for p in (near, far)]
    top = read(project(package, rasters=rasters))
    sources = [layer.findtext("datasource") for layer in top.iter("maplayer")]
    assert sources[0] == "./stockade.gpkg|layername=compounds"
    assert sources[-2:] == ["../scene.tif", "/data/elsewhere/scene.tif"]
    assert top.findtext("properties/Paths/Absolute") == "false"


def test_empty_layers_are_there_but_not_ticked(tmp_path):
    package = write_package(tmp_path / "stockade.gpkg", {}, drawn.UTM)
    nodes = list(read(project(package)).iter("layer-tree-layer"))
    assert len(nodes) == 7
    assert {node.get("checked") for node in nodes} == {"Qt::Unchecked"}


def test_it_opens_on_everything_there_is_with_a_little_air(package):
    box = read(project(package)).find("ProjectViewSettings/DefaultViewExtent").attrib
    assert float(box["xmin"]) < drawn.EAST < float(box["xmin"]) + 20
    assert float(box["ymax"]) - 20 < drawn.NORTH < float(box["ymax"])
    asked = read(project(package, extent=(1.0, 2.0, 3.0, 4.0)))
    assert asked.findtext("mapcanvas/extent/ymax") == "4.000"


def test_a_picture_in_another_crs_counts_where_it_lies_in_the_projects(package):
    degrees = Grid((10, 10), Affine(0.001, 0, 104.8, 0, -0.001, 11.58), "EPSG:4326")
    raster = RasterLayer(path=package.with_name("d.tif"), title="degrees", grid=degrees)
    box = read(project(package, rasters=[raster])).find("mapcanvas/extent")
    assert 470_000 < float(box.findtext("xmin")) < 490_000


def test_text_that_xml_cannot_hold_is_replaced(package):
    top = read(project(package, title="a\x00b\ud800<c>"))
    assert top.findtext("title") == "a\ufffdb\ufffd<c>"


def test_the_same_run_gives_the_same_bytes(package):
    one = project(package, title="x").read_bytes()
    assert project(package, title="x").read_bytes() == one


def test_a_project_without_its_package_is_refused(tmp_path):
    with pytest.raises(InputError, match="Write the GeoPackage before the project"):
        project(tmp_path / "stockade.gpkg")
    (tmp_path / "stockade.gpkg").write_text("not one")
    with pytest.raises(InputError, match="not a GeoPackage of Stockade"):
        project(tmp_path / "stockade.gpkg")


@pytest.mark.parametrize("wrong", [{"band": 0}, {"rgb": (0, 1, 2)}, {"low": (0.0, 0.0, 0.0)}])
def test_a_raster_that_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(InputError):
        RasterLayer(path=Path("x.tif"), title="x", grid=drawn.frame(), **wrong)


def test_a_stretched_picture_is_drawn_as_the_net_saw_it(package):
    raster = RasterLayer(
        path=package.with_name("p.tif"), title="p", grid=drawn.frame(), rgb=(3, 2, 1),
        low=(10.0, 20.0, 30.0), high=(100.0, 200.0, 300.0),
    )  # fmt: skip
    renderer = read(project(package, rasters=[raster])).find(".//rasterrenderer")
    assert (renderer.get("redBand"), renderer.get("blueBand")) == ("3", "1")
    assert renderer.findtext("greenContrastEnhancement/maxValue") == "200"
    grey = RasterLayer(path=raster.path, title="g", grid=raster.grid, rgb=(1, 1, 1))
    renderer = read(project(package, rasters=[grey])).find(".//rasterrenderer")
    assert renderer.get("type") == "singlebandgray"
