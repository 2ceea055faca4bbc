"""What people say, and what is read of it."""

from datetime import date

import pytest

from aoi.runs.audit_claims import read_claims, read_sentence
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


def test_a_file_holds_one_claim_a_zone(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(
        '[[claim]]\nnumber = 101\nof = 148\nby = 2025-11-09\nzone = "A"\nsource = "press"\n'
        '[[claim]]\nnumber = 3\nkind = "built"\n'
    )
    one, other = read_claims(str(path))
    assert (one.number, one.of, one.by, one.zone, one.source) == (
        101,
        148,
        date(2025, 11, 9),
        "A",
        "press",
    )
    assert one.quote == "101 of 148 buildings demolished by 2025-11-09 in A"
    assert other.kind == Kind.BUILT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no claim"),
        ("number = ", "not TOML"),
        ("[[claim]]\nkind = 'demolished'", "claim 1: number"),
        ("[[claim]]\nnumber = 'many'", "claim 1: number"),
        ("[[claim]]\nnumber = 1\n[[claim]]\nnumber = 1\nkind = 'eaten'", "claim 2: kind"),
        ("[[claim]]\nnumber = 1\nby = 'soon'", "claim 1: by"),
        ("[[claim]]\nnumber = 1\nwhen = 2025-01-01", "unknown key when"),
        ("claim = [3]", r"a claim is a \[\[claim\]\] table, not 3"),
    ],
)
def test_a_faulty_file_names_the_claim_and_the_key(text, why, tmp_path):
    (tmp_path / "claims.toml").write_text(text)
    with pytest.raises(InputError, match=why):
        read_claims(str(tmp_path / "claims.toml"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        read_claims(str(tmp_path / "nowhere.toml"))
