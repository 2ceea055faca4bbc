"""KML that Google Earth and others read, and from which no script or picture leaks."""

import io
import zipfile

import geopandas as gpd
import pyogrio
import pytest
from lxml import etree
from PIL import Image

from aoi.outputs.kml import SPACE, document_of, write_kml, write_kmz
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.outputs.leaving_drawn import judged, leaving

NS = {"k": SPACE}
FEATURE = [
    "name", "visibility", "open", "description", "TimeStamp", "TimeSpan", "styleUrl", "Style",
    "ExtendedData", "Folder", "Placemark", "Polygon", "MultiGeometry",
]  # fmt: skip


def parsed(left, *, pictures=False):
    return etree.fromstring(document_of(left, pictures=pictures))


def test_every_verdict_has_its_folder_and_every_layout_its_place():
    top = parsed(judged())
    folders = {f.get("id"): f for f in top.iterfind(".//k:Folder", NS)}
    held = {
        key: [p.get("id") for p in f.iterfind("k:Placemark", NS)] for key, f in folders.items()
    }
    assert held["folder-walled_compound"] == ["c-0000000001"]
    assert held["folder-not_a_compound"] == ["c-0000000002"]
    assert held["folder-unjudged"] == ["c-0000000003"]
    assert held["folder-cannot_tell"] == ["c-0000000004"]
    assert held["folder-drawn"] == []


def test_elements_stand_in_the_order_of_the_schema():
    top = parsed(leaving(), pictures=True)
    for feature in top.iter(
        f"{{{SPACE}}}Document", f"{{{SPACE}}}Folder", f"{{{SPACE}}}Placemark"
    ):
        tags = [etree.QName(child).localname for child in feature]
        assert [FEATURE.index(tag) for tag in tags] == sorted(
            FEATURE.index(tag) for tag in tags
        )


def test_ids_are_names_that_xml_allows_and_none_twice():
    ids = [e.get("id") for e in parsed(leaving()).iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name[0].isalpha() and " " not in name for name in ids)


def test_styles_that_are_named_exist():
    top = parsed(leaving())
    styles = {f"#{s.get('id')}" for s in top.iterfind(".//k:Style", NS)}
    assert {u.text for u in top.iterfind(".//k:styleUrl", NS)} <= styles


def test_a_change_spans_its_bracket_and_a_layout_begins_when_it_was_seen():
    top = parsed(leaving())
    spans = {
        p.get("id"): [e.text for e in p.iterfind("k:TimeSpan/*", NS)]
        for p in top.iterfind(".//k:Placemark", NS)
    }
    assert spans["change-x-1"] == ["2024-01-01", "2025-11-03T03:20:00Z"]
    assert spans["c-0000000001"] == ["2025-11-03T03:20:00Z"]


def test_outlines_come_back_through_gdal_to_the_centimetre(tmp_path):
    [path] = write_kml(tmp_path, leaving())
    assert {name for name, _ in pyogrio.list_layers(path)} >= {"Not judged yet (4)"}
    rows = gpd.read_file(path, layer="Not judged yet (4)").to_crs(drawn.UTM)
    wanted = drawn.layers()["compounds"].geometry
    for mine, theirs in zip(wanted, rows.geometry, strict=True):
        assert mine.hausdorff_distance(theirs) < 0.02


def test_what_strangers_wrote_is_text_not_markup():
    text = document_of(leaving(), pictures=True).decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "ទីតាំង" in text


def test_a_kmz_holds_the_pictures_it_names_and_they_hold_no_place(tmp_path):
    [path] = write_kmz(tmp_path, leaving())
    with zipfile.ZipFile(path) as bundle:
        names = bundle.namelist()
        top = etree.fromstring(bundle.read("doc.kml"))
        images = [Image.open(io.BytesIO(bundle.read(n))) for n in names if n.endswith("jpg")]
    told = [
        d.findtext("k:value", namespaces=NS)
        for d in top.iterfind(".//k:Data[@name='picture']", NS)
    ]
    assert sorted(told) == sorted(names[1:])
    assert names[0] == "doc.kml"
    assert all(not i.getexif() and set(i.info) <= {"jfif", "jfif_version", "jfif_unit",
                                                   "jfif_density"} for i in images)  # fmt: skip


def test_equal_exports_are_equal_to_the_byte(tmp_path):
    (tmp_path / "a").mkdir()
    one = write_kmz(tmp_path, leaving())[0].read_bytes()
    assert one == write_kmz(tmp_path / "a", leaving())[0].read_bytes()


def test_local_metres_are_refused_with_another_way():
    with pytest.raises(InputError, match="local metres"):
        document_of(leaving(crs=None), pictures=False)


def test_a_coarse_place_says_that_it_is_one():
    text = document_of(leaving("partner"), pictures=False).decode()
    assert text.count("(about here)") == 2
    assert "cell of a grid" in text
