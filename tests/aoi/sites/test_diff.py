"""What changed between two registers, site by site."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box
from typer.testing import CliRunner

from aoi.cli import app
from aoi.sites.diff import diff
from aoi.sites.importing import write_sites
from aoi.sites.site import Registry, Site

PARK = Site(
    id="a", name="Park", geometry=Point(103.5, 10.6), precision_m=300, precision="source"
)
YARD = Site(id="b", name="Yard", geometry=Point(103.6, 10.6), precision_m=300)
LOST = Site(id="c", name="Lost")


def register(*sites):
    return Registry(sites=sites)


def kinds(old, new):
    return [(change.kind, change.site) for change in diff(register(*old), register(*new))]


def test_the_same_register_has_no_diff():
    assert kinds([PARK, YARD, LOST], [LOST, PARK, YARD]) == []


def test_new_and_gone_sites_are_named():
    assert kinds([PARK], [YARD]) == [("added", "b"), ("removed", "a")]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": "Big Park"}, "renamed"),
        ({"geometry": Point(103.51, 10.6)}, "moved"),
        ({"geometry": None}, "moved"),
        ({"precision_m": 50.0}, "precision"),
        ({"status_class": "emptied"}, "status"),
        ({"notes": "two reports disagree"}, "words"),
    ],
)
def test_each_field_that_changes_is_told_once(change, kind):
    assert kinds([PARK, YARD], [replace(PARK, **change), YARD]) == [(kind, "a")]


def test_a_move_is_told_in_metres_on_the_ground():
    there = replace(PARK, geometry=Point(103.5, 10.61))
    [change] = diff(register(PARK), register(there))
    assert change.text == "Park was moved by 1.1 km."


def test_a_point_that_becomes_an_outline_says_so():
    there = replace(PARK, geometry=box(103.49, 10.59, 103.51, 10.61), precision_m=None)
    assert "was a point and is an outline now" in diff(register(PARK), register(there))[0].text


def test_another_id_for_the_same_name_is_the_same_site():
    assert kinds([PARK], [replace(PARK, id="kh-park")]) == [("renumbered", "kh-park")]


def test_another_id_for_the_same_place_is_the_same_site():
    there = replace(PARK, id="kh-park", name="Garden")
    assert kinds([PARK], [there]) == [("renumbered", "kh-park"), ("renamed", "kh-park")]


def test_two_sites_of_one_name_are_not_guessed_at():
    twin = replace(PARK, id="d", geometry=Point(103, 10))
    new = replace(PARK, id="e", geometry=Point(102, 10))
    told = kinds([PARK, twin], [new])
    assert told == [("added", "e"), ("removed", "a"), ("removed", "d")]


def test_ten_thousand_sites_with_other_ids_are_told_in_one_go(monkeypatch):
    asked = []
    monkeypatch.setattr("aoi.sites.diff._place", lambda site: asked.append(site) or None)
    old = [replace(LOST, id=f"a{n}", name=f"Site {n}") for n in range(10_000)]
    new = [replace(site, id=f"b{n}") for n, site in enumerate(old)]
    assert kinds(old, new) == sorted(("renumbered", site.id) for site in new)
    assert len(asked) == 4 * len(old)  # each to find it again, and each to see whether it moved


@given(st.permutations([PARK, YARD, LOST]))
def test_the_order_of_sites_decides_nothing(sites):
    moved = replace(PARK, geometry=Point(103, 11), name="Other")
    assert kinds(sites, [moved, YARD]) == kinds([PARK, YARD, LOST], [YARD, moved])


def test_the_command_tells_the_changes_in_sentences_and_as_json(tmp_path):
    for name, sites in (("old", [PARK]), ("new", [replace(PARK, status_class="raided"), YARD])):
        write_sites(register(*sites), tmp_path / f"{name}.geojson")
    words = ["sites", "diff", str(tmp_path / "old.geojson"), str(tmp_path / "new.geojson")]
    told = CliRunner().invoke(app, words).output.splitlines()
    assert told[1:] == ["status: Park was suspected and is raided now.", "2 changes."]
    rows = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    assert [row["kind"] for row in rows] == ["added", "status"]
