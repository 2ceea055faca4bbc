"""Static catalogues with faults: what is damaged is a named gap, and the rest is walked."""

import json

import pytest

from geo.errors import InputError, SourceError
from geo.sources.stac import StacSource
from tests.geo.sources.drawn import wish

ITEM = {
    "type": "Feature", "stac_version": "1.0.0", "id": "item", "geometry": None,
    "properties": {"datetime": "2025-01-02T00:00:00Z"}, "assets": {}, "links": [],
}  # fmt: skip
EXTENT = {
    "spatial": {"bbox": [[100, 10, 110, 20]]},
    "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
}
CHILD = {
    "type": "Collection", "stac_version": "1.0.0", "id": "child", "description": "",
    "license": "x", "extent": EXTENT, "links": [{"rel": "item", "href": "./item.json"}],
}  # fmt: skip
ROOT = {
    "type": "Catalog", "stac_version": "1.0.0", "id": "root", "description": "",
    "links": [{"rel": "child", "href": "./bad.json"}, {"rel": "child", "href": "./child.json"}],
}  # fmt: skip


@pytest.fixture
def catalogue(tmp_path, door):
    """Write files beside each other; text as it is."""

    def write(**files):
        for name, words in ({"root": ROOT, "child": CHILD, "item": ITEM} | files).items():
            text = words if isinstance(words, str) else json.dumps(words)
            (tmp_path / f"{name}.json").write_text(text)
        return StacSource(name="stac:x", url=str(tmp_path / "root.json"), door=door)

    return write


def linked(links):
    return CHILD | {"links": links}


def spatial(corners):
    return CHILD | {"extent": EXTENT | {"spatial": {"bbox": [corners]}}}


@pytest.mark.parametrize(
    "bad",
    [
        "{", [], linked(None), linked([1]), linked([{"href": "a"}]), linked([{"rel": "child"}]),
        linked([{"rel": "item", "href": 7}]),
        spatial(["a", 1, 2, 3]), spatial([1, 2, 3]), spatial(7),
        CHILD | {"extent": {"spatial": None, "temporal": None}},
        CHILD | {"extent": EXTENT | {"temporal": {"interval": [["x", None]]}}},
    ],
)  # fmt: skip
def test_a_damaged_branch_is_a_gap_and_the_others_are_walked(catalogue, bad):
    found = catalogue(bad=bad).find(wish())
    damaged, understood = sorted(found.gaps, key=lambda gap: "damaged" not in gap)
    assert "bad.json is " in damaged
    assert "eft out" in damaged
    assert "Item item holds no picture" in understood


@pytest.mark.parametrize("bad", ["{", [1], "null"])
def test_a_damaged_item_is_a_gap_and_the_others_are_read(catalogue, bad):
    links = [{"rel": "item", "href": "./first.json"}, {"rel": "item", "href": "./item.json"}]
    found = catalogue(root=ROOT | {"links": links}, first=bad).find(wish())
    assert len(found.gaps) == 2
    assert any("first.json is damaged: it holds no JSON object" in gap for gap in found.gaps)


@pytest.mark.parametrize("links", [None, [1], "word"])
def test_links_of_an_item_are_not_needed(catalogue, links):
    found = catalogue(root=CHILD, item=ITEM | {"links": links}).find(wish())
    assert found.gaps == ("Item item holds no picture that can be read.",)


@pytest.mark.parametrize("extent", [None, {}])
def test_a_collection_without_an_extent_is_walked(catalogue, extent):
    found = catalogue(root=CHILD | {"extent": extent}).find(wish())
    assert found.gaps == ("Item item holds no picture that can be read.",)


def test_branches_that_lead_back_are_walked_once(catalogue):
    back = CHILD | {"links": [*CHILD["links"], {"rel": "child", "href": "./root.json"}]}
    found = catalogue(child=back, bad=back | {"id": "bad"}).find(wish())
    assert found.gaps == ("Item item holds no picture that can be read.",) * 2


@pytest.mark.parametrize(
    "root",
    ["{", [], "7", {"type": "FeatureCollection"}, {"type": "FeatureCollection", "features": 1}],
)
def test_what_is_no_catalogue_is_named(catalogue, root):
    with pytest.raises(InputError, match=r"root\.json is no STAC catalogue"):
        catalogue(root=root).find(wish())


@pytest.mark.parametrize(
    "change", [{"links": None}, {"links": [{"rel": "item"}]}, {"id": None}]
)
def test_a_damaged_root_is_named(catalogue, change):
    with pytest.raises(SourceError, match=r"root\.json is a damaged STAC catalogue"):
        catalogue(root=ROOT | change).find(wish())


@pytest.mark.parametrize("conforms", [1, "word", [1], {}])
def test_what_it_conforms_to_may_be_anything(catalogue, conforms):
    found = catalogue(root=CHILD | {"conformsTo": conforms}).find(wish())
    assert found.gaps == ("Item item holds no picture that can be read.",)


@pytest.mark.parametrize("feature", ["word", None, 1, [], {}])
def test_a_feature_that_is_none_is_a_gap(catalogue, feature):
    listed = {"type": "FeatureCollection", "features": [feature, ITEM]}
    assert len(catalogue(root=listed).find(wish()).gaps) == 2
