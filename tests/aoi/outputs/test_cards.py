"""How numbers and places are put into words."""

import math

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import Point

from aoi.outputs.cards import Sign, area, card_of, length, rows_of, signs_of, value_of, where
from aoi.outputs.schema import conform
from aoi.outputs.tables import EVIDENCE
from tests.aoi.outputs import drawn

UTM = CRS.from_epsg(32648)


def cards():
    """The four drawn compounds in words."""
    rows = rows_of(conform("compounds", drawn.layers()["compounds"]))
    return [card_of(row, crs=UTM, rounding=0) for row in rows]


def test_a_strong_layout_is_told_with_its_number_and_signed_reasons():
    card = cards()[0]
    assert (card.rank, card.likeness.name, card.score) == ("1", "Strong likeness", "0.93")
    assert card.reasons[0] == Sign("closed on 96 % of its perimeter", speaks_for=True)
    assert card.reasons[-1] == Sign("the next building is 22 m away", speaks_for=False)
    assert card.outcome == "Known site, layout seen"
    assert card.scene == (
        "drawn-2025-11-03, 2025-11-03 03:20 UTC, 0.5 m a pixel, judged by stockade-net 0.1"
    )


def test_where_nobody_can_tell_no_number_is_shown():
    card = cards()[3]
    assert (card.likeness.key, card.score, card.share) == ("cannot_tell", "–", 0.0)
    assert card.cannot_tell == "The picture ends inside its perimeter."


def test_what_was_not_measured_is_said_to_be_so():
    told = {name: value for name, value, _ in cards()[3].numbers}
    assert told["closure"] == told["widest gap"] == "not measured"
    assert told["cut by edge"] == "yes"
    assert told["area"] == "0.4 ha"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [("closure", 0.961, "96 %"), ("gates", 1200, "1,200"), ("largest_gap_m", 5.04, "5.0 m"),
     ("isolation_m", 432.4, "432 m"), ("spacing_cv", 0.123, "0.12"),
     ("gates", None, "not measured")],
)  # fmt: skip
def test_a_number_is_as_precise_as_it_deserves(name, value, wanted):
    [column] = [c for c in EVIDENCE if c.name == name]
    assert value_of({name: value}, column) == wanted


def test_a_place_is_told_in_degrees_north_and_east():
    spot = Point(drawn.EAST, drawn.NORTH)
    assert where(spot, crs=UTM, rounding=0) == "11.57893° N, 104.81656° E"
    south = CRS.from_epsg(32723)
    assert where(Point(500_000, 8_000_000), crs=south, rounding=0).endswith("° W")
    assert "° S" in where(Point(500_000, 8_000_000), crs=south, rounding=0)


@settings(deadline=None, max_examples=30)  # a busy machine is not a fault
@given(x=st.floats(0, 999.9), y=st.floats(0, 999.9))
def test_rounded_coordinates_are_the_same_for_a_whole_cell(x, y):
    here = where(Point(480_000 + x, 1_280_000 + y), crs=UTM, rounding=1000)
    middle = where(Point(480_500, 1_280_500), crs=UTM, rounding=1000)
    assert here == middle
    assert here.endswith("(to within 1 km)")


@pytest.mark.parametrize("rounding", [100.0, 1000.0, 5000.0])
def test_rounded_coordinates_show_no_decimal_that_gives_more_away(rounding):
    text = where(Point(480_123, 1_280_456), crs=UTM, rounding=rounding)
    decimals = len(text.split("°")[0].split(".")[1])
    assert 10.0**-decimals * 111_320 >= rounding / 10


def test_without_a_crs_a_place_is_told_from_the_corner_of_the_picture():
    text = where(Point(90, -85), crs=None, rounding=0)
    assert text == "90 m right, 85 m down from the picture's top-left corner"


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("abc;:+- ", min_size=1).filter(str.strip), st.booleans())))
def test_reasons_keep_their_words_and_signs(pairs):
    lines = "\n".join(f"{text}: {'+' if good else '-'}" for text, good in pairs)
    assert signs_of(lines) == tuple(Sign(text, good) for text, good in pairs)


def test_lengths_and_areas_are_rounded_for_a_sentence():
    assert (length(50), length(2000), length(1500)) == ("50 m", "2 km", "1.5 km")
    assert (area(9_000), area(2.5e6), area(3.2e7)) == ("0.9 ha", "250 ha", "32 km²")


def test_rows_know_only_one_kind_of_nothing():
    rows = gpd.GeoDataFrame(
        {"score": [math.nan]}, geometry=[drawn.place(drawn.frame(), 0, 0, 9, 9)]
    )
    [row] = rows_of(conform("compounds", rows))
    assert row["score"] is row["rank"] is row["id"] is row["cut_by_edge"] is None
