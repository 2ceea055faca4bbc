"""What a person may call a piece of ground, and what is refused."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.crs import CRS
from pyproj import Transformer
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from aoi.area import LONLAT, Area, find_area, list_areas
from aoi.sites.registry import load_sites
from geo.errors import InputError, UnitsError

BOWTIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def geojson(tmp_path, *shapes, name="ground.geojson", **member):
    path = tmp_path / name
    features = [
        {"type": "Feature", "properties": {}, "geometry": s and shapely.geometry.mapping(s)}
        for s in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **member}))
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kk-park", "kk-park"),
        ("KK Park", "kk-park"),
        (" kk_park ", "kk-park"),
        ("O'Smach", "o-smach"),
        ("o-smach", "o-smach"),
        ("Ou Smach", "o-smach"),
        ("GTSEZ", "golden-triangle-sez"),
        ("Yatai New City", "shwe-kokko"),
        ("Sihanoukville", "sihanoukville"),
    ],
)
def test_a_bundled_area_is_found_in_any_spelling(text, name):
    assert find_area(text).name == name


def test_no_two_areas_answer_to_the_same_name():
    owners = {}
    for area in list_areas():
        for n in (area.name, area.title, *area.aliases):
            key = "".join(c for c in n.casefold() if c.isalnum())
            assert owners.setdefault(key, area.name) == area.name


def test_every_placed_site_lies_in_a_bundled_area_that_says_so():
    areas = list_areas()
    for site in load_sites():
        if site.geometry is not None:
            holding = [a for a in areas if a.outline.covers(site.geometry)]
            assert holding, site.id
            assert all(site.id in a.sites for a in holding)


def test_every_bundled_area_says_that_it_is_no_border():
    for area in list_areas():
        assert area.basis.startswith("Circle of")
        assert area.basis.endswith("not an administrative border.")


def test_a_bundled_circle_has_the_radius_it_says():
    area = find_area("kk-park")
    outline = area.to(CRS("EPSG:32647"))
    radius = np.sqrt(outline.area / np.pi)
    assert radius == pytest.approx(3000, rel=0.005)  # scale of UTM and corners of the circle


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(InputError, match=r"no area called 'kk-prk'.*Did you mean kk-park"):
        find_area("kk-prk")


def test_a_missing_file_is_called_a_file():
    with pytest.raises(InputError, match=r"no area file here/park\.geojson"):
        find_area("here/park.geojson")


def test_four_numbers_are_west_south_east_north():
    assert find_area("104.8, 11.5,105,11.6").outline.bounds == (104.8, 11.5, 105.0, 11.6)
    assert find_area("-1.5,-2,-.5,1e0").outline.bounds == (-1.5, -2, -0.5, 1)


@pytest.mark.parametrize("text", ["1,2,1,5", "1,5,2,2", "1,2,3,2"])
def test_a_box_that_encloses_nothing_is_refused(text):
    with pytest.raises(InputError, match="encloses nothing"):
        find_area(text)


@pytest.mark.parametrize("text", ["1,2,3,x", "a,b,c,d"])
def test_a_box_of_words_is_refused(text):
    with pytest.raises(InputError, match="not a box"):
        find_area(text)


@pytest.mark.parametrize("text", ["104,-91,105,0", "181,0,182,1", "0,0,500000,500000"])
def test_numbers_that_are_no_degrees_are_refused(text):
    with pytest.raises(InputError, match="180 degrees of longitude"):
        find_area(text)


def test_a_box_over_the_date_line_stays_small():
    area = find_area("179.5,-17,-179.5,-16")
    assert isinstance(area.outline, MultiPolygon)
    assert area.outline.area == pytest.approx(1.0)
    outline = area.to(CRS("EPSG:32760"))
    west, _, east, _ = outline.bounds
    assert 100_000 < east - west < 110_000
    assert outline.area == pytest.approx(107e3 * 110.6e3, rel=0.02)


def test_for_a_picture_without_a_crs_numbers_are_metres():
    area = find_area("0,-500,500,0", local=True)
    assert area.crs is None
    assert area.to(None).area == 250_000
    with pytest.raises(UnitsError, match="the picture has a CRS"):
        area.to(CRS("EPSG:32648"))
    with pytest.raises(UnitsError, match="the area has a CRS"):
        find_area("kk-park").to(None)


def test_a_geojson_drawn_for_a_picture_without_a_crs_is_metres(tmp_path):
    path = geojson(tmp_path, box(10, -300, 200, -10))
    assert find_area(path, local=True).outline.bounds == (10, -300, 200, -10)
    assert find_area(path, local=True).crs is None


def test_a_file_in_metres_comes_out_in_degrees_and_back(tmp_path):
    square = box(500_000, 1_300_000, 501_000, 1_301_000)
    path = tmp_path / "ground.gpkg"
    gpd.GeoDataFrame(geometry=[square], crs="EPSG:32648").to_file(path)
    area = find_area(path)
    assert area.name == "ground"
    assert area.crs == LONLAT
    assert 104.9 < area.outline.centroid.x < 105.1
    assert area.to(CRS("EPSG:32648")).symmetric_difference(square).area < 1


def test_several_polygons_are_one_ground_and_points_beside_them_are_left_out(tmp_path):
    path = geojson(tmp_path, box(0, 0, 1, 1), box(0.5, 0, 2, 1), Point(5, 5), None)
    assert find_area(path).outline.equals(box(0, 0, 2, 1))


def test_a_kml_with_heights_is_flat_ground(tmp_path):
    path = tmp_path / "park.kml"
    corners = "104.9,11.5,10 104.91,11.5,10 104.91,11.51,10 104.9,11.51,10 104.9,11.5,10"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>A</name>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{corners}</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    assert not find_area(path).outline.has_z
    assert find_area(path).outline.bounds == (104.9, 11.5, 104.91, 11.51)


def test_a_file_without_polygons_says_what_is_in_it(tmp_path):
    path = geojson(
        tmp_path, Point(1, 1), LineString([(0, 0), (1, 1)]), LineString([(0, 0), (1, 2)])
    )
    with pytest.raises(InputError, match=r"no polygon \(2 LineString, 1 Point\)"):
        find_area(path)


def test_an_empty_file_has_no_polygon(tmp_path):
    with pytest.raises(InputError, match="no polygon"):
        find_area(geojson(tmp_path))


def test_an_outline_that_crosses_itself_is_refused(tmp_path):
    with pytest.raises(InputError, match="not valid"):
        find_area(geojson(tmp_path, BOWTIE))
    with pytest.raises(InputError, match="not valid"):
        Area(name="tie", outline=BOWTIE)


def test_a_straight_line_in_degrees_bends_in_metres():
    wide = find_area("102,14,108,15").to(CRS("EPSG:32648"))
    chord = Polygon(find_area("102,14,108,15").outline.exterior.coords)
    corners = shapely.transform(
        chord, Transformer.from_crs(4326, 32648, always_xy=True).transform, interleaved=False
    )
    # The 15th parallel sags by some two kilometres under the chord of six degrees.
    assert 1e9 < wide.symmetric_difference(corners).area < 4e9


@settings(deadline=None, max_examples=50)
@given(
    west=st.floats(-180, 179),
    south=st.floats(-80, 79),
    w=st.floats(0.01, 1),
    h=st.floats(0.01, 1),
)
def test_any_box_has_its_size_in_metres(west, south, w, h):
    west, south = round(west, 3), round(south, 3)
    east, north = round(min(west + w, 180), 3), round(min(south + h, 80), 3)
    area = find_area(f"{west},{south},{east},{north}")
    metres = area.to(CRS("EPSG:6933")).area
    assert metres == pytest.approx(
        area.outline.area * 111_320**2 * np.cos(np.radians((south + north) / 2)), rel=0.02
    )
