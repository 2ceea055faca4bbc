"""``stockade sites`` and ``stockade areas`` as a person and a machine use them."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import typer
from shapely.geometry import Point, box
from typer.testing import CliRunner

from aoi.cli.areas import areas
from aoi.cli.sites import app
from geo.errors import InputError, UsageError
from geo.geopackage import write_layers

ROOT = Path(__file__).resolve().parents[3]


def run(*words, of=app):
    """Run a command; an error on purpose comes out as it is, for ``main`` to tell."""
    return CliRunner().invoke(of, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def finished_run(tmp_path):
    """A run of one layout on a register of two sites, 1 km apart, half of the ground unseen."""
    found = gpd.GeoDataFrame({"id": ["c"], "score": [0.9]}, geometry=[box(0, 0, 100, 100)])
    tiles = gpd.GeoDataFrame(
        {"tile_id": ["a", "b"], "valid_share": [1.0, np.nan]},
        geometry=[box(-500, -500, 500, 500), box(500, -500, 1500, 500)],
    )
    write_layers(tmp_path / "run" / "stockade.gpkg", {"compounds": found, "coverage": tiles})
    write_layers(
        tmp_path / "sites.gpkg",
        {
            "sites": gpd.GeoDataFrame(
                {
                    "id": ["s", "t"],
                    "name": ["S", "T"],
                    "status_class": ["reported"] * 2,
                    "precision_m": [100.0] * 2,
                },
                geometry=[Point(0, 0), Point(1000, 0)],
            )
        },
    )
    return tmp_path


def test_the_bundled_register_has_no_faults():
    told = run("check")
    assert told.exit_code == 0
    assert "55 sites, no faults" in told.stdout
    counts = json.loads(run("check", "--json").stdout)
    assert (counts["sites"], counts["without_place"]) == (55, 15)
    assert sum(counts["status_class"].values()) == 55


def test_a_faulty_register_is_misuse_and_its_records_are_named(tmp_path):
    path = tmp_path / "mine.geojson"
    path.write_text(
        '{"features": [{"properties": {"id": "a", "name": "A", "status_class": 1}}]}'
    )
    with pytest.raises(InputError, match=r"record 1 \(a\)"):
        run("check", path)


def test_a_table_becomes_a_register_that_passes_the_check(tmp_path):
    table, out = tmp_path / "list.csv", tmp_path / "sites.geojson"
    table.write_text("Ref,Title,lon,lat\nA,Park,104.9,11.5\n")
    told = run("import", table, "--map", "name=Title", "--map", "id=Ref", "--out", out)
    assert told.exit_code == 0
    assert "1 sites written" in told.stdout
    assert json.loads(run("check", out, "--json").stdout)["can_be_identified"] == 1
    with pytest.raises(UsageError, match="there already"):
        run("import", table, "--out", out)
    assert (
        run("import", table, "--map", "name=Title", "--out", out, "--overwrite").exit_code == 0
    )


@pytest.mark.parametrize("words", ["name", "=Title", "name="])
def test_a_mapping_that_is_none_is_refused(tmp_path, words):
    with pytest.raises(UsageError, match="FIELD=COLUMN"):
        run("import", tmp_path / "x.csv", "--map", words, "--out", tmp_path / "o.geojson")


def test_a_run_is_matched_on_the_ground_its_coverage_says_was_seen(finished_run):
    words = ("match", finished_run / "run", "--sites", finished_run / "sites.gpkg")
    told = json.loads(run(*words, "--json").stdout)
    [layout] = told["compounds"]
    assert (layout["site_id"], layout["outcome"]) == ("s", "known_seen")
    assert {s["id"]: s["outcome"] for s in told["sites"]} == {
        "s": "known_seen",
        "t": "known_not_observable",
    }
    text = run(*words).stdout
    assert "May be" in text
    assert "2 sites told" in text


def test_polygons_of_somebody_else_are_matched_without_claiming_what_was_seen(finished_run):
    path = finished_run / "theirs.gpkg"
    write_layers(path, {"theirs": gpd.GeoDataFrame(geometry=[box(900, 0, 990, 90)])})
    words = ("match", path, "--sites", finished_run / "sites.gpkg", "--json")
    told = json.loads(run(*words).stdout)
    assert [c["site_id"] for c in told["compounds"]] == ["t"]
    assert {s["outcome"] for s in told["sites"] if s["id"] == "s"} == {"known_not_observable"}
    told = json.loads(run(*words, "--seen", "-500,-500,1500,500").stdout)
    assert {s["outcome"] for s in told["sites"] if s["id"] == "s"} == {"known_not_detected"}


def test_names_with_brackets_are_shown_as_they_are_and_no_site_is_empty(finished_run):
    drawn = gpd.GeoDataFrame(geometry=[box(900, 0, 990, 90), box(5000, 0, 5090, 90)])
    path, register = finished_run / "two.gpkg", finished_run / "brackets.geojson"
    write_layers(path, {"two": drawn})
    record = {"id": "t", "name": "Old [/b] gate", "status_class": "raided", "precision_m": 300}
    place = {"type": "Point", "coordinates": [945, 45]}
    whole = {"crs": None, "features": [{"geometry": place, "properties": record}]}
    register.write_text(json.dumps(whole))
    text = run("match", path, "--sites", register).stdout
    assert "[/b]" in text
    assert "nan" not in text


@pytest.mark.parametrize("score", ["high", "87"])
def test_scores_that_are_none_are_named(finished_run, score):
    path = finished_run / f"scored-{score}.gpkg"
    frame = gpd.GeoDataFrame({"score": [score]}, geometry=[box(900, 0, 990, 90)])
    write_layers(path, {"scored": frame})
    with pytest.raises(InputError, match=rf"score holds '{score}'.* from 0 to 1"):
        run("match", path, "--sites", finished_run / "sites.gpkg")


def test_an_import_says_what_it_left_and_what_it_gave(tmp_path):
    table, out = tmp_path / "list.csv", tmp_path / "sites.geojson"
    table.write_text("id,name,lon,lat,radius_m\na,Park,104.9,11.5,8000\n")
    text = run("import", table, "--out", out).stdout
    assert "Columns not taken: radius_m." in text
    assert "1 say no precision_m and got 500 m." in text
    words = ("import", table, "--out", out, "--overwrite", "--json")
    told = json.loads(run(*words).stdout)
    assert (told["not_taken"], told["default_precision"], told["default_status"]) == (
        ["radius_m"],
        1,
        1,
    )


def test_areas_are_listed_for_people_and_machines():
    listing = typer.Typer()
    listing.command()(areas)
    assert "kk-park" in run(of=listing).stdout
    rows = json.loads(run("--json", of=listing).stdout)
    assert {"name", "title", "aliases", "country", "km2", "bounds", "sites", "basis"} == set(
        rows[0]
    )
    assert next(row["km2"] for row in rows if row["name"] == "kk-park") == pytest.approx(
        28.2, 0.01
    )


def test_the_bundled_areas_are_those_that_the_script_draws():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make-areas", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
