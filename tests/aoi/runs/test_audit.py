"""``stockade audit`` in the place of nine roofs: counts, bounds, verdicts, a page to print."""

import json
import re
import sys

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from aoi.cli import main
from tests.aoi.runs.pair_world import LEFT, TOP, cloud, footprints, place

EARLY, LATE = "abcdefghi", "acegi"
"""Nine stand, then five: b, d, f and h are gone."""


@pytest.fixture(autouse=True)
def _pair_net(monkeypatch, colour_net):
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: colour_net)


@pytest.fixture
def audit(monkeypatch, capsys, tmp_path, save):
    """Audit claims against the place; return exit code, outcome or error, and the folder."""
    footprints().to_file(tmp_path / "list.gpkg")
    one = save(place(*EARLY), "place_20251009.tif")

    def run(*claims, later=None, extra=()):
        later = place(*LATE) if later is None else later
        other = save(later, "place_20251209.tif")
        words = [w for claim in claims for w in ("--claim", claim)]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["stockade", "audit", str(one), str(other), *words,
                                          "--buildings", "list.gpkg", "--out", "run", "--json",
                                          *map(str, extra)])  # fmt: skip
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        code = int(end.value.code or 0)
        return (
            code,
            json.loads(told.out) if told.out.startswith("{") else told.err,
            tmp_path / "run",
        )

    return run


def test_a_true_a_false_and_a_doubtful_number_get_their_verdicts(audit):
    later = cloud(place(*LATE), 174, 180)  # e, which stands, is under cloud
    claims = [f"{n} of 9 demolished by 2025-12-09" for n in (4, 7, 5)]
    code, told, folder = audit(*claims, later=later)
    assert code == 3
    verdicts = [f["verdict"] for f in told["findings"]]
    assert verdicts == ["supported", "not supported", "cannot tell"]
    first = told["findings"][0]
    assert (first["at_least"], first["at_most"], first["unseen"], first["buildings"]) == (
        4,
        5,
        1,
        9,
    )
    assert json.loads((folder / "audit.json").read_text())["findings"] == told["findings"]


def test_what_stood_on_the_first_picture_was_not_demolished_before_it(audit):
    claims = ["4 of 9 demolished by 2025-12-03", "4 demolished by 2025-12-03",
              "4 of 9 demolished by 2025-12-05"]  # fmt: skip
    _, told, _ = audit(*claims, extra=["--before-date", "2025-12-05"])
    verdicts = [f["verdict"] for f in told["findings"]]
    assert verdicts == ["not supported", "cannot tell", "supported"]
    assert "9 of 9 still stood" in told["findings"][0]["why"]


def test_a_claim_of_none_is_refuted_by_what_is_gone(audit):
    _, told, _ = audit("none of 9 demolished by 2025-12-09")
    assert told["findings"][0]["verdict"] == "not supported"


def test_the_page_holds_every_building_with_both_pictures_and_the_rule(audit):
    _, _, folder = audit(
        "4 of 9 demolished by 2025-12-09", extra=["--sensors", "Bird,Kite", "--credit", "Maker"]
    )
    page = (folder / "audit.html").read_text()
    ledger = page[page.index('class="ledger"') :]
    assert ledger.count("data:image/jpeg") == 18
    assert page.count("Bird") == 1
    assert page.count("Maker") == 2
    assert "2025-10-09" in page
    assert "2025-12-09" in page
    assert "sure from a confidence of 80%" in page
    assert re.search(r">N</text>", page)
    assert re.search(r">\d+ m</text>", page)
    assert len(pd.read_csv(folder / "ledger.csv")) == 9


def test_a_claim_of_a_zone_counts_that_zone_only(audit, tmp_path):
    west = shapely.box(LEFT, TOP - 200, LEFT + 60, TOP)
    east = shapely.box(LEFT + 60, TOP - 200, LEFT + 200, TOP)
    zones = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=[west, east], crs=32648)
    zones.to_crs(4326).to_file(tmp_path / "zones.geojson")
    claims = [f"1 of 3 demolished in zone {name} by 2025-12-09" for name in "AB"]
    _, told, _ = audit(*claims, extra=["--zones", tmp_path / "zones.geojson"])
    one, other = told["findings"]
    assert (one["buildings"], one["at_least"]) == (3, 1)  # a, d, g: d is gone
    assert (other["buildings"], other["at_least"]) == (6, 3)


def test_claims_may_stand_in_a_file(audit, tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(
        '[[claim]]\nnumber = 4\nof = 9\nby = 2025-12-09\nsource = "the spokesman"\n'
    )
    _, told, folder = audit(str(path))
    assert told["findings"][0]["verdict"] == "supported"
    assert "the spokesman" in (folder / "audit.html").read_text()


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("lots of houses demolished", "names no number"),
        ("4 of 9 demolished by 9 December", "without its year"),
        ("4 of 9 demolished in zone Q by 2025-12-09", "zone Q"),
        ("nowhere.toml", "nowhere.toml"),
    ],
)
def test_a_claim_that_cannot_be_read_or_placed_gets_a_sentence(audit, claim, sentence):
    code, told, folder = audit(claim)
    assert code == 2
    assert sentence in told
    assert not (folder / "audit.html").exists()
