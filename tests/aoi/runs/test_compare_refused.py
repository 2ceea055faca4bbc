"""Pairs and lists of buildings that ``stockade compare`` refuses, a sentence each."""

import pytest
import shapely
from rasterio.transform import from_origin

from tests.aoi.runs.pair_world import (
    footprints,
    place,
)
from tests.aoi.runs.test_compare import EARLY, LATE, _pair_net, ledger, stockade  # noqa: F401


def one_date_only(save, tmp_path):
    return [save(place(*EARLY), "place_20250301.tif")], "AFTER"


def no_ground_in_common(save, tmp_path):
    far = from_origin(460_000, 1_250_000, 0.5, 0.5)
    return [
        save(place(*EARLY), "a.tif"),
        save(place(*LATE), "b.tif", transform=far),
    ], "no ground in common"


def a_strip_in_common(save, tmp_path):
    near = from_origin(450_190, 1_250_000, 0.5, 0.5)
    return [
        save(place(*EARLY), "a.tif"),
        save(place(*LATE), "b.tif", transform=near),
    ], "only a strip of 200 m by 10 m"


def another_place(save, tmp_path):
    return [
        save(place(*EARLY), "a.tif"),
        save(place(seed=9), "b.tif"),
    ], "could not be laid onto each other"


def sensors_too_different(save, tmp_path):
    coarse = place(*LATE)[:, ::2, ::2]
    fine = from_origin(450_000, 1_250_000, 0.25, 0.25)
    return [
        save(place(*EARLY), "fine.tif", transform=fine),
        save(coarse, "coarse.tif", transform=from_origin(450_000, 1_250_000, 1.0, 1.0)),
    ], "too different"


def too_coarse(save, tmp_path):
    wide = from_origin(450_000, 1_250_000, 10, 10)
    return [
        save(place(*EARLY), "a.tif"),
        save(place(*LATE), "b.tif", transform=wide),
    ], "monitor"


def the_same_file_twice(save, tmp_path):
    one = save(place(*EARLY), "a.tif")
    return [one, one], "same file"


def the_later_one_first(save, tmp_path):
    return [
        save(place(*LATE), "place_20251209.tif"),
        save(place(*EARLY), "place_20250301.tif"),
    ], "earlier picture first"


def two_of_one_moment(save, tmp_path):
    return [
        save(place(*EARLY), "a_20251209.tif"),
        save(place(*LATE), "b_20251209.tif"),
    ], "nothing can be told"


def two_of_one_day_and_one_hour(save, tmp_path):
    return [
        save(place(*EARLY), "a_20251209T041500.tif"),
        save(place(*LATE), "b_20251209.tif"),
    ], "Both pictures were taken on 2025-12-09: nothing can be told"


def two_of_one_day_and_the_later_hour(save, tmp_path):
    return [
        save(place(*EARLY), "a_20251209.tif"),
        save(place(*LATE), "b_20251209T041500.tif"),
    ], "Both pictures were taken on 2025-12-09: nothing can be told"


def a_list_of_nothing(save, tmp_path):
    (tmp_path / "list.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    return [*both(save), "--buildings", "list.geojson"], "list.geojson"


def a_list_of_points(save, tmp_path):
    frame = footprints(crs=4326)
    frame.set_geometry(frame.representative_point()).to_file(tmp_path / "list.geojson")
    return [*both(save), "--buildings", "list.geojson"], "give polygons"


def a_list_of_empty_outlines(save, tmp_path):
    frame = footprints()
    frame.geometry = [shapely.Polygon()] * len(frame)
    frame.to_file(tmp_path / "list.gpkg")
    return [*both(save), "--buildings", "list.gpkg"], "All 9 outlines of list.gpkg are empty"


def a_list_without_shapes(save, tmp_path):
    frame = footprints()
    frame.geometry = [None] * len(frame)
    frame.to_file(tmp_path / "list.gpkg")
    return [*both(save), "--buildings", "list.gpkg"], "records without any geometry"


def a_table_without_shapes(save, tmp_path):
    (tmp_path / "list.csv").write_text("geometry,id\n,1\n,2\n")
    return [*both(save), "--buildings", "list.csv"], "records without any geometry"


def a_list_of_another_place(save, tmp_path):
    frame = footprints()
    frame.set_geometry(frame.translate(90_000, 0)).to_file(tmp_path / "list.gpkg")
    return [*both(save), "--buildings", "list.gpkg"], "None of the 9 buildings"


def one_grey_one_coloured(save, tmp_path):
    grey = save(place(*LATE)[:1], "place_20251209.tif")
    return [save(place(*EARLY), "place_20250301.tif"), grey], "--bands 1"


def a_day_that_is_none(save, tmp_path):
    return [*both(save), "--before-date", "spring"], "--before-date"


def angles_that_are_none(save, tmp_path):
    return [*both(save), "--off-nadir", "steep"], "--off-nadir"


def both(save):
    return save(place(*EARLY), "place_20250301.tif"), save(place(*LATE), "place_20251209.tif")


@pytest.mark.parametrize("case", [
    one_date_only, no_ground_in_common, a_strip_in_common, another_place, sensors_too_different,
    too_coarse, the_same_file_twice, the_later_one_first, two_of_one_moment,
    two_of_one_day_and_one_hour, two_of_one_day_and_the_later_hour, a_list_of_nothing,
    a_list_of_points, a_list_of_another_place, a_day_that_is_none, angles_that_are_none,
    a_list_of_empty_outlines, a_list_without_shapes, a_table_without_shapes,
    one_grey_one_coloured,
])  # fmt: skip
def test_bad_input_gets_a_sentence_and_leaves_nothing(case, stockade, save, tmp_path):  # noqa: F811
    words, sentence = case(save, tmp_path)
    code, _, err = stockade("compare", *words, "--out", "run")
    assert code == 2
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err
    assert not (tmp_path / "run" / "stockade.gpkg").exists()


def test_a_steep_angle_makes_everything_not_observable(stockade, save, tmp_path):  # noqa: F811
    code, _, _ = stockade("compare", *both(save), "--off-nadir", "10,52", "--out", "run")
    assert code == 3
    assert set(ledger(tmp_path)["kind"]) == {"not_observable"}
    assert "too oblique" in ledger(tmp_path)["note"].iloc[0]
