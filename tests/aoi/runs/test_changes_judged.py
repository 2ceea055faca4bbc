"""Real comparisons and monitors: their changes are judged, leave, come back and are proved."""

import shutil
from datetime import UTC, datetime

import geopandas as gpd
import pyogrio
import pytest

from aoi.outputs.leaving import Level
from aoi.outputs.manifest_read import read_manifest
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import standing
from aoi.review.said import Said
from aoi.review.wish import Wish
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_tell import run_compare
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.export_found import read_found
from aoi.runs.import_back import run_import
from aoi.runs.monitor_tell import run_monitor
from aoi.runs.review import open_desk
from aoi.runs.verify import State, verify
from models.checkpoint import Net
from tests.aoi.outputs import drawn
from tests.aoi.runs.conftest import CARD, Colours
from tests.aoi.runs.damage import edit, missed
from tests.aoi.runs.pair_world import place, shifted
from tests.aoi.runs.test_monitor import WHEN, ground, moment, save, words

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Two dates of a drawn place, compared: a roof gone, a roof come."""
    home = tmp_path_factory.mktemp("compared")
    grid = drawn.Grid((400, 400), drawn.Affine(0.5, 0, 450_000, 0, -0.5, 1_250_000), drawn.UTM)
    dates = {"20250301": place(*"abcdefg"), "20251209": shifted(place(*"abcefgh"), 3, -2)}
    paths = []
    for day, picture in dates.items():
        path = home / f"place_{day}.tif"
        with drawn.rasterio.open(
            path, "w", driver="GTiff", height=400, width=400, count=3, dtype="uint8",
            crs=drawn.UTM, transform=grid.affine,
        ) as file:  # fmt: skip
            file.write(picture)
        paths.append(path)
    with pytest.MonkeyPatch.context() as patch:
        net = Net(Colours().eval(), CARD)
        patch.setattr("aoi.runs.compare.load_net", lambda _path=None: net)
        run_compare(PairRequest(before=paths[0], after=paths[1], out=home / "run"))
    return home


@pytest.fixture(scope="module")
def monitored(tmp_path_factory):
    """A folder of 22 dated pictures, monitored: a yard is built."""
    home = tmp_path_factory.mktemp("monitored")
    for look in range(len(WHEN)):
        save(home / "pictures" / f"{moment(WHEN[look]):%Y-%m-%d}.tif", ground(look))
    run_monitor(words(home / "pictures", home / "run"))
    return home


@pytest.fixture(params=["compared", "monitored"])
def run(request, tmp_path):
    """A run of two dates or many, to do with as one likes."""
    shutil.copytree(request.getfixturevalue(request.param), tmp_path / "home")
    return tmp_path / "home" / "run"


def log_of(run):
    return DecisionLog(run, read_manifest(run / "manifest.json").run_id)


def told(run):
    """Name the changes that were told, surest first."""
    changes = [one for one in open_desk(run).book.layouts.values() if one.is_change]
    return [one.id for one in changes if one.waits]


def test_every_change_opens_between_its_two_pictures(run):
    desk = open_desk(run)
    names = told(run)
    assert names
    for name in names:
        layout = desk.layout(name, "ana")
        assert layout["dates"] is not None, "both pictures must be found"
        before, after = (desk.book.sights[n] for n in layout["dates"])
        assert before.when < after.when
        assert before.image is not None
        assert after.image is not None
        assert layout["todo"]


def test_a_verdict_leaves_for_qgis_comes_back_edited_and_is_proved(run, tmp_path):
    first, *_ = told(run)
    desk = open_desk(run)
    desk.clock = lambda: NOW
    desk.say("ana", Wish(candidate=first, verdict="as_told", kind="built", note="a roof"))
    assert verify(run).code == 0
    out = tmp_path / "qgis"
    run_export(ExportRequest(folder=run, form="qgis", level=Level.INTERNAL, out=out), at=NOW)
    rows = pyogrio.read_dataframe(out / "stockade.gpkg", layer="changes").set_index("id")
    assert tuple(rows.loc[first][["verdict", "seen_as", "verdict_note"]]) == (
        "as_told", "built", "a roof",
    )  # fmt: skip
    edit(out / "stockade.gpkg", "UPDATE changes SET verdict = 'not_as_told' "  # noqa: S608
         f"WHERE id = '{first}'")  # fmt: skip
    outcome = run_import(run, out / "stockade.gpkg", who="ana", at=NOW)
    assert (len(outcome.taken), outcome.conflicts) == (1, ())
    assert standing(log_of(run).entries())[first].verdict == "not_as_told"
    [row] = read_found(run).layers["changes"].query("id == @first").to_dict("records")
    assert row["verdict"] == "not_as_told"
    assert verify(run).code == 0


def test_verdicts_typed_into_the_runs_own_package_count_once_they_stand_in_the_log(run):
    first, *_ = told(run)
    edit(run / "stockade.gpkg", "UPDATE changes SET verdict = 'cannot_tell' "  # noqa: S608
         f"WHERE id = '{first}'")  # fmt: skip
    assert "stockade import" in verify(run).broken.why
    run_import(run, run / "stockade.gpkg", who="ben", at=NOW)
    states = {check.what: check.state for check in verify(run).checks}
    assert states["stockade.gpkg"] is State.OPENED
    assert verify(run).broken is None


def test_other_forms_say_what_was_judged(run, tmp_path):
    first, *_ = told(run)
    said = Said(who="ana", candidate=first, verdict="not_as_told", note="a shadow")
    log_of(run).append(said, at=NOW)
    for form in ("kml", "geoparquet"):
        request = ExportRequest(
            folder=run, form=form, level=Level.INTERNAL, out=tmp_path / form
        )
        run_export(request, at=NOW)
    text = (tmp_path / "kml" / "stockade.kml").read_text()
    assert "verdict: not_as_told\nnote: a shadow" in text
    rows = gpd.read_parquet(tmp_path / "geoparquet" / "changes.parquet").set_index("id")
    assert rows.loc[first, "verdict"] == "not_as_told"


def test_a_hundred_tampered_folders_are_all_found(run):
    """As for a scan: a byte here, a row there, a decision removed, a file gone."""
    log = log_of(run)
    for name in told(run):
        log.append(Said(who="ana", candidate=name, verdict="as_told"), at=NOW)
        log.append(Said(who="ben", candidate=name, note="seen", what="remark"), at=NOW)
    assert verify(run).code == 0
    assert missed(run) == []
    assert verify(run).code == 0
