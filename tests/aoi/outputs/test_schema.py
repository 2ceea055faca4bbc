"""What may enter a layer, and what every layer looks like on the way out."""

from datetime import UTC, date, datetime, timedelta, timezone

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from aoi import palette
from aoi.outputs.schema import LAYERS, conform, empty_layer
from aoi.outputs.tables import EVIDENCE, OUTCOME
from geo.candidate import Reason
from geo.errors import InputError
from geo.evidence import EVIDENCE as MEASURED

SQUARE = box(0, 0, 10, 10)
DTYPES = {"text": "string", "time": "string", "real": "Float64", "integer": "Int64",
          "boolean": "boolean"}  # fmt: skip


def one(layer="compounds", geometry=SQUARE, **columns):
    """One row, given by the columns that matter."""
    rows = {name: [value] for name, value in columns.items()}
    return conform(layer, gpd.GeoDataFrame(rows, geometry=[geometry], crs="EPSG:32648"))


@pytest.mark.parametrize("name", LAYERS)
def test_an_empty_layer_has_every_column_with_its_type(name):
    rows = empty_layer(name, "EPSG:32648")
    assert list(rows.columns) == [*LAYERS[name].names, "geometry"]
    assert [str(rows[c.name].dtype) for c in LAYERS[name].columns] == [
        DTYPES[c.kind] for c in LAYERS[name].columns
    ]
    assert rows.crs.to_epsg() == 32648
    assert len(rows) == 0


@settings(deadline=None, max_examples=20)  # a busy machine is not a fault
@given(st.permutations(["score", "rank", "id", "closure"]))
def test_the_order_in_which_columns_come_does_not_matter(order):
    values = {"score": 0.5, "rank": 3, "id": "c", "closure": 0.9}
    row = one(**{name: values[name] for name in order})
    assert list(row.columns) == [*LAYERS["compounds"].names, "geometry"]
    assert {name: row[name][0] for name in values} == values


def test_what_was_not_given_is_null_and_not_zero_or_empty():
    row = one(id="c").drop(columns=["id", "geometry"])
    assert row.isna().all(axis=None)


def test_a_column_nobody_knows_is_refused_by_name():
    with pytest.raises(InputError, match=r"no column colour.*largest_gap_m"):
        one(colour="red")


def test_a_layer_nobody_knows_is_refused_by_name():
    with pytest.raises(InputError, match=r"no layer houses.*compounds"):
        one("houses")


@pytest.mark.parametrize(
    ("layer", "shape"),
    [("compounds", Point(0, 0)), ("walls", SQUARE), ("compounds", MultiPolygon([SQUARE])),
     ("compounds", None), ("compounds", Polygon())],
)  # fmt: skip
def test_a_wrong_or_missing_geometry_is_refused(layer, shape):
    with pytest.raises(InputError, match=f"layer {layer}|Layer {layer}"):
        one(layer, shape)


def test_a_site_may_have_several_parts_or_no_place_at_all():
    assert one("sites", MultiPolygon([SQUARE])).geometry[0].geom_type == "MultiPolygon"
    assert one("sites", None, id="s").geometry[0] is None
    assert one("sites", Polygon(), id="s").geometry[0] is None


def test_heights_are_dropped():
    shape = Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])
    assert not one(geometry=shape).geometry[0].has_z


def test_times_are_written_in_utc_whatever_zone_they_came_in():
    phnom_penh = timezone(timedelta(hours=7))
    noon = datetime(2025, 11, 3, 12, 0, 0, 999, tzinfo=phnom_penh)
    for given_time in (noon, noon.astimezone(UTC), pd.Timestamp(noon), noon.isoformat()):
        assert one(observed_at=given_time)["observed_at"][0] == "2025-11-03T05:00:00Z"


def test_a_bare_day_stays_a_bare_day():
    for day in ("2025-12-13", date(2025, 12, 13)):
        assert one("changes", last_without=day)["last_without"][0] == "2025-12-13"


@pytest.mark.parametrize("bad", [datetime(2025, 1, 1), "2025-01-01T00:00:00", "yesterday", 5])  # noqa: DTZ001
def test_a_time_without_a_zone_is_refused(bad):
    with pytest.raises(InputError, match=r"compounds\.observed_at holds time, and row 0"):
        one(observed_at=bad)


@pytest.mark.parametrize("unknown", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("column", ["id", "rank", "score", "cut_by_edge", "observed_at"])
def test_every_kind_of_nothing_becomes_null(column, unknown):
    assert one(**{column: unknown})[column].isna()[0]


@pytest.mark.parametrize("endless", [np.inf, -np.inf])
def test_a_length_without_bound_is_not_known(endless):
    assert one(largest_gap_m=endless)["largest_gap_m"].isna()[0]


@pytest.mark.parametrize(("value", "wanted"), [(1.0, True), (0.0, False), (True, True)])
def test_truth_may_travel_as_a_number(value, wanted):
    assert one(cut_by_edge=value)["cut_by_edge"][0] == wanted


@pytest.mark.parametrize(
    ("column", "bad"),
    [("gates", 1.5), ("gates", "two"), ("score", "high"), ("cut_by_edge", 0.5),
     ("cut_by_edge", "no"), ("id", 7), ("id", {"a": 1})],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_with_its_place(column, bad):
    with pytest.raises(InputError, match=rf"compounds\.{column} holds .*row 0"):
        one(**{column: bad})


def test_reasons_stand_one_a_line_and_other_lists_in_one():
    reasons = (
        Reason(name="a", text="closed; on 96 %", weight=1),
        Reason(name="b", text="far", weight=-1),
    )
    assert one(reasons=reasons)["reasons"][0] == "closed; on 96 %: +\nfar: -"
    assert one("sites", aliases=["A", "B"])["aliases"][0] == "A; B"
    assert one("sites", aliases=[])["aliases"][0] == ""


def test_a_name_that_is_no_unicode_does_not_stop_the_writer():
    names = pd.Series(["scene\udcff"], dtype=object)
    rows = gpd.GeoDataFrame({"scene_id": names}, geometry=[SQUARE])
    assert conform("compounds", rows)["scene_id"][0] == "scene?"


def test_evidence_has_the_names_and_order_of_the_room_that_measures_it():
    assert [c.name for c in EVIDENCE] == list(MEASURED)
    units = {c.name: c.unit or "0 or 1" for c in EVIDENCE}
    assert units == dict(MEASURED)


def test_names_are_unique_and_columns_are_explained():
    for layer in LAYERS.values():
        assert len(set(layer.names)) == len(layer.names)
        assert len({c.title for c in layer.columns}) == len(layer.columns)
        assert all(c.meaning.endswith(".") for c in layer.columns)


def test_a_length_has_its_unit_in_its_name():
    for layer in LAYERS.values():
        for column in layer.columns:
            suffix = {"m": "_m", "ha": "_ha", "m²": "_m2"}.get(column.unit)
            assert suffix is None or column.name.endswith(suffix)


def test_the_five_outcomes_are_those_of_the_design():
    assert set(OUTCOME) == {
        "known_seen", "known_unchanged", "known_not_observable", "known_not_detected", "new"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("score", "doubt", "wanted"),
    [(1.0, "", "strong"), (0.75, "", "strong"), (0.7499, "", "fair"), (0.5, "", "fair"),
     (0.25, "", "weak"), (0.0, "", "faint"), (0.9, "cloud", "cannot_tell"),
     (None, "", "cannot_tell"), (float("nan"), "", "cannot_tell")],
)  # fmt: skip
def test_doubt_wins_over_any_score(score, doubt, wanted):
    assert palette.score_class(score, doubt).key == wanted


def test_colours_of_one_legend_stay_apart():
    for legend in (palette.SCORES, palette.OUTCOMES, palette.STATUSES, palette.CHANGES):
        assert len({s.colour for s in legend}) == len(legend)
        values = [v for s in legend for v in s.holds()]
        assert len(set(values)) == len(values)
