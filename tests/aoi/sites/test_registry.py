"""What a register may hold, and that every faulty record is named."""

import json
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.crs import CRS
from shapely.geometry import LineString, Point, Polygon, box, mapping

from aoi.sites.registry import STATUS_CLASSES, load_sites
from geo.errors import InputError, UnitsError
from geo.geopackage import write_layers

SOURCE = {"publisher": "A desk", "url": "https://example.org/report"}


SPOT = Point(104.9, 11.5)


def record(key, geometry=SPOT, /, **words):
    said = {"id": key, "name": key.title(), "status_class": "reported", "precision_m": 150}
    said |= {"sources": [SOURCE], **words}
    said = {k: v for k, v in said.items() if v is not ...}
    drawn = mapping(geometry) if hasattr(geometry, "geom_type") else geometry
    return {"type": "Feature", "properties": said, "geometry": drawn}


def register(tmp_path, *features, name="mine.geojson", **member):
    path = tmp_path / name
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": list(features), **member})
    )
    return path


def test_the_bundled_register_has_55_sites_all_with_sources():
    sites = load_sites()
    assert len(sites) == 55
    assert sum(site.geometry is None for site in sites) == 15
    assert all(site.sources and site.coord_source is not None for site in sites)
    assert all(source.url.startswith("http") for site in sites for source in site.sources)


def test_only_a_building_sized_disc_identifies_and_the_bundled_register_has_one():
    assert [site.id for site in load_sites() if site.precise] == ["mm-kk-park-ii"]


def test_the_vocabulary_of_the_bundled_register_is_ours():
    assert {site.status_class for site in load_sites()} == set(STATUS_CLASSES)


def test_a_disc_is_as_wide_as_the_site_is_uncertain():
    disc = load_sites()["mm-kk-park-ii"].disc(CRS("EPSG:32647"))
    assert disc.area == pytest.approx(np.pi * 150**2, rel=0.002)
    west, _, east, _ = disc.bounds
    assert east - west == pytest.approx(300)


def test_a_disc_is_drawn_in_metres_only():
    with pytest.raises(UnitsError, match="degrees"):
        load_sites()["mm-kk-park"].disc(CRS("EPSG:4326"))
    assert load_sites()["kh-bokor"].disc(CRS("EPSG:32648")) is None


def test_every_word_of_a_record_is_kept(tmp_path):
    words = {
        "aliases": ["A", "B"],
        "aliases_unverified": ["C"],
        "related_names": ["D"],
        "country": "Laos",
        "province": "P",
        "town": "T",
        "kind": "park",
        "status": "raided in May",
        "precision": "source",
        "coord_source": "a caption",
        "notes": "two accounts",
    }
    [site] = load_sites(register(tmp_path, record("x", **words)))
    said = asdict(site)
    assert {
        key: list(v) if isinstance(v, tuple) else v for key, v in said.items() if key in words
    } == words
    assert (site.sources[0].publisher, site.sources[0].url) == tuple(SOURCE.values())


FAULTY = {
    "no name": (record("x", name=...), "name is missing"),
    "blank id": (record("x", id=" "), "id is missing"),
    "no status": (record("x", status_class=...), "status_class is missing"),
    "misspelt status": (record("x", status_class="raidd"), "did you mean raided"),
    "odd precision word": (record("x", precision="exactly"), "precision 'exactly' is unknown"),
    "no radius": (record("x", precision_m=None), "precision_m is missing"),
    "zero radius": (record("x", precision_m=0), "positive metres, not 0"),
    "negative radius": (record("x", precision_m=-5), "positive metres, not -5"),
    "radius in words": (record("x", precision_m="wide"), "number of metres, not 'wide'"),
    "radius true": (record("x", precision_m=True), "positive metres, not True"),
    "swapped": (record("x", Point(11.5, 104.9)), "look swapped"),
    "metres": (record("x", Point(500000, 1300000)), "no longitude and latitude"),
    "too far east": (record("x", Point(181, 5)), "no longitude and latitude"),
    "line": (record("x", LineString([(0, 0), (1, 1)])), "not LineString"),
    "empty": (record("x", {"type": "Polygon", "coordinates": []}), "geometry is empty"),
    "nonsense": (record("x", {"type": "Blob"}), "unreadable"),
    "bowtie": (record("x", Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])), "Self-intersection"),
    "no publisher": (record("x", sources=[{"url": "u"}]), "source 1 has no publisher"),
    "no url": (record("x", sources=[SOURCE, {"publisher": "p"}]), "source 2 has no url"),
    "source in words": (record("x", sources=["the news"]), "source 1 must have a publisher"),
    "aliases of numbers": (record("x", aliases=[1]), "aliases must be a list of names"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_fault_is_named_with_its_record(tmp_path, case):
    faulty, sentence = FAULTY[case]
    # A good record carries the columns, so that a missing one is the record's own fault.
    path = register(tmp_path, record("good"), faulty)
    with pytest.raises(InputError, match=sentence) as caught:
        load_sites(path)
    assert "1 of 2 records are faulty.\n  record 2 (" in str(caught.value)


def test_all_faulty_records_are_named_at_once_and_no_good_one(tmp_path):
    path = register(
        tmp_path,
        record("a"),
        record("b", precision_m=-1, status_class="odd"),
        record("a"),
        record("c", Point(200, 0)),
    )
    with pytest.raises(InputError) as caught:
        load_sites(path)
    first, *lines = str(caught.value).splitlines()
    assert first == "mine.geojson: 3 of 4 records are faulty."
    assert [line.split(":")[0].strip() for line in lines] == [
        "record 2 (b)",
        "record 3 (a)",
        "record 4 (c)",
    ]
    assert "precision_m must be positive" in lines[0]
    assert "status_class 'odd'" in lines[0]
    assert "already that of record 1" in lines[1]


def test_sites_without_a_place_and_without_a_source_are_sites(tmp_path):
    sites = load_sites(register(tmp_path, record("a", None, precision_m=None, sources=[])))
    assert sites["a"].geometry is None
    assert not sites["a"].precise


def test_an_outline_needs_no_radius_and_is_precise_at_any_size(tmp_path):
    sites = load_sites(register(tmp_path, record("a", box(104, 11, 105, 12), precision_m=None)))
    assert sites["a"].precise


def test_a_register_may_name_its_crs(tmp_path):
    path = register(
        tmp_path,
        record("a", Point(500_000, 1_300_000)),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}},
    )
    sites = load_sites(path)
    assert sites["a"].geometry.x == pytest.approx(105)
    assert sites["a"].disc(CRS("EPSG:32648")).centroid.distance(Point(5e5, 1.3e6)) < 0.01


def test_a_register_of_a_drawn_place_is_in_local_metres(tmp_path):
    sites = load_sites(register(tmp_path, record("a", Point(1000, -500)), crs=None))
    assert sites.crs is None
    assert sites["a"].disc(None).centroid.distance(Point(1000, -500)) < 0.01


@pytest.mark.parametrize("crs", [{"type": "name", "properties": {"name": "EPSG:0"}}, "x", {}])
def test_a_crs_that_cannot_be_read_is_refused(tmp_path, crs):
    with pytest.raises(InputError, match="CRS that cannot be read"):
        load_sites(register(tmp_path, record("a"), crs=crs))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32648", None])
def test_a_geopackage_tells_the_same_as_geojson(tmp_path, crs):
    original = load_sites(
        register(
            tmp_path,
            record("a", Point(104.95, 11.5), aliases=["A", "B"]),
            record("b", box(104.9, 11.5, 104.91, 11.51), precision_m=None),
            record("c", None, precision_m=None),
        )
    )
    rows = [asdict(site) for site in original]
    for row in rows:
        row["aliases"] = "; ".join(row["aliases"])
        row["sources"] = json.dumps(row["sources"])

        del row["aliases_unverified"], row["related_names"]  # columns may be missing
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=None if crs is None else 4326)
    frame = frame if crs is None else frame.to_crs(crs)
    path = tmp_path / "mine.gpkg"
    write_layers(path, {"sites": frame})
    again = load_sites(path)
    assert (again.crs is None) == (crs is None)
    for before, after in zip(original, again, strict=True):
        assert (after.id, after.aliases, after.sources) == (
            before.id,
            before.aliases,
            before.sources,
        )
        assert after.precision_m == before.precision_m
        assert after.precise == before.precise
        if before.geometry is None:
            assert after.geometry is None
        else:
            assert after.geometry.equals_exact(before.geometry, 1e-8)


def test_a_table_with_other_columns_is_sent_to_the_import(tmp_path):
    path = register(
        tmp_path, {"type": "Feature", "properties": {"Title": "A"}, "geometry": None}
    )
    with pytest.raises(InputError, match=r"no column id and no column name.*sites import"):
        load_sites(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "is not GeoJSON"), ("[]", "FeatureCollection"), ('{"type": "Point"}', "Collection")],
)
def test_a_file_that_is_no_register_is_refused(tmp_path, text, sentence):
    path = tmp_path / "x.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_sites(path)


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"no sites file nowhere\.geojson"):
        load_sites("nowhere.geojson")


def test_a_file_in_another_alphabet_is_refused(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        load_sites(path)


def test_a_table_given_as_a_register_keeps_every_letter(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text(
        "id,name,status_class,precision_m,lon,lat,country\n"
        "007,None,raided,1500,104.9,11.5,NA\n08,B,reported,300,98.6,16.6,TH\n"
    )
    first, second = load_sites(path)
    assert (first.id, first.name, first.country, first.precision_m) == (
        *("007", "None", "NA"),
        1500.0,
    )
    assert (second.id, second.geometry) == ("08", Point(98.6, 16.6))


def test_a_table_with_commas_for_decimals_is_a_register(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("id;name;status_class;precision_m;lon;lat\n1;A;raided;1500,5;104,9;11,5\n")
    [site] = load_sites(path)
    assert (site.precision_m, site.geometry) == (1500.5, Point(104.9, 11.5))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"status_class": ["x"]}, "status_class ['x'] is unknown"),
        ({"precision": {}}, "precision {} is unknown"),
        ({"name": "A\ud83d"}, "name holds half a letter"),
        ({"aliases": ["\ud83d"]}, "aliases holds half a letter"),
        ({"id": None}, "id is missing"),
    ],
)
def test_values_of_the_wrong_kind_are_faults_and_no_crash(tmp_path, words, fault):
    path = tmp_path / "sites.geojson"
    record = {"id": "a", "name": "A", "status_class": "raided"} | words
    path.write_text(json.dumps({"features": [{"properties": record}]}))
    with pytest.raises(InputError) as caught:
        load_sites(path)
    assert fault in str(caught.value)
    str(caught.value).encode()


def test_nought_is_an_id(tmp_path):
    path = tmp_path / "sites.geojson"
    record = {"id": 0, "name": "A", "status_class": "raided"}
    path.write_text(json.dumps({"features": [{"properties": record}]}))
    assert [site.id for site in load_sites(path)] == ["0"]


def test_properties_that_are_no_object_are_faults(tmp_path):
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"features": [{"properties": "abc"}]}))
    with pytest.raises(InputError, match="has no column id"):
        load_sites(path)


def test_a_register_that_is_not_there_is_named_without_an_option(tmp_path):
    with pytest.raises(InputError, match=r"Check the path\.$"):
        load_sites(tmp_path / "none.geojson")
