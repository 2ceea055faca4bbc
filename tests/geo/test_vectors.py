"""Outlines come in strictly, whatever people keep them in."""

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from geo.errors import InputError
from geo.geopackage import write_layers
from geo.vectors import read_vectors, to_metric

BOW = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
"""Crosses itself in the middle."""

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>seen</name><Placemark><name>Park A</name><Polygon><outerBoundaryIs>
<LinearRing><coordinates>104,11,9 104.1,11,9 104.1,11.1,9 104,11,9</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark></Folder>
<Folder><name>told</name><Placemark><name>Park B</name>
<Point><coordinates>105,12,0</coordinates></Point></Placemark></Folder>
</Document></kml>"""


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.fgb"])
def test_every_usual_format_is_read_with_its_crs(tmp_path, parks, name):
    frame = parks[["name", "geometry"]].to_crs("EPSG:4326")
    frame.to_file(tmp_path / name)
    got = read_vectors(tmp_path / name)
    assert got.crs.to_epsg() == 4326
    assert dict(zip(got["name"], got.geometry, strict=True)).keys() == {"Park A", "Park B"}
    there = got.set_index("name").geometry["Park B"]
    assert there.normalize().equals_exact(frame.geometry[1].normalize(), 1e-9)


def test_folders_of_a_kml_are_one_layer_and_heights_are_dropped(tmp_path):
    (tmp_path / "parks.kml").write_text(KML)
    got = read_vectors(tmp_path / "parks.kml")
    assert list(got["Name"]) == ["Park A", "Park B"]
    assert got.crs.to_epsg() == 4326
    assert not shapely.has_z(got.geometry.to_numpy()).any()
    assert got.geometry[1] == Point(105, 12)


@pytest.mark.parametrize(
    "text",
    [
        "name,lon,lat\nA,104.5,11\nB,,\n",
        "\ufeffname,Longitude,LATITUDE\nA,104.5,11\nB,,\n",
        "name;lng;lat\nA;104,5;11\nB;;\n",
        "name\tx\ty\nA\t104.5\t11\nB\t\t\n",
    ],
)
def test_a_table_of_longitudes_and_latitudes_is_a_layer_of_points(tmp_path, text):
    (tmp_path / "sites.csv").write_text(text, encoding="utf-8")
    got = read_vectors(tmp_path / "sites.csv")
    assert list(got["name"]) == ["A", "B"]
    assert got.geometry[0] == Point(104.5, 11)
    assert got.geometry[1] is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,lon,lat\nA,104,11\nB,204,11\n", "record 2: lon is '204'"),
        ("name,lon,lat\nA,104,eleven\n", "record 1: lat is 'eleven'"),
        ("name,lat\nA,11\n", "needs columns lon and lat"),
        ("", "cannot be read as a table"),
    ],
)
def test_a_faulty_table_names_its_record(tmp_path, text, complaint):
    (tmp_path / "sites.csv").write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_vectors(tmp_path / "sites.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no file .*gone\.gpkg"):
        read_vectors(tmp_path / "gone.gpkg")


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.kml", "a.shp"])
def test_a_text_with_a_layers_name_is_refused(tmp_path, name):
    (tmp_path / name).write_text("just text")
    with pytest.raises(InputError, match="cannot be read as outlines"):
        read_vectors(tmp_path / name)


def test_a_file_without_a_crs_is_refused_unless_metres_are_meant(tmp_path, parks):
    parks[["name", "geometry"]].to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(InputError, match="which CRS"):
        read_vectors(tmp_path / "a.shp")
    assert read_vectors(tmp_path / "a.shp", need_crs=False).crs is None


def test_a_polygon_that_crosses_itself_is_named_or_mended(tmp_path, caplog):
    frame = gpd.GeoDataFrame(
        {"name": ["fine", "bow tie"]}, geometry=[box(0, 0, 1, 1), BOW], crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"record 2 \(bow tie\).*Self-intersection"):
        read_vectors(tmp_path / "a.gpkg")
    mended = read_vectors(tmp_path / "a.gpkg", mend=True)
    assert mended.geometry.is_valid.all()
    assert "mended 1" in caplog.text


def test_null_geometries_pass(tmp_path):
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[Point(1, 1), None], crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "a.geojson")
    assert read_vectors(tmp_path / "a.geojson").geometry[1] is None


def test_of_several_layers_one_must_be_named(tmp_path, parks):
    write_layers(tmp_path / "a.gpkg", {"parks": parks, "yards": parks})
    with pytest.raises(InputError, match="parks, yards"):
        read_vectors(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no layer roofs; it holds: parks, yards"):
        read_vectors(tmp_path / "a.gpkg", "roofs")
    assert len(read_vectors(tmp_path / "a.gpkg", "yards")) == 2


def test_metres_are_those_of_the_utm_zone_of_the_place(parks):
    assert to_metric(parks).crs.to_epsg() == 32647  # x of 150 m lies a zone further west
    square = gpd.GeoDataFrame(geometry=[box(104.5, 11.5, 104.5092, 11.5090)], crs="EPSG:4326")
    assert to_metric(square).crs.to_epsg() == 32648
    assert to_metric(square).area[0] == pytest.approx(1e6, rel=0.01)


def test_local_metres_are_metres_already(parks):
    local = parks.set_crs(None, allow_override=True)
    assert to_metric(local) is local


def test_nothing_drawn_lies_in_no_zone():
    with pytest.raises(InputError, match="UTM"):
        to_metric(gpd.GeoDataFrame(geometry=[], crs="EPSG:4326"))


def test_real_labels_of_banepa_are_read(data_dir):
    got = read_vectors(data_dir / "vhr/fair_kampala_uganda/labels.geojson", mend=True)
    assert len(got) == 206
    assert to_metric(got).crs.to_epsg() == 32636
