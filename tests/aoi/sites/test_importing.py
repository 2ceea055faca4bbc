"""Other people's tables and drawings become registers, or the fault is named."""

import unicodedata
import warnings

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from aoi.sites.importing import imported, slug_of, write_sites
from aoi.sites.registry import load_sites
from geo.errors import InputError
from geo.geopackage import write_layers

MAP = {"id": "Ref", "name": "Title"}


def import_sites(path, mapping, **more):
    return imported(path, mapping, **more).register


def table(tmp_path, text, name="list.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_mapped_and_what_nobody_knows_gets_a_stated_default(tmp_path):
    path = table(tmp_path, "Ref,Title,Longitude,Latitude\nA1,Park,104.9,11.5\n")
    [site] = import_sites(path, MAP)
    assert (site.id, site.name) == ("A1", "Park")
    assert site.geometry == Point(104.9, 11.5)
    assert (site.precision_m, site.status_class) == (500.0, "suspected")
    assert site.coord_source == "imported from list.csv"
    assert site.sources == ()


def test_what_a_record_says_goes_before_the_default(tmp_path):
    path = table(
        tmp_path, "Ref,Title,lon,lat,precision_m,status_class\nA,P,104.9,11.5,80,raided\n"
    )
    [site] = import_sites(path, MAP, precision_m=9, status_class="closed")
    assert (site.precision_m, site.status_class) == (80.0, "raided")


def test_defaults_can_be_given(tmp_path):
    path = table(tmp_path, "Ref,Title,lon,lat\nA,P,104.9,11.5\n")
    [site] = import_sites(path, MAP, precision_m=90, status_class="closed")
    assert (site.precision_m, site.status_class) == (90.0, "closed")


def test_longitude_is_never_taken_for_latitude(tmp_path):
    path = table(tmp_path, "Ref,Title,y,x\nA,P,11.5,104.9\n")
    assert import_sites(path, MAP).sites[0].geometry == Point(104.9, 11.5)
    path = table(tmp_path, "Ref,Title,north,east\nA,P,11.5,104.9\n")
    [site] = import_sites(path, {**MAP, "lon": "east", "lat": "north"})
    assert site.geometry == Point(104.9, 11.5)


def test_semicolons_decimal_commas_and_a_byte_order_mark_are_read(tmp_path):
    path = table(tmp_path, "\ufeffRef;Title;lon;lat\nA;Élysée;104,9;11,5\n")
    [site] = import_sites(path, MAP)
    assert (site.name, site.geometry) == ("Élysée", Point(104.9, 11.5))


def test_a_row_without_numbers_is_a_site_without_a_place(tmp_path):
    path = table(tmp_path, "Ref,Title,lon,lat\nA,P,,\n")
    [site] = import_sites(path, MAP)
    assert site.geometry is None
    assert site.precision == "none"


def test_well_known_text_gives_outlines(tmp_path):
    path = table(tmp_path, 'Ref,Title,wkt\nA,P,"POLYGON ((0 0, 1 0, 1 1, 0 0))"\n')
    [site] = import_sites(path, MAP)
    assert site.geometry.area == 0.5
    assert site.precise


def test_a_report_becomes_the_source_of_the_site(tmp_path):
    path = table(tmp_path, "Ref,Title,Link,Who\nA,P,https://example.org,Desk\nB,Q,,\n")
    first, second = import_sites(path, {**MAP, "url": "Link", "publisher": "Who"})
    assert (first.sources[0].publisher, first.sources[0].url) == ("Desk", "https://example.org")
    assert second.sources == ()


def test_names_make_ids_where_there_are_none(tmp_path):
    path = table(tmp_path, "Title\nKK Park\nO'Smach\nKK park\n")
    assert [s.id for s in import_sites(path, {"name": "Title"})] == [
        "kk-park",
        "o-smach",
        "kk-park-2",
    ]


def test_a_mapped_id_that_is_empty_is_a_fault_and_not_made_up(tmp_path):
    path = table(tmp_path, "Ref,Title\n,P\n")
    with pytest.raises(InputError, match=r"record 1 .*id is missing"):
        import_sites(path, MAP)


def test_every_faulty_row_is_named(tmp_path):
    path = table(
        tmp_path, "Ref,Title,lon,lat\nA,P,11.5,104.9\nB,Q,104.9,11.5\nC,,east,11.5\nB,R,1,1\n"
    )
    with pytest.raises(InputError) as caught:
        import_sites(path, MAP)
    lines = str(caught.value).splitlines()
    assert "3 of 4 records" in lines[0]
    assert "look swapped" in lines[1]
    assert "name is missing" in lines[2]
    assert "unreadable" in lines[2]
    assert "already that of record 2" in lines[3]


def test_an_unknown_field_and_an_unknown_column_get_the_nearest(tmp_path):
    path = table(tmp_path, "Ref,Title\nA,P\n")
    with pytest.raises(InputError, match="no field 'nam'; did you mean name"):
        import_sites(path, {"nam": "Title"})
    with pytest.raises(InputError, match="no column 'Titel'; did you mean Title"):
        import_sites(path, {"name": "Titel"})


def test_a_missing_file_and_another_alphabet_are_said(tmp_path):
    with pytest.raises(InputError, match="no file"):
        import_sites(tmp_path / "x.csv", {})
    path = tmp_path / "x.csv"
    path.write_bytes(b"Title\n\xff\n")
    with pytest.raises(InputError, match="UTF-8"):
        import_sites(path, {})


def test_a_quotation_mark_that_is_never_closed_is_named_with_its_line(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text('name,lon,lat\nA,102.5,9.5\n"B,102.6,9.5\n' + "C,102.7,9.5\n" * 20_000)
    with pytest.raises(InputError, match=r"line .* never closed"):
        imported(path, {})


def test_kml_gives_names_notes_and_points(tmp_path):
    path = tmp_path / "seen.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>f</name>'
        "<Placemark><name>North gate</name><description>two towers</description>"
        "<Point><coordinates>98.57,16.63,5</coordinates></Point></Placemark>"
        "</Folder></Document></kml>"
    )
    [site] = import_sites(path, {})
    assert (site.id, site.name, site.notes) == ("north-gate", "North gate", "two towers")
    assert site.geometry == Point(98.57, 16.63)
    assert not site.geometry.has_z


@pytest.mark.parametrize("crs", [4326, 32648, None])
def test_a_geopackage_keeps_its_place(tmp_path, crs):
    frame = gpd.GeoDataFrame(
        {"Ref": [7, 8], "Title": ["P", "Q"]},
        geometry=[Point(104.95, 11.5), box(104.9, 11.4, 104.91, 11.41)],
        crs=None if crs is None else 4326,
    )
    path = tmp_path / "seen.gpkg"
    write_layers(path, {"seen": frame if crs is None else frame.to_crs(crs)})
    register = import_sites(path, MAP)
    assert (register.crs is None) == (crs is None)
    assert [site.id for site in register] == ["7", "8"]
    assert register["7"].geometry.distance(Point(104.95, 11.5)) < 1e-7


@pytest.mark.parametrize("local", [False, True])
def test_what_is_written_is_read_again_the_same(tmp_path, local):
    register = load_sites()
    if local:
        path = tmp_path / "local.gpkg"
        frame = gpd.GeoDataFrame({"id": ["a"], "name": ["A"]}, geometry=[Point(900, -400)])
        write_layers(path, {"local": frame})
        register = import_sites(path, {})
    write_sites(register, tmp_path / "again.geojson")
    again = load_sites(tmp_path / "again.geojson")
    assert again.sites == register.sites
    assert (again.crs is None) == local
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_what_was_not_taken_and_what_got_a_default_is_told(tmp_path):
    rows = "A,P,104.9,11.5,8000,\nB,Q,104.9,11.6,9,raided\nC,R,,,,\n"
    path = table(tmp_path, "Ref,Title,lon,lat,radius_m,status_class\n" + rows)
    made = imported(path, MAP)
    assert (made.left, made.precision, made.status) == (("radius_m",), 2, 2)


def owned():
    """Sites as a desk keeps them in QGIS."""
    words = {
        "id": ["kh-a", "kh-b", "kh-c"],
        "name": ["A", "B", "C"],
        "status_class": ["raided"] * 3,
        "precision_m": [8000.0, 300.0, 300.0],
        "precision": ["place", "source", "source"],
    }
    places = [Point(102.5, 9.5), Point(104, 11), Point(105, 11)]
    return gpd.GeoDataFrame(words, geometry=places, crs=4326)


def told(register):
    return [(s.id, s.status_class, s.precision_m, s.precision) for s in register]


def test_a_shapefile_that_cut_its_columns_loses_nothing(tmp_path):
    path = tmp_path / "sites.shp"
    with warnings.catch_warnings(action="ignore"):  # that it cuts them
        owned().to_file(path)
    wanted = list(
        zip(*(owned()[c] for c in ("id", "status_class", "precision_m", "precision")),
            strict=True)
    )  # fmt: skip
    assert told(import_sites(path, {})) == told(load_sites(path)) == wanted
    assert imported(path, {"status_class": "status_cla"}).left == ()


def test_a_kml_keeps_its_owners_ids_when_a_row_is_removed(tmp_path):
    for first in (0, 1):
        path = tmp_path / f"v{first}.kml"
        owned().iloc[first:].to_file(path, driver="KML", layer="sites")
        made = imported(path, {})
        assert [s.id for s in made.register] == ["kh-a", "kh-b", "kh-c"][first:]
        assert made.left == ()


def test_the_position_of_a_placemark_is_no_id(tmp_path):
    path = tmp_path / "v.kml"
    owned().drop(columns="id").to_file(path, driver="KML", layer="sites")
    assert [s.id for s in import_sites(path, {})] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("ปู", "ปู"), ("ปี", "ปี"), ("ក្រុង ព្រះ", "ក្រុង-ព្រះ"), ("Poipét City", "poipet-city"),
     ("O'Smach", "o-smach"), ("", "site")],
)  # fmt: skip
def test_a_name_keeps_its_vowel_signs_in_its_id(name, slug):
    assert slug_of(name) == unicodedata.normalize("NFC", slug)


def test_the_order_of_rows_decides_no_id(tmp_path):
    rows = ["Gate,104,11", "gate,105,11", "Gate,103,11"]
    ids = []
    for order in (rows, rows[::-1]):
        path = table(tmp_path, "name,lon,lat\n" + "\n".join(order) + "\n")
        ids.append({(s.name, s.geometry.x): s.id for s in import_sites(path, {})})
    assert ids[0] == ids[1]


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\x0b", "\x0c"])
def test_letters_that_only_some_programs_take_for_an_end_of_line_part_no_row(tmp_path, end):
    path = table(tmp_path, f"name,lon,lat,notes\nA,104,11,one{end}two\nB,105,12,x\n")
    assert [s.notes for s in import_sites(path, {})] == [f"one{end}two", "x"]


def test_whole_numbers_kept_as_decimals_are_whole_ids(tmp_path):
    path = tmp_path / "sites.gpkg"
    owned().assign(id=[1.0, 2.0, 3.5]).to_file(path)
    assert [s.id for s in import_sites(path, {})] == ["1", "2", "3.5"]
    assert [s.id for s in load_sites(path)] == ["1", "2", "3.5"]
