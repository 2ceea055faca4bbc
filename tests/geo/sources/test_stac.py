"""Catalogues: static ones, recorded answers of live ones, and ones with faults."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from shapely.geometry import box, mapping

from geo.errors import InputError, SourceError, UsageError
from geo.sources.globe import frame
from geo.sources.http import Client
from geo.sources.named import Manner, open_source
from geo.sources.stac import StacSource
from tests.geo.sources import hostile
from tests.geo.sources.conftest import HASTY, QUICK
from tests.geo.sources.drawn import BAVET, wish

AUSTRIA = box(15.4, 46.3, 15.6, 46.45)
AUGUST = {"outline": AUSTRIA, "start": date(2023, 8, 1), "end": date(2023, 8, 31)}


@pytest.fixture
def static(data_dir: Path, door) -> StacSource:
    """A real static catalogue with four dates of one tile."""
    path = data_dir / "s2/mapchete-s2-stac/full_products_cog/catalog.json"
    return StacSource(name="stac:static", url=str(path), door=door)


def test_a_static_catalogue_is_walked_and_sifted(static):
    found = static.find(wish(**AUGUST))
    assert [f"{s.time:%d}" for s in found.scenes] == ["10", "15", "18", "20"]
    assert found.gaps == ()
    assert {s.tile for s in found.scenes} == {"33TWM"}
    clear = static.find(wish(**AUGUST, cloud=0.1)).scenes
    assert all(s.cloud <= 0.1 for s in clear)
    assert 0 < len(clear) < 4
    assert static.find(wish(outline=AUSTRIA)).scenes == ()


def test_a_static_catalogue_is_read(static):
    scene = static.find(wish(**AUGUST)).scenes[0]
    grid = frame(AUSTRIA, 120)
    red = static.read(scene, scene.asset_of("red"), grid)
    assert red.valid.all()
    assert red.time == scene.time
    scl = static.read(scene, scene.asset_of("scl"), grid)
    assert set(range(12)) >= set(scl.bands.ravel().tolist())


def feature(name: str, day: int = 5, **properties) -> dict:
    """A small item over Bavet."""
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": "c", "links": [],
        "geometry": mapping(BAVET), "bbox": list(BAVET.bounds),
        "properties": {"datetime": f"2025-11-{day:02d}T03:00:00Z", "platform": "sentinel-2b"}
        | properties,
        "assets": {"red": {"href": f"https://host/{name}.tif?sig=SECRET"}},
    }  # fmt: skip


@pytest.fixture
def api(server, door):
    """A live catalogue that answers with the pages it is given, in their order."""
    landing = {
        "type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "x",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [
            {"rel": "self", "href": server.url},
            {"rel": "root", "href": server.url},
            {"rel": "search", "href": f"{server.url}/search", "method": "POST"},
        ],
    }  # fmt: skip
    server.files["/"] = server.files[""] = json.dumps(landing).encode()
    asked: list[dict] = []

    def answer(*pages: dict) -> StacSource:
        for number, page in enumerate(pages):
            links = []
            if number + 1 < len(pages):
                href = f"{server.url}/search"
                links = [
                    {
                        "rel": "next",
                        "href": href,
                        "method": "POST",
                        "body": {"page": number + 1},
                    }
                ]
            page.setdefault("links", links)

        def search(handler, _body):
            question = json.loads(handler.question)
            asked.append(question)
            page = pages[question.get("page", 0)]
            handler.plain(200, json.dumps(page).encode(), Content_Type="application/geo+json")
            return True

        server.moods.clear()
        server.files["/search"] = b"{" * 1000
        server.spoil(*[search] * 50, path="/search")
        return StacSource(name="stac:test", url=server.url, door=door, usual=())

    answer.asked = asked  # type: ignore[attr-defined]
    return answer


def page(*features: dict, **words) -> dict:
    return {"type": "FeatureCollection", "features": list(features)} | words


def test_pages_are_turned_to_the_end(api):
    source = api(page(feature("a"), feature("b", 6)), page(feature("c", 7)), page())
    assert [s.id for s in source.find(wish()).scenes] == ["a", "b", "c"]
    first = api.asked[0]
    assert first["intersects"]["type"] == "Polygon"
    assert first["datetime"] == "2025-11-01T00:00:00Z/2025-11-30T23:59:59.999000Z"


def test_pages_that_differ_by_a_token_in_their_address_are_turned_to_the_end(api, server):
    """A catalogue that is asked by GET, with ``?token=next:…`` for the next page."""
    source = api(page())
    landing = server.files["/"].replace(b'"POST"', b'"GET"')
    server.files["/"] = server.files[""] = landing
    names = ["a", "b", "c"]

    def search(handler, _body):
        assert "Content-Length" not in handler.headers  # some servers refuse a GET with a body
        told = parse_qs(urlsplit(handler.path).query).get("token", ["next:0"])[0]
        number = int(told.removeprefix("next:"))
        more = f"{server.url}/search?token=next:{number + 1}"
        links = [{"rel": "next", "href": more}] if number + 1 < len(names) else []
        handler.plain(200, json.dumps(page(feature(names[number]), links=links)).encode())
        return True

    server.moods.clear()
    server.spoil(*[search] * 50, path="/search")
    assert [s.id for s in source.find(wish()).scenes] == names


def test_the_token_of_a_catalogue_is_asked_with_and_reaches_no_file(server, door):
    server.files["/"] = json.dumps(page(feature("a") | {"assets": {}})).encode()
    source = StacSource(name="x", url=f"{server.url}/?token=SECRET", door=door)
    source.find(wish())
    assert server.log[0][1] == "/?token=SECRET"
    files = [path for path in door.cache.folder.rglob("*") if path.is_file()]
    assert files
    assert not [p for p in files if "SECRET" in str(p) or b"SECRET" in p.read_bytes()]


def test_an_area_over_the_meridian_is_asked_for_in_two_boxes(api):
    source = api(page())
    area = box(179.9, -17.1, 180, -17.0) | box(-180, -17.1, -179.9, -17.0)
    source.find(wish(outline=area))
    assert sorted(q["bbox"][0] for q in api.asked) == [-180, 179.9]


def test_a_server_that_ignores_the_question_is_sifted(api):
    far = feature("far") | {"geometry": mapping(box(0, 0, 1, 1)), "bbox": [0, 0, 1, 1]}
    late = feature("late") | {"properties": {"datetime": "2026-01-01T00:00:00Z"}}
    source = api(page(feature("a"), far, late))
    assert [s.id for s in source.find(wish()).scenes] == ["a"]


def test_an_item_that_cannot_be_understood_is_a_gap_not_the_end(api):
    source = api(page(feature("a"), feature("bad") | {"properties": {}}))
    found = source.find(wish())
    assert [s.id for s in found.scenes] == ["a"]
    assert "bad" in found.gaps[0]


@pytest.mark.parametrize(
    "fault",
    [
        {"id": "bad", "properties": {"datetime": "2025-11-05", "eo:cloud_cover": "n/a"}},
        {"id": "bad", "links": [{"rel": "self"}]},
    ],
)
def test_an_item_with_a_malformed_word_is_a_gap_not_the_end(api, fault):
    found = api(page(feature("a"), feature("bad") | fault)).find(wish())
    assert [s.id for s in found.scenes] == ["a"]
    assert "Item bad cannot be understood" in found.gaps[0]


def test_a_count_of_scenes_that_is_no_number_is_not_believed(api):
    found = api(page(feature("a"), numberMatched="many")).find(wish())
    assert [s.id for s in found.scenes] == ["a"]
    assert found.gaps == ()


def test_a_server_that_loses_scenes_is_named_and_the_others_are_kept(api):
    found = api(page(feature("a"), numberMatched=3)).find(wish())
    assert [s.id for s in found.scenes] == ["a"]
    assert "says it has 3 scenes for this wish and gave 1" in found.gaps[0]


def test_a_server_that_gives_one_page_for_ever_is_stopped(api, server):
    again = {
        "rel": "next",
        "href": f"{server.url}/search",
        "method": "POST",
        "body": {"page": 0},
    }
    source = api(page(feature("a"), links=[again]))
    with pytest.raises(SourceError, match="again and again"):
        source.find(wish())


def test_days_long_past_are_answered_from_the_cache(api, server):
    source = replace(api(page(feature("a"))), today=date(2026, 3, 1))
    first = source.find(wish())
    server.shutdown()
    server.server_close()
    assert [s.id for s in source.find(wish()).scenes] == [s.id for s in first.scenes]
    assert source.find(wish()).gaps == ()


def test_days_still_open_are_not_asked_about_twice_within_the_hour(api):
    source = replace(api(page(feature("a"))), today=date(2025, 11, 30))
    source.find(wish())
    asked = len(api.asked)
    source.find(wish())
    assert len(api.asked) == asked
    replace(source, refresh=True).find(wish())
    assert len(api.asked) > asked


def test_days_still_open_are_asked_again_and_a_dead_archive_is_told(api, server, monkeypatch):
    monkeypatch.setattr("geo.sources.catalogue.FRESH", timedelta(0))
    source = replace(api(page(feature("a"))), today=date(2025, 11, 30))
    source.find(wish())
    server.shutdown()
    server.server_close()
    fresh = Client(limits=QUICK, patience=HASTY)  # the old one keeps its connections
    found = replace(source, door=replace(source.door, client=fresh)).find(wish())
    assert [s.id for s in found.scenes] == ["a"]
    assert "did not answer" in found.gaps[0]
    assert "newer scenes may be missing" in found.gaps[0]


def test_offline_without_a_kept_answer_says_so(api):
    source = api(page(feature("a")))
    with pytest.raises(SourceError, match="--offline"):
        replace(source, door=replace(source.door, offline=True)).find(wish())


def cut_json(handler, _body) -> bool:
    """Give half an answer as if it were whole."""
    handler.plain(200, b'{"type": "FeatureColl')
    return True


@pytest.mark.parametrize(
    "mood", [hostile.web_page, hostile.status(503), hostile.reset, cut_json]
)
def test_a_search_survives_a_bad_answer(api, server, mood):
    source = api(page(feature("a")))
    server.moods.appendleft(("/search", mood))
    assert [s.id for s in source.find(wish()).scenes] == ["a"]


def test_what_is_no_catalogue_is_named(server, door):
    server.files[""] = server.files["/"] = b"[1, 2]"
    with pytest.raises(SourceError, match="did not answer in JSON"):
        StacSource(name="x", url=server.url, door=door).find(wish())


def test_recorded_answers_of_earth_search_are_understood(api, data_dir):
    folder = data_dir / "s2/stac-pystac-client-cassettes"
    pages = []
    for number in ("01", "02"):
        told = json.loads(
            (folder / f"TestCLISearch.test_filter_inprocess___{number}.json").read_text()
        )
        pages.append({k: v for k, v in told["response"]["json"].items() if k != "links"})
    for told in pages:
        told.pop("context", None)
        told.pop("numberMatched", None)
    source = api(*pages)
    world = wish(
        outline=box(-180, -90, 180, 90), start=date(2025, 7, 31), end=date(2025, 7, 31)
    )
    found = source.find(world)
    collections = {s.collection for s in found.scenes}
    assert {"sentinel-2-l2a", "sentinel-2-c1-l2a", "sentinel-1-grd"} <= collections
    assert len(found.scenes) + len(found.gaps) == 20


def test_a_file_of_items_is_a_catalogue(data_dir, door):
    path = data_dir / "s2/stac-items-misc/odc-stac/site2-2020_jun_jul-35MNM.geojson"
    source = StacSource(name="file", url=str(path), door=door)
    inside = json.loads(path.read_text())["features"][0]["bbox"]
    middle = box(*inside).centroid.buffer(0.01)
    found = source.find(wish(outline=middle, start=date(2020, 6, 1), end=date(2020, 7, 31)))
    assert len(found.scenes) == 13


def test_sources_are_opened_by_name(tmp_path):
    manner = Manner(cache=tmp_path, limits=QUICK, patience=HASTY)
    source = open_source("stac:earth-search", manner)
    assert source.name == "stac:earth-search"
    assert source.usual == ("sentinel-2-l2a",)
    assert (
        open_source("stac:https://host/stac?token=SECRET", manner).name
        == "stac:https://host/stac"
    )
    assert open_source(str(tmp_path), manner).name == str(tmp_path)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("stac:earth-serch", UsageError, "Did you mean stac:earth-search"),
        ("https://host/stac", UsageError, "stac:https://host/stac"),
        ("nowhere/", InputError, "no folder nowhere/"),
    ],
)
def test_a_source_that_is_none_is_told_what_would_be(text, error, words, tmp_path):
    with pytest.raises(error, match=words):
        open_source(text, Manner(cache=tmp_path))
