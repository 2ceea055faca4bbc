"""What leaves at which level, and that nothing else does."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from aoi.outputs.leaving import Found, Level, Scene, Withheld
from aoi.outputs.levels import Wishes, cut, home_names, is_open
from aoi.outputs.levels_grid import EQUAL_AREA, coarsened
from aoi.outputs.levels_names import read_names, refuse_names
from aoi.outputs.schema import conform
from aoi.outputs.tables import LAYERS
from aoi.sites.registry import load_sites
from geo.errors import InputError, UsageError
from tests.aoi.outputs import drawn

YES, NO, OPEN, UNSURE = (f"c-{n:010x}" for n in range(1, 5))


def found(crs=drawn.UTM, *, own_register=False, licence="CC BY 4.0", notes=None, **more):
    """A run with one layout of each fate: judged yes, judged no, not judged, cannot tell."""
    layers = {name: conform(name, rows) for name, rows in drawn.layers(crs).items()}
    owners = [YES, NO]
    layers["changes"] = layers["changes"].assign(compound_id=owners, building_id="way/1234")
    layers["compounds"] = layers["compounds"].assign(
        note=notes or [f"note of {n}" for n in range(4)]
    )
    known = {
        "run_id": "r-1", "title": "104.8163_11.578.tif", "layers": layers,
        "crs": layers["compounds"].crs,
        "settled": {YES: "walled_compound", NO: "not_a_compound", UNSURE: "cannot_tell"},
        "reviewers": {YES: ("ana",)},
        "scenes": (Scene(id="drawn-2025-11-03", observed_at="2025-11-03T03:20:00Z", gsd_m=0.5,
                         licence=licence, credit="Drawn by the tests"),),
        "facts": {"finished": "2026-01-05T08:01:07Z", "model": {"name": "n"},
                  "areas": [{"name": "x"}]},
        "decisions": 3, "own_register": own_register, "secret": b"k" * 32,
    }  # fmt: skip
    return Found(**known | more)


def test_internal_keeps_everything_as_it_is():
    run = found()
    leaving = cut(run, Level.INTERNAL)
    assert leaving.layers is run.layers
    assert leaving.withheld == ()
    assert leaving.exact == {YES, NO, OPEN, UNSURE}


def test_only_what_was_judged_a_compound_leaves_as_it_was_found():
    run = found()
    for level, rows in ((Level.PARTNER, 3), (Level.PUBLIC, 1)):
        leaving = cut(run, level)
        compounds = leaving.layers["compounds"].set_index("id")
        assert len(compounds) == rows
        [name] = leaving.exact
        true = run.layers["compounds"].to_crs(4326).geometry.iloc[0]
        assert compounds.geometry[name].equals(true)
        assert home_names(run)[name] == YES


def test_a_partner_sees_the_cell_and_nothing_that_narrows_it():
    run = found()
    leaving = cut(run, Level.PARTNER)
    rows = leaving.layers["compounds"]
    coarse = rows[~rows["id"].isin(leaving.exact)]
    assert (coarse.to_crs(EQUAL_AREA).area / 1e6).round(2).tolist() == [1.0, 1.0]
    for column in ("site_id", "site_name", "match_distance_m", "match_note", "outcome", "note"):
        assert coarse[column].isna().all(), column
    assert coarse["area_ha"].tolist() == [0.72, 0.36]


def test_roofs_walls_and_changes_follow_their_compound():
    for level in (Level.PARTNER, Level.PUBLIC):
        leaving = cut(found(), level)
        for layer in ("buildings", "walls", "yards", "changes"):
            rows = leaving.layers[layer]
            assert set(rows["compound_id"]) <= leaving.exact, layer
            assert len(rows), layer
        assert leaving.layers["changes"]["building_id"].isna().all()
        assert leaving.layers["coverage"].empty


def test_names_of_home_do_not_leave():
    run = found()
    run.layers["compounds"].loc[0, "match_note"] = f"One of two; the other is {OPEN}."
    for level in (Level.PARTNER, Level.PUBLIC):
        leaving = cut(run, level)
        text = " ".join(rows.to_json() for rows in leaving.layers.values()) + repr(
            leaving.scenes
        )
        for name in (YES, NO, OPEN, UNSURE, "drawn-2025", "104.8163", "ana", "note of"):
            assert name not in text, name
        assert "104.8163" not in leaving.title + repr(leaving.facts)


def test_new_names_need_the_key_and_stay_the_same():
    one, again = cut(found(), Level.PARTNER), cut(found(), Level.PUBLIC)
    other = cut(found(secret=b"z" * 32), Level.PARTNER)
    assert one.exact == again.exact
    assert one.exact != other.exact


def test_a_register_of_ones_own_stays_at_home():
    assert cut(found(own_register=True), Level.PARTNER).layers["sites"].empty
    sites = cut(found(), Level.PUBLIC).layers["sites"]
    assert sites["outcome"].tolist()[0] == "known_seen"
    assert sites["outcome"].isna().tolist() == [False, True, True]
    assert sites["note"].isna().all()


@pytest.mark.parametrize(
    ("licence", "pictures"), [("CC BY 4.0", 1), ("", 0), ("Maxar EULA", 0), ("CC BY-NC 4.0", 0)]
)
def test_licensed_pixels_stay_at_home(licence, pictures):
    leaving = cut(found(licence=licence), Level.PUBLIC)
    assert len(leaving.pictured) == pictures
    assert set(leaving.pictured.values()) <= {YES}
    assert leaving.finest == 2.0
    assert len(cut(found(licence=licence), Level.INTERNAL).pictured) == 4


def test_a_licence_told_by_hand_opens_only_what_was_not_known():
    wish = Wishes(licence="CC0-1.0")
    assert len(cut(found(licence=""), Level.PUBLIC, wish).pictured) == 1
    assert not cut(found(licence="Maxar"), Level.PUBLIC, wish).pictured
    assert is_open("CC BY-SA 4.0")
    assert not is_open("CC BY-ND")


def test_what_was_withheld_is_counted_with_its_reason():
    told = {(w.what, w.count) for w in cut(found(), Level.PUBLIC).withheld}
    assert ("layouts", 2) in told
    assert ("layouts", 1) in told
    assert ("tiles of what was looked at", 2) in told
    assert all(w.why.endswith(".") for w in cut(found(), Level.PARTNER).withheld)


@pytest.mark.parametrize(
    ("what", "count", "words"),
    [
        ("layouts", 1, "1 layout"),
        ("layouts", 2, "2 layouts"),
        ("names of pictures", 1, "1 name of a picture"),
        ("names of pictures", 3, "3 names of pictures"),
    ],
)
def test_what_was_withheld_is_one_or_many(what, count, words):
    assert Withheld(what=what, count=count, why="").words == words


def test_a_cell_that_would_hide_nothing_is_refused():
    with pytest.raises(UsageError, match="hide little"):
        Wishes(cell=50)


def test_local_metres_are_coarsened_too():
    leaving = cut(found(None), Level.PARTNER)
    rows = leaving.layers["compounds"]
    assert rows[~rows["id"].isin(leaving.exact)].area.tolist() == [1e6, 1e6]


@given(
    lon=st.floats(-179, 179), lat=st.floats(-75, 75), dx=st.floats(0, 300), dy=st.floats(0, 300)
)
@settings(max_examples=15, deadline=None)
def test_two_places_in_one_cell_look_the_same_and_lie_in_it(lon, lat, dx, dy):
    spot = gpd.GeoSeries([Point(lon, lat)], crs=4326)
    cell = coarsened(spot, 1000.0)
    assert cell.iloc[0].distance(spot.iloc[0]) < 2e-5
    flat = spot.to_crs(EQUAL_AREA).translate(dx, dy)
    near = coarsened(flat.to_crs(4326), 1000.0)
    x, y = flat.x[0], flat.y[0]
    for value in (x, x - dx, y, y - dy):  # on the line itself, rounding decides
        assume(abs(value - 1000 * round(value / 1000)) > 0.01)
    same = np.floor(x / 1000) == np.floor((x - dx) / 1000) and np.floor(y / 1000) == np.floor(
        (y - dy) / 1000
    )
    assert near.iloc[0].equals(cell.iloc[0]) == same


def test_the_frame_of_the_run_does_not_tell_its_middle():
    frame = "+proj=laea +lat_0=11.5 +lon_0=104.8 +x_0=480000 +y_0=1280000 +datum=WGS84 +units=m"
    leaving = cut(found(frame), Level.PARTNER)
    assert all(rows.crs == "EPSG:4326" for rows in leaving.layers.values())


@pytest.mark.parametrize(
    "text",
    [
        "seen by Mr. Sok Dara", "Oknha Test", "write to sok@example.org",
        "call +855 12 345 678", "passport no. N1234567", "ask @sokdara1", "t.me/whatever",
    ],
)  # fmt: skip
def test_marks_of_a_person_are_refused_where_notes_may_leave(text):
    notes = [text, None, None, None]
    cut(found(notes=notes), Level.PARTNER)
    with pytest.raises(InputError, match="The note of c-x") as told:
        cut(found(notes=notes), Level.PARTNER, Wishes(notes=True))
    assert text not in str(told.value)


def test_a_list_of_names_is_searched_whatever_case_or_accent(tmp_path):
    (tmp_path / "names.txt").write_text("# kept by the desk\nJosé Ñame\n\n")
    names = read_names(tmp_path / "names.txt")
    assert names == ["José Ñame"]
    with pytest.raises(InputError, match="from your list"):
        refuse_names([("A note", "guarded by JOSE NAME, they say")], names)
    refuse_names([("A note", "josenames")], names)
    assert read_names(None) == []
    with pytest.raises(InputError, match="cannot be read"):
        read_names(tmp_path / "none.txt")


def refused(text):
    """Whether a text counts as naming a person."""
    try:
        refuse_names([("A note", text)])
    except InputError:
        return True
    return False


def test_places_dates_and_numbers_are_no_persons():
    ordinary = ["Koh Kong, gate 11 m", "2025-11-03 to 2025-12-13", "635 roofs of 12 x 40 m",
                "General Hospital", "https://example.org/a@b", "1 200 300 m²"]  # fmt: skip
    assert not [text for text in ordinary if refused(text)]
    assert refused("Mr. Sok Dara, 635 roofs")  # so the question can be denied


def test_the_bundled_register_names_no_person():
    names = [" ".join((site.name, *site.aliases)) for site in load_sites(None).sites]
    assert len(names) > 50
    assert not [name for name in names if refused(name)]


def test_an_outline_across_the_edge_of_a_cell_takes_the_cell_of_its_middle():
    shape = gpd.GeoSeries([box(900, 0, 1300, 100)], crs=EQUAL_AREA)
    assert coarsened(shape, 1000.0).iloc[0].bounds == (1000, 0, 2000, 1000)


def test_every_layer_keeps_every_column():
    leaving = cut(found(), Level.PUBLIC)
    for name, rows in leaving.layers.items():
        assert [c for c in rows.columns if c != "geometry"] == list(LAYERS[name].names)


@pytest.mark.parametrize("level", Level)
def test_a_run_without_changes_or_without_anything_leaves_at_every_level(level):
    full = found()
    emptied = {**full.layers, "changes": full.layers["changes"].iloc[:0]}
    assert cut(replace(full, layers=emptied), level).layers["changes"].empty
    nothing = {name: rows.iloc[:0] for name, rows in full.layers.items()}
    bare = cut(replace(full, layers=nothing, settled={}, reviewers={}), level)
    assert bare.layers["compounds"].empty
