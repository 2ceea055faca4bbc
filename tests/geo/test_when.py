"""When a picture was taken, if anything tells."""

from datetime import UTC, datetime

import pytest

from geo.when import taken_at

DAY = datetime(2024, 5, 17, tzinfo=UTC)
HOUR = datetime(2024, 5, 17, 3, 15, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("bavet_2024-05-17.tif", DAY),
        ("20240517.tif", DAY),
        ("2024_05_17_bavet.jp2", DAY),
        ("S2_20240517T031545_x.tif", HOUR),
        ("pair_20240517_20250101.tif", DAY),
        ("10300100202405170.tif", None),  # an order number
        ("bavet_20241317.tif", None),  # no thirteenth month
        ("order_19991345_20240517.tif", DAY),
        ("tile_10240517.tif", None),  # nothing flew in the year 1024
        ("order_1234520240517.tif", None),
        ("2024.tif", None),
        ("2024-0517.tif", None),
    ],
)
def test_a_date_in_a_name_counts_if_it_can_be_one(name, time):
    assert taken_at({}, name) == time


def test_the_sensor_is_believed_before_the_name_and_the_name_before_the_program():
    written = {"TIFFTAG_DATETIME": "2025:01:01 12:00:00"}
    acquired = {"AcquisitionDateTime": "2024-05-17T03:15:45"}
    assert taken_at(written | acquired, "20230101.tif") == HOUR
    assert taken_at(written, "20240517.tif") == DAY
    assert taken_at(written, "a.tif") == datetime(2025, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-17T10:15:45+07:00",
        "2024-05-17 10:15:45.250 +0700",
        "20240517T101545+07",
        "2024-05-16T22:45:45-04:30",
        "2024-05-17T03:15:45.250Z",
    ],
)
def test_a_clock_that_tells_its_zone_is_set_to_utc(text):
    for tag in ("ACQUISITIONDATETIME", "TIFFTAG_DATETIME"):
        time = taken_at({tag: text}, "a.tif")
        assert (time, time.tzinfo) == (HOUR, UTC)


def test_an_early_morning_in_the_east_is_the_day_before():
    time = taken_at({"ACQUISITIONDATETIME": "2024-05-17T02:30:00+07:00"}, "a.tif")
    assert time == datetime(2024, 5, 16, 19, 30, tzinfo=UTC)


def test_a_clock_of_no_zone_on_earth_tells_nothing():
    assert taken_at({"ACQUISITIONDATETIME": "2024-05-17T02:30:00+15:00"}, "a.tif") is None
    assert taken_at({"ACQUISITIONDATETIME": "2024-05-17T02:30:00+07:99"}, "a.tif") is None


def test_a_number_behind_the_hour_in_a_name_is_no_zone():
    assert taken_at({}, "S2_20240517T031545-0700.tif") == HOUR


def test_a_number_behind_a_day_is_no_zone():
    assert taken_at({"ACQUISITIONDATE": "2024-05-17 +0700"}, "a.tif") == DAY


def test_a_tag_without_a_date_is_passed_over():
    assert taken_at({"ACQUISITIONDATETIME": "unknown"}, "20240517.tif") == DAY
    assert taken_at({"TIFFTAG_DATETIME": "0000:00:00 00:00:00"}, "a.tif") is None


def test_every_time_has_a_zone():
    assert taken_at({}, "20240517.tif").tzinfo is UTC
