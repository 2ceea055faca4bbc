"""What people say, and what is read of it."""

from datetime import date

import pytest

from aoi.runs.audit_sentence import read_sentence
from geo.change.decide import Kind
from geo.errors import InputError

DAY = date(2025, 12, 13)


@pytest.mark.parametrize(
    ("said", "number", "of", "by"),
    [
        ("413 of 635 demolished by 2025-12-13", 413, 635, DAY),
        ("By 13 December 2025, 413 of the 635 buildings had been demolished", 413, 635, DAY),
        ("413 out of 635 buildings were torn down as of December 13, 2025", 413, 635, DAY),
        (
            "Officials: 1,413 of 2 635 structures destroyed until Dec. 13th, 2025",
            1413,
            2635,
            DAY,
        ),
        ("148 buildings razed", 148, None, None),
        ("all 148 buildings were demolished by 2025-12-13", 148, 148, DAY),
        ("all of the 148 buildings demolished", 148, 148, None),
        ("none of 60 buildings demolished by 2025-12-13", 0, 60, DAY),
        ("65 % of the 635 buildings destroyed by 2025-12-13", 413, 635, DAY),
        ("By the 13th of December 2025, 413 buildings were demolished", 413, None, DAY),
        ("413 demolished by Saturday, 13 December 2025", 413, None, DAY),
        ("413 demolished no later than 2025/12/13", 413, None, DAY),
        ("no fewer than 413 of 635 demolished", 413, 635, None),
        ("at least 65% of 635 demolished", 413, 635, None),
        ("a total of 2,025 buildings demolished", 2025, None, None),
        ("no buildings demolished by 2025-12-13", 0, None, DAY),
        ("12 marked buildings demolished", 12, None, None),
        ("2013 of 2025 buildings demolished - in zone 1 - by 2025-12-13", 2013, 2025, DAY),
    ],
)
def test_numbers_and_days_are_read_as_people_write_them(said, number, of, by):
    claim = read_sentence(said)
    assert (claim.number, claim.of, claim.by) == (number, of, by)
    assert claim.kind == Kind.DEMOLISHED
    assert claim.quote == said


def test_building_is_told_from_tearing_down():
    assert read_sentence("12 new dormitories erected by 2025-12-13").kind == Kind.BUILT


def test_a_zone_is_read_and_its_letter_is_no_number():
    claim = read_sentence("110 of 148 buildings in zone 3 demolished by 2025-11-12")
    assert (claim.zone, claim.number, claim.of) == ("zone 3", 110, 148)
    claim = read_sentence("In zone A, a total of 12 buildings demolished")
    assert (claim.zone, claim.number) == ("zone A", 12)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("many buildings demolished", "no number"),
        ("413 of 635 buildings", "neither built nor demolished"),
        ("12 buildings demolished and 3 built", "both"),
        ("413 of 635 demolished by 13 December", "without its year"),
        ("413 demolished by 2025-13-40", "does not exist"),
        ("413 of 635 demolished by December", "a month or a year, and no day"),
        ("413 of 635 demolished before the end of 2025", "a month or a year, and no day"),
        ("-3 buildings demolished", "below nought"),
        ("all buildings are demolished", "not of how many"),
        ("at most 10 of 30 demolished by 2025-12-13", "so many or more .'at most'"),
        ("no more than 10 buildings demolished", "a bound from above"),
        ("fewer than 10 demolished", "a bound from above"),
        ("only 4 of 9 demolished", "a bound from above"),
        ("up to 413 demolished by 2025-12-13", "a bound from above"),
        ("nearly 400 demolished", "not exact"),
        ("5 of 9 buildings not demolished by 2025-12-09", "denies something"),
        ("5 of 9 buildings weren't demolished", "denies something"),
        ("413 buildings to be demolished by 2025-12-13", "to come"),
        ("4 of 9 remain, the others were demolished", "still stands"),
        ("all but 3 of 9 demolished", "an exception"),
        ("half of 635 demolished", "in words"),
        ("two of 635 demolished", "a whole of 635 and no part"),
        ("at least none of 9 demolished", "always true"),
        ("By 09/12/2025, 4 buildings were demolished", "09/12/2025; write its year first"),
        ("413 of 635 demolished by 13.12.2025", "write its year first"),
        ("413 of 635 demolished by 13-12-25", "write its year first"),
        ("413 demolished between 2025-01-01 and 2025-12-13", "two days"),
        ("413 demolished since 2025-01-01", "a day since which"),
        ("In 2024, 413 demolished by 2025-12-13", "a year beside its day"),
        ("between 1 January and 13 December 2025, 4 demolished", "without its year"),
        ("December: 413 demolished", "a month or a year, and no day"),
        ("413 demolished last week", "depends on when it was said"),
        ("2025 buildings demolished", "may be a year"),
        ("3 companies removed 413 of 635", "another number beside 413"),
        ("5-story buildings: 413 demolished", "another number"),
        ("1.5 hectares, 20 buildings demolished", "another number"),
        ("3/4 of 120 demolished", "another number"),
        ("413 demolished by 13 d\u00e9cembre 2025", "another number"),
        ("no longer there, buildings demolished", "no number"),
        ("413 demolished in zone A and zone B", "more than one zone"),
        ("413 demolished in zone A and B", "more than one zone"),
        ("413 demolished in zones A and B", "more than one zone"),
        ("", "neither"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(said, why):
    with pytest.raises(InputError, match=why) as told:
        read_sentence(said)
    assert "413 of 635 buildings demolished by 2025-12-13" in str(told.value)


def test_a_part_larger_than_the_whole_is_refused():
    with pytest.raises(InputError, match="700 of 635"):
        read_sentence("700 of 635 demolished")
